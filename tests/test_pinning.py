"""A pinned copy: the same tree passes, and no change of a file goes unseen."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lagtool import load_profile, pin_copy, scan
from lagtool.__main__ import run
from lagtool.errors import LagtoolError
from lagtool.manifest.value import Manifest
from lagtool.profiles import Profile
from lagtool.scanning.verify import list_sums
from tests.factories import make_manifest, row
from tests.trees import attention_map, jpeg, write, write_tree

N, S = "non_glaucoma", "suspicious_glaucoma"
Change = Callable[[Path], object]


def _swap(tree: Path, one: str, other: str) -> None:
    (tree / one).rename(tree / "aside")
    (tree / other).rename(tree / one)
    (tree / "aside").rename(tree / other)


def _swap_samples(tree: Path) -> None:
    for folder, suffix in (("image", "jpg"), ("label", "txt"), ("attention_map", "jpg")):
        _swap(tree / N / folder, f"0001.{suffix}", f"0002.{suffix}")


CHANGES: dict[str, tuple[Change, set[str]]] = {
    "an image removed": (lambda t: (t / N / "image/0001.jpg").unlink(), {"LAG101", "LAG102", "LAG501", "LAG512"}),
    "a label removed": (lambda t: (t / N / "label/0001.txt").unlink(), {"LAG103", "LAG511", "LAG512"}),
    "a map removed": (lambda t: (t / N / "attention_map/0001.jpg").unlink(), {"LAG502", "LAG512"}),
    "an image added": (lambda t: write(t / N / "image/0009.jpg", jpeg(9)), {"LAG103", "LAG501", "LAG512"}),
    "a label added": (lambda t: write(t / N / "label/0009.txt", b"0"), {"LAG101", "LAG511", "LAG512"}),
    "a map added": (
        lambda t: write(t / N / "attention_map/0009.jpg", attention_map(9)),
        {"LAG102", "LAG502", "LAG512"},
    ),
    "an image exchanged for a new one": (lambda t: write(t / N / "image/0001.jpg", jpeg(9)), {"LAG512"}),
    "an image exchanged for another": (lambda t: _swap(t / N / "image", "0001.jpg", "0002.jpg"), {"LAG512"}),
    "two whole samples exchanged": (_swap_samples, {"LAG512"}),
    "a label written otherwise": (lambda t: write(t / N / "label/0001.txt", b"0\n"), {"LAG512"}),
    "an image renamed": (lambda t: (t / N / "image/0001.jpg").rename(t / N / "image/image1.jpg"), {"LAG512"}),
    "an image moved to a new id": (
        lambda t: (t / N / "image/0001.jpg").rename(t / N / "image/0009.jpg"),
        {"LAG101", "LAG102", "LAG103", "LAG504", "LAG512"},
    ),
    "an image of the other class": (
        lambda t: shutil.copy(t / S / "image/0004.jpg", t / N / "image/0001.jpg"),
        {"LAG512", "LAG601"},
    ),
}


@pytest.fixture(scope="module")
def pinned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a flawless tree LAG and its profile ours.toml."""
    place = tmp_path_factory.mktemp("pinned")
    write_tree(place / "LAG")
    assert run(["profile", "new", str(place / "LAG"), "-o", str(place / "ours.toml"), "-q"]) == 0
    return place


def _codes(capsys: pytest.CaptureFixture[str]) -> set[str]:
    document = json.loads(capsys.readouterr().out)
    return {finding["code"] for finding in document["findings"]} - {"LAG503"}


def test_the_same_tree_passes_and_so_does_a_copy(
    pinned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(pinned / "LAG", tmp_path / "another name")
    for tree in (pinned / "LAG", tmp_path / "another name"):
        arguments = ["validate", str(tree), "--profile", str(pinned / "ours.toml"), "--format", "json"]
        assert run([*arguments, "--fail-on", "warning"]) == 0
        assert _codes(capsys) == set()


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_seen(name: str, pinned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change, codes = CHANGES[name]
    tree = Path(shutil.copytree(pinned / "LAG", tmp_path / "LAG"))
    change(tree)
    assert run(["validate", str(tree), "--profile", str(pinned / "ours.toml"), "--format", "json"]) == 1
    assert _codes(capsys) == codes


def test_what_the_fingerprints_say(pinned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = load_profile(str(pinned / "ours.toml"))
    manifest = scan(pinned / "LAG")
    assert profile.files_sha256 == hashlib.sha256(list_sums(manifest).encode()).hexdigest()
    assert profile.content_sha256 == manifest.header.content_sha256
    assert profile.ids_sha256 == manifest.header.ids_sha256
    tree = Path(shutil.copytree(pinned / "LAG", tmp_path / "LAG"))
    _swap_samples(tree)
    arguments = ["validate", str(tree), "--profile", str(pinned / "ours.toml"), "--select", "LAG512"]
    assert run(arguments) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert f"pinned is {profile.files_sha256[:12]}...: the same content, but named, written or put together" in out
    write(tree / N / "image/0001.jpg", jpeg(77))
    assert run(arguments) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert f"the content has the fingerprint {scan(tree).header.content_sha256[:12]}..., pinned is" in out  # type: ignore[index]


def _judge(manifest: Manifest) -> Profile:
    return pin_copy(manifest, "ours")


def test_odd_pictures_stay_odd() -> None:
    rows = [row(f"{i:04d}", image_width=256, image_height=256) for i in range(1, 100)]
    rows += [row("0100", image_width=300, image_mode="L"), row("0101", "suspicious_glaucoma")]
    image = _judge(make_manifest(rows)).slots["image"]
    assert (image.width, image.height, image.modes) == (256, 256, ("RGB",))


def test_sizes_that_differ_are_not_pinned() -> None:
    image = _judge(make_manifest([row(f"{i:04d}", image_width=256 + i) for i in range(1, 10)])).slots["image"]
    assert (image.width, image.height) == (None, None)


def test_a_profile_that_cannot_extend_lag_is_whole(tmp_path: Path) -> None:
    from lagtool.manifest.releases import parent_of
    from lagtool.reporting.profile_toml import render_profile

    profile = _judge(make_manifest([row(f"{i:04d}", image_width=256 + i) for i in range(1, 10)]))
    text = render_profile(profile, parent=parent_of(profile))
    assert "extends" not in text
    (tmp_path / "p.toml").write_text(text)
    assert load_profile(str(tmp_path / "p.toml")) == profile


@pytest.mark.parametrize("absent", [[f"{N}/attention_map", f"{S}/attention_map"], [f"{S}/attention_map"], [S]])
def test_what_is_not_there_at_all_is_pinned_as_absent(
    absent: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = write_tree(tmp_path / "LAG")
    for folder in absent:
        shutil.rmtree(tree / folder)
    profile = str(tmp_path / "ours.toml")
    assert run(["validate", str(tree), "--ignore", "counts"]) == 1
    assert run(["profile", "new", str(tree), "-o", profile]) == 0
    assert run(["index", str(tree), "-o", str(tmp_path / "m.csv"), "-q"]) == 0
    capsys.readouterr()
    for source in (str(tree), str(tmp_path / "m.csv")):
        assert run(["validate", source, "--profile", profile, "--format", "json"]) == 0
        assert _codes(capsys) == set()
    for folder in absent:
        for slot in ("attention_map",) if folder.endswith("map") else ("image",):
            write(tree / folder.removesuffix(f"/{slot}") / slot / "0009.jpg", jpeg(9))
    assert run(["validate", str(tree), "--profile", profile]) == 1


def test_a_name_that_is_none_is_refused(pinned: Path) -> None:
    with pytest.raises(LagtoolError, match=r"^cannot pin this copy: name: '../x' may hold ASCII letters"):
        pin_copy(scan(pinned / "LAG"), "../x")
