"""What is alike, as text, JSON and CSV."""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lagtool.checks.thresholds import Thresholds
from lagtool.duplicates.groups import Group, describe_weakest
from lagtool.duplicates.pairs import Likeness
from lagtool.manifest.header import Header, Relation
from lagtool.reporting.tables import WIDTH, write_rows
from lagtool.text import count

_SHOWN = 50
_MEMBERS = 12
LARGE = Thresholds().large_group
COLUMNS = ("group", "across_classes", "a", "b", "relation", "score", "method", "detail")


def render_text(
    header: Header, likeness: Likeness, groups: Sequence[Group], *, most: int = _SHOWN, large: int = LARGE
) -> str:
    """Return the groups, those across classes first, the larger ones first, with what connects each.

    Args:
        header: Of the manifest.
        likeness: What was found, and looked for.
        groups: The groups of its pairs.
        most: Groups shown.
        large: Images beyond which a group names its weakest link.
    """
    lines = [_sentence(header, likeness, groups), ""]
    for number, group in enumerate(groups[:most], 1):
        where = "across classes: " + " and ".join(group.classes) if group.crosses else group.classes[0]
        lines.append(f"Group {number}: {count(len(group.members), 'image')}, {where}")
        lines.extend(f"  {part}" for note in list_notes(group, large) for part in textwrap.wrap(note, WIDTH - 2))
        lines.extend(_pair_lines(group))
    if len(groups) > most:
        lines.append(f"... and {count(len(groups) - most, 'more group', 'more groups')}: --format json gives all")
    if groups:
        lines.append("")
    lines.extend(_tally(likeness))
    lines.extend(_limits(likeness))
    return "\n".join(lines) + "\n"


def list_notes(group: Group, large: int) -> Iterator[str]:
    """Yield what must be known of a group: what two classes mean, and what holds a large one together."""
    if group.contradicts:
        yield "Identical pictures in two classes: one of the labels is wrong."
    elif group.is_one_eye:
        yield "One eye in two classes: perhaps progression; keep all, in one split."
    elif group.crosses:
        yield "Copies in two classes, or two visits: look at them to know which."
    if len(group.members) > large:
        yield f"Large for one eye: {describe_weakest(group)}."


def _sentence(header: Header, likeness: Likeness, groups: Sequence[Group]) -> str:
    images = sum(len(group.members) for group in groups)
    crossing = sum(group.crosses for group in groups)
    text = f"{header.root_name}: {count(likeness.pictures, 'different image')} compared"
    if likeness.unsearched:
        text += f", {count(len(likeness.unsearched), 'sample')} not searched"
    text += "; "
    if not groups:  # pairs of samples that marks exclude make no group
        limit = " in the ways that were looked for" if likeness.not_looked_for else ""
        none = "none that count are alike" if len(likeness.pairs) else "none are alike"
        return textwrap.fill(f"{text}{none}{limit}.", WIDTH)
    text += f"{count(len(groups), 'group')} of {count(images, 'image')} that belong together"
    return textwrap.fill(f"{text}, {crossing:,} of them across classes.", WIDTH)


def _pair_lines(group: Group) -> list[str]:
    rows: list[Any] = list(group.pairs.itertuples(index=False))
    lines = []
    for row in rows[:_MEMBERS]:
        text = f"{row.a}  {row.b}  {row.relation} {row.score:.2f}{f' ({row.detail})' if row.detail else ''}"
        lines.extend(textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False))
    if len(rows) > _MEMBERS:
        lines.append(f"  ... and {count(len(rows) - _MEMBERS, 'more pair', 'more pairs')}")
    return lines


def _tally(likeness: Likeness) -> list[str]:
    numbers = likeness.pairs["relation"].value_counts()
    return [f"  {relation.value:<18}{int(numbers.get(relation.value, 0)):>6,}" for relation in likeness.looked_for]


def _limits(likeness: Likeness) -> list[str]:
    lines = [*list_unsought(likeness.not_looked_for), *(f"Note: {remark}." for remark in likeness.remarks)]
    return [part for line in lines for part in textwrap.wrap(line, WIDTH, subsequent_indent="  ")]


def list_unsought(reasons: Mapping[Relation, str] | Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each reason why relations were not looked for."""
    for reason in dict.fromkeys(reasons.values()):
        names = ", ".join(relation for relation, why in reasons.items() if why == reason)
        yield f"Not looked for: {names} ({reason})."


def render_json(
    header: Header, likeness: Likeness, groups: Sequence[Group], *, verdict: str, fail_on: str, large: int = LARGE
) -> str:
    """Return everything as one JSON document; its keys are described in docs/likeness.md."""
    document: dict[str, Any] = {
        "tool": {"name": "lagtool", "version": header.tool_version},
        "dataset": {"root_name": header.root_name, "content_sha256": header.content_sha256},
        "verdict": verdict,
        "fail_on": fail_on,
        "images_compared": likeness.pictures,
        "not_searched": list(likeness.unsearched),
        "looked_for": [relation.value for relation in likeness.looked_for],
        "not_looked_for": {relation.value: reason for relation, reason in likeness.not_looked_for.items()},
        "remarks": list(likeness.remarks),
        "tally": {r.value: int((likeness.pairs["relation"] == r.value).sum()) for r in Relation},
        "groups": [
            {
                "members": list(group.members),
                "classes": list(group.classes),
                "across_classes": group.crosses,
                "notes": list(list_notes(group, large)),
                "weakest": None if len(group.members) <= large or (pair := group.weakest) is None else pair.to_dict(),
                "pairs": group.pairs.to_dict("records"),
            }
            for group in groups
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def render_csv(groups: Sequence[Group]) -> str:
    """Return one line per pair, in the order of the groups, which count from 1."""
    return write_rows(COLUMNS, _csv_lines(groups))


def _csv_lines(groups: Sequence[Group]) -> Iterator[tuple[object, ...]]:
    for number, group in enumerate(groups, 1):
        crosses = "yes" if group.crosses else "no"
        rows: list[Any] = list(group.pairs.itertuples(index=False))
        for row in rows:
            yield number, crosses, row.a, row.b, row.relation, f"{row.score:.4f}", row.method, row.detail
