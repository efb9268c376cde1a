"""How long work tells how far it is, without knowing who shows it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Advance = Callable[[int], None]
"""Called with how many are newly done."""

Bar = Callable[[str, int, str], AbstractContextManager[Advance]]
"""Makes a progress bar from what is done, how much there is to do, and its unit."""


@contextmanager
def no_bar(_title: str, _total: int, _unit: str) -> Iterator[Advance]:
    """Show nothing."""
    yield lambda _done: None
