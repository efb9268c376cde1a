"""Picture sizes, apart and mixed."""

import pytest

from lagtool.stats import compute_stats
from lagtool.stats.records import PublishedTable, Range, SizeCount
from tests.factories import make_manifest, row
from tests.stats.examples import small_manifest


def test_published_mixed_table_is_reproduced_in_every_class() -> None:
    stats = compute_stats(make_manifest(6882, 4878, 3432, 2392))
    assert stats.published_sizes == PublishedTable((112, 112), (500, 500), (500, 500))
    assert [mixed.files for _, mixed in stats.mixed_sizes.rows()] == [10_314, 7_270, 17_584]
    for _, mixed in stats.mixed_sizes.rows():
        assert mixed.width == mixed.height == mixed.complete_width == Range(112, 500, 500)
        assert mixed.matches
        assert mixed.complete_matches
    for slot, side in (("image", 500), ("map", 112)):
        for _, sizes in stats.sizes[slot].rows():
            assert sizes.width == sizes.height == Range(side, side, side)
            assert sizes.distinct == 1


@pytest.mark.parametrize(("profile", "n0", "n1"), [("lag-part1", 3143, 1711), ("cvpr2019", 3432, 2392)])
def test_releases_with_as_many_maps_as_images_cannot_match(profile: str, n0: int, n1: int) -> None:
    for _, mixed in compute_stats(make_manifest(n0, n1, profile=profile)).mixed_sizes.rows():
        assert mixed.width == mixed.complete_width == Range(112, 306, 500)
        assert mixed.matches is False
        assert mixed.complete_matches is False


@pytest.mark.parametrize("column", ["image_width", "image_height", "map_width", "map_height"])
def test_one_odd_side_breaks_the_match_of_its_class_only(column: str) -> None:
    odd = 501 if column.startswith("image") else 111
    samples = [row("0000") | {column: odd}, row("0001", map=False), row("0002", map=False)]
    samples += [row(f"{n:04d}", "suspicious_glaucoma", map=n == 3) for n in range(3, 6)]
    mixed = compute_stats(make_manifest(samples)).mixed_sizes
    assert [mixed.classes[name].matches for name in mixed.classes] == [False, True]
    assert mixed.total.matches is False


def test_sizes_apart_and_unknown_ones() -> None:
    stats = compute_stats(small_manifest())
    images = stats.sizes["image"].total
    assert (images.known, images.unknown, images.distinct) == (3, 1, 2)
    assert images.width == Range(500, 500, 640)
    assert images.height == Range(480, 500, 500)
    assert images.most_frequent == (SizeCount(500, 500, 2, 66.6667), SizeCount(640, 480, 1, 33.3333))
    assert stats.sizes["map"].total.width == Range(112, 112, 112)
    assert stats.mixed_sizes.total.width == Range(112, 112, 640)


def test_median_of_an_even_number_is_the_mean_of_the_two_in_the_middle() -> None:
    samples = [row("0001", image_width=500), row("0002", image_width=501)]
    assert compute_stats(make_manifest(samples)).sizes["image"].total.width == Range(500, 500.5, 501)


def test_rare_sizes_are_summed_up() -> None:
    samples = [row(f"{n:04d}", image_width=500 + n) for n in range(13)]
    sizes = compute_stats(make_manifest(samples)).sizes["image"].total
    assert len(sizes.most_frequent) == 10
    assert (sizes.distinct, sizes.other, sizes.other_percent) == (13, 3, 23.0769)


def test_no_pictures() -> None:
    stats = compute_stats(make_manifest())
    assert stats.sizes["image"].total.width is None
    assert stats.mixed_sizes.total.matches is None
    assert stats.mixed_sizes.total.complete_matches
