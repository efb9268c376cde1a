"""Every name that an export gives can be that of a file on every system, and belongs to one sample only."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from lagtool.export.plan import LIMIT, is_portable, portable_names

NAMES = st.lists(
    st.one_of(
        st.text(max_size=100),
        st.sampled_from(["con", "CON", "con.x", "a.b", "a_b", "A_B", "x" * 64, "x" * 65, "X" * 66, "-rf", "a.", "a "]),
    ),
    unique=True,
    max_size=12,
)


@given(NAMES, st.sets(st.sampled_from(["train", "a_b", "con_"])))
def test_names_are_portable_and_differ_in_any_case(names: list[str], taken: set[str]) -> None:
    given_names = portable_names(names, taken)
    assert len(given_names) == len(names)
    assert all(is_portable(name) for name in given_names)
    assert len({name.lower() for name in given_names} | taken) == len(names) + len(taken)
    assert portable_names(names, taken) == given_names


@given(st.lists(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}", fullmatch=True), unique_by=str.lower))
def test_what_is_portable_stays(names: list[str]) -> None:
    kept = [name for name in names if is_portable(name)]
    assert portable_names(kept) == kept


def test_what_becomes_of_names_that_windows_refuses() -> None:
    assert portable_names(["0001", "con", "LPT1", "a.b", "../x", "-rf", "end."]) == [
        *("0001", "con_", "LPT1_", "a_b", "___x", "_-rf", "end_"),
    ]
    assert portable_names(["a1", "A1"]) == ["a1", f"A1_{hashlib.sha256(b'A1').hexdigest()[:8]}"]
    assert [len(name) for name in portable_names(["y" * 100, "y" * 101])] == [LIMIT, LIMIT]
