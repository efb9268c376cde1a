"""Options that several commands share, so that they read and behave the same everywhere."""

from enum import StrEnum
from typing import Annotated

import typer

from lagtool.scanning.workers import BackendName

_SOURCE = "The LAG folder, archive or URL, or a manifest (.parquet, .csv, .jsonl)."


class TextOrJson(StrEnum):
    """How to write a result that people or programs read."""

    TEXT = "text"
    JSON = "json"


Source = Annotated[str, typer.Argument(metavar="SOURCE", help=_SOURCE)]
OptionalSource = Annotated[str | None, typer.Argument(metavar="SOURCE", help=_SOURCE, show_default=False)]
PictureRoot = Annotated[
    str | None,
    typer.Option("--root", metavar="DIR", help="Where the pictures of a manifest lie, to compare them as well."),
]
ListColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns",
        metavar="ROLE=COLUMN,...",
        help="Columns of a list to take: name, split, class, group; by heading or number (from 1), or none.",
    ),
]
TextFormat = Annotated[TextOrJson, typer.Option("--format", help="How to write it.")]
ProfileName = Annotated[
    str | None,
    typer.Option(
        "--profile",
        help="What to expect: auto (the nearest release; default), lag, lag-part1, cvpr2019, or a TOML file.",
    ),
]
ConfigFile = Annotated[
    str | None,
    typer.Option(
        "--config", metavar="FILE", help="Configuration (default: the nearest lagtool.toml or pyproject.toml)."
    ),
]
NoConfig = Annotated[bool, typer.Option("--no-config", help="Use no configuration file.")]
CurationFile = Annotated[
    str | None,
    typer.Option("--curation", metavar="FILE", help="Marks on samples (see 'lagtool curate'): apply and record them."),
]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, max=256, help="Processes (default: one per core).")]
Backend = Annotated[BackendName | None, typer.Option("--backend", help="What does the work (default: processes).")]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="ADDRESS", help="Work on this Dask cluster: tcp://HOST:8786."),
]
Quick = Annotated[
    bool, typer.Option("--quick", help="Names, sizes, headers and labels only: nothing is decoded or hashed.")
]
MaxPixels = Annotated[
    int, typer.Option("--max-pixels", metavar="N", min=1, help="Do not decode pictures that claim more pixels.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar and no remarks on stderr.")]
Force = Annotated[bool, typer.Option("--force", "-f", help="Replace what is there.")]
OutputFile = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file instead of stdout.")
]
