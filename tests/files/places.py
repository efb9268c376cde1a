"""One tree in many places, and what must be the same in all of them."""

import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import fsspec
import pandas as pd

from lagtool.manifest.value import Manifest

Mode = Literal["w", "a"]
OWN = [f"{slot}_{fact}" for slot in ("image", "label", "map") for fact in ("mtime_ns", "ctime_ns", "inode", "device")]
"""Columns that tell a change of a file, each place in its own way."""

_SERVER = """
import sys
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""


def files_of(tree: Path) -> dict[str, bytes]:
    """Return the files below a folder, by their paths from the folder above it, in order."""
    paths = sorted(path for path in tree.rglob("*") if path.is_file())
    return {path.relative_to(tree.parent).as_posix(): path.read_bytes() for path in paths}


def write_zip(path: Path, files: dict[str, bytes], packed: int = zipfile.ZIP_DEFLATED, mode: Mode = "w") -> Path:
    """Write a ZIP of some files, or add them to one."""
    with zipfile.ZipFile(path, mode, packed) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def write_tar(path: Path, files: dict[str, bytes], *extra: tarfile.TarInfo, mode: Mode = "w") -> Path:
    """Write a TAR of some files, packed where its name says so, and of members without content, or add them to one."""
    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else mode) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(data), 1_500_000_000
            archive.addfile(member, io.BytesIO(data))
        for member in extra:
            archive.addfile(member)
    return path


def put(url: str, files: dict[str, bytes]) -> str:
    """Write files below a URL and return that of their folder."""
    system, root = fsspec.url_to_fs(url)
    for name, data in files.items():
        system.pipe_file(f"{root}/{name}", data)
    system.invalidate_cache()
    return f"{url}/LAG"


def shared(manifest: Manifest) -> pd.DataFrame:
    """Return the samples without the columns that are each place's own."""
    return manifest.samples.drop(columns=OWN)


@contextmanager
def serve_s3() -> Iterator[str]:
    """Run an S3 server, in a process of its own, and yield its URL."""
    command = [sys.executable, "-c", _SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().decode().strip()}"
        process.communicate(b"", timeout=30)
