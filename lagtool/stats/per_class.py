"""The same figures for every class and for all classes together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class PerClass(Generic[T]):
    """The same figures over all classes together and for each class, in the profile's order."""

    total: T
    classes: dict[str, T]

    def rows(self) -> Iterator[tuple[str | None, T]]:
        """Yield each class with its figures, then None with the total."""
        yield from self.classes.items()
        yield None, self.total

    def map(self, measure: Callable[[T], U]) -> "PerClass[U]":
        """Return what ``measure`` makes of each."""
        return PerClass(measure(self.total), {name: measure(one) for name, one in self.classes.items()})
