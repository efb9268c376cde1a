"""What loading costs in training, and that training works: ``python -m tests.benchmarks.loading ROOT``.

`lagtool.training.torch.LagDataset` against the loader that people write by hand (folders, Pillow), both in a
``DataLoader`` with two workers, in turn, on the same samples in the same order. Then one epoch of a small network, on
the manifest and on an export of it. Needs PyTorch.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from lagtool.export.writing import write_export
from lagtool.manifest.value import Manifest, read_manifest
from lagtool.scanning.scan import scan
from lagtool.splits.split import make_split
from lagtool.training.torch import Example, LagDataset

_CLASSES = ("non_glaucoma", "suspicious_glaucoma")
_BATCH = 32
_LEAST = 0.95
"""Least ratio that is no slower: two runs of one loader differ by as much."""


class Folders(Dataset):  # type: ignore[misc]
    """The loader that people write: the files of two folders, labels by folder; with the map, where it is wanted."""

    def __init__(self, root: Path, size: int | None, *, with_maps: bool) -> None:
        self.root, self.size, self.with_maps = root, size, with_maps
        self.items = [
            (path, label)
            for label, name in enumerate(_CLASSES)
            for path in sorted((root / name / "image").glob("*.jpg"))
        ]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, number: int) -> Any:
        path, label = self.items[number]
        image = Image.open(path).convert("RGB")
        if self.size is not None:
            image = image.resize((self.size, self.size), Image.Resampling.BILINEAR)
        tensor = _tensor(image)
        if not self.with_maps:
            return tensor, label
        place = path.parents[1] / "attention_map" / path.name
        if not place.exists():
            return tensor, torch.zeros(1, *tensor.shape[1:]), label
        return tensor, _tensor(Image.open(place).convert("L").resize(image.size, Image.Resampling.BILINEAR)), label


class Exported(Dataset):  # type: ignore[misc]
    """One part of an export as image folder, by its list and Pillow: nothing of lagtool."""

    def __init__(self, folder: Path, part: str, size: int) -> None:
        self.folder, self.size = folder, size
        table = pd.read_csv(folder / "samples.csv", dtype={"id": str}, keep_default_na=False)
        self.rows = table[table["part"] == part].to_dict("records")

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: int) -> Any:
        row = self.rows[number]
        side = (self.size, self.size)
        image = _tensor(Image.open(self.folder / row["file"]).convert("RGB").resize(side, Image.Resampling.BILINEAR))
        has_map = row["map_file"] != ""
        levels = torch.zeros(1, *side)
        if has_map:
            stored = Image.open(self.folder / row["map_file"]).convert("L")
            levels = _tensor(stored.resize(side, Image.Resampling.BILINEAR))
        return Example(image, levels, int(row["label"]), has_map, f"{row['class']}/{row['id']}")


def _tensor(image: Image.Image) -> Any:
    pixels = np.array(image)
    return torch.from_numpy(pixels).reshape(*pixels.shape[:2], -1).permute(2, 0, 1).contiguous().float().div(255)


class Race(NamedTuple):
    """Samples a second of both loaders, the medians, and the median of the ratios of one round each."""

    ours: float
    theirs: float
    ratio: float


def race(ours: Dataset, theirs: Dataset, rounds: int, workers: int) -> Race:
    """Load everything with both, in turn, ``rounds`` times."""
    speeds: list[list[float]] = [[], []]
    for number in range(rounds + 1):
        for side, data in enumerate((ours, theirs)):
            loader = DataLoader(data, batch_size=_BATCH, num_workers=workers)
            started = time.perf_counter()
            seen = sum(len(batch[-1]) for batch in loader)
            if number:  # the first round warms the cache
                speeds[side].append(seen / (time.perf_counter() - started))
    ratios = [a / b for a, b in zip(*speeds, strict=True)]
    ours_median, theirs_median = map(statistics.median, speeds)
    return Race(ours_median, theirs_median, statistics.median(ratios))


def same(ours: Dataset, theirs: Dataset, names: Sequence[str]) -> bool:
    """Whether both give the same tensors, bit by bit."""
    return all(
        torch.equal(getattr(ours[number], name), value) if name != "label" else ours[number].label == value
        for number in range(len(ours))
        for name, value in zip(names, theirs[number], strict=True)
    )


def first_batch(data: Dataset, workers: int = 2, seed: int = 0) -> Example:
    """Return the batch that `train` begins with."""
    torch.manual_seed(seed)
    batch: Example = next(iter(DataLoader(data, batch_size=_BATCH, shuffle=True, num_workers=workers)))
    return batch


def equal(one: Example, other: Example) -> bool:
    """Whether two batches are the same: samples, pixels, maps and labels."""
    return one.key == other.key and all(torch.equal(a, b) for a, b in zip(one[:-1], other[:-1], strict=True))


def train(data: Dataset, weights: Any = None, *, epochs: int = 1, workers: int = 2, seed: int = 0) -> list[float]:
    """Train a small network on label and attention together, and return the loss of each batch.

    The attention counts only where there is a map.
    """
    torch.manual_seed(seed)
    layers = [torch.nn.Conv2d(3, 16, 5, stride=2, padding=2), torch.nn.ReLU()]
    layers += [torch.nn.Conv2d(16, 32, 3, stride=2, padding=1), torch.nn.ReLU()]
    body, classify = torch.nn.Sequential(*layers), torch.nn.Linear(32, len(_CLASSES))
    attend = torch.nn.Conv2d(32, 1, 1)
    learned = [*body.parameters(), *classify.parameters(), *attend.parameters()]
    optimizer = torch.optim.Adam(learned, lr=3e-3)
    judge = torch.nn.CrossEntropyLoss(weight=weights)
    losses = []
    for _ in range(epochs):
        for batch in DataLoader(data, batch_size=_BATCH, shuffle=True, num_workers=workers):
            features = body(batch.image)
            loss = judge(classify(features.mean(dim=(2, 3))), batch.label)
            if batch.has_map.any():
                wanted = torch.nn.functional.avg_pool2d(batch.map, 4)[batch.has_map]
                loss = loss + torch.nn.functional.binary_cross_entropy_with_logits(
                    attend(features)[batch.has_map], wanted
                )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def starts_alike(data: LagDataset, workers: int = 2) -> bool:
    """Whether the first batch of a ``DataLoader`` is what the plain samples give, pixel by pixel."""
    batch = next(iter(DataLoader(data, batch_size=_BATCH, num_workers=workers)))
    for number, sample in enumerate(data.samples.take(range(min(_BATCH, len(data))))):
        levels = np.zeros(sample.image.shape[:2], np.uint8) if sample.map is None else sample.map
        image = torch.from_numpy(sample.image).permute(2, 0, 1).float() / 255
        if not torch.equal(batch.image[number], image) or not torch.equal(
            batch.map[number, 0], torch.from_numpy(levels).float() / 255
        ):
            return False
        if (int(batch.label[number]), batch.key[number]) != (sample.label, sample.key):
            return False
    return True


def main() -> int:
    """Measure and print; exit code 1 where a loader is slower than by hand, or anything is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--manifest", type=Path, help="of ROOT; without it ROOT is scanned")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    manifest = read_manifest(options.manifest) if options.manifest else scan(options.root)
    fine = True
    print(f"{len(manifest.samples):,} samples, {options.workers} workers, batches of {_BATCH}\n")
    print("| pictures | samples/s | by hand | ratio | same tensors |\n|---|---:|---:|---:|---|")
    for size, draft in ((None, False), (224, False), (224, True)):
        for with_maps in (False, True):
            ours = LagDataset(manifest, options.root, size=size, draft=draft, with_maps=with_maps)
            theirs = Folders(options.root, size, with_maps=with_maps)
            alike = draft or same(ours, theirs, ("image", "map", "label") if with_maps else ("image", "label"))
            found = race(ours, theirs, options.rounds, options.workers)
            words = f"{size or 'as stored'}{', draft' if draft else ''}, {'image and map' if with_maps else 'image'}"
            equal = "–" if draft else "yes" if alike else "NO"
            print(f"| {words} | {found.ours:,.0f} | {found.theirs:,.0f} | {found.ratio:.2f} | {equal} |", flush=True)
            fine = fine and alike and found.ratio >= _LEAST
    return 0 if _report_training(manifest, options.root, options.workers) and fine else 1


def _report_training(manifest: Manifest, root: Path, workers: int) -> bool:
    split = make_split(manifest, ratios=[70, 15, 15])
    data = LagDataset(split, root, split="train", size=64)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "export"
        write_export(split, root, "imagefolder", out, maps="as-is", mode="link")
        exported = Exported(out, "train", 64)
        alike = equal(first_batch(data, workers), first_batch(exported, workers))
        plain = starts_alike(data, workers)
        print(f"\n{data!r}\nfirst batch as the plain samples: {_said(plain)}; as of an export: {_said(alike)}")
        runs = []
        for name, side in (("manifest", data), ("export", exported)):
            started = time.perf_counter()
            losses = train(side, data.class_weights(), workers=workers)
            seconds = time.perf_counter() - started
            quarter = max(1, len(losses) // 4)
            first, last = statistics.mean(losses[:quarter]), statistics.mean(losses[-quarter:])
            print(
                f"one epoch from the {name}, {len(losses)} steps, {seconds:.1f} s: mean loss of a quarter, "
                f"first {first:.3f}, last {last:.3f}"
            )
            runs.append((first, last))
    return plain and alike and runs[0] == runs[1] and runs[0][1] < runs[0][0]


def _said(fine: bool) -> str:
    return "yes" if fine else "NO"


if __name__ == "__main__":
    sys.exit(main())
