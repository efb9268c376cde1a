"""Statistics in each of their formats; the same value gives the same string."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Literal

from lagtool.render.stats_csv import render_csv
from lagtool.render.stats_markdown import render_markdown
from lagtool.render.stats_text import render_text
from lagtool.stats.records import Stats

StatsFormat = Literal["text", "json", "csv", "markdown"]
JSON_FORMAT = 1


def render_stats(stats: Stats, format: StatsFormat = "text") -> str:  # noqa: A002 - as the option is called
    """Return ``stats`` as text (at most 80 columns), JSON, CSV (one figure per line) or GitHub Markdown."""
    renderers: dict[StatsFormat, Callable[[Stats], str]] = {
        "text": render_text,
        "json": render_json,
        "csv": render_csv,
        "markdown": render_markdown,
    }
    return renderers[format](stats)


def render_json(stats: Stats) -> str:
    """Return the fields of `Stats` as one JSON document in ASCII; ``format`` is the version of its shape."""
    return json.dumps({"format": JSON_FORMAT, **asdict(stats)}, indent=2, allow_nan=False) + "\n"
