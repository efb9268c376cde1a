"""The folder that a split is handed on as: lists per part, the manifest, and the certificate."""

import csv
import io
import json
import re
from hashlib import sha256
from pathlib import Path

import pandas as pd

from lagtool.curation import curated_samples
from lagtool.display import show
from lagtool.errors import LagtoolError
from lagtool.manifest import Manifest
from lagtool.output import check_folder, write_bytes
from lagtool.source import read_file
from lagtool.splits.certificate import Certificate, certify
from lagtool.splits.parts import part_names

CERTIFICATE = "certificate.json"
MANIFEST = "manifest.parquet"
_LIST_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}\.(?:txt|csv)", re.ASCII)
_MAX_BYTES = 4 << 30


def part_lists(manifest: Manifest) -> dict[str, bytes]:
    """Return the lists of every part by file name: ``train.txt`` with image paths, ``train.csv`` with all columns.

    Paths are POSIX and relative to the root; rows come in the order of the manifest. The columns of the CSV are id,
    class, label, image and map; a sample without a map has an empty cell there. Class and label are those that marks
    say.

    Raises:
        LagtoolError: The manifest has no split, or a part's name cannot be that of a file.
    """
    names = part_names(manifest)
    samples = curated_samples(manifest.samples, manifest.profile)
    columns = samples[["id", "class", "label", "image_path", "map_path"]].astype("object")
    columns["map_path"] = columns["map_path"].where(columns["map_path"].notna(), "")
    lists: dict[str, bytes] = {}
    wanted = (manifest.header.split or {}).get("names") or sorted(names.dropna().unique())
    for name in wanted:
        if not _LIST_NAME.fullmatch(f"{name}.txt"):  # a manifest comes from outside, and the name becomes a file
            raise LagtoolError(f"'{show(str(name))}' is no name for a part: make the split again with 'lagtool split'")
        rows = columns[names.eq(name).fillna(value=False).astype(bool)]
        lists[f"{name}.txt"] = "".join(f"{path}\n" for path in rows["image_path"].tolist()).encode()
        lists[f"{name}.csv"] = _csv(rows)
    return lists


def write_split(manifest: Manifest, folder: Path, *, force: bool = False, data_root: Path | None = None) -> Certificate:
    """Write ``manifest.parquet``, a ``.txt`` and ``.csv`` list per part, and last ``certificate.json``.

    The certificate holds the sha256 of every list, so a folder without one is unfinished. What an earlier split left
    in the folder is removed where it is unchanged.

    Args:
        manifest: The result of `make_split`.
        folder: Made if it is not there.
        force: Whether to write into a folder that has something in it.
        data_root: Folder of the data set, which is never written into.

    Raises:
        LagtoolError: The manifest has no split, or the folder cannot be written into.
    """
    check_folder(folder, force=force, data_root=data_root)
    lists = part_lists(manifest)
    files = {name: sha256(content).hexdigest() for name, content in lists.items()}
    certificate = certify(manifest).model_copy(update={"files": files})
    _remove_earlier(folder)
    for name, content in lists.items():
        write_bytes(folder / name, content)
    manifest.write(folder / MANIFEST)
    write_bytes(folder / CERTIFICATE, certificate.to_json().encode())
    return certificate


def _csv(rows: pd.DataFrame) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "class", "label", "image", "map"))
    writer.writerows(rows.itertuples(index=False, name=None))
    return text.getvalue().encode()


def _remove_earlier(folder: Path) -> None:
    """Remove the certificate of an earlier split, then those lists of it that nobody changed since."""
    old = folder / CERTIFICATE
    if not (old.exists() or old.is_symlink()):
        return
    reading = read_file(old, _MAX_BYTES)
    try:
        old.unlink()
        for name, digest in _listed(reading.data).items():
            data = read_file(folder / name, _MAX_BYTES).data
            if data is not None and sha256(data).hexdigest() == digest:
                (folder / name).unlink()
    except OSError as error:
        raise LagtoolError(f"cannot clear {show(folder)}: {error.strerror}") from None


def _listed(certificate: bytes | None) -> dict[str, str]:
    """Return the lists that a certificate names; none where it is not to be trusted."""
    try:
        files = json.loads(certificate or b"{}")["files"]
        return {name: str(digest) for name, digest in files.items() if _LIST_NAME.fullmatch(name)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
