"""``lagtool curate``: marks on single samples, in a file beside the dataset."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lagtool.cli import judging, options
from lagtool.cli.app import CONTEXT, Commands, app
from lagtool.cli.options import TextOrJson
from lagtool.cli.terminal import tell
from lagtool.errors import LagtoolError
from lagtool.model import Action
from lagtool.reporting.report import ReportFormat
from lagtool.text import count, show

if TYPE_CHECKING:
    import pandas as pd

    from lagtool.manifest.marks import Mark
    from lagtool.manifest.value import Manifest

curate_app = typer.Typer(
    help="Marks on samples and pairs (leave out, other class, keep together, fine after all, same, not the same), in a "
    "CSV file.",
    cls=Commands,
    context_settings=CONTEXT,
)
app.add_typer(curate_app, name="curate")

File = Annotated[str, typer.Argument(metavar="FILE", help="The curation file (.csv).")]


@curate_app.command("add")
def add(  # noqa: PLR0917 - each is one option of the command line
    file: File,
    ids: Annotated[list[str], typer.Option("--id", "-i", metavar="ID", help="The sample; several: again, or commas.")],
    action: Annotated[Action, typer.Option("--action", "-a", help="What to do with it.")],
    class_name: Annotated[
        str | None, typer.Option("--class", "-c", metavar="CLASS", help="Its class; with --manifest, if need be only.")
    ] = None,
    value: Annotated[
        str,
        typer.Option(
            "--value",
            "-v",
            metavar="VALUE",
            help="The new class, the group, the finding's code, or the other sample (CLASS/ID).",
        ),
    ] = "",
    note: Annotated[
        str, typer.Option("--note", "-n", metavar="TEXT", help="Why; reports and certificates quote it.")
    ] = "",
    source: Annotated[
        str | None,
        typer.Option(
            "--manifest", metavar="SOURCE", help="The data: unknown samples are refused, sha256 sums filled in."
        ),
    ] = None,
    profile: options.ProfileName = None,
    config: options.ConfigFile = None,
    no_config: options.NoConfig = False,
    jobs: options.Jobs = None,
    quiet: options.Quiet = False,
) -> None:
    """Add marks to FILE, which is made if it is not there; what is there stays, and no mark is written twice."""
    from lagtool.cli.session import open_settings, open_source
    from lagtool.curation.read import Sheet, add_marks, make_mark, parse_curation, parse_sheet, read_bytes
    from lagtool.manifest.marks import describe_contradiction, find_contradiction
    from lagtool.output.writing import check_target, write_bytes
    from lagtool.scanning.source import data_root

    target, title = Path(file), show(file)
    names = [word.strip() for word in ",".join(ids).split(",") if word.strip()]
    if not names:
        raise typer.BadParameter("--id names no sample.")
    if class_name is None and source is None:
        raise typer.BadParameter("Missing option '--class' (or '--manifest', which tells the class).")
    chosen = profile or "auto"
    if source is not None:  # else nothing of the data is read
        chosen = open_settings(config, no_config=no_config, options={"profile": profile}, quiet=quiet).profile
    root = None if source is None else data_root(source, chosen)
    check_target(target, force=True, data_root=root)
    sheet = Sheet()
    there: tuple[Mark, ...] = ()
    if target.exists():
        data = read_bytes(target)
        there = parse_curation(data, title).marks
        sheet = parse_sheet(data, title)
    word = _code(value) if action is Action.ACCEPT and value else value
    if action.is_of_pair and source is not None and "/" not in word:
        word = f"{class_name or '-'}/{word}" if word else word  # the data tells the class
    cells = [
        {"class": class_name or "-", "id": name, "action": action.value, "value": word, "note": note} for name in names
    ]
    marks = [make_mark(one) for one in cells]  # what is wrong with an option is said before a scan
    if source is not None:
        manifest = open_source(source, profile=chosen, jobs=jobs, quiet=quiet)
        marks = [make_mark(one | _look_up(manifest, class_name, one["id"], word, action)) for one in cells]
    both = (*there, *marks)
    wrong = find_contradiction(both)
    if wrong is not None:
        first, second = (both[number] for number in wrong)
        raise LagtoolError(f"{title}: {describe_contradiction(second, first, 'in the file')}")
    new, changed = add_marks(sheet, marks)
    if new or changed:
        write_bytes(target, sheet.to_bytes())
    if not quiet:
        same = len({mark.decision for mark in marks}) - new - changed
        told = [count(new, "mark added", "marks added")]
        told += [f"{changed:,} changed"] if changed else []
        told += [f"{same:,} there already"] if same else []
        print(f"{title}: {', '.join(told)}; {len(sheet.rows):,} in all", file=sys.stderr)
        if source is not None and not all(mark.image_sha256 for mark in marks):
            tell("samples without a readable image are marked without its sha256")


def _code(word: str) -> str:
    """Return the one code that a code or name stands for."""
    from lagtool.checks.registry import choose

    codes = sorted(choose([word]))
    if len(codes) > 1:
        raise LagtoolError(
            f"--value {show(word, 40)} stands for {len(codes)} checks: name one, or none for all of them"
        )
    return codes[0]


def _look_up(manifest: "Manifest", class_name: str | None, name: str, value: str, action: Action) -> dict[str, str]:
    from lagtool.lists import NameRecord
    from lagtool.splits.lines import find_sample
    from lagtool.splits.listed import make_matcher

    classes = [c.name for c in manifest.profile.classes]
    for said in (class_name, value if action is Action.RELABEL else None):
        if said is not None and said not in classes:
            raise LagtoolError(f"unknown class '{show(said, 60)}': write {' or '.join(map(show, classes))}")
    matcher = make_matcher(manifest)
    row = find_sample(matcher, NameRecord("", name if class_name is None else f"{class_name}/{name}", ""))
    sample = manifest.samples.iloc[row]
    found = {"class": sample["class"], "id": sample["id"], "image_sha256": _digest(sample)}
    if not action.is_of_pair:
        return found
    other = manifest.samples.iloc[find_sample(matcher, NameRecord("", value.removeprefix("-/"), ""))]
    pair, pixels = (_digest(sample), _digest(other)), "image_pixels_sha256"
    if action is Action.NOT_SAME and (
        pair[0] == pair[1] != "" or _digest(sample, pixels) == _digest(other, pixels) != ""
    ):
        raise LagtoolError(
            f"{show(name, 60)} and {show(value, 60)} are identical pictures: no mark can tell them apart"
        )
    both = "+".join(pair) if all(pair) else ""
    return found | {"value": f"{other['class']}/{other['id']}", "image_sha256": both}


def _digest(sample: "pd.Series[Any]", column: str = "image_sha256") -> str:
    digest = sample[column]
    return digest if isinstance(digest, str) else ""


@curate_app.command("list")
def list_marks(
    file: File,
    output_format: options.TextFormat = TextOrJson.TEXT,
    quiet: options.Quiet = False,
) -> None:
    """Show the marks of FILE."""
    from lagtool.curation.read import read_curation
    from lagtool.reporting.explanation import render_curation, render_curation_json

    curation = read_curation(file)
    for remark in () if quiet else curation.remarks:
        tell(remark)
    sys.stdout.write(render_curation_json(curation) if output_format is TextOrJson.JSON else render_curation(curation))


@curate_app.command("check")
def check(  # noqa: PLR0917 - each is one option of the command line
    file: File,
    source: options.Source,
    profile: options.ProfileName = None,
    config: options.ConfigFile = None,
    no_config: options.NoConfig = False,
    output_format: judging.Format = ReportFormat.TEXT,
    most: judging.Most = None,
    show_all: judging.ShowAll = False,
    output: options.OutputFile = None,
    jobs: options.Jobs = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> int:
    """Hold the marks of FILE against the data: unknown samples, other pictures, groups of one, a split without them.

    Exit code 0: every mark holds; 1: findings; 2: it could not be judged.
    """
    from lagtool.checks.runner import validate
    from lagtool.cli.session import curate, open_curation, open_settings, open_source
    from lagtool.model import Severity
    from lagtool.scanning.source import data_root

    look = judging.Look(output_format, most, show_all, "", output)
    settings = open_settings(config, no_config=no_config, options={"profile": profile}, quiet=quiet)
    settings = settings.model_copy(update={"baseline": None, "curation": None, "skip": (), "fail_on": Severity.WARNING})
    look.check(force=force, data_root=data_root(source, settings.profile))
    marks = open_curation(file)
    manifest = curate(open_source(source, profile=settings.profile, jobs=jobs, quiet=quiet), marks, quiet=quiet)
    report = validate(manifest, select=["curation", "LAG714", "LAG733"], settings=settings)
    return look.show([report], settings)
