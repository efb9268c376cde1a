"""What goes to the terminal: the result on stdout, notes on stderr, colours where it can show them."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lagtool.output.progress import Advance
from lagtool.scanning.workers import Backend


def wants_color() -> bool:
    """Whether stdout takes colours: it is a terminal, not a dumb one, and NO_COLOR is not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write_result(text: str, output: str | None) -> None:
    """Write the result of a command to the file that ``--output`` names, or else to stdout.

    Raises:
        LagtoolError: The file cannot be written.
    """
    if output is None:
        sys.stdout.write(text)
        return
    from lagtool.output.writing import write_bytes

    write_bytes(Path(output), text.encode())


def tell(text: str) -> None:
    """Say on stderr what has to be known beside the result."""
    print(f"lagtool: note: {text}", file=sys.stderr)


@contextmanager
def progress(
    description: str, total: int | None, unit: str, *, quiet: bool, backend: Backend | None = None
) -> Iterator[Advance]:
    """Show a bar with rate and time left while the block runs; yield a function that takes how many more are done.

    With a backend, the bar says on what the work is done, as it is at the moment.
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
        *(() if backend is None else (Told(lambda _task: backend.describe()),)),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=total)
        yield lambda done: bar.advance(task, done)
