"""Hugging Face: loaded by ``datasets`` itself, every byte, pixel and label held against the manifest."""

import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import lagtool
from lagtool.__main__ import run
from lagtool.errors import LagtoolError
from lagtool.export.huggingface import split_names
from lagtool.export.in_place import write_in_place
from lagtool.export.writing import write_export
from lagtool.manifest.value import Manifest
from tests.export.data import contents, expected
from tests.trees import snapshot, write_tree


def _load(tmp_path: Path, *asked: str) -> list[dict[str, list[dict[str, Any]]]]:
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    environment = {**os.environ, **offline, "HF_HOME": f"{tmp_path}/cache", "HF_DATASETS_CACHE": f"{tmp_path}/cache"}
    command = [sys.executable, "-m", "tests.export.read_huggingface", *asked]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def _pixels(path: Path) -> str:
    with Image.open(path) as image:
        return hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest()


def _hold(rows: list[dict[str, Any]], known: pd.DataFrame, root: Path, *, maps: bool = True) -> None:
    """Hold what was loaded against the manifest and the files of the dataset."""
    assert sorted(row["id"] for row in rows) == sorted(known.index)
    for row in rows:
        sample = known.loc[row["id"]]
        assert (row["label"], row["class"], row["split"]) == (sample["label"], sample["class"], sample["split"])
        image = {"bytes": sample["image_sha256"], "pixels": _pixels(root / sample["image_path"])}
        assert {name: row["image"][name] for name in image} == image
        if not maps or pd.isna(sample["map_path"]):
            assert row["map"] is None
        else:
            attention = {"bytes": sample["map_sha256"], "pixels": _pixels(root / sample["map_path"])}
            assert {name: row["map"][name] for name in attention} == attention


def test_datasets_sees_image_and_map_alike_whatever_their_metadata_say(tmp_path: Path, root: Path) -> None:
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    write_tree(root, 2, 1)
    with Image.open(root / "non_glaucoma" / "image" / "0001.jpg") as image:
        image.crop((0, 0, 400, 300)).save(file, "JPEG", exif=exif)
    (root / "non_glaucoma" / "image" / "0001.jpg").write_bytes(file.getvalue())
    export = write_export(lagtool.scan(root), root, "huggingface", tmp_path / "whole", maps="resized")
    (found,) = _load(tmp_path, f"folder={tmp_path}/whole")
    row = next(row for row in found["train"] if row["id"] == "0001")
    assert row["image"]["pixels"] == _pixels(root / "non_glaucoma" / "image" / "0001.jpg")  # as stored
    assert (row["image"]["size"], row["map"]["size"]) == ([400, 300], [400, 300])
    needs = "load it with datasets 3.4 or later: earlier versions take folders for classes and maps for images"
    assert needs in export.plan.remarks
    assert needs in (tmp_path / "whole" / "README.md").read_text()


def test_datasets_loads_every_form_of_it(tmp_path: Path, root: Path, split: Manifest) -> None:
    write_export(split, root, "huggingface", tmp_path / "whole")
    whole = lagtool.make_split(lagtool.scan(root), folds=4)
    write_export(whole, root, "huggingface", tmp_path / "folds", maps="none", mode="copy")
    before = snapshot(root)
    write_in_place(split, root)
    assert set(snapshot(root)) - set(before) == {"metadata.parquet"}
    assert {path: facts for path, facts in snapshot(root).items() if path in before} == before
    forms = ("folder=whole", "data_dir=whole", "folder=folds", "data_dir=LAG")
    folder, data_dir, folds, in_place = _load(tmp_path, *(form.replace("=", f"={tmp_path}/") for form in forms))
    known = expected(split)
    names = {"train": "train", "validation": "val", "test": "test"}
    for found in (folder, data_dir):
        assert list(found) == list(names)
        for name, part in names.items():
            _hold(found[name], known[known["split"].eq(part)], root)
    assert list(folds) == ["fold0", "fold1", "fold2", "fold3"]
    by_fold = whole.samples[whole.samples["fold"].notna()].set_index("id")
    for number in range(4):
        _hold(
            folds[f"fold{number}"], by_fold[by_fold["fold"].eq(number)].assign(split=f"fold{number}"), root, maps=False
        )
    assert list(in_place) == ["train"]
    _hold(in_place["train"], known, root)


def test_names_of_splits() -> None:
    assert split_names(["all"]) == {"all": "train"}
    assert split_names(["train", "val", "test"]) == {"train": "train", "val": "validation", "test": "test"}
    assert split_names(["val", "validation"]) == {"val": "val", "validation": "validation"}
    assert split_names(["a-b", "a_b", "dev", "valid"]) == {
        "a-b": "a_b",
        "a_b": "a_b_",
        "dev": "validation",
        "valid": "validation_",
    }
    assert split_names(["all", "rest"]) == {"all": "all_", "rest": "rest"}


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, root: Path, split: Manifest) -> None:
    for copy in ("a", "b"):
        write_export(split, root, "huggingface", tmp_path / copy, size=48)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_in_place_only_its_own_file_is_replaced(
    tmp_path: Path, root: Path, split: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    split.write(tmp_path / "split.parquet")
    arguments = ["export", f"{tmp_path}/split.parquet", "--root", str(root), "--to", "huggingface", "--in-place"]
    assert run(arguments) == 0
    assert "metadata.parquet: huggingface, 15 samples; 1 file, " in capsys.readouterr().out
    first = (root / "metadata.parquet").read_bytes()
    assert run(arguments) == 2
    assert capsys.readouterr().err == f"lagtool: {root}/metadata.parquet exists: use --force to replace it\n"
    assert run([*arguments, "--force", "-q"]) == 0
    assert (root / "metadata.parquet").read_bytes() == first
    pd.DataFrame({"mine": [1]}).to_parquet(root / "metadata.parquet")
    with pytest.raises(LagtoolError, match="is there, and not of lagtool"):
        write_in_place(split, root, force=True)
    for wrong, words in (
        (["-o", f"{tmp_path}/x"], "leave out --output"),
        (["--size", "64"], "in place no picture is written"),
        (["--to", "csv"], "csv does not heed --in-place"),
    ):
        assert run([*arguments, *wrong]) == 2
        assert words in capsys.readouterr().err
    assert run(arguments[:-1]) == 2
    assert "Missing option '--output'" in capsys.readouterr().err


def test_in_place_what_changed_since_is_told(root: Path, split: Manifest) -> None:
    (root / "non_glaucoma" / "image" / "0001.jpg").write_bytes(b"other")
    with pytest.raises(LagtoolError, match=r"0001\.jpg is not the file that was indexed"):
        write_in_place(split, root)
    assert not (root / "metadata.parquet").exists()
