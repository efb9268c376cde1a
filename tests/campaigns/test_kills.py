"""Two hundred times kill -9 at a random moment: what is there is whole, and the next run goes on.

Figures are printed: ``python -m pytest -m slow -s tests/campaigns/test_kills.py``.
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from lagtool.manifest.value import read_manifest
from lagtool.scanning.scan import scan
from tests.trees import link_images, write_tree

KILLS = 200
SAMPLES = 1_000
# What is read is kept only for more samples than so many short runs can read: here, for any number.
START = (
    "import lagtool.__main__ as m, lagtool.scanning.scan as a, lagtool.scanning.partial as j; "
    "a.CHUNK = 8; j.WORTH_KEEPING = 1; j._FLUSH_SECONDS = 0.02; m.main()"
)


def _command(tree: Path, target: Path, *options: str) -> list[str]:
    return [sys.executable, "-c", START, "index", str(tree), "-o", str(target), *options]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no kill -9 there")
def test_nothing_is_broken_by_kills_at_random_moments(tmp_path: Path) -> None:
    rng = random.Random(7)
    tree = write_tree(tmp_path / "LAG", 1, 1)
    image = tree / "non_glaucoma" / "image"
    link_images(tree, range(10, SAMPLES + 8))
    results = tmp_path / "results"
    results.mkdir()
    target = results / "m.parquet"
    time.sleep(2.5)  # nothing is young
    begin = time.monotonic()
    subprocess.run(_command(tree, target, "-q"), check=True)
    duration = time.monotonic() - begin
    tally: Counter[str] = Counter()
    for number in range(KILLS):
        fresh = number % 2 == 0
        if fresh:
            target.unlink(missing_ok=True)
        else:  # a handful of changes, sometimes many
            for _ in range(rng.choice((0, 5, 300))):
                os.utime(image / f"{rng.randrange(10, SAMPLES + 8):04d}.jpg")
        # All names are of one file, so that one touch makes every sample a changed one.
        process = subprocess.Popen(
            _command(tree, target, *([] if fresh else ["--update"])), stderr=subprocess.PIPE, text=True
        )
        time.sleep(rng.uniform(0.1, duration))
        process.kill()
        _, err = process.communicate()
        tally["killed" if process.returncode == -9 else f"ended with {process.returncode}"] += 1
        tally["resumed"] += "resumed: " in err
        assert process.returncode in (-9, 0), err
        left = sorted(path.name for path in results.iterdir())
        tally["temporary files left"] += sum(name.endswith(".tmp") for name in left)
        tally["partial manifests left"] += ".m.parquet.partial" in left
        if target.exists():
            assert len(read_manifest(target).samples) == SAMPLES
            tally["target whole"] += 1
        else:
            tally["target absent"] += 1
        if number % 20 == 19:
            done = subprocess.run(_command(tree, target, "--update"), check=True, stderr=subprocess.PIPE, text=True)
            tally["resumed at the end"] += "resumed: " in done.stderr
            assert read_manifest(target).samples.equals(scan(tree).samples)
            assert [path.name for path in results.iterdir()] == ["m.parquet"]
            print(f"after {number + 1} kills: {dict(tally)}", flush=True)
    print(f"\n{KILLS} kills, a whole run takes {duration:.1f} s: {dict(tally)}")
