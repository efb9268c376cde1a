"""Writing an export: planned, written beside its place, and put there whole."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lagtool import __version__
from lagtool.errors import LagtoolError
from lagtool.export.formats import ExportFormat
from lagtool.export.job import Export, Job
from lagtool.export.options import ARRAY_SIZES, ClassDirs, Maps, Mode, Options
from lagtool.export.pictures import check_places
from lagtool.export.place import MARKER, check_export_folder, export_folder, list_files, write_marker
from lagtool.export.plan import Plan, number_class_folders, plan_export
from lagtool.export.terms import LICENSE, README, readme_text, terms_text
from lagtool.export.wording import remarks_on
from lagtool.files import Store
from lagtool.files.root import find_store
from lagtool.manifest.value import Manifest
from lagtool.output.progress import Bar, no_bar

_LARGEST = 4096


def write_export(
    manifest: Manifest,
    root: str | Path | Store | None,
    format: str,  # noqa: A002 - as the option of the command line means it
    out: str | Path,
    *,
    parts: Sequence[str] = (),
    fold: int | None = None,
    size: int | None = None,
    maps: str | None = None,
    mode: str = Mode.AUTO,
    shard_size: int | None = None,
    class_dirs: str = ClassDirs.NAME,
    force: bool = False,
    jobs: int | None = None,
    bar: Bar | None = None,
) -> Export:
    """Write the samples of a manifest, its split and its marks in the form that a training framework reads.

    Every file is held against the manifest's sha256. The same input gives the same bytes (of the same versions of
    the encoders, where pictures are resized). Nothing is written into the dataset itself.

    Args:
        manifest: With a split or without; marks hold.
        root: The folder of the dataset, or its archive or URL; None for formats without pictures.
        format: One of `lagtool.export.formats.ExportFormat`; docs/export.md describes them.
        out: The folder to write; made if it is not there.
        parts: Names of the parts to export; empty: all.
        fold: The fold that becomes part ``val``, all others ``train``; None: each fold is a part of its own.
        size: Side in pixels of the square that images are made to fit; None: they stay as they are, to the byte (but
            for an orientation in their metadata, which is set to upright).
        maps: ``resized`` (to their image), ``as-is`` or ``none``; None: what is usual in the format.
        mode: ``auto``, ``link``, ``hardlink``, ``reflink`` or ``copy``: how files that do not change come into it.
        shard_size: Samples per tar of a WebDataset at most; None: 1,000.
        class_dirs: ``name`` or ``label``: what the folders of classes are called in an ImageFolder.
        force: Whether to replace an earlier export. Anything else in the folder is never replaced.
        jobs: Processes; None: one per usable core.
        bar: Makes a progress bar from a description, a number and a unit.

    Raises:
        LagtoolError: An option is not for this format, there is nothing to export, a file is not the one that was
            indexed, or the folder is taken or cannot be written into; nothing stays of the export then.
    """
    chosen = choose_format(format)
    options = check_options(
        chosen,
        Options(
            tuple(parts),
            fold,
            size,
            None if maps is None else Maps(maps),
            Mode(mode),
            shard_size,
            ClassDirs(class_dirs),
        ),
        pictures=root is not None,
    )
    folder = Path(out)
    place = None if root is None else find_store(root, manifest.profile)
    guarded = None if place is None else place.guarded
    check_export_folder(folder, force=force, data_root=guarded)
    plan = plan_export(manifest, parts=options.parts, fold=options.fold)
    numbered = options.class_dirs is ClassDirs.LABEL
    plan = number_class_folders(plan) if numbered else plan
    plan = replace(plan, remarks=(*plan.remarks, *remarks_on(plan, chosen, numbered=numbered)))
    if place is not None:
        check_places(plan, place)
    with export_folder(folder, force=force, data_root=guarded) as made:
        with (bar or no_bar)("Exporting", len(plan.samples), "samples") as advance:
            job = Job(plan, place, made, options, jobs if place is None else place.jobs(jobs), advance)
            written = chosen.write(job)
        (made / README).write_text(readme_text(job, written, chosen.value), encoding="utf-8", newline="\n")
        (made / LICENSE).write_text(terms_text(plan.profile), encoding="utf-8", newline="\n")
        files = list_files(made)
        write_marker(made, _said(chosen, options, plan, written.mode), [name for name, _ in files])
        size_of_marker = (made / MARKER).stat().st_size
    return Export(folder, chosen.value, plan, written.mode, len(files) + 1, sum(n for _, n in files) + size_of_marker)


def choose_format(name: str) -> ExportFormat:
    """Return the format of a name.

    Raises:
        LagtoolError: There is none.
    """
    try:
        return ExportFormat(name)
    except ValueError:
        raise LagtoolError(f"no format is called '{name[:60]}': there are {', '.join(ExportFormat)}") from None


def check_options(chosen: ExportFormat, options: Options, *, pictures: bool, in_place: bool = False) -> Options:
    """Return the options with the format's own choices where nothing was asked for.

    Raises:
        LagtoolError: One is not for this format, or the pictures that it needs are not at hand.
    """
    given = {"size": options.size is not None, "mode": options.mode is not Mode.AUTO}
    if in_place and (any(given.values()) or options.maps is Maps.RESIZED):
        raise LagtoolError("in place no picture is written: leave out --size, --mode and --maps resized, or --in-place")
    given |= {"in-place": in_place, "shard-size": options.shard_size is not None}
    given |= {"class-dirs": options.class_dirs is not ClassDirs.NAME}
    for name, is_given in given.items():
        if is_given and name not in chosen.heeds:
            raise LagtoolError(f"{chosen.value} does not heed --{name}: leave it out, or choose another format")
    if options.maps is Maps.RESIZED and "size" not in chosen.heeds:
        raise LagtoolError(f"{chosen.value} holds no pictures: maps cannot be resized in it (--maps)")
    if "pictures" in chosen.heeds and not pictures:
        raise LagtoolError(f"{chosen.value} needs the pictures: give the folder as SOURCE, or --root DIR (root=...)")
    if options.size is not None and not 1 <= options.size <= _LARGEST:
        raise LagtoolError(f"--size {options.size}: a side has 1 to {_LARGEST:,} pixels")
    if chosen is ExportFormat.NPZ:
        _check_arrays(options)
    if options.shard_size is not None and options.shard_size < 1:
        raise LagtoolError(f"--shard-size {options.shard_size}: a tar has at least one sample")
    maps = options.maps
    if maps is None:
        # A map that no longer lies on its image would be of no use.
        maps = Maps.RESIZED if options.size is not None and chosen.maps is Maps.AS_IS else chosen.maps
    return replace(options, maps=maps)


def _check_arrays(options: Options) -> None:
    if options.size is not None and options.size not in ARRAY_SIZES:
        raise LagtoolError(f"--size {options.size}: npz has the sizes of MedMNIST, {', '.join(map(str, ARRAY_SIZES))}")
    if options.maps is Maps.AS_IS:
        raise LagtoolError("in npz maps have the size of the images: --maps resized, or none")


def _said(chosen: ExportFormat, options: Options, plan: Plan, mode: str | None) -> dict[str, Any]:
    return {
        "tool_version": __version__,
        "format": chosen.value,
        "maps": options.maps,
        "size": options.size,
        "mode": mode,
        "content_sha256": plan.content_sha256,
        "split_sha256": plan.split_sha256,
        "fold": options.fold,
        "shard_size": options.shard_size,
        "class_dirs": options.class_dirs,
        "parts": {part: len(plan.select(part)) for part in plan.parts},
        "left_out": plan.left_out,
    }
