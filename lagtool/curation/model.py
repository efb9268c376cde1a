"""A curation: the marks of one file."""

from dataclasses import dataclass

from lagtool.display import show
from lagtool.marks import Mark, fingerprint_marks


@dataclass(frozen=True, eq=False)
class Curation:
    """Marks, and where they stand.

    Attributes:
        name: Name of the file, fit to be shown.
        marks: The marks in the order of the file.
        sha256: Of the file; None where they came from a program.
        lines: The line of each mark; empty where there are none.
        remarks: What must be known of the reading.
    """

    name: str
    marks: tuple[Mark, ...]
    sha256: str | None = None
    lines: tuple[int, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The sha256 over the marks, whatever the order and form of the file."""
        return fingerprint_marks(self.marks)

    def place(self, number: int) -> str:
        """Return where a mark stands: file and line, or the sample that it is about."""
        if self.lines:
            return f"{self.name}, line {self.lines[number]}"
        return f"{self.name}, {show(self.marks[number].sample, 80)}"
