"""The ledger at a glance: what was not judged takes no more room than it is worth."""

import lagtool
from lagtool.checks.registry import CHECKS
from tests.factories import make_manifest


def test_neighbours_with_nothing_to_judge_for_one_reason_share_a_line() -> None:
    report = lagtool.validate(make_manifest(3, 2))
    short, whole = (lagtool.render_report(report, most=most) for most in (5, None))
    blanks = " " * 42
    assert (
        f"  n/a   LAG721 to LAG727, 7 checks        no split of others: 'lagtool audit'\n{blanks}judges one\n" in short
    )
    assert "  n/a   LAG708  fold-numbers              the manifest has no folds\n" in short
    judged = [result.check for result in report.results if not result.reason]
    assert all(f"{check.code}  {check.name}" in short for check in judged)
    assert all(f"{check.code}  {check.name}" in whole for check in CHECKS)
    assert len(short.splitlines()) + 20 < len(whole.splitlines())
