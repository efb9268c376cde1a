"""The optic disc is found where it is, and the score says how far that can be trusted."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lagtool.checks.thresholds import Thresholds
from lagtool.probe.facts import Disc, find_disc
from tests.probe.discs import Known, cropped, drawn, real

NEAR = 0.12
TRUSTED = Thresholds().disc_score


def _errors(pictures: Iterable[Known]) -> tuple[list[float], list[float]]:
    """Return the distance of each disc found from where it is, and its score."""
    errors, scores = [], []
    for known in pictures:
        disc = find_disc(known.small)
        assert disc is not None
        errors.append(float(np.hypot(disc.x - known.place[0], disc.y - known.place[1])))
        scores.append(disc.score)
    return errors, scores


def _rates(pictures: Iterable[Known]) -> tuple[float, float, float]:
    """Return the share found, the share trusted, and the share wrong among the trusted."""
    errors, scores = (np.array(values) for values in _errors(pictures))
    trusted = scores >= TRUSTED
    return float((errors < NEAR).mean()), float(trusted.mean()), float((errors[trusted] >= NEAR).mean())


def test_drawn_photographs() -> None:
    found, trusted, wrong = _rates(known for known, _ in drawn(300, seed=5))
    assert found > 0.93
    assert trusted > 0.55
    assert wrong <= 0.01


def test_real_photographs(real_fundus: Path) -> None:
    errors, _ = _errors(real(real_fundus))
    assert len(errors) == 28
    assert max(errors) < NEAR


def test_crops_of_real_photographs(real_fundus: Path) -> None:
    found, trusted, wrong = _rates(cropped(real_fundus, 8, seed=9))
    assert found > 0.88
    assert trusted > 0.5
    assert wrong <= 0.03


def test_a_mirrored_photograph_has_its_disc_on_the_other_side() -> None:
    for known, _ in drawn(60, seed=6):
        disc, mirrored = find_disc(known.small), find_disc(np.ascontiguousarray(known.small[:, ::-1]))
        assert disc is not None
        assert mirrored is not None
        if min(disc.score, mirrored.score) >= TRUSTED:
            assert mirrored.x == pytest.approx(1 - disc.x, abs=0.06)
            assert mirrored.y == pytest.approx(disc.y, abs=0.06)


def test_size_and_shape_do_not_matter() -> None:
    [(known, _)] = drawn(1, seed=7)
    whole = find_disc(known.small)
    assert whole is not None
    wide = find_disc(np.pad(known.small, ((0, 0), (0, 125), (0, 0))))
    assert wide is not None
    assert (wide.x * 2, wide.y) == pytest.approx((whole.x, whole.y), abs=NEAR)
    double = find_disc(known.small.repeat(2, axis=0).repeat(2, axis=1))
    assert double is not None
    assert double[:2] == pytest.approx(whole[:2], abs=0.06)


def test_gray_pictures_are_taken() -> None:
    [(known, _)] = drawn(1, seed=8)
    gray = find_disc(np.ascontiguousarray(known.small[..., 1]))
    assert gray == find_disc(known.small)


@pytest.mark.parametrize("level", [0, 7])
def test_nothing_stands_out_in_the_dark(level: int) -> None:
    assert find_disc(np.full((125, 125, 3), level, np.uint8)) is None


@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))))
def test_any_picture_gets_an_answer(picture: np.ndarray) -> None:
    disc = find_disc(picture)
    if disc is not None:
        assert isinstance(disc, Disc)
        assert all(0 <= value <= 1 for value in disc)
