"""The readers of single files: labels, JPEG markers, configurations, profiles, curations."""

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lagtool.checks.configuration import read_file as read_configuration
from lagtool.curation.apply import apply_curation
from lagtool.curation.read import add_marks, parse_curation, parse_sheet, write_marks
from lagtool.model import State
from lagtool.probe.jpeg import SOI, describe_trailer, read_exif, read_structure
from lagtool.probe.label import parse_label
from lagtool.probe.picture import decode, read_header, sniff
from lagtool.profiles import BUILT_IN, Profile, load_profile
from lagtool.profiles.reading import read_profile
from lagtool.reporting.profile_toml import render_profile
from tests.factories import fake_sha256, make_manifest
from tests.fuzz.target import Reader, Target

_PIXELS = 1 << 20


def _plain(read: Reader) -> Callable[[Path], AbstractContextManager[Reader]]:
    return lambda _folder: nullcontext(read)


def read_label(data: bytes) -> None:
    """A label is one of the two texts, or a message that can be shown; text is never guessed at."""
    values = {"0": 0, "1": 1}
    label = parse_label(data, values)
    text = data.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n\v\f")
    assert (label.state is State.OK) == (text in (b"0", b"1"))
    assert (label.value is None) == (label.state is not State.OK)
    assert label.value is None or label.value == values[text.decode()]
    for shown in (label.raw, label.message):
        assert shown is None or (shown and shown.replace("…", "").isascii() and shown.isprintable())
        assert shown is None or not shown.startswith(("=", "+", "-", "@"))


def read_markers(data: bytes) -> None:
    """Markers lead to an end within the data, or to a problem in words; a beginning says what the whole says."""
    whole = SOI + data
    found = read_structure(whole)
    assert (found.end is None) == bool(found.problem)
    assert found.end is None or 2 < found.end <= len(whole)
    assert found.problem.isprintable()
    assert found.quality is None or 1 <= found.quality <= 100
    assert found.subsampling is None or found.frame is not None or found.components == 0
    assert found.tables_digest is None or len(found.tables_digest) == 16
    assert read_structure(whole) == found, "what was learnt from it before makes a difference"
    head = read_structure(whole, to_pixels=True)
    if not found.problem and not head.problem and head.frame is not None:  # else a scan comes before its frame
        assert (head.frame, head.width, head.height) == (found.frame, found.width, found.height)
    describe_trailer(whole[found.end or 0 :])
    read_exif(found.exif if found.exif is not None else data)


def read_picture(data: bytes) -> None:
    """Whatever a file holds, decoding it gives pixels of the size stated, or a message; a limit is heeded."""
    sniff(data)
    for expected in ("JPEG", None):
        head = read_header(data, expected, max_pixels=_PIXELS)
        picture = decode(data, expected, max_pixels=_PIXELS, reduce=2)
        assert (picture.message is None) == (picture.state is State.OK)
        assert picture.message is None or picture.message.isprintable()
        assert head.state is State.OK or head.state is picture.state
        if picture.state is State.OK:
            assert picture.pixels is not None and picture.width is not None and picture.height is not None
            assert picture.width * picture.height <= _PIXELS
            assert picture.pixels.shape[:2] == (-(-picture.height // 2), -(-picture.width // 2))


@contextmanager
def _open_configuration(folder: Path) -> Iterator[Reader]:
    path = folder / "lagtool.toml"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        settings = read_configuration(path)
        assert type(settings).model_validate(settings.model_dump()) == settings

    yield read


@contextmanager
def _open_profile(folder: Path) -> Iterator[Reader]:
    path, again = folder / "p.toml", folder / "again.toml"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        reading = read_profile(str(path))
        assert all(str(problem).isprintable() and problem.text for problem in reading.problems)
        assert (reading.profile is None) == bool(reading.problems)
        if reading.profile is not None:
            _check_profile(reading.profile)
            again.write_text(render_profile(reading.profile), encoding="utf-8")
            assert read_profile(str(again)).profile == reading.profile

    yield read


def _check_profile(profile: Profile) -> None:
    """What a name means does not depend on chance, and leads to a path below the root that means the same."""
    for spec in profile.classes:
        for slot, rules in profile.slots.items():
            for stem in ("0001", "image1", "a" * 60, "1.2", "..", "-1"):
                key = profile.key(slot, stem + rules.suffixes[0])
                assert key is None or (key.isascii() and "/" not in key and key not in (".", ".."))
                path = profile.path(spec.name, slot, "x.jpg")
                assert not path.startswith("/") and ".." not in path.split("/")


def read_marks(data: bytes) -> None:
    """What is written is what was read; marks mean the same in any order, and twice; adding them changes nothing."""
    curation = parse_curation(data, "curation.csv")
    marks = list(curation.marks)
    again = parse_curation(write_marks(marks), "again").marks
    assert {mark.decision for mark in again} == {mark.decision for mark in marks}
    sheet = parse_sheet(data, "curation.csv")
    assert parse_curation(sheet.to_bytes(), "again").marks == curation.marks
    before = [list(cells) for _, cells in sheet.rows]
    _, changed = add_marks(sheet, marks)
    if len({mark.decision for mark in marks}) == len(marks):
        assert not changed and [cells[: len(old)] for (_, cells), old in zip(sheet.rows, before, strict=True)] == before
    manifest = make_manifest(4, 4)
    made = apply_curation(manifest, curation)
    turned = apply_curation(manifest, replace(curation, marks=tuple(reversed(marks))))
    for column in ("curation", "curated_class"):
        assert made.samples[column].equals(turned.samples[column])


def _pictures() -> list[bytes]:
    """Small pictures of many kinds, with what may stand in their markers."""
    rng = np.random.default_rng(0)
    pixels = np.kron(rng.integers(0, 255, (4, 4, 3), np.uint8), np.ones((6, 5, 1), np.uint8))
    image = Image.fromarray(pixels)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    ways: list[tuple[Image.Image, str, dict[str, Any]]] = [
        (image, "JPEG", {}),
        (image, "JPEG", {"progressive": True, "quality": 30}),
        (image, "JPEG", {"exif": exif, "subsampling": 0}),
        (image, "JPEG", {"icc_profile": b"profile", "comment": b"drawn", "restart_marker_blocks": 1}),
        (image.convert("L"), "JPEG", {"quality": 75}),
        (image.convert("CMYK"), "JPEG", {}),
        (image, "PNG", {}),
        (image.convert("P"), "GIF", {}),
        (image, "BMP", {}),
        (image, "TIFF", {"compression": "tiff_lzw"}),
        (image, "WEBP", {}),
    ]
    made = []
    for picture, kind, options in ways:
        file = io.BytesIO()
        picture.save(file, kind, **options)
        made.append(file.getvalue())
    jpeg = made[0]
    return [
        *made,
        jpeg[:-20],
        jpeg + jpeg,
        jpeg + bytes(64),
        b"version https://git-lfs.github.com/spec/v1\n",
        b"<html>",
    ]


_MARKS = """class,id,action,value,note,image_sha256
non_glaucoma,0001,exclude,,blurred,
suspicious_glaucoma,0005,relabel,non_glaucoma,"a second, longer look",
non_glaucoma,0002,keep-together,p1,,{digest}
suspicious_glaucoma,0006,keep-together,p1,,
non_glaucoma,0003,accept,LAG307,it is so,
"""

_CONFIGURATION = """# what we know
profile = "lag-part1"
select = ["labels", "LAG3"]
fail-on = "warning"
baseline = "known.jsonl"
most = 5

[ignore]
LAG502 = "we only have part 1"

[[ignore.image-size]]
path = "non_glaucoma/image/00*.jpg"
reason = "scanned again in 2023"

[[ignore.label-empty]]
sample = ["non_glaucoma/0002", "suspicious_glaucoma/0004"]
reason = "the folder tells"

[severities]
attention = "note"

[thresholds]
map-low-maximum = 200
"""

_PROFILE = """extends = "lag"
title = "Another"
id = "im{number:06}"

[[classes]]
name = "healthy"
label = 0

[[classes]]
name = "ill"
label = 1
images = 12

[slots.image]
folder = "pictures"
files = ["{number}.jpg", "im{number:06}.png"]
width = 300
"""


def _texts(*texts: str) -> Callable[[], list[bytes]]:
    return lambda: [text.encode() for text in texts]


TARGETS = (
    Target(
        "label",
        "a label file",
        lambda: [b"0", b"1\r\n", b"\xef\xbb\xbf1", b"0 1", b"", "１".encode(), "1".encode("utf-16"), b"=1+1", b"\0"],
        _plain(read_label),
    ),
    Target("markers", "the markers of a JPEG file", lambda: [made[2:] for made in _pictures()], _plain(read_markers)),
    Target("picture", "a picture, decoded", _pictures, _plain(read_picture)),
    Target("config", "lagtool.toml", _texts(_CONFIGURATION, "most = 1", ""), _open_configuration),
    Target(
        "profile",
        "a profile",
        lambda: [_PROFILE.encode(), *(render_profile(load_profile(name)).encode() for name in BUILT_IN)],
        _open_profile,
    ),
    Target(
        "curation",
        "a curation file",
        lambda: [
            text.encode()
            for comma in (",", ";", "\t")
            for text in [_MARKS.format(digest=fake_sha256("image non_glaucoma/0002")).replace(",", comma)]
        ],
        _plain(read_marks),
    ),
)
