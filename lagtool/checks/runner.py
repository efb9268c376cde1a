"""Judging: run the checks over a manifest and draw the verdict."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from lagtool.checks.counts import Count, compare_counts
from lagtool.checks.evidence import Evidence, NotApplicable
from lagtool.checks.registry import CHECKS, Check, choose
from lagtool.manifest import Header, Manifest
from lagtool.model import Accepted, Finding, Severity
from lagtool.thresholds import Thresholds


class Status(StrEnum):
    """What came of one check."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    NOTED = "noted"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Result:
    """One check's findings, and why it did not apply where it did not."""

    check: Check
    status: Status
    findings: tuple[Finding, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """What all checks said about one data set.

    Attributes:
        header: The manifest's header: root name, profile, fingerprints.
        samples: Number of samples.
        results: One per check that was run, in order of code.
        counts: Expected against found, per class and slot.
        accepted: Findings that are known and accepted; they stand in no result and do not count for the verdict.
    """

    header: Header
    samples: int
    results: tuple[Result, ...]
    counts: tuple[Count, ...]
    accepted: tuple[Accepted, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings in order of code, then of the manifest."""
        return tuple(finding for result in self.results for finding in result.findings)

    def tally(self) -> dict[Severity, int]:
        """Return the number of findings per severity, the most severe first."""
        tally = Counter(finding.severity for finding in self.findings)
        return {severity: tally[severity] for severity in reversed(Severity)}

    def fails(self, threshold: Severity = Severity.ERROR) -> bool:
        """Whether there is a finding at or above ``threshold``."""
        return any(finding.severity.rank >= threshold.rank for finding in self.findings)


def validate(
    manifest: Manifest,
    *,
    select: list[str] | None = None,
    ignore: list[str] | None = None,
    thresholds: Thresholds | None = None,
) -> Report:
    """Run the checks over a manifest.

    Args:
        manifest: What to judge.
        select: Codes, beginnings of codes, names or families to run; None: all.
        ignore: The same, not to run.
        thresholds: What the checks compare with; None: the defaults.

    Raises:
        LagtoolError: ``select`` or ``ignore`` names no check.
    """
    chosen = choose(select) if select else {check.code for check in CHECKS}
    chosen -= choose(ignore or [])
    evidence = Evidence(manifest, thresholds or Thresholds())
    results = tuple(_run(check, evidence) for check in CHECKS if check.code in chosen)
    return Report(manifest.header, len(manifest.samples), results, tuple(compare_counts(evidence)))


def _run(check: Check, evidence: Evidence) -> Result:
    try:
        findings = tuple(
            Finding(check.code, check.severity, hit.message, hit.path, hit.sample, hit.related)
            for hit in check.function(evidence)
        )
    except NotApplicable as answer:
        return Result(check, Status.NOT_APPLICABLE, reason=str(answer))
    if not findings:
        return Result(check, Status.PASS)
    return Result(check, Status.NOTED if check.severity is Severity.NOTE else Status.FAIL, findings)
