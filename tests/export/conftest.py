"""A tree and its split, to be exported."""

from pathlib import Path

import pytest

from lagtool.manifest import Manifest
from tests.export.data import split_tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "LAG"


@pytest.fixture
def split(root: Path) -> Manifest:
    return split_tree(root)
