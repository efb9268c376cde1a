"""Hugging Face: a folder per part with images, maps and ``metadata.parquet``."""

import json
import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from lagtool.export.files import list_entries, place_files
from lagtool.export.job import Job, Written
from lagtool.export.lists import table_parquet
from lagtool.export.options import Maps
from lagtool.export.pictures import values_of
from lagtool.export.plan import ALL, ExportClass, Plan
from lagtool.export.terms import is_lag
from lagtool.text import count

METADATA = "metadata.parquet"
# What load_dataset makes of such folder names by itself (datasets/data_files.py): both ways of loading agree.
_KEYWORDS = {
    "training": "train",
    **dict.fromkeys(("val", "valid", "dev"), "validation"),
    **dict.fromkeys(("testing", "eval", "evaluation"), "test"),
}
_LOADING = """Each part is a folder with `images`{maps} and `metadata.parquet`; `label` is a `ClassLabel`.

```python
from datasets import load_dataset

data = load_dataset("/path/to/this/folder")  # the folder itself: the parts are named in the head of this file
```

It takes `datasets` 3.4 or later (tested with 3.4, 4.0 and 5.2): earlier versions do not read `metadata.parquet`, and
take {mistake}.

Splits: {splits}. `load_dataset("imagefolder", data_dir=...)` reads it too, but knows parts called train, val and test
only.
"""


def write_huggingface(job: Job) -> Written:
    """Write ``PART/images/ID.jpg``, ``PART/attention_map/ID.jpg`` and ``PART/metadata.parquet``."""
    samples = job.plan.samples
    places = ((samples["part"] + f"/{folder}/" + samples["name"]).tolist() for folder in ("images", "attention_map"))
    entries = list_entries(job, *places)
    mode = place_files(job, entries)
    images = [entry.image.partition("/")[2] for entry in entries]
    maps = [None if entry.map is None else entry.map.partition("/")[2] for entry in entries]
    table = metadata_table(job.plan, images, maps if job.maps is not Maps.NONE else None)
    there = [part for part in job.plan.parts if samples["part"].eq(part).any()]
    for part in there:
        mask = pa.array(samples["part"].eq(part).to_numpy(dtype=bool))
        (job.folder / part / METADATA).write_bytes(table_parquet(table.filter(mask)))
    splits = split_names(there)
    loading = _LOADING.format(
        maps="" if job.maps is Maps.NONE else ", `attention_map` (missing where a sample has none)",
        mistake="the folders for classes" if job.maps is Maps.NONE else "the attention maps for images",
        splits=", ".join(f"`{name}`" for name in splits.values()),
    )
    return Written(loading + _renumbered(job.plan), _front(job, splits), mode.value)


def split_names(parts: Sequence[str]) -> dict[str, str]:
    """Return the name of each part as a split of Hugging Face, all different: letters, digits and ``_``, not ``all``.

    ``val`` and what else its loader takes for it becomes ``validation``; data without a split is ``train``, as its
    loader calls it.
    """
    if list(parts) == [ALL]:
        return {ALL: "train"}
    names: dict[str, str] = {}
    for part in parts:
        plain = re.sub(r"\W", "_", part, flags=re.ASCII)
        wanted = _KEYWORDS.get(plain, plain)
        name = wanted if wanted not in parts or wanted == part else plain
        while name == ALL or name in names.values():
            name += "_"
        names[part] = name
    return names


def metadata_table(plan: Plan, images: Sequence[str], maps: Sequence[str | None] | None) -> pa.Table:
    """Return what the loader reads: columns that end in ``_file_name`` become pictures, labels get their names."""
    samples = plan.samples
    numbers = {c.name: number for number, c in enumerate(_by_label(plan))}
    columns: dict[str, pa.Array] = {"image_file_name": pa.array(list(images), pa.string())}
    if maps is not None:
        columns["attention_map_file_name"] = pa.array(list(maps), pa.string())
    columns["label"] = pa.array(samples["class"].map(numbers).tolist(), pa.int64())
    columns["id"] = pa.array(values_of(samples["id"]), pa.string())
    columns["split"] = pa.array(values_of(samples["part"]), pa.string())
    columns["fold"] = pa.array(values_of(samples["fold"]), pa.int64())
    columns["group"] = pa.array(values_of(samples["group"]), pa.string())
    columns["image_sha256"] = pa.array(values_of(samples["image_sha256"]), pa.string())
    kinds: dict[str, Any] = {
        name: {"dtype": str(array.type), "_type": "Value"} for name, array in columns.items() if name != "label"
    }
    kinds["label"] = {"names": list(numbers), "_type": "ClassLabel"}
    info = {"info": {"features": {name: kinds[name] for name in columns}}}
    return pa.table(columns).replace_schema_metadata({b"huggingface": json.dumps(info).encode()})


def _by_label(plan: Plan) -> list[ExportClass]:
    """Return the classes in the order in which a `ClassLabel` names them: where labels begin at 0, it has the same."""
    return sorted(plan.classes, key=lambda c: c.label)


def _renumbered(plan: Plan) -> str:
    wrong = [c for number, c in enumerate(_by_label(plan)) if c.label != number]
    if not wrong:
        return ""
    labels = ", ".join(f"{c.name} {c.label}" for c in plan.classes)
    several = count(len(wrong), "class has", "classes have")
    return f"\nNote: {several} another number here than in the dataset, whose labels are {labels}.\n"


def _front(job: Job, splits: dict[str, str]) -> str:
    lines = ["---", "license: other", "viewer: false", "task_categories:", "- image-classification"]
    if is_lag(job.plan.profile):
        lines += ["pretty_name: LAG, for local use", "license_name: academic-use-only-no-redistribution"]
        lines += ["license_link: LICENSE.txt"]
    lines += ["configs:", "- config_name: default", "  data_files:"]
    for part, name in splits.items():
        lines += [f"  - split: {name}", f'    path: "{part}/**"']
    return "\n".join([*lines, "---", "", ""])
