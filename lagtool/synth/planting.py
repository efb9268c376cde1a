"""Planting defects among the files: in the tree, in how files belong together, in labels, and copies."""

import os
import shutil
from pathlib import Path

from lagtool.source import LABEL_LIMIT
from lagtool.synth.ground import Ground, Planted

_COPY_LIMIT = 1 << 20
_RARE = 0.05  # of the images of a class may lose their map, so that the rest still shows that each should have one


def plant_foreign_folder(ground: Ground) -> Planted:
    """Put a folder ``backup`` with a text into a class folder."""
    turn = ground.turn("backup")
    classes = ground.layout.profile.classes
    path = f"{classes[turn % len(classes)].name}/{_numbered('backup', turn)}"
    (ground.root / path).mkdir()
    (ground.root / path / "readme.txt").write_text("put aside\n", encoding="ascii", newline="\n")
    return Planted(path)


def plant_tree_copy(ground: Ground) -> Planted:
    """Put a folder into the root that holds a class folder with some images again."""
    name = _numbered("splited_all", ground.turn("copy-of-tree"))
    source = ground.layout.folder(ground.layout.profile.classes[0].name, "image")
    target = ground.root / name / source
    target.mkdir(parents=True)
    for path in [path for path in sorted((ground.root / source).iterdir()) if _is_plain(path)][:2]:
        shutil.copyfile(path, target / path.name)
    return Planted(name)


def plant_junk(ground: Ground) -> Planted:
    """Leave behind what Windows and macOS leave behind."""
    turn = ground.turn("junk")
    profile = ground.layout.profile
    spec = profile.classes[turn % len(profile.classes)]
    name = {0: "Thumbs.db", 1: ".DS_Store"}.get(turn, f"._{turn - 1:04d}.jpg")
    (ground.root / ground.layout.folder(spec.name, "image") / name).write_bytes(ground.rng.bytes(512))
    return Planted("")


def plant_odd_name(ground: Ground) -> Planted:
    """Put a picture or a text among the images whose name is no sample's."""
    turn = ground.turn("odd-name")
    profile = ground.layout.profile
    folder = ground.layout.folder(profile.classes[turn % len(profile.classes)].name, "image")
    if turn % 2:
        path = f"{folder}/{_numbered('notes', turn // 2)}.md"
        (ground.root / path).write_text("# Notes\n", encoding="ascii", newline="\n")
    else:
        path = f"{folder}/eye_{17 + turn}.jpg"
        (ground.root / path).write_bytes(ground.extra_picture())
    return Planted(path)


def plant_copy_name(ground: Ground) -> Planted:
    """Copy an image beside itself under the name that a file manager gives to a copy."""
    image = ground.file(ground.take(), "image")
    copy = image.with_name(f"{image.stem}{' (2)' if ground.turn('copy-name') % 2 else ' - Copy'}.jpg")
    shutil.copyfile(image, copy)
    return Planted(copy.relative_to(ground.root).as_posix())


def plant_orphan_label(ground: Ground) -> Planted:
    """Remove an image; where each sample has a map, that becomes an orphan too."""
    sample = ground.find(lambda s: not s.has_map) or ground.take()
    ground.file(sample, "image").unlink()
    planted = ground.planted(sample, "label")
    more = (("LAG102", ground.layout.path(sample, "map")),) if sample.has_map else ()
    return Planted(planted.path, planted.sample, more)


def plant_orphan_map(ground: Ground) -> Planted:
    """Remove an image and its label; the map stays."""
    sample = ground.take(has_map=True)
    ground.file(sample, "image").unlink()
    if "label" in ground.layout.profile.slots:
        ground.file(sample, "label").unlink()
    return ground.planted(sample, "map")


def plant_missing_label(ground: Ground) -> Planted:
    """Remove a label."""
    sample = ground.take()
    ground.file(sample, "label").unlink()
    return ground.planted(sample, "image")


def plant_missing_map(ground: Ground) -> Planted | None:
    """Remove a map in a class where each image has one; None where one more would no longer look like a loss."""
    for index, spec in enumerate(ground.layout.profile.classes):
        images = ground.present(spec.name, "image")
        lost = len(images - ground.present(spec.name, "map")) + 1
        if lost <= _RARE * len(images):
            sample = ground.take(has_map=True, class_index=index)
            ground.file(sample, "map").unlink()
            return ground.planted(sample, "image")
    return None


def plant_second_file(ground: Ground) -> Planted:
    """Put another picture beside an image, under another name for the same number."""
    sample = ground.take()
    image = ground.file(sample, "image")
    names = [f"{image.stem}.jpeg"]
    if ground.layout.naming == "release":
        names += [f"image{sample.number}.jpg", f"{sample.number}.jpg"]
    # `1000.jpg` is the sample's own name, where 0001 would also go as `1.jpg`.
    names = [name for name in names if name != image.name]
    name = names[-1 - ground.turn("second-file") % len(names)]
    image.with_name(name).write_bytes(ground.extra_picture())
    planted = ground.planted(sample, "image")
    return Planted(planted.path.removesuffix(image.name) + name, planted.sample)


def plant_shared_id(ground: Ground) -> Planted:
    """Give all files of a sample the id of a sample in the later class."""
    one, other = ground.take(class_index=0), ground.take(class_index=1)
    renamed = type(one)(other.number, one.class_index, one.has_map)
    for slot in ground.layout.profile.slots:
        path = ground.file(one, slot)
        if path.exists():
            path.rename(ground.file(renamed, slot))
    return ground.planted(other, "image")


def plant_non_file(ground: Ground) -> Planted:
    """Put a folder, a named pipe, a broken link or a link to another image in the place of an image, in turn."""
    sample = ground.take()
    path = ground.file(sample, "image")
    path.unlink()
    turn = ground.turn("non-file") % 4
    if turn == 1 and hasattr(os, "mkfifo"):
        os.mkfifo(path)
    elif turn == 2:
        path.symlink_to("nowhere.jpg")
    elif turn == 3:
        path.symlink_to(next(p.name for p in sorted(path.parent.iterdir()) if _is_plain(p)))
    else:
        path.mkdir()
    return ground.planted(sample, "image")


def plant_wrong_label(ground: Ground) -> Planted:
    """Let a label state another class than its folder."""
    sample = ground.take()
    classes = ground.layout.profile.classes
    other = classes[(sample.class_index + 1) % len(classes)].label
    ground.file(sample, "label").write_bytes(ground.layout.label_text(other).encode())
    return ground.planted(sample, "label")


def plant_empty_label(ground: Ground) -> Planted:
    """Leave nothing of a label, or nothing but blanks."""
    return _write_label(ground, (b"", b" \r\n")[ground.turn("empty-label") % 2])


def plant_invalid_label(ground: Ground) -> Planted:
    """Let a label state something that is no label."""
    return _write_label(ground, (b"2", b"0 1", b"yes", "１".encode())[ground.turn("invalid-label") % 4])


def plant_huge_label(ground: Ground) -> Planted:
    """Make a label of 5 KB, more than is ever read."""
    return _write_label(ground, b"0\n" * (LABEL_LIMIT // 2 + 512))


def plant_twins_across(ground: Ground) -> Planted:
    """Copy the bytes of an image over an image of the later class."""
    one, other = ground.take(class_index=0), ground.take(class_index=1)
    shutil.copyfile(ground.file(one, "image"), ground.file(other, "image"))
    return ground.planted(other, "image")


def plant_twins_within(ground: Ground) -> Planted:
    """Copy the bytes of an image over an image of the same class with a higher id."""
    counts = [sum(s.class_index == index for s in ground.free) for index in range(len(ground.layout.profile.classes))]
    index = counts.index(max(counts))
    pair = [ground.take(class_index=index), ground.take(class_index=index)]
    one, other = sorted(pair, key=ground.layout.id)
    shutil.copyfile(ground.file(one, "image"), ground.file(other, "image"))
    return ground.planted(other, "image")


def _write_label(ground: Ground, content: bytes) -> Planted:
    sample = ground.take()
    ground.file(sample, "label").write_bytes(content)
    return ground.planted(sample, "label")


def _numbered(name: str, turn: int) -> str:
    return f"{name}_{turn + 1}" if turn else name


def _is_plain(path: Path) -> bool:
    """Whether a file is one that may be copied or linked to: regular, with something in it, and not the huge one."""
    return path.is_file() and not path.is_symlink() and 0 < path.stat().st_size < _COPY_LIMIT
