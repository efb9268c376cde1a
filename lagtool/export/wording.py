"""What was exported, in words."""

from collections.abc import Iterator

from lagtool.curation.read import describe_marks
from lagtool.export.formats import ExportFormat
from lagtool.export.job import Export
from lagtool.export.plan import Plan, folder_numbers
from lagtool.text import count, join_some, show

_CLASSES = 4


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


def remarks_on(plan: Plan, chosen: ExportFormat, *, numbered: bool = False) -> Iterator[str]:
    """Yield what readers of a format may get wrong of these samples, one line each.

    ``numbered``: folders of classes begin with their label.
    """
    if plan.turned:
        of = f"{count(plan.turned, 'image')} with an orientation in Exif or XMP"
        if "pictures" in chosen.heeds:
            yield f"{of}: exported as the pixels are stored, set to upright, so that no reader turns image or map"
        else:
            yield f"{of}: some readers turn these images, but not their maps; {chosen.value} points to the files as is"
    if chosen is ExportFormat.REVISION:
        reasons = sum(not mark.note for mark in plan.revision)
        yield (
            f"{describe_marks(plan.revision)} in revision.csv"
            + (f", {reasons:,} without a reason (note)" if reasons else "")
        )
    if chosen is ExportFormat.HUGGINGFACE:
        yield "load it with datasets 3.4 or later: earlier versions take folders for classes and maps for images"
    if chosen is ExportFormat.IMAGEFOLDER:
        numbers = folder_numbers(plan)
        if any(numbers[c.folder] != c.label for c in plan.classes):
            read = join_some([f"{c.folder} = {numbers[c.folder]} (label {c.label})" for c in plan.classes], _CLASSES)
            remedy = "take labels from samples.csv" if numbered else "use --class-dirs label, or samples.csv"
            yield f"readers number class folders by sorted name, not by label: {read}: {remedy}"


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
