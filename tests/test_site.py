"""The site is built strictly, as by ``sphinx-build -W --keep-going docs site``, and looked into."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def _build(docs: Path, out: Path, builder: str = "html") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sphinx", "-b", builder, "-q", "-W", "--keep-going", str(docs), str(out)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    done = _build(ROOT / "docs", out)
    assert (done.returncode, done.stderr) == (0, "")
    return out


def test_every_page_is_there_and_asks_nothing_of_a_network(site: Path) -> None:
    pages = {page.stem for page in site.glob("*.html")}
    assert pages >= {page.stem for page in (ROOT / "docs").glob("*.md")} | {"index", "search"}
    for file in [*site.rglob("*.html"), *site.rglob("*.css")]:
        text = file.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|iframe|source)[^>]*\bsrc=\"([^\"]+)", text)
        loaded += re.findall(r"<link[^>]*\bhref=\"([^\"]+)", text)
        loaded += re.findall(r"(?:url\(|@import )[\"']?([^\"')]+)", text)
        assert not [one for one in loaded if re.match(r"(https?:)?//", one)], file.name


def test_what_stands_at_the_root_is_shown_with_its_links(site: Path) -> None:
    home = (site / "home.html").read_text(encoding="utf-8")
    assert 'href="first-hour.html"' in home
    assert 'href="changelog.html"' in home
    assert re.search(r'href="_downloads/\w+/CITATION\.cff"', home)
    assert "url=home.html" in (site / "index.html").read_text(encoding="utf-8")


def test_broken_links_and_lonely_pages_end_the_build(tmp_path: Path) -> None:
    for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "CITATION.cff", "LICENSE", "docs", "lagtool"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    with (tmp_path / "docs" / "split.md").open("a", encoding="utf-8") as page:
        page.write("\nSee [nothing](no-such-page.md), [no such heading](checks.md#no-such-heading)\n")
    (tmp_path / "docs" / "alone.md").write_text("# A page that no table of contents names\n", encoding="utf-8")
    done = _build(tmp_path / "docs", tmp_path / "site", "dummy")  # looks for all links, and writes no page
    assert done.returncode == 1
    for complaint in ("no-such-page.md", "no-such-heading", "alone.md"):
        assert complaint in done.stderr
