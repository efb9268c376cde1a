"""An earlier manifest saves reading, and never changes the result."""

import dataclasses
import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lagtool.files.tree import read_tree
from lagtool.manifest.changes import compare
from lagtool.manifest.value import Manifest, read_manifest, sample_rows
from lagtool.model import ScanOptions
from lagtool.profiles import load_profile
from lagtool.scanning.reuse import MARGIN_NS
from lagtool.scanning.scan import Scan, scan
from tests.trees import attention_map, jpeg, write, write_tree

pytestmark = pytest.mark.usefixtures("later")

CLASS = "non_glaucoma"


def _settled(manifest: Manifest) -> Manifest:
    """The same manifest as if its files had been old when it was made: nothing in it is racy."""
    header = manifest.header.model_copy(update={"scan_started_ns": time.time_ns() + MARGIN_NS})
    return dataclasses.replace(manifest, header=header)


def _update(root: Path, earlier: Manifest) -> tuple[Manifest, int]:
    """Return the updated manifest and the number of samples that were read for it."""
    seen: list[int] = []
    manifest = scan(root, earlier=earlier, advance=seen.append)
    return manifest, len(manifest.samples) - seen[0]


def _add(image: Path, rng: random.Random) -> None:
    write(image / f"{rng.randrange(50, 90):04d}.jpg", jpeg(rng.randrange(99), 60, 60))


def _change_in_place(image: Path, rng: random.Random) -> None:
    path = rng.choice(sorted(image.iterdir()))
    status = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _touch(image: Path, rng: random.Random) -> None:
    os.utime(rng.choice(sorted(image.iterdir())))


def _remove(image: Path, rng: random.Random) -> None:
    rng.choice(sorted(image.iterdir())).unlink()


def _rename(image: Path, rng: random.Random) -> None:
    path = rng.choice(sorted(image.iterdir()))
    path.rename(path.with_name(f"{rng.randrange(100, 900):04d}{path.suffix}"))


def _replace_with_same_times(image: Path, rng: random.Random) -> None:
    path = rng.choice(sorted(image.iterdir()))
    status, data = path.stat(), path.read_bytes()
    path.unlink()
    write(path, data[::-1])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _swap(image: Path, rng: random.Random) -> None:
    one, two = rng.sample(sorted(image.iterdir()), 2)
    between = one.with_name("between")
    one.rename(between)
    two.rename(one)
    between.rename(two)


def _make_folder(image: Path, rng: random.Random) -> None:
    path = rng.choice(sorted(image.iterdir()))
    path.unlink()
    path.mkdir()


MUTATIONS: tuple[Callable[[Path, random.Random], None], ...] = (
    _add,
    _change_in_place,
    _touch,
    _remove,
    _rename,
    _replace_with_same_times,
    _swap,
)


@pytest.mark.parametrize("seed", range(25))
def test_an_update_says_what_a_fresh_scan_says(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    root = write_tree(tmp_path / "LAG", 6, 4)
    earlier = scan(root)
    for _ in range(2):  # an update of an update is as good
        for mutate in rng.choices(MUTATIONS, k=rng.randrange(1, 4)):
            folder = rng.choice(("image", "label", "attention_map"))
            mutate(root / rng.choice((CLASS, "suspicious_glaucoma")) / folder, rng)
        updated, _ = _update(root, earlier)
        assert updated.samples.equals(fresh := scan(root).samples), fresh.compare(updated.samples)
        earlier = updated


@pytest.mark.parametrize("mutate", [*MUTATIONS, _make_folder])
def test_only_what_changed_is_read(tmp_path: Path, mutate: Callable[[Path, random.Random], None]) -> None:
    root = write_tree(tmp_path / "LAG", 6, 4)
    earlier = scan(root)
    mutate(root / CLASS / "image", random.Random(1))
    updated, read = _update(root, earlier)
    assert 1 <= read <= 2
    assert updated.samples.equals(scan(root).samples)
    assert updated.header.content_sha256 == scan(root).header.content_sha256


def test_an_unchanged_tree_is_not_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = scan(tree)
    monkeypatch.setattr("lagtool.scanning.rows.probe_chunk", lambda *_: pytest.fail("a file was read"))
    updated = scan(tree, earlier=earlier)
    assert updated.samples.equals(earlier.samples)
    assert updated.header.content_sha256 == earlier.header.content_sha256
    assert compare(earlier, updated).unchanged == 15


def test_every_format_of_a_manifest_serves(tree: Path, tmp_path: Path) -> None:
    for suffix in (".parquet", ".csv", ".jsonl"):
        scan(tree).write(tmp_path / f"m{suffix}")
        assert _update(tree, read_manifest(tmp_path / f"m{suffix}"))[1] == 0


@pytest.mark.parametrize(
    "distrusted",
    [
        {"tool_version": "0.0.9"},
        {"scan_started_ns": None},
        {"scan_started_ns": 1 << 62},
        {"profile": load_profile("lag").model_copy(update={"id": "{number:05}"})},
    ],
    ids=["version", "no clock", "future", "layout"],
)
def test_a_manifest_made_otherwise_is_not_trusted(tree: Path, distrusted: dict[str, object]) -> None:
    earlier = scan(tree)
    header = earlier.header.model_copy(update=distrusted)
    assert _update(tree, dataclasses.replace(earlier, header=header))[1] == 5


def test_files_as_young_as_the_scan_are_read_again(tree: Path) -> None:
    earlier = scan(tree)
    youngest = max(int(earlier.samples[f"{s}_ctime_ns"].max()) for s in ("image", "label", "map"))
    for started, expected in ((youngest + MARGIN_NS, True), (youngest + MARGIN_NS + 1, False)):
        header = earlier.header.model_copy(update={"scan_started_ns": started})
        assert (_update(tree, dataclasses.replace(earlier, header=header))[1] > 0) is expected


def test_what_could_not_be_read_is_tried_again(tree: Path) -> None:
    earlier = scan(tree)
    states = earlier.samples["image_state"].mask(earlier.samples["id"] == "0002", "unreadable")
    assert _update(tree, earlier.with_columns(image_state=states))[1] == 1


def test_a_split_does_not_come_along(tree: Path) -> None:
    earlier = scan(tree).with_columns(split="train")
    updated, read = _update(tree, earlier)
    assert (read, list(updated.samples.columns)) == (0, list(scan(tree).samples.columns))


def test_other_published_numbers_do_not_matter(tree: Path) -> None:
    earlier = scan(tree, profile="cvpr2019")
    seen: list[int] = []
    updated = scan(read_tree(tree, "lag"), earlier=earlier, advance=seen.append)
    assert seen == [5]
    assert updated.header.profile.name == "lag"


def test_changes_go_by_content(tree: Path) -> None:
    earlier = scan(tree)
    image = tree / CLASS / "image"
    os.utime(image / "0001.jpg")
    write(image / "0002.jpg", jpeg(99))
    (image / "0003.jpg").rename(image / "0007.jpg")
    write(tree / CLASS / "attention_map" / "0003.jpg", attention_map(70))
    changes = compare(earlier, scan(tree))
    assert changes.added == [f"{CLASS}/image/0007.jpg"]
    assert changes.changed == [f"{CLASS}/attention_map/0003.jpg", f"{CLASS}/image/0002.jpg"]
    assert changes.removed == [f"{CLASS}/image/0003.jpg"]
    assert changes.unchanged == 12
    assert len(compare(None, scan(tree)).added) == 15


def test_a_file_that_changes_while_it_is_read_is_a_finding(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tree / CLASS / "image" / "0001.jpg"
    real = os.read

    def read(descriptor: int, size: int) -> bytes:
        data = real(descriptor, size)
        if size > 5000:
            with path.open("ab") as file:
                file.write(b"x")
        return data

    monkeypatch.setattr("lagtool.reading.os.read", read)
    samples = scan(tree).samples
    (row,) = samples[samples["id"] == "0001"].to_dict("records")
    assert row["image_state"] == "unreadable"
    assert row["image_message"].startswith("changed while it was read")
    monkeypatch.undo()
    assert _update(tree, _settled(scan(tree)))[0].samples["image_state"].tolist().count("unreadable") == 0


def test_a_file_that_vanishes_during_the_scan_is_a_finding(tree: Path) -> None:
    seen = read_tree(tree)
    (tree / CLASS / "image" / "0002.jpg").unlink()
    samples = scan(seen).samples
    (row,) = samples[samples["id"] == "0002"].to_dict("records")
    assert (row["image_state"], row["image_message"]) == (
        "unreadable",
        "cannot be read: No such file or directory",
    )


def test_rows_of_a_distrusted_manifest_do_not_come_back(tree: Path) -> None:
    """An interrupted scan may have finished as many rows, in the same order, as the manifest has that is not used."""
    manifest = _settled(scan(tree))
    header = manifest.header.model_copy(update={"tool_version": "0.0.1"})
    other = dataclasses.replace(manifest.with_columns(image_message="from elsewhere"), header=header)
    assert manifest.header.scan_started_ns is not None
    run = Scan(read_tree(tree), ScanOptions(), 1, None, lambda _done: None)
    assert run.take_over_manifest(other) == 0
    assert run.take_over(sample_rows(manifest), manifest.header.scan_started_ns) == len(manifest.samples)
    assert run.unchanged is None
    assert run.manifest()[0].samples.equals(manifest.samples)
