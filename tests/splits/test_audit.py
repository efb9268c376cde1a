"""Splits in foreign forms: read, tied to samples, and judged."""

import hashlib
import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lagtool.checks.audit import audit_split
from lagtool.checks.report import Report
from lagtool.errors import LagtoolError
from lagtool.manifest.value import Manifest
from lagtool.splits.listed import place_splits, read_splits, resolve
from lagtool.splits.plan import part_names
from lagtool.splits.split import make_split
from tests.factories import make_manifest, row, rows
from tests.splits.forms import FORMS, digest

N, S = "non_glaucoma", "suspicious_glaucoma"


def _bare(n0: int, n1: int) -> Manifest:
    samples = rows(n0, n1, n0 // 2, n1 // 2)
    for sample in samples:
        sample["image_sha256"] = digest(f"{sample['class']}/{sample['id']}")
    return make_manifest(samples)


def _parts(manifest: Manifest) -> list[str | None]:
    return [
        None if name is None else str(name)
        for name in part_names(manifest).astype(object).where(lambda n: n.notna(), None)
    ]


@given(
    form=st.sampled_from(list(FORMS)),
    sizes=st.tuples(st.integers(4, 30), st.integers(4, 30)),
    seed=st.integers(0, 99),
    folds=st.sampled_from([None, 2, 4]),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_a_split_says_the_same_in_every_form(form: str, sizes: tuple[int, int], seed: int, folds: int | None) -> None:
    bare = _bare(*sizes)
    made = make_split(bare, ratios=None if folds else (50, 25, 25), folds=folds, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        paths = FORMS[form](made, Path(folder))
        (listing,) = read_splits(paths)
    listed = resolve(listing, bare)
    assert set(listed.table["fate"]) == {"found"}
    assert _parts(place_splits(bare, listed)) == _parts(made)
    assert set(listed.splits) == set((made.header.split or {})["names"])
    expected = (
        "README",
        "zeros",
        "split from",
        "of split ",
        *(["the bytes were believed"] if form == "renamed folder" else []),
    )
    assert [remark for remark in listed.remarks if not any(word in remark for word in expected)] == []
    codes = {finding.code for finding in audit_split(bare, listing).findings}
    assert not codes & {"LAG701", "LAG703", "LAG704", "LAG721", "LAG722", "LAG723", "LAG724", "LAG725", "LAG726"}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read(form: str, tmp_path: Path) -> None:
    bare = _bare(12, 8)
    made = make_split(bare, ratios=(50, 25, 25), seed=3)
    (listing,) = read_splits(FORMS[form](made, tmp_path))
    placed = place_splits(bare, resolve(listing, bare))
    assert _parts(placed) == _parts(made)
    if "class" in form or form in ("table of paths", "image folder", "metadata", "records", "own folder"):
        assert (
            resolve(listing, bare).numbers("claimed")
            == placed.samples["label"][resolve(listing, bare).numbers("row")].to_numpy()
        ).all()


def _audit(manifest: Manifest, *paths: Path) -> Report:
    return audit_split(manifest, paths)


def _told(manifest: Manifest, *paths: Path) -> list[tuple[str, str]]:
    """Return all findings but those on balance, which small splits have."""
    quiet = ("LAG704", "LAG705", "LAG706", "LAG707", "LAG711", "LAG712", "LAG713")
    return [(f.code, f.message) for f in _audit(manifest, *paths).findings if f.code not in quiet]


def _write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


MANIFEST = _bare(6, 4)
TWINS = make_manifest([row("0001", N), row("0001", S), row("0002", N), row("0012", S)])


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("non_glaucoma/image/0001.jpg", 0),
        ("/home/me/LAG/non_glaucoma/image/0001.jpg", 0),
        ("..\\..\\LAG\\NON_GLAUCOMA\\image\\0001.JPG", 0),
        ("non_glaucoma/attention_map/0003.jpg", 2),
        ("non_glaucoma/label/0002.txt", 1),
        ("image/0007.jpg", 6),
        ("0007.jpg", 6),
        ("0007.png", 6),
        ("0007", 6),
        ("7", 6),
        ("image7.jpg", 6),
        ("suspicious_glaucoma/0007", 6),
        ("suspicious_glaucoma_0007.jpg", 6),
        ("g.0007.jpg", 6),
        ("ng_0001.jpg", 0),
        ("00000007.jpg", 6),
        ("0099.jpg", "absent"),
        ("cat.jpg", "unknown"),
        ("cat0001.jpg", "unknown"),
        ("0001.jpg.bak", "unknown"),
        ("/", "unknown"),
        ("../../etc/passwd", "unknown"),
        ("a/" * 2000 + "0007.jpg", 6),
        ("\u0660\u0660\u0660\u0661.jpg", "unknown"),
        ("9" * 400, "unknown"),
        ("patients/0001/0007.jpg", 6),
    ],
)
def test_names(name: str, found: int | str, tmp_path: Path) -> None:
    path = _write(tmp_path / "s.json", json.dumps({"train": [name], "test": []}))
    (listing,) = read_splits([path])
    assert listing.splits == ("train", "test")
    table = resolve(listing, MANIFEST).table
    (got,) = table["row"].tolist()
    assert (got if got >= 0 else table["fate"].iloc[0]) == found


def test_ambiguous_names_are_told_and_never_guessed(tmp_path: Path) -> None:
    path = _write(tmp_path / "train.txt", f"0001.jpg\n{S}/1.jpg\n2\nx/{N}/image/0001.jpg\n")
    (listing,) = read_splits([path])
    listed = resolve(listing, TWINS)
    assert listed.numbers("row").tolist() == [-1, 2, 1, 0]
    assert listed.table["detail"].tolist()[0] == f"{N}/0001 or {S}/0001"
    assert listed.remarks == (
        "train.txt: 4 names, all of split train",
        f"2 names without all leading zeros (such as '{S}/1.jpg'): taken for the same number",
    )


def test_bytes_are_believed_rather_than_names(tmp_path: Path) -> None:
    tree = tmp_path / "copy"
    _write(tree / "train" / N / "0001.jpg", f"picture of {N}/0002".encode())
    _write(tree / "test" / S / "0008.jpg", b"other bytes")
    report = _audit(MANIFEST, tree)
    assert "1 file with the bytes of another sample than the name says" in " ".join(report.remarks)
    (listing,) = read_splits([tree])
    assert sorted(resolve(listing, MANIFEST).numbers("row").tolist()) == [1, 7]


def test_copies_under_two_ids_go_by_their_names(tmp_path: Path) -> None:
    same = digest("x")
    manifest = make_manifest([row("0001", image_sha256=same), row("0002", image_sha256=same), row("0003")])
    tree = tmp_path / "copy"
    for part, name in (("train", "0002"), ("test", "0001"), ("test", "other")):
        _write(tree / part / f"{name}.jpg", b"picture of x")
    found = _told(manifest, tree)
    assert [code for code, _ in found] == ["LAG701", "LAG723"]
    assert found[1][1] == ("named in part test, copy: 'test/other.jpg' may mean non_glaucoma/0001 or non_glaucoma/0002")


def test_several_lists_are_one_split_if_their_parts_differ(tmp_path: Path) -> None:
    folds = [_write(tmp_path / f"fold{i}.txt", f"{2 * i + 1:04d}\n{2 * i + 2:04d}\n") for i in range(5)]
    (listing,) = read_splits(folds)
    assert listing.splits == ("fold0", "fold1", "fold2", "fold3", "fold4")
    assert _told(MANIFEST, *folds) == []
    pairs = [
        _write(tmp_path / f"f{i}" / f"{part}.txt", f"{n:04d}\n")
        for i, n in enumerate((1, 3))
        for part, n in (("train", n), ("test", n + 1))
    ]
    assert [listing.splits for listing in read_splits(pairs)] == [("train", "test")] * 2
    with pytest.raises(LagtoolError, match="2 splits, not one"):
        audit_split(MANIFEST, pairs)


def test_a_split_per_fold_is_several(tmp_path: Path) -> None:
    document = [{"train": ["0001", "0002"], "val": ["0003"]}, {"train": ["0003", "0002"], "val": ["0001"]}]
    path = _write(tmp_path / "splits_final.json", json.dumps(document))
    first, second = read_splits([path])
    assert (first.title, second.title) == ("splits_final.json, fold0", "splits_final.json, fold1")
    assert [m.name for m in second.records] == ["0003", "0002", "0001"]
    nested = {"fold_1": {"train": ["0001"], "test": ["0002"]}, "fold_2": {"train": ["0002"], "test": ["0001"]}}
    assert len(read_splits([_write(tmp_path / "n.json", json.dumps(nested))])) == 2
    tree = tmp_path / "tree"
    for fold, part, name in (("fold0", "train", "0001"), ("fold0", "test", "0002"), ("fold1", "train", "0002")):
        _write(tree / fold / part / f"{name}.jpg", b"x")
    assert sorted(listing.splits for listing in read_splits([tree])) == [("test", "train"), ("train",)]


def test_the_json_that_circulates(tmp_path: Path) -> None:
    document = {
        "train": {"0": ["0001.jpg", "0002.jpg"], "unlabeled": {"0": ["0003.jpg"], "1": ["0007.jpg"]}},
        "test": {"0": ["0004.jpg"], "1": ["0008.jpg"]},
        "seed": 3,
    }
    path = _write(tmp_path / "lag.json", json.dumps(document))
    (listing,) = read_splits([path])
    assert listing.splits == ("train", "train-unlabeled", "test")
    assert listing.records[0].place == "lag.json at train.0[0]"
    assert listing.records[3].place == "lag.json at train.unlabeled.1[0]"
    assert _told(MANIFEST, path) == []
    wrong = json.dumps(document).replace('"0008.jpg"', '"0005.jpg"')
    assert _told(MANIFEST, _write(path, wrong)) == [
        ("LAG726", f"is {S} in part test (lag.json at test.1[0]): '0005.jpg'")
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train.txt", b"0001\n\xff\xfe0\n", "train.txt line 2: not UTF-8"),
        ("train.txt", b"", "train.txt names nothing"),
        ("list.txt", b"0001\n", "list.txt: cannot tell which split it lists: name it with --part"),
        ("list.csv", b"path,class\n0001.jpg,0\n", "list.csv: cannot tell which split"),
        ("s.csv", b'path,split\n"0001,train\n', "s.csv line 2: "),
        ("s.csv", b"path,split\n" + b"x" * 5000 + b",train\n", "s.csv line 2: a name of 5,000 characters"),
        ("s.json", b'{"train": [1,\n 2,]}', "s.json line 2: not JSON"),
        ("s.json", b"[" * 100_000, "s.json: not JSON that can be read"),
        ("s.json", json.dumps({"train": eval("[" * 30 + "]" * 30)}).encode(), "nested deeper than 16 levels"),
        ("s.json", b'{"non_glaucoma": ["0001"], "glaucoma": ["0002"]}', "cannot tell which split"),
        ("s.json", b'{"train": [' + b"9" * 5000 + b"]}", "s.json: not JSON that can be read"),
        ("metadata.jsonl", b'{"file_name": "a", "split": "train"}\n{\n', "metadata.jsonl line 2: not JSON"),
        ("metadata.jsonl", b"[]\n", "metadata.jsonl line 1: not a JSON object"),
        ("metadata.jsonl", b'{"text": "a"}\n', "metadata.jsonl: cannot tell which split"),
        ("s.parquet", b"PAR1 and no more", "s.parquet"),
        ("s.xlsx", b"PK", "save the sheet as 'CSV UTF-8'"),
    ],
)
def test_refusals_name_the_place(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(LagtoolError) as refusal:
        read_splits([_write(tmp_path / name, content)])
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_table_that_begins_with_an_empty_line_is_counted_from_it(tmp_path: Path) -> None:
    (listing,) = read_splits([_write(tmp_path / "s.csv", "\n0001,train\n0002,test\n")])
    assert [mention.place for mention in listing.records] == ["s.csv line 2", "s.csv line 3"]


def test_a_file_that_is_called_like_a_suffix_is_no_list(tmp_path: Path) -> None:
    _write(tmp_path / "lists" / ".csv", "path,split\n0001,test\n")
    _write(tmp_path / "lists" / "train.txt", "0001\n")
    (listing,) = read_splits([tmp_path / "lists"])
    assert (listing.splits, listing.remarks) == (("train",), ("train.txt: 1 name, all of split train",))


def test_the_data_set_itself_is_no_split(tree: Path) -> None:
    with pytest.raises(LagtoolError, match="the dataset itself comes last"):
        read_splits([tree])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_links_are_read_where_they_lead_to_files_and_pipes_never(tmp_path: Path) -> None:
    outside = _write(tmp_path / "outside" / "0001.jpg", b"secret")
    tree = tmp_path / "tree"
    _write(tree / "train" / "0002.jpg", b"x")
    _write(tree / "test" / "0003.jpg", b"x")
    (tree / "train" / "0001.jpg").symlink_to(outside)
    (tree / "train" / "more").symlink_to(outside.parent)
    (tree / "train" / "round").symlink_to(tree)
    (tree / "train" / "lost.jpg").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tree / "train" / "0004.jpg")
    os.mkfifo(tree / "train" / "list.txt")
    (listing,) = read_splits([tree])
    names = ["test/0003.jpg", "train/0001.jpg", "train/0002.jpg", "train/more/0001.jpg"]
    assert [record.name for record in listing.records] == names
    assert listing.records[1].sha256 == hashlib.sha256(b"secret").hexdigest()
    assert listing.remarks == (
        "tree: 4 pictures, split from the folders",
        "2 pictures of tree could not be read, such as train/0004.jpg: known by name at most",
        "4 links in tree followed, for reading only",
    )
    with pytest.raises(LagtoolError, match="named pipe"):
        read_splits([tree / "train" / "list.txt"], [])


def test_names_of_parts_are_made_fit_to_be_columns(tmp_path: Path) -> None:
    path = _write(tmp_path / "s.csv", "path,split\n0001,my train!\n0007,my train?\n0002,../x\n")
    report = _audit(MANIFEST, path)
    assert [part.name for part in report.parts] == ["my-train", "my-train-2", "x", ""]
    assert "splits are shown by plain names: 'my train!' as my-train" in " ".join(report.remarks)


def test_folds_counted_from_one_are_parts(tmp_path: Path) -> None:
    lines = "".join(f"{i:04d},{i % 5 + 1}\n" for i in range(1, 11))
    assert _told(MANIFEST, _write(tmp_path / "a.csv", f"id,fold\n{lines}")) == []
    gap = _write(tmp_path / "b.csv", "id,fold\n" + lines.replace(",3\n", ",9\n"))
    assert _told(MANIFEST, gap) == [("LAG708", "folds are numbered 1, 2, 4, 5, 9, expected 0 to 4")]


def test_an_empty_part_is_told(tmp_path: Path) -> None:
    lists = [_write(tmp_path / "train.txt", "0001\n0007\n"), _write(tmp_path / "val.txt", "")]
    with pytest.raises(LagtoolError, match=r"val\.txt names nothing"):
        read_splits(lists)
    path = _write(tmp_path / "s.json", '{"train": ["0001", "0007"], "val": []}')
    assert _told(MANIFEST, path) == [("LAG709", "part val has no sample")]


def test_missing_samples_and_groups_of_the_data_set_are_judged(tmp_path: Path) -> None:
    manifest = make_manifest([row("0001", group="a"), row("0002", group="a"), row("0003", image=False), row("0004")])
    path = _write(tmp_path / "s.csv", "id,split\n1,train\n2,test\n3,test\n")
    assert [code for code, _ in _told(manifest, path)] == ["LAG702", "LAG703"]


def test_parts_are_named_by_option(tmp_path: Path) -> None:
    a, b = _write(tmp_path / "a.txt", "0001\n"), _write(tmp_path / "b.csv", "path\n0002.jpg\n")
    (listing,) = read_splits([_write(tmp_path / "test.txt", "0007\n")], [("train", a), ("train", b)])
    assert listing.splits == ("train", "test")
    assert [m.split for m in listing.records] == ["train", "train", "test"]
    folder = tmp_path / "pictures"
    _write(folder / "0003.jpg", b"x")
    (listing,) = read_splits([], [("held out", folder)])
    assert [(m.split, m.name) for m in listing.records] == [("held out", "0003.jpg")]
