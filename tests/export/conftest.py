"""The tree that exports are made of."""

from pathlib import Path

import pytest

from lagtool.manifest.value import Manifest
from tests.export.data import split_tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where it lies."""
    return tmp_path / "LAG"


@pytest.fixture
def split(root: Path) -> Manifest:
    """Its manifest, split in three."""
    return split_tree(root)
