"""Tables of labels: made trees in the conventions of public glaucoma sets, and tables that are wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lagtool.__main__ import run
from lagtool.errors import LagtoolError
from lagtool.files.tree import Tree
from lagtool.manifest.value import read_manifest
from lagtool.profiles import Profile
from lagtool.scanning.draft import draft_profile
from lagtool.scanning.scan import scan
from lagtool.scanning.trees import open_tree
from tests.profiles.copies import picture
from tests.profiles.examples import documented
from tests.trees import write

CLASSES = [{"name": "normal", "label": 0, "folder": "."}, {"name": "glaucoma", "label": 1, "folder": "."}]


def _profile(labels: dict[str, Any], files: Any = "{name}.jpg", folder: str = "Images", **keys: Any) -> Profile:
    slots: dict[str, Any] = {"image": {"folder": folder, "files": files}, **keys.pop("slots", {})}
    table = {
        "name": "p",
        "id": "{name}",
        "classes": CLASSES,
        "slots": slots,
        "labels": {"table": "labels.csv"} | labels,
    }
    return Profile.model_validate(table | keys)


def _write(root: Path, names: list[str], **tables: str) -> Path:
    for number, name in enumerate(names):
        write(root / name, picture(number + 1, 64, 64))
    for name, text in tables.items():
        write(root / name.replace("__", "."), text.encode())
    return root


def _classes(tree: Tree) -> dict[str, str]:
    return {sample.id: sample.class_name for sample in tree.samples}


def _column(tree: Tree, name: str) -> dict[str, str | None]:
    return dict(zip((sample.id for sample in tree.samples), tree.columns[name], strict=True))


def test_origa(tmp_path: Path) -> None:
    """Images/NNN.jpg, Masks/NNN.png and OrigaList.csv: Eye, Filename, ExpCDR, Set, Glaucoma."""
    rows = ["OD,001.jpg,0.71,A,0", "OS,002.jpg,0.63,B,0", "OD,003.jpg,0.92,A,1"]
    root = _write(
        tmp_path,
        [f"{folder}/00{n}.{suffix}" for folder, suffix in (("Images", "jpg"), ("Masks", "png")) for n in (1, 2, 3)],
        OrigaList__csv="Eye,Filename,ExpCDR,Set,Glaucoma\n" + "\n".join(rows) + "\n",
    )
    labels = {"table": "OrigaList.csv", "splits": {"A": "train", "B": "test"}}
    masks = {"map": {"folder": "Masks", "files": "{number:03}.png", "content": "mask", "levels": [0, 1, 2]}}
    tree = open_tree(root, _profile(labels, "{number:03}.jpg", slots=masks, id="{number:03}"))
    assert _classes(tree) == {"001": "normal", "002": "normal", "003": "glaucoma"}
    assert _column(tree, "split") == {"001": "train", "002": "test", "003": "train"}
    assert all(sample.map for sample in tree.samples)
    assert "group" not in tree.columns
    assert any("not used: Eye, ExpCDR" in remark for remark in tree.remarks)
    assert tree.unmatched == []


def test_airogs(tmp_path: Path) -> None:
    """Folders 0..5 with TRAIN000000.jpg, and train_labels.csv: challenge_id, class (RG, NRG)."""
    root = _write(
        tmp_path,
        ["0/TRAIN000000.jpg", "0/TRAIN000001.jpg"],
        train_labels__csv="challenge_id,class\nTRAIN000000,RG\nTRAIN000001,NRG\n",
    )
    labels = {"table": "train_labels.csv", "values": {"NRG": 0, "RG": 1}}
    tree = open_tree(root, _profile(labels, folder="0"))
    assert _classes(tree) == {"TRAIN000000": "glaucoma", "TRAIN000001": "normal"}
    assert "split" not in tree.columns  # the file's name says train of nothing beside it
    assert tree.unmatched == []


def test_g1020(tmp_path: Path) -> None:
    """Images/image_N.jpg and G1020.csv: imageID, binaryLabels."""
    root = _write(
        tmp_path,
        ["Images/image_0.jpg", "Images/image_1.jpg", "Images/image_1.json"],
        G1020__csv="imageID,binaryLabels\nimage_0.jpg,0\nimage_1.jpg,1\n",
    )
    tree = open_tree(root, _profile({"table": "G1020.csv"}))
    assert _classes(tree) == {"image_0": "normal", "image_1": "glaucoma"}
    assert [unmatched_file.reason for unmatched_file in tree.unmatched] == ["suffix"]


PAPILA = """image;Diagnosis;Patient;Eye
RET002OD.jpg;0;2;OD
RET002OS.jpg;0;2;OS
RET004OD.jpg;1;4;OD
RET005OS.jpg;2;5;OS
"""


def test_papila(tmp_path: Path) -> None:
    """FundusImages/RETnnnOD.jpg with a sheet of diagnoses per eye: 0 healthy, 1 glaucoma, 2 suspect."""
    names = [f"FundusImages/{name}.jpg" for name in ("RET002OD", "RET002OS", "RET004OD", "RET005OS")]
    root = _write(tmp_path, names, labels__csv=PAPILA)
    classes = [*CLASSES, {"name": "suspect", "label": 2, "folder": "."}]
    tree = open_tree(root, _profile({"patient": "Patient", "eye": "Eye"}, folder="FundusImages", classes=classes))
    assert _column(tree, "group") == {"RET002OD": "2", "RET002OS": "2", "RET004OD": "4", "RET005OS": "5"}
    assert _classes(tree)["RET005OS"] == "suspect"
    assert tree.remarks[0] == (
        "labels.csv: 4 rows, names from column image, class from column Diagnosis, group from column Patient; "
        "not used: Eye"
    )


def test_refuge_with_masks_in_folders_without_classes(tmp_path: Path) -> None:
    root = _write(
        tmp_path,
        [f"{folder}/V000{n}.{suffix}" for folder, suffix in (("Images", "jpg"), ("Masks", "bmp")) for n in (1, 2)],
        labels__csv="ImgName,Glaucoma Label\nV0001.jpg,1\nV0002.jpg,0\n",
    )
    masks = {"map": {"folder": "Masks", "files": "{name}.bmp", "content": "mask"}}
    tree = open_tree(root, _profile({"label": "Glaucoma Label"}, slots=masks))
    assert _classes(tree) == {"V0001": "glaucoma", "V0002": "normal"}
    assert [sample.map for sample in tree.samples] == ["Masks/V0002.bmp", "Masks/V0001.bmp"]


def test_rim_one_has_split_and_class_in_folders(tmp_path: Path) -> None:
    """partitioned_randomly/{training_set,test_set}/{glaucoma,normal}/r1_Im001.png: no table is needed."""
    base = "partitioned_randomly"
    root = _write(tmp_path, [f"{base}/training_set/normal/r1_Im001.png", f"{base}/test_set/glaucoma/r2_Im002.png"])
    classes = [{"name": "normal", "label": 0}, {"name": "glaucoma", "label": 1}]
    profile = Profile.model_validate(
        {
            "name": "rim-one",
            "id": "{name}",
            "splits": {"train": "training_set", "test": "test_set"},
            "classes": classes,
            "slots": {"image": {"folder": f"{base}/{{split}}/{{class}}", "files": "{name}.png"}},
        }
    )
    tree = open_tree(root, profile)
    assert _classes(tree) == {"r1_Im001": "normal", "r2_Im002": "glaucoma"}
    assert _column(tree, "split") == {"r1_Im001": "train", "r2_Im002": "test"}


def test_acrima_with_a_table_of_patients_beside_marked_names(tmp_path: Path) -> None:
    """The class stays in the name; the table adds who it is, and its labels are compared."""
    root = _write(
        tmp_path,
        ["Images/Im001_ACRIMA.jpg", "Images/Im310_g_ACRIMA.jpg"],
        labels__csv="file,label,patient\nIm001_ACRIMA.jpg,1,anna b\nIm310_g_ACRIMA.jpg,1,7\n",
    )
    classes = [CLASSES[0] | {"mark": "_"}, CLASSES[1] | {"mark": "_g_"}]
    profile = _profile({}, "Im{number:03}{class}ACRIMA.jpg", classes=classes, id="{number:03}")
    tree = open_tree(root, profile)
    assert _classes(tree) == {"001": "normal", "310": "glaucoma"}
    groups = _column(tree, "group")
    assert groups["310"] == "7"
    assert str(groups["001"]).startswith("g-")  # a blank has no place in a name of a group
    assert any(remark.startswith("1 sample with another class in the table") for remark in tree.remarks)


DOCUMENTED = {
    "origa": (["Images/001.jpg", "Masks/001.png", "Images/002.jpg", "Masks/002.png"], "OrigaList.csv",
              "Eye,Filename,ExpCDR,Set,Glaucoma\nOD,001.jpg,0.7,A,0\nOS,002.jpg,0.6,B,1\n", {"001": 0, "002": 1}),
    "airogs-csv": (["0/TRAIN000000.jpg", "3/TRAIN000001.png"], "train_labels.csv",
                   "challenge_id,class\nTRAIN000000,RG\nTRAIN000001,NRG\n", {"TRAIN000000": 1, "TRAIN000001": 0}),
    "g1020": (["Images/image_0.jpg", "Images/image_1.jpg"], "G1020.csv",
              "imageID,binaryLabels\nimage_0.jpg,0\nimage_1.jpg,1\n", {"image_0": 0, "image_1": 1}),
    "papila": (["FundusImages/RET002OD.jpg", "FundusImages/RET004OS.jpg"], "labels.csv",
               "image,Diagnosis,Patient\nRET002OD.jpg,2,2\nRET004OS.jpg,0,4\n", {"RET002OD": 2, "RET004OS": 0}),
    "rim-one": (["partitioned_randomly/training_set/normal/r1_Im001.png",
                 "partitioned_randomly/test_set/glaucoma/r2_Im002.png"], None, "", {"r1_Im001": 0, "r2_Im002": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTED)
def test_documented_profiles_read_their_sets(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files, table, text, labels = DOCUMENTED[name]
    root = _write(tmp_path / "set", files)
    if table is not None:
        write(root / table, text.encode())
    profile = tmp_path / "p.toml"
    profile.write_text(documented(name))
    assert run(["profile", "check", str(profile)]) == 0
    capsys.readouterr()
    tree = open_tree(root, str(profile))
    numbers = {c.name: c.label for c in tree.profile.classes}
    assert {sample.id: numbers[sample.class_name] for sample in tree.samples} == labels
    assert {s.reason for s in tree.unmatched} <= {"missing-folder"}


def _open(tmp_path: Path, text: str, labels: dict[str, Any] | None = None, names: int = 3) -> Tree:
    root = _write(tmp_path, [f"Images/p{n}.jpg" for n in range(names)], labels__csv=text)
    return open_tree(root, _profile(labels or {}))


def test_what_the_table_leaves_open_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "file,label,split\np0.jpg,0,train\np1.jpg,,train\np9.jpg,1,test\np2.jpg,1,\n"
    tree = _open(tmp_path / "d", text)
    assert _classes(tree) == {"p0": "normal", "p2": "glaucoma"}
    assert [(s.path, s.reason) for s in tree.unmatched] == [
        ("Images/p1.jpg", "unlabeled"),
        ("labels.csv", "unused-row"),
        ("labels.csv", "unused-row"),
    ]
    details = " ".join(str(s.detail) for s in tree.unmatched)
    assert "line 3: 'p1.jpg' has no label" in details
    assert "line 4: 'p9.jpg' names no file" in details
    assert _column(tree, "split") == {"p0": "train", "p2": None}
    assert "split from the table: train 1; in none 1" in tree.remarks
    assert "1 sample left out: no row of the table gives a label" in tree.remarks
    manifest = tmp_path / "m.csv"
    scan(tree, jobs=1).write(manifest)
    assert run(["validate", str(manifest), "--select", "LAG018,LAG019"]) == 1
    assert "row not used: labels.csv line 4: 'p9.jpg' names no file" in capsys.readouterr().out.replace("\n  ", " ")


@pytest.mark.parametrize(
    ("text", "labels", "words"),
    [
        (
            "file,label\np0.jpg,0\np1.jpg,2\np2.jpg,2\n",
            {},
            r"line 3: the label '2' \(2 rows\) is none of .*\(0, 1\): map it",
        ),
        ("file,label\np0.jpg,0\np1.jpg,1\n", {"values": {"a": 0, "b": 1}}, r"the label '0' .*\(a, b\)"),
        ("file,label\np0.jpg,0\np1.jpg,1\np0.jpg,1\n", {}, r"line 4: 'p0.jpg' is glaucoma, but normal at .*line 2"),
        (
            "file,label,patient\np0.jpg,0,a\np1.jpg,1,b\np0.jpg,0,c\n",
            {},
            "belongs to 'c', but at labels.csv line 2 to 'a'",
        ),
        ("file,other,label\np0.jpg,p1.jpg,0\np1.jpg,p2.jpg,1\n", {}, "both hold names, and name different samples"),
        ("file,label\nx.jpg,0\ny.jpg,1\n", {}, "no row names a file of the dataset"),
        ("file,label\np0.jpg,0\n", {"label": "class"}, "no column class"),
        ("file,label,eye\np0.jpg,0,OD\np1.jpg,1,OS\n", {"eye": "eye"}, "column eye says only which eye"),
        (
            "file,label\nglaucoma/p0.jpg,0\nnormal/p1.jpg,1\n",
            {},
            "class index inverted: 'glaucoma/p0.jpg' lies in the folder of glaucoma, but its label '0' stands for",
        ),
    ],
)
def test_tables_that_can_be_wrong_are_refused(text: str, labels: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(LagtoolError, match=words):
        _open(tmp_path, text, labels)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    root = _write(tmp_path, ["Images/p0.jpg"])
    with pytest.raises(LagtoolError, match=r"no table of labels: expected labels\.csv"):
        open_tree(root, _profile({}))


def test_inverted_labels_are_mapped_by_values(tmp_path: Path) -> None:
    text = "file,label\nglaucoma/p0.jpg,0\nnormal/p1.jpg,1\n"
    tree = _open(tmp_path, text, {"values": {"0": 1, "1": 0}})
    assert _classes(tree) == {"p0": "glaucoma", "p1": "normal"}


def test_an_inverted_column_beside_words_is_said(tmp_path: Path) -> None:
    text = "file,label,class\np0.jpg,0,glaucoma\np1.jpg,1,normal\np2.jpg,1,normal\n"
    tree = _open(tmp_path, text)
    assert _classes(tree) == {"p0": "glaucoma", "p1": "normal", "p2": "normal"}
    assert any(remark.startswith("class index inverted in column label") for remark in tree.remarks)


@pytest.mark.parametrize("label", [[], ["normal", "glaucoma"], ["glaucoma"], "normal"])
def test_one_column_per_class_or_one_called_like_a_class(label: Any, tmp_path: Path) -> None:
    tree = _open(tmp_path, "file,normal,glaucoma\np0.jpg,1,0\np1.jpg,0,1\np2.jpg,1,0\n", {"label": label})
    assert _classes(tree) == {"p0": "normal", "p1": "glaucoma", "p2": "normal"}


def test_a_sample_in_two_splits_is_an_unused_row(tmp_path: Path) -> None:
    text = "file,label,split\np0.jpg,0,train\np1.jpg,1,test\np0.jpg,0,test\n"
    tree = _open(tmp_path, text, names=2)
    assert _column(tree, "split") == {"p0": "train", "p1": "test"}
    (unmatched_file,) = tree.unmatched
    assert "puts it into test: sample p0 is in train too (labels.csv line 2)" in str(unmatched_file.detail)


def test_several_tables_are_read_together_and_must_agree(tmp_path: Path) -> None:
    root = _write(tmp_path, [f"Images/p{n}.jpg" for n in range(2)], train__csv="file,label\np0.jpg,0\n")
    write(root / "test.csv", b"file,label\np1.jpg,1\n")
    labels = {"table": ["train.csv", "test.csv", "more.csv"]}
    tree = open_tree(root, _profile(labels))
    assert _column(tree, "split") == {"p0": "train", "p1": "test"}
    write(root / "more.csv", b"file,label\np1.jpg,0\n")
    with pytest.raises(LagtoolError, match=r"more\.csv line 2: 'p1\.jpg' is normal, but glaucoma at test\.csv line 2"):
        open_tree(root, _profile(labels))


@pytest.mark.parametrize("name", ["labels.json", "labels.jsonl", "labels.tsv", "labels.txt"])
def test_forms_of_tables(name: str, tmp_path: Path) -> None:
    rows = [{"file": f"p{n}.jpg", "label": n % 2} for n in range(4)]
    text = {
        ".json": json.dumps(rows),
        ".jsonl": "\n".join(map(json.dumps, rows)),
        ".tsv": "file\tlabel\n" + "\n".join(f"p{n}.jpg\t{n % 2}" for n in range(4)),
        ".txt": "\n".join(f"Images/p{n}.jpg {n % 2}" for n in range(4)),
    }[Path(name).suffix]
    root = _write(tmp_path, [f"Images/p{n}.jpg" for n in range(4)])
    write(root / name, text.encode())
    tree = open_tree(root, _profile({"table": name}))
    assert _classes(tree) == {f"p{n}": ("normal", "glaucoma")[n % 2] for n in range(4)}
    assert tree.unmatched == []


def test_patients_of_the_table_stay_together_in_a_split(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"Images/p{n:02}.jpg" for n in range(24)]
    rows = "".join(f"p{n:02}.jpg,{n // 4 % 2},patient {n // 4}\n" for n in range(24))
    root = _write(tmp_path / "D", names, labels__csv=f"file,label,patient\n{rows}")
    profile = tmp_path / "p.toml"
    profile.write_text(
        """name = "p"
id = "{name}"
classes = [{ name = "normal", label = 0, folder = "." }, { name = "glaucoma", label = 1, folder = "." }]
labels = { table = "labels.csv" }
[slots.image]
folder = "Images"
files = "{name}.jpg"
"""
    )
    file, out = str(tmp_path / "m.parquet"), str(tmp_path / "split")
    assert run(["index", str(root), "-o", file, "--profile", str(profile), "--jobs", "1"]) == 0
    assert "groups from the table: 6 groups, 24 samples" in capsys.readouterr().err
    assert run(["split", file, "-o", out, "--ratios", "50/50", "--relations", "identical", "-q"]) == 0
    samples = read_manifest(f"{out}/manifest.parquet").samples
    patients = samples["id"].str[1:].astype(int) // 4
    assert samples["split"].groupby(patients).nunique().max() == 1
    assert samples["split"].value_counts().tolist() == [12, 12]
    again = ["split", file, "--reproduce", f"{out}/certificate.json"]
    assert run(again) == 0
    capsys.readouterr()


def test_labels_are_read_again_by_an_update(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = _write(tmp_path / "D", ["Images/p0.jpg", "Images/p1.jpg"], labels__csv="file,label\np0.jpg,0\np1.jpg,1\n")
    profile = _profile({})
    before = scan(open_tree(root, profile), jobs=1)
    write(root / "labels.csv", b"file,label\np0.jpg,1\np1.jpg,1\n")
    after = scan(open_tree(root, profile), earlier=before, jobs=1)
    assert after.samples["class"].tolist() == ["glaucoma", "glaucoma"]


_cells = st.sampled_from(
    ["p0.jpg", "p1", "Images/p2.jpg", "x.jpg", "0", "1", "1.0", "2", "train", "test", "NA", "", "OD", "glaucoma",
     "normal", "a,b", "\u202e", "x" * 300, "..\\\\p1.jpg", "['glaucoma']", "yes", "\0"]
)  # fmt: skip
_headings = st.sampled_from(
    [
        "file",
        "label",
        "image",
        "path",
        "split",
        "patient",
        "eye",
        "normal",
        "glaucoma",
        "id",
        "fold",
        "is_train",
        "",
        "=x",
    ]
)


@given(
    st.lists(_headings, min_size=1, max_size=4),
    st.lists(st.lists(_cells, min_size=1, max_size=5), max_size=6),
    st.sampled_from([",", ";", "\t"]),
    st.fixed_dictionaries(
        {}, optional={"label": _headings, "patient": _headings, "split": _headings, "file": _headings}
    ),
)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150, deadline=None)
def test_no_table_is_more_than_an_error_in_one_line(
    tmp_path_factory: pytest.TempPathFactory,
    headings: list[str],
    rows: list[list[str]],
    sign: str,
    keys: dict[str, str],
) -> None:
    root = tmp_path_factory.mktemp("t")
    text = "\n".join(sign.join(row) for row in [headings, *rows])
    _write(root, [f"Images/p{n}.jpg" for n in range(3)], labels__csv=text)
    for attempt in (
        lambda: open_tree(root, _profile(keys)),
        lambda: draft_profile(root, "p"),
        lambda: draft_profile(root, "p", "labels.csv"),
    ):
        try:
            attempt()
        except LagtoolError as error:
            assert str(error).isprintable()


def test_wrong_keys_are_refused() -> None:
    with pytest.raises(ValueError, match="label 7, which no class has"):
        _profile({"values": {"x": 7}})
    with pytest.raises(ValueError, match=r"lacks a \{class\} that tells them apart"):
        Profile.model_validate(
            {
                "name": "p",
                "id": "{name}",
                "classes": CLASSES,
                "slots": {"image": {"folder": "i", "files": "{name}.jpg"}},
            }
        )
    with pytest.raises(ValueError, match="no splits are given"):
        _profile({}, folder="{split}")
    with pytest.raises(ValueError, match=r"no folder of a slot has \{split\}"):
        _profile({}, splits={"train": "train"})
    with pytest.raises(ValueError, match="splits a and b have one folder for image"):
        _profile({}, folder="{split}", splits={"a": "x", "b": ["y", "x"]})


def test_a_profile_with_no_end_of_folders_is_refused() -> None:
    names = [f"n{number}" for number in range(20)]
    classes = [{"name": f"c{number}", "label": number, "also": names} for number in range(1000)]
    splits = {f"s{number}": [f"f{number}-{n}" for n in range(20)] for number in range(100)}
    with pytest.raises(ValueError, match="make more than 20,000 folders"):
        _profile({}, folder="{split}/{class}", classes=classes, splits=splits)


def test_trees_of_a_table_are_not_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["synth", str(tmp_path / "x"), "--profile", "lag.flat", "--scale", "0.001"]) == 2
    assert "has its classes in a table, which is not drawn" in capsys.readouterr().err
    assert run(["synth", str(tmp_path / "k"), "--profile", "lag-part1.kaggle", "--scale", "0.001", "-q"]) == 0
    assert open_tree(tmp_path / "k").profile.name == "lag.kaggle"
    capsys.readouterr()
