"""The benchmark of loading: what it compares is the same, and training works."""

import statistics
from pathlib import Path

import pytest

from lagtool.export.writing import write_export
from lagtool.profiles import load_profile
from lagtool.scanning.scan import scan
from lagtool.splits.split import make_split
from lagtool.synth import write_synthetic_tree

pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch, then pytest -m torch")
from lagtool.training.torch import LagDataset
from tests.benchmarks.loading import Exported, Folders, equal, first_batch, same, starts_alike, train

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]


def test_both_loaders_give_the_same_and_training_learns(tmp_path: Path) -> None:
    root = tmp_path / "LAG"
    write_synthetic_tree(root, profile=load_profile("lag"), scale=0.02, jobs=1)
    manifest = scan(root)
    for size in (None, 100):
        ours, theirs = LagDataset(manifest, root, size=size), Folders(root, size, with_maps=True)
        assert len(ours) == len(theirs) > 200
        assert same(ours, theirs, ("image", "map", "label"))
    split = make_split(manifest, ratios=[70, 15, 15])
    data = LagDataset(split, root, split="train", size=64)
    assert starts_alike(data)
    write_export(split, root, "imagefolder", tmp_path / "export", maps="as-is")
    assert equal(first_batch(data), first_batch(Exported(tmp_path / "export", "train", 64)))
    losses = train(data, data.class_weights(), epochs=2)
    assert statistics.mean(losses[-4:]) < 0.95 * statistics.mean(losses[:4])
