"""WebDataset: tars of equal size, in which a sample is some files with one stem; no clock and no user in them."""

import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from typing import IO, Any

import pandas as pd

from lagtool.export.job import Job, Written
from lagtool.export.options import Maps
from lagtool.export.pictures import Made, Task, list_tasks, make_samples, map_tasks, values_of

SHARD_SIZE = 1000
"""Samples per tar, at most, unless something else is asked for."""

_LOADING = """Each part is a number of tars with the files `ID.image.jpg`,{maps} `ID.cls` (the label) and `ID.json`.
Samples lie in the order of the SHA-256 of their image, which mixes the classes.

```python
import webdataset as wds

train = wds.WebDataset("{pattern}", shardshuffle=100).shuffle(1000).decode("rgb").to_tuple("{image}", "cls")
```

| part | tars | samples |
|---|---|---:|
"""


def write_webdataset(job: Job) -> Written:
    """Write ``PART-000000.tar``, ``PART-000001.tar``, ..."""
    largest = job.options.shard_size or SHARD_SIZE
    suffix, rows = "", []
    for part in job.plan.parts:
        # A fixed shuffle: a reader's buffer is small beside a class, and would see one class only for long.
        samples = job.plan.select(part).sort_values(["image_sha256", "name"], kind="stable")
        if not len(samples):
            continue
        made = _make(job, list_tasks(samples, job.maps))
        facts = _facts(samples, job.maps)
        sizes = shard_sizes(len(samples), largest)
        for number, size in enumerate(sizes):
            with (job.folder / f"{part}-{number:06d}.tar").open("xb") as file:
                suffix = _write_shard(file, size, made, facts) or suffix
        rows.append((part, shard_pattern(part, len(sizes)), len(samples)))
    loading = _LOADING.format(
        maps="" if job.maps is Maps.NONE else " `ID.attention.jpg` (where there is a map),",
        pattern=rows[0][1],
        image=f"image{suffix}",
    )
    return Written(loading + "".join(f"| {part} | `{tars}` | {number:,} |\n" for part, tars, number in rows))


def shard_sizes(samples: int, largest: int) -> list[int]:
    """Return how many samples each tar gets: as few tars as can be, none more than one sample larger than another."""
    number = -(-samples // largest)
    return [samples // number + (shard < samples % number) for shard in range(number)]


def shard_pattern(part: str, shards: int) -> str:
    """Return the tars of a part as WebDataset and a shell write them."""
    if shards == 1:
        return f"{part}-000000.tar"
    return f"{part}-{{000000..{shards - 1:06d}}}.tar"


def _make(job: Job, tasks: Sequence[Task]) -> Iterator[Made]:
    for done, chunk in map_tasks(make_samples, job.wanted, tasks, job.processes):
        job.advance(done)
        yield from chunk


def _facts(samples: pd.DataFrame, maps: Maps) -> Iterator[dict[str, Any]]:
    names = ["name", "id", "class", "label", "part", "fold", "group", "image_sha256"]
    names += [] if maps is Maps.NONE else ["map_sha256"]
    rows = zip(*(values_of(samples[name]) for name in names), strict=True)
    return (dict(zip(names, row, strict=True)) for row in rows)


def _write_shard(file: IO[bytes], size: int, made: Iterator[Made], facts: Iterator[dict[str, Any]]) -> str:
    """Write a tar of the next ``size`` samples and return the suffix of their images."""
    suffix = ""
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for _ in range(size):
            sample, said = next(made), next(facts)
            name = said.pop("name")
            if sample.map is not None:
                _add(tar, f"{name}.attention{sample.map_suffix}", sample.map)
            _add(tar, f"{name}.cls", str(said["label"]).encode())
            _add(tar, f"{name}.image{sample.image_suffix}", sample.image)
            _add(tar, f"{name}.json", json.dumps(said).encode())
            suffix = suffix or sample.image_suffix
    return suffix


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)  # time, user and group are 0, the mode is 0644
    entry.size = len(data)
    tar.addfile(entry, io.BytesIO(data))
