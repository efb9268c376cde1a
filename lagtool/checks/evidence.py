"""What a check is given, and how it says what it found."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache, wraps
from itertools import accumulate, repeat, starmap
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from lagtool.checks.thresholds import Thresholds
from lagtool.curation.apply import curated_samples, excluded
from lagtool.duplicates.pairs import Likeness, decided_pairs
from lagtool.manifest.value import Manifest
from lagtool.model import State, UnmatchedReason
from lagtool.profiles import SLOTS, PictureSlot, Profile, SlotName
from lagtool.splits.listed import ListedNames

if TYPE_CHECKING:
    from lagtool.duplicates.overlap import Overlap

_BY_DECODING = {State.TRUNCATED, State.CORRUPT}

Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]
T = TypeVar("T")

SIGNIFICANT = 4.0
"""Standard deviations from which on a difference is none of chance, which goes so far once in 16,000 times."""

_MANY = 10_000


class Hit(NamedTuple):
    """One finding before its check's code and severity are put to it; the fields are those of `Finding`."""

    message: str
    path: str = ""
    sample: str = ""
    related: tuple[str, ...] = ()


Hits = Iterator[Hit]


class NotApplicable(Exception):  # noqa: N818 - not an error, an answer
    """Raised by a check that has nothing to judge in this dataset; the text says why."""


@dataclass(frozen=True)
class Evidence:
    """A manifest, the thresholds to judge by, and what several checks derive from them.

    Samples are judged by columns: a check makes a mask over all of them, and only what is under it becomes text.
    A split that others made brings the names in it; None: there are none.
    """

    manifest: Manifest
    thresholds: Thresholds
    listed: ListedNames | None = None
    overlaps: "tuple[Overlap, ...]" = ()

    @cached_property
    def likeness(self) -> Likeness | None:
        """What a search found to be alike, as the manifest records it and its marks decide it; None: nobody looked."""
        return decided_pairs(self.manifest)

    @property
    def samples(self) -> pd.DataFrame:
        """The table of samples."""
        return self.manifest.samples

    @property
    def profile(self) -> Profile:
        """The profile to judge by."""
        return self.manifest.profile

    def hits(self, mask: Any, slot: SlotName, message: str | Callable[..., str], *columns: str) -> Hits:
        """Yield a hit for each sample under ``mask``, at the path of its ``slot``.

        ``message`` is the sentence, or makes it from the sample's values of ``columns`` (None where missing).
        """
        rows = np.flatnonzero(np.asarray(mask, dtype=bool))
        if isinstance(message, str):
            return self.say(rows, repeat(message, len(rows)), slot)
        values = zip(*(self.values(name, rows) for name in columns), strict=True)
        # Many findings of a check often say the same: one text serves them all.
        return self.say(rows, starmap(lru_cache(_MANY)(message), values), slot)

    def say(
        self, rows: Rows, texts: Iterable[str], slot: SlotName = "image", others: Iterable[str] | None = None
    ) -> Hits:
        """Yield a hit for each of the samples at ``rows``, with its text, at the path of its ``slot``.

        ``others`` are the paths (or names) of the sample that each has to do with.
        """
        related = repeat((), len(rows)) if others is None else ((other,) for other in others)
        paths = self.texts(f"{slot}_path", rows)
        for path, title, text, other in zip(paths, self.titles(rows), texts, related, strict=True):
            yield Hit(text, path or "", title, other)

    def values(self, column: str, rows: Rows) -> list[Any]:
        """Return the values of a column at ``rows`` as Python values, None where missing."""
        taken: list[Any] = pa.array(self.samples[column].array.take(rows)).to_pylist()
        return taken

    def texts(self, column: str, rows: Rows) -> list[str]:
        """Return the texts of a column at ``rows``; where nearly all are asked for, checks share them."""
        return self._shared(column, rows, lambda rows: self.values(column, rows))

    def titles(self, rows: Rows) -> list[str]:
        """Return ``class/id`` of the samples at ``rows``."""

        def make(rows: Rows) -> list[str]:
            classes, ids = self.values("class", rows), self.values("id", rows)
            return [f"{name}/{key}" for name, key in zip(classes, ids, strict=True)]

        return self._shared("", rows, make)

    def names(self, rows: Rows) -> list[str]:
        """Return the paths of the images at ``rows``; of samples without one, ``class/id``."""
        paths = self.texts("image_path", rows)
        return [path or title for path, title in zip(paths, self.titles(rows), strict=True)]

    def _shared(self, name: str, rows: Rows, make: Callable[[Rows], list[str]]) -> list[str]:
        if len(rows) < _MANY:
            return make(rows)
        whole = self.recall(("texts", name), lambda: make(np.arange(len(self.samples))))
        return [whole[row] for row in rows.tolist()]

    @cached_property
    def _memory(self) -> dict[Hashable, Any]:
        return {}

    def recall(self, name: Hashable, derive: Callable[[], T]) -> T:
        """Return what ``derive`` returns; under one name it is asked once, so that several checks share it."""
        if name not in self._memory:
            self._memory[name] = derive()
        known: T = self._memory[name]
        return known

    def repeated(self, column: str) -> Rows:
        """Return the samples whose text in a column is another sample's too, in order."""
        texts = self.samples[column]
        return self.recall(
            ("repeated", column),
            lambda: np.flatnonzero(texts.duplicated(keep=False).to_numpy() & texts.notna().to_numpy()),
        )

    def numbers(self, column: str) -> NDArray[np.float64]:
        """Return a column of numbers, NaN where missing."""
        return self.samples[column].to_numpy(dtype=np.float64, na_value=np.nan)

    @cached_property
    def excluded(self) -> Mask:
        """Which samples a curation mark excludes."""
        return excluded(self.samples)

    def blame(self, earlier: Rows, later: Rows) -> tuple[Rows, Rows]:
        """Return pairs as they are, but with the excluded one later where only one is: its finding is settled then."""
        swap = self.excluded[earlier] & ~self.excluded[later]
        return np.where(swap, later, earlier), np.where(swap, earlier, later)

    def flags(self, condition: "pd.Series[Any]") -> Mask:
        """Return a condition (or a column of truths) as a mask; what is missing does not hold."""
        mask: Mask = condition.to_numpy(dtype=np.bool_, na_value=False)
        return mask

    def has(self, slot: SlotName) -> Mask:
        """Return which samples have something in ``slot``."""
        return self.samples[f"{slot}_path"].notna().to_numpy()

    def in_state(self, slot: SlotName, state: State) -> Mask:
        """Return which samples' ``slot`` is in ``state``.

        Raises:
            NotApplicable: Nothing was decoded, so that nobody can know.
        """
        if self.manifest.header.scan_options.quick and state in _BY_DECODING:
            raise NotApplicable("not looked for: indexed with --quick")
        codes, names = self._states[slot]
        mask: Mask = codes == names.get(state.value, -2)
        return mask

    @cached_property
    def _states(self) -> dict[SlotName, tuple[NDArray[np.int8], dict[str, int]]]:
        """Per slot, the number of each sample's state (-1: missing), and what the numbers stand for."""
        found: dict[SlotName, tuple[NDArray[np.int8], dict[str, int]]] = {}
        for slot in SLOTS:
            codes, names = pd.factorize(self.samples[f"{slot}_state"])
            found[slot] = codes.astype(np.int8), {str(name): number for number, name in enumerate(names)}
        return found

    def decoded(self, slot: PictureSlot) -> Mask:
        """Return which samples' picture in ``slot`` was proven, or has a sound header where no more was looked at.

        Raises:
            NotApplicable: There is none.
        """
        self.require(slot)
        mask = self.has_size(slot)
        if not mask.any():
            raise NotApplicable(f"no {self.profile.noun(slot, 2)} to judge")
        return mask

    def has_size(self, slot: PictureSlot) -> Mask:
        """Return which samples' picture in ``slot`` has a width and height that can be believed."""
        sound = self.in_state(slot, State.OK) | self.in_state(slot, State.UNREAD)
        return sound & self.samples[f"{slot}_width"].notna().to_numpy()

    def measured(self, column: str) -> Mask:
        """Return which samples have a value in ``column``, one that takes decoding.

        Raises:
            NotApplicable: None has one.
        """
        mask: Mask = self.samples[column].notna().to_numpy()
        if not mask.any():
            quick = self.manifest.header.scan_options.quick
            raise NotApplicable("not measured: indexed with --quick" if quick else "nothing was measured")
        return mask

    def require(self, slot: SlotName) -> None:
        """Raise `NotApplicable` where the layout has no ``slot`` or no sample fills it."""
        if slot not in self.profile.slots:
            raise NotApplicable(f"the profile has no {self.profile.noun(slot, 2)}")
        if not self.has(slot).any():
            raise NotApplicable(f"there are no {self.profile.noun(slot, 2)}")

    def unmatched(self, *reasons: UnmatchedReason) -> pd.DataFrame:
        """Return the unmatched files with one of ``reasons``."""
        return self.manifest.unmatched[self.manifest.unmatched["reason"].isin(reasons)]

    @cached_property
    def absent_folders(self) -> frozenset[str]:
        """Folders of the layout that are not there; what they lack is said once, not once per sample."""
        return frozenset(self.unmatched("missing-folder", "unreadable", "link")["path"])

    def in_present_folder(self, slot: SlotName) -> Mask:
        """Return which samples belong to a class whose folder of ``slot`` is there."""
        gone = {path.lower() for path in self.absent_folders}
        absent = [
            place.class_name
            for place in self.profile.places()
            if place.slot == slot and gone & {path.lower() for path in accumulate(place.folder, "{}/{}".format)}
        ]
        numbers = [number for number, c in enumerate(self.profile.classes) if c.name in absent]
        return ~np.isin(self.folder_codes, numbers)

    def count_by_folder(self, mask: Mask) -> NDArray[np.int64]:
        """Return how many samples under ``mask`` lie in the folder of each class, in the order of the profile."""
        return np.bincount(self.folder_codes[mask], minlength=len(self.profile.classes))

    def state_hits(self, slot: SlotName, state: State) -> Hits:
        """Yield a hit for each file of ``slot`` in ``state``, in the words of the scan; see `in_state`, `require`."""
        self.require(slot)
        return self.hits(self.in_state(slot, state), slot, str, f"{slot}_message")

    @cached_property
    def folder_codes(self) -> NDArray[np.int16]:
        """The class in whose folder each sample lies, as its number in the profile."""
        return self._codes(self.samples)

    @cached_property
    def class_codes(self) -> NDArray[np.int16]:
        """The class of each sample as its number in the profile: that which a mark says, else that of its folder."""
        now = curated_samples(self.samples, self.profile)
        return self.folder_codes if now is self.samples else self._codes(now)

    def _codes(self, samples: pd.DataFrame) -> NDArray[np.int16]:
        names = [c.name for c in self.profile.classes]
        return pd.Categorical(samples["class"], categories=names).codes.astype(np.int16)


def remembered(derive: Callable[[Evidence], T]) -> Callable[[Evidence], T]:
    """Let all checks share what a function derives from the evidence; it is called once."""

    @wraps(derive)
    def recall(evidence: Evidence) -> T:
        return evidence.recall(derive, lambda: derive(evidence))

    return recall


def class_hit(evidence: Evidence, class_name: str, text: str) -> Hit:
    """Return a hit at the folder of a class; where that has another name, the class is named."""
    home = evidence.profile.home(class_name)
    return Hit(text if home == class_name else f"{class_name}: {text}", home)
