"""Scanning: files become rows, whatever they are; processes change nothing."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lagtool.__main__ import run
from lagtool.checks.runner import validate
from lagtool.files.tree import read_tree
from lagtool.manifest.value import Manifest, read_manifest
from lagtool.probe.facts import measure_image, measure_map
from lagtool.probe.picture import decode
from lagtool.reading import fit
from lagtool.scanning.index import Indexed, index_tree
from lagtool.scanning.scan import scan
from lagtool.scanning.workers import map_chunks
from tests.trees import attention_map, jpeg, link_images, snapshot, write, write_tree


def _row(manifest: Manifest, key: str) -> dict[str, Any]:
    (row,) = manifest.samples[manifest.samples["id"] == key].to_dict("records")
    return {str(name): None if value is pd.NA else value for name, value in row.items()}


def _tables_digest(data: bytes) -> str:
    """Fingerprint of the quantisation tables, by Pillow (zigzag order undone there, redone here)."""
    tables = Image.open(io.BytesIO(data)).quantization  # type: ignore[attr-defined]
    zigzag = sorted(range(64), key=lambda i: (i // 8 + i % 8, (i // 8 if (i // 8 + i % 8) % 2 else i % 8)))
    bodies = b"".join(bytes([number]) + bytes(table[i] for i in zigzag) for number, table in sorted(tables.items()))
    return hashlib.sha256(bodies).hexdigest()[:16]


def test_a_flawless_sample_is_recorded_in_full(tree: Path) -> None:
    row = _row(scan(tree), "0004")
    image = tree / "suspicious_glaucoma" / "image" / "0004.jpg"
    label = image.parents[1] / "label" / "0004.txt"
    heat = image.parents[1] / "attention_map" / "0004.jpg"
    image_facts = measure_image(np.asarray(decode(image.read_bytes(), "JPEG", reduce=4).pixels))
    map_facts = measure_map(np.asarray(decode(heat.read_bytes(), "JPEG").pixels))
    for name, value in (
        *((f"image_{name}", value) for name, value in image_facts._asdict().items()),
        *((f"map_{name}", value) for name, value in map_facts._asdict().items()),
    ):
        assert row.pop(name) == value, name
    for slot, path in (("image", image), ("label", label), ("map", heat)):
        status = path.stat()
        key = [row.pop(f"{slot}_{name}") for name in ("ctime_ns", "inode", "device")]
        assert key == [status.st_ctime_ns, status.st_ino, status.st_dev]
    assert row == {
        "id": "0004",
        "class": "suspicious_glaucoma",
        "label": 1,
        "image_path": "suspicious_glaucoma/image/0004.jpg",
        "image_bytes": image.stat().st_size,
        "image_mtime_ns": image.stat().st_mtime_ns,
        "image_sha256": hashlib.sha256(image.read_bytes()).hexdigest(),
        "image_width": 500,
        "image_height": 500,
        "image_mode": "RGB",
        "image_format": "JPEG",
        "image_state": "ok",
        "image_message": None,
        "image_trailer": None,
        "image_quality": 90,
        "image_tables": _tables_digest(image.read_bytes()),
        "image_subsampling": "4:2:0",
        "image_exif": False,
        "image_gps": False,
        "image_icc": False,
        "image_xmp": False,
        "image_orientation": None,
        "label_path": "suspicious_glaucoma/label/0004.txt",
        "label_bytes": 1,
        "label_mtime_ns": label.stat().st_mtime_ns,
        "label_sha256": hashlib.sha256(b"1").hexdigest(),
        "label_raw": "1",
        "label_value": 1,
        "label_state": "ok",
        "label_message": None,
        "map_path": "suspicious_glaucoma/attention_map/0004.jpg",
        "map_bytes": heat.stat().st_size,
        "map_mtime_ns": heat.stat().st_mtime_ns,
        "map_sha256": hashlib.sha256(heat.read_bytes()).hexdigest(),
        "map_width": 112,
        "map_height": 112,
        "map_mode": "L",
        "map_format": "JPEG",
        "map_state": "ok",
        "map_message": None,
    }
    assert map_facts.max >= 250


def test_what_a_stranger_put_there_becomes_rows_never_a_crash(tree: Path) -> None:
    image, label, heat = (tree / "non_glaucoma" / name for name in ("image", "label", "attention_map"))
    (image / "0050.jpg").mkdir()
    os.mkfifo(image / "0051.jpg")
    (image / "0052.jpg").symlink_to("nowhere")
    (image / "0053.jpg").symlink_to(image / "0001.jpg")
    write(image / "0054.jpg", b"")
    write(image / "0055.jpg", jpeg(50)[:-500])
    write(label / "0002.txt", b"")
    write(label / "0003.txt", b"\xff\xfe1\0")
    write(heat / "0002.jpg", attention_map(1, peak=120))
    write(heat / "0003.jpg", jpeg(3, 112, 112))
    before = snapshot(tree)
    manifest = scan(tree)
    assert snapshot(tree) == before
    states = dict(zip(manifest.samples["id"], manifest.samples["image_state"], strict=True))
    assert {key: state for key, state in states.items() if key >= "0050"} == {
        "0050": "not-a-file",
        "0051": "not-a-file",
        "0052": "not-a-file",
        "0053": "link-inside",
        "0054": "empty",
        "0055": "truncated",
    }
    assert _row(manifest, "0051")["image_message"] == "is a named pipe"
    found = {(finding.code, finding.path) for finding in validate(manifest, ignore=["counts"]).findings}
    assert found >= {
        ("LAG107", "non_glaucoma/image/0051.jpg"),
        ("LAG202", "non_glaucoma/label/0002.txt"),
        ("LAG206", "non_glaucoma/label/0003.txt"),
        ("LAG304", "non_glaucoma/image/0054.jpg"),
        ("LAG301", "non_glaucoma/image/0055.jpg"),
        ("LAG410", "non_glaucoma/attention_map/0002.jpg"),
        ("LAG408", "non_glaucoma/attention_map/0003.jpg"),
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_is_a_finding(tree: Path) -> None:
    (tree / "non_glaucoma" / "image" / "0001.jpg").chmod(0)
    assert _row(scan(tree), "0001")["image_message"] == "cannot be read: Permission denied"


def test_two_people_get_the_same_fingerprint(tree: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tree, tmp_path / "other name" / "LAG2")
    os.utime(copy / "non_glaucoma" / "image" / "0001.jpg", (1, 1))
    mine, theirs = scan(tree).header, scan(copy).header
    assert (mine.content_sha256, mine.ids_sha256) == (theirs.content_sha256, theirs.ids_sha256)
    write(copy / "non_glaucoma" / "image" / "0001.jpg", jpeg(77))
    assert scan(copy).header.content_sha256 != mine.content_sha256


def test_processes_change_nothing(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "LAG", 2, 2)
    link_images(root, range(10, 250))
    done: list[int] = []
    one, two = scan(root, jobs=1), scan(root, jobs=2, advance=done.append)
    assert one.samples.equals(two.samples)
    assert sum(done) == len(two.samples) == 244


def _die_at_seven(context: str, tasks: Sequence[int]) -> list[str]:
    if 7 in tasks:
        os._exit(9)
    return [f"{context}{task}" for task in tasks]


def _name_culprit(context: str, tasks: Sequence[int]) -> list[str]:
    return [f"{context}{task} crashed" for task in tasks]


def test_a_killed_worker_costs_one_file_and_names_it() -> None:
    chunks = list(map_chunks(_die_at_seven, "t", list(range(20)), 4, 2, _name_culprit))
    assert [number for number, _ in chunks] == [len(chunk) for _, chunk in chunks]
    assert [name for _, chunk in chunks for name in chunk] == [
        "t7 crashed" if number == 7 else f"t{number}" for number in range(20)
    ]


def _variables(names: list[str], _chunk: Sequence[int]) -> list[str | None]:
    return [os.environ.get(name) for name in names]


def test_workers_have_the_environment_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["AWS_PROFILE", "AWS_SESSION_TOKEN"]
    monkeypatch.setenv("AWS_SESSION_TOKEN", "old")
    for profile in ("one", "two"):  # the process that workers are forked from has begun before the second one
        monkeypatch.setenv("AWS_PROFILE", profile)
        found = list(map_chunks(_variables, names, [1, 2], 1, 2, _variables))
        assert found == [(1, [profile, os.environ.get("AWS_SESSION_TOKEN")])] * 2
        monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)


def test_real_photographs_pass_everything_but_the_counts(real_fundus: Path) -> None:
    assert {finding.code for finding in validate(scan(real_fundus)).findings} == {"LAG501", "LAG502"}


@pytest.mark.parametrize("way", ["stdin", "script"])
def test_a_script_without_the_main_guard_may_scan(tmp_path: Path, way: str) -> None:
    link_images(write_tree(tmp_path / "LAG", 1, 1), range(10, 250))
    code = "import lagtool; m = lagtool.scan('LAG', jobs=2); print(sorted(set(m.samples['image_state'])))"
    script = write(tmp_path / "script.py", code.encode())
    arguments = [sys.executable, "-" if way == "stdin" else str(script)]
    done = subprocess.run(arguments, input=code, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("['ok']\n", "")


@pytest.mark.parametrize("samples", [1, 16, 17, 60])
def test_a_manifest_written_while_it_is_made_is_the_same_to_the_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, samples: int
) -> None:
    for module in ("manifest.fingerprint", "manifest.rows", "manifest.value", "scanning.scan"):
        monkeypatch.setattr(f"lagtool.{module}.BATCH", 16)
    root = write_tree(tmp_path / "LAG", samples - samples // 3, samples // 3)
    tree = read_tree(root)
    whole = scan(tree)
    made = index_tree(tree, tmp_path / "into.parquet")
    read = read_manifest(tmp_path / "into.parquet")
    clocks = {"created": whole.header.created, "scan_started_ns": whole.header.scan_started_ns}
    assert replace(read, header=read.header.model_copy(update=clocks)).equals(whole)
    read.write(tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == (tmp_path / "into.parquet").read_bytes()
    assert made == Indexed.of(read)


@pytest.mark.parametrize("samples", [2, 240])
def test_index_needs_no_pandas(tmp_path: Path, samples: int) -> None:
    link_images(write_tree(tmp_path / "LAG", 1, 1), range(10, 8 + samples))
    code = (
        "import sys; from lagtool.__main__ import run; "
        "print(run(['index', 'LAG', '-o', 'm.parquet', '-j', '2']), 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "0 False\n", done.stderr
    assert len(read_manifest(tmp_path / "m.parquet").samples) == samples


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems take fewer times")
@pytest.mark.parametrize("seconds", [10413792000, 15032385535, -1, -2147483648, 0])
def test_times_of_files_may_be_any(seconds: int, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "LAG")
    for path in tree.rglob("0001.*"):
        os.utime(path, (seconds, seconds))
    seen = (tree / "non_glaucoma" / "image" / "0001.jpg").stat().st_mtime_ns
    target = str(tmp_path / "m.parquet")
    for command in (["index", str(tree), "-o", target], ["index", str(tree), "-o", target, "-u"], ["stats", str(tree)]):
        assert run(command) == 0
    assert run(["index", str(tree), "-o", str(tmp_path / "q.csv"), "--quick"]) == 0
    assert run(["verify", str(tree), target]) == 0
    assert run(["validate", str(tree), "--ignore", "counts"]) in (0, 1)
    assert read_manifest(target).samples["image_mtime_ns"][0] == min(seen, 2**63 - 1)


@given(st.integers(-(2**80), 2**80) | st.none())
def test_any_number_fits_a_column(number: int | None) -> None:
    held = fit(number)
    assert held == number if number is None or -(2**63) <= number < 2**63 else held in (-(2**63), 2**63 - 1)
    assert pa.array([held], pa.int64()).to_pylist() == [held]
