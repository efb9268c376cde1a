"""From SOURCE to the store that holds it."""

import os

from lagtool.errors import LagtoolError
from lagtool.files.address import archive_address, hide_secrets, is_url, local_path
from lagtool.files.local import LocalStore
from lagtool.files.store import Store
from lagtool.text import show

_MANIFESTS = (".parquet", ".csv", ".jsonl")


def open_store(source: str | os.PathLike[str]) -> Store:
    """Return the store that a path or URL names; of a folder on this disk, nothing is looked at yet.

    Raises:
        LagtoolError: There is no such archive, or what the URL needs is not installed.
    """
    text = os.fspath(source)
    archive = archive_address(text)
    if archive is not None:
        from lagtool.files.archive import ArchiveStore
        from lagtool.files.blob import LocalBlob

        if not is_url(archive.file):
            return ArchiveStore(LocalBlob(archive.file), archive.kind, archive.inside)
        from lagtool.files.remote import RemoteBlob

        return ArchiveStore(RemoteBlob(archive.file), archive.kind, archive.inside)
    text = local_path(text)
    if not is_url(text):
        return LocalStore(text)
    if hide_secrets(text).lower().endswith(_MANIFESTS):
        raise LagtoolError(f"{show(hide_secrets(text))}: a manifest is read from this disk only: copy it here first")
    from lagtool.files.remote import RemoteStore

    return RemoteStore(text)


def as_store(place: "str | os.PathLike[str] | Store") -> Store:
    """Return ``place`` itself where it is a store, or the store that it names."""
    return place if isinstance(place, Store) else open_store(place)
