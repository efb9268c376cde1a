"""Names in one folder that some file systems cannot tell apart."""

import unicodedata
from itertools import accumulate
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lagtool.checks.evidence import Evidence, remembered
from lagtool.profile import SLOTS

_CUT = 201  # `lagtool.display.show` cuts longer paths in the middle: of such, nothing can be said


class Twin(NamedTuple):
    """The path that another is a twin of, and whether it is their Unicode normal form that differs, not only case."""

    path: str
    normal: bool


@remembered
def find_twins(evidence: Evidence) -> dict[str, Twin]:
    """Return the later path of each pair that differs in case or normal form only, with the earlier one.

    Compared are the paths of strays (but a slot's second file, which has a check of its own), of the layout's folders
    and of samples. Ids of digits cannot be twins of each other: samples are compared among themselves only where a
    profile lets letters into ids.
    """
    strays = evidence.manifest.strays
    strays = strays[~strays["reason"].isin(["second-file", "missing-folder", "folder-case", "link"])]
    paths = [path for path in strays["path"].unique().tolist() if len(path) < _CUT]
    folded = {_fold(path) for path in paths}
    paths += [name for name in _layout(evidence) if _fold(name) in folded]
    paths += _sample_paths(evidence, folded)
    by_name: dict[str, list[str]] = {}
    for path in paths:
        by_name.setdefault(_fold(path), []).append(path)
    places = set(_layout(evidence))
    twins: dict[str, Twin] = {}
    for rivals in by_name.values():
        first, *others = sorted(rivals, key=lambda path: (path not in places, path))
        twins |= {path: Twin(first, path.casefold() != first.casefold()) for path in others}
    return dict(sorted(twins.items()))


def _fold(path: str) -> str:
    return (
        path.lower() if path.isascii() else unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())
    )


def _layout(evidence: Evidence) -> list[str]:
    """Return the folders of the layout that are there."""
    names = (path for place in evidence.profile.places() for path in accumulate(place.folder, "{}/{}".format))
    return [name for name in dict.fromkeys(names) if name not in evidence.absent_folders]


def _sample_paths(evidence: Evidence, folded: set[str]) -> list[str]:
    """Return the paths of samples that are, in lower case, one of ``folded`` or each other's."""
    lettered = not evidence.samples["id"].str.isdigit().all()
    if not folded and not lettered:
        return []
    found: list[str] = []
    for slot in SLOTS:
        paths = evidence.samples[f"{slot}_path"].dropna()
        lower = pd.Series(pc.utf8_lower(pa.array(paths.array)), index=paths.index, dtype=paths.dtype)
        mask = lower.isin(folded) | lower.duplicated(keep=False) if lettered else lower.isin(folded)
        found += paths[mask].tolist()
    return found
