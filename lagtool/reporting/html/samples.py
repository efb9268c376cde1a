"""The samples that the page's script knows, as columns: what a gallery shows of each, and what marks are made of."""

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.checks.report import Report
from lagtool.manifest.rules import sample_keys
from lagtool.manifest.value import Manifest
from lagtool.model import State

if TYPE_CHECKING:
    from lagtool.reporting.html.thumbnails import Thumbnails

Positions = NDArray[np.intp]

_MESSAGES = 4000
"""Findings whose sentences the page holds; of the others it knows the codes."""
_FACTS = ("brightness", "sharpness", "quality", "width", "height", "bytes")
"""What the page knows of an image, in whole numbers."""


def list_rows(manifest: Manifest, keys: Iterable[str]) -> Positions:
    """Return the positions of samples in the manifest, in its order, without repetition; unknown keys are left out."""
    found = sample_keys(manifest.samples).get_indexer(pd.Index(list(dict.fromkeys(keys)), dtype=object))
    return np.unique(found[found >= 0]).astype(np.intp)


def pack_samples(
    manifest: Manifest, report: Report, rows: Positions, thumbnails: "Thumbnails | None"
) -> dict[str, Any]:
    """Return what the page's script knows of some samples, by column, fit for JSON.

    Args:
        manifest: Where they stand.
        report: What was found.
        rows: Their positions in the manifest, in order.
        thumbnails: What became of the thumbnails of all samples; None: none were asked for.
    """
    samples = manifest.samples.iloc[rows]
    names = [c.name for c in manifest.profile.classes]
    digests = samples["image_sha256"].fillna("0" * 64).tolist()
    packed: dict[str, Any] = {
        "rows": rows.tolist() if len(rows) < len(manifest.samples) else None,
        "id": samples["id"].tolist(),
        "class": pd.Categorical(samples["class"], categories=names).codes.tolist(),
        "sha": base64.b64encode(bytes.fromhex("".join(digests))).decode(),
        "hashed": _flags(samples["image_sha256"]),
        "image": _flags(samples["image_path"]),
        "map": _flags(samples["map_path"]),
        "facts": {name: _whole(samples[f"image_{name}"]) for name in _FACTS},
        "damage": _damage(samples),
        **_findings(manifest, report, rows),
    }
    for column in ("split", "fold", "group"):
        if column in samples and samples[column].notna().any():
            packed[column] = [None if pd.isna(value) else str(value) for value in samples[column].tolist()]
    if thumbnails is not None:
        packed["thumbnail"] = thumbnails._asdict()
    return packed


def _flags(column: "pd.Series[Any]") -> str:
    return "".join("1" if there else "0" for there in column.notna().tolist())


def _whole(column: "pd.Series[Any]") -> list[int | None]:
    values = column.to_numpy(np.float64, na_value=np.nan)
    return [int(value) if known else None for value, known in zip(np.rint(values), np.isfinite(values), strict=True)]


def _damage(samples: pd.DataFrame) -> dict[int, str]:
    """Return what is wrong with an image that was looked into and is not whole, by place among ``samples``."""
    states, messages = samples["image_state"].tolist(), samples["image_message"].tolist()
    good = (State.OK.value, State.UNREAD.value)
    return {
        place: str(state if pd.isna(message) else message)
        for place, (state, message) in enumerate(zip(states, messages, strict=True))
        if not pd.isna(state) and state not in good
    }


def _findings(manifest: Manifest, report: Report, rows: Positions) -> dict[str, Any]:
    """Return places of samples per code, and the sentences of the first findings by place."""
    where = pd.Series(np.arange(len(rows)), index=sample_keys(manifest.samples)[rows]).to_dict()
    codes: dict[str, list[int]] = {}
    sentences: dict[int, list[tuple[str, str]]] = {}
    left = _MESSAGES
    for finding in report.findings:
        place = where.get(finding.sample) if finding.sample else None
        if place is None:
            continue
        codes.setdefault(finding.code, []).append(int(place))
        if left:
            sentences.setdefault(int(place), []).append((finding.code, finding.message))
            left -= 1
    return {"codes": {code: sorted(set(places)) for code, places in codes.items()}, "said": sentences}
