"""The whole search, on small drawn trees with planted copies."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lagtool.duplicates.pairs import Likeness
from lagtool.duplicates.pictures import Shelf
from lagtool.duplicates.same_eye import FILES, extract_all
from lagtool.duplicates.search import find_pairs
from lagtool.errors import LagtoolError
from lagtool.files import open_store
from lagtool.files.local import LocalStore
from lagtool.manifest.header import Relation, choose_relations
from lagtool.manifest.value import Manifest
from lagtool.model import ScanOptions
from lagtool.profiles import load_profile
from lagtool.reading import Reading
from lagtool.scanning.scan import scan
from lagtool.synth import write_synthetic_tree
from tests.benchmarks.planted import KINDS, Plant, compare, plant
from tests.trees import write

COPIES, VIEWS = 16, 6


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest, list[Plant]]:
    """A tree of about 60 drawn eyes, 16 copies of eight kinds and 6 second views; its manifest; what was planted."""
    folder = tmp_path_factory.mktemp("likeness")
    write_synthetic_tree(folder / "SOURCE", profile=load_profile("lag"), scale=0.005, jobs=1)
    truth = plant(folder / "SOURCE", folder / "LAG", COPIES, VIEWS)
    return folder / "LAG", scan(folder / "LAG", jobs=1), truth


@pytest.fixture(scope="module")
def found(planted: tuple[Path, Manifest, list[Plant]]) -> Likeness:
    """All that is alike in it."""
    return find_pairs(planted[1], planted[0], jobs=1)


def test_what_a_killed_search_leaves_is_known_by_its_names(
    planted: tuple[Path, Manifest, list[Plant]], tmp_path: Path
) -> None:
    paths = planted[1].samples["image_path"].tolist()[:3]
    assert extract_all(Shelf(open_store(planted[0]), paths, [500] * 3), tmp_path, 1, lambda _done: None) == []
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)  # a later run removes folders with no other files


def test_planted_copies_are_found_and_none_is_invented(
    planted: tuple[Path, Manifest, list[Plant]], found: Likeness
) -> None:
    outcome = compare(planted[2], found)
    assert outcome.invented == []
    assert {kind: outcome.found[kind] for kind in KINDS} == dict.fromkeys(KINDS, (2, 2))
    assert outcome.found["second view"][0] >= VIEWS - 1
    assert found.looked_for == tuple(Relation)
    assert found.remarks == ()


def test_the_table_is_in_order(planted: tuple[Path, Manifest, list[Plant]], found: Likeness) -> None:
    samples = planted[1].samples
    position = {key: n for n, key in enumerate(samples["class"] + "/" + samples["id"])}
    rows = [(row["relation"], position[row["a"]], position[row["b"]]) for row in found.pairs.to_dict("records")]
    rank = {relation.value: n for n, relation in enumerate(Relation)}
    assert all(a < b for _, a, b in rows)
    assert rows == sorted(rows, key=lambda r: (rank[r[0]], r[1], r[2]))
    assert len({(a, b) for _, a, b in rows}) == len(rows), "one relation for each two pictures"
    assert found.pairs["score"].between(0, 1).all()
    assert found.pairs["method"].str.len().gt(0).all()


def test_the_order_of_rows_does_not_matter(planted: tuple[Path, Manifest, list[Plant]], found: Likeness) -> None:
    root, manifest, _ = planted
    order = np.random.default_rng(0).permutation(len(manifest.samples))
    mixed = replace(manifest, samples=manifest.samples.iloc[order].reset_index(drop=True))
    pd.testing.assert_frame_equal(find_pairs(mixed, root, jobs=1).pairs, found.pairs)


def test_the_number_of_processes_does_not_matter(
    planted: tuple[Path, Manifest, list[Plant]], found: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lagtool.duplicates.search._WORTH_PROCESSES", 1)
    pd.testing.assert_frame_equal(find_pairs(planted[1], planted[0], jobs=2).pairs, found.pairs)


def test_relations_can_be_chosen(planted: tuple[Path, Manifest, list[Plant]], found: Likeness) -> None:
    chosen = find_pairs(planted[1], planted[0], relations=["mirrored", "turned"], jobs=1)
    expected = found.pairs[found.pairs["relation"].isin(["mirrored", "turned"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(chosen.pairs, expected)
    assert chosen.looked_for == (Relation.MIRRORED, Relation.TURNED)
    assert chosen.not_looked_for[Relation.SAME_EYE] == "was not asked for"


def test_pictures_that_went_away_are_said(planted: tuple[Path, Manifest, list[Plant]], tmp_path: Path) -> None:
    root, manifest, _ = planted
    shutil.copytree(root, tmp_path / "LAG")
    for path in sorted((tmp_path / "LAG").glob("*/image/*.jpg"))[:3]:
        path.unlink()
    found = find_pairs(manifest, tmp_path / "LAG", relations=["same-eye"], jobs=1)
    assert found.remarks == ("3 of 76 pictures could not be opened, and were not searched (3 missing or unreadable)",)
    assert found.pictures == 73
    assert set(found.unsearched) >= {f"non_glaucoma/{name}" for name in ("0004", "0005", "0010")}
    assert "non_glaucoma/900002" in found.unsearched, "its picture is that of 0004, which stood for both"


@pytest.mark.parametrize("relations", [["same-eye"], ["copies"], ["all"]])
def test_other_files_than_the_manifests_are_not_compared(
    planted: tuple[Path, Manifest, list[Plant]], found: Likeness, tmp_path: Path, relations: list[str]
) -> None:
    root, manifest, _ = planted
    shutil.copytree(root, tmp_path / "LAG")
    paths = [tmp_path / "LAG" / path for path in manifest.samples["image_path"].tolist()[2:30]]
    contents = [path.read_bytes() for path in paths]
    for path, content in zip(paths, [*contents[14:], *contents[:14]], strict=True):
        path.write_bytes(content)
    again = find_pairs(manifest, tmp_path / "LAG", relations=choose_relations(relations), jobs=1)
    rows = [tuple(row) for row in again.pairs[["a", "b", "relation"]].to_numpy()]
    assert set(rows) < {tuple(row) for row in found.pairs[["a", "b", "relation"]].to_numpy()}
    swapped = {f"{path.parent.parent.name}/{path.stem}" for path in paths}
    by_pixels = again.pairs[~again.pairs["relation"].str.endswith("identical")]
    assert not swapped & {*by_pixels["a"], *by_pixels["b"]}
    assert "another file than the manifest's (sha256)" in again.remarks[0]
    assert again.unsearched
    assert swapped >= {key for key in again.unsearched if not key.split("/")[1].startswith("9")}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (Path.unlink, "76 missing or unreadable"),
        (lambda path: path.write_bytes(path.read_bytes()[:3000]), r"76 another file than the manifest's \(sha256\)"),
    ],
)
def test_a_folder_without_any_of_the_pictures_is_refused(
    planted: tuple[Path, Manifest, list[Plant]], tmp_path: Path, spoil: Callable[[Path], object], words: str
) -> None:
    root, manifest, _ = planted
    shutil.copytree(root, tmp_path / "LAG")
    for path in (tmp_path / "LAG").glob("*/image/*.jpg"):
        spoil(path)
    with pytest.raises(
        LagtoolError, match=rf"none of the 76 pictures .* \({words}; the first: non_glaucoma/image/0004"
    ):
        find_pairs(manifest, tmp_path / "LAG", jobs=1)
    with pytest.raises(LagtoolError, match=r"none of the [0-9]+ pictures"):
        find_pairs(manifest, tmp_path / "LAG", relations=choose_relations(["copies"]), jobs=1)


@pytest.mark.parametrize("after", [1, 40, 80, 160, 240])
def test_a_tree_that_goes_on_the_way_is_said(
    planted: tuple[Path, Manifest, list[Plant]], monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    root, manifest, _ = planted
    reads, read = 0, LocalStore.read

    def vanish(self: LocalStore, path: str, limit: int, **options: Any) -> Reading:
        nonlocal reads
        reads += 1
        return read(self, path if reads <= after else "gone", limit, **options)

    monkeypatch.setattr(LocalStore, "read", vanish)
    try:
        found = find_pairs(manifest, root, jobs=1)
    except LagtoolError as error:
        assert "none of the 76 pictures" in str(error)
    else:
        assert reads <= after or (found.unsearched and "could not be opened" in found.remarks[0])


def test_what_was_only_indexed_by_name_was_not_searched(planted: tuple[Path, Manifest, list[Plant]]) -> None:
    root, _, _ = planted
    found = find_pairs(scan(root, options=ScanOptions(quick=True), jobs=1), root, jobs=1)
    assert found.looked_for == ()
    assert set(found.not_looked_for.values()) == {"no picture was decoded and hashed when the dataset was indexed"}


def test_pictures_without_detail_are_like_nothing(tmp_path: Path) -> None:
    from tests.benchmarks.views import encode

    root = tmp_path / "LAG"
    for number, level in enumerate((0, 3, 40, 41, 200, 255), 1):
        picture = np.full((500, 500, 3), level, np.uint8)
        write(root / "non_glaucoma" / "image" / f"{number:04d}.jpg", encode(picture, 80 + number))
    write(root / "suspicious_glaucoma" / "image" / "0099.jpg", b"no picture")
    found = find_pairs(scan(root), root)
    assert found.pairs.empty
    assert found.pictures == 6
    damaged, plain = found.remarks
    assert damaged == "1 picture damaged, or not hashed: compared by bytes only"
    assert plain.startswith("6 pictures with a similar hash to another, but too little detail to compare")
    assert found.unsearched == ("suspicious_glaucoma/0099",)


def test_with_too_many_candidates_the_likeliest_are_compared_and_the_rest_is_said(
    planted: tuple[Path, Manifest, list[Plant]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lagtool.duplicates.search.MOST_CANDIDATES", 5)
    found = find_pairs(planted[1], planted[0], relations=["near-duplicate", "mirrored"], jobs=1)
    assert 1 <= len(found.pairs) <= 5
    assert len(found.remarks) == 1
    assert found.remarks[0].startswith("too many candidates: ")


def test_a_tree_without_pictures_has_nothing_alike(tmp_path: Path) -> None:
    root = tmp_path / "LAG"
    for name in ("non_glaucoma", "suspicious_glaucoma"):
        (root / name / "image").mkdir(parents=True)
        write(root / name / "label" / "0001.txt", b"0")
    found = find_pairs(scan(root), root)
    assert found.pairs.empty
    assert list(found.pairs.columns) == ["a", "b", "relation", "score", "method", "detail"]
