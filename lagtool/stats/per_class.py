"""The same figures for every class and for all classes together."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PerClass(Generic[T]):
    """The same figures over all classes together and for each class, in the profile's order."""

    total: T
    classes: dict[str, T]

    def rows(self) -> Iterator[tuple[str | None, T]]:
        """Yield each class with its figures, then None with the total."""
        yield from self.classes.items()
        yield None, self.total
