"""Numbers of files expected against those found, as several formats show them."""

from dataclasses import dataclass

from lagtool.checks.report import Report


@dataclass(frozen=True, slots=True)
class Expectation:
    """Expected against found.

    Attributes:
        name: The class, or ``all``, and what is counted.
        expected: Published number of files.
        found: Number of files that are there.
        total: Whether it is that of all classes together.
    """

    name: str
    expected: int
    found: int
    total: bool = False

    @property
    def difference(self) -> int:
        """Found minus expected."""
        return self.found - self.expected

    @property
    def signed(self) -> str:
        """The difference with its sign; 0 has none."""
        return f"{self.difference:+,}" if self.difference else "0"


def list_expectations(report: Report) -> list[Expectation]:
    """Return expected against found per slot and class, after each slot all classes together."""
    profile = report.header.profile
    made: list[Expectation] = []
    for slot in dict.fromkeys(row.slot for row in report.counts):
        noun = profile.noun(slot, 2)
        part = [
            Expectation(f"{row.class_name}, {noun}", row.expected, row.found)
            for row in report.counts
            if row.slot == slot and row.expected is not None
        ]
        if part:
            whole = sum(row.expected for row in part), sum(row.found for row in part)
            made += [*part, Expectation(f"all {noun}", *whole, total=True)]
    return made


def list_judged(report: Report) -> list[Expectation]:
    """Like `list_expectations`, where numbers were judged at all: none where none of their checks was run."""
    judged = any(result.check.family == "counts" for result in report.results)
    return list_expectations(report) if judged else []
