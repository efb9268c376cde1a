"""Tables and lists that people write: groups of samples, and samples that must be the test part."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import pandas as pd

from lagtool.display import count, show
from lagtool.errors import LagtoolError
from lagtool.manifest import Manifest, read_manifest
from lagtool.output import SUFFIXES
from lagtool.source import read_file
from lagtool.splits.names import SampleNames

_MAX_BYTES = 256 << 20
_SAMPLE = ("sample", "image_path", "path", "image", "file", "filename", "name", "id")
_GROUP = ("group", "patient", "patient_id", "subject", "subject_id", "eye")
HELD_OUT = "test"
"""Name of the part that is held out."""

Row = tuple[int, list[str]]
Line = TypeVar("Line")


@dataclass(frozen=True, eq=False)
class GivenGroups:
    """Groups that somebody knows of.

    Attributes:
        groups: One text per sample of the manifest, in order; missing: none is known.
        number: How many different groups there are.
        sha256: Of the file that they stand in; None where they came from a program.
    """

    groups: "pd.Series[str]"
    number: int
    sha256: str | None


@dataclass(frozen=True, eq=False)
class GivenSamples:
    """Samples that somebody lists: their positions in the manifest, in order, and the sha256 of the file, if any."""

    rows: tuple[int, ...]
    sha256: str | None


def read_groups(source: str | Path | Mapping[str, str], manifest: Manifest) -> GivenGroups:
    """Return the groups in a CSV file (or a mapping of names to groups), one per sample of the manifest.

    The file has two columns, the sample and its group, or a line of headings that names them: ``id``, ``sample``,
    ``path`` or ``image``, possibly beside ``class``; and ``group``, ``patient``, ``subject`` or ``eye``. See
    `SampleNames.find` for how samples may be written.

    Raises:
        LagtoolError: It cannot be read, is empty, names a sample that is not there or that several classes have, puts
            one sample into two groups, or leaves a group out; the message names the line.
    """
    digest: str | None = None
    if isinstance(source, Mapping):
        where, lines = "groups", [(number, [str(k), str(v)]) for number, (k, v) in enumerate(source.items(), 1)]
    else:
        text, digest = _read(Path(source))
        where, lines = show(source), _group_lines(text, show(source))
    names = SampleNames(manifest)
    found: dict[int, str] = {}

    def note(cells: list[str]) -> None:
        sample, group = cells
        row, group = names.find(sample), group.strip()
        if not group:
            raise LagtoolError(f"'{show(sample, 80)}' has no group: write one, or leave the line out")
        if found.setdefault(row, group) != group:
            raise LagtoolError(f"'{show(sample, 80)}' is in group '{show(found[row], 40)}' and in '{show(group, 40)}'")

    _take(lines, note, where)
    if not found:
        raise LagtoolError(f"{where} names no sample: give one line for each sample whose group is known")
    groups = pd.Series(pd.NA, index=range(len(manifest.samples)), dtype="string[pyarrow]")
    groups.iloc[list(found)] = list(found.values())
    return GivenGroups(groups, len(set(found.values())), digest)


def _take(lines: Iterable[tuple[int, Line]], take: Callable[[Line], None], where: str) -> None:
    """Hand over each line; those that are refused make one error, which names the first of them."""
    problems = []
    for number, line in lines:
        try:
            take(line)
        except LagtoolError as error:
            problems.append(f"{where}, line {number}: {error}")
    if problems:
        others = len(problems) - 1
        more = f" (and {count(others, 'more line like it', 'more lines like it')})" if others else ""
        raise LagtoolError(problems[0] + more)


def _group_lines(text: str, where: str) -> list[tuple[int, list[str]]]:
    rows = list(_rows(text, where))
    sample, rows = _sample_column(rows, where)
    if sample.headings is None:
        wide = next((number for number, cells in rows if len(cells) != 2), None)
        if wide is not None:
            raise LagtoolError(f"{where}, line {wide}: not two columns: write the sample and its group, or headings")
        return rows
    groups = [sample.headings.index(name) for name in _GROUP if name in sample.headings]
    if not groups and len(sample.headings) == 2:
        groups = [1 - sample.place]
    if not groups:
        raise LagtoolError(f"{where} has no column for the group: call it {', '.join(_GROUP[:-1])} or {_GROUP[-1]}")
    return [(number, [sample.read(cells), _cell(cells, groups[0])]) for number, cells in rows]


@dataclass(frozen=True)
class _Column:
    """How the sample of a row is found: by headings, or in the first column."""

    headings: list[str] | None
    place: int
    class_place: int | None = None

    def read(self, cells: list[str]) -> str:
        name = _cell(cells, self.place)
        return name if self.class_place is None else f"{_cell(cells, self.class_place)}/{name}"


def _cell(cells: list[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def _sample_column(rows: list[Row], where: str) -> tuple[_Column, list[Row]]:
    """Return how samples are named, and the rows below the headings, if there are any."""
    if not rows:
        raise LagtoolError(f"{where} is empty")
    headings = [cell.strip().lower() for cell in rows[0][1]]
    places = [headings.index(name) for name in _SAMPLE if name in headings]
    if not places:
        return _Column(None, 0), rows
    by_class = headings.index("class") if "class" in headings and headings[places[0]] == "id" else None
    return _Column(headings, places[0], by_class), rows[1:]


def read_samples(source: str | Path | Sequence[str], manifest: Manifest) -> GivenSamples:
    """Return the samples of a list: a text file (one name a line), a CSV file, or a manifest.

    Of a CSV file the column ``id``, ``sample``, ``path`` or ``image`` counts (with ``class`` beside ``id``, if there is
    one), without headings the first. Of a manifest with a part ``test`` the samples of that part count, of another all;
    they are found by the content of their images.

    Raises:
        LagtoolError: It cannot be read, is empty, or names a sample that is not there or that several classes have.
    """
    digest: str | None = None
    if isinstance(source, (str, Path)):
        path = Path(source)
        if path.suffix.lower() in SUFFIXES and (path.suffix.lower() != ".csv" or _is_manifest(path)):
            return _samples_of(read_manifest(path), path, manifest)
        text, digest = _read(path)
        where = show(path)
        if path.suffix.lower() == ".csv":
            column, rows = _sample_column(list(_rows(text, where)), where)
            lines = [(number, column.read(cells)) for number, cells in rows]
        else:
            stripped = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1))
            lines = [(number, line) for number, line in stripped if line and not line.startswith("#")]
    else:
        where, lines = "list", list(enumerate(map(str, source), 1))
    names = SampleNames(manifest)
    found: set[int] = set()
    _take(lines, lambda name: found.add(names.find(name)), where)
    if not found:
        raise LagtoolError(f"{where} names no sample")
    return GivenSamples(tuple(sorted(found)), digest)


def _samples_of(listed: Manifest, path: Path, manifest: Manifest) -> GivenSamples:
    samples = listed.samples
    if "split" in samples and samples["split"].eq(HELD_OUT).any():
        samples = samples[samples["split"].eq(HELD_OUT).fillna(value=False).to_numpy(bool)]
    wanted = set(samples["image_sha256"].dropna())
    known = manifest.samples["image_sha256"]
    missing = wanted - set(known.dropna())
    if missing or not wanted:
        what = f"{count(len(missing), 'picture')} of {show(path)} are not in the data set" if wanted else "no picture"
        raise LagtoolError(f"{what}: name a list of samples that are there")
    rows = known.isin(wanted).to_numpy(bool).nonzero()[0].tolist()
    return GivenSamples(tuple(rows), sha256("".join(sorted(wanted)).encode()).hexdigest())


def _is_manifest(path: Path) -> bool:
    return (read_file(path, _MAX_BYTES, head=9).data or b"").startswith(b"#lagtool ")


def _read(path: Path) -> tuple[str, str]:
    """Return the text of a file, and its sha256."""
    reading = read_file(path, _MAX_BYTES)
    if reading.data is None:
        raise LagtoolError(f"{show(path)} {reading.message}")
    try:
        return reading.data.decode("utf-8-sig"), sha256(reading.data).hexdigest()
    except UnicodeDecodeError:
        raise LagtoolError(f"{show(path)} is no UTF-8 text: save it as UTF-8") from None


def _rows(text: str, where: str) -> Iterator[Row]:
    """Yield the filled lines of a CSV text with their numbers, cut at what the first line uses: ``,``, ``;`` or tab."""
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise LagtoolError(f"{where}, line {reader.line_num}: {show(str(error), 80)}") from None
