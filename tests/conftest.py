"""Fixtures that several test modules share."""

import time
from pathlib import Path

import pytest
from hypothesis import settings

from lagtool.manifest.value import Manifest
from lagtool.scanning.scan import scan
from tests.trees import write_tree

# How long an example takes says more about the machine than about the code; benchmarks are for that.
settings.register_profile("lagtool", deadline=None)
settings.load_profile("lagtool")

REAL = Path(__file__).parents[2] / "shared" / "real_fundus"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A flawless tree of 3 + 2 samples."""
    return write_tree(tmp_path / "LAG")


@pytest.fixture
def manifest(tree: Path) -> Manifest:
    """The manifest of the flawless tree."""
    return scan(tree)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scans happen an hour after the tests write their files, and so find nothing young in them."""
    real = time.time_ns
    monkeypatch.setattr("time.time_ns", lambda: real() + 3_600 * 10**9)


@pytest.fixture
def real_fundus() -> Path:
    """28 real photographs, where they are at hand."""
    if not (REAL / "LAG").is_dir():
        pytest.skip("the real fundus photographs are not here")
    return REAL / "LAG"
