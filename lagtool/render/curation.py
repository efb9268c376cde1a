"""A curation file shown: its marks by sample, as text or JSON."""

import json
import textwrap

from lagtool.curation.model import Curation
from lagtool.curation.read import COLUMNS, describe_marks
from lagtool.display import show
from lagtool.render.columns import WIDTH


def render_curation(curation: Curation) -> str:
    """Return the marks in the order of the file, at most 80 columns wide but for long names; notes below them."""
    lines = [f"{curation.name}: {describe_marks(curation.marks)}"]
    width = min(40, max((len(mark.sample) for mark in curation.marks), default=0))
    for mark in curation.marks:
        lines.append(f"  {mark.sample:{width}}  {mark.action.value:13}  {show(mark.value, 60)}".rstrip())
        if mark.note:
            lines.extend(textwrap.wrap(show(mark.note, 1000), WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6))
    return "\n".join(lines) + "\n"


def render_curation_json(curation: Curation) -> str:
    """Return the marks as JSON in ASCII."""
    marks = [dict(zip(COLUMNS, mark.order, strict=True)) for mark in curation.marks]
    document = {"name": curation.name, "sha256": curation.sha256, "marks_sha256": curation.fingerprint, "marks": marks}
    return json.dumps(document, indent=2) + "\n"
