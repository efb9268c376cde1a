"""What was exported, in words."""

from collections.abc import Iterator

from lagtool.display import count, show
from lagtool.export.writing import Export


def describe_export(export: Export) -> str:
    """Return what was written, as ``lagtool export`` prints it: at most 80 columns but for names."""
    plan = export.plan
    how = "" if export.mode is None else f", files by {export.mode}"
    lines = [
        f"{show(export.folder)}: {export.format}, {count(len(plan.samples), 'sample')}{how}; "
        f"{count(export.files, 'file')}, {_bytes(export.bytes)}"
    ]
    names = [c.name for c in plan.classes]
    sizes = plan.count_classes()
    maps = plan.samples["map_path"].notna().groupby(plan.samples["part"]).sum().to_dict()
    rows = [(part, *(f"{sizes[part, name]:,}" for name in names), f"{int(maps.get(part, 0)):,}") for part in plan.parts]
    lines += _table(("part", *names, "with map"), rows)
    return "\n".join(lines) + "\n"


def remarks(export: Export) -> Iterator[str]:
    """Yield what the user should know beside the result, one line each."""
    for reason, number in export.plan.left_out.items():
        yield f"left out: {count(number, 'sample')} {reason}"
    yield from export.plan.remarks


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    return [
        "  "
        + "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in (heads, *rows)
    ]


def _bytes(number: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= size:
            return f"{number / size:,.1f} {unit}"
    return f"{number} bytes"
