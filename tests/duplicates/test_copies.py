"""Copies are told by detail: not by rim, light, haze, dust or the eye, and not at all where there is none."""

import itertools
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.duplicates.copies import SAME_PHOTOGRAPH, Task, compare, lay, settle
from lagtool.duplicates.detail import FEATURELESS, Detail, take_detail
from lagtool.duplicates.glance import Thumb, glance, order_tasks, take_thumbs
from lagtool.duplicates.hashes import POSITIONS, Position
from lagtool.duplicates.pairs import Likeness
from lagtool.duplicates.pictures import Shelf
from lagtool.duplicates.search import find_pairs
from lagtool.files import open_store
from lagtool.probe.field import crop_field, find_field
from lagtool.scanning.scan import scan
from tests.benchmarks import altered, views
from tests.benchmarks.likeness import CLASS, positions_of, read_photographs, tree_of
from tests.benchmarks.views import Pixels

COPIES = ("near-duplicate", "mirrored", "turned")


def _detail(pixels: Pixels) -> Detail:
    crop = crop_field(pixels, find_field(pixels), 250)
    return take_detail(crop.pixels, crop.mask)


def _take_thumbs(pictures: list[Pixels]) -> dict[int, Thumb]:
    with tree_of(pictures) as root:
        paths = [f"{CLASS}/image/{number:06d}.jpg" for number in range(1, len(pictures) + 1)]
        thumbs = take_thumbs(Shelf(open_store(root), paths, [480] * len(paths)), range(len(paths)))
    return {number: thumb for number, thumb in enumerate(thumbs) if thumb is not None}


def _search(pictures: list[Pixels]) -> Likeness:
    with tree_of(pictures) as root:
        return find_pairs(scan(root, jobs=1), root, jobs=1, relations=COPIES)


def _pairs(pictures: list[Pixels]) -> set[tuple[int, int]]:
    return {(a, b) for a, b, _ in positions_of(_search(pictures))}


def test_no_two_fields_without_an_eye_are_copies() -> None:
    details = [_detail(altered.draw_hazy(np.random.default_rng([number, 3]))) for number in range(24)]
    reached = [compare(a, b) for a, b in itertools.combinations(details, 2)]
    assert max(reached) < SAME_PHOTOGRAPH


def test_one_light_over_smooth_fields_makes_no_copies() -> None:
    y, x = np.mgrid[-1:1:500j, -1:1:500j]
    discs = []
    for way in np.linspace(0, 2 * np.pi, 6, endpoint=False):
        light = 120 * (1 + 0.3 * (np.cos(way) * x + np.sin(way) * y) - 0.4 * (x * x + y * y)) * (np.hypot(x, y) < 0.95)
        discs.append(np.asarray(light[..., None] * [1.0, 0.7, 0.5], np.uint8))
    assert _pairs(discs) == set()


@pytest.mark.parametrize("strength", [0.7, 0.85])
def test_one_haze_over_different_eyes_makes_no_copies_and_hides_none(real_fundus: Path, strength: float) -> None:
    veiled = [altered.veil(p, strength, 7) for p in read_photographs(real_fundus)[0][:8]]
    again = [views.reencode(p, np.random.default_rng(number)) for number, p in enumerate(veiled)]
    assert _pairs([*veiled, *again]) == {(number, number + 8) for number in range(8)}


def test_one_dirty_lens_in_haze_makes_no_copies_and_hides_none(real_fundus: Path) -> None:
    dirt = views.draw_dirt(np.random.default_rng(120), 120)
    soiled = [views.soil(altered.veil(p, 0.85, 7), dirt) for p in read_photographs(real_fundus)[0][:8]]
    again = [views.reencode(p, np.random.default_rng(number)) for number, p in enumerate(soiled)]
    assert _pairs([*soiled, *again]) == {(number, number + 8) for number in range(8)}


def test_a_letterboxed_copy_of_another_shape_is_found(real_fundus: Path) -> None:
    photographs = read_photographs(real_fundus)[0][:8]
    boxed = [altered.letterbox(p, np.random.default_rng([number, 4])) for number, p in enumerate(photographs)]
    assert _pairs([*photographs, *boxed]) == {(number, number + 8) for number in range(8)}


def test_what_has_no_detail_is_counted_and_never_a_copy() -> None:
    y, x = np.mgrid[-1:1:500j, -1:1:500j]
    clouds: Any = cv2.GaussianBlur(np.random.default_rng(1).normal(0, 1, (500, 500)), (0, 0), 25)
    light = 120 * (1.2 + 0.2 * x - 0.4 * (x * x + y * y)) * (1 + 0.04 * clouds / clouds.std())
    pixels = np.asarray((light * (np.hypot(x, y) < 0.95))[..., None] * [1, 0.7, 0.5], np.uint8)
    assert _detail(pixels).contrast < FEATURELESS
    found = _search([pixels, views.reencode(pixels, np.random.default_rng(0))])
    assert found.pairs.empty
    assert [remark for remark in found.remarks if remark.startswith("2 pictures with a similar hash")]


def test_two_photographs_of_one_eye_are_no_copies(real_fundus: Path) -> None:
    for number, pixels in enumerate(read_photographs(real_fundus)[0][:6]):
        rng = np.random.default_rng([number, 8])
        one, other = (_visit(pixels, bend, rng) for bend in (-0.04, 0.04))
        assert compare(_detail(one), _detail(other)) < SAME_PHOTOGRAPH


def _visit(pixels: Pixels, bend: float, rng: np.random.Generator) -> Pixels:
    """Photograph an eye through a lens that bends, with the camera's own noise and a field moved a little."""
    y, x = np.mgrid[-1:1:500j, -1:1:500j].astype(np.float32)
    right, down = rng.uniform(-0.03, 0.03, 2)
    share = 0.88 * (1 + bend * (x * x + y * y - 0.5))
    maps = [(((part * share + shift) + 1) * 249.5).astype(np.float32) for part, shift in ((x, right), (y, down))]
    seen: Any = cv2.remap(pixels, maps[0], maps[1], cv2.INTER_CUBIC)
    noise = cv2.GaussianBlur(rng.normal(0, 3, seen.shape), (0, 0), 0.6)
    inside = (np.hypot(x, y) < 0.95)[..., None]
    return views.reencode(np.clip((seen * rng.uniform(0.8, 1.1) + noise) * inside, 0, 255).astype(np.uint8), rng)


@pytest.mark.parametrize("position", POSITIONS, ids=str)
def test_a_glance_sees_a_shifted_copy_in_every_position_and_no_stranger(real_fundus: Path, position: Position) -> None:
    photographs = read_photographs(real_fundus)[0][:4]
    back = position if position.mirrored else Position(False, -position.turn % 4)  # what undoes the position
    copies = [lay(np.roll(p, (4, -6), (0, 1)), back) for p in photographs]
    known = _take_thumbs([*photographs, *copies])
    tasks = [Task(a, b + 4, position) for a in range(4) for b in range(4)]
    worth = np.reshape(glance(known, tasks), (4, 4))
    assert (worth == np.eye(4, dtype=bool)).all()


def test_of_fields_behind_one_dirty_lens_few_are_worth_more_than_a_glance() -> None:
    dirt = views.draw_dirt(np.random.default_rng(2), 40)
    fields = [views.soil(altered.draw_hazy(np.random.default_rng([number, 3])), dirt) for number in range(24)]
    thumbs = _take_thumbs(fields)
    tasks = [Task(a, b, POSITIONS[0]) for a, b in itertools.combinations(thumbs, 2)]
    assert len(tasks) > 200
    assert np.mean(glance(thumbs, tasks)) < 0.1


@given(st.sets(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40))
def test_pairs_are_ordered_and_none_is_lost(pairs: set[tuple[int, int]]) -> None:
    tasks = [Task(a, b, POSITIONS[0]) for a, b in pairs if a < b]
    ordered = order_tasks(tasks)
    assert sorted(ordered) == sorted(tasks)
    assert len(ordered) == len(tasks)


def test_pairs_of_pictures_that_are_alike_come_together() -> None:
    views_of_three = [[number, number + 100, number + 200, number + 300] for number in range(3)]
    tasks = sorted(Task(a, b, POSITIONS[0]) for some in views_of_three for a, b in itertools.combinations(some, 2))
    assert [task.a % 100 for task in tasks] != sorted(task.a % 100 for task in tasks)
    assert [task.a % 100 for task in order_tasks(tasks)] == [0] * 6 + [1] * 6 + [2] * 6


def test_hazy_strangers_are_given_up_before_they_are_laid_at_full_size(real_fundus: Path) -> None:
    dirt = views.draw_dirt(np.random.default_rng(120), 120)
    veiled = [altered.veil(p, 0.93, 7) for p in read_photographs(real_fundus)[0][:6]]
    details = [_detail(views.soil(p, dirt)) for p in veiled]
    again = [_detail(views.reencode(views.soil(p, dirt), np.random.default_rng(4))) for p in veiled]
    start = np.eye(2, 3)
    assert all(settle(a, b, start) is None for a, b in itertools.combinations(details, 2))
    assert all(settle(a, b, start) is not None for a, b in zip(details, again, strict=True))
