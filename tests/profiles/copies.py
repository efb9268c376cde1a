"""Trees in the layouts in which LAG circulates, made of one list of samples."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.trees import attention_map, jpeg, write


class Sample(NamedTuple):
    """One sample of LAG: its number, label and split."""

    number: int
    label: int
    split: str

    @property
    def id(self) -> str:
        return f"{self.number:04d}"


SAMPLES = tuple(
    Sample(number, int(number in (2, 3, 5, 9)), ("train", "train", "train", "val", "test")[number % 5])
    for number in range(1, 11)
)
LABELS = {sample.id: sample.label for sample in SAMPLES}
picture = cache(jpeg)
attention = cache(attention_map)


def paths(layout: str, sample: Sample) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a sample in a layout."""
    key, label, split = sample.id, sample.label, sample.split
    image, heat = picture(sample.number, 64, 64), attention(sample.number)
    release = ("non_glaucoma", "suspicious_glaucoma")[label]
    short = ("non_glaucoma", "glaucoma")[label]
    two = "test" if split == "test" else "train"
    match layout:
        case "release":
            yield f"{release}/image/{key}.jpg", image
            yield f"{release}/attention_map/{key}.jpg", heat
            yield f"{release}/label/{key}.txt", str(label).encode()
        case "kaggle":
            yield f"{'validation' if split == 'val' else split}/{('ng', 'g')[label]}.{key}.jpg", image
        case "split-folders":
            yield f"{two}/{short}/image/{key}.jpg", image
            yield f"{two}/{short}/attention_map/{key}.jpg", heat
        case "split-class":
            yield f"{'test' if split == 'test' else 'reference'}/{short}/{key}.jpg", image
        case "cyclegan":
            yield f"image/{two}{'AB'[label]}/{key}.jpg", image
            yield f"attention_map/{two}{'AB'[label]}/{key}.jpg", heat
        case "renamed":
            yield f"{split}/{('HE', 'GL')[label]}/LAG_{split}_{('he', 'gl')[label]}_{sample.number:04d}.jpg", image
        case _:
            yield f"images/{key}.jpg", image


def tables(layout: str) -> Iterator[tuple[str, str]]:
    """Yield the tables of a layout that has some."""
    rows = [(f"{sample.id}.jpg", sample.label, sample.split) for sample in SAMPLES]
    if layout == "flat+csv":
        yield "labels.csv", "filename,label,path\n" + "".join(f"{n},{y},data/images/{n}\n" for n, y, _ in rows)
    if layout == "flat+text":
        words = ("['normal']", "['glaucoma']")
        yield "labels.csv", "fundus,types\n" + "".join(f'{n},"{words[y]}"\n' for n, y, _ in rows)
    if layout == "flat+onehot":
        yield "labels.csv", "filename,normal,glaucoma\n" + "".join(f"{n},{1 - y},{y}\n" for n, y, _ in rows)
    if layout == "flat+json":
        known = [n for n, y, s in rows if s == "train" and y == 0][:2]
        rest = [row for row in rows if row[0] not in known]
        found = {
            (test, y): [n for n, z, s in rest if z == y and (s == "test") == test]
            for test in (False, True)
            for y in (0, 1)
        }
        unlabeled = {str(y): found[False, y] for y in (0, 1)}
        test = {str(y): found[True, y] for y in (0, 1)}
        yield "data.json", json.dumps({"train": {"0": known, "unlabeled": unlabeled}, "test": test})
    if layout == "lists":
        for split in ("train", "val", "test"):
            yield f"{split}.txt", "".join(f"images/{n} {y}\n" for n, y, s in rows if s == split)


def write_copy(root: Path, layout: str) -> Path:
    """Write a tree in a layout."""
    for sample in SAMPLES:
        for path, data in paths(layout, sample):
            write(root / path, data)
    for path, text in tables(layout):
        write(root / path, text.encode())
    return root
