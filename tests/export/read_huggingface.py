"""Load folders with ``datasets`` and print, as JSON, what it finds; in a process of its own, for its environment.

``python -m tests.export.read_huggingface KIND=FOLDER...``, KIND being ``folder`` or ``data_dir``.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Image, load_dataset


def _picture(stored: dict[str, Any] | None, decoded: Any) -> dict[str, Any] | None:
    if stored is None:
        return None
    data = stored["bytes"]
    if data is None:
        data = Path(stored["path"]).read_bytes()
    pixels = np.ascontiguousarray(decoded)
    return {
        "bytes": hashlib.sha256(data).hexdigest(),
        "pixels": hashlib.sha256(pixels.tobytes()).hexdigest(),
        "size": list(decoded.size),
    }


def _load(kind: str, folder: str) -> dict[str, Any]:
    data = load_dataset(folder) if kind == "folder" else load_dataset("imagefolder", data_dir=folder)
    found = {}
    for split, rows in data.items():
        features = rows.features
        stored = rows.cast_column("image", Image(decode=False))
        has_maps = "attention_map" in features
        stored = stored.cast_column("attention_map", Image(decode=False)) if has_maps else stored
        found[split] = [
            {
                "id": row["id"],
                "label": row["label"],
                "class": features["label"].int2str(row["label"]),
                "split": row["split"],
                "image": _picture(plain["image"], row["image"]),
                "map": _picture(plain["attention_map"], row["attention_map"]) if has_maps else None,
            }
            for row, plain in zip(rows, stored, strict=True)
        ]
    return found


if __name__ == "__main__":
    asked = [argument.split("=", 1) for argument in sys.argv[1:]]
    json.dump([_load(kind, folder) for kind, folder in asked], sys.stdout)
