"""What the commands say of the lists that they read: on stderr, and in JSON."""

import json
from pathlib import Path

import pytest

from lagtool.__main__ import run
from lagtool.splits.split import make_split
from tests.factories import make_manifest

MANIFEST = make_manifest(24, 16)
IDS = MANIFEST.samples["id"].tolist()
READ = "s.csv: 40 names from column fundus, split from column split; not used: id, age"


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a manifest and lists, which is the current one."""
    MANIFEST.write(tmp_path / "m.parquet")
    lines = [f"{n},{key}.jpg,{('train', 'test')[n % 4 == 0]},60" for n, key in enumerate(reversed(IDS), 1)]
    (tmp_path / "s.csv").write_text("id,fundus,split,age\n" + "\n".join(lines))
    (tmp_path / "h.csv").write_text("id,fundus\n1,0031.jpg\n2,0024.jpg\n3,0009.jpg\n")
    (tmp_path / "two.csv").write_text("left,right,split\n0001.jpg,0002.jpg,train\n0003.jpg,0004.jpg,test\n")
    (tmp_path / "g.csv").write_text("image,patient\n0001.jpg,a\n0002.jpg,a\n0003.jpg,NA\n0004.jpg,unknown\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_audit_says_what_it_took(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["audit", "s.csv", "m.parquet", "--relations", "none", "--format", "json"]
    assert run(command) == 0
    out, err = capsys.readouterr()
    assert f"lagtool: note: {READ}\n" in err
    assert READ in json.loads(out)["remarks"]
    assert run([*command, "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert READ in json.loads(out)["remarks"]


def test_a_row_that_cannot_be_used_is_a_finding(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (there / "s.csv").open("a") as file:
        file.write("\n41,,train,60\n")
    assert run(["audit", "s.csv", "m.parquet", "--relations", "none", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [one["message"] for one in found if one["code"] == "LAG727"] == ["s.csv line 42: no name"]


def test_audit_takes_the_columns_that_are_named(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["audit", "two.csv", "m.parquet", "--relations", "none"]
    assert run(command) == 2
    assert "choose one with --columns name=left" in capsys.readouterr().err
    run([*command, "--columns", "name=right"])
    assert "two.csv: 2 names from column right, split from column split; not used: left" in capsys.readouterr().err
    assert run([*command, "--columns", "name=up"]) == 2
    assert "no column up (--columns)" in capsys.readouterr().err


def test_a_list_to_hold_out_is_read_by_its_names(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["split", "m.parquet", "-o", "out", "--holdout", "h.csv", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    read = "h.csv: 3 names from column fundus; not used: id"
    assert f"lagtool: note: {read}\n" in err
    assert json.loads(out)["held_out"]["read"] == [read]
    assert [Path(line).stem for line in (there / "out" / "test.txt").read_text().split()] == ["0009", "0024", "0031"]


def test_groups_that_are_not_known_are_none(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["split", "m.parquet", "-o", "out", "--groups", str(there / "g.csv"), "--format", "json"]) == 0
    out, err = capsys.readouterr()
    read = "g.csv: 4 names from column image, group from column patient, 2 names without a group"
    assert read in err
    file = json.loads(out)["groups"]["file"]
    assert (file["groups"], file["samples"], file["read"]) == (1, 2, [read])
    assert run(["split", "m.parquet", "--reproduce", "out/certificate.json", "--groups", "g.csv"]) == 0


def test_a_list_is_extended(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (there / "old.csv").write_text("fundus,part\n0001.jpg,train\n0002.jpg,train\n0003.jpg,test\n0004.jpg,train\n")
    assert run(["split", "m.parquet", "-o", "out", "--extend", "old.csv"]) == 0
    assert "old.csv: 4 names from column fundus, split from column part" in capsys.readouterr().err
    assert "non_glaucoma/image/0003.jpg" in (there / "out" / "test.txt").read_text().split()
    assert "non_glaucoma/image/0002.jpg" in (there / "out" / "train.txt").read_text().split()
    assert run(["split", "m.parquet", "-o", "o2", "--extend", "old.csv", "--folds", "3"]) == 2
    assert "leave out folds" in capsys.readouterr().err


def test_folds_beside_a_test_set_are_what_they_are(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_split(MANIFEST, folds=3, test=8).write(there / "f.parquet")
    assert run(["audit", "f.parquet", "m.parquet", "--relations", "none", "--format", "json"]) == 0
    parts = json.loads(capsys.readouterr().out)["parts"]
    assert [(part["name"], part["samples"]) for part in parts[:-1]] == [
        *((f"fold{n}", size) for n, size in enumerate((11, 11, 10))),
        ("test", 8),
    ]
