"""Every form of list has one reading, or a refusal that says what to do."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lagtool.errors import LagtoolError
from lagtool.lists import read_columns
from lagtool.splits.lines import read_groups, read_samples
from lagtool.splits.listed import read_splits, resolve
from tests.factories import make_manifest, row
from tests.lists.forms import GROUPS, SPLITS, Form

N, S = "non_glaucoma", "suspicious_glaucoma"
MANIFEST = make_manifest(6, 4)
IDS = MANIFEST.samples["id"].tolist()
GAPPED = make_manifest([row("0004", N), row("0011", N), row("0012", S)])


def _put(folder: Path, form: Form) -> Path:
    path = folder / form.file
    path.write_bytes(form.data if isinstance(form.data, bytes) else form.data.encode())
    return path


def _read(path: Path, columns: dict[str, str] | None = None) -> tuple[str, str, str, int]:
    """Return ids by split, remarks, claimed labels, and the number of rows that were not used."""
    (listing,) = read_splits([path], manifest=MANIFEST, columns=columns)
    listed = resolve(listing, MANIFEST)
    by_split: dict[str, list[str]] = {split: [] for split in listing.splits}
    for record, place in zip(listing.records, listed.numbers("row").tolist(), strict=True):
        by_split[record.split].append(IDS[place] if place >= 0 else "?")
    said = " ".join(word for split, ids in by_split.items() if ids for word in (split, *ids))
    claimed = "".join(str(label) for label in listed.numbers("claimed").tolist() if label >= 0)
    return said, "\n".join(listed.remarks), claimed, len(listing.unusable)


@pytest.mark.parametrize("name", SPLITS)
def test_splits(name: str, tmp_path: Path) -> None:
    form = SPLITS[name]
    path = _put(tmp_path, form)
    if form.refuses:
        with pytest.raises(LagtoolError) as refusal:
            read_splits([path], manifest=MANIFEST)
        assert form.refuses in str(refusal.value)
        assert str(refusal.value).isprintable()
        return
    reads, remarks, classes, unusable = _read(path)
    assert (reads, unusable) == (form.reads, form.unusable), remarks
    assert form.says in remarks
    assert classes == form.classes


@pytest.mark.parametrize("name", GROUPS)
def test_groups(name: str, tmp_path: Path) -> None:
    form = GROUPS[name]
    path = _put(tmp_path, form)
    if form.refuses:
        with pytest.raises(LagtoolError) as refusal:
            read_groups(path, MANIFEST)
        assert form.refuses in str(refusal.value)
        return
    given_groups = read_groups(path, MANIFEST)
    there = given_groups.groups.notna()
    pairs = sorted(zip(given_groups.groups[there], pd.Series(IDS)[there], strict=True))
    by_group: dict[str, list[str]] = {}
    for group, key in pairs:
        by_group.setdefault(group, []).append(key)
    assert " ".join(word for group, ids in by_group.items() for word in (group, *ids)) == form.reads
    assert form.says in "\n".join(given_groups.remarks)


def test_there_are_many_forms() -> None:
    assert len(SPLITS) + len(GROUPS) >= 100


@pytest.mark.parametrize(
    ("data", "columns", "reads"),
    [
        ("left,right,split\n0003.jpg,0004.jpg,train\n0001.jpg,0002.jpg,train\n", "name=right", "train 0004 0002"),
        ("1,train\n2,train\n3,test\n", "name=1", "train 0001 0002 test 0003"),
        ("image,split_1,split_2\n0003.jpg,train,test\n0001.jpg,test,train\n", "split=split_2", "test 0003 train 0001"),
        ("image,split,fold\n0003.jpg,train,0\n0001.jpg,train,1\n", "name=image,split=fold", "fold0 0003 fold1 0001"),
        ("id,who,split\n3,0001.jpg,train\n1,0003.jpg,test\n", "name=ID", "train 0003 test 0001"),
    ],
)
def test_columns_that_are_chosen(data: str, columns: str, reads: str, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(data)
    assert _read(tmp_path / "s.csv", read_columns([columns]))[0] == reads


def test_positions_that_are_chosen_as_ids_in_json(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"train": [3, 1], "test": [7]}')
    assert _read(tmp_path / "s.json", {"name": "1"})[0] == "train 0003 0001 test 0007"


def test_a_class_that_is_not_to_be_read(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("image,label,split\n0003.jpg,1,train\n")
    assert _read(tmp_path / "s.csv")[2] == "1"
    assert _read(tmp_path / "s.csv", {"class": "none"})[2] == ""


@pytest.mark.parametrize("text", ["name", "name=", "what=x", "name=a,name=b", "=x", ""])
def test_columns_are_written_as_roles(text: str) -> None:
    with pytest.raises(LagtoolError, match="write ROLE=COLUMN once each; roles: name, split, class, group"):
        read_columns([text])


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("image,split\n0003.jpg,train\n")
    with pytest.raises(LagtoolError, match=r"s\.csv: no column photo \(--columns\): there are image, split"):
        _read(tmp_path / "s.csv", {"name": "photo"})


def test_numbers_that_no_list_is_long_enough_for_are_ids(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"train": [11, 4], "test": [12]}')
    (listing,) = read_splits([tmp_path / "s.json"], manifest=GAPPED)
    assert resolve(listing, GAPPED).numbers("row").tolist() == [1, 0, 2]
    (tmp_path / "s.csv").write_text("id,split\n1,train\n2,train\n3,test\n")  # a run, of which two are no ids
    with pytest.raises(LagtoolError, match="may be ids or positions"):
        read_splits([tmp_path / "s.csv"], manifest=GAPPED)


@pytest.mark.parametrize(
    ("name", "data", "ids"),
    [
        ("h.csv", "id,fundus\n1,0003.jpg\n2,0001.jpg\n3,0007.jpg\n", "0001 0003 0007"),
        ("h.csv", "1,0003.jpg\n2,0001.jpg\n", "0001 0003"),
        ("h.csv", ",image\n0,0003.jpg\n1,0001.jpg\n", "0001 0003"),
        ("h.csv", "patient_id,image_id\nP1,0003\nP1,0001\n", "0001 0003"),
        ("h.csv", "id,class\n0003,non_glaucoma\n", "0003"),
        ("h.csv", "image,split\n0003.jpg,test\n0001.jpg,test\n", "0001 0003"),
        ("h.txt", "0003.jpg\n# a remark\n0001.jpg\n", "0001 0003"),
        ("h.json", '["0003.jpg", "0001.jpg"]', "0001 0003"),
        ("h.json", '{"name": "held out", "test": ["0003.jpg", "0001.jpg"]}', "0001 0003"),
        ("SHA256SUMS", "a" * 64 + "  non_glaucoma/image/0003.jpg\n", "0003"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lists_to_hold_out(name: str, data: str, ids: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data.encode(encoding))
    found = read_samples(tmp_path / name, MANIFEST)
    assert " ".join(IDS[place] for place in found.rows) == ids
    assert len(found.remarks) == 1
    assert "name" in found.remarks[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("3\n1\n", "may be ids or positions in a list"),
        ("index\n0\n3\n", "may be ids or positions in a list"),
        ("image,split\n0001.jpg,train\n0002.jpg,test\n", "puts its names into train, test: name a list of those"),
        ("0001 0002\n", "no sample is called '0001 0002'"),
        ("image\n0003.jpg\n0099.jpg\n", "line 3: no sample is called '0099.jpg'"),
        ("image,who\n0003.jpg,a\n,b\n", "line 3: no name: fill or remove the row"),
        ("suspicious_glaucoma/0003\n", "is put into another class than that of non_glaucoma/0003"),
        ("06_ORIGA/Images/0003.jpg\n", "no sample is called"),
    ],
)
def test_lists_that_cannot_be_held_out(data: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text(data)
    with pytest.raises(LagtoolError, match=words):
        read_samples(tmp_path / "h.csv", MANIFEST)


COLUMNS = ("image", "split", "age", "row", "note")
ROWS = [
    [f"{key}.jpg", ("train", "val", "test")[n % 3], f"{40.5 + 3 * n}", str(n), "x" if n % 2 else ""]
    for n, key in enumerate(IDS)
]


@given(
    columns=st.permutations(COLUMNS).flatmap(lambda all_: st.sampled_from([all_, [c for c in all_ if c != "note"]])),
    order=st.permutations(range(len(ROWS))),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    headed=st.booleans(),
    sep=st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_columns_rows_and_dialect_do_not_change_the_reading(
    columns: list[str],
    order: list[int],
    delimiter: str,
    encoding: str,
    newline: str,
    headed: bool,
    sep: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline)
    if headed:
        writer.writerow(columns)
    writer.writerows([ROWS[row][COLUMNS.index(column)] for column in columns] for row in order)
    told = f"sep={delimiter}{newline}" if sep else ""
    path = tmp_path_factory.mktemp("law") / "s.csv"
    path.write_bytes(f"{told}{text.getvalue()}".encode(encoding))
    (listing,) = read_splits([path], manifest=MANIFEST)
    assert {record.name: record.split for record in listing.records} == {name: split for name, split, *_ in ROWS}
    assert listing.unusable == ()
