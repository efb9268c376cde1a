"""Lists without pixels: CSV, Parquet, and sums that ``sha256sum -c`` checks."""

import csv
import io
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lagtool.curation.read import write_marks
from lagtool.export.files import list_entries, place_files
from lagtool.export.job import Job, Written
from lagtool.export.options import Maps
from lagtool.export.pictures import values_of
from lagtool.export.plan import folder_numbers
from lagtool.manifest.fingerprint import write_sums
from lagtool.text import escape_cell

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("class", pa.string()),
        ("label", pa.int64()),
        ("part", pa.string()),
        ("fold", pa.int64()),
        ("group", pa.string()),
        ("image", pa.string()),
        ("image_sha256", pa.string()),
        ("map", pa.string()),
        ("map_sha256", pa.string()),
    ]
)
"""Columns of a list: paths are POSIX, relative to the root; missing values are null, or empty in CSV."""


def list_table(samples: pd.DataFrame, maps: Maps, **more: Sequence[str | None]) -> pa.Table:
    """Return the samples of a plan as a table of `SCHEMA`, and columns of text after these."""
    renamed = samples.rename(columns={"image_path": "image", "map_path": "map"})
    without = ("map", "map_sha256") if maps is Maps.NONE else ()
    fields = [*SCHEMA, *(pa.field(name, pa.string()) for name in more)]
    # By way of Python values: an all-missing column may have any type in the frame.
    columns = {name: [None] * len(samples) if name in without else values_of(renamed[name]) for name in SCHEMA.names}
    return pa.Table.from_pydict(columns | {name: list(values) for name, values in more.items()}, pa.schema(fields))


def table_csv(table: pa.Table) -> bytes:
    """Return a table as CSV; text that a spreadsheet would take for a formula has an apostrophe before it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    for batch in table.to_batches(max_chunksize=10_000):
        columns = [
            [
                "" if cell is None else escape_cell(cell) if isinstance(cell, str) else cell
                for cell in column.to_pylist()
            ]
            for column in batch.columns
        ]
        writer.writerows(zip(*columns, strict=True))
    return text.getvalue().encode()


def table_parquet(table: pa.Table) -> bytes:
    """Return a table as a Parquet file, the same bytes for the same table."""
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd", write_page_checksum=True)
    return content.getvalue()


def write_csv(job: Job) -> Written:
    """Write ``samples.csv``."""
    (job.folder / "samples.csv").write_bytes(table_csv(list_table(job.plan.samples, job.maps)))
    return Written(
        "`samples.csv` lists the samples; the columns `image` and `map` are paths from the root of the dataset.\n\n"
        '```python\nimport pandas as pd\n\nsamples = pd.read_csv("samples.csv", dtype={"id": str})\n```\n'
    )


def write_parquet(job: Job) -> Written:
    """Write ``samples.parquet``."""
    content = table_parquet(list_table(job.plan.samples, job.maps))
    (job.folder / "samples.parquet").write_bytes(content)
    return Written(
        "`samples.parquet` lists the samples; the columns `image` and `map` are paths from the root of the dataset.\n"
        '\n```python\nimport pandas as pd\n\nsamples = pd.read_parquet("samples.parquet")\n```\n'
    )


def write_sums_file(job: Job) -> Written:
    """Write ``SHA256SUMS``: images and maps, in order of the path."""
    samples = job.plan.samples
    slots = ("image",) if job.maps is Maps.NONE else ("image", "map")
    lines: list[tuple[str, str]] = []
    for slot in slots:
        there = samples[samples[f"{slot}_path"].notna()]
        lines += zip(there[f"{slot}_path"].tolist(), there[f"{slot}_sha256"].tolist(), strict=True)
    (job.folder / "SHA256SUMS").write_text(write_sums(lines), encoding="utf-8", newline="\n")
    return Written(
        "`SHA256SUMS` holds the SHA-256 of every image and map of these samples. In the root of the dataset:\n\n"
        "```\nsha256sum --check --quiet /path/to/SHA256SUMS\n```\n"
    )


def write_revision(job: Job) -> Written:
    """Write ``revision.csv``: the samples that marks exclude or relabel, with their sha256 and the reasons."""
    (job.folder / "revision.csv").write_bytes(write_marks(job.plan.revision))
    return Written(
        "`revision.csv` lists the samples that were left out or put into another class, with the SHA-256 of their "
        "images and the reasons. Whoever has the data applies it to their own copy, where the picture is the same:\n\n"
        "```\nlagtool split LAG -o split --curation revision.csv\n```\n"
    )


_LOADING = """The images lie in `PART/CLASS/NAME`, as `torchvision.datasets.ImageFolder` and Keras'
`image_dataset_from_directory` read them{maps}. `samples.csv` says which file (`file`{map_file}) is which sample.

```python
from torchvision.datasets import ImageFolder

data = ImageFolder("{part}")  # data.class_to_idx == {index}
```

Give readers the folder of a part, not this one{trap}.
"""


def write_imagefolder(job: Job) -> Written:
    """Write ``PART/CLASS/NAME.jpg``, ``attention_map/PART/CLASS/NAME.jpg`` and ``samples.csv``."""
    samples = job.plan.samples
    places = (samples["part"] + "/" + samples["class_folder"] + "/" + samples["name"]).tolist()
    for part in job.plan.parts:
        for class_ in job.plan.classes:  # also those without samples: all parts number classes alike
            (job.folder / part / class_.folder).mkdir(parents=True)
    entries = list_entries(job, places, [f"attention_map/{place}" for place in places])
    mode = place_files(job, entries)
    with_maps = job.maps is not Maps.NONE
    files: dict[str, list[str | None]] = {"file": [entry.image for entry in entries]}
    files |= {"map_file": [entry.map for entry in entries]} if with_maps else {}
    (job.folder / "samples.csv").write_bytes(table_csv(list_table(samples, job.maps, **files)))
    index = folder_numbers(job.plan)
    loading = _LOADING.format(
        maps=", the attention maps in `attention_map/PART/CLASS/NAME`" if with_maps else "",
        map_file=", `map_file`" if with_maps else "",
        part=job.plan.parts[0],
        index=index,
        trap=": they would take the maps for images" if with_maps else "",
    )
    if any(index[c.folder] != c.label for c in job.plan.classes):
        loading += (
            "\nNote: readers number the folders by their names; `label` in `samples.csv` is that of the dataset.\n"
        )
    return Written(loading, mode=mode.value)
