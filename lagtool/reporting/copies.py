"""How two copies differ, as text, JSON and Markdown."""

import json
from collections.abc import Iterator

from lagtool.manifest.copies import KINDS, CopyDifferences, Kind, SampleDifference
from lagtool.reporting.markdown import escape_markdown, list_rows
from lagtool.text import count, show

_SHOWN = 20


def render_copies(found: CopyDifferences, *, everything: bool = False) -> str:
    """Return a verdict, the counts and the samples of each kind: the first 20, or ``everything``."""
    lines = [*_head(found), "", f"  same        {found.same:>7,}"]
    lines += [f"  {kind:<11} {number:>7,}" for kind, number in found.counts.items()]
    for kind, meaning in KINDS.items():
        names = [_describe(one) for one in found.select(kind)]
        if names and not (kind == "relabelled" and found.inverted and not everything):
            most = len(names) if everything else _SHOWN
            more = [f"  ... and {len(names) - most:,} more (all of them: --format json)"] if len(names) > most else []
            lines += ["", f"{kind}: {meaning}", *(f"  {name}" for name in names[:most]), *more]
    return "\n".join(lines) + "\n"


def render_copies_json(found: CopyDifferences) -> str:
    """Return one JSON document: both names, the counts, what holds for all samples, and every difference."""
    (first, images), (second, others) = found.first, found.second
    document = {
        "first": {"name": first, "images": images},
        "second": {"name": second, "images": others},
        "same": found.same,
        "counts": found.counts,
        "class_index_inverted": found.inverted,
        "ids_lost": found.ids_lost,
        "compared_by_content": found.by_content,
        "differences": [one._asdict() for one in found.differences],
    }
    return json.dumps(document, indent=2) + "\n"


def render_copies_markdown(found: CopyDifferences) -> str:
    """Return Markdown: the verdict, a table of the counts and a list of the samples of each kind, all of them."""
    lines = [f"# {escape_markdown(found.second[0])} against {escape_markdown(found.first[0])}", ""]
    lines += [escape_markdown(line) for line in _head(found)]
    rows = [("same", f"{found.same:,}"), *((kind, f"{number:,}") for kind, number in found.counts.items())]
    lines += ["", *list_rows(("", "samples"), rows, texts=1)]
    for kind, meaning in KINDS.items():
        if chosen := found.select(kind):
            lines += ["", f"## {kind}: {escape_markdown(meaning)}", ""]
            lines += list_rows(("first", "second"), ((one.first, one.second) for one in chosen), texts=2)
    return "\n".join(lines) + "\n"


def _head(found: CopyDifferences) -> Iterator[str]:
    (first, images), (second, others) = found.first, found.second
    yield f"{show(second)} ({count(others, 'image')}) against {show(first)} ({count(images, 'image')})"
    if not found.by_content:
        yield "Only ids and labels are compared: one of them was indexed with --quick."
    if found.inverted:
        yield "Class index inverted: every sample has the label of the other class."
    if found.ids_lost:
        yield "Ids lost: the pictures are the same, and known by their bytes only."
    if not found.differences:
        yield "The same ids, pictures and labels."
    elif _only(found, "missing"):
        yield f"Incomplete: {count(len(found.differences), 'image')} missing, and nothing else differs."
    if found.all_changed:
        yield "No picture is the same: the copy was encoded anew or resized, and only ids tell the samples."


def _only(found: CopyDifferences, kind: Kind) -> bool:
    return {one.kind for one in found.differences} == {kind}


def _describe(one: SampleDifference) -> str:
    names = [show(name, 100) for name in (one.first, one.second) if name]
    return names[0] if len(names) == 1 or names[0] == names[1] else f"{names[0]} -> {names[1]}"
