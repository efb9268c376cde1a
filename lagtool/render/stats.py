"""Statistics in each of their formats; the same value gives the same string."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Literal

from lagtool.render.json_text import dump
from lagtool.render.stats_csv import render_csv
from lagtool.render.stats_markdown import render_markdown
from lagtool.render.stats_text import render_text
from lagtool.stats.facts import SHOWN
from lagtool.stats.records import Stats

StatsFormat = Literal["text", "json", "csv", "markdown"]
JSON_FORMAT = 2


def render_stats(
    stats: Stats,
    format: StatsFormat = "text",  # noqa: A002 - as the option is called
    *,
    facts: Sequence[str] = SHOWN,
    by: Literal["class", "part"] = "class",
) -> str:
    """Return ``stats`` as text (at most 80 columns), JSON, CSV (one figure per line) or GitHub Markdown.

    Args:
        stats: The statistics.
        format: The format.
        facts: Names of the facts whose distributions text and Markdown show; JSON and CSV have all of them.
        by: Whether text and Markdown show these per class or per part of the split.
    """
    renderers: dict[StatsFormat, Callable[[Stats], str]] = {
        "text": partial(render_text, facts=facts, by=by),
        "json": render_json,
        "csv": render_csv,
        "markdown": partial(render_markdown, facts=facts, by=by),
    }
    return renderers[format](stats)


def render_json(stats: Stats) -> str:
    """Return the fields of `Stats` as one JSON document in ASCII; ``format`` is the version of its shape."""
    return dump({"format": JSON_FORMAT, **asdict(stats)})
