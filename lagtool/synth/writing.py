"""Writing a synthetic tree: drawn in processes beside its place, and moved there when it is whole."""

import functools
import os
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from lagtool.errors import LagtoolError
from lagtool.output.folder import put_folder, temporary_folder
from lagtool.output.writing import check_folder, check_place
from lagtool.probe.threads import without_opencv_threads
from lagtool.profiles import Profile
from lagtool.scanning.workers import map_chunks, usable_cores
from lagtool.synth.defects import plant_defects
from lagtool.synth.encoding import encode_image, encode_regions, encode_weights
from lagtool.synth.layout import Layout, Sample, count_samples, plan_samples
from lagtool.synth.marker import Companions, check_companions, is_own_tree
from lagtool.synth.scene import attention_rng, compose_scene
from lagtool.text import show

_CHUNK = 16
_UNFINISHED = ".lagtool-synth.tmp"
_REMOVALS = 100
_SERIAL = 64  # fewer samples than these are drawn sooner than a process starts


@dataclass(frozen=True)
class SyntheticTree:
    """What was written: the root, the numbers of images and maps drawn, and the list of planted defects, if any."""

    root: Path
    images: int
    maps: int
    truth_path: Path | None


@dataclass(frozen=True)
class _Job:
    folder: Path
    layout: Layout
    seed: int
    hazy: bool


def count_pictures(profile: Profile, scale: float = 1.0) -> int:
    """Return how many pictures (images and maps) will be drawn.

    Raises:
        LagtoolError: The scale is out of range, or the profile gives no number of images.
    """
    return sum(images + maps for images, maps in count_samples(profile, scale))


def write_synthetic_tree(
    root: Path,
    *,
    profile: Profile,
    scale: float = 1.0,
    seed: int = 0,
    defects: int = 0,
    hazy: bool = False,
    jobs: int | None = None,
    force: bool = False,
    advance: Callable[[int], None] | None = None,
) -> SyntheticTree:
    """Write a synthetic tree; the same arguments give the same bytes, whatever ``jobs``.

    Beside the tree, ``ROOT.synth.json`` says how it was made and, with ``defects``, ``ROOT.truth.json`` what was
    planted where and which findings that must give. The tree itself holds nothing but the dataset's files.

    Args:
        root: The folder that will hold the class folders.
        profile: Layout, classes and full numbers of images and maps.
        scale: Share of these numbers to make.
        seed: Chooses everything that is left to chance.
        defects: How many defects to plant, in turn over all kinds; see `lagtool.synth.defects.KINDS`.
        hazy: Photograph all eyes through a clouded lens, in whole round fields: little light, weak vessels, no fine
            detail. Such pictures are hard to tell apart; no defects can be planted among them.
        jobs: Processes; None: one per core.
        force: Replace a tree that was made by this function.
        advance: Called with the number of further pictures that are done.

    Raises:
        LagtoolError: The place is taken or cannot be written to, or the arguments do not fit; nothing was changed.
    """
    layout = Layout(profile)
    if seed < 0 or defects < 0:
        raise LagtoolError("seed and number of defects cannot be negative")
    check_place(Path(root))
    if hazy and defects:
        raise LagtoolError("defects cannot be planted in a hazy tree: leave out defects, or hazy")
    root = Path(os.path.abspath(root))  # noqa: PTH100 - resolve() would follow the link that is refused below
    _check_place(root, force)
    samples = plan_samples(profile, scale, seed)
    layout.check()
    if defects:
        layout.check_defects()
    images = [layout.path(sample, "image") for sample in samples]
    with temporary_folder(root, _UNFINISHED, functools.partial(_is_leftover, layout), _remove) as temporary:
        (temporary / _UNFINISHED).touch()
        _draw(_Job(temporary, layout, seed, hazy), samples, jobs, advance)
        truth = plant_defects(temporary, layout, samples, seed, scale, defects) if defects else None
        described: dict[str, str | int | float] = {
            "profile": profile.name,
            "scale": scale,
            "seed": seed,
            "defects": defects,
            **({"hazy": True} if hazy else {}),
            "images": len(samples),
            "maps": sum(sample.has_map for sample in samples),
        }
        companions = Companions(root, temporary, described, images)
        companions.announce()
        (temporary / _UNFINISHED).unlink()
        put_folder(temporary, root)
        if temporary.is_dir():  # the earlier tree, to be removed
            (temporary / _UNFINISHED).touch()
        truth_path = companions.write(truth)
    return SyntheticTree(root, len(samples), sum(sample.has_map for sample in samples), truth_path)


def _check_place(root: Path, force: bool) -> None:
    """Refuse to write over anything that this module did not make."""
    if not root.name or root.is_symlink():
        raise LagtoolError(f"{show(root)} cannot be replaced by a folder: name another place")
    check_folder(root, force=force)
    if root.is_dir() and any(root.iterdir()) and not is_own_tree(root):
        raise LagtoolError(f"{show(root)} is not a tree that lagtool synth made: remove it yourself, or name another")
    check_companions(root, force=force)


def _is_leftover(layout: Layout, folder: Path) -> bool:
    """Whether a temporary folder that nobody uses is an unfinished tree, or a whole one on its way in or out."""
    if (folder / _UNFINISHED).exists() or not any(folder.iterdir()):
        return True
    profile = layout.profile
    return all((folder / profile.folder(c.name, slot)).is_dir() for c in profile.classes for slot in profile.slots)


def _draw(job: _Job, samples: Sequence[Sample], jobs: int | None, advance: Callable[[int], None] | None) -> None:
    profile = job.layout.profile
    for spec in profile.classes:
        for slot in profile.slots:
            (job.folder / profile.folder(spec.name, slot)).mkdir(parents=True, exist_ok=True)
    if jobs is None:
        jobs = 1 if len(samples) < _SERIAL else usable_cores()
    with closing(map_chunks(_draw_samples, job, samples, _CHUNK, max(1, jobs), _give_up)) as drawn:
        for _, pictures in drawn:
            if advance is not None:
                advance(pictures)


def _draw_samples(job: _Job, samples: Sequence[Sample]) -> int:
    """Draw and write the files of some samples; return the number of pictures."""
    with without_opencv_threads():  # they cost more than such small planes give
        for sample in samples:
            _draw_sample(job, sample)
    return sum(1 + sample.has_map for sample in samples)


def _draw_sample(job: _Job, sample: Sample) -> None:
    layout = job.layout
    label = layout.class_of(sample).label
    scene = compose_scene(job.seed, sample.number, label, hazy=job.hazy)
    image = encode_image(scene, layout.profile.slots["image"])
    (job.folder / layout.path(sample, "image")).write_bytes(image)
    if "label" in layout.profile.slots:
        (job.folder / layout.path(sample, "label")).write_bytes(layout.label_text(label).encode())
    if sample.has_map:
        spec = layout.profile.slots["map"]
        if spec.content == "mask":
            picture = encode_regions(scene, spec)
        else:
            picture = encode_weights(scene, attention_rng(job.seed, sample.number), spec)
        (job.folder / layout.path(sample, "map")).write_bytes(picture)


def _give_up(job: _Job, samples: Sequence[Sample]) -> int:
    names = ", ".join(job.layout.title(sample) for sample in samples)
    raise LagtoolError(f"the process that drew {names} was ended from outside (out of memory?): try --jobs 1")


def _remove(folder: Path) -> None:
    """Remove an unfinished tree, also while a process still writes its last files there.

    Processes make no folders, so that each round takes away more of the places where they could write.
    """
    for _ in range(_REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.02)
