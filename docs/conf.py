"""How Sphinx makes the site of these pages: ``sphinx-build -W --keep-going docs site``.

A broken link, or a page that no table of contents names, ends the build. The pages ask nothing of a network.
"""

import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from lagtool import __version__  # noqa: E402

project = "lagtool"
release = version = __version__
copyright = "the lagtool developers"  # noqa: A001 - Sphinx reads this name
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "home"
highlight_language = "none"
html_theme = "furo"
html_title = f"lagtool {__version__}"
html_logo = html_favicon = "pictures/icon.svg"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # checks.md and api.md start sections at the level that reads well

# Pages that stand at the root of the repository, where people look for them, and their place here.
FROM_ROOT = {"home": "README.md", "contributing": "CONTRIBUTING.md", "changelog": "CHANGELOG.md"}


def _put_root_page(app: Sphinx, name: str, source: list[str]) -> None:
    """Put the text of a page of the root before what its place here says, with links that start from docs/."""
    if name in FROM_ROOT:
        app.env.note_dependency(str(ROOT / FROM_ROOT[name]))  # so that a change of it is noticed
        text = (ROOT / FROM_ROOT[name]).read_text(encoding="utf-8")
        text = re.sub(r"\]\((?!https?:|mailto:|#)", "](../", text).replace("](../docs/", "](")
        source[0] = text + "\n" + source[0]
    # A link that is called like its file takes the title of the page.
    source[0] = re.sub(r"\[([\w-]+\.md)\]\((\1(?:#[\w-]+)?)\)", r"[](\2)", source[0])
    for page, file in FROM_ROOT.items():
        source[0] = source[0].replace(f"](../{file}", f"]({page}.md")


def _lead_to_home(app: Sphinx, failure: Exception | None) -> None:
    if failure is None:
        page = '<!doctype html><meta charset="utf-8"><title>lagtool</title><meta http-equiv="refresh" content="0; url='
        (Path(app.outdir) / "index.html").write_text(f'{page}{root_doc}.html">\n', encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Connect both."""
    app.connect("source-read", _put_root_page)
    app.connect("build-finished", _lead_to_home)
