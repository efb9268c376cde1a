"""Checks of what came of decoding images (LAG3xx) and attention maps (LAG4xx): one for each way to be damaged."""

from collections.abc import Callable

from lagtool.checks.evidence import Evidence, Hits
from lagtool.model import State
from lagtool.profile import PictureSlot

_FILES: dict[PictureSlot, tuple[str, str]] = {
    "image": ("an image", "non_glaucoma/image/0007.jpg"),
    "map": ("an attention map", "non_glaucoma/attention_map/0007.jpg"),
}

# What `inspect.getdoc` would return of a function.
_EXPLANATIONS = {
    State.TRUNCATED: """The file of {noun} ends too early.

Why it matters: the copy or download was cut off; lenient decoders fill the rest with gray,
and a model learns from it.
How to fix: copy the file again; compare its size with the source's.
Example: `{path}` lost its last 4 KB.
""",
    State.CORRUPT: """The data of {noun} is damaged inside.

Why it matters: a strict decoder finds bytes that do not fit (zeroed sectors, lost blocks);
a lenient one shows shifted colours or blocks and says nothing.
How to fix: copy the file again from an intact source.
Example: 4 KB of zeros in the middle of `{path}`.
""",
    State.WRONG_FORMAT: """The file of {noun} holds another format than its name says.

Why it matters: a PNG behind `.jpg` has other pixels than the original; a Git LFS pointer or a web page is
no picture at all. A JPEG of 12 bits, a lossless or hierarchical one is another format to common decoders.
How to fix: fetch the real file (`git lfs pull`, or download again).
Example: `{path}` holds a Git LFS pointer.
""",
    State.EMPTY: """The file of {noun} has no content.

Why it matters: typical of a full disk or a broken copy; other files may have suffered too.
How to fix: copy the file again.
Example: `{path}` has 0 bytes.
""",
    State.UNREADABLE: """The file of {noun} could not be read.

Why it matters: it was not judged; a loader will stop at it.
How to fix: give yourself the right to read it, check the disk, or copy it again.
Example: `{path}`: Permission denied; larger than 64 MB; changed while it was read.
""",
    State.BOMB: """The header of {noun} claims more pixels, or its file holds more parts, than are decoded.

Why it matters: a decoder would ask for gigabytes, or be busy for hours; the file is damaged or hostile.
How to fix: copy the file again.
Example: `{path}` claims 30,000 x 30,000 pixels.
""",
}


def _find(slot: PictureSlot, state: State) -> Callable[[Evidence], Hits]:
    """Return the check for the files of a slot in one state, with its name and explanation."""

    def check(evidence: Evidence) -> Hits:
        return evidence.state_hits(slot, state)

    noun, path = _FILES[slot]
    check.__name__ = check.__qualname__ = f"{slot}_{state.value.replace('-', '_')}"
    check.__doc__ = _EXPLANATIONS[state].format(noun=noun, path=path)
    return check


image_truncated = _find("image", State.TRUNCATED)
image_corrupt = _find("image", State.CORRUPT)
image_wrong_format = _find("image", State.WRONG_FORMAT)
image_empty = _find("image", State.EMPTY)
image_unreadable = _find("image", State.UNREADABLE)
image_bomb = _find("image", State.BOMB)
map_truncated = _find("map", State.TRUNCATED)
map_corrupt = _find("map", State.CORRUPT)
map_wrong_format = _find("map", State.WRONG_FORMAT)
map_empty = _find("map", State.EMPTY)
map_unreadable = _find("map", State.UNREADABLE)
map_bomb = _find("map", State.BOMB)
