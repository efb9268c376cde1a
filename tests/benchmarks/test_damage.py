"""What can be noticed is noticed in every file, and nothing is noticed where nothing is."""

from functools import cache

import pytest

from tests.benchmarks.damage import INTACT, KINDS, Kind, draw_originals, format_row, harm_all, judge


@cache
def _originals() -> list[bytes]:
    return draw_originals(6)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.certain], ids=lambda kind: kind.name)
def test_certain_damage_is_found_in_every_file(kind: Kind) -> None:
    assert "ok" not in [judge(data) for data in harm_all(kind, _originals())]


def test_nothing_is_found_in_intact_files() -> None:
    assert [judge(data) for data in harm_all(INTACT, _originals())] == ["ok"] * 6


def test_there_are_all_kinds_and_each_changes_the_file() -> None:
    assert len({kind.name for kind in KINDS}) >= 17
    for kind in KINDS:
        assert all(a != b for a, b in zip(harm_all(kind, _originals()), _originals(), strict=True)), kind.name


def test_a_row_counts_what_each_decoder_finds() -> None:
    assert format_row(INTACT, _originals()) == "| *intact originals* | 0/6 | 0/6 | 0/6 | 0/6 | ok 6 |"
    empty = next(kind for kind in KINDS if kind.name == "empty")
    assert format_row(empty, harm_all(empty, _originals())) == "| empty | 6/6 | 6/6 | 6/6 | 6/6 | empty 6 |"
