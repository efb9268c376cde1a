"""Files that are there but could not be read: how many, why, and the first of each reason."""

import re
from collections import Counter
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from lagtool.errors import LagtoolError
from lagtool.manifest.blocks import make_array
from lagtool.model import State
from lagtool.profiles import SLOTS, SlotName
from lagtool.text import count, show

_STATES = make_array(
    [state.value for state in (State.UNREADABLE, State.NOT_A_FILE, State.LINK_INSIDE, State.LINK_OUTSIDE)], pa.string()
)
_SHOWN = 5
_OWN = re.compile(r", to .*?(?=: links are not followed|$)|\d[\d,]*", re.DOTALL)
"""What differs from file to file within one reason: where a link leads, and how long a file is."""


class NothingReadError(LagtoolError):
    """There are images, and not one of them could be read."""


class Reason(NamedTuple):
    """One reason: how many files, and the first of them with its message."""

    files: int
    example: str
    words: str


class UnreadFiles:
    """A count of the files that a scan found but could not read; samples come in batches."""

    def __init__(self) -> None:
        self.by_slot: Counter[SlotName] = Counter()
        self._reasons: dict[str, Reason] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnreadFiles) and self._reasons == other._reasons and self.by_slot == other.by_slot

    __hash__ = None  # type: ignore[assignment]  # it grows

    def update(self, batch: pa.Table) -> None:
        """Add samples: the columns ``*_path``, ``*_state`` and ``*_message`` of every slot."""
        for slot in SLOTS:
            there = pc.and_(pc.is_in(batch[f"{slot}_state"], _STATES), batch[f"{slot}_path"].is_valid())
            if not pc.any(there).as_py():
                continue
            rows = batch.select([f"{slot}_path", f"{slot}_message"]).filter(there)
            self.by_slot[slot] += len(rows)
            for path, message in zip(*(column.to_pylist() for column in rows.columns), strict=True):
                words = message or "could not be read"
                kind = _OWN.sub("", words)
                known = self._reasons.get(kind, Reason(0, path, words))
                self._reasons[kind] = known._replace(files=known.files + 1)

    def reasons(self) -> list[Reason]:
        """Return the reasons, the most frequent first."""
        return sorted(self._reasons.values(), key=lambda reason: (-reason.files, reason.words))

    def describe(self, total: int) -> str:
        """Return what to tell a user of ``total`` files: a warning and a line per reason, or nothing."""
        if not self.by_slot:
            return ""
        reasons = self.reasons()
        lines = ["", f"lagtool: warning: {count(self.by_slot.total(), 'file')} of {total:,} could not be read:"]
        for files, example, words in reasons[:_SHOWN]:
            lines.append(f"  {files:,} x {show(example)} {show(words, 200)}")
        if len(reasons) > _SHOWN:
            rest = sum(reason.files for reason in reasons[_SHOWN:])
            lines.append(f"  {rest:,} x {count(len(reasons) - _SHOWN, 'other reason')}: see 'lagtool validate'")
        return "\n".join(lines)

    def refuse_all(self, images: int) -> None:
        """Refuse a dataset none of whose ``images`` could be read: a manifest of it would say nothing.

        Raises:
            NothingReadError: There are images, and not one could be read; it says why.
        """
        if images and self.by_slot["image"] == images:
            first = next(reason for reason in self.reasons())
            raise NothingReadError(
                f"none of {count(images, 'image')} could be read, so no manifest is written: "
                f"{show(first.example)} {show(first.words, 200)}"
            )
