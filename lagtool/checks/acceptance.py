"""Accepting findings: by marks on samples, by the rules of a configuration, each with a reason, and by a baseline."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from lagtool.checks.baseline import Baseline, key
from lagtool.checks.registry import CHECKS, FAMILIES
from lagtool.checks.report import Report, Result, Status
from lagtool.checks.settings import IgnoreRule
from lagtool.curation.apply import Fate, Placed
from lagtool.display import count, show
from lagtool.model import Accepted, Action, Finding


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
    first = ", ".join(f"{show(sample, 60)} {code}" for sample, code in idle[:3])
    more = ", ..." if len(idle) > 3 else ""
    marks = count(len(idle), "mark accepts", "marks accept")
    remark = f"curation {record.name}: {marks} what was not found ({first}{more}); correct or remove it"
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
