"""``lagtool export``: ready for training."""

import functools
import sys
from pathlib import Path
from typing import Annotated

import typer

from lagtool.cli import options
from lagtool.cli.app import app
from lagtool.cli.terminal import progress, tell
from lagtool.export.formats import ExportFormat
from lagtool.export.options import ClassDirs, Maps, Mode, Options
from lagtool.files import is_tree


@app.command("export")
def export_samples(  # noqa: PLR0917 - each is one option of the command line
    source: options.Source,
    to: Annotated[ExportFormat, typer.Option("--to", help="Format; docs/export.md has a section on each.")],
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="DIR", help="Folder to write, outside the data.", show_default=False),
    ] = None,
    split: Annotated[
        list[str] | None,
        typer.Option("--split", metavar="NAME", help="Only this part (may be repeated; default: all)."),
    ] = None,
    fold: Annotated[
        int | None, typer.Option(metavar="K", min=0, help="Fold K becomes val, all others train; else each is a part.")
    ] = None,
    size: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=4096, help="Make images fit a square of N pixels.")
    ] = None,
    maps: Annotated[
        Maps | None, typer.Option(help="Attention maps (default: as-is; with --size resized, as their images are).")
    ] = None,
    mode: Annotated[
        Mode, typer.Option(help="How unchanged files come into DIR (auto: reflink, else link, else copy).")
    ] = Mode.AUTO,
    shard_size: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Samples per tar of a webdataset (default: 1,000).")
    ] = None,
    class_dirs: Annotated[
        ClassDirs, typer.Option(help="imagefolder only: name class folders NAME, or LABEL_NAME to keep label order.")
    ] = ClassDirs.NAME,
    in_place: Annotated[
        bool,
        typer.Option("--in-place", help="huggingface only: no DIR, but one file beside the data, metadata.parquet."),
    ] = False,
    root: Annotated[
        str | None, typer.Option(metavar="DIR", help="Where the pictures of a manifest lie.", show_default=False)
    ] = None,
    profile: options.ProfileName = None,
    config: options.ConfigFile = None,
    no_config: options.NoConfig = False,
    curation: options.CurationFile = None,
    jobs: options.Jobs = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an earlier export, and nothing else.")] = False,
    quiet: options.Quiet = False,
) -> None:
    """Write the samples, with split and marks, in the form that a training framework reads.

    Damaged samples and those in no part are left out, and counted on stderr. Every file is held against the manifest.
    DIR is there whole or not at all. LAG must not be uploaded again: the terms are in DIR.
    """
    from lagtool.cli.session import curate, open_curation, open_pictures, open_settings
    from lagtool.export.huggingface import METADATA
    from lagtool.export.in_place import check_in_place, write_in_place
    from lagtool.export.place import check_export_folder
    from lagtool.export.wording import describe_export, remarks
    from lagtool.export.writing import check_options, write_export
    from lagtool.scanning.source import data_root

    said = {"profile": profile, "curation": curation}
    settings = open_settings(config, no_config=no_config, options=said, quiet=quiet)
    marks = open_curation(settings.curation)
    # What is in the way is said before the scan, not after it.
    home = data_root(source, settings.profile, pictures=root)
    _check_target(output, in_place=in_place)
    asked = Options(tuple(split or ()), fold, size, maps, mode, shard_size, class_dirs)
    check_options(to, asked, pictures=is_tree(root or source), in_place=in_place)
    if output is not None:
        check_export_folder(Path(output), force=force, data_root=home)
    elif home is not None and home.is_dir():
        check_in_place(home / METADATA, force=force)
    manifest, place = open_pictures(source, root, settings.profile, jobs, quiet=quiet)
    manifest = curate(manifest, marks, quiet=quiet)
    bar = functools.partial(progress, quiet=quiet)
    if output is None:
        assert place is not None
        export = write_in_place(
            manifest,
            place,
            parts=asked.parts,
            fold=fold,
            maps=maps or to.maps,
            force=force,
            jobs=jobs,
            bar=bar,
        )
    else:
        export = write_export(
            manifest,
            place,
            to.value,
            output,
            parts=asked.parts,
            fold=fold,
            size=size,
            maps=maps,
            mode=mode,
            shard_size=shard_size,
            class_dirs=class_dirs,
            force=force,
            jobs=jobs,
            bar=bar,
        )
    for remark in () if quiet else remarks(export):
        tell(remark)
    sys.stdout.write(describe_export(export))


def _check_target(output: str | None, *, in_place: bool) -> None:
    if output is None and not in_place:
        raise typer.BadParameter("Missing option '--output' / '-o'.")
    if output is not None and in_place:
        raise typer.BadParameter("--in-place writes beside the data: leave out --output.")
