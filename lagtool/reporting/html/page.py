"""The page: templates filled in, with scripts and styles that a Content-Security-Policy knows by their hashes."""

import base64
import hashlib
import json
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

_SCRIPTS = ("page.js", "filters.js", "marks.js", "table.js", "dialog.js", "gallery.js", "start.js")
_POLICY = (
    "default-src 'none'; script-src {script}; style-src {style}; img-src {images}; base-uri 'none'; form-action 'none'"
)


def render_page(context: dict[str, Any], data: dict[str, Any], *, pictures: bool) -> str:
    """Return the page as HTML.

    Whatever stands in ``context`` is text and is escaped, but for `markupsafe.Markup`.

    Args:
        context: What the templates show.
        data: What the script knows; fit for JSON.
        pictures: Whether the page may load pictures from files beside it.
    """
    environment = Environment(
        loader=PackageLoader("lagtool.reporting.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = "{:,}".format
    environment.filters["prose"] = format_prose
    environment.filters["breakable"] = lambda text: escape(text).replace("_", Markup("_<wbr>"))
    style = _read("report.css")
    script = '"use strict";\n(() => {\n' + "\n".join(_read(name) for name in _SCRIPTS) + "\n})();\n"
    policy = _POLICY.format(script=_hash(script), style=_hash(style), images="'self' file:" if pictures else "'none'")
    return environment.get_template("report.html").render(
        **context,
        policy=policy,
        style=_verbatim(style, "style"),
        script=_verbatim(script, "script"),
        data=embed_json(data),
    )


def format_prose(text: str) -> Markup:
    """Return a sentence of a docstring as HTML: it begins with a capital, and what stands in backticks is code."""
    parts = [escape(part) for part in (text[:1].upper() + text[1:]).split("`")]
    return Markup().join(part if at % 2 == 0 else Markup("<code>%s</code>") % part for at, part in enumerate(parts))


def embed_json(data: object) -> Markup:
    """Return JSON to stand in a ``script`` element: no character of it can end the element, a line or a comment."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 - escaped above


def _read(name: str) -> str:
    return resources.files("lagtool.reporting.html").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _verbatim(text: str, element: str) -> Markup:
    """Return a file of this package as the content of an element, which it must not end."""
    if f"</{element}" in text.lower() or "<!--" in text:
        raise ValueError(f"a file of the report ends its {element} element")
    return Markup(text)  # noqa: S704 - a file of this package
