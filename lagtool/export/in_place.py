"""The one export that writes into the dataset, and there one file only, on explicit request."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lagtool import __version__
from lagtool.errors import LagtoolError
from lagtool.export.formats import ExportFormat
from lagtool.export.huggingface import METADATA, metadata_table
from lagtool.export.job import Export
from lagtool.export.lists import table_parquet
from lagtool.export.options import Maps
from lagtool.export.pictures import Wanted, check_places, list_tasks, map_tasks, prove_samples
from lagtool.export.plan import plan_export
from lagtool.export.terms import terms_text
from lagtool.export.wording import remarks_on
from lagtool.files import Store
from lagtool.files.root import find_store
from lagtool.manifest.value import Manifest
from lagtool.output.progress import Bar, no_bar
from lagtool.output.writing import write_bytes
from lagtool.text import count, show

_KEY = b"lagtool-export"


def write_in_place(
    manifest: Manifest,
    root: str | Path | Store,
    *,
    parts: Sequence[str] = (),
    fold: int | None = None,
    maps: Maps = Maps.AS_IS,
    force: bool = False,
    jobs: int | None = None,
    bar: Bar | None = None,
) -> Export:
    """Write one file, ``metadata.parquet``, into the folder of the dataset, which is then loaded as it lies there.

    This is the only export that writes into the dataset, and only this file, beside its folders. All samples are in
    one split; the column ``split`` tells the part of each.

    Raises:
        LagtoolError: There is such a file already (unless it is an earlier one of lagtool's and ``force``); an image
            states an orientation and has a map; or something in the dataset is not what was indexed.
    """
    store = find_store(root, manifest.profile)
    if store.folder is None:
        raise LagtoolError(f"{show(str(store))} is no folder on this disk to write into: export with -o DIR")
    target = store.folder / METADATA
    check_in_place(target, force=force)
    plan = plan_export(manifest, parts=parts, fold=fold)
    if plan.turned and maps is not Maps.NONE:
        raise LagtoolError(
            f"{count(plan.turned, 'image')} with an orientation in Exif or XMP: datasets would turn the image and not "
            "its map; export with -o DIR, which sets it to upright, or with --maps none"
        )
    plan = replace(plan, remarks=(*plan.remarks, *remarks_on(plan, ExportFormat.HUGGINGFACE)))
    check_places(plan, store)
    tasks = list_tasks(plan.samples, maps)
    wanted = Wanted(store.for_workers(), None, maps, masks=False)
    with (bar or no_bar)("Reading", len(tasks), "samples") as advance:
        for done, _ in map_tasks(prove_samples, wanted, tasks, jobs):
            advance(done)
    table = metadata_table(
        plan, [task.image for task in tasks], None if maps is Maps.NONE else [task.map for task in tasks]
    )
    said = {"tool_version": __version__, "content_sha256": plan.content_sha256, "split_sha256": plan.split_sha256}
    known = {_KEY: json.dumps(said).encode(), b"license": terms_text(plan.profile).encode()}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **known})
    content = table_parquet(table)
    write_bytes(target, content)
    return Export(target, ExportFormat.HUGGINGFACE.value, plan, None, 1, len(content))


def check_in_place(target: Path, *, force: bool) -> None:
    """Refuse to replace a file that is none of lagtool's, or any without ``force``.

    Raises:
        LagtoolError: With what to do instead.
    """
    if not target.exists() and not target.is_symlink():
        return
    try:
        ours = not target.is_symlink() and _KEY in (pq.read_schema(target).metadata or {})
    except (OSError, pa.ArrowException):
        ours = False
    if not ours:
        raise LagtoolError(f"{show(target)} is there, and not of lagtool: move it, or export to a folder with -o DIR")
    if not force:
        raise LagtoolError(f"{show(target)} exists: use --force to replace it")
