"""Lists that people give to a split: groups of samples, and samples that must be the test part."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pandas as pd

from lagtool.errors import LagtoolError
from lagtool.lists import Fate, Listing, Matcher, NameRecord, Reader
from lagtool.lists.words import is_missing
from lagtool.manifest.value import Manifest
from lagtool.reading import load_file
from lagtool.splits.listed import make_matcher, open_manifest
from lagtool.splits.plan import HELD_OUT
from lagtool.text import count, show

_MAX_BYTES = 256 << 20


FROM_TABLE = ("groups from the table of labels of the dataset",)
"""What is said of groups that no file gave."""


@dataclass(frozen=True, eq=False)
class GivenGroups:
    """Groups that somebody knows of.

    Attributes:
        groups: One text per sample of the manifest, in order; missing: none is known.
        number: How many different groups there are.
        sha256: Of the file that they stand in; None where they came from a program.
        remarks: What of the file was taken for what, and what was not used.
    """

    groups: "pd.Series[str]"
    number: int
    sha256: str | None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class GivenSamples:
    """Samples that somebody lists.

    Attributes:
        rows: Their positions in the manifest, in order.
        sha256: Of the file; None where they came from a program.
        remarks: What of the file was taken for what, and what was not used.
    """

    rows: tuple[int, ...]
    sha256: str | None
    remarks: tuple[str, ...] = ()


def read_groups(
    source: str | Path | Mapping[str, str], manifest: Manifest, columns: Mapping[str, str] | None = None
) -> GivenGroups:
    """Return the groups in a table (or a mapping of names to groups), one per sample of the manifest.

    The table is in any form that `lagtool.lists.Reader` reads; the column of names is found by its cells, that of the
    group by its heading (``group``, ``patient``, ``subject``, ``eye``, ...), or is the only other one. A cell that says
    that the group is not known (empty, ``NA``, ``unknown``, ...) gives none.

    Args:
        source: The file, or names to groups.
        manifest: The dataset.
        columns: Columns to take, by role (``name``, ``group``, ``class``); None: they are found.

    Raises:
        LagtoolError: It cannot be read, is empty, can be read in two ways, names a sample that is not there or that
            several classes have, or puts one sample into two groups; the message names the line.
    """
    matcher = make_matcher(manifest)
    digest: str | None = None
    if isinstance(source, Mapping):
        records = [
            NameRecord("", str(name), f"groups, line {n}", None, None, None if is_missing(str(group)) else str(group))
            for n, (name, group) in enumerate(source.items(), 1)
        ]
        where, listing = "groups", Listing("groups", (), records)
    else:
        where = show(source)
        listing, digest = _read(Path(source), matcher, columns, "group")
    found: dict[int, str] = {}

    def note(record: NameRecord, row: int) -> None:
        group = record.group
        if group is not None and found.setdefault(row, group) != group:
            name = show(record.name, 80)
            raise LagtoolError(f"'{name}' is in group '{show(found[row], 40)}' and in '{show(group, 40)}'")

    _take(listing, matcher, note, where)
    if not found:
        raise LagtoolError(f"{where} names no sample whose group is known: give one line for each")
    groups = pd.Series(pd.NA, index=range(len(manifest.samples)), dtype="string[pyarrow]")
    groups.iloc[list(found)] = list(found.values())
    return GivenGroups(groups, len(set(found.values())), digest, listing.remarks)


def table_groups(manifest: Manifest) -> GivenGroups | None:
    """Return the groups that the dataset's own table of labels told, when it was indexed; None: it told none."""
    if manifest.profile.labels is None or "group" not in manifest.samples:
        return None
    groups = manifest.samples["group"]
    return GivenGroups(groups, int(groups.nunique()), None, FROM_TABLE)


def read_samples(
    source: str | Path | Sequence[str], manifest: Manifest, columns: Mapping[str, str] | None = None
) -> GivenSamples:
    """Return the samples of a list in any form that `lagtool.lists.Reader` reads, or of a manifest.

    Of a manifest with a part ``test`` the samples of that part count, of another all; they are found by the content of
    their images.

    Args:
        source: The file, or names.
        manifest: The dataset.
        columns: Columns to take, by role (``name``, ``class``); None: they are found.

    Raises:
        LagtoolError: It cannot be read, is empty, can be read in two ways, has rows without a name, has several splits,
            or names a sample that is not there or that several classes have.
    """
    matcher = make_matcher(manifest)
    digest: str | None = None
    if isinstance(source, (str, Path)):
        listed = open_manifest(Path(source))
        if listed is not None:
            return _samples_of(listed, Path(source), manifest)
        listing, digest = _read(Path(source), matcher, columns, "name")
        where = show(source)
        if len(splits := list(dict.fromkeys(show(record.split, 30) for record in listing.records))) > 1:
            raise LagtoolError(
                f"{where} puts its names into {', '.join(splits[:4])}: name a list of those "
                "to hold out, or hold out all with --columns split=none"
            )
    else:
        records = [NameRecord("", str(name), f"list, line {n}") for n, name in enumerate(source, 1)]
        where, listing = "list", Listing("list", (), records)
    found: set[int] = set()
    _take(listing, matcher, lambda _, row: found.add(row), where)
    if not found:
        raise LagtoolError(f"{where} names no sample")
    return GivenSamples(tuple(sorted(found)), digest, listing.remarks)


def _read(path: Path, matcher: Matcher, columns: Mapping[str, str] | None, wanted: str) -> tuple[Listing, str]:
    data = load_file(path, _MAX_BYTES)
    listing = Reader(matcher, columns or {}, wanted=wanted).read_bytes(data, path)
    # The name only: a certificate holds no path of the machine.
    remarks = tuple(remark.replace(show(path), show(path.name)) for remark in listing.remarks)
    return replace(listing, remarks=remarks), sha256(data).hexdigest()


def find_sample(matcher: Matcher, record: NameRecord) -> int:
    """Return the position of the sample that a name means.

    Raises:
        LagtoolError: It means none, samples of several classes, or a sample of another class than the list says.
    """
    name = show(record.name, 80)
    match = matcher.match(record)
    if match.fate is Fate.AMBIGUOUS:
        there = ", ".join(f"'{matcher.title(row)}'" for row in match.rows[:4])
        raise LagtoolError(f"'{name}' is a sample of several classes: write {there}")
    if match.fate is not Fate.FOUND:
        raise LagtoolError(f"no sample is called '{name}': write ids, class/id or paths of images")
    if match.claimed >= 0 and matcher.class_of(match.row) != match.claimed:
        raise LagtoolError(
            f"'{name}' is put into another class than that of {matcher.title(match.row)}: correct the line"
        )
    return match.row


def _take(listing: Listing, matcher: Matcher, take: Callable[[NameRecord, int], None], where: str) -> None:
    """Hand over each name with its sample; those that are refused make one error, which names the first of them."""
    problems = [f"{one.place}: {one.why}: fill or remove the row" for one in listing.unusable]
    for record in listing.records:
        try:
            take(record, find_sample(matcher, record))
        except LagtoolError as error:
            problems.append(f"{record.place}: {error}")
    if problems:
        others = len(problems) - 1
        more = f" (and {count(others, 'more line like it', 'more lines like it')})" if others else ""
        raise LagtoolError(problems[0] + more)


def _samples_of(listed: Manifest, path: Path, manifest: Manifest) -> GivenSamples:
    samples = listed.samples
    if "split" in samples and samples["split"].eq(HELD_OUT).any():
        samples = samples[samples["split"].eq(HELD_OUT).fillna(value=False).to_numpy(bool)]
    wanted = set(samples["image_sha256"].dropna())
    known = manifest.samples["image_sha256"]
    missing = wanted - set(known.dropna())
    if missing or not wanted:
        what = f"{count(len(missing), 'picture')} of {show(path)} are not in the dataset" if wanted else "no picture"
        raise LagtoolError(f"{what}: name a list of samples that are there")
    rows = known.isin(wanted).to_numpy(bool).nonzero()[0].tolist()
    return GivenSamples(tuple(rows), sha256("".join(sorted(wanted)).encode()).hexdigest())
