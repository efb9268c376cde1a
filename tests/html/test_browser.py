"""The page in a real browser: it opens quietly, filters, marks, survives a reload, and nothing hostile runs."""

import csv
import io
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lagtool.__main__ import run
from lagtool.manifest.header import ALL, Relation, Search
from lagtool.manifest.schema import PAIR_COLUMNS
from lagtool.manifest.value import Manifest, conform
from lagtool.reporting.html.writing import write_report
from lagtool.scanning.scan import scan
from tests.factories import make_manifest, row, unmatched_file
from tests.html.browser import Visit, open_browser
from tests.trees import write_tree

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HEADER = ["class", "id", "action", "value", "note", "image_sha256"]
HOSTILE = [
    "<img src=x onerror=window.ran=1>.jpg",
    "</script><script>window.ran=1</script>.jpg",
    "\" onmouseover=window.ran=1 x='.jpg",
    "a\u2028window.ran=1\u2029b.jpg",
    "{{ 7 * 7 }}{% raw %}.jpg",
    "<!--<script>.jpg",
]
ROOT = "LAG <b>&</b></title><script>window.ran=1</script>"
Open = Callable[..., Visit]


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def open_page(browser: "Browser") -> Iterator[Open]:
    contexts = []

    def visit(page: Path, **options: Any) -> Visit:
        context = browser.new_context(accept_downloads=True, **options)
        contexts.append(context)
        return Visit(context, page.as_uri())

    yield visit
    for context in contexts:
        context.close()


def _judged() -> Manifest:
    """A manifest with findings of every severity, a pair across classes, and hostile names of unmatched files."""
    samples = [row(f"{number:04d}", map=number % 2 == 0, image_brightness=40.0 + number) for number in range(1, 9)]
    samples += [row("0020", "suspicious_glaucoma", image_state="truncated", image_message="ends early </script>")]
    samples += [row("0021", "suspicious_glaucoma", image_exif=True), row("0022", "suspicious_glaucoma", label=False)]
    # What the scan shows of a name has gone through `show`; a manifest of strangers may hold anything printable.
    unmatched = [
        unmatched_file(name.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"), "name") for name in HOSTILE
    ]
    made = make_manifest(samples, unmatched=unmatched, header={"root_name": ROOT})
    pairs = conform(
        _frame([("non_glaucoma/0001", "suspicious_glaucoma/0021", "near-duplicate", 0.97, "pixels/2", "turned <i>")]),
        PAIR_COLUMNS,
    )
    search = Search(version=2, looked_for=tuple(ALL), not_looked_for={}, pictures=11)
    assert Relation.SAME_EYE in search.looked_for
    return replace(made, pairs=pairs, header=made.header.model_copy(update={"search": search}))


def _frame(rows: list[tuple[Any, ...]]) -> Any:
    import pandas as pd

    return pd.DataFrame(rows, columns=[column.name for column in PAIR_COLUMNS])


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(_judged(), tmp_path_factory.mktemp("plain") / "report")


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("gallery")
    root = write_tree(place / "LAG", 40, 30)
    (root / "non_glaucoma/image/0002.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    (root / "non_glaucoma/attention_map/0003.jpg").unlink()
    return write_report(scan(root), place / "report", root=root, thumbnails=True)


def _wait(holds: Callable[[], bool]) -> None:
    """Wait until something holds; Playwright's own way evaluates a string in the page, which the policy forbids."""
    end = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def _says(page: "Page", selector: str, words: str) -> None:
    _wait(lambda: words in page.locator(selector).inner_text())


def _visible(page: "Page", selector: str) -> int:
    return page.locator(selector).filter(visible=True).count()


def _download(page: "Page", button: str) -> list[list[str]]:
    with page.expect_download() as caught:
        page.click(button)
    assert caught.value.suggested_filename == "curation.csv"
    text = Path(caught.value.path()).read_bytes().decode("utf-8")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize("name", ["page", "gallery"])
def test_it_opens_without_complaint_or_network(name: str, request: pytest.FixtureRequest, open_page: Open) -> None:
    visit = open_page(request.getfixturevalue(name))
    visit.run("document.querySelectorAll('#cards').forEach(element => element.scrollIntoView())")  # pictures are lazy
    visit.page.wait_for_timeout(200)
    assert visit.complaints == []
    assert all(url.startswith("file://") for url in visit.requests)
    assert (len(visit.requests) == 1) == (name == "page")
    assert visit.run("document.querySelectorAll('[style], [onclick], [onerror], [onload]').length") == 0


def test_the_policy_stops_what_it_should(page: Path, open_page: Open) -> None:
    visit = open_page(page)
    visit.run("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran=1\">')")
    visit.run("fetch('https://example.org/').catch(() => 0)")
    visit.run(
        "(() => { const s = document.createElement('script'); s.text = 'window.ran=1'; document.body.append(s) })()"
    )
    visit.page.wait_for_timeout(100)
    assert visit.run("window.ran") is None
    assert len([text for text in visit.complaints if "Content Security Policy" in text]) >= 3


def test_nothing_hostile_runs_and_names_stay_text(page: Path, open_page: Open) -> None:
    visit = open_page(page)
    visit.run("document.querySelectorAll('details').forEach(element => element.open = true)")
    listed = visit.page.locator("#LAG007 .path").all_inner_texts()
    assert sorted(listed) == sorted(n.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029") for n in HOSTILE)
    assert visit.page.locator("h1").inner_text() == ROOT
    assert visit.run("window.ran") is None
    assert visit.run("document.querySelectorAll('main script, main img, main b b, main i').length") == 0


def test_findings_are_filtered_by_severity_text_family_and_class(page: Path, open_page: Open) -> None:
    visit = open_page(page)
    checks, lines = ".check[data-severity]", "#findings .lines > li"
    everything = visit.page.locator(checks).count()
    assert _visible(visit.page, checks) == everything > 5
    visit.page.click("#filters [data-severity=error]")
    assert _visible(visit.page, f"{checks}.error") == 0
    assert _visible(visit.page, f"{checks}.warning") > 0
    visit.page.click("#filters [data-severity=error]")
    visit.page.select_option("#f-family", "images")
    assert {
        *visit.run("[...document.querySelectorAll('.check[data-family]:not([hidden])')].map(e => e.dataset.family)")
    } == {"images"}
    visit.page.select_option("#f-family", "")
    visit.page.select_option("#f-class", "suspicious_glaucoma")
    shown = visit.run(
        "[...document.querySelectorAll('.check:not([hidden]) .lines > li:not([hidden])')].map(e => e.dataset.class)"
    )
    assert {*shown} == {"suspicious_glaucoma"}
    visit.page.select_option("#f-class", "")
    visit.page.fill("#f-text", "0020 truncated")
    visit.run("document.querySelectorAll('details').forEach(element => element.open = true)")
    assert _visible(visit.page, lines) == 1
    assert "1 finding of 1 check" in visit.page.locator("#filter-status").inner_text()
    visit.page.fill("#f-text", "no such words")
    assert _visible(visit.page, checks) == 0
    visit.page.click("#filters [type=reset]")
    _wait(lambda: _visible(visit.page, checks) == everything)


def test_marks_survive_a_reload_and_download_as_a_split_takes_them(page: Path, open_page: Open, tmp_path: Path) -> None:
    visit = open_page(page)
    browser_page = visit.page
    note = '=1+1, "quoted"\u2028</script><img src=x onerror=window.ran=1>'
    browser_page.locator("#LAG301 summary").first.click()
    browser_page.locator("#LAG301 li[data-sample] button").first.click()
    assert browser_page.locator("#sample-title").inner_text() == "suspicious_glaucoma/0020"
    browser_page.fill("#mark-note", note)
    browser_page.keyboard.press("Enter")
    browser_page.select_option("#mark-action", "relabel")
    browser_page.click("#mark-form button")
    browser_page.select_option("#mark-action", "accept")
    browser_page.select_option("#mark-code", "LAG301")
    browser_page.click("#mark-form button")
    browser_page.select_option("#mark-action", "keep-together")
    browser_page.fill("#mark-group", "no blanks")
    browser_page.click("#mark-form button")  # refused by the pattern of the field
    browser_page.fill("#mark-group", "pair-1")
    browser_page.click("#mark-form button")
    browser_page.keyboard.press("Escape")
    browser_page.reload()
    assert browser_page.locator("#marks-count").inner_text() == "4"
    rows = _download(browser_page, "#marks-download")
    digest = _judged().samples.set_index("id").loc["0020", "image_sha256"]
    same = ["suspicious_glaucoma", "0020"]
    clean = '\'=1+1, "quoted" </script><img src=x onerror=window.ran=1>'
    assert rows == [
        HEADER,
        [*same, "exclude", "", clean, digest],
        [*same, "relabel", "non_glaucoma", clean, digest],
        [*same, "accept", "LAG301", clean, digest],
        [*same, "keep-together", "pair-1", clean, digest],
    ]
    assert visit.run("window.ran") is None
    assert visit.complaints == []
    with (tmp_path / "curation.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    split = tmp_path / "split"
    _judged().write(tmp_path / "m.parquet")
    command = ["split", str(tmp_path / "m.parquet"), "-o", str(split), "--curation", str(tmp_path / "curation.csv")]
    assert run(command) == 0
    certificate = json.loads((split / "certificate.json").read_text())
    assert [one["sample"] for one in certificate["curation"]["excluded"]] == ["suspicious_glaucoma/0020"]
    assert certificate["curation"]["excluded"][0]["note"] == clean[1:]


def test_a_curation_file_is_loaded_checked_and_written_again(page: Path, open_page: Open, tmp_path: Path) -> None:
    visit = open_page(page)
    rows = [
        HEADER,
        ["non_glaucoma", "0001", "exclude", "", '\'-x, "y"\nz', ""],
        ["non_glaucoma", "9999", "accept", "", "", "a" * 64],
    ]
    good = tmp_path / "good.csv"
    with good.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerows(rows)
    visit.page.set_input_files("#marks-file", good)
    _says(visit.page, "#marks-status", "2 marks loaded")
    assert _download(visit.page, "#bar-download") == rows
    for text, words in [
        ("id,class\n", "the first line must be"),
        (",".join(HEADER) + "\nnon_glaucoma,0001,burn,,,\n", "no action is called 'burn'"),
        (",".join(HEADER) + "\nother,0001,exclude,,,\n", "no class is called 'other'"),
        (",".join(HEADER) + '\nnon_glaucoma,0001,exclude,,"open,\n', "a quotation mark is not closed"),
    ]:
        bad = tmp_path / "bad.csv"
        bad.write_text(text)
        visit.page.set_input_files("#marks-file", bad)
        _says(visit.page, "#marks-status", words)
    assert len(_download(visit.page, "#marks-download")) == 3
    visit.page.once("dialog", lambda dialog: dialog.dismiss())
    visit.page.click("#marks-clear")
    assert visit.page.locator("#marks-count").inner_text() == "2"
    visit.page.once("dialog", lambda dialog: dialog.accept())
    visit.page.click("#marks-clear")
    assert _visible(visit.page, "#bar") == 0


def test_refused_storage_is_told_and_marks_last_as_long_as_the_page(page: Path, browser: "Browser") -> None:
    context = browser.new_context()
    refuse = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('refused') } })"
    context.add_init_script(refuse)
    visit = Visit(context, page.as_uri())
    assert "refuses to store" in visit.page.locator("#marks-status").inner_text()
    visit.page.locator("#alike li[data-sample] button").first.click()
    visit.page.click("#mark-form button")
    visit.page.click("#sample-close")
    assert len(_download(visit.page, "#marks-download")) == 2
    assert visit.complaints == []
    context.close()


def test_like_photographs_can_be_kept_together(page: Path, open_page: Open) -> None:
    visit = open_page(page)
    for number in range(2):
        visit.page.locator("#alike .members button").nth(number).click()
        visit.page.select_option("#mark-action", "keep-together")
        visit.page.click("#mark-form button")
        visit.page.click("#sample-close")
    rows = _download(visit.page, "#marks-download")[1:]
    assert [cells[:4] for cells in rows] == [
        ["non_glaucoma", "0001", "keep-together", "group-1"],
        ["suspicious_glaucoma", "0021", "keep-together", "group-1"],
    ]


def test_the_gallery_filters_pages_and_shows_damage(gallery: Path, open_page: Open) -> None:
    visit = open_page(gallery)
    page = visit.page
    cards = "#cards > li"
    assert (page.locator(cards).count(), page.locator("#gallery-status").inner_text()) == (60, "1 – 60 of 70 samples")
    page.click("#page-after")
    assert page.locator(cards).count() == 10
    page.select_option("#g-class", "0")
    assert page.locator("#gallery-status").inner_text() == "1 – 40 of 40 samples"
    assert "damaged" in page.locator(cards).nth(1).inner_text()
    page.select_option("#g-map", "0")
    assert page.locator(f"{cards} .key").all_inner_texts() == ["0003"]
    page.click("#gallery-filters [type=reset]")
    _says(page, "#gallery-status", "70")
    page.select_option(
        "#g-code",
        visit.run("[...document.querySelector('#g-code').options].map(o => o.value).find(v => v.startsWith('LAG3'))"),
    )
    assert page.locator(f"{cards} .key").all_inner_texts() == ["0002"]
    page.select_option("#g-code", "")
    page.select_option("#g-sort", "brightness")
    page.fill("#g-brightness-low", "0")
    known = visit.run(
        "JSON.parse(document.querySelector('#data').textContent).samples.facts.brightness.filter(v => v !== null)"
    )
    assert page.locator("#gallery-status").inner_text().endswith(f"of {len(known)} samples")
    page.locator("#cards button").first.click()
    _wait(lambda: visit.run("[...document.querySelectorAll('#sample-frame img')].every(i => i.naturalWidth > 100)"))
    first = page.locator("#sample-title").inner_text()
    page.locator("#sample-close").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#sample-title").inner_text() != first
    page.click("#mark-form button")
    page.keyboard.press("Escape")
    page.select_option("#g-mark", "1")
    assert page.locator("#gallery-status").inner_text() == "1 – 1 of 1 sample"
    assert visit.complaints == []


def test_the_opacity_of_maps_is_set(gallery: Path, open_page: Open) -> None:
    visit = open_page(gallery)
    opacity = "getComputedStyle(document.querySelector('#cards .overlay')).opacity"
    assert visit.run(opacity) == "0"
    visit.page.locator("#g-opacity").fill("80")
    assert visit.run(opacity) == "0.8"


def test_the_keyboard_reaches_everything(page: Path, open_page: Open) -> None:
    visit = open_page(page)
    visit.page.keyboard.press("Tab")
    assert visit.run("document.activeElement.className") == "skip"
    assert visit.run("document.activeElement.getBoundingClientRect().left") >= 0
    visit.page.keyboard.press("Enter")
    seen = set()
    for _ in range(60):
        visit.page.keyboard.press("Tab")
        seen.add(
            visit.run("(e => e.id || e.dataset.severity || e.tagName + ' ' + e.className)(document.activeElement)")
        )
        if visit.run("document.activeElement !== document.body"):
            assert visit.run("getComputedStyle(document.activeElement).outlineStyle") != "none", seen
    assert {"f-text", "error", "f-family", "f-class"} <= seen
    assert any(name.startswith("SUMMARY") for name in seen)
    visit.page.locator("#LAG301 > summary").focus()
    visit.page.keyboard.press("Enter")
    assert visit.run("document.querySelector('#LAG301').open")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_the_toggle_and_have_contrast(page: Path, open_page: Open, scheme: str) -> None:
    visit = open_page(page, color_scheme=scheme)
    ground = "getComputedStyle(document.body).backgroundColor"
    before = visit.run(ground)
    assert (sum(map(int, re.findall(r"\d+", before))) < 384) == (scheme == "dark")
    visit.run("document.querySelectorAll('details').forEach(element => element.open = true)")
    assert visit.run(CONTRAST) == []
    visit.page.click("#theme")
    after = visit.run(ground)
    assert after != before
    visit.page.reload()
    assert visit.run(ground) == after


CONTRAST = """() => {
  const linear = (part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest('svg, script, :disabled')) continue;
    const both = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    const contrast = (both[0] + 0.05) / (both[1] + 0.05);
    if (contrast < 4.5) poor.push(`${element.tagName}.${element.className} ${contrast}: ${element.textContent}`);
  }
  return poor;
}"""
"""Texts whose contrast to what lies behind them is below that of WCAG 2 AA."""


def test_without_scripts_all_is_there_but_filters_and_marks(page: Path, open_page: Open) -> None:
    visit = open_page(page, java_script_enabled=False)
    lines = visit.page.locator("#findings .lines > li")
    assert lines.count() > 10
    assert _visible(visit.page, "#filters") + _visible(visit.page, "#marks-panel") + _visible(visit.page, "#theme") == 0
    assert _visible(visit.page, "svg.plot") > 0
    assert "Marks need JavaScript" in visit.page.locator("#marks").inner_text()
    visit.page.locator("#LAG301 > summary").click()
    assert _visible(visit.page, "#LAG301 .lines > li") == 1


@pytest.mark.parametrize("name", ["page", "gallery"])
def test_a_narrow_screen_needs_no_scrolling_sideways(
    name: str, request: pytest.FixtureRequest, open_page: Open
) -> None:
    visit = open_page(request.getfixturevalue(name), viewport={"width": 360, "height": 740})
    visit.run("document.querySelectorAll('details').forEach(element => element.open = true)")
    assert visit.run("document.documentElement.scrollWidth") <= 360
    assert visit.run("(area => area.scrollWidth <= area.clientWidth)(document.querySelector('#expected .scroll'))")
    visit.page.locator("#findings li[data-sample] button").filter(visible=True).first.click()
    assert visit.run("document.querySelector('#sample').scrollWidth <= document.querySelector('#sample').clientWidth")


def test_print_unfolds_the_findings(page: Path, open_page: Open) -> None:
    visit = open_page(page)
    visit.page.emulate_media(media="print")
    assert _visible(visit.page, "nav, #filters, #theme, #marks") == 0
    assert visit.page.locator("#LAG007 .path").first.evaluate("element => element.getBoundingClientRect().height") > 0
