"""``lagtool duplicates``: copies, mirror images, and photographs of the same eye."""

import functools
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lagtool.cli import options, overlap
from lagtool.cli.app import app
from lagtool.cli.terminal import progress, tell, write_result
from lagtool.errors import LagtoolError
from lagtool.model import Severity
from lagtool.text import count, show

if TYPE_CHECKING:
    from lagtool.duplicates.overlap import Overlap
    from lagtool.duplicates.pairs import Likeness
    from lagtool.manifest.value import Manifest


class PairsFormat(StrEnum):
    """How to write what is alike."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


@app.command()
def duplicates(  # noqa: PLR0917 - each is one option of the command line
    context: typer.Context,
    source: options.Source,
    root: options.PictureRoot = None,
    against: overlap.Against = None,
    against_root: overlap.AgainstRoot = None,
    relations: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Look for these only: byte-identical, pixel-identical, near-duplicate, mirrored, turned, same-eye, "
            "probably-same-eye; or identical (the first two), copies (the first five), eyes (the last two); "
            "separated by commas.",
        ),
    ] = None,
    record: Annotated[
        str | None,
        typer.Option("--manifest", metavar="FILE", help="Write the manifest with its pairs as well: split uses them."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Look again, even if SOURCE is a manifest with pairs.")
    ] = False,
    fail_on: Annotated[
        Severity, typer.Option(help="Exit with 1 from this severity on; warning: on anything alike.")
    ] = Severity.ERROR,
    profile: options.ProfileName = None,
    config: options.ConfigFile = None,
    no_config: options.NoConfig = False,
    curation: options.CurationFile = None,
    output_format: Annotated[PairsFormat, typer.Option("--format", help="How to write it.")] = PairsFormat.TEXT,
    output: options.OutputFile = None,
    jobs: options.Jobs = None,
    backend: options.Backend = None,
    scheduler: options.Scheduler = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> int:
    """Find copies, mirror images and photographs of the same eye; groups across classes first.

    Exit code 0: nothing at or above --fail-on; 1: identical pictures in two classes (error), or anything alike or not
    searched (warning); 2: it could not be found out. A manifest that has pairs is not searched again, unless --again is
    given, or --root and a relation or picture that was not searched. Samples that marks exclude are in no group.
    With --against, only what two datasets share is looked for and shown.
    """
    from lagtool.cli.session import (
        choose_backend,
        curate,
        open_curation,
        open_pictures,
        open_settings,
        parse_relations,
    )
    from lagtool.duplicates.pairs import record_pairs
    from lagtool.duplicates.recorded import find_or_take_pairs
    from lagtool.duplicates.sets import of_manifest
    from lagtool.output.writing import check_suffix, check_target
    from lagtool.scanning.source import data_root

    wanted = parse_relations(relations)
    said = {"profile": profile, "curation": curation}
    settings = open_settings(config, no_config=no_config, options=said, quiet=quiet)
    chosen = settings.profile
    bare = bool(against) and overlap.is_fingerprint_file(source)
    for target in (target for target in (output, record) if target is not None):
        home = Path(source) if bare else data_root(source, chosen, pictures=root)
        check_target(Path(target), force=force, data_root=home)
    if record is not None:
        check_suffix(Path(record))
    overlap.check_others(against or (), against_root, (output,), profile=chosen)
    if against and (record is not None or again):
        raise typer.BadParameter("--manifest and --again are for pairs of one dataset: leave them out with --against.")
    marks = open_curation(settings.curation)
    does = choose_backend(context, backend, scheduler, jobs)
    compare = functools.partial(
        overlap.find_overlaps, root=against_root, profile=chosen, jobs=jobs, backend=does, quiet=quiet
    )
    if against and bare:
        one = overlap.open_set(source, profile=chosen, jobs=jobs, quiet=quiet)
        return _show_overlaps(compare(one, against, wanted), output_format, fail_on, output)
    manifest, place = open_pictures(source, root, chosen, jobs, backend=does, quiet=quiet)
    manifest = curate(manifest, marks, quiet=quiet)
    if against:
        one = of_manifest(manifest, show(manifest.header.root_name, 60), place)
        return _show_overlaps(compare(one, against, wanted), output_format, fail_on, output)
    bar = functools.partial(progress, quiet=quiet)
    found, known = find_or_take_pairs(manifest, place, wanted, again=again, jobs=jobs, bar=bar, backend=does)
    if known and not quiet:
        print("pairs as the manifest has them; --again looks again", file=sys.stderr)
    if found.unsearched and not quiet:
        tell(f"{count(len(found.unsearched), 'sample was', 'samples were')} not searched: {'; '.join(found.remarks)}")
    if record is not None:
        (manifest if known else record_pairs(manifest, found)).write(record)
    return _show_groups(manifest, found, output_format, fail_on, output, large=settings.thresholds.large_group)


def _show_groups(
    manifest: "Manifest",
    found: "Likeness",
    output_format: PairsFormat,
    fail_on: Severity,
    output: str | None,
    *,
    large: int,
) -> int:
    """Write the groups of one dataset, and return the exit code: 1 where they are as severe as ``--fail-on``.

    Raises:
        LagtoolError: There are not two images to compare.
    """
    from lagtool.curation.apply import count_as, excluded
    from lagtool.duplicates.groups import list_groups
    from lagtool.duplicates.pairs import decide_pairs
    from lagtool.reporting.duplicates import render_csv, render_json, render_text

    found = decide_pairs(manifest, found)
    groups = list_groups(manifest.samples, found.pairs, counted=count_as(manifest))
    severe = Severity.ERROR if any(group.contradicts for group in groups) else Severity.WARNING
    fails = bool(groups or found.unsearched) and severe.rank >= fail_on.rank
    images = int((manifest.samples["image_path"].notna() & ~excluded(manifest.samples)).sum())
    nothing = not fails and images < 2
    if output_format is PairsFormat.JSON:
        verdict = "fail" if fails else "not checked" if nothing else "pass"
        text = render_json(manifest.header, found, groups, verdict=verdict, fail_on=fail_on.value, large=large)
    elif output_format is PairsFormat.CSV:
        text = render_csv(groups)
    else:
        text = render_text(manifest.header, found, groups, large=large)
    write_result(text, output)
    if nothing:
        name = show(manifest.header.root_name)
        raise LagtoolError(
            f"{name}: nothing was compared: there {'is 1 image' if images else 'is no image'} to compare"
        )
    return int(fails)


def _show_overlaps(
    overlaps: "Sequence[Overlap]", output_format: PairsFormat, fail_on: Severity, output: str | None
) -> int:
    """Write what datasets share, and return the exit code: 1 where that is as severe as ``--fail-on``."""
    from lagtool.reporting.overlap import fails_at, render_csv, render_json, render_text

    severities = [Severity(name) for one in overlaps if (name := fails_at(one)) is not None]
    fails = any(severity.rank >= fail_on.rank for severity in severities)
    if output_format is PairsFormat.JSON:
        text = render_json(overlaps, verdict="fail" if fails else "pass", fail_on=fail_on.value)
    elif output_format is PairsFormat.CSV:
        text = render_csv(overlaps)
    else:
        text = render_text(overlaps)
    write_result(text, output)
    return int(fails)
