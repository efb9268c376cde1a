"""A damaged tree, its archives, and an S3 server that lives as long as the tests."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest

from lagtool.files import filesystem
from tests.files.places import files_of, put, serve_s3, write_tar, write_zip
from tests.trees import write, write_tree

KINDS = ("memory", "zip", "tar", "tar.gz", "s3")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No settings of this machine, no waiting, and nothing kept from one test to the next."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(filesystem, "PAUSE_SECONDS", 0.01)
    yield
    memory = fsspec.filesystem("memory")
    if memory.exists("/"):
        memory.store.clear()
        memory.pseudo_dirs[:] = [""]


@pytest.fixture(scope="session")
def _server() -> Iterator[str]:
    pytest.importorskip("moto.moto_server", reason="moto is not installed: pip install 'moto[server]' s3fs")
    pytest.importorskip("s3fs", reason="s3fs is not installed: pip install 's3fs'")
    with serve_s3() as url:
        yield url


@pytest.fixture
def s3(_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket, as a URL."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", _server)
    bucket = f"bucket-{uuid.uuid4().hex}"
    fsspec.filesystem("s3").mkdir(bucket)
    return f"s3://{bucket}"


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A tree of 6 + 5 samples with one of each: cut picture, empty label, no map, unmatched files of several kinds."""
    tree = write_tree(tmp_path / "disk" / "LAG", 6, 5)
    cut = tree / "non_glaucoma" / "image" / "0002.jpg"
    cut.write_bytes(cut.read_bytes()[:-200])
    (tree / "suspicious_glaucoma" / "label" / "0008.txt").write_bytes(b"")
    (tree / "suspicious_glaucoma" / "attention_map" / "0009.jpg").unlink()
    write(tree / "non_glaucoma" / "image" / "0003 (2).jpg", b"copy")
    write(tree / "non_glaucoma" / "image" / "Thumbs.db", b"junk")
    write(tree / "README.txt", b"read me")
    write(tree / "backup" / "old" / "0001.jpg", b"12345")
    return tree


Place = Callable[[str], str]


@pytest.fixture
def place(damaged: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    """A function that puts the damaged tree into a place of some kind and returns its SOURCE."""

    def put_into(kind: str) -> str:
        files = files_of(damaged)
        if kind == "s3":
            return put(f"{request.getfixturevalue('s3')}/{uuid.uuid4().hex}", files)
        if kind == "memory":
            return put(f"memory://{uuid.uuid4().hex}", files)
        write_it = write_zip if kind == "zip" else write_tar
        return str(write_it(tmp_path / f"LAG.{kind}", files))

    return put_into
