"""What comes of judging: results per check, and the report that carries them all."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from lagtool.checks.counts import Count
from lagtool.checks.registry import Check
from lagtool.manifest.header import Header
from lagtool.model import Accepted, Finding, Severity
from lagtool.splits.leakage import Leakage
from lagtool.splits.summary import PartSummary
from lagtool.text import count, frame_html, show


class Status(StrEnum):
    """What came of one check: by the severity of its findings, whatever severity the verdict goes by."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    WARN = "warn"
    NOTE = "note"
    NOT_APPLICABLE = "not applicable"


class Verdict(StrEnum):
    """What a report comes to."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    NOT_CHECKED = "not checked"


_STATUSES = {Severity.ERROR: Status.FAIL, Severity.WARNING: Status.WARN, Severity.NOTE: Status.NOTE}


@dataclass(frozen=True, slots=True)
class Result:
    """One check's findings, and why it did not apply where it did not.

    Attributes:
        check: The check, with the severity that the settings give it, which is that of its findings.
        findings: What was found and is not accepted; what is stands in `Report.accepted`.
        reason: Why the check did not apply; empty where it did.
    """

    check: Check
    findings: tuple[Finding, ...] = ()
    reason: str = ""

    @property
    def status(self) -> Status:
        """What came of the check: `Status.PASS` too where all that was found is accepted."""
        if self.findings:
            return _STATUSES[self.check.severity]
        return Status.NOT_APPLICABLE if self.reason else Status.PASS


@dataclass(frozen=True, repr=False)
class Report:
    """What all checks said about one dataset.

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
    parts: tuple[PartSummary, ...] = ()
    leakage: Leakage | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings in order of code, then of the manifest; those that are accepted are not among them."""
        return tuple(finding for result in self.results for finding in result.findings)

    def to_frame(self) -> pd.DataFrame:
        """Return the findings, a row each: ``code``, ``name``, ``severity``, ``sample``, ``path``, ``message``."""
        rows = [
            (f.code, result.check.name, f.severity.value, f.sample, f.path, f.message)
            for result in self.results
            for f in result.findings
        ]
        return pd.DataFrame(rows, columns=["code", "name", "severity", "sample", "path", "message"])

    def __repr__(self) -> str:
        return f"<Report on {self._describe()}>"

    def _repr_html_(self) -> str:
        accepted = [count(len(self.accepted), "accepted finding")] if self.accepted else []
        return frame_html(self._describe(), self.to_frame(), [*accepted, *self.remarks])

    def _describe(self) -> str:
        found = ", ".join(count(number, severity.value) for severity, number in self.tally().items())
        name = show(self.header.root_name)
        return f"{name}: {self.verdict().value.upper()}, {found}, {count(len(self.results), 'check')}"

    def tally(self) -> dict[Severity, int]:
        """Return the number of findings per severity, the most severe first."""
        tally = Counter(finding.severity for finding in self.findings)
        return {severity: tally[severity] for severity in reversed(Severity)}

    @property
    def unchecked(self) -> str:
        """Why nothing was checked; empty where something was."""
        if not self.samples:
            return "there are no samples: name the folder of the dataset, or the profile that fits it"
        if self.parts and not self.parts[-1].samples:
            return "no name of the split is a sample of this dataset: name the dataset that it was made of"
        if not self.results:
            return "no check was run: select others"
        if all(result.status is Status.NOT_APPLICABLE for result in self.results):
            return "none of the checks that were run applies to this dataset: select others"
        return ""

    def verdict(self, threshold: Severity = Severity.ERROR) -> Verdict:
        """Return FAIL where a finding is at or above ``threshold``, else PASS, but where nothing was checked."""
        if self.fails(threshold):
            return Verdict.FAIL
        return Verdict.NOT_CHECKED if self.unchecked else Verdict.PASS

    def fails(self, threshold: Severity = Severity.ERROR) -> bool:
        """Whether there is a finding at or above ``threshold``."""
        return any(finding.severity.rank >= threshold.rank for finding in self.findings)
