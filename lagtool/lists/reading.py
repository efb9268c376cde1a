"""Reading lists in whatever form they come: plain list, table, JSON, folders of these, folders of pictures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lagtool.errors import LagtoolError
from lagtool.lists.choosing import Chooser
from lagtool.lists.columns import Column, Roles, UndecidedError
from lagtool.lists.folders import LISTS, SHARDS, UntoldError, find_files, read_shard, read_tree_of_splits, untold
from lagtool.lists.matching import Matcher
from lagtool.lists.record import Listing, Sheet, Table
from lagtool.lists.rows import describe_reading, read_rows, take_headings
from lagtool.lists.tables import read_csv, read_json, read_jsonl, read_parquet, read_txt
from lagtool.lists.words import SplitName, cut_key, find_split, find_split_in_name, is_class_word
from lagtool.reading import load_file
from lagtool.text import count, show

_MAX_BYTES = 1 << 30
_SUREST_FIRST = (".parquet", ".jsonl", ".csv", ".tsv", ".txt", ".lst", ".list", ".json", "")
_OURS = ("lagtool-export.json", "certificate.json")
_REMEDIES = {
    ".xlsx": "save the sheet as 'CSV UTF-8'",
    ".xls": "save the sheet as 'CSV UTF-8'",
    ".ods": "save the sheet as CSV",
    ".npz": "write the names in it with numpy.savetxt(..., fmt='%s')",
    ".npy": "write the names in it with numpy.savetxt(..., fmt='%s')",
    ".pkl": "a pickle can run programs: load it where it was made and save a CSV or JSON",
    ".pickle": "a pickle can run programs: load it where it was made and save a CSV or JSON",
    ".pt": "load it where it was made and save a CSV or JSON",
    ".pth": "load it where it was made and save a CSV or JSON",
    ".mat": "save the names in it as CSV",
    ".gz": "unpack it first",
    ".zip": "unpack it first",
}


@dataclass(frozen=True)
class Reader:
    """How lists are read.

    Attributes:
        matcher: Knows the names of the dataset; None: they are not known, and plain numbers are no names.
        columns: Columns that the user chose, by role; see `lagtool.lists.read_columns`.
        own: Returns the list in a file or folder of a form that this package does not know, or None.
        wanted: What is asked for: ``split``, ``group``, or ``name`` only.
    """

    matcher: Matcher | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    own: Callable[[Path], Listing | None] = lambda _: None
    wanted: str = "split"

    def read(self, path: Path, split: str | None = None) -> list[Listing]:
        """Return what a file or folder lists: one listing, or one per fold where each fold holds a split.

        Args:
            path: The file or folder.
            split: The split of all names in it; None: the list says it.

        Raises:
            LagtoolError: There is no such thing, it is damaged, or can be read in two ways or in none.
        """
        title = show(path.name or path, 80)
        own = self.own(path) if split is None else None
        if own is not None:
            return [own]
        sheet = Sheet()
        if path.is_dir():
            self._read_folder(sheet, path, title, split)
        elif not path.exists() and not path.is_symlink():
            raise LagtoolError(f"no such file or folder: {show(path)}")
        else:
            self._read_list(sheet, path, title, _tell_split(path.name, split))
        listings = sheet.to_listings(title)
        if not any(listing.records for listing in listings):
            why = f" ({sheet.unusable[0].place}: {sheet.unusable[0].why})" if sheet.unusable else ""
            raise LagtoolError(f"{show(path)} names nothing: it is empty, or no list of samples{why}")
        return listings

    def read_bytes(self, data: bytes, path: Path) -> Listing:
        """Return what a file lists whose bytes are at hand."""
        sheet, title = Sheet(), show(path)
        self._read_tables(sheet, _parse(data, path, title), title, SplitName(None, None))
        return sheet.to_listings(title)[0] if sheet.records or sheet.unusable else Listing(title, (), [])

    def _read_folder(self, sheet: Sheet, folder: Path, title: str, split: str | None) -> None:
        """Read pictures, else shards, else lists; of one in two forms (``train.txt``, ``train.csv``) only the first."""
        found = find_files(folder)
        if found.pictures:
            read_tree_of_splits(sheet, folder, found, title, split)
            return
        for name in found.shards:
            self._read_list(sheet, folder / name, show(name, 80), _tell_split(name, split))
        if found.shards:
            return
        stems: set[str] = set()
        left_out: list[str] = []
        refused: LagtoolError | None = None
        for name in sorted(found.lists, key=lambda name: (_SUREST_FIRST.index(Path(name).suffix.lower()), name)):
            path = folder / name
            stem = name[: -len(path.suffix)] if path.suffix else name
            if stem in stems or path.name in _OURS:
                continue
            try:
                self._read_list(sheet, path, show(name, 80), _tell_split(name, split))
                stems.add(stem)
            except UntoldError:
                left_out.append(name)  # a README, a requirements.txt: nothing says that it lists a split
            except UndecidedError as error:
                if path.suffix.lower() not in (".json", ".txt"):
                    raise
                refused = refused or error
                left_out.append(name)
        if not stems:
            words = "holds neither pictures nor lists of splits (train.txt, val.csv, ...)"
            raise refused or LagtoolError(f"{show(folder)} {words}")
        if left_out:
            first = show(left_out[0], 60)
            sheet.remarks.append(f"{count(len(left_out), 'file')} that list no split left out, such as {first}")

    def _read_list(self, sheet: Sheet, path: Path, title: str, told: SplitName) -> None:
        suffix = path.suffix.lower()
        if suffix == SHARDS:
            if told.name is None:
                raise untold(title)
            before = len(sheet.records)
            sheet.splits.setdefault((told.outer, told.name))
            for record in read_shard(path, title, told.name):
                sheet.add(told.outer, record)
            number = count(len(sheet.records) - before, "picture")
            sheet.remarks.append(f"{title}: {number}, split {told.name} from the file's name")
        elif suffix not in LISTS and path.name != "SHA256SUMS":
            remedy = _REMEDIES.get(suffix, f"write one of {', '.join(LISTS)}")
            raise LagtoolError(f"{show(path)}: no form of list that lagtool reads: {remedy}")
        elif (own := self.own(path)) is not None:
            sheet.splits |= dict.fromkeys((None, name) for name in own.splits)
            sheet.records += [(None, record) for record in own.records]
            sheet.remarks += own.remarks
        else:
            self._read_tables(sheet, _parse(load_file(path, _MAX_BYTES), path, title), title, told)

    def _read_tables(self, sheet: Sheet, tables: list[Table], title: str, told: SplitName) -> None:
        """Add what the tables of one file name."""
        for table in tables:
            if table.headings is None and table.rows and isinstance(table.lines[0], int):
                take_headings(table, self.matcher)
        kept, passed = self._decide(tables, title)
        by_top = self._by_top(kept, told)
        before, bad = len(sheet.records), len(sheet.unusable)
        for roles, kind in kept:
            for table in kind:
                outer, name = self._find_split(table, told, by_top)
                if roles.has_split and name == told.name:
                    outer, name = told.outer, None  # a column says more than the name of the file
                if self.wanted == "split" and name is not None:
                    sheet.splits.setdefault((outer, name))
                elif self.wanted == "split" and not roles.has_split:
                    passed.append(table)
                    continue
                if self.wanted != "split":
                    name = None if self.wanted == "name" and roles.has_split else (name or "")
                read_rows(sheet, table, roles, outer, name)
        if before == len(sheet.records) and bad == len(sheet.unusable):
            if any(table.rows for table in tables):
                raise untold(title) if kept else UntoldError(f"{title}: nothing in it names a sample")
            return
        empty = [self._find_split(table, SplitName(None, None), by_top=False) for table in tables if not table.rows]
        sheet.splits |= dict.fromkeys((split.outer, split.name) for split in empty if split.name is not None)
        taken = [record for _, record in sheet.records[before:]]
        sheet.remarks += describe_reading(title, taken, kept, passed, told, sheet.unusable[bad:], self.wanted)

    def _decide(self, tables: list[Table], title: str) -> tuple[list[tuple[Roles, list[Table]]], list[Table]]:
        """Return the columns of tables, those of one kind decided on together, and the tables that hold no names.

        Raises:
            UndecidedError: Two readings are possible, and no other table is sure to hold names.
        """
        kinds: dict[tuple[object, ...], list[Table]] = {}
        for table in tables:
            first = Column(None, 0, table.column(0))
            sure = table.headings is None and Chooser(title, [first], self.matcher, {}).is_sure(first)
            kinds.setdefault((table.headings, table.headings is not None or table.width, sure), []).append(table)
        decided: list[tuple[Roles, list[Table]]] = []
        refused: list[UndecidedError] = []
        for kind in kinds.values():
            try:
                decided.append(
                    (self._choose(kind, title), kind) if any(table.rows for table in kind) else (Roles(), kind)
                )
            except UndecidedError as error:
                refused.append(error)
        best = max((roles.grade for roles, _ in decided), default=0)
        if refused and best < 3:
            raise refused[0]
        kept = [(roles, kind) for roles, kind in decided if roles.grade == best and best > 0]
        return kept, [one for roles, kind in decided if roles.grade < best for one in kind if one.rows and one.keys]

    def _choose(self, kind: list[Table], title: str) -> Roles:
        width = max(table.width for table in kind)
        headings = kind[0].headings
        columns = [
            Column(
                headings[number] if headings is not None else None,
                number,
                [cell for table in kind for cell in table.column(number)],
                all(table.quoted for table in kind),
            )
            for number in range(width)
        ]
        by_key = width == 1 and all(table.keys for table in kind)  # the innermost key is the group
        return Chooser(title, columns, self.matcher, self.columns, self.wanted == "group" and not by_key).choose()

    def _find_split(self, table: Table, told: SplitName, by_top: bool) -> SplitName:
        if by_top:
            return SplitName(None, table.keys[0])
        found = find_split(cut_key(key)[0] or key for key in table.keys)
        return found if found.name is not None else told

    def _by_top(self, kept: list[tuple[Roles, list[Table]]], told: SplitName) -> bool:
        """Whether the outermost keys are the splits, though they are called like none."""
        tables = [table for _, kind in kept for table in kind if table.rows]
        if self.wanted != "split" or told.name is not None or not tables or not all(table.keys for table in tables):
            return False
        if any(roles.has_split for roles, _ in kept):
            return False
        tops = {table.keys[0] for table in tables}
        any_split = any(find_split(cut_key(key)[0] or key for key in table.keys).name for table in tables)
        return not any_split and len(tops) > 1 and not all(map(is_class_word, tops))


def _parse(data: bytes, path: Path, title: str) -> list[Table]:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return [read_parquet(data, title)]
    if suffix in (".csv", ".tsv"):
        return [read_csv(data, title)]
    if suffix not in (".json", ".jsonl"):
        return [read_txt(data, title)]
    lines = data[:1] not in (b"[", b"{") and data.lstrip()[:1] == b"{" and b"\n{" in data.strip()
    return read_jsonl(data, title) if lines or suffix == ".jsonl" else read_json(data, title)


def _tell_split(name: str, split: str | None) -> SplitName:
    """Return the split of a list: the one that the user says, or by its name, and the folders round it."""
    if split is not None:
        return SplitName(None, split)
    own = find_split_in_name(Path(name).stem)
    around = find_split(name.split("/")[:-1])
    if own.name is None:
        return around
    fold = around.outer or around.name
    return SplitName(fold, own.name) if own.outer is None and fold is not None and fold != own.name else own
