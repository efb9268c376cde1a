"""A split as text: the balance of its parts, its fingerprints, and where the files are."""

import json
import textwrap
from collections.abc import Iterable, Iterator

from lagtool.reporting.duplicates import list_unsought
from lagtool.reporting.tables import WIDTH, cut, lay_out_columns
from lagtool.splits.record import Certificate, Decisions, Part
from lagtool.splits.reproduction import Reproduction
from lagtool.text import count, show

_WIDEST_HEADING = 19  # suspicious_glaucoma

Cells = list[str]


def render_split(certificate: Certificate, folder: str | None = None) -> str:
    """Return the table of parts, what was left out and looked for, and both fingerprints, at most 80 columns wide.

    Args:
        certificate: What to show.
        folder: Where the files were written, or None; only a long path makes a line wider than 80 columns.
    """
    lines = list(lay_out_columns(list(_columns(certificate))))
    for sentence in _sentences(certificate):
        lines.extend(textwrap.wrap(sentence, WIDTH))
    lines.extend(("", "For the methods section:"))
    lines.extend(textwrap.wrap(certificate.methods, WIDTH, initial_indent="  ", subsequent_indent="  "))
    lines.append("")
    lines.append(f"data   {certificate.data_sha256 or '-'}")
    lines.append(f"split  {certificate.split_sha256}")
    if folder is not None:
        lines.append(f"files  {show(folder)}")
        names = [part.name for part in certificate.parts]
        listed = ", ".join(names) if len(names) <= 5 else f"{names[0]} ... {names[-1]}"
        tail = f"{listed} (.txt and .csv each), manifest.parquet, certificate.json"
        lines.extend(textwrap.wrap(tail, WIDTH, initial_indent=" " * 7, subsequent_indent=" " * 7))
    return "\n".join(lines) + "\n"


def render_reproduction(again: Reproduction, then: Certificate, *, as_json: bool = False) -> str:
    """Return whether a split could be made again, and what is different, as text or JSON."""
    if as_json:
        document = {
            "verdict": "same" if again.same else "different",
            "split_sha256": then.split_sha256,
            "differences": list(again.differences),
        }
        return json.dumps(document, indent=2) + "\n"
    if again.same:
        lines = ["The same split: every picture has the part that it had.", f"split  {then.split_sha256}"]
        lines += ["Different all the same:"] if again.differences else []
    else:
        lines = ["Another split:"]
    for difference in again.differences:
        lines.extend(textwrap.wrap(difference, WIDTH, initial_indent="- ", subsequent_indent="  "))
    return "\n".join(lines) + "\n"


def _columns(certificate: Certificate) -> Iterator[Cells]:
    """Yield the columns, the heading first and the sum last."""
    parts = certificate.parts
    yield ["part", *(part.name for part in parts), "all"]
    yield ["samples", *_numbers(part.total.samples for part in parts)]
    yield ["share", *(_percent(part.total.share) for part in parts), _percent(1.0)]
    for name in dict.fromkeys(name for part in parts for name in part.classes):
        yield [cut(name, _WIDEST_HEADING), *(_class_cell(part, name) for part in parts), _class_sum(certificate, name)]
    if any(part.with_map for part in parts):
        yield ["with map", *_numbers(part.with_map for part in parts)]


def _class_cell(part: Part, name: str) -> str:
    tally = part.classes.get(name)  # a part that a list gives may have none of a class
    return "0 (0.0 %)" if tally is None else f"{tally.samples:,} ({_percent(tally.share)})"


def _class_sum(certificate: Certificate, name: str) -> str:
    number = sum(part.classes[name].samples for part in certificate.parts if name in part.classes)
    return f"{number:,} ({_percent(number / certificate.usable)})"


def _numbers(values: Iterable[int]) -> Cells:
    numbers = list(values)
    return [f"{number:,}" for number in (*numbers, sum(numbers))]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _sentences(certificate: Certificate) -> Iterator[str]:
    deviation = f"{certificate.largest_deviation:.2f}"
    yield (
        f"{show(certificate.root_name)}: {count(certificate.usable, 'sample')} by {certificate.algorithm}, "
        f"seed {certificate.seed}, stratified by {certificate.parameters['stratify']}; "
        f"no class is further than {deviation} samples from its share."
    )
    if certificate.excluded:
        reasons = ", ".join(f"{reason} {number:,}" for reason, number in certificate.excluded.items())
        yield f"Left out: {count(certificate.samples - certificate.usable, 'sample')} ({reasons})."
    if certificate.curation is not None:
        yield _curation_sentence(certificate.curation)
    yield from _group_sentences(certificate)
    if certificate.held_out is not None:
        held = certificate.held_out
        unusable = f"; {held['unusable']:,} of them cannot be used" if held["unusable"] else ""
        yield f"The test part is that of a list of {count(held['samples'], 'sample')}{unusable}."
    if certificate.extends is not None:
        earlier = certificate.extends
        torn = len(earlier["torn_groups"])
        gone = earlier["samples"] - earlier["here"]
        yield (
            f"Extends split {earlier['split_sha256'][:16]}: {count(earlier['here'], 'sample')} of it are here and keep "
            f"their sides, {gone:,} are not; {count(torn, 'group now joins', 'groups now join')} two of its parts."
        )


def _curation_sentence(curation: Decisions) -> str:
    lost = curation.unknown + curation.stale
    why = f"{curation.unknown:,} unknown, {curation.stale:,} stale"
    tail = f"; {count(lost, 'mark')} not applied ({why})" if lost else ""
    held = f"{len(curation.kept_together):,} kept together in {count(curation.groups, 'group')}"
    if curation.confirmed or curation.rejected:
        held += f", {count(len(curation.confirmed), 'pair')} confirmed, {len(curation.rejected):,} rejected"
    return (
        f"Curated by {show(curation.name)}: {len(curation.excluded):,} excluded, {len(curation.relabelled):,} "
        f"relabelled, {held}{tail}; the certificate lists them with their notes."
    )


def _group_sentences(certificate: Certificate) -> Iterator[str]:
    groups = certificate.groups
    if groups.number:
        given = f" ({count(groups.file['groups'], 'group')} were given)" if groups.file else ""
        if groups.file and groups.file.get("joined"):
            given = f"{given[:-1]}, {groups.file['joined']:,} of them joined to another by an eye or a picture)"
        yield (
            f"Kept together: {count(groups.number, 'group')} of {count(groups.samples, 'sample')}, "
            f"at most {groups.largest:,} in one{given}; {count(groups.crossings, 'crossing')}."
        )
    if groups.slack or groups.size_slack:
        yield (
            f"For that, classes and strata may be {groups.slack:,} beyond their rounded share, "
            f"sizes {groups.size_slack:,} off."
        )
    if certificate.leakage is not None:
        yield f"{certificate.leakage.sentence}."
    relations = certificate.relations
    yield f"Looked for {', '.join(relations.looked_for)} images between parts."
    yield from list_unsought(relations.not_looked_for)
    if relations.unsearched:
        lost = len(relations.unsearched)
        yield f"Not searched: {lost:,} of {count(certificate.usable, 'sample')} ({'; '.join(relations.remarks)})."
