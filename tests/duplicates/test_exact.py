"""Identical pictures are found in the columns, each paired with the first of its kind."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from lagtool.duplicates.search import find_pairs
from lagtool.manifest.header import Relation
from lagtool.manifest.value import Manifest
from tests.factories import fake_sha256, make_manifest, row


def _manifest(*marks: tuple[str, str | None]) -> Manifest:
    rows = [
        row(f"{n:04d}", image_sha256=fake_sha256(file), image_pixels_sha256=pixels and fake_sha256(pixels))
        for n, (file, pixels) in enumerate(marks, 1)
    ]
    return make_manifest(rows)


def _rows(manifest: Manifest) -> list[tuple[str, str, str]]:
    pairs = find_pairs(manifest).pairs
    return [(a[-4:], b[-4:], r) for a, b, r in pairs[["a", "b", "relation"]].itertuples(index=False)]


def test_each_is_paired_with_the_first() -> None:
    manifest = _manifest(("x", "p"), ("x", "p"), ("y", "p"), ("x", "p"), ("y", "p"), ("z", "q"))
    assert _rows(manifest) == [
        ("0001", "0002", "byte-identical"),
        ("0001", "0004", "byte-identical"),
        ("0003", "0005", "byte-identical"),
        ("0001", "0003", "pixel-identical"),
    ]


def test_different_pictures_are_left_alone() -> None:
    assert _rows(_manifest(("x", "p"), ("y", "q"), ("z", None), ("w", None))) == []


def test_empty_files_are_not_alike() -> None:
    rows = [row(f"{n:04d}", image_sha256=fake_sha256(""), image_bytes=0, image_state="empty") for n in (1, 2)]
    assert find_pairs(make_manifest(rows)).pairs.empty


def test_without_pictures_the_rest_is_said_not_to_be_looked_for() -> None:
    found = find_pairs(_manifest(("x", "p")))
    assert found.looked_for == (Relation.BYTE_IDENTICAL, Relation.PIXEL_IDENTICAL)
    assert set(found.not_looked_for) == set(Relation) - set(found.looked_for)
    assert "needs the pictures" in found.not_looked_for[Relation.SAME_EYE]


def test_only_what_is_asked_for_is_listed() -> None:
    found = find_pairs(_manifest(("x", "p"), ("x", "p"), ("y", "p")), relations=["pixel-identical"])
    assert found.pairs["relation"].tolist() == ["pixel-identical"]
    assert found.not_looked_for[Relation.BYTE_IDENTICAL] == "was not asked for"


@given(st.lists(st.tuples(st.sampled_from("uvwxyz"), st.just(None)), min_size=1, max_size=12), st.randoms())
def test_the_order_of_rows_does_not_matter(marks: list[tuple[str, str | None]], random: Random) -> None:
    manifest = _manifest(*((file, file.upper()) for file, _ in marks))
    order = list(range(len(marks)))
    random.shuffle(order)
    mixed = Manifest(manifest.samples.iloc[order].reset_index(drop=True), manifest.unmatched, manifest.header)
    assert find_pairs(mixed).pairs.equals(find_pairs(manifest).pairs)
