"""Progress on stderr: a bar on a terminal, silence elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lagtool.progress import Advance
from lagtool.workers import Engine


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

    class Told(TextColumn):
        def __init__(self, tell: Callable[[RichTask], str]) -> None:
            super().__init__("")
            self.tell = tell

        def render(self, task: RichTask) -> Text:
            return Text(self.tell(task), style="progress.data.speed")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        Told(lambda task: f"{task.speed:,.0f} {unit}/s" if task.speed else ""),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        *(() if engine is None else (Told(lambda _task: engine.describe()),)),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=total)
        yield lambda done: bar.advance(task, done)
