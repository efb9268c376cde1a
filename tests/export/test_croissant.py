"""Croissant: judged and read by ``mlcroissant``, every record held against the manifest."""

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import pandas as pd

import lagtool
from lagtool.export.writing import write_export
from lagtool.profiles import load_profile
from tests.export.data import contents
from tests.factories import make_manifest, rows


def _load(folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlcroissant

        return mlcroissant.Dataset(folder / "croissant.json")


def _records(data: Any, name: str) -> list[dict[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = list(data.records(name))
    return [{k.partition("/")[2]: v.decode() if isinstance(v, bytes) else v for k, v in r.items()} for r in found]


def test_it_is_valid_and_every_record_is_that_of_the_manifest(tmp_path: Path) -> None:
    split = lagtool.make_split(make_manifest(rows(14, 9, 10, 9)), names=("train", "val", "test"), sizes=(15, 4, "rest"))
    write_export(split, None, "croissant", tmp_path / "out")
    data = _load(tmp_path / "out")
    issues = data.metadata.ctx.issues
    assert issues.errors == set()
    # LAG has no versions: none is made up.
    assert all("schema.org/version" in warning for warning in issues.warnings)
    found = {record["id"]: record for record in _records(data, "samples")}
    known = split.samples.set_index("id")
    assert sorted(found) == sorted(known.index)
    for id_, record in found.items():
        sample = known.loc[id_]
        pairs = {"class": "class", "label": "label", "part": "split", "image": "image_path", "map": "map_path"}
        pairs |= {"image_sha256": "image_sha256", "map_sha256": "map_sha256"}
        for name, column in pairs.items():
            assert record[name] == (None if pd.isna(sample[column]) else sample[column])
    assert [record["name"] for record in _records(data, "parts")] == ["train", "val", "test"]
    assert _records(data, "parts")[0]["url"] == "cr:TrainingSplit"
    assert {r["name"]: r["label"] for r in _records(data, "classes")} == {"non_glaucoma": 0, "suspicious_glaucoma": 1}


def test_what_it_states(tmp_path: Path) -> None:
    write_export(make_manifest(3, 2), None, "croissant", tmp_path / "a", maps="none")
    write_export(make_manifest(3, 2), None, "croissant", tmp_path / "b", maps="none")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    said = json.loads((tmp_path / "a" / "croissant.json").read_text())
    assert said["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    assert "must not be re-uploaded" in said["license"]["description"]
    assert "CVPR" in said["citeAs"] or "Computer Vision and Pattern Recognition" in said["citeAs"]
    table = (tmp_path / "a" / "samples.parquet").read_bytes()
    assert said["distribution"][0]["sha256"] == hashlib.sha256(table).hexdigest()
    assert not any("map" in field["@id"] for field in said["recordSet"][2]["field"])


def test_data_of_others_states_no_terms_of_lag(tmp_path: Path) -> None:
    ours = load_profile("lag").model_copy(update={"name": "ours", "title": "Our own", "terms": "Ask us."})
    write_export(make_manifest(2, 1, profile=ours), None, "croissant", tmp_path / "out")
    said = json.loads((tmp_path / "out" / "croissant.json").read_text())
    assert (said["name"], said["license"]["description"]) == ("ours", "Ask us.")
    assert not {"creator", "citeAs", "url", "datePublished"} & said.keys()
    assert _load(tmp_path / "out").metadata.ctx.issues.errors == set()
