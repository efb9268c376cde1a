"""``lagtool split``: who trains and who tests."""

import functools
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lagtool.cli import options
from lagtool.cli.app import app
from lagtool.cli.options import TextOrJson
from lagtool.cli.terminal import progress, tell
from lagtool.text import count, show

if TYPE_CHECKING:
    from lagtool.splits.record import Certificate


class Stratum(StrEnum):
    """What every part gets the same shares of."""

    CLASS_MAP = "class-map"
    CLASS = "class"
    NONE = "none"


@app.command()
def split(  # noqa: PLR0917, PLR0915 - each is one option of the command line
    source: options.Source,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="DIR", help="Folder to write, outside the data.", show_default=False),
    ] = None,
    ratios: Annotated[
        str | None, typer.Option(metavar="R/R/...", help="Shares that add up to 100 or 1; 70/15/15 if nothing is said.")
    ] = None,
    sizes: Annotated[
        str | None, typer.Option(metavar="N,N,...", help="Samples per part; one may be the word 'rest'.")
    ] = None,
    folds: Annotated[int | None, typer.Option(metavar="K", help="K folds instead of parts.")] = None,
    test: Annotated[
        str | None, typer.Option(metavar="N", help="A test part beside the folds: samples, or a share such as 0.15.")
    ] = None,
    names: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="Names of the parts; train,val,test for three.")
    ] = None,
    stratify: Annotated[
        Stratum | None, typer.Option(help="Give every part the same shares of what (default: class-map).")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed, another split (default: 0).")] = None,
    relations: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES", help="Keep together what is alike in these ways (default: all); identical is quick."
        ),
    ] = None,
    root: Annotated[
        str | None, typer.Option(metavar="DIR", help="Where the pictures of a manifest lie, to look for like ones.")
    ] = None,
    groups: Annotated[
        str | None, typer.Option(metavar="FILE", help="CSV of samples and the patient or group of each.")
    ] = None,
    holdout: Annotated[
        str | None, typer.Option(metavar="FILE", help="List of the samples that are the test part.")
    ] = None,
    columns: options.ListColumns = None,
    extend: Annotated[
        str | None,
        typer.Option(metavar="OLD", help="An earlier split (folder, manifest or list): nobody changes sides."),
    ] = None,
    curation: options.CurationFile = None,
    one_per_group: Annotated[bool, typer.Option("--one-per-group", help="Use one picture of each group.")] = False,
    drop_conflicts: Annotated[
        bool, typer.Option("--drop-conflicts", help="Leave out groups with samples of several classes.")
    ] = False,
    certificate: Annotated[
        str | None,
        typer.Option("--reproduce", metavar="FILE", help="Make the split of this certificate again, or say why not."),
    ] = None,
    output_format: Annotated[TextOrJson, typer.Option("--format", help="What to print.")] = TextOrJson.TEXT,
    profile: options.ProfileName = None,
    config: options.ConfigFile = None,
    no_config: options.NoConfig = False,
    jobs: options.Jobs = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> int:
    """Assign every intact sample to a part or fold, by seed and picture content alone.

    Writes lists per part (.txt, .csv), manifest.parquet and certificate.json. Pictures that are alike, and groups, stay
    together. Exit code 1: with --reproduce, it is another split.
    """
    from lagtool.cli.session import curate, open_curation, open_pictures, open_settings, parse_relations
    from lagtool.lists import read_columns
    from lagtool.manifest.header import Relation
    from lagtool.output.writing import check_folder
    from lagtool.reporting.split_table import render_reproduction, render_split
    from lagtool.scanning.source import data_root
    from lagtool.splits.constraints import Constraints
    from lagtool.splits.earlier import is_own, plan_split, read_earlier
    from lagtool.splits.grouping import describe_joined, list_joined
    from lagtool.splits.lines import read_groups, read_samples
    from lagtool.splits.lists import write_split
    from lagtool.splits.reproduction import check_inputs, find_manifest, read_certificate, reproduce
    from lagtool.splits.split import apply_plan, with_pairs

    late = extend is not None and not is_own(extend)  # a list, which is read when the names of the data are known
    earlier = None if extend is None or late else read_earlier(extend)
    plan = None
    wanted = parse_relations(relations)
    known = None if certificate is None else read_certificate(certificate)
    if known is not None:
        chosen = {
            "--ratios": ratios,
            "--sizes": sizes,
            "--folds": folds,
            "--test": test,
            "--names": names,
            "--stratify": stratify,
            "--seed": seed,
            "--relations": relations,
            "--one-per-group": one_per_group or None,
            "--drop-conflicts": drop_conflicts or None,
        }
        if wrong := [name for name, value in chosen.items() if value is not None]:
            raise typer.BadParameter(f"--reproduce makes the split as it was: leave out {', '.join(wrong)}.")
        check_inputs(
            known,
            groups=groups is not None,
            holdout=holdout is not None,
            extend=extend is not None,
            curation=curation is not None,
        )
        wanted = tuple(Relation(name) for name in known.relations.looked_for)
    elif output is None:
        raise typer.BadParameter("Missing option '--output' / '-o'.")
    else:
        make_plan = functools.partial(
            plan_split,
            ratios=ratios,
            sizes=sizes,
            folds=folds,
            names=names,
            stratify=stratify and stratify.value,
            seed=seed,
            test=test,
            held_out=holdout is not None,
        )
        plan = None if late else make_plan(earlier)
    settings = open_settings(
        config, no_config=no_config, options={"profile": profile, "curation": curation}, quiet=quiet
    )
    # What a certificate records holds, whatever a configuration says.
    marks = open_curation(settings.curation if known is None else curation)
    data = data_root(source, settings.profile, pictures=root)
    if output is not None:
        check_folder(Path(output), force=force, data_root=data)  # before the scan, not after it
    manifest, place = open_pictures(source, root, settings.profile, jobs, quiet=quiet)
    manifest = manifest if known is not None else curate(manifest, marks, quiet=quiet)
    taken = read_columns(columns or ())
    if late and extend is not None:
        earlier = read_earlier(extend, manifest, taken)
        plan = make_plan(earlier) if known is None else None
    constraints = Constraints(
        given=None if groups is None else read_groups(groups, manifest, taken),
        relations=wanted,
        held_out=None if holdout is None else read_samples(holdout, manifest, taken),
        earlier=earlier,
        one_per_group=one_per_group,
        drop_conflicts=drop_conflicts,
    )
    given = [one for one in (constraints.given, constraints.held_out, earlier) if one is not None]
    for remark in () if quiet else [remark for one in given for remark in one.remarks]:
        tell(remark)
    manifest, limits = with_pairs(manifest, place, wanted, jobs=jobs, bar=functools.partial(progress, quiet=quiet))
    if known is not None and certificate is not None:
        again = reproduce(manifest, known, constraints, find_manifest(certificate, known), marks)
        if again.same and output is not None and again.split is not None:
            write_split(again.split, Path(output), force=force, data_root=data)
        sys.stdout.write(render_reproduction(again, known, as_json=output_format is TextOrJson.JSON))
        return int(not again.same)
    assert plan is not None and output is not None
    if constraints.given is not None and not quiet:
        limits += describe_joined(list_joined(manifest, constraints.given, wanted))
    done = write_split(apply_plan(manifest, plan, constraints), Path(output), force=force, data_root=data)
    if empty := [c.name for c in manifest.profile.classes if not any(c.name in part.classes for part in done.parts)]:
        limits.append(f"no part has a sample of {' or '.join(map(show, empty))}: see 'lagtool validate'")
    for remark in () if quiet else (*limits, *_remarks(done)):
        tell(remark)
    sys.stdout.write(done.to_json() if output_format is TextOrJson.JSON else render_split(done, output))
    return 0


def _remarks(done: "Certificate") -> Iterator[str]:
    if done.relations.unsearched:
        lost = count(len(done.relations.unsearched), "sample was", "samples were")
        yield f"{lost} not searched, and may have a copy in another part: {'; '.join(done.relations.remarks)}"
    conflicts = len(done.groups.conflicting)
    if conflicts:
        yield (
            f"{count(conflicts, 'group')} with samples of different classes, kept together: one eye at two visits, or "
            "a wrong label; 'lagtool duplicates' tells which, --drop-conflicts leaves them out"
        )
    if done.held_out is not None and done.held_out["unusable"]:
        yield f"{count(done.held_out['unusable'], 'sample')} of the list cannot be used, and in no part"
    if done.extends is not None and done.extends["torn_groups"]:
        torn = done.extends["torn_groups"]
        first = ", ".join(show(name, 60) for name in torn[:3])
        yield (
            f"{count(len(torn), 'group joins', 'groups join')} two parts of the earlier split ({first}"
            f"{', ...' if len(torn) > 3 else ''}): its samples in the part named last stay, the others are in no part"
        )
