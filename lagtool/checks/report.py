"""What comes of judging: results per check, and the report that carries them all."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from lagtool.checks.counts import Count
from lagtool.checks.registry import Check
from lagtool.header import Header
from lagtool.model import Accepted, Finding, Severity
from lagtool.notebook import Notebook
from lagtool.splits.leakage import Leakage
from lagtool.splits.portrait import Portrait


class Status(StrEnum):
    """What came of one check."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    NOTED = "noted"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Result:
    """One check's findings, and why it did not apply where it did not.

    Attributes:
        check: The check, with the severity that the settings give it.
        status: `Status.PASS` too where all that was found is accepted.
        findings: What was found and is not accepted; what is stands in `Report.accepted`.
        reason: Why the check did not apply.
    """

    check: Check
    status: Status
    findings: tuple[Finding, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Report(Notebook):
    """What all checks said about one data set.

    Attributes:
        header: The manifest's header: root name, profile, fingerprints.
        samples: Number of samples.
        results: One per check that was run, in order of code.
        counts: Expected against found, per class and slot.
        accepted: Findings that are known and accepted; they stand in no result and do not count for the verdict.
        remarks: Notes on how it was judged: ignore rules that are unused or too broad, a baseline that is out of date;
            what was read and looked for in a split.
        parts: The parts of a split that was audited, all together last; none where no split was.
        leakage: The share of its test samples that training has seen; None where no split was audited.
    """

    header: Header
    samples: int
    results: tuple[Result, ...]
    counts: tuple[Count, ...]
    accepted: tuple[Accepted, ...] = ()
    remarks: tuple[str, ...] = ()
    parts: tuple[Portrait, ...] = ()
    leakage: Leakage | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings in order of code, then of the manifest; those that are accepted are not among them."""
        return tuple(finding for result in self.results for finding in result.findings)

    def tally(self) -> dict[Severity, int]:
        """Return the number of findings per severity, the most severe first."""
        tally = Counter(finding.severity for finding in self.findings)
        return {severity: tally[severity] for severity in reversed(Severity)}

    def fails(self, threshold: Severity = Severity.ERROR) -> bool:
        """Whether there is a finding at or above ``threshold``."""
        return any(finding.severity.rank >= threshold.rank for finding in self.findings)
