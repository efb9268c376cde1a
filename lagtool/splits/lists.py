"""The folder that a split is handed on as: lists per part, the manifest, and the certificate."""

import json
import os
import re
import shutil
from hashlib import sha256
from pathlib import Path

from lagtool.curation.apply import curated_samples
from lagtool.errors import LagtoolError
from lagtool.manifest.value import Manifest
from lagtool.output.folder import put_folder, temporary_folder
from lagtool.output.writing import check_folder, sync_path, write_bytes
from lagtool.reading import read_file
from lagtool.splits.certificate import certify
from lagtool.splits.earlier import MANIFEST
from lagtool.splits.plan import part_names
from lagtool.splits.record import Certificate
from lagtool.text import show

CERTIFICATE = "certificate.json"
HEADINGS = ["id", "class", "label", "image", "map"]
_LIST_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}\.(?:txt|csv)", re.ASCII)
_OWN_NAME = re.compile(rf"(?:{_LIST_NAME.pattern})|\..*\.[0-9a-f]{{12}}\.tmp", re.ASCII | re.DOTALL)
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
    columns = samples[["id", "class", "label", "image_path", "map_path"]]
    lists: dict[str, bytes] = {}
    wanted = (manifest.header.split or {}).get("names") or sorted(names.dropna().unique())
    for name in wanted:
        if not _LIST_NAME.fullmatch(f"{name}.txt"):  # a manifest comes from outside, and the name becomes a file
            raise LagtoolError(f"'{show(str(name))}' is no name for a part: make the split again with 'lagtool split'")
        rows = columns[names.eq(name).fillna(value=False).astype(bool)]
        lists[f"{name}.txt"] = "".join(f"{path}\n" for path in rows["image_path"].tolist()).encode()
        lists[f"{name}.csv"] = rows.to_csv(index=False, header=HEADINGS, lineterminator="\n").encode()
    return lists


def write_split(manifest: Manifest, folder: Path, *, force: bool = False, data_root: Path | None = None) -> Certificate:
    """Write ``manifest.parquet``, a ``.txt`` and ``.csv`` list per part, and ``certificate.json``.

    All of it is there at once, or nothing: the folder is made beside its place. What an earlier split left in it goes
    where it is unchanged; other files stay. Only where a folder cannot be replaced (a link, a mount point, one with
    folders in it) its files are replaced one by one, the certificate first and last, so that a folder without one is
    unfinished. The certificate holds the sha256 of every list.

    Args:
        manifest: The result of `make_split`.
        folder: Made if it is not there.
        force: Whether to write into a folder that has something in it.
        data_root: Folder of the dataset, which is never written into.

    Raises:
        LagtoolError: The manifest has no split, or the folder cannot be written into.
    """
    check_folder(folder, force=force, data_root=data_root)
    lists = part_lists(manifest)
    files = {name: sha256(content).hexdigest() for name, content in lists.items()}
    certificate = certify(manifest).model_copy(update={"files": files})

    def write(place: Path) -> None:
        for name, content in lists.items():
            write_bytes(place / name, content)
        manifest.write(place / MANIFEST)
        write_bytes(place / CERTIFICATE, certificate.to_json().encode())

    if _is_replaceable(folder):
        with temporary_folder(folder, CERTIFICATE, _is_leftover) as made:
            write(made)
            if folder.is_dir():
                _carry_over(folder, made, {CERTIFICATE, MANIFEST, *lists})
            sync_path(made)
            check_folder(folder, force=force, data_root=data_root)  # again: writing takes its time
            put_folder(made, folder)
    else:
        _remove_earlier(folder)
        write(folder)
    return certificate


def _is_replaceable(folder: Path) -> bool:
    """Whether another folder can be put in this one's place without anybody missing anything."""
    if folder.is_symlink() or folder.name in ("", "..") or os.path.ismount(folder):
        return False
    parent = folder.absolute().parent
    if parent.is_dir() and not os.access(parent, os.W_OK | os.X_OK):
        return False
    if not folder.is_dir():
        return True
    return all(path.is_file() and not path.is_symlink() for path in folder.iterdir())


def _carry_over(folder: Path, made: Path, replaced: set[str]) -> None:
    """Link the files into the new folder that no split has written, or that somebody changed since."""
    shutil.copymode(folder, made)
    listed = _listed(read_file(folder / CERTIFICATE, _MAX_BYTES).data)
    for path in folder.iterdir():
        if path.name not in replaced and not _is_unchanged(path, listed.get(path.name)):
            try:
                (made / path.name).hardlink_to(path)
            except OSError:  # not every file system has hard links
                shutil.copy2(path, made / path.name)


def _is_leftover(folder: Path) -> bool:
    """Whether all in a temporary folder is a split's, or stands elsewhere as well."""
    own = {CERTIFICATE, MANIFEST}
    return all(
        path.is_file() and (path.lstat().st_nlink > 1 or path.name in own or _OWN_NAME.fullmatch(path.name) is not None)
        for path in folder.iterdir()
    )


def _remove_earlier(folder: Path) -> None:
    """Remove the certificate of an earlier split, then those lists of it that nobody changed since."""
    old = folder / CERTIFICATE
    if not (old.exists() or old.is_symlink()):
        return
    reading = read_file(old, _MAX_BYTES)
    try:
        old.unlink()
        for name, digest in _listed(reading.data).items():
            if _is_unchanged(folder / name, digest):
                (folder / name).unlink()
    except OSError as error:
        raise LagtoolError(f"cannot clear {show(folder)}: {error.strerror}") from None


def _is_unchanged(path: Path, digest: str | None) -> bool:
    data = read_file(path, _MAX_BYTES).data if digest is not None else None
    return data is not None and sha256(data).hexdigest() == digest


def _listed(certificate: bytes | None) -> dict[str, str]:
    """Return the lists that a certificate names; none where it is not to be trusted."""
    try:
        files = json.loads(certificate or b"{}")["files"]
        return {name: str(digest) for name, digest in files.items() if _LIST_NAME.fullmatch(name)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
