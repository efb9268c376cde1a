"""What judging costs, beside reading the manifest: ``python -m tests.benchmarks.judging``.

Manifests of 11,760, 100,000 and 1,000,000 samples are built from columns (tests/benchmarks/columns.py), clean and with
several findings for every sample. Each figure comes from a process of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from lagtool.checks.runner import validate
from lagtool.manifest.value import read_manifest
from tests.benchmarks.columns import make_columns
from tests.benchmarks.meter import read_peak

SIZES = (11_760, 100_000, 1_000_000)


def measure(size: int, many: bool, path: Path | None) -> dict[str, Any]:
    """Return seconds and bytes: of the manifest (built, or read from ``path``), and of judging it.

    The first run of all checks is the figure; ``again`` is the quickest of three further ones, which pay no imports.
    """
    started = time.perf_counter()
    manifest = read_manifest(path) if path else make_columns(size, many=many)
    made = time.perf_counter()
    before = read_peak(os.getpid())
    report = validate(manifest)
    judged = time.perf_counter()
    found = {"findings": len(report.findings), "manifest": made - started, "judge": judged - made}
    found |= {"before": before, "peak": read_peak(os.getpid())}
    del report
    rounds = []
    for _ in range(3):
        started = time.perf_counter()
        validate(manifest)
        rounds.append(time.perf_counter() - started)
    return found | {"again": min(rounds)}


def _run(task: str, size: int, many: bool, path: Path | None = None) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.judging", "--one", task, str(size), str(int(many)), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit((done.stderr.strip() or f"ended with {done.returncode}").splitlines()[-1])
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.2f} GB"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        task, size, many, path = options.one
        if task == "write":
            make_columns(int(size), many=many == "1").write(Path(path))
        measured = {} if task == "write" else measure(int(size), many == "1", Path(path) if task == "read" else None)
        print(json.dumps(measured))
        return
    print("| samples | findings | judge, first | judge, again | peak with the manifest | of this, manifest | ", end="")
    print("read Parquet | peak, read and judged |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    for many in (False, True):
        for size in options.sizes:
            built = _run("build", size, many)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "manifest.parquet"
                _run("write", size, many, path)
                read = _run("read", size, many, path)
            row = (
                f"{size:,}",
                f"{built['findings']:,}",
                f"{built['judge']:.2f} s",
                f"{built['again']:.2f} s",
                _gigabytes(built["peak"]),
                _gigabytes(built["before"]),
                f"{read['manifest']:.2f} s",
                _gigabytes(read["peak"]),
            )
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
