"""A split of lagtool's own, written in every form that others use."""

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path, PureWindowsPath

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lagtool.manifest.value import Manifest
from lagtool.splits.lists import write_split
from lagtool.splits.plan import part_names

Writer = Callable[[Manifest, Path], list[Path]]


def content(title: str) -> bytes:
    """Return bytes that stand for the picture of a sample."""
    return f"picture of {title}".encode()


def digest(title: str) -> str:
    """Return their sha256."""
    return hashlib.sha256(content(title)).hexdigest()


def rows_of(manifest: Manifest) -> pd.DataFrame:
    """Return part, class, id, label and path of all samples that have a part."""
    samples = manifest.samples.assign(part=part_names(manifest))
    return samples[samples["part"].notna()][["part", "class", "id", "label", "image_path"]].astype(object)


def _put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    return path


def _manifest(suffix: str) -> Writer:
    def write(manifest: Manifest, folder: Path) -> list[Path]:
        manifest.write(folder / f"m{suffix}")
        return [folder / f"m{suffix}"]

    return write


def _own_folder(manifest: Manifest, folder: Path) -> list[Path]:
    write_split(manifest, folder / "own")
    return [folder / "own"]


def _own_lists(suffix: str) -> Writer:
    def write(manifest: Manifest, folder: Path) -> list[Path]:
        write_split(manifest, folder / "own")
        names = (manifest.header.split or {})["names"]
        return [folder / "own" / f"{name}{suffix}" for name in names]

    return write


def _folder_of_lists(manifest: Manifest, folder: Path) -> list[Path]:
    for part, rows in rows_of(manifest).groupby("part"):
        _put(folder / "lists" / f"{part}_files.txt", "# made by hand\n\n" + "\n".join(rows["image_path"]))
    _put(folder / "lists" / "README.txt", "Lists of our split.\n")
    return [folder / "lists"]


def _windows_paths(manifest: Manifest, folder: Path) -> list[Path]:
    paths = []
    for part, rows in rows_of(manifest).groupby("part"):
        lines = [str(PureWindowsPath("C:\\Data\\LAG", *path.upper().split("/"))) for path in rows["image_path"]]
        paths.append(_put(folder / f"{part}.txt", "\r\n".join(lines)))
    return paths


def _paths_with_labels(manifest: Manifest, folder: Path) -> list[Path]:
    paths = []
    for part, rows in rows_of(manifest).groupby("part"):
        lines = [f"/data/{path} {label}\n" for path, label in zip(rows["image_path"], rows["label"], strict=True)]
        paths.append(_put(folder / f"{part}.txt", "".join(lines)))
    return paths


def _table(columns: dict[str, str], delimiter: str = ",") -> Writer:
    def write(manifest: Manifest, folder: Path) -> list[Path]:
        rows = rows_of(manifest)
        path = folder / "table.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=delimiter)
            writer.writerow(["", *columns.values()])
            writer.writerows(zip(range(len(rows)), *(rows[name] for name in columns), strict=True))
        return [path]

    return write


def _wide(manifest: Manifest, folder: Path) -> list[Path]:
    parts = {str(part): rows["image_path"].tolist() for part, rows in rows_of(manifest).groupby("part")}
    lines = [",".join(parts)]
    lines.extend(
        ",".join(paths[number] if number < len(paths) else "" for paths in parts.values())
        for number in range(max(map(len, parts.values())))
    )
    return [_put(folder / "splits_0.csv", "\n".join(lines))]


def _nested(*, by_class: bool) -> Writer:
    def write(manifest: Manifest, folder: Path) -> list[Path]:
        document: dict[str, object] = {}
        for part, rows in rows_of(manifest).groupby("part"):
            names = {c: group["id"].tolist() for c, group in rows.groupby("class")}
            document[str(part)] = names if by_class else [name for keys in names.values() for name in keys]
        return [_put(folder / "split.json", json.dumps(document))]

    return write


def _records(manifest: Manifest, folder: Path) -> list[Path]:
    rows = rows_of(manifest)
    records = [
        {"image": f"./{path}", "label": label, "split": part}
        for path, label, part in zip(rows["image_path"], rows["label"], rows["part"], strict=True)
    ]
    return [_put(folder / "data.json", json.dumps({"version": 1, "data": records}))]


def _mapping(manifest: Manifest, folder: Path) -> list[Path]:
    rows = rows_of(manifest)
    return [_put(folder / "map.json", json.dumps(dict(zip(rows["image_path"], rows["part"], strict=True))))]


def _metadata(manifest: Manifest, folder: Path) -> list[Path]:
    rows = rows_of(manifest)
    lines = [
        json.dumps({"file_name": f"{name}/{key}.jpg", "label": label, "split": part})
        for name, key, label, part in zip(rows["class"], rows["id"], rows["label"], rows["part"], strict=True)
    ]
    return [_put(folder / "metadata.jsonl", "\n".join(lines) + "\n")]


def _parquet(manifest: Manifest, folder: Path) -> list[Path]:
    paths = []
    for part, rows in rows_of(manifest).groupby("part"):
        image = [{"bytes": b"x", "path": path} for path in rows["image_path"]]
        path = folder / "data" / f"{part}-00000-of-00001.parquet"
        path.parent.mkdir(exist_ok=True)
        pq.write_table(pa.table({"image": image, "label": [int(n) for n in rows["label"]]}), path)
        paths.append(path)
    return [folder / "data"]


def _image_folder(manifest: Manifest, folder: Path) -> list[Path]:
    for row in rows_of(manifest).itertuples():
        path = folder / "tree" / str(row.part) / str(row[2]) / f"{row.id}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"saved again, so that the bytes say nothing")
    return [folder / "tree"]


def _renamed_folder(manifest: Manifest, folder: Path) -> list[Path]:
    for number, row in enumerate(rows_of(manifest).itertuples()):
        path = folder / "tree" / "all" / str(row.part) / f"{number:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(f"{row[2]}/{row.id}"))
    return [folder / "tree"]


FORMS: dict[str, Writer] = {
    "manifest.parquet": _manifest(".parquet"),
    "manifest.csv": _manifest(".csv"),
    "manifest.jsonl": _manifest(".jsonl"),
    "own folder": _own_folder,
    "own txt": _own_lists(".txt"),
    "own csv": _own_lists(".csv"),
    "folder of lists": _folder_of_lists,
    "windows paths": _windows_paths,
    "paths with labels": _paths_with_labels,
    "table of paths": _table({"image_path": "path", "part": "split", "class": "class"}),
    "table of ids": _table({"part": "Set", "id": "ID", "label": "Label"}, ";"),
    "wide table": _wide,
    "nested by class": _nested(by_class=True),
    "nested ids": _nested(by_class=False),
    "records": _records,
    "mapping": _mapping,
    "metadata": _metadata,
    "parquet shards": _parquet,
    "image folder": _image_folder,
    "renamed folder": _renamed_folder,
}
