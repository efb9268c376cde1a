"""Judging: run the checks over a manifest and draw the verdict."""

from dataclasses import replace

from lagtool.checks.acceptance import accept_known, accept_marked, accept_with_reason
from lagtool.checks.baseline import Baseline, read_baseline
from lagtool.checks.counts import compare_counts
from lagtool.checks.evidence import Evidence, NotApplicable
from lagtool.checks.registry import CHECKS, Check, choose
from lagtool.checks.report import Report, Result, Status
from lagtool.checks.settings import Settings
from lagtool.choice import rejudge
from lagtool.curation import apply_curation, read_curation, recorded_marks
from lagtool.manifest import Manifest
from lagtool.model import Finding, Severity
from lagtool.thresholds import Thresholds

__all__ = ["Report", "Result", "Status", "validate"]


def validate(
    manifest: Manifest,
    *,
    select: list[str] | None = None,
    ignore: list[str] | None = None,
    thresholds: Thresholds | None = None,
    settings: Settings | None = None,
    baseline: Baseline | None = None,
) -> Report:
    """Run the checks over a manifest.

    Args:
        manifest: What to judge.
        select: Codes, beginnings of codes, names or families to run; None: those of ``settings``, by default all.
        ignore: The same, not to run; None: those of ``settings``.
        thresholds: What the checks compare with; None: those of ``settings``.
        settings: What a configuration says (see `lagtool.load_settings`); None: the defaults. No file is looked for.
        baseline: Findings that are accepted; None: those of the file that ``settings`` name, if any.

    Raises:
        LagtoolError: ``select`` or ``ignore`` names no check, or a file that ``settings`` name cannot be used.
    """
    asked = settings or Settings()
    judged = rejudge(manifest, asked.profile)
    if asked.curation is not None:
        judged = apply_curation(judged, read_curation(asked.curation))
    evidence = Evidence(judged, thresholds or asked.thresholds)
    return judge(evidence, select=select, ignore=ignore, settings=asked, baseline=baseline)


def judge(
    evidence: Evidence,
    *,
    settings: Settings,
    select: list[str] | None = None,
    ignore: list[str] | None = None,
    baseline: Baseline | None = None,
) -> Report:
    """Run the checks over what is at hand, whatever it is; see `validate` for the arguments.

    Raises:
        LagtoolError: ``select`` or ``ignore`` names no check, or a file that ``settings`` name cannot be used.
    """
    asked, judged = settings, evidence.manifest
    known = baseline if baseline is not None or asked.baseline is None else read_baseline(asked.baseline)
    wanted, left_out = select or asked.select, asked.skip if ignore is None else ignore
    chosen = choose(wanted) if wanted else {check.code for check in CHECKS}
    chosen -= choose(left_out)
    results = tuple(
        _run(replace(check, severity=asked.severities.get(check.code, check.severity)), evidence)
        for check in CHECKS
        if check.code in chosen
    )
    report = Report(judged.header, len(judged.samples), results, tuple(compare_counts(evidence)))
    report = accept_with_reason(accept_marked(report, recorded_marks(evidence.manifest)), asked.ignore)
    return report if known is None else accept_known(report, known)


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
