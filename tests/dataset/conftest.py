"""The manifest of the tree that a module of tests has."""

from pathlib import Path

import pytest

from lagtool.manifest import Manifest
from lagtool.scanner import scan


@pytest.fixture
def manifest(tree: Path) -> Manifest:
    """Of the folder ``tree``."""
    return scan(tree)
