"""Arrays as MedMNIST has them: one NPZ, ``train_images``, ``train_labels``, ``val_images``, ..., as numpy reads it."""

import zipfile
from collections.abc import Sequence
from typing import IO

import numpy as np
from numpy.typing import NDArray

from lagtool.export.job import Job, Written
from lagtool.export.lists import list_table, table_csv
from lagtool.export.options import ARRAY_SIZES, Maps
from lagtool.export.pictures import Task, Wanted, list_tasks, make_pixels, map_tasks
from lagtool.export.plan import TAKEN, portable_names
from lagtool.export.terms import is_lag
from lagtool.probe.picture import Pixels
from lagtool.profiles import Profile

_TIME = (1980, 1, 1, 0, 0, 0)
_LOADING = """`{file}` holds, for each part, `PART_images` ({size} x {size} x 3, 0..255) and `PART_labels` (one
column){maps}; `samples.csv` lists the samples in the same order.

```python
import numpy as np

data = np.load("{file}")
images, labels = data["{part}_images"], data["{part}_labels"]
```
"""


def file_name(profile: Profile, size: int) -> str:
    """Return the name of the file, as MedMNIST builds it: the smallest size goes without saying."""
    stem = "lag" if is_lag(profile) else portable_names([profile.name.lower()], TAKEN)[0]
    return f"{stem}.npz" if size == ARRAY_SIZES[0] else f"{stem}_{size}.npz"


def write_npz(job: Job) -> Written:
    """Write ``lag.npz`` or ``lag_SIZE.npz``, and ``samples.csv``."""
    size = job.options.size or ARRAY_SIZES[0]
    wanted = job.wanted._replace(size=size)
    name = file_name(job.plan.profile, size)
    with zipfile.ZipFile(job.folder / name, "x", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for part in job.plan.parts:
            samples = job.plan.select(part)
            tasks = list_tasks(samples, job.maps)
            maps = _write_images(archive, part, wanted, tasks, job)
            labels = samples["label"].to_numpy(dtype=np.int64)[:, None]
            small = labels.astype(np.uint8)
            _write_array(archive, f"{part}_labels", small if (small == labels).all() else labels)
            if job.maps is Maps.RESIZED:
                _write_array(archive, f"{part}_maps", maps)
                _write_array(archive, f"{part}_has_map", samples["map_path"].notna().to_numpy(dtype=np.bool_))
    (job.folder / "samples.csv").write_bytes(table_csv(list_table(job.plan.samples, job.maps)))
    said = f", `PART_maps` ({size} x {size}, black where `PART_has_map` is false)" if job.maps is Maps.RESIZED else ""
    return Written(_LOADING.format(file=name, size=size, maps=said, part=job.plan.parts[0]))


def _write_images(
    archive: zipfile.ZipFile, part: str, wanted: Wanted, tasks: Sequence[Task], job: Job
) -> NDArray[np.uint8]:
    """Write the images of a part as they are made, so that they need not fit into memory, and return its maps."""
    size = wanted.size or ARRAY_SIZES[0]
    shape = (len(tasks), size, size)
    maps = np.zeros(shape if wanted.maps is Maps.RESIZED else (0, 0, 0), np.uint8)
    with _open(archive, f"{part}_images") as file:
        header = {"descr": np.lib.format.dtype_to_descr(maps.dtype), "fortran_order": False, "shape": (*shape, 3)}
        np.lib.format.write_array_header_1_0(file, header)
        row = 0
        for done, chunk in map_tasks(_make_chunk, wanted, tasks, job.processes):
            for pixels, levels in chunk:
                file.write(pixels.tobytes())
                if levels is not None:
                    maps[row] = levels
                row += 1
            job.advance(done)
    return maps


def _make_chunk(wanted: Wanted, tasks: Sequence[Task]) -> list[tuple[Pixels, Pixels | None]]:
    return [make_pixels(wanted, task) for task in tasks]


def _open(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    entry = zipfile.ZipInfo(f"{name}.npy", _TIME)
    entry.external_attr = 0o644 << 16
    return archive.open(entry, "w", force_zip64=True)


def _write_array(archive: zipfile.ZipFile, name: str, values: NDArray[np.generic]) -> None:
    with _open(archive, name) as file:
        np.lib.format.write_array(file, np.ascontiguousarray(values), version=(1, 0), allow_pickle=False)
