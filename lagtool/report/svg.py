"""SVG of matplotlib made fit for the page: no inline styles, colours of the theme, a title for screen readers."""

import html
import re

from markupsafe import Markup

INK, LINE = "#010101", "#020202"
"""Stand-ins for the colours of text and of rules; on the page they follow the theme."""

_CLASS = "#0300"
_HEAD = re.compile(r"^.*?<svg\b[^>]*?\bviewBox=\"([^\"]+)\"[^>]*>", re.DOTALL)
_UNWANTED = re.compile(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>|<!--.*?-->", re.DOTALL)
_STYLE = re.compile(r"\sstyle=\"([^\"]*)\"")
_FONT = re.compile(r"([0-9.]+)px")
_IDS = re.compile(
    r"\sid=\"(?:figure|patch|axes|line2d|text|matplotlib|xtick|ytick|legend|PolyCollection|QuadMesh|PathCollection|"
    r"FillBetween|LineCollection)[^\"]*\""
)


def class_color(number: int) -> str:
    """Return the stand-in for the colour of a class by its place in the profile; there are six, then they repeat."""
    return f"{_CLASS}{number % 6:02d}"


def embed(text: str, title: str, description: str) -> Markup:
    """Return the ``svg`` element of a file that matplotlib wrote, to stand inside a page.

    A strict Content-Security-Policy forbids ``style`` attributes, so their declarations become attributes; fonts are
    the page's, only their size is kept; stand-in colours become variables that the theme sets.

    Args:
        text: The file.
        title: What the plot shows, a few words.
        description: What can be seen in it, for those who cannot.
    """
    head = _HEAD.match(text)
    if head is None:
        raise ValueError("no SVG of matplotlib")
    body = _UNWANTED.sub("", text[head.end() :])
    body = _IDS.sub("", _STYLE.sub(_attributes, body))
    body = re.sub(r"\n\s*", "\n", body.replace('xlink:href="', 'href="')).replace("<g>\n</g>\n", "")
    body = body.replace(f'"{INK}"', '"currentColor"').replace(f'"{LINE}"', '"var(--rule)"')
    body = re.sub(rf'"{_CLASS}0([0-5])"', r'"var(--class-\1)"', body)
    body = re.sub(r"(\d\.\d\d)\d+", r"\1", body)  # a hundredth of a point is finer than any screen
    start = f'<svg viewBox="{head[1]}" role="img" class="plot" xmlns="http://www.w3.org/2000/svg">'
    words = f"<title>{html.escape(title)}</title><desc>{html.escape(description)}</desc>"
    return Markup(f"{start}{words}{body}")  # noqa: S704 - text was escaped here, and by matplotlib


def _attributes(match: "re.Match[str]") -> str:
    found = []
    for declaration in match[1].split(";"):
        name, colon, value = (part.strip() for part in declaration.partition(":"))
        if not colon or name == "font-family":
            continue
        if name == "font":
            size = _FONT.search(value)
            name, value = "font-size", size[1] if size else "10"
        found.append(f' {name}="{html.escape(html.unescape(value))}"')
    return "".join(found)
