"""Picture sizes: images and attention maps apart, and mixed together as in the published table."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.profile import ClassSpec, Profile
from lagtool.stats.figures import TOP, percent, pixel_range, share
from lagtool.stats.records import MixedSizes, PublishedTable, Range, SizeCount, Sizes

Pixels = NDArray[np.int64]
# A profile is a file of the user's: beyond this the figures of a complete copy are not worth the memory.
_MOST = 10_000_000


def measure_sizes(files: pd.DataFrame, slot: str) -> Sizes:
    """Return the figures of the sizes of ``files``, each of which has a picture in ``slot``."""
    width, height = f"{slot}_width", f"{slot}_height"
    known = files[[width, height]].dropna().astype(np.int64)
    counted = known.groupby([width, height], sort=False).size()
    distinct = [(int(w), int(h), int(n)) for (w, h), n in zip(counted.index.tolist(), counted.tolist(), strict=True)]
    distinct.sort(key=lambda size: (-size[2], size[0], size[1]))
    other = sum(n for _, _, n in distinct[TOP:])
    return Sizes(
        known=len(known),
        unknown=len(files) - len(known),
        width=pixel_range(known[width].to_numpy()),
        height=pixel_range(known[height].to_numpy()),
        distinct=len(distinct),
        most_frequent=tuple(SizeCount(w, h, n, share(n, len(known))) for w, h, n in distinct[:TOP]),
        other=other,
        other_percent=percent(other, len(known)),
    )


def published_table(profile: Profile) -> PublishedTable | None:
    """Return the published size table of a profile, if it has one."""
    sizes = profile.published_sizes
    return None if sizes is None else PublishedTable(sizes.min, sizes.median, sizes.max)


def measure_mixed_sizes(samples: pd.DataFrame, profile: Profile, classes: tuple[ClassSpec, ...]) -> MixedSizes:
    """Return the sizes of images and maps of ``samples`` mixed, held against the published table.

    Args:
        samples: The samples of ``classes``.
        profile: The profile that states the published table, and the numbers and sizes of a complete copy.
        classes: The classes that are meant.
    """
    slots = [slot for slot in ("image", "map") if slot in profile.slots]
    known = [samples[[f"{slot}_width", f"{slot}_height"]].dropna().to_numpy(dtype=np.int64) for slot in slots]
    pixels = np.concatenate(known)
    width, height = pixel_range(pixels[:, 0]), pixel_range(pixels[:, 1])
    complete = _complete(profile, classes)
    complete_width = complete_height = None
    if complete is not None:
        complete_width, complete_height = pixel_range(complete[:, 0]), pixel_range(complete[:, 1])
    published = published_table(profile)
    return MixedSizes(
        files=len(pixels),
        width=width,
        height=height,
        matches=_matches(width, height, published),
        complete_width=complete_width,
        complete_height=complete_height,
        complete_matches=_matches(complete_width, complete_height, published),
    )


def _complete(profile: Profile, classes: tuple[ClassSpec, ...]) -> Pixels | None:
    """Return width and height of every picture that a complete copy has; None where the profile does not say."""
    image, map_ = profile.slots["image"], profile.slots.get("map")
    numbers = [(image, [c.images for c in classes])]
    if map_ is not None:
        numbers.append((map_, [c.maps for c in classes]))
    pictures = []
    for spec, counts in numbers:
        if spec.width is None or spec.height is None or any(n is None or n > _MOST for n in counts):
            return None
        pictures.append(
            np.tile(np.array([[spec.width, spec.height]], dtype=np.int64), (sum(n or 0 for n in counts), 1))
        )
    return np.concatenate(pictures)


def _matches(width: Range | None, height: Range | None, published: PublishedTable | None) -> bool | None:
    if width is None or height is None or published is None:
        return None
    return (
        (width.min, height.min) == published.min
        and (width.median, height.median) == published.median
        and (width.max, height.max) == published.max
    )
