"""Small real trees on disk, in the layout of LAG."""

import hashlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import simplejpeg

CLASSES = ("non_glaucoma", "suspicious_glaucoma")
_SMALL = 1 << 20


def jpeg(seed: int, width: int = 500, height: int = 500, *, gray: bool = False) -> bytes:
    """Return a JPEG of smooth blobs with some noise, different for every seed."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    channels = 1 if gray else 3
    waves = [
        np.sin(x / width * rng.uniform(2, 9) + rng.uniform(0, 6)) + np.cos(y / height * rng.uniform(2, 9))
        for _ in range(channels)
    ]
    levels = np.stack(waves, axis=-1) * 50 + 128 + rng.normal(0, 4, (height, width, channels))
    pixels = np.ascontiguousarray(levels.clip(0, 255).astype(np.uint8))
    if gray:
        return simplejpeg.encode_jpeg(pixels, 90, "GRAY")  # type: ignore[no-any-return]
    return simplejpeg.encode_jpeg(pixels, 90, "RGB", "420")  # type: ignore[no-any-return]


def attention_map(seed: int, peak: float = 255.0) -> bytes:
    """Return a gray JPEG with one Gaussian blob on black."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:112, 0:112].astype(np.float32)
    cy, cx = rng.uniform(0.3, 0.7, 2) * 112
    levels = peak * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * 9.0**2))
    pixels = np.ascontiguousarray(levels.round().astype(np.uint8)[..., None])
    return simplejpeg.encode_jpeg(pixels, 75, "GRAY")  # type: ignore[no-any-return]


def write(path: Path, data: bytes) -> Path:
    """Write ``data``, making the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def write_tree(root: Path, n0: int = 3, n1: int = 2) -> Path:
    """Write a flawless tree: ids 0001.. through both classes, every sample with label and map."""
    number = 0
    for label, (class_name, size) in enumerate(zip(CLASSES, (n0, n1), strict=True)):
        for folder in ("image", "label", "attention_map"):
            (root / class_name / folder).mkdir(parents=True, exist_ok=True)
        for _ in range(size):
            number += 1
            write(root / class_name / "image" / f"{number:04d}.jpg", jpeg(number))
            write(root / class_name / "label" / f"{number:04d}.txt", str(label).encode())
            write(root / class_name / "attention_map" / f"{number:04d}.jpg", attention_map(number))
    return root


def link_images(tree: Path, numbers: Iterable[int]) -> None:
    """Give a tree samples of these numbers: hard links to its image 0001, which cost next to nothing."""
    image = tree / "non_glaucoma" / "image"
    for number in numbers:
        os.link(image / "0001.jpg", image / f"{number:04d}.jpg")


def snapshot(root: Path) -> dict[str, tuple[object, ...]]:
    """Return kind, size, time of change, and target or (of small files) sha256 of everything below ``root``.

    Equal snapshots: an untouched tree.
    """
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        held: object = None
        if stat.S_ISLNK(status.st_mode):
            held = path.readlink()
        elif stat.S_ISREG(status.st_mode) and status.st_size <= _SMALL:
            held = hashlib.sha256(path.read_bytes()).hexdigest()
        found[path.relative_to(root).as_posix()] = (status.st_mode, status.st_size, status.st_mtime_ns, held)
    return found
