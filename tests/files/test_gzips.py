"""Any part of what gzip packed is what unpacking all of it would give."""

import gzip
import pickle
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.errors import LagtoolError
from lagtool.files import gzips
from lagtool.files.blob import LocalBlob
from lagtool.files.gzips import GzipBlob

SIZE = 900_000
PLAIN = np.random.default_rng(7).integers(0, 12, SIZE, np.uint8).tobytes()


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file in three packed parts, with zeros behind the last."""
    path = tmp_path_factory.mktemp("gzip") / "x.gz"
    parts = PLAIN[:400_000], PLAIN[400_000:400_001], PLAIN[400_001:]
    path.write_bytes(b"".join(map(gzip.compress, parts)) + bytes(512))
    return path


@given(
    st.lists(st.tuples(st.integers(0, SIZE + 10), st.integers(0, 50_000)), max_size=8),
    st.sampled_from([1 << 12, 1 << 16, 4 << 20]),
    st.sampled_from([3, 512]),
)
def test_any_part_in_any_order(packed: Path, wanted: list[tuple[int, int]], spacing: int, most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gzips, "_SPACING", spacing)
        patch.setattr(gzips, "_MOST_MARKS", most)
        blob = GzipBlob(LocalBlob(str(packed)))
        for start, length in wanted:
            assert blob.read_at(start, length) == PLAIN[start : start + length]
        again = pickle.loads(pickle.dumps(blob))
        assert again.read_at(500_000, 10) == PLAIN[500_000:500_010]


def test_damage_is_told(packed: Path, tmp_path: Path) -> None:
    data = packed.read_bytes()
    cut, wrong = tmp_path / "cut.gz", tmp_path / "wrong.gz"
    cut.write_bytes(data[: len(data) // 2])
    wrong.write_bytes(data[:5000] + bytes(200) + data[5200:])
    for path in (cut, wrong):
        with pytest.raises(LagtoolError, match=rf"{path.name} is damaged"):
            GzipBlob(LocalBlob(str(path))).read_at(SIZE - 10, 10)


def test_a_bomb_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzips, "_BOMB_SIZE", 1 << 20)
    packer = zlib.compressobj(9, wbits=31)
    path = tmp_path / "bomb.gz"
    path.write_bytes(b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(8)), packer.flush()]))
    with pytest.raises(LagtoolError, match="made to harm"):
        GzipBlob(LocalBlob(str(path))).read_at(7 << 20, 10)
