"""A split of others: read from its files, tied to the samples of a manifest, and put into the manifest's columns."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.errors import ForeignFileError, LagtoolError
from lagtool.lists import Listing, Match, Matcher, NameRecord, Reader, Unusable
from lagtool.lists.words import ClassReader
from lagtool.manifest.rules import sample_keys
from lagtool.manifest.schema import SAMPLE_COLUMNS
from lagtool.manifest.value import Manifest, conform, read_manifest
from lagtool.reading import read_file
from lagtool.splits.plan import LISTED, part_names
from lagtool.text import count, join_some, show

_MANIFEST_MARKS = {".parquet": b"PAR1", ".csv": b"#lagtool ", ".jsonl": b'{"lagtool"'}
_FOLD = re.compile(r"fold[ _-]?([0-9]{1,4})", re.ASCII | re.IGNORECASE)
_LONGEST = 32
_SHOWN = 3
_DEVELOPMENT = "dev"
Path_ = str | os.PathLike[str]


@dataclass(frozen=True, eq=False)
class ListedNames:
    """The names of a split, tied to the samples of a manifest.

    Attributes:
        title: What the split was read from, fit to be shown.
        splits: Splits in order, by the names that a manifest's column can hold.
        table: One row per name: ``split`` (its number), ``name`` and ``place`` (fit to be shown), ``row`` (position of
            the sample, -1: none), ``slot`` (of the sample's files, which is named), ``fate`` (a `Fate`), ``claimed``
            (number of the class that the split says, -1: it says none), ``detail`` (samples that an ambiguous name
            may mean).
        remarks: What must be known of reading and matching.
        unusable: Rows of the split that name no sample, or put it nowhere.
    """

    title: str
    splits: tuple[str, ...]
    table: pd.DataFrame
    remarks: tuple[str, ...] = ()
    unusable: tuple[Unusable, ...] = ()

    def numbers(self, column: str) -> NDArray[np.int64]:
        """Return ``split``, ``row`` or ``claimed`` as whole numbers."""
        return self.table[column].to_numpy(dtype=np.int64)


def read_splits(
    paths: Sequence[Path_],
    parts: Sequence[tuple[str, Path_]] = (),
    *,
    manifest: Manifest | None = None,
    columns: Mapping[str, str] | None = None,
) -> list[Listing]:
    """Return the splits in files and folders: usually one.

    A file or folder that repeats a split of those before it begins another: five lists of five folds are one
    split, two tables with train and test each are two. A form that holds a whole split per fold (``fold0/train``,
    ``fold1/train``) is several.

    Args:
        paths: Our folder or manifest, ``.csv``, ``.tsv``, ``.txt``, ``.json``, ``.jsonl`` or ``.parquet`` files, or
            folders of such lists, of pictures or of ``.tar`` shards.
        parts: Names of splits, each with a list or folder that holds only that split; they belong to the first.
        manifest: Of the dataset: its names tell which column holds names, and what a plain number is.
        columns: Columns to take, by role (``name``, ``split``, ``class``): a heading, a number from 1, or ``none``.

    Raises:
        LagtoolError: There is no such thing, it is damaged, can be read in two ways, or nothing tells its splits; the
            message names file and line.
    """
    matcher = None if manifest is None else make_matcher(manifest)
    reader = Reader(matcher, columns or {}, _read_own)
    given: list[Listing] = []
    for name, path in parts:
        if not name.strip():
            raise LagtoolError(f"--part {show(name)}={show(os.fspath(path))}: the split has no name")
        given.extend(reader.read(Path(path), name.strip()))
    splits: list[list[Listing]] = [given] if given else []
    for path in paths:
        read = reader.read(Path(path))
        for listing in read:
            known = {split for one in splits[-1] for split in one.splits} if splits else set()
            if not splits or len(read) > 1 or known & set(listing.splits):
                splits.append([listing])
            else:
                splits[-1].append(listing)
    if not splits:
        raise LagtoolError("no split was named: give a list, a table, a folder or a manifest")
    return [_join(split) for split in splits]


def make_matcher(manifest: Manifest) -> Matcher:
    """Return what finds the samples of a manifest by name."""
    return Matcher(manifest.profile, manifest.samples)


def _join(listings: list[Listing]) -> Listing:
    if len(listings) == 1:
        return listings[0]
    titles = [listing.title for listing in listings]
    title = ", ".join(titles) if len(titles) <= 6 else f"{titles[0]} ... {titles[-1]} ({len(titles)} files)"
    return Listing(
        title,
        tuple(dict.fromkeys(split for listing in listings for split in listing.splits)),
        [record for listing in listings for record in listing.records],
        tuple(dict.fromkeys(remark for listing in listings for remark in listing.remarks)),
        tuple(dict.fromkeys(one for listing in listings for one in listing.unusable)),
    )


def _read_own(path: Path) -> Listing | None:
    """Return the split in a manifest or in a folder with one; None: it holds none of lagtool's."""
    if path.is_dir():
        places = (path / f"manifest{suffix}" for suffix in _MANIFEST_MARKS)
        found = next((place for place in places if place.is_file()), None)
        own = None if found is None else _read_own(found)
        return None if own is None or found is None else replace(own, title=f"{show(path.name, 80)}/{found.name}")
    manifest = open_manifest(path)
    return None if manifest is None else list_manifest(manifest, show(path.name, 80))


def open_manifest(path: Path) -> Manifest | None:
    """Return the manifest in a file, or None where another program wrote it; a damaged one is an error."""
    suffix = path.suffix.lower()
    mark = _MANIFEST_MARKS.get(suffix)
    if mark is None or not (read_file(path, 16 << 30, head=len(mark)).data or b"").startswith(mark):
        return None
    try:
        return read_manifest(path)
    except ForeignFileError as error:
        if path.stem == "manifest":  # what lagtool calls its own: of another program it is hardly, so it is damaged
            raise LagtoolError(str(error)) from None
        return None


def list_manifest(manifest: Manifest, title: str) -> Listing:
    """Return the names and splits in a manifest, folds beside a test set too.

    Raises:
        LagtoolError: It has no split.
    """
    if not any(name in manifest.samples and manifest.samples[name].notna().any() for name in ("split", "fold")):
        raise LagtoolError(f"{title}: the manifest has no split: make one with 'lagtool split'")
    names = part_names(manifest)
    named = (manifest.header.split or {}).get("names")
    rows = manifest.samples.assign(_split=names)[names.notna()]
    paths = rows["image_path"].fillna(rows["map_path"]).fillna(rows["label_path"])
    columns = (rows["_split"], paths, rows["class"], rows["id"], rows["image_sha256"])
    records = [
        NameRecord(
            str(split),
            f"{class_name}/{key}" if pd.isna(path) else str(path),
            title,
            str(class_name),
            None if pd.isna(digest) else str(digest),
        )
        for split, path, class_name, key, digest in zip(*(values.tolist() for values in columns), strict=True)
    ]
    told = map(str, named) if isinstance(named, list) else ()
    splits = tuple(dict.fromkeys((*told, *(record.split for record in records))))
    return Listing(title, splits, records, (f"{title}: {count(len(records), 'name')}, split from a manifest",))


def resolve(listing: Listing, manifest: Manifest) -> ListedNames:
    """Return the names of a split, tied to the samples of a manifest; see `Matcher` for how."""
    matcher = make_matcher(manifest)
    names = name_splits(listing.splits)
    number = {split: position for position, split in enumerate(listing.splits)}
    matches = [matcher.match(record) for record in listing.records]
    titles = sample_keys(manifest.samples).tolist()
    table = pd.DataFrame(
        {
            "split": [number[record.split] for record in listing.records],
            "name": [show(record.name) for record in listing.records],
            "place": [record.place for record in listing.records],
            "row": [match.row for match in matches],
            "slot": [match.slot for match in matches],
            "fate": [match.fate.value for match in matches],
            "claimed": [match.claimed for match in matches],
            "detail": [_describe(match.rows, titles) for match in matches],
        }
    )
    said = (*_renamed(listing.splits, names), *_remark(listing.records, matches, matcher.classes))
    return ListedNames(listing.title, names, table, (*listing.remarks, *said), listing.unusable)


def _describe(rows: tuple[int, ...], titles: list[str]) -> str:
    shown = " or ".join(titles[row] for row in rows[:_SHOWN])
    return f"{shown} or {len(rows) - _SHOWN:,} more" if len(rows) > _SHOWN else shown


def _renamed(splits: Iterable[str], names: Iterable[str]) -> Iterator[str]:
    changed = [f"'{show(split, 40)}' as {name}" for split, name in zip(splits, names, strict=True) if split != name]
    if changed:
        yield f"splits are shown by plain names: {join_some(changed, _SHOWN)}"


def _remark(records: list[NameRecord], matches: list[Match], classes: ClassReader) -> Iterator[str]:
    padded = [record for record, match in zip(records, matches, strict=True) if match.padded]
    if padded:
        number = count(len(padded), "name")
        yield f"{number} without all leading zeros (such as '{show(padded[0].name, 40)}'): taken for the same number"
    moved = [record for record, match in zip(records, matches, strict=True) if match.moved]
    if moved:
        number = count(len(moved), "file")
        yield (
            f"{number} with the bytes of another sample than the name says (such as {show(moved[0].name, 60)}): "
            "the bytes were believed"
        )
    texts = Counter(record.class_text for record in records if record.class_text is not None)
    strange = [text for text in texts if text.strip() and classes.read(text) is None]
    if strange:
        words = join_some([f"'{show(text, 30)}'" for text in strange], _SHOWN)
        yield f"classes that are none of the profile's, not compared: {words}"


def name_splits(splits: Sequence[str]) -> tuple[str, ...]:
    """Return names for splits that the column ``split`` can hold: letters, digits, ``_`` and ``-``, all different."""
    names: dict[str, None] = {}
    for split in splits:
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", split)[:_LONGEST].strip("-") or "part"
        name, number = plain, 2
        while name in names:
            name = f"{plain[: _LONGEST - 6]}-{number}"
            number += 1
        names[name] = None
    return tuple(names)


def fold_numbers(splits: Sequence[str]) -> list[int | None] | None:
    """Return the numbers of splits that are folds counted from 0, as lagtool's are; None where they are anything else.

    One split beside folds, a test set, has no number. Folds that others count from 1 without a gap are splits by name:
    they lack nothing.
    """
    matches = [_FOLD.fullmatch(split) for split in splits]
    numbers = [None if match is None else int(match[1]) for match in matches]
    known = [number for number in numbers if number is not None]
    beside = [split for split, number in zip(splits, numbers, strict=True) if number is None]
    if len(set(known)) < len(known) or not known or len(beside) > 1 or beside == [_DEVELOPMENT]:
        return None
    if beside and (len(known) < 2 or sorted(known) != list(range(len(known)))):
        return None
    return None if sorted(known) == list(range(1, len(known) + 1)) else numbers


def place_splits(manifest: Manifest, listed: ListedNames) -> Manifest:
    """Return the manifest with each sample in the split that names it first, in the columns ``split`` and ``fold``.

    What an earlier split left in these columns is taken off; a column ``group`` stays. Folds beside a test set become
    the two columns that ``lagtool split --folds K --test N`` makes.
    """
    rows, splits = listed.numbers("row"), listed.numbers("split")
    placed = rows >= 0
    first = np.full(len(manifest.samples), -1, dtype=np.int64)
    # The last write wins: in reverse order that is the first name.
    first[rows[placed][::-1]] = splits[placed][::-1]
    bare = manifest.samples.drop(columns=["split", "fold"], errors="ignore")
    folds = fold_numbers(listed.splits)
    columns: dict[str, pd.Series] = {}
    header: dict[str, object] = {"names": list(listed.splits), "title": listed.title}
    beside = [name for name, fold in zip(listed.splits, folds or (), strict=False) if fold is None]
    if folds is None or beside:
        texts = list(listed.splits)
        if folds is not None:
            texts = [_DEVELOPMENT if fold is not None else name for name, fold in zip(texts, folds, strict=True)]
        columns["split"] = pd.Series(np.array([*texts, None], object)[first], index=bare.index, dtype="string")
    if folds is not None:
        numbers = np.array([*(-1 if fold is None else fold for fold in folds), -1], dtype=np.int64)[first]
        columns["fold"] = pd.Series(numbers, index=bare.index, dtype="Int64").mask(numbers < 0)
        names = [name if fold is None else f"fold{fold}" for name, fold in zip(listed.splits, folds, strict=True)]
        header = {"names": names, "title": listed.title}
        if beside:
            header |= {"folds": len(folds) - 1, "test": LISTED}
    samples = conform(bare.assign(**columns), SAMPLE_COLUMNS)
    return replace(manifest, samples=samples, header=manifest.header.model_copy(update={"split": header}))
