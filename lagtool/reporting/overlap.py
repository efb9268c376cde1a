"""What two datasets share, as text, JSON and CSV."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from lagtool.duplicates.overlap import Overlap
from lagtool.reporting.tables import Table, lay_out, write_cell, write_rows
from lagtool.text import count

COLUMNS = (
    *("one", "other", "a", "b", "a_class", "b_class", "a_split", "b_split"),
    *("relation", "score", "method", "detail"),
)
_SHOWN = 50


def list_rows(overlap: Overlap) -> Iterator[dict[str, Any]]:
    """Yield a row per pair, the candidates last; a class or split that is not known is None."""
    sides = [part.samples.set_index("key")[["class", "split"]] for part in (overlap.one, overlap.other)]
    for table in (overlap.pairs, overlap.candidates):
        for a, b, relation, score, method, detail in table[
            ["a", "b", "relation", "score", "method", "detail"]
        ].itertuples(index=False):
            known = {
                f"{side}_{column}": None if pd.isna(value) else str(value)
                for side, key, frame in (("a", a, sides[0]), ("b", b, sides[1]))
                for column, value in frame.loc[key].items()
            }
            row = {"one": overlap.one.name, "other": overlap.other.name, "a": a, "b": b, **known, "relation": relation}
            yield row | {"score": float(score), "method": method, "detail": None if pd.isna(detail) else detail or None}


def render_csv(overlaps: Sequence[Overlap]) -> str:
    """Return one line per pair of pictures, under the heads `COLUMNS`."""
    rows = (row for overlap in overlaps for row in list_rows(overlap))
    return write_rows(COLUMNS, ([write_cell(row[name]) for name in COLUMNS] for row in rows))


def render_json(overlaps: Sequence[Overlap], *, verdict: str, fail_on: str) -> str:
    """Return one document; docs/likeness.md describes it."""
    document = {
        "format": 1,
        "verdict": verdict,
        "fail_on": fail_on,
        "overlaps": [
            {
                **{key: _describe(overlap, number) for number, key in enumerate(("one", "other"))},
                "looked_for": [relation.value for relation in overlap.looked_for],
                "not_looked_for": {relation.value: why for relation, why in overlap.not_looked_for.items()},
                "by_class": overlap.cross("class").to_dict("records"),
                "by_split": overlap.cross("split").to_dict("records"),
                "pairs": list(list_rows(overlap)),
                "remarks": list(overlap.remarks),
            }
            for overlap in overlaps
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _describe(overlap: Overlap, number: int) -> dict[str, Any]:
    part = (overlap.one, overlap.other)[number]
    return {
        "name": part.name,
        "pictures": len(part.samples),
        "compared": overlap.pictures[number],
        "unsearched": list(overlap.unsearched[number]),
    }


def render_text(overlaps: Sequence[Overlap], *, most: int = _SHOWN) -> str:
    """Return, for each dataset, how many pictures are in it, by relation, class and split, and the first pairs."""
    return "\n".join("\n".join(_lines(overlap, most)) + "\n" for overlap in overlaps)


def _lines(overlap: Overlap, most: int) -> Iterator[str]:
    one, other = overlap.one, overlap.other
    surest = overlap.surest()
    numbers = surest["relation"].value_counts(sort=False)
    nothing = "no overlap found" if overlap.complete else "no overlap found in what was searched; see below"
    nothing = "no overlap confirmed" if len(overlap.candidates) else nothing
    yield (
        f"{one.name} ({count(len(one.samples), 'picture')}) against {other.name} "
        f"({count(len(other.samples), 'picture')}): "
        + (f"{len(surest):,} of {one.name} are in {other.name}" if len(surest) else nothing)
    )
    if len(overlap.candidates):
        number = len(set(overlap.candidates["a"]) - set(surest["a"]))
        further = " more" if len(surest) else ""
        yield f"{number:,}{further} may be copies: hashes are near, not confirmed, as not all pictures are at hand"
    yield ""
    if len(surest):
        rows = tuple((str(name), f"{number:,}") for name, number in numbers.items())
        yield from (*lay_out(Table("By the surest relation", ("relation", "pictures"), 1, rows)), "")
    for column in ("class", "split"):
        table = overlap.cross(column)
        if len(table):
            cells = tuple((str(a), str(b), f"{n:,}") for a, b, n in table.itertuples(index=False))
            title = f"By {column} (pictures of {one.name})"
            yield from (*lay_out(Table(title, (one.name, other.name, "pictures"), 2, cells)), "")
    pairs = list(list_rows(overlap))
    if pairs:
        found = tuple(
            (_name(row, "a"), _name(row, "b"), row["relation"], f"{row['score']:.2f}") for row in pairs[:most]
        )
        more = (f"... and {len(pairs) - most:,} more pairs: --format csv gives all",) if len(pairs) > most else ()
        yield from (*lay_out(Table("Pairs", (one.name, other.name, "relation", "score"), 3, found, more)), "")
    yield from _limits(overlap)


def _name(row: dict[str, Any], side: str) -> str:
    split = row[f"{side}_split"]
    return f"{row[side]} ({split})" if split else str(row[side])


def _limits(overlap: Overlap) -> Iterator[str]:
    yield from overlap.list_gaps()
    compared = f"{overlap.pictures[0]:,} with {overlap.pictures[1]:,} different pictures"
    yield f"Compared: {compared}; pairs within one dataset are not listed"


def fails_at(overlap: Overlap) -> str | None:
    """Return the severity of what was found: ``error`` for identical pictures of two classes; None: nothing."""
    if overlap.contradicts:
        return "error"
    return "warning" if overlap.found or any(map(len, overlap.unsearched)) else None
