"""What a scan costs, beside its floors and peers: ``python -m tests.benchmarks.scan TREE``."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.meter import LAGTOOL, CommandFailed, Measure, median, megabytes, run

_TASK = [sys.executable, "-m", "tests.benchmarks.tasks"]


@dataclass(slots=True)
class Row:
    """One line of the table: a command, what it is compared with, and what was measured."""

    name: str
    command: Sequence[str] | None
    floor: str | None = None
    slow: bool = False
    own_clock: bool = False
    missing: str = "not there yet"
    peak: int | None = None
    measures: list[Measure] = field(default_factory=list)


def make_rows(tree: Path, temp: Path, datum: str | None) -> dict[str, Row]:
    """Return the rows, those of a floor before those that refer to it."""
    new, old = temp / "new.parquet", temp / "old.parquet"
    helped = _help("index")
    index = [*LAGTOOL, "index", str(tree), "-q", "-f"]

    def task(text: str, name: str, floor: str | None = None) -> Row:
        return Row(text, [*_TASK, name, str(tree)], floor, own_clock=True)

    def option(text: str, flag: str, command: list[str], floor: str) -> Row:
        return Row(text, [*command, flag] if flag in helped else None, floor)

    return {
        "decode": task("floor: simplejpeg, whole pictures, 2 processes", "decode"),
        "scan": task("`lagtool.scan(tree)`", "scan", "decode"),
        "index": Row("`lagtool index`", [*index, "-o", str(new)], "decode"),
        "start": Row("`lagtool index` of one sample (start-up)", [*_one_sample(tree, temp), "-o", str(temp / "1.csv")]),
        "load": task("peer: Pillow `load()`, 2 processes", "load", "decode"),
        "script": Row("peer: 30-line script", [*_TASK[:2], "tests.benchmarks.script", str(tree)], "decode", slow=True),
        "datum": Row(
            "peer: `datum stats` (images only)",
            [datum, "stats", f"{_link_images(tree, temp)}:imagenet"] if datum else None,
            "decode",
            slow=True,
            missing="not run: give --datum",
        ),
        "headers": task("floor: scandir, stat, read 4 KB", "headers"),
        "quick": option("`lagtool index --quick`", "--quick", [*index, "-o", str(temp / "quick.parquet")], "headers"),
        "stat": task("floor: scandir, stat", "stat"),
        "update": option("`lagtool index --update`, nothing changed", "--update", [*index, "-o", str(old)], "stat"),
        "hash": task("floor: read, sha256, 2 processes", "hash"),
        "verify": Row(
            "`lagtool verify`", [*LAGTOOL, "verify", str(tree), str(old)] if _help("verify") else None, "hash"
        ),
    }


def _help(command: str) -> str:
    wide = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run([*LAGTOOL, command, "--help"], capture_output=True, text=True, check=False, env=wide)
    return done.stdout if done.returncode == 0 else ""


def _one_sample(tree: Path, temp: Path) -> list[str]:
    for folder in sorted(path for path in tree.glob("*/*") if path.is_dir()):
        (temp / "one" / folder.relative_to(tree)).mkdir(parents=True)
    image = min(tree.glob("*/image/*.jpg"))
    for path in image.parents[1].glob(f"*/{image.stem}.*"):
        shutil.copy(path, temp / "one" / path.relative_to(tree))
    return [*LAGTOOL, "index", str(temp / "one"), "-q", "-f"]


def _link_images(tree: Path, temp: Path) -> Path:
    """Show the images as Datumaro's ``imagenet`` layout: a folder per class."""
    view = temp / "view"
    view.mkdir()
    for folder in tree.glob("*/image"):
        (view / folder.parent.name).symlink_to(folder.resolve(), target_is_directory=True)
    return view


def measure_rows(rows: dict[str, Row], temp: Path, rounds: int) -> None:
    """Run every row once for its memory, which also warms the cache, and then in turn, ``rounds`` times."""
    for number in range(rounds + 1):
        for key, row in rows.items():
            if row.command is None or (row.slow and number != 1):
                continue
            watch = number == 0 or row.slow  # a peer of one process leaves a core to the watcher
            try:
                measure = run(row.command, watch=watch, own_clock=row.own_clock, cwd=temp if key == "datum" else None)
            except CommandFailed as error:
                row.command, row.missing = None, f"failed: {error}"
                continue
            row.peak = measure.peak or row.peak
            if number:
                row.measures.append(measure)
            if key == "index" and number == 0:
                shutil.copy(temp / "new.parquet", temp / "old.parquet")
            print(f"round {number}: {row.name}: {measure.seconds:.2f} s", file=sys.stderr, flush=True)


def format_table(rows: dict[str, Row]) -> str:
    """Return the table in Markdown."""
    lines = ["| what | seconds (median) | range | ratio to its floor | peak memory |", "|---|---:|---:|---:|---:|"]
    start = median(rows["start"].measures) if rows["start"].measures else 0.0
    for row in rows.values():
        if row.command is None or not row.measures:
            lines.append(f"| {row.name} | *{row.missing}* | | | |")
            continue
        seconds = median(row.measures)
        times = [measure.seconds for measure in row.measures]
        ratio = ""
        if row.floor and rows[row.floor].measures:
            floor = median(rows[row.floor].measures)
            ratio = f"{seconds / floor:.2f}"
            if not row.own_clock and not row.slow:
                ratio += f" ({max(0.0, seconds - start) / floor:.2f} less start-up)"
        spread = f"{min(times):.2f}..{max(times):.2f}" if len(times) > 1 else "once"
        lines.append(f"| {row.name} | {seconds:.2f} | {spread} | {ratio} | {megabytes(row.peak)} |")
    return "\n".join(lines)


def format_peers(rows: dict[str, Row]) -> str:
    """Say how many times as long as the command each peer takes."""
    if not rows["index"].measures:
        return ""
    index = median(rows["index"].measures)
    peers = [row for row in rows.values() if row.name.startswith("peer: ") and row.measures]
    lines = [f"- {row.name.removeprefix('peer: ')}: {median(row.measures) / index:.1f}" for row in peers]
    return "\n".join(["Time of a peer over that of `lagtool index`:", "", *lines])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--datum", help="the executable of Datumaro, in an environment of its own")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = make_rows(options.tree.resolve(), Path(folder), options.datum)
        measure_rows(rows, Path(folder), options.rounds)
    print(format_table(rows), format_peers(rows), sep="\n\n")


if __name__ == "__main__":
    main()
