"""Reading a split in whatever form it comes: manifest, list, table, folders or JSON."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from lagtool.display import count, show
from lagtool.errors import ForeignFileError, LagtoolError
from lagtool.manifest import Manifest, read_manifest
from lagtool.mentions.columns import (
    MAX_MENTIONS,
    Default,
    UntoldError,
    name_part,
    read_csv,
    read_jsonl,
    read_parquet,
    read_txt,
    untold,
)
from lagtool.mentions.folders import LISTS, Found, find_files, read_tree_of_parts
from lagtool.mentions.mention import Listing, Mention, Sheet
from lagtool.mentions.nested import read_nested
from lagtool.mentions.words import PartName, find_part, find_part_in_name
from lagtool.source import read_file

_MAX_BYTES = 1 << 30
_MANIFEST_MARKS = {".parquet": b"PAR1", ".csv": b"#lagtool ", ".jsonl": b'{"lagtool"'}
_SUREST_FIRST = (".parquet", ".jsonl", ".csv", ".tsv", ".txt", ".json")


def read_splits(
    paths: Sequence[str | os.PathLike[str]], parts: Sequence[tuple[str, str | os.PathLike[str]]] = ()
) -> list[Listing]:
    """Return the splits in files and folders: usually one.

    A file or folder that repeats a part of those before it begins another split: five lists of five folds are one
    split, two tables with train and test each are two. A form that holds a whole split per fold (``fold0/train``,
    ``fold1/train``) is several.

    Args:
        paths: Our folder or manifest, ``.csv``, ``.tsv``, ``.txt``, ``.json``, ``.jsonl`` or ``.parquet`` files, or
            folders of such lists or of pictures.
        parts: Names of parts, each with a list or folder that holds only that part; they belong to the first split.

    Raises:
        LagtoolError: There is no such thing, it is damaged, or nothing tells its parts; the message names file
            and line.
    """
    given: list[Listing] = []
    for name, path in parts:
        if not name.strip():
            raise LagtoolError(f"--part {show(name)}={show(os.fspath(path))}: the part has no name")
        given.extend(_read(Path(path), name.strip()))
    splits: list[list[Listing]] = [given] if given else []
    for path in paths:
        read = _read(Path(path), None)
        for listing in read:
            known = {part for one in splits[-1] for part in one.parts} if splits else set()
            if not splits or len(read) > 1 or known & set(listing.parts):
                splits.append([listing])
            else:
                splits[-1].append(listing)
    if not splits:
        raise LagtoolError("no split was named: give a list, a table, a folder or a manifest")
    return [_join(split) for split in splits]


def _join(listings: list[Listing]) -> Listing:
    if len(listings) == 1:
        return listings[0]
    titles = [listing.title for listing in listings]
    title = ", ".join(titles) if len(titles) <= 6 else f"{titles[0]} ... {titles[-1]} ({len(titles)} files)"
    return Listing(
        title,
        tuple(dict.fromkeys(part for listing in listings for part in listing.parts)),
        [mention for listing in listings for mention in listing.mentions],
        tuple(dict.fromkeys(remark for listing in listings for remark in listing.remarks)),
    )


def _read(path: Path, part: str | None) -> list[Listing]:
    title = show(path.name or path, 80)
    sheet = Sheet()
    if path.is_dir():
        _read_folder(sheet, path, title, part)
    elif not path.exists():
        raise LagtoolError(f"no such file or folder: {show(path)}")
    else:
        _read_list(sheet, path, title, PartName(None, part) if part is not None else find_part_in_name(path.stem))
    listings = sheet.listings(title)
    if not listings or not any(listing.mentions for listing in listings):
        raise LagtoolError(f"{show(path)} names nothing: it is empty, or no split")
    return listings


def _read_folder(sheet: Sheet, folder: Path, title: str, part: str | None) -> None:
    places = (folder / f"manifest{suffix}" for suffix in _MANIFEST_MARKS)
    ours = next((place for place in places if place.is_file()), None)
    manifest = _try_manifest(ours) if ours is not None and part is None else None
    if manifest is not None and ours is not None:
        _add_manifest(sheet, manifest, f"{title}/{ours.name}")
        return
    found = find_files(folder)
    if found.pictures:
        sheet.take(read_tree_of_parts(folder, found, title, part))
        return
    _read_lists(sheet, folder, found, part)


def _read_lists(sheet: Sheet, folder: Path, found: Found, part: str | None) -> None:
    """Read the lists in a folder; of one list in two forms (``train.txt``, ``train.csv``) only the first."""
    stems: set[str] = set()
    left_out = []
    for name in sorted(found.lists, key=lambda path: (_SUREST_FIRST.index(Path(path).suffix.lower()), path)):
        path = folder / name
        stem = name[: -len(path.suffix)]
        told = PartName(None, part) if part is not None else _find_part_of_list(name, path.stem)
        if stem in stems:
            continue
        try:
            _read_list(sheet, path, show(name, 80), told)
        except UntoldError:
            left_out.append(name)  # a README, a requirements.txt: nothing says that it lists a part
            continue
        stems.add(stem)
    if not stems:
        raise LagtoolError(f"{show(folder)} holds neither pictures nor lists of parts (train.txt, val.csv, ...)")
    if left_out:
        first = show(left_out[0], 60)
        sheet.remarks.append(f"{count(len(left_out), 'file')} that list no part left out, such as {first}")


def _find_part_of_list(name: str, stem: str) -> PartName:
    """Return the part of a list in a folder: by its own name, and the folders round it."""
    own = find_part_in_name(stem)
    around = find_part(name.split("/")[:-1])
    if own.name is None:
        return around
    fold = around.outer or around.name
    return PartName(fold, own.name) if own.outer is None and fold is not None and fold != own.name else own


def _read_list(sheet: Sheet, path: Path, title: str, told: PartName) -> None:
    suffix = path.suffix.lower()
    if suffix not in LISTS:
        raise LagtoolError(f"{show(path)}: a split comes as {', '.join(LISTS)}, a manifest or a folder")
    manifest = _try_manifest(path)
    if manifest is not None:
        _add_manifest(sheet, manifest, title)
        return
    reading = read_file(path, _MAX_BYTES)
    if reading.data is None:
        raise LagtoolError(f"{show(path)} {reading.message}")
    default = Default(title, told.name)
    if told.name is not None:
        sheet.parts.setdefault((told.outer, told.name))
    if suffix == ".json":
        sheet.take(read_nested(reading.data, default))
    else:
        reader = {".txt": read_txt, ".jsonl": read_jsonl, ".parquet": read_parquet}.get(suffix, read_csv)
        before = len(sheet.mentions)
        _add(sheet, told.outer, reader(reading.data, default))
        named = {mention.part for _, mention in sheet.mentions[before:]}
        if told.name is not None and named and told.name not in named:  # its column says more than its name
            del sheet.parts[told.outer, told.name]


def _add(sheet: Sheet, outer: str | None, mentions: Iterable[Mention]) -> None:
    for mention in mentions:
        sheet.mentions.append((outer, mention))
        sheet.parts.setdefault((outer, mention.part))
        if len(sheet.mentions) > MAX_MENTIONS:
            raise LagtoolError(f"{mention.place}: more than {MAX_MENTIONS:,} names: this is no list of samples")


def _try_manifest(path: Path) -> Manifest | None:
    """Return the manifest in a file, or None where another program wrote it; a damaged one is an error."""
    suffix = path.suffix.lower()
    mark = _MANIFEST_MARKS.get(suffix)
    if mark is None or not (read_file(path, 16 << 30, head=len(mark)).data or b"").startswith(mark):
        return None
    try:
        return read_manifest(path)
    except ForeignFileError:
        return None


def _add_manifest(sheet: Sheet, manifest: Manifest, title: str) -> None:
    samples = manifest.samples
    column = next((name for name in ("split", "fold") if name in samples and samples[name].notna().any()), None)
    if column is None:
        raise LagtoolError(f"{title}: the manifest has no split: make one with 'lagtool split'")
    named = (manifest.header.split or {}).get("names")
    if isinstance(named, list):
        sheet.parts |= dict.fromkeys((None, str(name)) for name in named)
    rows = samples[samples[column].notna()]
    paths = rows["image_path"].fillna(rows["map_path"]).fillna(rows["label_path"])
    columns = (rows[column], paths, rows["class"], rows["id"], rows["image_sha256"])
    _add(sheet, None, _mention_rows(column, columns, title))


def _mention_rows(column: str, columns: tuple["pd.Series[str]", ...], title: str) -> Iterable[Mention]:
    for part, path, class_name, key, digest in zip(*(values.tolist() for values in columns), strict=True):
        name = f"{class_name}/{key}" if pd.isna(path) else str(path)
        told = name_part(column, part)
        if told is None:
            raise untold(title)
        yield Mention(told, name, title, str(class_name), None if pd.isna(digest) else str(digest))
