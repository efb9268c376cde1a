"""``lagtool audit``: a verdict on a split, whoever made it."""

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lagtool.cli import judging, options, overlap
from lagtool.cli.app import app
from lagtool.cli.terminal import progress, tell
from lagtool.errors import LagtoolError
from lagtool.reporting.report import ReportFormat
from lagtool.text import show

if TYPE_CHECKING:
    from lagtool.lists import Listing


@app.command()
def audit(  # noqa: PLR0917 - each is one option of the command line
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="SPLIT... SOURCE",
            help="The split (a folder or manifest of lagtool, .csv, .tsv, .txt, .json, .jsonl, .parquet, a folder of "
            "such lists or of pictures); last the LAG folder, or a manifest.",
            show_default=False,
        ),
    ],
    parts: Annotated[
        list[str] | None,
        typer.Option("--part", metavar="NAME=FILE", help="A list or folder that is one part, with the part's name."),
    ] = None,
    columns: options.ListColumns = None,
    root: options.PictureRoot = None,
    relations: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Look across parts for these only: byte-identical, pixel-identical, near-duplicate, mirrored, turned, "
            "same-eye, probably-same-eye; separated by commas; or none.",
        ),
    ] = None,
    against: overlap.Against = None,
    against_root: overlap.AgainstRoot = None,
    groups: Annotated[
        str | None, typer.Option(metavar="FILE", help="CSV of samples and the patient or group of each.")
    ] = None,
    profile: options.ProfileName = None,
    select: judging.Select = None,
    ignore: judging.Ignore = None,
    fail_on: judging.FailOn = None,
    baseline: judging.BaselineFile = None,
    write_baseline: judging.NewBaseline = None,
    curation: options.CurationFile = None,
    assignments: judging.Assignments = None,
    config: options.ConfigFile = None,
    no_config: options.NoConfig = False,
    output_format: judging.Format = ReportFormat.TEXT,
    most: judging.Most = None,
    show_all: judging.ShowAll = False,
    prefix: judging.Prefix = "",
    output: options.OutputFile = None,
    jobs: options.Jobs = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> int:
    """Judge a split, your own or somebody's: does it cover the data, and does nothing leak between its parts?

    Exit code 0: nothing at or above --fail-on; 1: findings; 2: it could not be judged.
    """
    from lagtool.checks.audit import audit_split, choose_audit
    from lagtool.checks.variables import split_words
    from lagtool.cli.judging import accept_all, open_baseline
    from lagtool.cli.session import curate, open_curation, open_pictures, open_settings, parse_relations
    from lagtool.duplicates.pairs import drop_pairs
    from lagtool.duplicates.recorded import find_or_take_pairs
    from lagtool.lists import read_columns
    from lagtool.scanning.source import data_root
    from lagtool.splits.listed import read_splits

    *lists, source = paths
    named = [_read_part(text) for text in parts or ()]
    if not lists and not named:
        raise typer.BadParameter("Missing argument: give the split first, then the LAG folder or its manifest.")
    wanted = () if relations == "none" else parse_relations(relations)
    words = None if select is None else split_words(select)
    judging.check_baselines(baseline, write_baseline, output)
    said = judging.name_options(
        profile=profile, select=select, ignore=ignore, fail_on=fail_on, baseline=baseline, curation=curation
    )
    look = judging.Look(output_format, most, show_all, prefix, output)
    settings = open_settings(config, no_config=no_config, options=said, assignments=assignments or (), quiet=quiet)
    choose_audit(words)
    home = data_root(source, settings.profile, pictures=root)
    look.check(force=force, data_root=home)
    known = open_baseline(settings.baseline, write_baseline, force=force, data_root=home)
    chosen = read_columns(columns or ())
    for path in (*lists, *(path for _, path in named)):
        if not os.path.lexists(path):  # said before the scan, not after it
            raise LagtoolError(f"no such file or folder: {show(path)}")
    overlap.check_others(against or (), against_root, (output, write_baseline), profile=settings.profile)
    marks = open_curation(settings.curation)
    manifest, place = open_pictures(source, root, settings.profile, jobs, quiet=quiet)
    manifest = curate(manifest, marks, quiet=quiet)
    splits = read_splits(lists, named, manifest=manifest, columns=chosen)
    if len(splits) > 1:
        _refuse_several(splits, output_format, write_baseline)
    for remark in () if quiet else dict.fromkeys(remark for one in splits for remark in one.remarks):
        tell(remark)
    if wanted:
        bar = functools.partial(progress, quiet=quiet)
        likeness, _ = find_or_take_pairs(manifest, place, wanted, jobs=jobs, bar=bar)
    else:
        likeness, manifest = None, drop_pairs(manifest)
    overlaps = []
    if against:
        from lagtool.duplicates.sets import of_manifest
        from lagtool.manifest.header import IDENTICAL

        one = of_manifest(manifest, show(manifest.header.root_name, 60), place)
        overlaps = overlap.find_overlaps(
            one, against, wanted or IDENTICAL, root=against_root, profile=settings.profile, jobs=jobs, quiet=quiet
        )
    plain = settings.model_copy(update={"baseline": None, "curation": None})
    reports = [
        audit_split(
            manifest, one, likeness, select=words, settings=plain, baseline=known, groups=groups, overlaps=overlaps
        )
        for one in splits
    ]
    if write_baseline is not None:
        reports = [accept_all(reports[0], Path(write_baseline), quiet=quiet)]
    return look.show(reports, settings)


def _read_part(text: str) -> tuple[str, str]:
    name, sign, path = text.partition("=")
    if not sign or not name.strip() or not path:
        raise typer.BadParameter(f"--part '{show(text, 80)}': write NAME=FILE, such as train=first.csv")
    return name, path


def _refuse_several(splits: "list[Listing]", output_format: ReportFormat, write_baseline: str | None) -> None:
    """Refuse what only one report can be: of several splits, texts can follow each other, documents cannot."""
    titles = " and ".join(split.title for split in splits[:2])
    several = f"these are {len(splits)} splits ({titles}{', ...' if len(splits) > 2 else ''})"
    if output_format not in (ReportFormat.TEXT, ReportFormat.MARKDOWN):
        raise typer.BadParameter(
            f"{several}: --format {output_format.value} takes one, judge each in a call of its own."
        )
    if write_baseline is not None:
        raise typer.BadParameter(f"{several}: --write-baseline takes one, judge each in a call of its own.")
