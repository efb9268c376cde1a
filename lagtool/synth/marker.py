"""The files beside a synthetic tree: how it was made (``ROOT.synth.json``) and what was planted (``ROOT.truth.json``).

The first is also what tells a tree of ours, which may be replaced, from somebody's data, which may not.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lagtool import __version__
from lagtool.output import check_target, write_bytes
from lagtool.source import PICTURE_LIMIT, read_file

_MADE_BY = "lagtool synth"
_MARKER, _TRUTH = ".synth.json", ".truth.json"
_MAX_MARKER = 1 << 20
_MAX_TRUTH = 1 << 28
_PROOFS = 8


def is_own_tree(root: Path) -> bool:
    """Whether the folder is the one that the marker beside it describes.

    A marker alone proves nothing: the folder may have been removed since, and real data put in its place. At least
    one of the pictures that it names must still be there, byte for byte.
    """
    proof = _read(_beside(root, _MARKER), _MAX_MARKER).get("proof")
    if not isinstance(proof, dict):
        return False
    return any(_digest(root / path) == digest for path, digest in proof.items())


def check_companions(root: Path, *, force: bool) -> None:
    """Refuse where the files beside the tree would replace somebody else's.

    Raises:
        LagtoolError: With what to do instead.
    """
    for path, limit in ((_beside(root, _MARKER), _MAX_MARKER), (_beside(root, _TRUTH), _MAX_TRUTH)):
        check_target(path, force=force or _read(path, limit).get("made_by") == _MADE_BY)


def write_companions(
    root: Path, described: dict[str, str | int | float], images: Sequence[str], truth: dict[str, object] | None
) -> Path | None:
    """Write the marker and the truth, or remove the truth of an earlier tree; return the truth's path.

    Raises:
        LagtoolError: The place cannot be written to.
    """
    step = max(1, len(images) // _PROOFS)
    digests = {path: _digest(root / path) for path in images[::step][:_PROOFS]}
    proof = {path: digest for path, digest in digests.items() if digest}
    marker = {"made_by": _MADE_BY, "version": __version__, **described, "proof": proof}
    write_bytes(_beside(root, _MARKER), _dump(marker))
    truth_path = _beside(root, _TRUTH)
    if truth is None:
        truth_path.unlink(missing_ok=True)
        return None
    write_bytes(truth_path, _dump({"made_by": _MADE_BY, **truth}))
    return truth_path


def _beside(root: Path, suffix: str) -> Path:
    return root.with_name(f"{root.name}{suffix}")


def _dump(value: object) -> bytes:
    return f"{json.dumps(value, indent=1)}\n".encode()


def _read(path: Path, limit: int) -> dict[str, Any]:
    data = read_file(path, limit).data
    try:
        value = json.loads(data) if data else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _digest(path: Path) -> str:
    data = read_file(path, PICTURE_LIMIT).data
    return hashlib.sha256(data).hexdigest() if data else ""
