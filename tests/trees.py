"""Small real trees on disk, in the layout of LAG."""

from pathlib import Path

import numpy as np
import simplejpeg

CLASSES = ("non_glaucoma", "suspicious_glaucoma")


def jpeg(seed: int, width: int = 500, height: int = 500, *, gray: bool = False, quality: int = 90) -> bytes:
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
        return simplejpeg.encode_jpeg(pixels, quality, "GRAY")  # type: ignore[no-any-return]
    return simplejpeg.encode_jpeg(pixels, quality, "RGB", "420")  # type: ignore[no-any-return]


def attention_map(seed: int, peak: float = 255.0, side: int = 112) -> bytes:
    """Return a gray JPEG with one Gaussian blob on black."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    cy, cx = rng.uniform(0.3, 0.7, 2) * side
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


def snapshot(root: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of change of everything below ``root``: equal snapshots, untouched tree."""
    return {
        path.relative_to(root).as_posix(): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in sorted(root.rglob("*"))
    }
