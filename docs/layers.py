"""Draw docs/pictures/layers.svg from LAYERS of tests/test_architecture.py: who may import whom."""

from html import escape

from tests.test_architecture import LAYERS

WIDTH, LEFT, TOP, ROW, GAP = 700, 16, 62, 34, 8
LETTER = 7.3  # width of a letter of the monospaced font at 12 px, rounded up
# Colours by what rooms deal with; the picture has a ground of its own, so that it can be read on any page.
KINDS = {
    "talk to people": {"cli", "reporting", "text"},
    "made of a manifest": {
        "export", "training", "checks", "stats", "splits", "duplicates", "synth", "curation", "manifest",
    },
    "touch files": {"scanning", "files", "probe", "output", "lists", "reading"},
}  # fmt: skip
COLOURS = {
    "talk to people": ("#dbe9f6", "#1d3a56"),
    "made of a manifest": ("#dcefe0", "#1f4a2c"),
    "touch files": ("#f8e3d3", "#6b3314"),
    "records and rules": ("#ececec", "#383838"),
}
STYLE = """
  text { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 12px; fill: #222 }
  .ground { fill: #fff; stroke: #bbb }
  .line { fill: #f7f7f7 }
  .note { font-family: system-ui, sans-serif; fill: #555 }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #1b1d20; stroke: #555 } .line { fill: #24272b } .note { fill: #b5b9be } text { fill: #eee }
  }"""


def _kind(room: str) -> str:
    return next((kind for kind, rooms in KINDS.items() if room in rooms), "records and rules")


def layers_picture() -> str:
    """Return the picture as SVG: one line per layer, a box per room; imports lead down only."""
    rows, y = [], TOP
    for rooms in LAYERS:
        lines = _wrap(sorted(rooms, key=lambda room: (list(COLOURS).index(_kind(room)), room)))
        height = ROW * len(lines)
        rows.append(f'<rect class="line" x="{LEFT}" y="{y}" width="{WIDTH - 2 * LEFT}" height="{height}" rx="4"/>')
        for number, line in enumerate(lines):
            x = LEFT + GAP
            for room in line:
                rows.append(_box(room, x, y + number * ROW + 5))
                x += _width(room) + GAP
        y += height + 4
    legend, x = [], LEFT
    for kind in COLOURS:
        legend.append(_box(kind, x, 12, kind))
        x += _width(kind) + GAP
    notes = [
        f'<text class="note" x="{LEFT}" y="52">Each box is a module or folder of lagtool/; it imports only from lines '
        "below its own.</text>",
    ]
    body = "\n".join([*legend, *notes, *rows])
    title = f"The layers of lagtool, from {sorted(LAYERS[0])[0]} at the top down to records"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 12}" role="img" aria-label="{title}">\n'
        f"<title>{title}</title>\n<style>{STYLE}\n</style>\n"
        f'<rect class="ground" x="0.5" y="0.5" width="{WIDTH - 1}" height="{y + 11}" rx="8"/>\n{body}\n</svg>\n'
    )


def _wrap(rooms: list[str]) -> list[list[str]]:
    lines: list[list[str]] = [[]]
    for room in rooms:
        if sum(_width(one) + GAP for one in [*lines[-1], room]) > WIDTH - 2 * LEFT - GAP:
            lines.append([])
        lines[-1].append(room)
    return lines


def _width(text: str) -> int:
    return round(len(text) * LETTER) + 20


def _box(text: str, x: int, y: int, kind: str = "") -> str:
    fill, ink = COLOURS[kind or _kind(text)]
    width = _width(text)
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="24" rx="5" fill="{fill}"/>'
        f'<text x="{x + width / 2:g}" y="{y + 16}" text-anchor="middle" style="fill: {ink}">{escape(text)}</text>'
    )
