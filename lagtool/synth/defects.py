"""The kinds of defect that can be planted, and the truth about those that were."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from lagtool.profiles import Profile
from lagtool.reading import LABEL_LIMIT, PICTURE_LIMIT
from lagtool.synth import copying, damage, planting
from lagtool.synth.ground import Ground, Planted
from lagtool.synth.layout import Layout, Sample

Plant = Callable[[Ground], Planted | None]
PictureSlot = Literal["image", "map"]

_MOST = 0.9  # from this share of maps on, an image without one is a finding


_LONG_LABEL = b"0\n" * (LABEL_LIMIT // 2 + 512)
_JPEG_START = b"\xff\xd8\xff\xe0\x00\x10JFIF"


@dataclass(frozen=True)
class Kind:
    """One row: the code and name of the check that must find it, how it is planted, and what the profile must have."""

    code: str
    name: str
    plant: Plant
    how: str
    needs: str = ""


def _damage(slot: PictureSlot, harm: damage.Damage) -> Plant:
    """Return a plant that changes the bytes of one picture and leaves the sample's other files alone."""

    def plant(ground: Ground) -> Planted:
        sample = ground.take(has_map=True if slot == "map" else None)
        path = ground.file(sample, slot)
        path.write_bytes(harm(path.read_bytes(), ground.rng, ground.turn((slot, harm))))
        return ground.planted(sample, slot)

    return plant


def _inflate(slot: PictureSlot) -> Plant:
    """Return a plant that makes a picture larger than is ever read, without taking the room on disk."""

    def plant(ground: Ground) -> Planted:
        sample = ground.take(has_map=True if slot == "map" else None)
        with ground.file(sample, slot).open("r+b") as file:
            file.truncate(PICTURE_LIMIT + (1 << 20))
        return ground.planted(sample, slot)

    return plant


# fmt: off
KINDS: tuple[Kind, ...] = (
    Kind("LAG004", "foreign-folder", planting.plant_foreign_folder, "a folder `backup` in a class folder"),
    Kind("LAG005", "copy-of-tree", planting.plant_tree_copy, "`splited_all/` with a class folder and two images"),
    Kind("LAG006", "junk-file", planting.plant_junk, "`Thumbs.db`, `.DS_Store`, `._0001.jpg`: one finding for all"),
    Kind("LAG007", "off-pattern-name", planting.plant_odd_name, "`eye_17.jpg` or `notes.md` among the images"),
    Kind("LAG008", "copy-name", planting.plant_copy_name, "`0001 - Copy.jpg` or `0001 (2).jpg` beside `0001.jpg`"),
    Kind("LAG012", "misplaced-picture", planting.plant_misplaced_picture, "a picture in the folder of a class"),
    Kind("LAG013", "case-twin", planting.plant_case_twin,
         "`List.txt` and `list.txt` in the root; also LAG011 for both"),
    Kind("LAG014", "unicode-twin", planting.plant_unicode_twin,
         "`résumé.txt` twice in the root, composed and decomposed; also LAG011 for both"),
    Kind("LAG015", "link-out-of-tree", planting.plant_unmatched_link_outside,
         "a link to a place beside the tree, among the images or in the root"),
    Kind("LAG016", "unmatched-link", planting.plant_unmatched_link, "a link to nothing or an image, among the images"),
    Kind("LAG101", "orphan-label", planting.plant_orphan_label,
         "an image removed; also LAG102 where each sample has a map", "label"),
    Kind("LAG102", "orphan-map", planting.plant_orphan_map, "an image and its label removed", "map"),
    Kind("LAG103", "missing-label", planting.plant_missing_label, "a label removed", "label"),
    Kind("LAG104", "missing-map", planting.plant_missing_map,
         "a map removed, in a class where each image has one", "full map"),
    Kind("LAG105", "second-file", planting.plant_second_file,
         "`image1.jpg`, `1.jpg` or `0001.jpeg` beside `0001.jpg`, another picture"),
    Kind("LAG106", "id-in-two-classes", planting.plant_shared_id,
         "all files of a sample renamed to an id of the later class", "classes"),
    Kind("LAG107", "not-a-file", planting.plant_non_file,
         "a folder, named pipe or link to nothing in the place of an image"),
    Kind("LAG108", "linked-file", planting.plant_linked_file, "a link to another image in the place of an image"),
    Kind("LAG109", "file-linked-outside", planting.plant_link_outside,
         "a link to a place beside the tree in the place of an image"),
    Kind("LAG201", "label-contradicts-folder", planting.plant_wrong_label, "the other class's label", "label classes"),
    Kind("LAG202", "label-empty", planting.rewrite_label(lambda _: (b"", b" \r\n")),
         "0 bytes, or only blanks", "label"),
    Kind("LAG203", "label-invalid", planting.rewrite_label(lambda _: (b"2", b"yes", "１".encode())),
         "`2`, `yes`, a full-width 1", "label"),
    Kind("LAG204", "label-unreadable", planting.rewrite_label(lambda _: (_LONG_LABEL,)), "5 KB", "label"),
    Kind("LAG205", "label-several-values",
         planting.rewrite_label(lambda texts: [between.join(texts).encode() for between in (" ", "\r\n", ",")]),
         "`0 1`, two lines, `0,1`", "label"),
    Kind("LAG206", "label-not-text",
         planting.rewrite_label(lambda t: (t[0].encode("utf-16-le"), t[0].encode() + bytes(3), _JPEG_START)),
         "UTF-16, zero bytes, the start of a JPEG", "label"),
    Kind("LAG301", "image-truncated", _damage("image", damage.truncate), "cut at 10 to 99 %"),
    Kind("LAG302", "image-corrupt", _damage("image", damage.corrupt), "4 KB zeroed inside the scan"),
    Kind("LAG303", "image-wrong-format", _damage("image", damage.replace_format), "PNG, Git LFS pointer or web page"),
    Kind("LAG304", "image-empty", _damage("image", lambda *_: b""), "0 bytes"),
    Kind("LAG305", "image-unreadable", _inflate("image"), "a sparse file of 65 MiB"),
    Kind("LAG306", "image-bomb", _damage("image", damage.inflate_header), "a header of 30,000 x 30,000"),
    Kind("LAG307", "image-size",
         _damage("image", damage.repaint(lambda p: cv2.resize(p, (480, 500), interpolation=cv2.INTER_AREA))),
         "480 x 500"),
    Kind("LAG309", "image-mode", _damage("image", damage.repaint(lambda p: p, gray=True)), "a gray JPEG"),
    Kind("LAG310", "trailing-data", _damage("image", damage.append), "1 KB or a second JPEG behind the end"),
    Kind("LAG311", "image-orientation", _damage("image", damage.add_orientation), "Exif orientation 6, 3 or 8"),
    Kind("LAG312", "image-gray",
         _damage("image", damage.repaint(lambda p: cv2.cvtColor(p, cv2.COLOR_GRAY2RGB), gray=True)),
         "gray with three channels"),
    Kind("LAG314", "image-blank", _damage("image", damage.blank), "one colour all over"),
    Kind("LAG315", "image-nearly-blank", _damage("image", damage.darken), "a twentieth of the light, or of the field"),
    Kind("LAG316", "odd-one-out", _damage("image", damage.repaint(lambda p: (255 - 0.6 * p).astype(np.uint8))),
         "a picture in negative, washed out"),
    Kind("LAG317", "image-gps", _damage("image", damage.add_place), "Exif with coordinates"),
    Kind("LAG318", "image-metadata", _damage("image", damage.add_metadata), "Exif or an XMP packet"),
    Kind("LAG319", "no-fundus", _damage("image", damage.replace_content), "a page of text, noise, or a line drawing"),
    Kind("LAG401", "map-truncated", _damage("map", damage.truncate), "cut in the scan", "map"),
    Kind("LAG402", "map-corrupt", _damage("map", damage.corrupt), "an eighth of the scan zeroed", "map"),
    Kind("LAG403", "map-wrong-format", _damage("map", damage.replace_format),
         "PNG, Git LFS pointer or web page", "map"),
    Kind("LAG404", "map-empty", _damage("map", lambda *_: b""), "0 bytes", "map"),
    Kind("LAG405", "map-unreadable", _inflate("map"), "a sparse file of 65 MiB", "map"),
    Kind("LAG406", "map-bomb", _damage("map", damage.inflate_header), "a header of 30,000 x 30,000", "map"),
    Kind("LAG407", "map-size", _damage("map", damage.enlarge), "500 x 500", "map"),
    Kind("LAG408", "map-colored",
         _damage("map", damage.repaint(lambda p: cv2.applyColorMap(p, cv2.COLORMAP_JET)[..., ::-1], gray=True)),
         "the colours of jet", "map"),
    Kind("LAG409", "map-constant", _damage("map", damage.flatten), "one gray all over", "map"),
    Kind("LAG410", "map-low-maximum",
         _damage("map", damage.repaint(lambda p: (p * np.float32(120 / 255)).round().astype(np.uint8), gray=True)),
         "a maximum of 120", "map"),
    Kind("LAG411", "map-mode", _damage("map", damage.separate), "CMYK", "map"),
    Kind("LAG412", "map-blank", _damage("map", damage.repaint(np.zeros_like, gray=True)), "black all over", "map"),
    Kind("LAG413", "map-identical", copying.plant_copied_map, "a map over that of another sample", "map"),
    Kind("LAG414", "map-outside-field", copying.plant_shifted_map,
         "an image drawn anew with black corners, its map's mass in one of them", "map"),
    Kind("LAG415", "map-mirrored", copying.plant_turned_map,
         "image and map drawn anew with the disc at the side, the map mirrored or turned", "map"),
    Kind("LAG601", "identical-across-classes", partial(copying.plant_copy, across=True, comment=False),
         "an image's bytes over one of the later class", "classes"),
    Kind("LAG602", "identical-within-class", partial(copying.plant_copy, across=False, comment=False),
         "an image's bytes over one of the same class with a higher id"),
    Kind("LAG603", "same-pixels-across-classes", partial(copying.plant_copy, across=True, comment=True),
         "an image, with a comment put in, over one of the later class", "classes"),
    Kind("LAG604", "same-pixels-within-class", partial(copying.plant_copy, across=False, comment=True),
         "an image, with a comment put in, over one of the same class with a higher id"),
)
# fmt: on


def plant_defects(
    root: Path, layout: Layout, samples: Sequence[Sample], seed: int, scale: float, number: int
) -> dict[str, object]:
    """Plant ``number`` defects in a flawless tree, in turn over the kinds, each in samples of its own.

    Returns:
        The truth, in values of JSON: what was planted, and all findings about files that it must give.

    Raises:
        LagtoolError: There are too few samples.
    """
    ground = Ground.prepare(root, layout, samples, seed)
    kinds = [kind for kind in KINDS if _applies(kind, layout.profile)]
    turn = deque(kinds[index] for index in ground.rng.permutation(len(kinds)))
    defects: list[tuple[Kind, Planted]] = []
    while len(defects) < number:
        kind = turn.popleft()
        planted = kind.plant(ground)
        if planted is not None:  # None: there is no more room for this kind
            defects.append((kind, planted))
            turn.append(kind)
    return {
        "seed": seed,
        "profile": layout.profile.name,
        "scale": scale,
        "defects": [
            {"kind": kind.name, "code": kind.code, "path": planted.path, "sample": planted.sample}
            for kind, planted in defects
        ],
        "expected": [{"code": code, "path": path} for code, path in _expect(ground, defects, scale)],
    }


def _applies(kind: Kind, profile: Profile) -> bool:
    needs = kind.needs.split()
    if "full" in needs and not all((c.maps or 0) >= _MOST * (c.images or 0) for c in profile.classes):
        return False
    if "classes" in needs and len(profile.classes) < 2:
        return False
    return all(slot in profile.slots for slot in needs if slot in ("label", "map"))


def _expect(ground: Ground, defects: list[tuple[Kind, Planted]], scale: float) -> list[tuple[str, str]]:
    """Return the findings, (code, path): those of the defects, and what follows from what is there now and not."""
    found = {(kind.code, planted.path) for kind, planted in defects if kind.code != "LAG104"}
    found |= {finding for _, planted in defects for finding in planted.more}
    for index, spec in enumerate(ground.layout.profile.classes):
        images = ground.present(spec.name, "image")
        if scale == 1 and len(images) != spec.images:
            found.add(("LAG501", spec.name))
        if "map" not in ground.layout.profile.slots:
            continue
        maps = ground.present(spec.name, "map")
        if scale == 1 and spec.maps is not None and len(maps) != spec.maps:
            found.add(("LAG502", spec.name))
        if images and len(images & maps) >= _MOST * len(images):
            lost = [Sample(int(key), index, False) for key in images - maps]
            found |= {("LAG104", ground.layout.path(sample, "image")) for sample in lost}
    return sorted(found)
