"""Progress on stderr: a bar on a terminal, silence elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lagtool.workers import Engine

Advance = Callable[[int], None]


@contextmanager
def progress(
    description: str, total: int | None, unit: str, *, quiet: bool, engine: Engine | None = None
) -> Iterator[Advance]:
    """Show a bar with rate and time left while the block runs; yield a function that takes how many more are done.

    With an engine, the bar says on what the work is done, as it is at the moment.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Task as RichTask
    from rich.text import Text

    class Rate(TextColumn):
        def __init__(self) -> None:
            super().__init__("")

        def render(self, task: RichTask) -> Text:
            return Text(f"{task.speed:,.0f} {unit}/s" if task.speed else "", style="progress.data.speed")

    class Place(TextColumn):
        def __init__(self) -> None:
            super().__init__("")

        def render(self, _task: RichTask) -> Text:
            return Text("" if engine is None else engine.describe(), style="progress.data.speed")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        *(() if engine is None else (Place(),)),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=total)
        yield lambda done: bar.advance(task, done)
