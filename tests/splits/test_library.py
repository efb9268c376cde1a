"""The library gives what the command line gives."""

from pathlib import Path

import pandas as pd
import pytest

import lagtool
from lagtool.__main__ import run
from lagtool.scanning import source
from tests.benchmarks.planted import draw_planted


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of drawn eyes, with copies and second views of some."""
    return draw_planted(tmp_path_factory.mktemp("drawn"))


def test_a_tree_is_split_as_the_command_splits_it(drawn: Path, tmp_path: Path) -> None:
    assert run(["split", str(drawn), "-o", str(tmp_path / "split"), "-q", "--seed", "3"]) == 0
    command = lagtool.read_manifest(tmp_path / "split" / "manifest.parquet")
    library = lagtool.make_split(drawn, seed=3)
    assert library.pairs is not None
    assert len(library.pairs) >= 8
    pd.testing.assert_frame_equal(library.samples, command.samples)


def test_a_search_of_a_path_scans_by_the_backend_that_is_named(drawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = source.open_manifest
    seen: list[object] = []

    def note(*arguments: object, **options: object) -> object:
        seen.append(options["backend"])
        return opened(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("lagtool.duplicates.search.open_manifest", note)
    found = lagtool.find_pairs(drawn, backend="threads", jobs=2)
    assert "2 threads" in str(seen[0].describe())  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(found.pairs, lagtool.find_pairs(drawn, jobs=1).pairs)
