"""Statistics in each of their formats; ``python -m tests.reporting.test_stats`` writes the expected files anew."""

import csv
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import get_args

import pytest
from rich.cells import cell_len

from lagtool.__main__ import run
from lagtool.manifest.value import Manifest
from lagtool.profiles import Profile, load_profile
from lagtool.reporting.markdown import escape_markdown
from lagtool.reporting.stats import StatsFormat, render_stats
from lagtool.stats import compute_stats
from lagtool.text import show
from tests.factories import make_manifest, row
from tests.stats.examples import small_manifest

EXPECTED = Path(__file__).parent / "stats"
FORMATS: tuple[StatsFormat, ...] = get_args(StatsFormat)
FILES: dict[StatsFormat, str] = {"text": "small.txt", "json": "small.json", "csv": "small.csv", "markdown": "small.md"}


def long_names() -> Manifest:
    """Return a manifest with names as long as they may be, and values that take two columns a character."""
    lag = load_profile("lag").model_dump()
    classes = [{"name": "a" * 99 + end, "label": n, "images": 10**9} for n, end in enumerate("xy")]
    profile = Profile.model_validate(lag | {"name": "p" * 100, "title": "眼底" * 60, "classes": classes})
    samples = [
        row("0001", "a" * 99 + "x", profile=profile, label_raw="\\x00" * 64, image_mode="眼" * 90, image_bytes=10**12),
        row("0002", "a" * 99 + "y", profile=profile, split="眼" * 100, fold=123_456_789, image_width=123_456_789),
    ]
    return make_manifest(samples, profile=profile, header={"root_name": "r" * 300})


@pytest.mark.parametrize("name", FORMATS)
def test_whole_output(name: StatsFormat) -> None:
    assert render_stats(compute_stats(small_manifest()), name) == (EXPECTED / FILES[name]).read_text("utf-8")


@pytest.mark.parametrize("manifest", [small_manifest(), make_manifest(), make_manifest(6882, 4878), long_names()])
def test_text_fits_80_columns(manifest: Manifest) -> None:
    lines = render_stats(compute_stats(manifest)).splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert not [line for line in lines if line != line.rstrip()]


def test_text_of_the_whole_database() -> None:
    text = render_stats(compute_stats(make_manifest(6882, 4878, 3432, 2392)))
    assert "  non_glaucoma          6,882   58.5      6,882   58.5          0\n" in text
    assert "  suspicious_glaucoma     7,270  112 x 112  500 x 500  500 x 500    yes\n" in text
    assert "complete copy" not in text


def test_text_says_where_the_published_table_cannot_be_met() -> None:
    text = " ".join(render_stats(compute_stats(make_manifest(2, 1, profile="lag-part1"))).split())
    assert "A complete copy of lag-part1 has min 112 x 112, median 306 x 306, max 500 x 500 over all classes" in text


@pytest.mark.parametrize("manifest", [small_manifest(), make_manifest(), long_names()])
def test_json_parses_back_to_the_same_figures(manifest: Manifest) -> None:
    stats = compute_stats(manifest)
    text = render_stats(stats, "json")
    assert text.isascii()

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    parsed = json.loads(text, parse_constant=refuse)
    assert parsed == {"format": 2, **json.loads(json.dumps(asdict(stats)))}
    assert list(parsed)[:2] == ["format", "subject"]


@pytest.mark.parametrize("manifest", [small_manifest(), make_manifest(), long_names()])
def test_csv_parses_back(manifest: Manifest) -> None:
    rows = list(csv.reader(io.StringIO(render_stats(compute_stats(manifest), "csv"))))
    assert rows[0] == ["section", "slot", "class", "measure", "value"]
    assert {len(line) for line in rows} == {5}
    assert len({tuple(line[:4]) for line in rows}) == len(rows), "every figure has one line"
    deviations = [line[4] for line in rows if line[3] == "deviation" and line[2] == "(all)" and line[1] == "image"]
    assert int(deviations[0]) == -((compute_stats(manifest).counts["image"].total.published or 0) - _images(manifest))


def _images(manifest: Manifest) -> int:
    return int(manifest.samples["image_path"].notna().sum())


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_csv_cells_are_no_formulas(start: str) -> None:
    manifest = make_manifest([row(label_raw=f"{start}1")], header={"root_name": f"{start}cmd"})
    rows = list(csv.reader(io.StringIO(render_stats(compute_stats(manifest), "csv"))))
    text_cells = [cell for line in rows for cell in line[:4]]
    assert not [cell for cell in text_cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert ["subject", "", "", "root_name", f"'{start}cmd"] in rows


@pytest.mark.parametrize("manifest", [small_manifest(), make_manifest(), long_names()])
def test_markdown_tables_have_even_rows(manifest: Manifest) -> None:
    for block in render_stats(compute_stats(manifest), "markdown").split("\n\n"):
        if block.startswith("|"):
            assert len({line.count("|") for line in block.splitlines()}) == 1


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("non_glaucoma", "non_glaucoma"),
        ("_x_", "&#95;x&#95;"),
        ("a|b", "a&#124;b"),
        ("0\\r\\n", "0&#92;r&#92;n"),
        ("<b>", "&#60;b&#62;"),
        ("[a](b)", "&#91;a&#93;(b)"),
        ("@all #1", "&#64;&#8203;all &#35;&#8203;1"),
        ("http://www.x", "http&#58;//www&#46;x"),
        ("Images: 1", "Images: 1"),
    ],
)
def test_markdown_is_escaped(text: str, escaped: str) -> None:
    assert escape_markdown(text) == escaped


@pytest.mark.parametrize("name", FORMATS)
def test_same_manifest_same_bytes(name: StatsFormat) -> None:
    assert render_stats(compute_stats(small_manifest()), name) == render_stats(compute_stats(small_manifest()), name)


@pytest.fixture
def source(tmp_path: Path) -> str:
    """A manifest file."""
    path = tmp_path / "manifest.parquet"
    small = small_manifest()
    small.write(path)
    return str(path)


@pytest.mark.parametrize("name", FORMATS)
def test_command(name: StatsFormat, source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = (EXPECTED / FILES[name]).read_text("utf-8")
    assert run(["stats", source, "--format", name]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == (expected, "")
    target = tmp_path / "stats.out"
    assert run(["stats", source, "--format", name, "-o", str(target)]) == 0
    assert target.read_bytes() == expected.encode()
    assert capsys.readouterr() == ("", "")


def test_command_with_another_profile(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stats", source, "--profile", "lag-part1", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["image"]["total"]["published"] == 4854


def test_command_reads_a_tree_and_writes_nothing_into_it(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stats", str(tree), "--quiet"]) == 0
    assert capsys.readouterr().out.startswith("LAG: 5 samples\n")
    target = tree / "stats.txt"
    assert run(["stats", str(tree), "--quiet", "-o", str(target)]) == 2
    assert show(target) in capsys.readouterr().err
    assert not target.exists()


def test_command_replaces_only_when_told(source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "stats.txt"
    target.write_text("mine")
    assert run(["stats", source, "-o", str(target)]) == 2
    assert "--force" in capsys.readouterr().err
    assert target.read_text() == "mine"
    assert run(["stats", source, "-o", str(target), "--force"]) == 0
    assert target.read_text("utf-8") == (EXPECTED / FILES["text"]).read_text("utf-8")


if __name__ == "__main__":
    for form, file in FILES.items():
        (EXPECTED / file).write_bytes(render_stats(compute_stats(small_manifest()), form).encode())
