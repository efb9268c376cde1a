"""``lagtool report``: a page to look at, and to curate from."""

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lagtool.cli import options
from lagtool.cli.app import app
from lagtool.cli.terminal import progress
from lagtool.files import is_tree
from lagtool.model import Severity
from lagtool.text import show

if TYPE_CHECKING:
    from lagtool.checks.report import Report
    from lagtool.checks.settings import Settings
    from lagtool.manifest.value import Manifest


@app.command("report")
def write_page(  # noqa: PLR0917 - each is one option of the command line
    source: options.Source,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="DIR", help="Folder to write, outside the dataset.")
    ] = "report",
    thumbnails: Annotated[
        bool, typer.Option("--thumbnails", help="Add a gallery: small copies of the pictures go into DIR.")
    ] = False,
    root: Annotated[
        str | None, typer.Option(metavar="DIR", help="Where the pictures of a manifest lie, for --thumbnails.")
    ] = None,
    split: Annotated[
        list[str] | None,
        typer.Option("--split", metavar="SPLIT", help="Show this split, of whatever form 'lagtool audit' takes."),
    ] = None,
    no_shortcuts: Annotated[
        bool,
        typer.Option("--no-shortcuts", help="Do not ask how far a model gets without looking at the eye: quicker."),
    ] = False,
    fail_on: Annotated[
        Severity | None, typer.Option(help="The verdict is FAIL from this severity on (default: error).")
    ] = None,
    profile: options.ProfileName = None,
    config: options.ConfigFile = None,
    no_config: options.NoConfig = False,
    curation: options.CurationFile = None,
    jobs: options.Jobs = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an earlier report, and nothing else.")] = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a page that works from disk: verdict, findings, plots, duplicates, split; and a gallery on request.

    No pixels leave the dataset unless --thumbnails is given. Marks made in the page download as curation.csv. Exit
    code 0 whatever the verdict is: 'lagtool validate' gates; 2: it could not be written.
    """
    from lagtool.cli.session import curate, open_curation, open_pictures, open_settings
    from lagtool.reporting.html.folder import check_report_folder
    from lagtool.reporting.html.writing import AUTO, check_extra, write_report
    from lagtool.reporting.verdict import describe_verdict, verdict_word
    from lagtool.scanning.source import data_root

    check_extra()
    said = {"profile": profile, "fail_on": fail_on, "curation": curation}
    settings = open_settings(config, no_config=no_config, options=said, quiet=quiet)
    marks = open_curation(settings.curation)
    # What is in the way is said before the scan, not after it.
    home = data_root(source, settings.profile, pictures=root)
    check_report_folder(Path(output), force=force, data_root=home)
    if thumbnails and not is_tree(root or source):
        raise typer.BadParameter("--thumbnails needs the pictures: give the folder as SOURCE, or --root DIR.")
    manifest, place = open_pictures(source, root, settings.profile, jobs, quiet=quiet)
    manifest = curate(manifest, marks, quiet=quiet)
    manifest, report = _judge(manifest, split, settings.model_copy(update={"curation": None}))
    page = write_report(
        manifest,
        output,
        report=report,
        root=place,
        thumbnails=thumbnails,
        shortcuts=None if no_shortcuts else AUTO,
        threshold=settings.fail_on,
        force=force,
        jobs=jobs,
        bar=functools.partial(progress, quiet=quiet),
    )
    if not quiet:
        verdict = verdict_word(report, settings.fail_on) + describe_verdict(report, settings.fail_on)
        print(f"{show(page)}: {verdict}", file=sys.stderr)


def _judge(manifest: "Manifest", split: list[str] | None, settings: "Settings") -> "tuple[Manifest, Report]":
    """Return the manifest, with the parts of a split of others where one is given, and what all checks say of it."""
    from dataclasses import replace

    from lagtool.checks.evidence import Evidence
    from lagtool.checks.runner import judge
    from lagtool.splits.listed import place_splits, read_splits, resolve
    from lagtool.splits.summary import summarise_parts

    if not split:
        return manifest, judge(Evidence(manifest, settings.thresholds), settings=settings)
    found = read_splits(split, manifest=manifest)
    if len(found) > 1:
        raise typer.BadParameter(f"--split names {len(found)} splits ({found[0].title}, ...): give one.")
    listed = resolve(found[0], manifest)
    placed = place_splits(manifest, listed)
    report = judge(Evidence(placed, settings.thresholds, listed), settings=settings)
    names = (placed.header.split or {})["names"]
    remarks = (*listed.remarks, *report.remarks)
    return placed, replace(report, parts=tuple(summarise_parts(placed, names)), remarks=remarks)
