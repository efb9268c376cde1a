"""Lists: what other programs read in them is what the manifest says."""

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

import lagtool
from lagtool.export.writing import write_export
from tests.export.data import contents, expected, split_tree
from tests.factories import make_manifest, row, rows

COLUMNS = ["id", "class", "label", "part", "fold", "group", "image", "image_sha256", "map", "map_sha256"]


def test_csv_and_parquet_say_what_the_manifest_says(tmp_path: Path) -> None:
    manifest = make_manifest([*rows(12, 8, 10, 8), row("0099", image_state="corrupt")])
    folds = lagtool.make_split(manifest, folds=4, test=4)
    for name in ("csv", "parquet"):
        write_export(folds, None, name, tmp_path / name)
        path = tmp_path / name / f"samples.{name}"
        text = {"id": "string", "fold": "Int64"}
        table = pd.read_csv(path, dtype=text) if name == "csv" else pd.read_parquet(path)
        assert list(table.columns) == COLUMNS
        found = table.set_index("id")
        known = folds.samples[folds.samples["image_state"].eq("ok")].set_index("id")
        assert sorted(found.index) == sorted(known.index)
        for id_, sample in known.iterrows():
            line = found.loc[str(id_)]
            same = [("class", "class"), ("label", "label"), ("image", "image_path"), ("image_sha256", "image_sha256")]
            assert [line[a] for a, _ in same] == [sample[b] for _, b in same]
            assert pd.isna(line["map"]) == pd.isna(sample["map_path"])
            assert line["part"] == ("test" if pd.isna(sample["fold"]) else f"fold{sample['fold']}")
            assert pd.isna(line["fold"]) if pd.isna(sample["fold"]) else line["fold"] == sample["fold"]


def test_what_a_spreadsheet_would_take_for_a_formula(tmp_path: Path) -> None:
    write_export(make_manifest(2, 0, group="-1"), None, "csv", tmp_path / "csv")
    assert ",'-1," in (tmp_path / "csv" / "samples.csv").read_text()


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
def test_sha256sum_checks_the_sums(tmp_path: Path) -> None:
    root = tmp_path / "LAG"
    split = split_tree(root)
    write_export(split, None, "sha256sums", tmp_path / "sums")
    sums = tmp_path / "sums" / "SHA256SUMS"
    known = expected(split)
    assert len(sums.read_text().splitlines()) == len(known) + known["map_path"].notna().sum()
    check = ["sha256sum", "--check", "--quiet", "--strict", str(sums)]
    assert subprocess.run(check, cwd=root, capture_output=True, check=False).returncode == 0
    (root / known["image_path"].iloc[0]).write_bytes(b"other")
    done = subprocess.run(check, cwd=root, capture_output=True, text=True, check=False)
    assert done.stdout == f"{known['image_path'].iloc[0]}: FAILED\n"


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("csv", "parquet", "sha256sums"):
        for copy in ("a", "b"):
            write_export(make_manifest(5, 4, split="train"), None, name, tmp_path / copy / name)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
