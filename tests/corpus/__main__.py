"""Runs the whole corpus, a process per case, and prints what came of it: ``python -m tests.corpus [GROUP...]``."""

import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from tests.corpus.case import JUDGE, VALIDATE
from tests.corpus.run import Outcome, execute, run_measured
from tests.corpus.table import CASES


def main(wanted: list[str]) -> int:
    """Run the cases of the groups named, or all; return 1 where one went wrong."""
    outcomes: dict[str, list[tuple[str, Outcome]]] = defaultdict(list)
    baseline = _baseline()
    print(f"sound input takes {baseline:,.0f} MB")
    for case in CASES:
        if (wanted and case.group not in wanted) or case.needs():
            continue
        with tempfile.TemporaryDirectory() as folder:
            outcome = run_measured(case, Path(folder), baseline=baseline)
        outcomes[case.group].append((case.name, outcome))
        for sentence in outcome.wrong:
            print(f"WRONG {case.title}: {sentence}", flush=True)
    print("| group | cases | wrong | hung | most seconds | most MB | the slowest; the largest |")
    print("|---|---:|---:|---:|---:|---:|---|")
    for group, done in outcomes.items():
        print(_row(group, done))
    print(_row("all", [one for some in outcomes.values() for one in some]))
    return int(any(one.wrong for some in outcomes.values() for _, one in some))


def _row(group: str, done: list[tuple[str, Outcome]]) -> str:
    slowest, largest = max(done, key=lambda one: one[1].seconds), max(done, key=lambda one: one[1].megabytes)
    wrong, hung = sum(bool(one.wrong) for _, one in done), sum(one.hung for _, one in done)
    return (
        f"| {group} | {len(done):,} | {wrong} | {hung} | {slowest[1].seconds:.1f} | {largest[1].megabytes:,.0f} "
        f"| {slowest[0]}; {largest[0]} |"
    )


def _baseline() -> float:
    """Return the MB that the two commands take on sound input, the larger of them."""
    from tests.corpus.case import Case, prepare

    peaks = []
    for command in (VALIDATE, JUDGE):
        with tempfile.TemporaryDirectory() as folder:
            prepare(Case("", "", lambda _: None), Path(folder))
            code, _, err, _, peak = execute(command, Path(folder), 60)
            assert code == 0, err
            peaks.append(peak)
    return max(peaks)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
