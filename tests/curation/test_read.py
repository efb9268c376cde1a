"""Curation files: lenient in form, strict in meaning, written and read back as they were."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.curation.read import add_marks, parse_curation, parse_sheet, read_curation, write_marks
from lagtool.errors import LagtoolError
from lagtool.manifest.marks import Mark, find_contradiction
from lagtool.model import Action
from lagtool.text import is_shown

HEAD = "class,id,action,value,note,image_sha256\n"
N = "non_glaucoma"
MARKS = (
    Mark(class_name=N, id="0001", action=Action.EXCLUDE, note="not an eye; a = b"),
    Mark(class_name=N, id="0002", action=Action.RELABEL, value="suspicious_glaucoma"),
    Mark(class_name=N, id="0003", action=Action.ACCEPT, value="LAG301", note='"quoted",\nsecond line'),
)


def _marks(text: str | bytes) -> tuple[Mark, ...]:
    return parse_curation(text if isinstance(text, bytes) else text.encode(), "c.csv").marks


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}{N},0001,exclude,,why,\n",
        f"\ufeff{HEAD}{N},0001,exclude,,why,\n",
        f"{HEAD}{N},0001,exclude,,why,\n".replace("\n", "\r\n"),
        f"{HEAD}{N},0001,exclude,,why,\n".replace(",", ";"),
        f"sep=;\n{HEAD}{N},0001,exclude,,why,\n".replace(",", ";"),
        f"{HEAD}{N},0001,exclude,,why,\n".replace(",", "\t"),
        f" Class , ID ,Action, value,note,image_sha256\n {N} , 0001 , EXCLUDE ,, why ,\n\n,,,,,\n",
        f"note,reviewer,action,id,class\nwhy,me,exclude,0001,{N}\n",
    ],
    ids=["plain", "mark of bytes", "line ends", "semicolons", "sep", "tabs", "blanks and cases", "other columns"],
)
def test_takes_the_forms_that_programs_write(text: str) -> None:
    assert _marks(text) == (Mark(class_name=N, id="0001", action=Action.EXCLUDE, note="why"),)


def test_says_which_columns_it_passed_over(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text(f"class,id,action,reviewer\n{N},0001,exclude,me\n")
    (remark,) = read_curation(tmp_path / "c.csv").remarks
    assert remark.endswith("c.csv: passed over column reviewer")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "c.csv is empty: its first line must be class,id,action,value,note,image_sha256"),
        (b"\xff\xfe\x00", "c.csv line 1: not UTF-16 text: save the list as UTF-8"),
        ("class,id\na,1\n", "c.csv, line 1: no column action"),
        ("class,id,id,action\na,1,1,exclude\n", "c.csv, line 1: two columns id: remove one"),
        (f"{HEAD}{N},0001,remove,,,\n", "c.csv, line 2: unknown action 'remove': write exclude, relabel"),
        (f"{HEAD}{N},,exclude,,,\n", "c.csv, line 2: no id"),
        (f"{HEAD}{N},0001,relabel,,,\n", "c.csv, line 2: relabel needs the class as its value"),
        (f"{HEAD}{N},0001,keep-together,,,\n", "c.csv, line 2: keep-together needs the name of a group"),
        (f"{HEAD}{N},0001,exclude,blurred,,\n", "c.csv, line 2: exclude takes no value, but there is 'blurred'"),
        (f"{HEAD}{N},0001,accept,301,,\n", "c.csv, line 2: accept takes the code of a finding, such as LAG301"),
        (
            f"{HEAD}{N},0001,not-same,0002,,\n",
            "c.csv, line 2: not-same needs the other sample as its value, as CLASS/ID",
        ),
        (f"{HEAD}{N},0001,same,{N}/0001,,\n", "c.csv, line 2: same needs two samples, not one twice"),
        (
            f"{HEAD}{N},0001,same,{N}/0002,,\n{N},0002,not-same,{N}/0001,,\n",
            "c.csv, line 3: non_glaucoma/0002 is marked not-same with non_glaucoma/0001, in line 2 same: remove one",
        ),
        (f"{HEAD}{N},0001,exclude,,a, b, c,\n", "c.csv, line 2: more cells than columns"),
        (f'{HEAD}{N},0001,exclude,,"open,\n', "c.csv line 2: "),
        (
            f"{HEAD}{N},0001,relabel,a,,\n\n{N},0001,relabel,b,,\n",
            "c.csv, line 4: non_glaucoma/0001 is relabelled to b, in line 2 to a: remove one",
        ),
    ],
)
def test_says_on_which_line_what_is_wrong(text: str | bytes, said: str) -> None:
    with pytest.raises(LagtoolError) as caught:
        _marks(text)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LagtoolError, match=r"none\.csv cannot be read: No such file"):
        read_curation(tmp_path / "none.csv")


LETTERS = st.characters(codec="utf-8", categories=("L", "N", "P", "S"))
WORDS = st.text(LETTERS, min_size=1, max_size=12).filter(is_shown)
NOTES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40) | st.just("=1+1")
VALUES = {
    Action.EXCLUDE: st.just(""),
    Action.RELABEL: WORDS,
    Action.KEEP_TOGETHER: WORDS,
    Action.SAME: WORDS.map("class/a{}".format).filter(lambda value: not value.endswith("/")),
    Action.NOT_SAME: WORDS.map("class/a{}".format).filter(lambda value: not value.endswith("/")),
    Action.ACCEPT: st.sampled_from(["", "LAG301", "LAG999"]),
}


@st.composite
def marks(draw: st.DrawFn) -> Mark:
    action = draw(st.sampled_from(Action))
    digest = draw(st.sampled_from(["", "a" * 64]))
    return Mark(
        class_name=draw(WORDS),
        id=draw(WORDS),
        action=action,
        value=draw(VALUES[action]),
        note=draw(NOTES),
        image_sha256=digest,
    )


@given(st.lists(marks(), unique_by=lambda mark: mark.decision).filter(lambda made: find_contradiction(made) is None))
def test_what_is_written_is_read_back(made: list[Mark]) -> None:
    assert _marks(write_marks(made)) == tuple(made)


@given(marks())
def test_no_cell_is_a_formula(mark: Mark) -> None:
    sheet = parse_sheet(write_marks([mark]), "c.csv")
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for _, cells in sheet.rows for cell in cells)


def test_adding_keeps_what_is_there() -> None:
    text = f"reviewer;class;id;action\r\nme;{N};0001;exclude\r\n"
    sheet = parse_sheet(text.encode(), "c.csv")
    assert add_marks(sheet, MARKS[:2]) == (1, 1)  # 0001 is there, without the note
    assert add_marks(sheet, MARKS[:2]) == (0, 0)
    lines = sheet.to_bytes().decode().split("\r\n")
    assert lines[0] == "reviewer;class;id;action;value;note;image_sha256"
    assert lines[1].startswith(f"me;{N};0001;exclude;;")
    assert parse_curation(sheet.to_bytes(), "c.csv").marks == MARKS[:2]
