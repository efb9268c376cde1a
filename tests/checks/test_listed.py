"""Checks of a split that others made: each once where it finds, and once where it leaves alone."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lagtool.checks.audit import audit_split
from lagtool.checks.drift import expected_changes
from lagtool.checks.report import Report, Result, Status
from lagtool.checks.runner import validate
from lagtool.duplicates.overlap import Overlap
from lagtool.duplicates.pairs import COLUMNS, Likeness
from lagtool.duplicates.sets import of_manifest
from lagtool.lists import Listing, NameRecord, Unusable
from lagtool.manifest.header import Relation
from lagtool.manifest.value import Manifest
from tests.factories import make_manifest, row

N, S = "non_glaucoma", "suspicious_glaucoma"
TRAIN, TEST = "train", "test"


def _listing(*mentions: tuple[str, ...]) -> Listing:
    """Return a split with the names (part, name, class) on the lines of a list."""
    made = [NameRecord(m[0], m[1], f"list line {i}", *m[2:]) for i, m in enumerate(mentions, 1)]
    return Listing("list", tuple(dict.fromkeys(m.split for m in made)), made)


def _plain(size: int = 20) -> list[tuple[str, ...]]:
    """Return a split of ``size`` + ``size`` samples that names each once: three in four to train."""
    names = [(N, i) for i in range(1, size + 1)] + [(S, i) for i in range(size + 1, 2 * size + 1)]
    return [(TEST if i % 4 == 0 else TRAIN, f"{c}/image/{i:04d}.jpg", c) for c, i in names]


def _likeness(*pairs: tuple[str, str, Relation, float], looked_for: Sequence[Relation] = tuple(Relation)) -> Likeness:
    rows = [(a, b, relation.value, score, "test/1", "") for a, b, relation, score in pairs]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"score": "float64"})
    return Likeness(table, tuple(looked_for), {r: "was not asked for" for r in Relation if r not in looked_for})


def _audit(
    manifest: Manifest, names: Sequence[tuple[str, ...]], likeness: Likeness | None = None, **options: Any
) -> Report:
    return audit_split(manifest, _listing(*names), likeness, **options)


def _measured(shift: float, *, samples: int = 400) -> Manifest:
    """Return a manifest whose test pictures (every fourth) are brighter by ``shift`` standard deviations."""
    rng = np.random.default_rng(3)
    values = rng.normal(90, 10, 2 * samples)
    number = np.arange(1, 2 * samples + 1)
    values[number % 4 == 0] += 10 * shift
    return make_manifest(samples, samples, image_brightness=values)


def _wide(samples: int = 400) -> Manifest:
    """Return one whose test pictures have the same mean brightness, but lie at both ends."""
    manifest = _measured(0, samples=samples)
    values = manifest.samples["image_brightness"].to_numpy(float).copy()
    test = np.flatnonzero(np.arange(1, 2 * samples + 1) % 4 == 0)
    values[test] = 90 + np.where(np.arange(len(test)) % 2 == 0, 14, -14)
    return make_manifest(samples, samples, image_brightness=values)


def _runs(length: int) -> list[tuple[str, ...]]:
    """Return a split of 200 + 200 whose parts change every ``length`` ids."""
    ids = [(N, i) for i in range(1, 201)] + [(S, i) for i in range(201, 401)]
    return [(TEST if (i - 1) // length % 2 else TRAIN, f"{c}/{i:04d}") for c, i in ids]


MANIFEST = make_manifest(20, 20)
TWINS = make_manifest([row("0001", N), row("0001", S), *[row(f"{i:04d}", N if i % 2 else S) for i in range(2, 40)]])
ONE, TWO = f"{N}/0001", f"{N}/0004"  # train, test
THREE = f"{N}/0002"  # train


def _overlap(*pairs: tuple[str, str, Relation, float]) -> Overlap:
    """Return what MANIFEST shares with a dataset that has a split."""
    one = of_manifest(MANIFEST, "LAG")
    other = of_manifest(make_manifest(20, 20, split=["train", "val"] * 20), "OTHER")
    found = _likeness(*pairs)
    return Overlap(one, other, found.pairs, found.pairs.iloc[:0], found.looked_for, {}, (40, 40), ((), ()), ())


FOUND: dict[str, tuple[Callable[[], Report], list[tuple[str, str]]]] = {
    "LAG712": (
        lambda: _audit(make_manifest(200, 200), _runs(10)),
        [("", f"{c}: the column split changes 19 times along the ids, by chance 100 times") for c in (N, S)],
    ),
    "LAG713": (
        lambda: _audit(_measured(1.0), _plain(400)),
        [
            (
                "",
                "part test: brightness (median 99.22, in all 92.74; standardised difference +0.73, largest gap 0.33)",
            ),
            (
                "",
                "part train: brightness (median 90.27, in all 92.74; standardised difference -0.23, largest gap 0.11)",
            ),
        ],
    ),
    "LAG735": (
        lambda: _audit(
            MANIFEST,
            _plain(8),
            overlaps=[
                _overlap(
                    (f"{N}/0004", f"{N}/0002", Relation.MIRRORED, 0.97),
                    (f"{N}/0019", f"{N}/0001", Relation.MIRRORED, 0.97),  # in no split
                )
            ],
        ),
        [(f"{N}/image/0004.jpg", f"is in part test and in OTHER (val): mirrored, {N}/0002 there, score 0.97")],
    ),
    "LAG721": (
        lambda: _audit(MANIFEST, [*_plain(), (TEST, "cat\n.png")]),
        [("", "named in part test, list line 41: 'cat\\x0a.png' is like no sample's name")],
    ),
    "LAG722": (
        lambda: _audit(MANIFEST, [*_plain(), (TRAIN, f"{N}/image/0777.jpg")]),
        [("", f"named in part train, list line 41: '{N}/image/0777.jpg' is not in the dataset")],
    ),
    "LAG723": (
        lambda: _audit(TWINS, [(TEST, "0001.jpg"), (TRAIN, f"{N}/0003")]),
        [("", f"named in part test, list line 1: '0001.jpg' may mean {N}/0001 or {S}/0001")],
    ),
    "LAG724": (
        lambda: _audit(MANIFEST, [*_plain(), (TEST, "0001")]),
        [(f"{N}/image/0001.jpg", "is named in 2 parts: train (list line 1); test (list line 41)")],
    ),
    "LAG725": (
        lambda: _audit(MANIFEST, [*_plain(), (TRAIN, "1.jpg")]),
        [
            (
                f"{N}/image/0001.jpg",
                "is named twice in part train (list line 1; list line 41), "
                "as 'non_glaucoma/image/0001.jpg' and '1.jpg'",
            ),
        ],
    ),
    "LAG726": (
        lambda: _audit(MANIFEST, [*_plain()[1:], (TRAIN, "0001.jpg", "glaucoma")]),
        [(f"{N}/image/0001.jpg", f"is {S} in part train (list line 40): '0001.jpg'")],
    ),
    "LAG727": (
        lambda: audit_split(MANIFEST, replace(_listing(*_plain()), unusable=(Unusable("s.csv line 7", "no name"),))),
        [("", "s.csv line 7: no name")],
    ),
    "LAG731": (
        lambda: _audit(MANIFEST, _plain(), _likeness((ONE, TWO, Relation.MIRRORED, 0.97))),
        [
            (
                f"{N}/image/0004.jpg",
                f"is in part test and is like {N}/image/0001.jpg in part train (mirrored, score 0.97)",
            ),
        ],
    ),
    "LAG732": (
        lambda: _audit(MANIFEST, _plain(), _likeness((ONE, TWO, Relation.SAME_EYE, 0.61))),
        [
            (
                f"{N}/image/0004.jpg",
                f"is in part test and is like {N}/image/0001.jpg in part train (same-eye, score 0.61)",
            ),
        ],
    ),
}
LEFT_ALONE: list[tuple[str, Callable[[], Report]]] = [
    ("LAG712", lambda: _audit(make_manifest(200, 200), _shuffled())),
    ("LAG712", lambda: _audit(make_manifest(200, 200), _runs(100))),  # whole slices: said once, by LAG711
    ("LAG713", lambda: _audit(_measured(0.1), _plain(400))),
    ("LAG713", lambda: _audit(_measured(0.9, samples=8), _plain(8))),  # chance, in four pictures
    ("LAG721", lambda: _audit(MANIFEST, _plain())),
    (
        "LAG735",
        lambda: _audit(MANIFEST, _plain(8), overlaps=[_overlap((f"{N}/0020", f"{N}/0001", Relation.MIRRORED, 0.97))]),
    ),
    ("LAG722", lambda: _audit(MANIFEST, [(TRAIN, "NON_GLAUCOMA\\image\\0001.JPG"), (TEST, "/data/LAG/0002.png")])),
    ("LAG723", lambda: _audit(TWINS, [(TEST, f"{N}/0001.jpg"), (TRAIN, f"x/{S}/image/0001.jpg")])),
    ("LAG724", lambda: _audit(MANIFEST, _plain())),
    ("LAG725", lambda: _audit(MANIFEST, [*_plain(), (TRAIN, f"{N}/attention_map/0001.jpg")])),  # another file of it
    ("LAG727", lambda: _audit(MANIFEST, _plain())),
    ("LAG726", lambda: _audit(MANIFEST, [(TRAIN, "0001", "healthy"), (TEST, "0021", "1"), (TEST, "0022", "x")])),
    ("LAG731", lambda: _audit(MANIFEST, _plain(), _likeness((ONE, THREE, Relation.MIRRORED, 0.97)))),
    ("LAG731", lambda: _audit(MANIFEST, _plain(), _likeness((ONE, TWO, Relation.SAME_EYE, 0.97)))),
    ("LAG732", lambda: _audit(MANIFEST, _plain(), _likeness((ONE, THREE, Relation.SAME_EYE, 0.97)))),
]


def _shuffled() -> list[tuple[str, ...]]:
    parts = np.random.default_rng(5).permutation([TRAIN] * 300 + [TEST] * 100)
    return [(str(part), f"{N if i < 201 else S}/{i:04d}") for i, part in enumerate(parts, 1)]


def _result(report: Report, code: str) -> Result:
    (result,) = [result for result in report.results if result.check.code == code]
    return result


@pytest.mark.parametrize("code", FOUND)
def test_finds(code: str) -> None:
    make, expected = FOUND[code]
    result = _result(make(), code)
    assert [(finding.path, finding.message) for finding in result.findings] == expected


@pytest.mark.parametrize(("code", "make"), LEFT_ALONE, ids=[f"{c}-{i}" for i, (c, _) in enumerate(LEFT_ALONE)])
def test_leaves_alone(code: str, make: Callable[[], Report]) -> None:
    result = _result(make(), code)
    assert (result.findings, result.status) == ((), Status.PASS)


def test_without_a_foreign_split_there_is_nothing_to_judge() -> None:
    report = validate(make_manifest(20, 20, split=[TRAIN, TEST] * 20), select=["splits"])
    for code in ("LAG721", "LAG722", "LAG723", "LAG724", "LAG725", "LAG726", "LAG727", "LAG731", "LAG732", "LAG735"):
        assert _result(report, code).status is Status.NOT_APPLICABLE
    for code in ("LAG731", "LAG732"):
        result = _result(_audit(MANIFEST, _plain(), _likeness(looked_for=[Relation.BYTE_IDENTICAL])), code)
        assert (result.status, result.reason) == (Status.NOT_APPLICABLE, "not looked for: was not asked for")


def test_the_same_mean_at_both_ends_is_another_distribution() -> None:
    finding, _ = _result(_audit(_wide(), _plain(400)), "LAG713").findings
    assert finding.message.startswith("part test: brightness (")
    difference = float(finding.message.partition("standardised difference ")[2].partition(",")[0])
    assert abs(difference) < 0.1


def test_every_tenth_to_test_is_an_order_too() -> None:
    names = [(TEST if i % 10 == 0 else TRAIN, f"{N if i < 501 else S}/{i:04d}") for i in range(1, 1001)]
    findings = _result(_audit(make_manifest(500, 500), names), "LAG712").findings
    words = "one in every 10, in the order of ids, is in part test"
    assert [finding.message for finding in findings] == [f"{N}: {words}", f"{S}: {words}"]


def test_parts_connected_by_a_sample_in_none_are_a_leak() -> None:
    pairs = _likeness((ONE, f"{N}/0003", Relation.NEAR_DUPLICATE, 0.9), (f"{N}/0003", TWO, Relation.TURNED, 0.9))
    names = [name for name in _plain() if "0003" not in name[1]]
    (finding,) = _result(_audit(MANIFEST, names, pairs), "LAG731").findings
    assert finding.message == (
        f"is in part test and is like {N}/image/0001.jpg in part train "
        f"by way of {N}/image/0003.jpg in no part (near-duplicate, turned)"
    )
    assert finding.related == (f"{N}/image/0001.jpg",)
    eyes = _likeness((ONE, f"{N}/0003", Relation.SAME_EYE, 0.9), (f"{N}/0003", TWO, Relation.TURNED, 0.9))
    report = _audit(MANIFEST, names, eyes)
    assert [len(_result(report, code).findings) for code in ("LAG731", "LAG732")] == [0, 1]
    assert any(remark.startswith("1 group of photographs that are alike, 1 in several") for remark in report.remarks)


@pytest.mark.parametrize("sizes", [(3, 3), (5, 2, 4), (1, 1, 6)])
def test_expected_changes_are_those_of_all_orders(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    parts = np.repeat(np.arange(len(sizes)), sizes)
    drawn = [np.count_nonzero(np.diff(rng.permutation(parts))) for _ in range(20_000)]
    mean, spread = expected_changes(parts)
    assert mean == pytest.approx(np.mean(drawn), abs=0.05)
    assert spread == pytest.approx(np.std(drawn), abs=0.05)
