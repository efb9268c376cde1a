"""``lagtool profile`` as a user meets it: whole outputs and exit codes."""

import json
from pathlib import Path

import pytest

from lagtool.__main__ import run
from lagtool.profiles import load_profile
from lagtool.profiles.reading import json_schema
from tests.trees import CLASSES, snapshot, write, write_tree

Capture = pytest.CaptureFixture[str]

LIST = (
    "lag          11,760 images   5,824 attention maps  LAG, the whole database (11,760 images)\n"
    "lag-part1     4,854 images   4,854 attention maps  LAG_database_part_1, the part that the authors hand out "
    "(4,854 images)\n"
    "cvpr2019      5,824 images   5,824 attention maps  LAG as used in the CVPR 2019 paper (5,824 images, each with a "
    "map)\n"
    "each also in the layouts kaggle, split-folders, split-class, cyclegan, flat: lag.kaggle, ... (docs/layouts.md)\n"
)

CVPR = """\
name = "cvpr2019"
title = "LAG as used in the CVPR 2019 paper (5,824 images, each with a map)"
source = "Li et al., CVPR 2019, arXiv 1903.10831"
terms = "Academic use only; the pictures must not be re-uploaded. Cite Li et al., CVPR 2019."
id = "{number:04}"

[[classes]]
name = "non_glaucoma"
label = 0
images = 3432
maps = 3432

[[classes]]
name = "suspicious_glaucoma"
label = 1
images = 2392
maps = 2392

[slots.image]
folder = "image"
files = ["{number}.jpg", "image{number}.jpg", "{number}.jpeg", "image{number}.jpeg"]
format = "JPEG"
width = 500
height = 500
modes = ["RGB"]

[slots.label]
folder = "label"
files = ["{number}.txt", "image{number}.txt"]
values = {"0" = 0, "1" = 1}

[slots.map]
folder = "attention_map"
files = ["{number}.jpg", "image{number}.jpg", "{number}.jpeg", "image{number}.jpeg"]
format = "JPEG"
width = 112
height = 112
modes = ["L", "RGB"]

[published_sizes]
min = [112, 112]
median = [500, 500]
max = [500, 500]
"""

PINNED = """\
# What LAG has. To hold a copy against it: lagtool validate COPY --profile ours.toml
extends = "lag"
name = "ours"
title = "LAG as it was pinned: 5 images, 5 label files, 5 attention maps"
source = "lagtool profile new"
ids_sha256 = "IDS"
content_sha256 = "CONTENT"
files_sha256 = "FILES"

[[classes]]
name = "non_glaucoma"
label = 0
images = 3
labels = 3
maps = 3

[[classes]]
name = "suspicious_glaucoma"
label = 1
images = 2
labels = 2
maps = 2

[slots.map]
modes = ["L"]
"""


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _run(capsys: Capture, *arguments: str) -> tuple[int, str, str]:
    code = run(["profile", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_show(capsys: Capture) -> None:
    assert _run(capsys, "show") == (0, LIST, "")
    assert _run(capsys, "show", "cvpr2019") == (0, CVPR, "")
    Path("mine.toml").write_text(CVPR.replace("cvpr2019", "mine").replace("5,824", "5824"))
    code, out, _ = _run(capsys, "show", "mine.toml")
    assert (code, out) == (0, Path("mine.toml").read_text())


def test_new_from_a_tree_and_from_its_manifest(capsys: Capture) -> None:
    tree = write_tree(Path("LAG"))
    before = snapshot(tree)
    assert _run(capsys, "new", "LAG", "-o", "ours.toml") == (0, "", "")
    assert snapshot(tree) == before
    pinned = load_profile("ours.toml")
    hashes = {"IDS": pinned.ids_sha256, "CONTENT": pinned.content_sha256, "FILES": pinned.files_sha256}
    expected = PINNED
    for word, digest in hashes.items():
        assert digest is not None
        expected = expected.replace(word, digest)
    assert Path("ours.toml").read_text() == expected
    assert run(["index", "LAG", "-o", "m.parquet", "-q"]) == 0
    code, out, err = _run(capsys, "new", "m.parquet", "--name", "ours")
    assert (code, out.splitlines()[1:], err) == (0, expected.splitlines()[1:], "")
    assert _run(capsys, "check", "ours.toml") == (0, "ours.toml: valid, nothing to remark\n", "")


def test_new_is_refused_where_it_cannot_be(capsys: Capture) -> None:
    tree = write_tree(Path("LAG"))
    for arguments, words in (
        (["LAG", "-o", "x.txt"], "-o x.txt: a profile ends in .toml (see 'lagtool profile new --help')"),
        (["LAG", "-o", "LAG/x.toml"], "LAG/x.toml lies inside the dataset, where no output belongs: name a place "
         "outside it"),
        (["LAG", "--name", "a b"], "--name 'a b' may hold ASCII letters, digits, '_', '.' and '-' only, and begins and "
         "ends with a letter or digit (see 'lagtool profile new --help')"),
        (["none"], "no such file or folder: none"),
    ):  # fmt: skip
        code, out, err = _run(capsys, "new", *arguments)
        assert (code, out) == (2, "")
        assert err.removeprefix("lagtool: ").removeprefix("Invalid value: ") == f"{words}\n"
    write(Path("x.toml"), b"mine")
    assert "exists: use --force" in _run(capsys, "new", "LAG", "-o", "x.toml")[2]
    for path in tree.rglob("*.jpg"):
        path.unlink()
    assert _run(capsys, "new", "LAG") == (
        2,
        "",
        "lagtool: there is no image to pin: name another folder or manifest\n",
    )


def test_new_says_where_the_copy_itself_is_not_right(capsys: Capture) -> None:
    write(write_tree(Path("LAG")) / CLASSES[0] / "label" / "0001.txt", b"1")
    code, _, err = _run(capsys, "new", "LAG", "-o", "ours.toml")
    assert (code, err) == (
        0,
        "lagtool: note: the copy itself has 1 error, which the profile does not excuse: see 'lagtool validate'\n",
    )
    assert _run(capsys, "new", "LAG", "-o", "ours.toml", "-q", "--force") == (0, "", "")


def test_check_lists_every_problem_in_a_line(capsys: Capture) -> None:
    assert _run(capsys, "check", "lag") == (0, "lag: valid, nothing to remark\n", "")
    Path("p.toml").write_text(
        'name = "p"\ntitel = "x"\n[[classes]]\nname = "a"\nlabel = "0"\n[[classes]]\nlabel = 1\nimage = 4\n'
        '[slots.image]\nfolder = "../x"\nfiles = "(?P<id>(a+)+)"\nsuffixes = [".JPG"]\nwidht = 5\n[slots.mask]\n'
    )
    code, out, err = _run(capsys, "check", "p.toml")
    assert (code, err) == (1, "")
    assert out == (
        "p.toml: error: classes.a.label: should be a valid integer, not '0'\n"
        "p.toml: error: classes.number 2.name: is missing\n"
        "p.toml: error: classes.number 2.image: unknown key; did you mean images?\n"
        "p.toml: error: slots.image.folder: '../x' is no folder below the root: names of ASCII letters, digits, '_', "
        "'-', '.' and blanks inside, joined by '/', without '..'\n"
        "p.toml: error: slots.image.files: '(?P<id>(a+)+)' is no template of file names: write letters, digits, '_', "
        "'-', '.' and {number}, {number:04}, {name} or {class}, such as image{number}.jpg (a regular expression is not "
        "read)\n"
        "p.toml: error: slots.image.suffixes: is no key: the extension stands in the template, such as files = "
        '["{name}.jpg", "{name}.png"]\n'
        "p.toml: error: slots.image.widht: unknown key; did you mean width?\n"
        "p.toml: error: slots.mask: unknown slot; did you mean map?\n"
        "p.toml: error: titel: unknown key; did you mean title?\n"
    )
    Path("q.toml").write_text(
        'extends = "lag"\nname = "q"\n[slots.image]\nfiles = "{number}.png"\n[slots.label]\nvalues = { a = 0, b = 2 }\n'
    )
    assert _run(capsys, "check", "q.toml") == (
        1,
        "q.toml: warning: slots.image.files: has '.png', but the format is JPEG, not PNG\n"
        "q.toml: warning: slots.label.values.b: stands for the label 2, which no class has\n"
        "q.toml: warning: slots.label.values: has no text for the label 1 of class suspicious_glaucoma\n",
        "",
    )
    Path("r.toml").write_text("name = [")
    assert _run(capsys, "check", "r.toml") == (
        2,
        "",
        "lagtool: profile r.toml is not valid TOML: Invalid value (at end of document)\n",
    )


def test_schema(capsys: Capture) -> None:
    code, out, err = _run(capsys, "schema")
    assert (code, json.loads(out), err) == (0, json_schema(), "")


def test_a_profile_of_one_layout_does_not_judge_a_manifest_of_another(capsys: Capture) -> None:
    write_tree(Path("LAG"))
    assert run(["index", "LAG", "-o", "m.parquet", "-q"]) == 0
    Path("p.toml").write_text('extends = "lag"\nname = "p"\n[slots.image]\nfolder = "images"\n')
    assert run(["validate", "m.parquet", "--profile", "p.toml"]) == 2
    assert capsys.readouterr().err == (
        "lagtool: profile 'p.toml' has another layout than the manifest's 'lag-part1': index the tree again with that "
        "profile\n"
    )
