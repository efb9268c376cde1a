"""The section of findings: grouped by family and check, each with its explanation, and a cap on how many are listed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lagtool.checks.registry import FAMILIES, Check
from lagtool.checks.report import Report, Result
from lagtool.model import Finding
from lagtool.reporting.explanation import Explanation, read_explanation
from lagtool.reporting.verdict import AcceptedGroup, group_accepted, list_failed

MOST = 200
"""Findings listed per check, at most."""
_TOTAL = 4000
_LEAST = 10


@dataclass(frozen=True, slots=True)
class CheckBlock:
    """One check that found something.

    Attributes:
        check: The check.
        explanation: Its docstring.
        lines: The findings that are listed, each with the class that it concerns, or empty.
        total: Number of findings.
    """

    check: Check
    explanation: Explanation
    lines: tuple[tuple[Finding, str], ...]
    total: int

    @property
    def hidden(self) -> int:
        """How many findings are not listed."""
        return self.total - len(self.lines)


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that the checks said.

    Attributes:
        blocks: The checks with findings, the most severe first, then in order of code.
        quiet: Checks without findings that are not accepted.
        accepted: Findings that are known and accepted, by check and reason.
        remarks: On how it was judged.
        total: Number of findings.
        listed: Number of those that are listed.
        severities: Findings per severity, the most severe first, those without findings too.
        families: Findings per family, those with some.
        classes: Findings per class, those with some; the empty name: those that concern no one class.
    """

    blocks: tuple[CheckBlock, ...]
    quiet: tuple[Result, ...]
    accepted: tuple[AcceptedGroup, ...]
    remarks: tuple[str, ...]
    total: int
    listed: int
    severities: dict[str, int]
    families: dict[str, int]
    classes: dict[str, int]

    def by_family(self) -> list[tuple[str, list[CheckBlock]]]:
        """Return the checks by family: the families with the most severe findings first, the checks of each too."""
        found: dict[str, list[CheckBlock]] = {}
        for block in self.blocks:
            found.setdefault(block.check.family, []).append(block)
        return list(found.items())

    def samples(self) -> Iterator[str]:
        """Yield ``class/id`` of every sample that a listed finding names."""
        return (finding.sample for block in self.blocks for finding, _ in block.lines if finding.sample)


def make_ledger(report: Report) -> Ledger:
    """Return the findings of a report as they are to be listed."""
    found = list_failed(report)
    most = _cap([len(result.findings) for result in found])
    profile = report.header.profile
    homes = {profile.home(c.name): c.name for c in profile.classes}
    homes = homes if len(homes) == len(profile.classes) and "" not in homes else {}
    blocks = tuple(_block(result, most, homes) for result in found)
    families = Counter(result.check.family for result in found for _ in result.findings)
    classes = Counter(_class_of(finding, homes) for finding in report.findings)
    names = [*(c.name for c in profile.classes), ""]
    return Ledger(
        blocks=blocks,
        quiet=tuple(result for result in report.results if not result.findings),
        accepted=tuple(group_accepted(report)),
        remarks=report.remarks,
        total=sum(len(result.findings) for result in found),
        listed=sum(len(block.lines) for block in blocks),
        severities={severity.value: number for severity, number in report.tally().items()},
        families={family: families[family] for family in FAMILIES if families[family]},
        classes={name: classes[name] for name in names if classes[name]},
    )


def _cap(numbers: Sequence[int]) -> int:
    """Return how many findings per check are listed, so that all together stay below a limit."""
    for most in (MOST, 100, 50, 25):
        if sum(min(number, most) for number in numbers) <= _TOTAL:
            return most
    return _LEAST


def _block(result: Result, most: int, homes: dict[str, str]) -> CheckBlock:
    lines = tuple((finding, _class_of(finding, homes)) for finding in result.findings[:most])
    return CheckBlock(result.check, read_explanation(result.check.explanation), lines, len(result.findings))


def _class_of(finding: Finding, homes: dict[str, str]) -> str:
    if finding.sample:
        return finding.sample.rpartition("/")[0]
    for home, name in homes.items():
        if finding.path == home or finding.path.startswith(f"{home}/"):
            return name
    return ""
