"""What a notebook shows: the figures, in small tables, with nothing of the outside taken for markup."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from lagtool.checks.runner import validate
from lagtool.likeness import Likeness, Relation
from lagtool.likeness.pairs import COLUMNS
from lagtool.manifest import Manifest
from lagtool.render.notebook import MOST, render_notebook
from lagtool.stats import compute_stats
from tests.factories import make_manifest, row, rows

N = "non_glaucoma"
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


def _html(value: Manifest | object) -> _Tags:
    html: str = value._repr_html_()  # type: ignore[union-attr]
    assert "http" not in html
    read = _Tags(html)
    assert set(read.tags) <= {"div", "p", "b", "small", "table", "thead", "tbody", "tr", "th", "td"}
    assert read.tags.count("tr") <= (MOST + 1) * max(1, read.tags.count("table"))
    return read


def test_a_manifest_shows_what_is_there() -> None:
    manifest = make_manifest(3, 2, 2, 1, header={"root_name": EVIL})
    words = _html(manifest).words
    assert words[0] == f"Manifest of {EVIL}"
    at = words.index("total")
    assert words[at : at + 5] == ["total", "5", "5", "5", "3"]


def test_statistics_show_their_first_tables_and_say_that_there_are_more() -> None:
    words = _html(compute_stats(make_manifest(3, 2))).words
    assert words[0] == "LAG: 5 samples"
    assert re.fullmatch(r"[0-9]+ further tables: .*", words[-1])


def test_a_report_shows_the_verdict_and_the_worst_checks_first() -> None:
    spoilt = make_manifest([row("0001", image_state="truncated", image_message=EVIL), *rows(2, 2, first=2)])
    words = _html(validate(spoilt, select=["LAG301", "LAG501"])).words
    assert words[0].startswith("FAIL: 3 errors, ")
    first = words.index("LAG301")
    assert words[first + 2] == "error"
    assert EVIL in words[first + 3]
    assert words.index("LAG501") > first
    fine = _html(validate(make_manifest(2, 2), select=["LAG301"]))
    assert (fine.words[0].split(":")[0], "table" in fine.tags) == ("PASS", False)


def _likeness(number: int) -> Likeness:
    pairs = [(f"{N}/{i:04d}", f"{N}/{i + 1:04d}", "near-duplicate", 0.9, "test/1", EVIL) for i in range(number)]
    table = pd.DataFrame(pairs, columns=list(COLUMNS)).astype({"score": "float64"})
    return Likeness(table, (Relation.NEAR_DUPLICATE,), {Relation.SAME_EYE: "was not asked for"}, 99)


@pytest.mark.parametrize("number", [0, 1, MOST, MOST + 1, 3000])
def test_likeness_shows_the_first_pairs_and_what_was_not_looked_for(number: int) -> None:
    words = _html(_likeness(number)).words
    assert words[0].startswith(f"{number:,} pair")
    assert "not looked for: same-eye, was not asked for" in words
    assert (f"the first {MOST} of {number:,} pairs: likeness.pairs has them all" in words) == (number > MOST)
    assert words.count(EVIL) == min(number, MOST)


def test_an_empty_manifest_is_shown(tmp_path: Path) -> None:
    assert "0 strays" in " ".join(_html(make_manifest(0, 0)).words)


def test_what_is_nothing_to_show_is_refused() -> None:
    with pytest.raises(TypeError, match="nothing to show of int"):
        render_notebook(3)
