"""``lagtool profile``: what a dataset should look like, shown, made and checked."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lagtool.cli import options
from lagtool.cli.app import CONTEXT, Commands, app
from lagtool.cli.terminal import tell, write_result
from lagtool.text import show

if TYPE_CHECKING:
    from lagtool.manifest.value import Manifest
    from lagtool.profiles import Profile

profile_app = typer.Typer(
    help="Profiles: what a dataset should look like, as a TOML file.",
    cls=Commands,
    context_settings=CONTEXT,
)
app.add_typer(profile_app, name="profile")


@profile_app.command("show")
def show_profile(
    profile: Annotated[
        str | None, typer.Argument(metavar="[NAME|FILE]", help="A built-in profile or a TOML file; none: a list.")
    ] = None,
) -> None:
    """Print a profile as TOML, with what it extends filled in; without argument, list the built-in ones."""
    from lagtool.profiles import BUILT_IN, load_profile
    from lagtool.reporting.profile_toml import render_list, render_profile

    if profile is None:
        sys.stdout.write(render_list([load_profile(name) for name in BUILT_IN]))
    else:
        sys.stdout.write(render_profile(load_profile(profile)))


@profile_app.command("new")
def new_profile(  # noqa: PLR0917 - each is one option of the command line
    source: options.Source,
    profile: options.ProfileName = None,
    config: options.ConfigFile = None,
    no_config: options.NoConfig = False,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the new profile (default: that of the file).")
    ] = None,
    output: options.OutputFile = None,
    jobs: options.Jobs = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> None:
    """Make a profile of what a copy has: numbers, sizes, modes, and fingerprints of ids, content and files.

    Another layout than LAG's needs a profile of its own as --profile; the new one is that with the numbers filled in.
    """
    from lagtool.cli.session import open_settings, open_source
    from lagtool.manifest.releases import NAME, parent_of, pin_copy
    from lagtool.output.writing import check_target
    from lagtool.profiles.names import check_safe_name, is_safe_name
    from lagtool.reporting.profile_toml import render_profile
    from lagtool.scanning.source import data_root

    settings = open_settings(config, no_config=no_config, options={"profile": profile}, quiet=quiet)
    stem = Path(output).stem if output is not None else NAME
    chosen = name if name is not None else stem if is_safe_name(stem) else NAME
    try:
        check_safe_name(chosen)
    except ValueError as error:
        raise typer.BadParameter(f"--name {error}") from None
    if output is not None:
        if Path(output).suffix != ".toml":
            raise typer.BadParameter(f"-o {show(output)}: a profile ends in .toml")
        check_target(Path(output), force=force, data_root=data_root(source, settings.profile))
    manifest = open_source(source, profile=settings.profile, jobs=jobs, quiet=quiet)
    pinned = pin_copy(manifest, chosen)
    place = show(output) if output is not None else "FILE"
    remark = f"What {manifest.header.root_name} has. To hold a copy against it: lagtool validate COPY --profile {place}"
    text = render_profile(pinned, parent=parent_of(pinned), remarks=[remark])
    write_result(text, output)
    if not quiet:
        _note_findings(manifest, pinned)


def _note_findings(manifest: "Manifest", pinned: "Profile") -> None:
    """Say where a copy has errors of its own: no profile makes those good."""
    from dataclasses import replace

    from lagtool.checks.runner import validate
    from lagtool.model import Severity
    from lagtool.text import count

    header = manifest.header.model_copy(update={"profile": pinned, "profile_choice": "given"})
    errors = validate(replace(manifest, header=header)).tally()[Severity.ERROR]
    if errors:
        tell(f"the copy itself has {count(errors, 'error')}, which the profile does not excuse: see 'lagtool validate'")


@profile_app.command("draft")
def draft(
    source: Annotated[str, typer.Argument(metavar="FOLDER", help="The dataset: a folder, archive or URL.")],
    labels: Annotated[
        str | None, typer.Option("--labels", metavar="FILE", help="Table of labels in FOLDER (default: looked for).")
    ] = None,
    output: options.OutputFile = None,
    force: options.Force = False,
) -> None:
    """Propose a profile from what lies in a folder: classes, splits, names, table of labels, sizes.

    Comments say what was found, and what to look at before it is used.
    """
    from lagtool.files import open_store
    from lagtool.output.writing import check_target
    from lagtool.profiles.names import is_safe_name
    from lagtool.reporting.profile_toml import render_draft
    from lagtool.scanning.draft import draft_profile

    store = open_store(source)
    if output is not None:
        if Path(output).suffix != ".toml":
            raise typer.BadParameter(f"-o {show(output)}: a profile ends in .toml")
        check_target(Path(output), force=force, data_root=store.guarded)
    inside = labels
    if labels is not None and store.folder is not None and Path(labels).is_file():
        if not Path(labels).resolve().is_relative_to(store.folder.resolve()):
            raise typer.BadParameter(f"--labels {show(labels)} lies outside the dataset: copy it into the folder")
        inside = Path(labels).resolve().relative_to(store.folder.resolve()).as_posix()
    stem = Path(output).stem if output is not None else "draft"
    write_result(render_draft(draft_profile(store, stem if is_safe_name(stem) else "draft", inside)), output)


@profile_app.command("check")
def check_profile(
    profile: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A built-in profile, or a TOML file.")],
) -> int:
    """Say what is wrong with a profile, and what is hardly meant: one line each.

    Exit code 0: nothing; 1: errors (nothing can be judged by it) or warnings; 2: it cannot be read as TOML.
    """
    from lagtool.profiles import read_profile
    from lagtool.profiles.lint import remark
    from lagtool.reporting.profile_toml import render_problems

    reading = read_profile(profile)
    warnings = remark(reading.profile) if reading.profile is not None else []
    sys.stdout.write(render_problems(show(profile), reading.problems, warnings))
    return int(bool(reading.problems or warnings))


@profile_app.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of profiles, for editors."""
    import json

    from lagtool.profiles.reading import json_schema

    sys.stdout.write(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n")
