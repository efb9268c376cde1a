"""Accepting findings: by marks on samples, by the rules of a configuration, each with a reason, and by a baseline."""

import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lagtool.checks.registry import CHECKS, FAMILIES
from lagtool.checks.report import Report, Result, Status
from lagtool.checks.settings import IgnoreRule
from lagtool.curation.apply import Fate, Placed
from lagtool.errors import LagtoolError
from lagtool.model import Accepted, Action, Finding
from lagtool.reading import load_file, read_file
from lagtool.text import count, join_some, show

Key = tuple[str, str, str, tuple[str, ...]]
_LIMIT = 1 << 30


@dataclass(frozen=True)
class Baseline:
    """Findings that are accepted wherever they turn up again.

    A finding is known by `key`, and as often as the baseline has it: a second one of the same key is new.

    Attributes:
        name: Name of the file, as reports show it.
        known: How often each key is known.
    """

    name: str
    known: Mapping[Key, int]


def key(finding: Finding) -> Key:
    """Return what tells a finding from others, whatever its sentence and severity: code, path, sample, other paths."""
    return finding.code, finding.path, finding.sample, tuple(sorted(finding.related))


def read_baseline(path: Path) -> Baseline:
    """Return the baseline in a file of findings: a report as JSON, or as JSON Lines.

    Raises:
        LagtoolError: It cannot be read, or is no such file.
    """
    if not os.path.lexists(path):
        raise LagtoolError(f"there is no baseline {show(path)}: write one with --write-baseline {show(path)}")
    return parse_baseline(load_file(path, _LIMIT, "baseline", follow=True), path.name)


def is_own_baseline(path: Path) -> bool:
    """Whether a file of findings says that lagtool wrote it: other programs, too, list ``findings`` in JSON."""
    try:
        read_baseline(path)
    except LagtoolError:
        return False
    text = (read_file(os.path.realpath(path), _LIMIT).data or b"").decode("utf-8-sig").lstrip()
    if _is_header(text.partition("\n")[0]):
        return True
    tool = json.loads(text).get("tool")
    return isinstance(tool, dict) and tool.get("name") == "lagtool"


def parse_baseline(data: bytes, name: str) -> Baseline:
    """Return the baseline that a file called ``name`` holds.

    JSON: an object whose ``findings`` are a list. JSON Lines: the first line is an object with ``"record": "report"``,
    the lines with ``"record": "finding"`` are findings, other records are passed over. A finding that the earlier
    report had accepted from a baseline of its own stays known.

    Raises:
        LagtoolError: It is neither.
    """
    try:
        known = Counter(_keys(data.decode("utf-8-sig")))
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, _NoFindingsError) else "it is not JSON"
        raise LagtoolError(
            f"{show(name)} is no file of findings ({why}): "
            "write one with 'lagtool validate SOURCE --write-baseline FILE' or '--format json -o FILE'"
        ) from None
    return Baseline(show(name), known)


class _NoFindingsError(ValueError):
    pass


def _keys(text: str) -> Iterator[Key]:
    first, _, rest = text.lstrip().partition("\n")
    if _is_header(first):
        for number, line in enumerate([first, *rest.split("\n")], 1):
            record = json.loads(line) if line.strip() else {}
            if not isinstance(record, dict):
                raise _NoFindingsError(f"line {number} is not a record")
            if record.get("record") == "finding" and _is_known(record):
                yield _key(record, f"line {number}")
        return
    document = json.loads(text)
    if not isinstance(document, dict) or not isinstance(document.get("findings"), list):
        raise _NoFindingsError("it has no list 'findings'")
    for number, record in enumerate(document["findings"], 1):
        yield _key(record, f"finding {number}")
    accepted = document.get("accepted")
    for number, record in enumerate(accepted if isinstance(accepted, list) else [], 1):
        if isinstance(record, dict) and _is_known(record):
            yield _key(record, f"accepted finding {number}")


def _is_header(line: str) -> bool:
    try:
        record = json.loads(line)
    except ValueError:
        return False
    return isinstance(record, dict) and record.get("record") == "report"


def _is_known(record: Mapping[str, Any]) -> bool:
    """Whether a record is to be known: not where a rule of a configuration or a mark accepted it, which still can."""
    return record.get("origin") not in ("config", "curation")


def _key(record: object, where: str) -> Key:
    fields = record if isinstance(record, dict) else {}
    code, path, sample = fields.get("code"), fields.get("path", ""), fields.get("sample", "")
    related = fields.get("related", [])
    if (
        isinstance(code, str)
        and isinstance(path, str)
        and isinstance(sample, str)
        and isinstance(related, list)
        and all(isinstance(other, str) for other in related)
    ):
        return code, path, sample, tuple(sorted(related))
    raise _NoFindingsError(f"{where} is no finding: it needs a code, and path, sample and related as text")


def accept_marked(report: Report, placed: Placed | None) -> Report:
    """Return the report without the findings of samples that marks accept or exclude; the note is the reason.

    A mark for one check comes before one for all of them, and that before an exclusion. What an exclusion does not
    settle: a split that has the sample all the same, and the marks themselves. Remarked on are marks for one check that
    cover nothing, though the check was run and had something to judge.
    """
    record = report.header.curation
    if record is None or placed is None:
        return report
    reasons: dict[tuple[str, str], str] = {}
    gone: dict[str, str] = {}
    for mark, fate, name in zip(placed.marks, placed.fates, placed.names, strict=True):
        if mark.action is Action.ACCEPT and fate is Fate.APPLIED:
            reasons[name, mark.value] = "; ".join(filter(None, (reasons.get((name, mark.value), ""), mark.note)))
        if mark.action is Action.EXCLUDE and fate is Fate.APPLIED:
            gone[name] = f"excluded: {mark.note}" if mark.note else gone.get(name, f"excluded in {record.name}")
    if not reasons and not gone:
        return report
    met: set[tuple[str, str]] = set()
    unsettled = {check.code for check in CHECKS if check.family in ("splits", "curation")}

    def judge(finding: Finding) -> Accepted | None:
        for which in ((finding.sample, finding.code), (finding.sample, "")):
            if which in reasons:
                met.add(which)
                return Accepted(finding, reasons[which] or f"marked as fine in {record.name}", "curation")
        if finding.sample in gone and finding.code not in unsettled:
            return Accepted(finding, gone[finding.sample], "curation")
        return None

    report = _accept(report, judge)
    judged = {result.check.code for result in report.results if result.status is not Status.NOT_APPLICABLE}
    judged |= {code for _, code in reasons if code} - {check.code for check in CHECKS}  # there is no such check
    idle = [name for name in reasons if name[1] in judged and name not in met]
    if not idle:
        return report
    first = join_some([f"{show(sample, 60)} {code}" for sample, code in idle])
    marks = count(len(idle), "mark accepts", "marks accept")
    remark = f"curation {record.name}: {marks} what was not found ({first}); correct or remove it"
    return replace(report, remarks=(*report.remarks, remark))


def accept_with_reason(report: Report, rules: Sequence[IgnoreRule]) -> Report:
    """Return the report without the findings that ``rules`` cover: these are accepted.

    Where several rules cover a finding, the narrowest gives the reason: one for a sample before one for a path before
    one for whole checks, then the one for fewer checks, then the first. Remarked on are rules that

    - cover nothing, though every check that they are for was run and one of them had something to judge;
    - are too broad: they cover a whole family without naming a path or sample, or findings in more than half of all
      samples.
    """
    if not rules:
        return report
    by_code: dict[str, list[int]] = defaultdict(list)
    for number in sorted(range(len(rules)), key=lambda number: _width(rules[number])):
        for code in rules[number].codes:
            by_code[code].append(number)
    samples: dict[int, set[str]] = {}

    def judge(finding: Finding) -> Accepted | None:
        found = [number for number in by_code.get(finding.code, ()) if rules[number].covers(finding)]
        for number in found:
            samples.setdefault(number, set()).add(finding.sample)
        return Accepted(finding, rules[found[0]].reason, "config") if found else None

    report = _accept(report, judge)
    remarks = (_remark(rule, report, samples.get(number)) for number, rule in enumerate(rules))
    return replace(report, remarks=(*report.remarks, *filter(None, remarks)))


def _width(rule: IgnoreRule) -> tuple[bool, bool, int]:
    return rule.sample is None, rule.path is None, len(rule.codes)


def accept_known(report: Report, baseline: Baseline) -> Report:
    """Return the report without the findings that ``baseline`` has, each as often as it has it: these are accepted.

    A known finding that a rule has accepted already counts as met again. Remarked on are those that did not turn up,
    unless their check was not run.
    """
    left = dict(baseline.known)

    def take(finding: Finding) -> bool:
        name = key(finding)
        if not left.get(name):
            return False
        left[name] -= 1
        return True

    for accepted in report.accepted:
        take(accepted.finding)
    reason = f"in the baseline {baseline.name}"
    report = _accept(report, lambda finding: Accepted(finding, reason, "baseline") if take(finding) else None)
    run = {result.check.code for result in report.results}
    skipped = {check.code for check in CHECKS} - run
    gone = sum(number for name, number in left.items() if name[0] not in skipped)
    if not gone:
        return report
    remark = f"fixed: {count(gone, 'finding')} of the baseline {baseline.name}; write the baseline again"
    return replace(report, remarks=(*report.remarks, remark))


def _accept(report: Report, judge: Callable[[Finding], Accepted | None]) -> Report:
    accepted: list[Accepted] = []
    results: list[Result] = []
    for result in report.results:
        judged = [(finding, judge(finding)) for finding in result.findings]
        left = tuple(finding for finding, answer in judged if answer is None)
        if len(left) == len(judged):
            results.append(result)
            continue
        accepted.extend(answer for _, answer in judged if answer is not None)
        results.append(replace(result, findings=left))
    return replace(report, results=tuple(results), accepted=(*report.accepted, *accepted))


def _remark(rule: IgnoreRule, report: Report, samples: set[str] | None) -> str | None:
    """Return what is to be said of a rule, given the samples with a finding that it covers (None: no finding)."""
    start = f"ignore rule for {rule.title}:"
    results = [result for result in report.results if result.check.code in rule.codes]
    if samples is None:
        judged = any(result.status is not Status.NOT_APPLICABLE for result in results)
        unused = judged and len(results) == len(rule.codes)
        return f"{start} unused, it matched no finding; correct or remove it" if unused else None
    families = [] if rule.path or rule.sample else _families(rule)
    if families:
        which = "any check" if len(rule.codes) == len(CHECKS) else " and ".join(families)
        return f"{start} broad, it accepts whatever {which} may find; name the checks"
    number = len(samples - {""})
    if 2 * number > report.samples:
        share = f"{number:,} of {count(report.samples, 'sample')}"
        return f"{start} broad, it accepts findings in {share}; a severity, threshold or profile would say so better"
    return None


def _families(rule: IgnoreRule) -> list[str]:
    """Return the families of several checks that the rule covers whole."""
    codes = {family: {check.code for check in CHECKS if check.family == family} for family in FAMILIES}
    return [family for family, members in codes.items() if len(members) > 1 and rule.codes >= members]
