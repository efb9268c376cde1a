"""What values show of themselves: in a line, as a table, in a notebook; nothing of the outside is taken for markup."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import lagtool
from lagtool.checks.runner import validate
from lagtool.duplicates.pairs import COLUMNS, KINDS, Likeness, record_pairs
from lagtool.manifest.header import Relation
from lagtool.manifest.value import read_manifest
from lagtool.splits.split import make_split
from lagtool.stats import compute_stats
from tests.factories import make_manifest, row, rows
from tests.trees import write_tree

N, S = "non_glaucoma", "suspicious_glaucoma"
MOST = 20
EVIL = "<img src=x onerror=alert(1)>&\"'"


class _Tags(HTMLParser):
    """Collects the tags and the words of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _html(value: Any) -> _Tags:
    html: str = value._repr_html_()
    assert "http" not in html
    read = _Tags(html)
    assert set(read.tags) <= {"div", "p", "b", "small", "table", "thead", "tbody", "tr", "th", "td"}
    assert read.tags.count("tr") <= MOST + 1
    return read


def test_a_manifest_shows_what_is_there() -> None:
    manifest = make_manifest(3, 2, 2, 1, header={"root_name": EVIL})
    line = f"{EVIL}: 5 samples (3 {N}, 2 {S}), profile lag, 0 unmatched files"
    assert repr(manifest) == f"<Manifest of {line}>"
    words = [word for word in _html(manifest).words if word.strip()]
    assert words[0] == f"Manifest of {line}"
    at = words.index("total")
    assert words[at : at + 5] == ["total", "5", "5", "5", "3"]


def test_statistics_are_a_table_and_show_their_counts() -> None:
    stats = compute_stats(make_manifest(3, 2))
    assert repr(stats) == "<Stats of LAG: 5 samples, profile lag>"
    table = stats.to_frame()
    assert list(table.columns) == ["section", "slot", "class", "measure", "value"]
    found = table[(table["section"] == "counts") & (table["slot"] == "image") & (table["measure"] == "found")]
    assert dict(zip(found["class"], found["value"], strict=True)) == {"(all)": 5, N: 3, S: 2}
    words = _html(stats).words
    assert words[0] == "LAG: 5 samples, profile lag"
    assert "stats.to_frame() has every figure" in words


def test_a_report_is_a_table_of_findings() -> None:
    spoilt = make_manifest([row("0001", image_state="truncated", image_message=EVIL), *rows(2, 2, first=2)])
    report = validate(spoilt, select=["LAG301", "LAG501"])
    assert repr(report) == "<Report on LAG: FAIL, 3 errors, 0 warnings, 0 notes, 2 checks>"
    table = report.to_frame()
    assert list(table["code"]) == ["LAG301", "LAG501", "LAG501"]
    assert EVIL in table["message"][0]
    assert any(EVIL in word for word in _html(report).words)
    fine = validate(make_manifest(2, 2), select=["LAG301"])
    assert fine.to_frame().empty
    assert "table" not in _html(fine).tags


def _likeness(number: int) -> Likeness:
    pairs = [(f"{N}/{i:04d}", f"{N}/{i + 1:04d}", "near-duplicate", 0.9, "test/1", EVIL) for i in range(number)]
    table = pd.DataFrame(pairs, columns=list(COLUMNS)).astype({"score": "float64"})
    return Likeness(table, (Relation.NEAR_DUPLICATE,), {Relation.SAME_EYE: "was not asked for"}, 99)


@pytest.mark.parametrize("number", [0, 1, MOST, MOST + 1, 3000])
def test_likeness_shows_the_first_pairs_and_what_was_not_searched(number: int) -> None:
    words = _html(_likeness(number)).words
    assert words[0] == f"{f'{number:,} near-duplicate' if number else 'no pair'} among 99 pictures"
    assert "not searched for: same-eye, was not asked for" in words
    assert (f"{number - MOST:,} more rows" in words) == (number > MOST)
    assert words.count(EVIL) == min(number, MOST)


def test_an_empty_manifest_is_shown_and_is_true() -> None:
    empty = make_manifest(0, 0)
    assert (len(empty), bool(empty)) == (0, True)
    assert "0 unmatched files" in " ".join(_html(empty).words)


def test_a_sample_is_found_by_its_id_or_key() -> None:
    manifest = make_manifest(3, 2)
    ids = list(manifest.samples["id"])
    assert manifest[ids[0]]["id"] == ids[0]
    assert manifest[f"{N}/{ids[1]}"]["class"] == N
    with pytest.raises(KeyError, match="0 samples are called '7777': none"):
        manifest["7777"]


def test_an_id_of_two_classes_is_refused_with_both() -> None:
    manifest = make_manifest([row("0001"), row("0001", S)])
    assert manifest[f"{S}/0001"]["class"] == S
    with pytest.raises(KeyError, match=f"2 samples are called '0001': {N}/0001, {S}/0001"):
        manifest["0001"]


def test_a_filtered_manifest_is_one_that_can_be_written_and_read(tmp_path: Path) -> None:
    manifest = make_split(make_manifest(20, 10), ratios=(50, 50), names=("train", "test"))
    part = manifest.filter(split="train", class_=[N])
    assert set(part.samples["split"]) == {"train"}
    assert set(part.samples["class"]) == {N}
    part.write(tmp_path / "part.parquet")
    assert read_manifest(tmp_path / "part.parquet") == part
    assert len(manifest.filter(lambda samples: samples["class"] == S)) == 10
    assert len(manifest.filter(manifest.samples["image_bytes"] < 0)) == 0
    with pytest.raises(KeyError):
        manifest.filter(colour="red")


def test_a_filtered_manifest_keeps_the_pairs_of_its_samples(tmp_path: Path) -> None:
    manifest = make_manifest(4, 0)
    a, b, c = (f"{N}/{name}" for name in manifest.samples["id"][:3])
    table = pd.DataFrame(
        [(a, b, "near-duplicate", 0.9, "test/1", ""), (b, c, "near-duplicate", 0.9, "test/1", "")],
        columns=list(COLUMNS),
    ).astype(KINDS)
    looked: dict[Relation, str] = {
        relation: "was not asked for" for relation in Relation if relation is not Relation.NEAR_DUPLICATE
    }
    found = Likeness(table, (Relation.NEAR_DUPLICATE,), looked, 4, unsearched=(c,))
    part = record_pairs(manifest, found).filter(id=[a[-4:], b[-4:]])
    assert part.pairs is not None and list(part.pairs["b"]) == [b]
    assert part.header.search is not None and part.header.search.unsearched == ()
    part.write(tmp_path / "part.csv")
    assert read_manifest(tmp_path / "part.csv") == part


def test_use_cases_take_a_path_as_well(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "LAG", 6, 4)
    manifest = lagtool.scan(tree)
    manifest.write(tmp_path / "m.parquet")
    for place in (tree, str(tree), tmp_path / "m.parquet"):
        assert lagtool.validate(place).findings == lagtool.validate(manifest).findings
        assert lagtool.compute_stats(place) == lagtool.compute_stats(manifest)
        made = lagtool.make_split(place, ratios="50/50", names=("a", "b"))
        assert made.samples.equals(lagtool.make_split(manifest, ratios=(50, 50), names=("a", "b")).samples)
        assert lagtool.find_pairs(place, relations=["byte-identical"]).looked_for
    with pytest.raises(lagtool.LagtoolError, match="no such file or folder"):
        lagtool.validate(tmp_path / "none")


def test_pairs_of_a_tree_are_looked_for_in_its_pictures(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "LAG", 2, 1)
    assert Relation.SAME_EYE in lagtool.find_pairs(tree).looked_for
    assert Relation.SAME_EYE not in lagtool.find_pairs(lagtool.scan(tree)).looked_for


@pytest.mark.parametrize("text", ["70/15/15", "70,15,15", "70:15:15", "70 15 15", " 70 / 15 / 15 "])
def test_ratios_are_taken_as_people_write_them(text: str) -> None:
    manifest = make_manifest(20, 10)
    assert make_split(manifest, ratios=text).samples.equals(make_split(manifest, ratios=(70, 15, 15)).samples)
