"""A tree with a split, and what an export of it must hold."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pandas as pd

import lagtool
from lagtool.manifest.value import Manifest
from lagtool.probe.picture import Pixels, decode
from tests.trees import write_tree

PARTS = ("train", "val", "test")


def split_tree(root: Path, n0: int = 9, n1: int = 7) -> Manifest:
    """Write a tree in which one map is missing and one image is cut off; return its manifest, split in three."""
    write_tree(root, n0, n1)
    (root / "non_glaucoma" / "attention_map" / "0002.jpg").unlink()
    cut = root / "non_glaucoma" / "image" / "0003.jpg"
    cut.write_bytes(cut.read_bytes()[:2000])
    return lagtool.make_split(lagtool.scan(root), ratios=(60, 20, 20), names=PARTS, seed=1)


def expected(manifest: Manifest) -> pd.DataFrame:
    """Return the samples that have a part, by id."""
    samples = manifest.samples
    return samples[samples["split"].notna()].set_index("id")


def contents(folder: Path) -> dict[str, str]:
    """Return what a folder holds, to the byte: the sha256 of each file, or where each link leads, by path."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            key = path.relative_to(folder).as_posix()
            link = path.is_symlink()
            found[key] = f"-> {path.readlink()}" if link else hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def sha256(data: bytes) -> str:
    """Return the digest of some bytes as a manifest has it."""
    return hashlib.sha256(data).hexdigest()


def pixels(data: bytes) -> Pixels:
    """Return the pixels of a picture."""
    found = decode(data, None).pixels
    assert found is not None
    return np.asarray(found)
