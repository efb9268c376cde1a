"""Judging: run the checks over a manifest and draw the verdict."""

from dataclasses import replace

from lagtool.checks.acceptance import Baseline, accept_known, accept_marked, accept_with_reason, read_baseline
from lagtool.checks.counts import compare_counts
from lagtool.checks.evidence import Evidence, NotApplicable
from lagtool.checks.registry import CHECKS, Check, choose
from lagtool.checks.report import Report, Result, Status, Verdict
from lagtool.checks.settings import Settings
from lagtool.checks.thresholds import Thresholds
from lagtool.curation.apply import apply_curation, recorded_marks
from lagtool.curation.read import read_curation
from lagtool.manifest.releases import rejudge
from lagtool.manifest.value import Manifest
from lagtool.model import Finding
from lagtool.scanning.source import Source, open_manifest

__all__ = ["Report", "Result", "Status", "Verdict", "validate"]


def validate(
    source: Source,
    *,
    select: list[str] | None = None,
    ignore: list[str] | None = None,
    thresholds: Thresholds | None = None,
    settings: Settings | None = None,
    baseline: Baseline | None = None,
) -> Report:
    """Run the checks over a dataset.

    Args:
        source: Its manifest, or the path or URL of a tree (read now) or of a manifest file.
        select: Codes, beginnings of codes, names or families to run; None: those of ``settings``, by default all.
        ignore: The same, not to run; None: those of ``settings``.
        thresholds: What the checks compare with; None: those of ``settings``.
        settings: What a configuration says (see `lagtool.load_settings`); None: the defaults. No file is looked for.
        baseline: Findings that are accepted; None: those of the file that ``settings`` name, if any.

    Raises:
        LagtoolError: ``select`` or ``ignore`` names no check, or a file that ``settings`` name, or ``source``, cannot
            be used.
    """
    asked = settings or Settings()
    evidence = Evidence(prepare(open_manifest(source, profile=asked.profile), asked), thresholds or asked.thresholds)
    return judge(evidence, select=select, ignore=ignore, settings=asked, baseline=baseline)


def prepare(manifest: Manifest, settings: Settings) -> Manifest:
    """Return the manifest as the settings want it judged: by their profile, with the marks of their curation.

    Raises:
        LagtoolError: The profile or the curation cannot be used.
    """
    judged = rejudge(manifest, settings.profile)
    return judged if settings.curation is None else apply_curation(judged, read_curation(settings.curation))


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
    known = baseline if baseline is not None or settings.baseline is None else read_baseline(settings.baseline)
    wanted = select or settings.select
    chosen = choose(wanted) if wanted else {check.code for check in CHECKS}
    chosen -= choose(settings.skip if ignore is None else ignore)
    results = tuple(
        _run(replace(check, severity=settings.severities.get(check.code, check.severity)), evidence)
        for check in CHECKS
        if check.code in chosen
    )
    manifest = evidence.manifest
    report = Report(manifest.header, len(manifest.samples), results, tuple(compare_counts(evidence)))
    report = accept_with_reason(accept_marked(report, recorded_marks(manifest)), settings.ignore)
    return report if known is None else accept_known(report, known)


def _run(check: Check, evidence: Evidence) -> Result:
    try:
        findings = tuple(
            Finding(check.code, check.severity, hit.message, hit.path, hit.sample, hit.related)
            for hit in check.function(evidence)
        )
    except NotApplicable as answer:
        return Result(check, reason=str(answer))
    return Result(check, findings)
