"""How surely shortcuts are called: ``python -m tests.benchmarks.confounds [--seeds 20] [--manifest FILE]``.

Each kind is planted once per seed and audited. ``re-encoded files`` is planted on disk: a synthetic tree whose images
of one class are decoded and written again at another JPEG quality, then scanned. The others are planted in the columns
of one scanned synthetic tree, whose labels are permuted first, so that nothing but the plant ties a fact to the label.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.manifest.value import Manifest
from lagtool.profiles import load_profile
from lagtool.scanning.scan import scan
from lagtool.stats.shortcuts import ShortcutAudit, audit_shortcuts
from lagtool.synth import write_synthetic_tree

Bools = NDArray[np.bool_]
Plant = Callable[[pd.DataFrame, Bools, np.random.Generator], dict[str, object]]
POSITIVE = "suspicious_glaucoma"
_ENCODING = {"file_bytes", "jpeg_quality", "jpeg_tables"}


@dataclass(frozen=True)
class Kind:
    """A confound: its name, the facts that tell it, and how it is put into the columns (None: on disk)."""

    name: str
    right: frozenset[str]
    plant: Plant | None


def _some(here: Bools, share: float, rng: np.random.Generator) -> Bools:
    return here & (rng.random(len(here)) < share)


def _quality(samples: pd.DataFrame, here: Bools, rng: np.random.Generator) -> dict[str, object]:
    worse = _some(here, 0.5, rng)
    return {
        "image_quality": samples["image_quality"].mask(worse, 80),
        "image_tables": samples["image_tables"].mask(worse, "0123456789abcdef"),
        "image_bytes": samples["image_bytes"].mask(worse, (samples["image_bytes"] * 0.8).round().astype("Int64")),
    }


def _brighter(samples: pd.DataFrame, here: Bools, _: np.random.Generator) -> dict[str, object]:
    return {"image_brightness": samples["image_brightness"] + np.where(here, 10.0, 0.0)}


def _cut(samples: pd.DataFrame, here: Bools, rng: np.random.Generator) -> dict[str, object]:
    return {"image_field_cut": samples["image_field_cut"].mask(_some(here, 0.4, rng), "top,bottom")}


def _metadata(_: pd.DataFrame, here: Bools, rng: np.random.Generator) -> dict[str, object]:
    return {"image_exif": _some(here, 0.3, rng)}


def _reddish(samples: pd.DataFrame, here: Bools, _: np.random.Generator) -> dict[str, object]:
    return {"image_red_mean": samples["image_red_mean"] * np.where(here, 1.08, 1.0)}


def _blurred(samples: pd.DataFrame, here: Bools, _: np.random.Generator) -> dict[str, object]:
    return {"image_sharpness": samples["image_sharpness"] * np.where(here, 0.75, 1.0)}


def _sorted_ids(samples: pd.DataFrame, here: Bools, rng: np.random.Generator) -> dict[str, object]:
    # The middle third of the numbers is mostly of one class: no trend, but an order.
    order = np.argsort(np.where(here, rng.normal(0, 0.5, len(here)), rng.normal(0, 1.5, len(here))))
    ids = np.empty(len(order), object)
    ids[order] = sorted(samples["id"])
    return {"id": ids}


def _fewer_maps(samples: pd.DataFrame, here: Bools, rng: np.random.Generator) -> dict[str, object]:
    return {"map_path": samples["map_path"].mask(_some(here, 0.4, rng))}


def _nothing(_: pd.DataFrame, __: Bools, ___: np.random.Generator) -> dict[str, object]:
    return {}


KINDS = (
    Kind("nothing (labels permuted)", frozenset(), _nothing),
    Kind("re-encoded files", frozenset(_ENCODING), None),
    Kind("quality lower in half a class", frozenset(_ENCODING), _quality),
    Kind("brighter by 10 levels", frozenset({"brightness"}), _brighter),
    Kind("field cut in 40 %", frozenset({"field_cut"}), _cut),
    Kind("Exif block in 30 %", frozenset({"exif"}), _metadata),
    Kind("redder by 8 %", frozenset({"red"}), _reddish),
    Kind("less sharp by a quarter", frozenset({"sharpness"}), _blurred),
    Kind("ids in blocks", frozenset({"id_number", "id_order"}), _sorted_ids),
    Kind("maps missing in 40 %", frozenset({"has_map"}), _fewer_maps),
)


@dataclass(frozen=True)
class Outcome:
    """What came of one kind: out of ``audits``, those with a fact called, the right one on top, a model called."""

    audits: int
    fact: int
    right: int
    model: int
    auc: float


def permute(manifest: Manifest, rng: np.random.Generator) -> Manifest:
    """Return the manifest with its labels permuted over all samples."""
    order = rng.permutation(len(manifest.samples))
    return manifest.with_columns(
        **{name: manifest.samples[name].iloc[order].reset_index(drop=True) for name in ("class", "label")}
    )


def plant(manifest: Manifest, kind: Kind, seed: int) -> Manifest:
    """Return the manifest with labels permuted, and ``kind`` in its columns."""
    rng = np.random.default_rng(seed)
    null = permute(manifest, rng)
    assert kind.plant is not None
    here = null.samples["class"].eq(POSITIVE).to_numpy(bool)
    return null.with_columns(**kind.plant(null.samples, here, rng))


def write_reencoded(folder: Path, seed: int, scale: float, quality: int = 80) -> Manifest:
    """Write a synthetic tree, re-encode its positive class on disk, and scan it; times are those of one moment."""
    write_synthetic_tree(folder, profile=load_profile("lag"), scale=scale, seed=seed)
    for path in sorted((folder / POSITIVE / "image").iterdir()):
        pixels = cv2.imread(str(path))
        assert pixels is not None
        path.write_bytes(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())
    for path in folder.rglob("*.*"):
        os.utime(path, ns=(1_700_000_000 * 10**9,) * 2)
    return scan(folder)


def judge(kind: Kind, audits: list[ShortcutAudit]) -> Outcome:
    """Count what the audits of one kind say."""
    called = [audit for audit in audits if any(fact.called for fact in audit.facts)]
    right = [audit for audit in called if audit.facts[0].name in kind.right]
    models = [audit.model for audit in audits if audit.model is not None]
    return Outcome(
        audits=len(audits),
        fact=len(called),
        right=len(right),
        model=sum(model.called for model in models),
        auc=float(np.median([model.auc for model in models])),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--scale", type=float, default=0.05, help="of the tree whose columns are planted in")
    parser.add_argument("--manifest", help="plant in this one instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.manifest:
            from lagtool.manifest.value import read_manifest

            base = read_manifest(options.manifest)
        else:
            write_synthetic_tree(Path(folder) / "LAG", profile=load_profile("lag"), scale=options.scale, seed=77)
            base = scan(Path(folder) / "LAG")
        print(f"{len(base.samples):,} samples, {options.seeds} seeds (re-encoded files: 235 samples)\n")
        print("| planted | a fact called | the right one on top | model called | model's AUC, median |")
        print("|---|---:|---:|---:|---:|")
        for kind in KINDS:
            audits = []
            for seed in range(options.seeds):
                if kind.plant is None:
                    manifest = write_reencoded(Path(folder) / f"files-{seed}", seed, 0.02)
                else:
                    manifest = plant(base, kind, seed)
                audits.append(audit_shortcuts(manifest, seed=seed))
            found = judge(kind, audits)
            fact, right, model = (f"{number}/{found.audits}" for number in (found.fact, found.right, found.model))
            shares = f"{fact} | {right if kind.right else '–'} | {model}"
            print(f"| {kind.name} | {shares} | {found.auc:.3f} |", flush=True)


if __name__ == "__main__":
    main()
