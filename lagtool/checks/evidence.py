"""What a check is given, and how it says what it found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, Literal, NamedTuple

import pandas as pd

from lagtool.manifest import Manifest
from lagtool.model import State
from lagtool.profile import Profile, SlotName
from lagtool.thresholds import Thresholds

_BY_DECODING = {State.TRUNCATED, State.CORRUPT}


class Hit(NamedTuple):
    """One finding before its check's code and severity are put to it; the fields are those of `Finding`."""

    message: str
    path: str = ""
    sample: str = ""
    related: tuple[str, ...] = ()


Hits = Iterator[Hit]


class NotApplicable(Exception):  # noqa: N818 - not an error, an answer
    """Raised by a check that has nothing to judge in this data set; the text says why."""


@dataclass(frozen=True)
class Evidence:
    """A manifest, the thresholds to judge by, and what several checks derive from them."""

    manifest: Manifest
    thresholds: Thresholds

    @property
    def samples(self) -> pd.DataFrame:
        """The table of samples."""
        return self.manifest.samples

    @property
    def profile(self) -> Profile:
        """The profile to judge by."""
        return self.manifest.profile

    def hits(self, mask: Any, slot: SlotName, message: str | Callable[[dict[str, Any]], str]) -> Hits:
        """Yield a hit for each sample under ``mask``, at the path of its ``slot``.

        ``message`` is the sentence, or makes it from the sample's row.
        """
        for row in self.samples[mask].to_dict("records"):
            text = message if isinstance(message, str) else message({str(name): value for name, value in row.items()})
            yield Hit(text, row[f"{slot}_path"], f"{row['class']}/{row['id']}")

    def has(self, slot: SlotName) -> "pd.Series[bool]":
        """Return which samples have something in ``slot``."""
        return self.samples[f"{slot}_path"].notna()

    def in_state(self, slot: SlotName, state: State) -> "pd.Series[bool]":
        """Return which samples' ``slot`` is in ``state``.

        Raises:
            NotApplicable: Nothing was decoded, so that nobody can know.
        """
        if self.manifest.header.depth.quick and state in _BY_DECODING:
            raise NotApplicable("not looked for: indexed with --quick")
        return (self.samples[f"{slot}_state"] == state.value).fillna(False).astype(bool)

    def decoded(self, slot: Literal["image", "map"]) -> "pd.Series[bool]":
        """Return which samples' picture in ``slot`` was proven, or has a sound header where no more was looked at.

        Raises:
            NotApplicable: There is none.
        """
        mask = self.has_size(slot)
        if not mask.any():
            raise NotApplicable(f"no {self.profile.noun(slot, 2)} to judge")
        return mask

    def has_size(self, slot: Literal["image", "map"]) -> "pd.Series[bool]":
        """Return which samples' picture in ``slot`` has a width and height that can be believed."""
        sound = self.samples[f"{slot}_state"].isin((State.OK.value, State.UNREAD.value))
        return sound & self.samples[f"{slot}_width"].notna()

    def measured(self, column: str) -> "pd.Series[bool]":
        """Return which samples have a value in ``column``, one that takes decoding.

        Raises:
            NotApplicable: None has one.
        """
        mask = self.samples[column].notna()
        if not mask.any():
            quick = self.manifest.header.depth.quick
            raise NotApplicable("not measured: indexed with --quick" if quick else "nothing was measured")
        return mask

    def require(self, slot: SlotName) -> None:
        """Raise `NotApplicable` where the layout has no ``slot`` or no sample fills it."""
        if slot not in self.profile.slots:
            raise NotApplicable(f"the profile has no {slot} files")
        if not self.has(slot).any():
            raise NotApplicable(f"there are no {slot} files")

    def strays(self, *reasons: str) -> pd.DataFrame:
        """Return the strays with one of ``reasons``."""
        return self.manifest.strays[self.manifest.strays["reason"].isin(reasons)]

    @cached_property
    def absent_folders(self) -> frozenset[str]:
        """Folders of the layout that are not there; what they lack is said once, not once per sample."""
        return frozenset(self.strays("missing-folder", "unreadable", "link")["path"])

    def in_present_folder(self, slot: SlotName) -> "pd.Series[bool]":
        """Return which samples belong to a class whose folder of ``slot`` is there."""
        gone = {path.lower() for path in self.absent_folders}
        absent = [
            place.class_name
            for place in self.profile.places()
            if place.slot == slot and gone & {path.lower() for path in accumulate(place.folder, "{}/{}".format)}
        ]
        return ~self.samples["class"].isin(absent)

    def reference_size(self, slot: Literal["image", "map"]) -> tuple[int, int, bool]:
        """Return width and height that pictures of ``slot`` should have, and whether that departs from the profile.

        The profile's size holds, unless nearly all pictures have one other size (resized on purpose). Where the profile
        names none, what nearly all have is expected of the others; where they differ, `NotApplicable` is raised.
        """
        spec = self.profile.slots[slot]
        rows = self.samples[self.decoded(slot)]
        common = rows.groupby([f"{slot}_width", f"{slot}_height"]).size().sort_values(ascending=False)
        width, height = (int(side) for side in common.index[0])
        if spec.width is None or spec.height is None:
            if common.iloc[0] < self.thresholds.common_share * len(rows):
                raise NotApplicable(f"the profile names no size, and {self.profile.noun(slot, 2)} differ in it")
            return width, height, False
        if (width, height) != (spec.width, spec.height) and common.iloc[0] >= self.thresholds.common_share * len(rows):
            return width, height, True
        return spec.width, spec.height, False
