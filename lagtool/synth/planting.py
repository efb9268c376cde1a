"""Planting defects among the files: in the tree, in how files belong together, in labels, and copies."""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from lagtool.synth.ground import Ground, Planted
from lagtool.synth.layout import Sample

_COPY_LIMIT = 1 << 20
_RARE = 0.05  # of the images of a class may lose their map, so that the rest still shows that each should have one


def plant_foreign_folder(ground: Ground) -> Planted:
    """Put a folder ``backup`` with a text into a class folder."""
    turn = ground.turn("backup")
    path = f"{_class_in_turn(ground, turn)}/{_numbered('backup', turn)}"
    (ground.root / path).mkdir()
    (ground.root / path / "readme.txt").write_text("put aside\n", encoding="ascii", newline="\n")
    return Planted(path)


def plant_tree_copy(ground: Ground) -> Planted:
    """Put a folder into the root that holds a class folder with some images again."""
    name = _numbered("splited_all", ground.turn("copy-of-tree"))
    source = _image_folder(ground, 0)
    target = ground.root / name / source
    target.mkdir(parents=True)
    for path in [path for path in sorted((ground.root / source).iterdir()) if _is_plain(path)][:2]:
        shutil.copyfile(path, target / path.name)
    return Planted(name)


def plant_junk(ground: Ground) -> Planted:
    """Leave behind what Windows and macOS leave behind."""
    turn = ground.turn("junk")
    name = {0: "Thumbs.db", 1: ".DS_Store"}.get(turn, f"._{turn - 1:04d}.jpg")
    (ground.root / _image_folder(ground, turn) / name).write_bytes(ground.rng.bytes(512))
    return Planted("")


def plant_odd_name(ground: Ground) -> Planted:
    """Put a picture or a text among the images whose name is no sample's."""
    turn = ground.turn("odd-name")
    folder = _image_folder(ground, turn)
    if turn % 2:
        path = f"{folder}/{_numbered('notes', turn // 2)}.md"
        (ground.root / path).write_text("# Notes\n", encoding="ascii", newline="\n")
    else:
        path = f"{folder}/eye_{17 + turn}.jpg"
        (ground.root / path).write_bytes(ground.extra_picture())
    return Planted(path)


def plant_misplaced_picture(ground: Ground) -> Planted | None:
    """Put a picture into the folder of a class, beside those of its slots; None where a slot lies there itself."""
    if any(spec.folder == "." for spec in ground.layout.profile.slots.values()):
        return None
    turn = ground.turn("misplaced")
    path = f"{_class_in_turn(ground, turn)}/{_numbered('photo', turn)}.jpg"
    (ground.root / path).write_bytes(ground.extra_picture())
    return Planted(path)


def plant_case_twin(ground: Ground) -> Planted | None:
    """Put `List.txt` and `list.txt` into the root; None where the file system takes them for one."""
    return _plant_twins(ground, *(_numbered(name, ground.turn(name)) for name in ("List", "list")))


def plant_unicode_twin(ground: Ground) -> Planted | None:
    """Put two texts with an accent into the root, one letter or two; None where the file system takes them for one."""
    number = ground.turn("unicode")
    return _plant_twins(ground, *(_numbered(name, number) for name in ("re\u0301sume\u0301", "r\u00e9sum\u00e9")))


def _plant_twins(ground: Ground, first: str, later: str) -> Planted | None:
    paths = [f"{name}.txt" for name in (first, later)]
    for path in paths:
        if (ground.root / path).exists():
            return None
        (ground.root / path).write_text(f"{len(path)}\n", encoding="ascii", newline="\n")
    return Planted(paths[1], more=tuple(("LAG011", path) for path in paths))


def plant_unmatched_link_outside(ground: Ground) -> Planted:
    """Put a link to a place beside the tree among the images, or into the root, in turn."""
    turn = ground.turn("unmatched-outside")
    path = ground.root / (
        _numbered("elsewhere", turn) if turn % 2 else f"{_image_folder(ground, turn)}/more_{turn}.jpg"
    )
    path.symlink_to(_outside(ground, path))
    return Planted(path.relative_to(ground.root).as_posix())


def plant_unmatched_link(ground: Ground) -> Planted:
    """Put a link to nothing, or to an image, among the images, in turn."""
    turn = ground.turn("unmatched-link")
    path = ground.root / _image_folder(ground, turn) / f"latest_{turn}.jpg"
    image = next(p.name for p in sorted(path.parent.iterdir()) if _is_plain(p))
    path.symlink_to(image if turn % 2 else "nowhere.jpg")
    return Planted(path.relative_to(ground.root).as_posix())


def _outside(ground: Ground, path: Path) -> str:
    """Return a target beside the tree, relative to the folder of ``path``; there need not be anything."""
    return "../" * (len(path.relative_to(ground.root).parts)) + "elsewhere/0001.jpg"


def _class_in_turn(ground: Ground, turn: int) -> str:
    classes = ground.layout.profile.classes
    return classes[turn % len(classes)].name


def _image_folder(ground: Ground, turn: int) -> str:
    return ground.layout.profile.folder(_class_in_turn(ground, turn), "image")


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
    more = (("LAG102", ground.layout.path(sample, "map")),) if sample.has_map else ()
    return replace(ground.planted(sample, "label"), more=more)


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
    if image.stem == ground.layout.id(sample):
        names += [f"image{sample.number}.jpg", f"{sample.number}.jpg"]
    # `1000.jpg` is the sample's own name, where 0001 would also go as `1.jpg`.
    names = [name for name in names if name != image.name]
    name = names[-1 - ground.turn("second-file") % len(names)]
    image.with_name(name).write_bytes(ground.extra_picture())
    planted = ground.planted(sample, "image")
    return replace(planted, path=planted.path.removesuffix(image.name) + name)


def plant_shared_id(ground: Ground) -> Planted:
    """Give all files of a sample the id of a sample in the later class."""
    one, other = ground.take(class_index=0), ground.take(class_index=1)
    renamed = replace(one, number=other.number)
    for slot in ground.layout.profile.slots:
        path = ground.file(one, slot)
        if path.exists():
            path.rename(ground.file(renamed, slot))
    return ground.planted(other, "image")


def _take_image_away(ground: Ground) -> tuple[Sample, Path]:
    """Remove an image; return its sample, and the place that is now free."""
    sample = ground.take()
    path = ground.file(sample, "image")
    path.unlink()
    return sample, path


def plant_non_file(ground: Ground) -> Planted:
    """Put a folder, a named pipe or a link to nothing in the place of an image, in turn."""
    sample, path = _take_image_away(ground)
    turn = ground.turn("non-file") % 3
    if turn == 1 and hasattr(os, "mkfifo"):
        os.mkfifo(path)
    elif turn == 2:
        path.symlink_to("nowhere.jpg")
    else:
        path.mkdir()
    return ground.planted(sample, "image")


def plant_linked_file(ground: Ground) -> Planted:
    """Put a link to another image in the place of an image."""
    sample, path = _take_image_away(ground)
    path.symlink_to(next(p.name for p in sorted(path.parent.iterdir()) if _is_plain(p)))
    return ground.planted(sample, "image")


def plant_link_outside(ground: Ground) -> Planted:
    """Put a link to a place beside the tree in the place of an image."""
    sample, path = _take_image_away(ground)
    path.symlink_to(_outside(ground, path))
    return ground.planted(sample, "image")


def plant_wrong_label(ground: Ground) -> Planted:
    """Let a label state another class than its folder."""
    sample = ground.take()
    classes = ground.layout.profile.classes
    other = classes[(sample.class_index + 1) % len(classes)].label
    ground.file(sample, "label").write_bytes(ground.layout.label_text(other).encode())
    return ground.planted(sample, "label")


def rewrite_label(contents: Callable[[list[str]], Sequence[bytes]]) -> Callable[[Ground], Planted]:
    """Return a plant that writes into a label one of ``contents``, in turn, made of the texts of two labels."""

    def plant(ground: Ground) -> Planted:
        classes = ground.layout.profile.classes
        choices = contents([ground.layout.label_text(spec.label) for spec in (*classes, *classes)][:2])
        sample = ground.take()
        ground.file(sample, "label").write_bytes(choices[ground.turn(contents) % len(choices)])
        return ground.planted(sample, "label")

    return plant


def _numbered(name: str, turn: int) -> str:
    return f"{name}_{turn + 1}" if turn else name


def _is_plain(path: Path) -> bool:
    """Whether a file is one that may be copied or linked to: regular, with something in it, and not the huge one."""
    return path.is_file() and not path.is_symlink() and 0 < path.stat().st_size < _COPY_LIMIT
