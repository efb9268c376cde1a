"""Croissant 1.1: what the dataset is and which samples it has, in JSON-LD, for catalogues; no pixels.

The vocabulary: https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html
"""

import hashlib
import json
from typing import Any

from lagtool.export.job import Job, Written
from lagtool.export.lists import SCHEMA, list_table, table_parquet
from lagtool.export.options import Maps
from lagtool.export.plan import Plan
from lagtool.export.terms import AUTHORS, BIBTEX, LICENSE, NAME, URL, is_lag

FILE, TABLE = "croissant.json", "samples.parquet"

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_MEANINGS = {
    "id": "Id of the sample; text, also where it looks like a number.",
    "class": "Class, as marks of the curator have it where there are any.",
    "label": "Label of the class.",
    "part": "Part of the split.",
    "fold": "Fold that holds the sample out.",
    "group": "Samples with the same text stay in one part.",
    "image": "Path of the image, from the root of the dataset.",
    "image_sha256": "SHA-256 of the image's bytes.",
    "map": "Path of the attention map, from the root of the dataset; missing: it has none.",
    "map_sha256": "SHA-256 of the attention map's bytes.",
}
_KINDS = {"string": "sc:Text", "int64": "sc:Integer"}
# What parts are usually for; a part of another name is a split all the same.
_SPLITS = {"train": "cr:TrainingSplit", "val": "cr:ValidationSplit", "test": "cr:TestSplit"}
_LOADING = """`croissant.json` describes the dataset, `samples.parquet` lists the samples. The pictures are not
here: `image` and `map` are paths from the root of the dataset, with the SHA-256 of each.

```python
import mlcroissant

data = mlcroissant.Dataset("croissant.json")
for record in data.records("samples"):
    print(record["samples/id"], record["samples/label"], record["samples/part"], record["samples/image"])
```
"""


def write_croissant(job: Job) -> Written:
    """Write ``croissant.json`` and ``samples.parquet``."""
    content = table_parquet(list_table(job.plan.samples, job.maps))
    (job.folder / TABLE).write_bytes(content)
    text = json.dumps(describe(job.plan, content, job.maps), indent=2, ensure_ascii=False) + "\n"
    (job.folder / FILE).write_text(text, encoding="utf-8", newline="\n")
    return Written(_LOADING)


def describe(plan: Plan, table: bytes, maps: Maps) -> dict[str, Any]:
    """Return the description of an export as JSON-LD, given the bytes of its table of samples."""
    lag = is_lag(plan.profile)
    said: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": "LAG" if lag else plan.profile.name,
        "description": _summary(plan),
    }
    if lag:
        said |= {
            "alternateName": NAME,
            "license": {
                "@type": "sc:CreativeWork",
                "name": "Academic use only; not to be uploaded again",
                "description": plan.profile.terms,
                "url": URL,
            },
            "url": URL,
            "creator": [{"@type": "sc:Person", "name": name} for name in AUTHORS],
            "datePublished": "2019-06-16",  # first day of the main conference, CVPR 2019
            "citeAs": BIBTEX,
        }
    elif plan.profile.terms:
        said["license"] = {"@type": "sc:CreativeWork", "name": "Terms", "description": plan.profile.terms}
    said |= {
        "isLiveDataset": False,
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": TABLE,
                "name": TABLE,
                "description": f"One row per sample, without pixels; the terms are in {LICENSE} beside it.",
                "contentUrl": TABLE,
                "contentSize": f"{len(table)} B",
                "encodingFormat": "application/x-parquet",
                "sha256": hashlib.sha256(table).hexdigest(),
            }
        ],
        "recordSet": [_parts(plan), _classes(plan), _samples(maps)],
    }
    return said


def _summary(plan: Plan) -> str:
    sizes = ", ".join(f"{part} {len(plan.select(part)):,}" for part in plan.parts)
    classes = " and ".join(f"{c.name} ({c.label})" for c in plan.classes)
    text = (
        f"{len(plan.samples):,} photographs of the classes {classes}, of which "
        f"{int(plan.samples['map_path'].notna().sum()):,} have an attention map. Parts: {sizes}. "
        f"Fingerprint of the data: {plan.content_sha256 or 'not known'}."
    )
    if plan.split_sha256 is not None:
        text += f" Fingerprint of the split: {plan.split_sha256}."
    return f"{plan.profile.title}. {text}" if plan.profile.title else text


def _parts(plan: Plan) -> dict[str, Any]:
    rows = [{"parts/name": part, "parts/url": _SPLITS.get(part, "cr:Split")} for part in plan.parts]
    fields = [_field("parts", "name", "sc:Text", "Name."), _field("parts", "url", "sc:URL", "What the part is for.")]
    return _record_set("parts", "Parts of the split.", "name", fields, "cr:Split", rows)


def _classes(plan: Plan) -> dict[str, Any]:
    rows = [{"classes/name": c.name, "classes/label": c.label} for c in plan.classes]
    fields = [_field("classes", "name", "sc:Text", "Name."), _field("classes", "label", "sc:Integer", "Label.")]
    return _record_set("classes", "Classes and their labels.", "name", fields, "sc:Enumeration", rows)


def _samples(maps: Maps) -> dict[str, Any]:
    fields = []
    for column in SCHEMA:
        if maps is Maps.NONE and column.name.startswith("map"):
            continue
        kind = _KINDS[str(column.type)]
        role = {"label": "cr:Label", "part": "cr:Split"}.get(column.name)
        field = _field("samples", column.name, kind if role is None else [kind, role], _MEANINGS[column.name])
        field["source"] = {"fileObject": {"@id": TABLE}, "extract": {"column": column.name}}
        fields.append(field)
    return _record_set("samples", "One record per sample.", "image", fields)


def _record_set(
    name: str,
    description: str,
    key: str,
    fields: list[dict[str, Any]],
    kind: str | None = None,
    rows: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return a set of records with what they are and, where they stand in the description itself, the records."""
    said: dict[str, Any] = {"@type": "cr:RecordSet", "@id": name, "name": name, "description": description}
    said |= {} if kind is None else {"dataType": kind}
    said |= {"key": {"@id": f"{name}/{key}"}, "field": fields}
    return said if rows is None else said | {"data": rows}


def _field(home: str, name: str, kind: str | list[str], meaning: str) -> dict[str, Any]:
    return {"@type": "cr:Field", "@id": f"{home}/{name}", "name": name, "description": meaning, "dataType": kind}
