"""Maps that do not belong to their image: turned, copied, or beside the field of view."""

from typing import Any

import numpy as np
import pytest

from lagtool.checks.report import Result, Status
from lagtool.checks.runner import validate
from lagtool.model import Finding
from lagtool.probe.facts import Disc, find_disc, measure_map
from lagtool.synth.attention import draw_attention
from lagtool.synth.scene import attention_rng
from tests.benchmarks.disc import TURNS, Pair, follow, gaze, judge
from tests.factories import make_manifest, row
from tests.probe.discs import drawn

BESIDE = follow(40, 3)


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    """Drawn photographs with their own maps."""
    scenes = enumerate(drawn(400, seed=21), 1)
    return [Pair(find_disc(k.small), draw_attention(s, attention_rng(21, n))) for n, (k, s) in scenes]


def test_maps_as_they_are_drawn_are_left_alone(pairs: list[Pair]) -> None:
    assert judge(pairs, "as it is").found == 0


@pytest.mark.parametrize("turn", ["mirrored left to right", "turned by 180 degrees"])
def test_a_part_of_turned_maps_is_found(pairs: list[Pair], turn: str) -> None:
    assert judge(pairs, turn).found > 0.12 * len(pairs)


@pytest.mark.parametrize("turn", [turn for turn in TURNS if turn != "as it is"])
def test_a_clear_turn_is_named(turn: str) -> None:
    # Off the middle, off both axes, off both diagonals: each turn brings the disc somewhere else.
    disc = Disc(0.1, 0.33, 0.9)
    levels = np.zeros((112, 112), np.uint8)
    levels[int(disc.y * 112), int(disc.x * 112)] = 255
    counts = judge([Pair(disc, levels)] * 3, turn, BESIDE)
    assert (counts.found, counts.right) == (3, 3)
    assert judge([Pair(disc, levels)], "as it is", BESIDE).found == 0


@pytest.mark.parametrize("disc", [None, Disc(0.2, 0.34, 0.3), Disc(0.5, 0.5, 0.9), Disc(0.5, 0.45, 0.9)])
def test_where_nothing_can_be_seen_nothing_is_said(disc: Disc | None) -> None:
    place = (disc.x, disc.y) if disc else (0.2, 0.34)
    levels = gaze(place, np.random.default_rng(1))
    good = Pair(Disc(0.5, 0.5, 0.9), gaze((0.5, 0.5), np.random.default_rng(2)))
    for turn in TURNS:
        assert judge([Pair(disc, levels), good], turn, BESIDE).found == 0


def _run(pairs: list[Pair], turn: str = "as it is") -> Result:
    rows = []
    for number, (disc, levels) in enumerate(pairs, 1):
        assert disc is not None
        facts = measure_map(np.ascontiguousarray(TURNS[turn](levels)))._asdict()
        places = {f"image_disc_{name}": value for name, value in disc._asdict().items()}
        rows.append(row(f"{number:05d}", **places, **{f"map_{name}": value for name, value in facts.items()}))
    (result,) = validate(make_manifest(rows), select=["map-mirrored"]).results
    return result


def test_maps_of_something_else_than_the_disc_are_not_judged() -> None:
    """Maps of lesions, say: their mass lies anywhere, and a quarter of them by chance where a turned one would."""
    rng = np.random.default_rng(5)
    pairs = [Pair(pair.disc, gaze((rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8)), rng)) for pair in follow(200, 4)]
    result = _run(pairs)
    assert (result.status, result.findings) == (Status.NOT_APPLICABLE, ())
    assert "as a whole do not follow the optic disc" in result.reason
    few = _run(follow(9, 4))
    assert (few.status, "10 at least" in few.reason) == (Status.NOT_APPLICABLE, True)
    assert _run(follow(10, 4)).status is Status.PASS


@pytest.mark.parametrize("turn", ["mirrored top to bottom", "mirrored left to right", "turned by 180 degrees"])
def test_maps_that_are_all_turned_alike_are_told_as_a_whole(turn: str) -> None:
    """A flip from top to bottom hardly moves single discs: together they tell it."""
    pairs = follow(400, 6)
    whole = [finding for finding in _run(pairs, turn).findings if not finding.path]
    assert [turn in finding.message for finding in whole] == [True]
    assert _run(pairs).findings == ()


def _map(number: int, **columns: Any) -> dict[str, Any]:
    measures = dict.fromkeys(("mean", "peak_x", "peak_y", "centroid_x", "centroid_y", "spread"), 0.1 + number / 100)
    measures |= {"entropy": 10 + number / 100, "zero_share": 0.3}
    return row(f"{number:04d}", **({f"map_{name}": value for name, value in measures.items()} | columns))


def _found(rows: list[dict[str, Any]], name: str) -> list[Finding]:
    return list(validate(make_manifest(rows), select=[name]).findings)


def test_copied_maps_are_told_by_bytes_and_by_pixels() -> None:
    first = _map(1)
    same = {name: value for name, value in first.items() if name.startswith("map_") and name != "map_path"}
    packed = {name: value for name, value in same.items() if name not in ("map_sha256", "map_bytes")}
    rows = [first, _map(2), _map(3, **same), _map(4, **packed), _map(5), _map(6, **same)]
    assert [(finding.path[-8:], finding.message.partition(" non")[0]) for finding in _found(rows, "map-identical")] == [
        ("0003.jpg", "is the same file as"),
        ("0004.jpg", "has the same pixels as"),
        ("0006.jpg", "is the same file as"),
    ]


def test_maps_that_differ_in_one_measure_are_two() -> None:
    rows = [_map(1), _map(2)]
    for name in ("mean", "peak_x", "entropy"):
        twin = {
            key: value
            for key, value in rows[0].items()
            if key.startswith("map_") and key not in ("map_path", "map_sha256")
        }
        assert _found([*rows, _map(3, **(twin | {f"map_{name}": twin[f"map_{name}"] + 1e-4}))], "map-identical") == []


def test_a_copied_sample_is_said_by_its_image() -> None:
    first = _map(1)
    same = {
        key: value for key, value in first.items() if key.startswith(("map_", "image_")) and not key.endswith("_path")
    }
    assert _found([first, _map(2, **same)], "map-identical") == []
    assert len(_found([first, _map(2, **same)], "identical-within-class")) == 1


ROUND = {"left": 0.02, "top": 0.02, "right": 0.98, "bottom": 0.98, "share": 0.724}


def _field(x: float, y: float, **field: float) -> dict[str, Any]:
    whole: dict[str, Any] = {f"image_field_{name}": value for name, value in (ROUND | field).items()}
    return row("0001", map_centroid_x=x, map_centroid_y=y, **whole)


@pytest.mark.parametrize(
    ("x", "y", "outside"),
    [(0.5, 0.5, False), (0.05, 0.5, False), (0.86, 0.86, False), (0.1, 0.1, True), (0.95, 0.07, True)],
)
def test_the_mass_of_a_map_lies_in_a_round_field(x: float, y: float, outside: bool) -> None:
    assert bool(_found([_field(x, y)], "map-outside-field")) is outside


@pytest.mark.parametrize(
    "field", [{"right": 0.8}, {"share": 0.9}, {"left": 0.4, "right": 0.6, "top": 0.4, "bottom": 0.6, "share": 0.0314}]
)
def test_a_field_that_is_cut_dark_or_small_is_not_judged(field: dict[str, float]) -> None:
    (result,) = validate(make_manifest([_field(0.02, 0.02, **field)]), select=["map-outside-field"]).results
    assert result.reason == "no map whose image shows its whole field"
