"""On 28 real photographs of 28 eyes: none of them is like another, and views of them are found again."""

from pathlib import Path

import numpy as np

from lagtool.duplicates.hashes import UPRIGHT
from lagtool.duplicates.same_eye import Candidate
from lagtool.duplicates.search import find_pairs
from lagtool.duplicates.verdict import SAME_EYE
from lagtool.manifest.header import Relation
from lagtool.scanning.scan import scan
from tests.benchmarks import views
from tests.benchmarks.likeness import (
    COPIES,
    Album,
    judge_album,
    positions_of,
    read_photographs,
    rephotograph_all,
    search,
)
from tests.benchmarks.views import Pixels

SOME = slice(0, 10)


def test_different_eyes_are_not_alike_nor_are_fellow_eyes(real_fundus: Path) -> None:
    found = find_pairs(scan(real_fundus), real_fundus)
    assert found.pairs.empty
    assert found.looked_for == tuple(Relation)


def test_copies_of_every_kind_are_found(real_fundus: Path) -> None:
    photographs = read_photographs(real_fundus)[0][SOME]
    made, expected = [*photographs], set()
    for number, (view, relation) in enumerate(COPIES.values()):
        expected.add((number, len(made), relation))
        made.append(view(photographs[number], np.random.default_rng([number, 5])))
    assert set(positions_of(search(made))) == expected


def test_one_eye_photographed_again_is_found(real_fundus: Path) -> None:
    album = rephotograph_all(read_photographs(real_fundus)[0][SOME], 1, 9)
    pairs = positions_of(search(album.pictures))
    assert [pair for pair in pairs if album.eyes[pair[0]] != album.eyes[pair[1]]] == []
    assert len(pairs) >= 9


def test_a_dirty_lens_makes_no_two_eyes_one(real_fundus: Path) -> None:
    dirt = views.draw_dirt(np.random.default_rng(1), 60)
    photographs = [views.soil(p, dirt) for p in read_photographs(real_fundus)[0][SOME]]
    assert positions_of(search(photographs)) == []
    pairs = [Candidate(i, j, UPRIGHT) for j in range(len(photographs)) for i in range(j)]
    judged = judge_album(Album(photographs, range(len(photographs))), 1, pairs=pairs)
    assert judged.different_pairs == len(pairs)
    assert (judged.different < SAME_EYE).all()


def test_fibres_on_the_camera_make_no_few_hazy_eyes_one_and_hide_none(real_fundus: Path) -> None:
    rng = np.random.default_rng(5)
    fibres = views.draw_fibres(np.random.default_rng(40), 40)

    def take(photograph: Pixels, at: tuple[float, float]) -> Pixels:
        how = views.Visit(haze=0.7, blur=1.5, noise=2, at=at)
        return views.reencode(views.soil(views.visit(photograph, how, rng), fibres), rng)

    photographs = read_photographs(real_fundus)[0][:3]
    pictures = [*(take(p, (0.0, 0.0)) for p in photographs), *(take(p, (0.01, -0.01)) for p in photographs)]
    found = search(pictures)
    assert {(a, b) for a, b, _ in positions_of(found)} == {(0, 3), (1, 4), (2, 5)}
    assert [remark for remark in found.remarks if "dust on the camera or one eye, cannot tell" in remark]
