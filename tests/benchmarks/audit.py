"""Two splits as they are often made, of a tree with planted copies, and what an audit says of them.

``python -m tests.benchmarks.audit TREE`` takes a tree that ``lagtool synth TREE`` drew (seed 0), plants copies and
second views in a folder beside it, and audits (a) slices of the sorted file names and (b) a random split of the files.
"""

import argparse
import json
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from lagtool import audit_split, find_pairs, render_report, scan
from lagtool.checks.report import Report
from lagtool.manifest.value import Manifest
from tests.benchmarks.planted import Plant, plant

SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}
LEAKS = {"LAG701", "LAG731", "LAG732"}


def write_slices(manifest: Manifest, path: Path) -> dict[str, str]:
    """Write a split by sorted file names within each class, as JSON by part and class; return the part of each key."""
    parts: dict[str, str] = {}
    document: dict[str, dict[str, list[str]]] = {part: {} for part in SHARES}
    for name, rows in manifest.samples.groupby("class"):
        files = sorted(rows["image_path"].tolist())
        ends = (np.cumsum(list(SHARES.values())) * len(files)).round().astype(int).tolist()
        for part, start, end in zip(SHARES, [0, *ends], ends, strict=False):
            document[part][str(name)] = [file.rpartition("/")[2] for file in files[start:end]]
            parts |= {f"{name}/{Path(file).stem}": part for file in files[start:end]}
    path.write_text(json.dumps(document))
    return parts


def write_random(manifest: Manifest, path: Path, seed: int = 0) -> dict[str, str]:
    """Write a split that shuffles files, blind to copies, as a CSV; return the part of each key."""
    rng = np.random.default_rng(seed)
    drawn = rng.choice(list(SHARES), len(manifest.samples), p=list(SHARES.values()))
    names = manifest.samples["image_path"].tolist()
    path.write_text("image,split\n" + "".join(f"{name},{part}\n" for name, part in zip(names, drawn, strict=True)))
    keys = (manifest.samples["class"] + "/" + manifest.samples["id"]).tolist()
    return dict(zip(keys, map(str, drawn), strict=True))


def list_leaks(planted: list[Plant], parts: dict[str, str]) -> set[tuple[str, str]]:
    """Return the planted pairs whose two pictures are in different parts."""
    return {(p.original, p.key) for p in planted if parts[p.original] != parts[p.key]}


def find_leaks(report: Report) -> set[tuple[str, str]]:
    """Return the pairs that a report calls leaks, by key, the lower number first."""
    found = set()
    for finding in report.findings:
        if finding.code in LEAKS:
            class_name, _, file = finding.related[0].split("/")
            pair = [f"{class_name}/{Path(file).stem}", finding.sample]
            found.add(tuple(sorted(pair, key=lambda key: key.rpartition("/")[2])))
    return {(a, b) for a, b in found}


def main() -> None:
    """Plant, split, audit and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--copies", type=int, default=80)
    parser.add_argument("--views", type=int, default=20)
    parser.add_argument("--most", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.tree.resolve().parent) as folder:
        root = Path(folder) / "LAG"
        planted = plant(options.tree.resolve(), root, options.copies, options.views)
        manifest = scan(root)
        started = time.perf_counter()
        likeness = find_pairs(manifest, root)
        print(f"{len(manifest.samples):,} images; searching took {time.perf_counter() - started:.0f} s\n")
        for title, write in (("slices.json", write_slices), ("random.csv", write_random)):
            path = Path(folder) / title
            parts = write(manifest, path)
            started = time.perf_counter()
            report = audit_split(manifest, path, likeness)
            seconds = time.perf_counter() - started
            leaks, found = list_leaks(planted, parts), find_leaks(report)
            print(render_report(report, "text", most=options.most))
            print(
                f"planted pairs across parts: {len(leaks)}, found {len(leaks & found)}; invented {len(found - leaks)}"
            )
            print(f"findings: {dict(Counter(f.code for f in report.findings))}; judged in {seconds:.2f} s\n")


if __name__ == "__main__":
    main()
