"""WebDataset: read by its own reader, every byte, pixel and label held against the manifest."""

import io
import tarfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lagtool.errors import LagtoolError
from lagtool.export.pictures import fit
from lagtool.export.webdataset import shard_pattern, shard_sizes
from lagtool.export.writing import write_export
from lagtool.manifest.value import Manifest
from tests.export.data import PARTS, contents, expected, pixels, sha256


def _read(folder: Path, part: str, decode: bool = False) -> dict[str, dict[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import webdataset

        urls = [str(path) for path in sorted(folder.glob(f"{part}-*.tar"))]
        data = webdataset.WebDataset(urls, shardshuffle=False, empty_check=False)
        return {sample["__key__"]: sample for sample in (data.decode("rgb8") if decode else data)}


def test_every_byte_and_label_is_that_of_the_manifest(tmp_path: Path, root: Path, split: Manifest) -> None:
    write_export(split, root, "webdataset", tmp_path / "out", shard_size=4)
    known = expected(split)
    for part in PARTS:
        rows = known[known["split"].eq(part)]
        raw, decoded = _read(tmp_path / "out", part), _read(tmp_path / "out", part, decode=True)
        assert sorted(raw) == sorted(rows.index)
        assert list(raw) == rows.sort_values("image_sha256").index.tolist()
        for name, sample in raw.items():
            row = rows.loc[name]
            assert sha256(sample["image.jpg"]) == row["image_sha256"]
            assert ("attention.jpg" in sample) == (not pd.isna(row["map_path"]))
            if "attention.jpg" in sample:
                assert sha256(sample["attention.jpg"]) == row["map_sha256"]
            assert sample["cls"] == str(row["label"]).encode()
            seen = decoded[name]
            with Image.open(root / row["image_path"]) as image:
                assert (seen["image.jpg"] == np.asarray(image)).all()
            assert seen["cls"] == row["label"]
            assert seen["json"]["id"] == name
            assert (seen["json"]["class"], seen["json"]["part"], seen["json"]["label"]) == (
                row["class"],
                part,
                row["label"],
            )
    assert [path.name for path in sorted((tmp_path / "out").glob("train-*.tar"))] == [
        f"train-{number:06d}.tar" for number in range(3)
    ]


def test_resized_without_maps(tmp_path: Path, root: Path, split: Manifest) -> None:
    write_export(split, root, "webdataset", tmp_path / "out", size=40, maps="none", parts=["test"])
    for name, sample in _read(tmp_path / "out", "test").items():
        assert sorted(key for key in sample if not key.startswith("_")) == ["cls", "image.jpg", "json"]
        exact = fit(pixels((root / str(expected(split).loc[name, "image_path"])).read_bytes()), 40)
        assert np.abs(pixels(sample["image.jpg"]).astype(int) - exact).mean() < 2.0
    assert not list((tmp_path / "out").glob("train*"))


def test_tars_hold_no_time_user_or_machine(tmp_path: Path, root: Path, split: Manifest) -> None:
    for copy, jobs in (("a", 1), ("b", 2)):
        write_export(split, root, "webdataset", tmp_path / copy, shard_size=3, jobs=jobs)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    data = (tmp_path / "a" / "train-000000.tar").read_bytes()
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        facts = {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode, m.type) for m in tar.getmembers()}
        names = tar.getnames()
    assert facts == {(0, 0, 0, "", "", 0o644, tarfile.REGTYPE)}
    assert all("/" not in name and name.isascii() and name[0] != "." for name in names)


def test_what_changed_since_leaves_no_half_tar(tmp_path: Path, root: Path, split: Manifest) -> None:
    last = expected(split).sort_values("image_sha256")["image_path"].iloc[-1]
    (root / last).write_bytes(b"other")
    with pytest.raises(LagtoolError, match="is not the file that was indexed"):
        write_export(split, root, "webdataset", tmp_path / "out", shard_size=1)
    assert [path.name for path in tmp_path.iterdir()] == ["LAG"]


@given(st.integers(1, 10_000), st.integers(1, 2_000))
def test_shards_are_few_and_even(samples: int, largest: int) -> None:
    sizes = shard_sizes(samples, largest)
    assert sum(sizes) == samples
    assert max(sizes) <= largest
    assert max(sizes) - min(sizes) <= 1
    assert len(sizes) == -(-samples // largest)


def test_the_pattern_of_tars() -> None:
    assert shard_pattern("train", 9) == "train-{000000..000008}.tar"
    assert shard_pattern("test", 1) == "test-000000.tar"
