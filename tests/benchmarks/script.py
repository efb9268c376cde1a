"""The script that people write instead: every picture through Pillow and numpy, one after the other."""

import hashlib
import os
import sys

import numpy as np
from PIL import Image


def main(root: str) -> None:
    rows = []
    for folder, _folders, names in os.walk(root):
        for name in names:
            if not name.endswith(".jpg"):
                continue
            path = os.path.join(folder, name)  # noqa: PTH118 - as people write it
            with open(path, "rb") as file:  # noqa: PTH123
                digest = hashlib.sha256(file.read()).hexdigest()
            with Image.open(path) as image:
                size = image.size
                pixels = np.array(image)
            histogram, _edges = np.histogram(pixels, bins=256, range=(0, 256))
            rows.append((path, size, pixels.mean(), pixels.std(), histogram, digest))
    print(len(rows))


if __name__ == "__main__":
    main(sys.argv[1])
