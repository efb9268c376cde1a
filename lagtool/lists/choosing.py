"""Choosing the columns of a list: the one of names, of splits, of classes, of groups; or refusing to guess."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lagtool.errors import LagtoolError
from lagtool.lists.columns import MOSTLY, PLAIN, Column, Roles, UndecidedError, write_whole
from lagtool.lists.matching import Fate, Matcher
from lagtool.lists.record import Cell
from lagtool.lists.words import (
    CLASS_HEADINGS,
    GROUP_HEADINGS,
    ID_HEADINGS,
    OTHER_FILES,
    PATH_HEADINGS,
    POSITIONS,
    SPLIT_HEADINGS,
    is_class_word,
    is_eye,
    is_fold_heading,
    is_missing,
    is_picture,
    is_split,
    read_indicator,
)
from lagtool.text import show


@dataclass
class Chooser:
    """Decides what the columns of one list are.

    Attributes:
        file: The file, fit to be shown.
        columns: Its columns.
        matcher: Knows the names of the dataset; None: they are not known.
        chosen: Columns that the user chose, by role.
        group: Whether groups are asked for.
    """

    file: str
    columns: Sequence[Column]
    matcher: Matcher | None
    chosen: Mapping[str, str]
    group: bool = False

    def choose(self) -> Roles:
        """Return the columns that were taken.

        Raises:
            UndecidedError: Several could be the one that is looked for.
        """
        roles = Roles()
        names = [c for c in self.columns if c.heading is not None and is_split(c.heading) and not c.flags and c.filled]
        if len(names) > 1 and "name" not in self.chosen and all(self.is_sure(c) or not c.splits for c in names):
            others = [c for c in self.columns if c not in names and self.is_sure(c)]
            if not others:
                roles.wide, roles.grade = [(c, str(c.heading)) for c in names], 3
        if not roles.wide:
            roles.name, roles.grade = (self._told("name"), 3) if "name" in self.chosen else self._choose_name()
            roles.split = self._choose_split(roles)
        roles.class_ = self._told("class") if "class" in self.chosen else self._choose_class(roles)
        if self.group:
            roles.group = self._told("group") if "group" in self.chosen else self._choose_group(roles)
        used = roles.used
        roles.unused = [c.title for c in self.columns if c not in used and (c.heading or len(self.columns) > 1)]
        return roles

    def _told(self, role: str) -> Column | None:
        """Return the column that the user chose for a role; None: ``none``."""
        text = self.chosen[role]
        if text.lower() == "none":
            return None
        found = next((c for c in self.columns if c.heading is not None and c.heading.lower() == text.lower()), None)
        if found is None and text.isdecimal():
            found = next((c for c in self.columns if str(c.number + 1) == text), None)
        if found is None:
            there = ", ".join(c.title for c in self.columns[:10])
            raise LagtoolError(f"{self.file}: no column {show(text, 40)} (--columns): there are {there}")
        return found

    def is_sure(self, column: Column) -> bool:
        """Whether cells are names: of pictures, or known ones that are no plain numbers."""
        padded = column.every(lambda cell: cell.isascii() and cell.isdigit() and len(cell) > 2)
        if column.pictures or (padded and any(cell[0] == "0" for cell in column.filled)):
            return True
        if self.matcher is None or column.numeric or column.splits:
            return False
        return column.share(self._is_known) >= MOSTLY

    def _is_found(self, cell: str) -> bool:
        assert self.matcher is not None
        return self.matcher.find(write_whole(cell)).fate is Fate.FOUND

    def _is_known(self, cell: str) -> bool:
        assert self.matcher is not None
        known = self.matcher.find(cell).fate in (Fate.FOUND, Fate.AMBIGUOUS)
        return is_picture(cell) or (known and not PLAIN.fullmatch(cell))

    def _choose_name(self) -> tuple[Column | None, int]:
        sure = [c for c in self.columns if self.is_sure(c)]
        if any(c.pictures for c in sure):
            sure = [c for c in sure if c.pictures or not c.counts]
        if sure:
            return self._agree(sorted(sure, key=_rank)), 3
        headed = [c for c in self.columns if c.word in (*PATH_HEADINGS, *ID_HEADINGS) and self._may_name(c)]
        if headed:
            best = min(headed, key=_rank)
            self._refuse_positions(best, headed=True)
            return best, 2
        rest = [c for c in self.columns if self._may_name(c) and (c.numeric or not c.every(is_class_word))]
        if self.matcher is not None:
            rest = [c for c in rest if any(map(self._is_found, c.seen))] or rest
        texts = [c for c in rest if not c.numeric] or rest or [c for c in self.columns if c.whole is not None][:1]
        if len(texts) > 1:
            raise self._undecided(texts, "may both hold the names", "name")
        if not texts:
            return None, 0
        self._refuse_positions(texts[0], headed=False)
        return texts[0], 1

    def _may_name(self, column: Column) -> bool:
        if column.splits or not column.filled or column.every(is_eye):
            return False
        if column.flags and len(column.filled) > 2:
            return False
        heading = column.heading or ""
        other = column.word in (*SPLIT_HEADINGS, *CLASS_HEADINGS, *GROUP_HEADINGS) or is_fold_heading(heading)
        decimals = column.numeric and column.whole is None and not column.every(str.isdigit)
        return not other and not decimals and read_indicator(heading) is None

    def _agree(self, sure: list[Column]) -> Column:
        """Return the first of several columns of names, where they mean the same samples."""
        best, *others = sure
        for other in others:
            if other.word in OTHER_FILES and best.word not in OTHER_FILES:
                continue
            if self.matcher is None:
                stems = [(_stem(a), _stem(b)) for a, b in zip(best.cells, other.cells, strict=True) if a and b]
                if all(a == b for a, b in stems) or _rank(best)[0] != _rank(other)[0]:
                    continue
                raise self._undecided([best, other], "both hold names, and name different samples", "name")
            pairs = [(self.matcher.find(a).row, self.matcher.find(b).row) for a, b in _both(best, other)]
            if not any(b >= 0 for _, b in pairs):
                continue
            if not any(a >= 0 for a, _ in pairs):
                best = other
            elif any(a != b and a >= 0 and b >= 0 for a, b in pairs):
                raise self._undecided([best, other], "both hold names, and name different samples", "name")
        return best

    def _undecided(self, columns: Sequence[Column], what: str, role: str) -> UndecidedError:
        words = f"columns {' and '.join(c.title for c in columns[:2])} {what}"
        return UndecidedError(f"{self.file}: {words}: choose one with --columns {role}={columns[0].title}")

    def _refuse_positions(self, column: Column, *, headed: bool) -> None:
        """Refuse whole numbers that may count the samples of a list, and are not known to be ids."""
        numbers = column.whole
        if numbers is None or not numbers:
            return
        found = [self.matcher.find(str(n)).fate is not Fate.ABSENT for n in numbers] if self.matcher else []
        size = self.matcher.size if self.matcher is not None else 0
        counts = sorted(numbers) in (list(range(len(numbers))), list(range(1, len(numbers) + 1)))
        if column.word not in POSITIONS and (0 not in numbers or (found and all(found))):
            known = all(found) if self.matcher else numbers[0] != 0
            beyond = 0 < size < max(numbers) and sum(found) >= MOSTLY * len(found)
            if beyond or column.quoted or (headed and (known or not counts)):
                return
        shown = ", ".join(str(number) for number in numbers[:3])
        what = "its names" if len(self.columns) == 1 else f"column {column.title}"
        raise UndecidedError(
            f"{self.file}: {what} may be ids or positions in a list ({shown}, ...): say --columns name={column.title} "
            "if they are ids; else write file names"
        )

    def _choose_split(self, roles: Roles) -> Column | None:
        told = "split" in self.chosen
        column = self._told("split") if told else None
        if told and (column is None or not column.flags or read_indicator(column.heading or "") is None):
            return column
        free = [c for c in self.columns if c is not roles.name and c.filled and not c.pictures]
        indicators = [
            (c, word) for c in free if c.flags and c.heading and (word := read_indicator(c.heading)) is not None
        ]
        if told:
            indicators = [(c, word) for c, word in indicators if c is column]
        headed = [c for c in free if c.word in SPLIT_HEADINGS and (not c.numeric or c.whole is not None)]
        words = [c for c in free if c.splits and c.word not in (*CLASS_HEADINGS, *GROUP_HEADINGS)]
        folds = [c for c in free if c.heading and is_fold_heading(c.heading) and c.numeric]
        for tier in () if told else (headed, words, folds):
            if tier:
                if any(_differ(c, tier[0]) for c in tier[1:]):
                    raise self._undecided(tier, "both hold splits, and differ", "split")
                return tier[0]
        several = len(indicators) > 1
        for c, word in indicators:
            no = None if several else "train" if word.startswith(("val", "dev")) else f"not-{word}"
            roles.indicators.append((c, word, no))
        return None

    def _choose_class(self, roles: Roles) -> Column | None:
        taken = roles.used
        free = [c for c in self.columns if c not in taken and c.filled and not c.pictures and not c.splits]
        headed = [c for c in free if c.word in CLASS_HEADINGS]
        words = [c for c in free if not c.numeric and c.every(is_class_word) and c.word not in GROUP_HEADINGS]
        bare = [c for c in free if c.heading is None and c.flags]
        for tier in (words, headed, bare if len(bare) == 1 else []):
            if tier:
                return min(tier, key=lambda c: CLASS_HEADINGS.index(c.word) if c.word in CLASS_HEADINGS else 99)
        return None

    def _choose_group(self, roles: Roles) -> Column | None:
        """Return the column of patients or groups: of several, the one that keeps most together.

        Raises:
            UndecidedError: There is none, or none keeps together what the others do.
        """
        free = [c for c in self.columns if c is not roles.name and c.filled]
        eyes = [c for c in free if c.every(is_eye)]
        poor = [c for c in free if c in eyes or c.splits or (c.flags and len(c.filled) > 2) or c is roles.class_]
        headed = [c for c in free if c.word in GROUP_HEADINGS and c not in eyes]
        if not headed and len(self.columns) == 2 and free and free[0] not in poor:
            return free[0]
        if not headed:
            only = f": {eyes[0].title} says only which eye" if eyes else ""
            raise UndecidedError(
                f"{self.file} has no column for the group{only}: call it group, patient, patient_id, subject or eye, "
                "or choose it with --columns group=COLUMN"
            )
        coarse = [c for c in headed if all(_is_coarser(c, other) for other in headed)]
        if not coarse:
            what = "both hold groups, and neither keeps together what the other does"
            raise self._undecided(headed, what, "group")
        if eyes:
            roles.notes.append(f"column {eyes[0].title} says only which eye: both eyes of a group stay together")
        return coarse[0]


def _is_coarser(one: Column, other: Column) -> bool:
    """Whether each value of ``other`` stands beside one value of ``one``."""
    beside: dict[str, Cell] = {}
    return all(beside.setdefault(b, a) == a for a, b in _both(one, other) if not is_missing(a) and not is_missing(b))


def _differ(one: Column, other: Column) -> bool:
    """Whether two columns put rows into different splits; other words for the same splits are no difference."""
    if one.splits and other.splits:
        return one.cells != other.cells
    return one.partition() != other.partition()


def _both(one: Column, other: Column) -> list[tuple[str, str]]:
    return [(a, b) for a, b in zip(one.cells, other.cells, strict=True) if a and b]


def _rank(column: Column) -> tuple[int, int, int]:
    """Return how good a column of names is, the best first: its image's file, a file, its id, another of its files."""
    known = (*PATH_HEADINGS, *ID_HEADINGS)
    other = column.word in OTHER_FILES
    tier = 3 if other else 0 if column.word in PATH_HEADINGS else 1 if column.pictures else 2
    return tier, known.index(column.word) if column.word in known else len(known), column.number


def _stem(cell: str) -> str:
    return cell.replace("\\", "/").rpartition("/")[2].partition(".")[0].lower()
