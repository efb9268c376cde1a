"""The files beside a synthetic tree: how it was made (``ROOT.synth.json``) and what was planted (``ROOT.truth.json``).

The first is also what tells a tree of ours, which may be replaced, from somebody's data, which may not.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lagtool import __version__
from lagtool.output.writing import check_target, write_bytes
from lagtool.reading import PICTURE_LIMIT, read_file

_MADE_BY = "lagtool synth"
_MARKER, _TRUTH = ".synth.json", ".truth.json"
_MAX_MARKER = 1 << 20
_MAX_TRUTH = 1 << 28
_PROOFS = 8
_PROOF, _EARLIER = "proof", "earlier_proof"


def is_own_tree(root: Path) -> bool:
    """Whether the folder is the one that the marker beside it describes.

    A marker alone proves nothing: the folder may have been removed since, and real data put in its place. At least
    one of the pictures that it names must still be there, byte for byte.
    """
    marker = _read(_beside(root, _MARKER), _MAX_MARKER)
    proofs = [proof for key in (_PROOF, _EARLIER) if isinstance(proof := marker.get(key), dict)]
    return any(_digest(root / path) == digest for proof in proofs for path, digest in proof.items())


def check_companions(root: Path, *, force: bool) -> None:
    """Refuse where the files beside the tree would replace somebody else's.

    Raises:
        LagtoolError: With what to do instead.
    """
    for path, limit in ((_beside(root, _MARKER), _MAX_MARKER), (_beside(root, _TRUTH), _MAX_TRUTH)):
        check_target(path, force=force or _read(path, limit).get("made_by") == _MADE_BY)


class Companions:
    """The files beside a tree, which are changed with it so that a kill at any moment leaves nothing that is not true.

    The marker speaks of both trees while one is replaced by the other; the truth of the old one goes before it, and
    that of the new one comes after it.
    """

    def __init__(self, root: Path, made: Path, described: dict[str, str | int | float], images: Sequence[str]) -> None:
        """Describe the tree that was made in ``made`` and will lie in ``root``."""
        self._root = root
        step = max(1, len(images) // _PROOFS)
        digests = {path: _digest(made / path) for path in images[::step][:_PROOFS]}
        proof = {path: digest for path, digest in digests.items() if digest}
        self._marker = {"made_by": _MADE_BY, "version": __version__, **described, _PROOF: proof}

    def announce(self) -> None:
        """Say that the tree will come, and take away the truth of the one that is there.

        Raises:
            LagtoolError: The place cannot be written to.
        """
        earlier = _read(_beside(self._root, _MARKER), _MAX_MARKER)
        kept = {**(earlier.get(_EARLIER) or {}), **(earlier.get(_PROOF) or {})} if is_own_tree(self._root) else {}
        write_bytes(_beside(self._root, _MARKER), _dump({**self._marker, **({_EARLIER: kept} if kept else {})}))
        _beside(self._root, _TRUTH).unlink(missing_ok=True)

    def write(self, truth: dict[str, object] | None) -> Path | None:
        """Write the truth of the tree, which is there now, and the marker that speaks of it alone.

        Returns:
            The path of the truth; None where nothing was planted.

        Raises:
            LagtoolError: The place cannot be written to.
        """
        truth_path = _beside(self._root, _TRUTH)
        if truth is not None:
            write_bytes(truth_path, _dump({"made_by": _MADE_BY, **truth}))
        write_bytes(_beside(self._root, _MARKER), _dump(self._marker))
        return None if truth is None else truth_path


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
