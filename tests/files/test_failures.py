"""What stands in the way: one line that names the URL and the remedy, in bounded time, and no secret in it."""

import contextlib
import os
import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.__main__ import run
from lagtool.errors import LagtoolError
from lagtool.files import filesystem, hide_secrets, open_store
from lagtool.files.address import name_of, scrub, secrets_of
from lagtool.files.filesystem import FileSystem, UnreachableError
from lagtool.files.tree import read_tree
from lagtool.manifest.value import Manifest
from lagtool.scanning.scan import scan
from tests.files.places import files_of, put, shared

SECRET = "hunter2"


@pytest.fixture
def _fresh() -> Iterator[None]:
    """No connection of an earlier test, and none kept for a later one."""
    s3fs = pytest.importorskip("s3fs")

    def forget() -> None:
        filesystem._open.cache_clear()
        s3fs.S3FileSystem.clear_instance_cache()

    forget()
    yield
    forget()


def _said(source: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> str:
    """Return the one line that ``lagtool index`` says of a SOURCE that cannot be read."""
    capsys.readouterr()
    assert run(["index", source, "-o", str(tmp_path / "m.parquet"), "--no-config", "--quiet"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert not (tmp_path / "m.parquet").exists()
    return err


def test_a_missing_bucket_or_folder(s3: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for source in ("s3://no-such-bucket-here/LAG", "s3://no-such-bucket-here", f"{s3}/nowhere", "memory://nowhere"):
        assert _said(source, capsys, tmp_path) == (
            f"lagtool: {source} does not exist: check the name of bucket and folder\n"
        )


def test_a_file_an_empty_folder_and_a_manifest_are_no_tree(
    s3: str, tree: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source = put(s3, files_of(tree))
    said = _said(f"{source}/non_glaucoma/label/0001.txt", capsys, tmp_path)
    assert "is not a folder: name the folder that holds non_glaucoma/ and suspicious_glaucoma/" in said
    assert "looks like the folder of one class" in _said(f"{source}/non_glaucoma", capsys, tmp_path)
    assert "copy it here first" in _said(f"{s3}/m.parquet", capsys, tmp_path)


@pytest.mark.usefixtures("_fresh")
def test_no_credentials(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    said = _said("s3://bucket/LAG", capsys, tmp_path)
    assert said.startswith("lagtool: s3://bucket/LAG asks for credentials")
    assert "AWS_PROFILE" in said


@pytest.mark.usefixtures("_fresh")
def test_nobody_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setattr(filesystem, "ATTEMPTS", 1)
    said = _said("s3://bucket/LAG", capsys, tmp_path)
    assert "s3://bucket/LAG cannot be reached" in said
    assert "AWS_ENDPOINT_URL" in said


@pytest.mark.usefixtures("_fresh")
@pytest.mark.parametrize("scheme", ["s3", "ftp"])
def test_a_server_that_says_nothing_is_not_waited_for(
    scheme: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0), backlog=50)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{address}")
        monkeypatch.setattr(filesystem, "CALL_SECONDS", 0.5)
        began = time.monotonic()
        said = _said("s3://bucket/LAG" if scheme == "s3" else f"ftp://{address}/LAG", capsys, tmp_path)
        assert "does not answer in time" in said
        assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("missing", "source", "extra"),
    [
        ("s3fs", "s3://bucket/LAG", "s3"),
        ("gcsfs", "gs://bucket/LAG.zip", "gs"),
        ("fsspec", "memory://LAG", "remote"),
        ("fsspec", "zip://LAG::s3://bucket/LAG.zip", "s3"),
    ],
)
def test_missing_extras_are_named(missing: str, source: str, extra: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None; from lagtool.__main__ import run; "
        f"sys.exit(run(['validate', {source!r}, '--no-config', '--quiet']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert f"pip install 'lagtool[{extra}]'" in done.stderr


def test_folders_and_archives_of_this_disk_need_no_extra(tree: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['fsspec'] = None\n"
        "import shutil, lagtool\n"
        f"shutil.make_archive({str(tmp_path / 'LAG')!r}, 'zip', {str(tree.parent)!r}, 'LAG')\n"
        f"print(len(lagtool.scan({str(tmp_path / 'LAG.zip')!r}).samples), len(lagtool.scan({str(tree)!r}).samples))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("5 5\n", "")


def test_an_unknown_kind_of_url(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "Protocol not known: nothing" in _said("nothing://here/LAG", capsys, tmp_path)


def _bad(name: str, error: BaseException, times: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let requests for one object fail some times; return a list of those that did."""
    failed: list[str] = []
    bounded = FileSystem._bounded

    def call(self: FileSystem, method: str, arguments: tuple[Any, ...], options: dict[str, Any], seconds: float) -> Any:
        if method == "cat_file" and arguments[0].endswith(name) and len(failed) < times:
            failed.append(arguments[0])
            raise error
        return bounded(self, method, arguments, options, seconds)

    monkeypatch.setattr(FileSystem, "_bounded", call)
    return failed


def _states(manifest: Manifest) -> list[str]:
    return manifest.samples["image_state"].tolist()


def test_one_object_that_cannot_be_read_is_recorded_and_the_rest_is_read(
    s3: str, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = put(s3, files_of(tree))
    failed = _bad("image/0002.jpg", ConnectionResetError(104, "reset"), 99, monkeypatch)
    manifest = scan(source)
    assert _states(manifest) == ["ok", "unreadable", "ok", "ok", "ok"]
    message = str(manifest.samples.loc[1, "image_message"])
    assert message == "cannot be read, in several attempts: the store cannot be reached"
    assert len(failed) == filesystem.ATTEMPTS


def test_what_passes_is_tried_again(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = put("memory://data", files_of(tree))
    failed = _bad("image/0002.jpg", TimeoutError("slow"), filesystem.ATTEMPTS - 1, monkeypatch)
    assert set(_states(scan(source))) == {"ok"}
    assert len(failed) == filesystem.ATTEMPTS - 1


def test_an_object_that_goes_or_changes_during_the_scan(s3: str, tree: Path) -> None:
    source = put(s3, files_of(tree))
    listed = read_tree(source)
    system, root = fsspec.url_to_fs(source)
    system.rm_file(f"{root}/non_glaucoma/image/0001.jpg")
    system.pipe_file(f"{root}/non_glaucoma/image/0002.jpg", b"longer" * 100_000)
    system.pipe_file(f"{root}/non_glaucoma/image/0003.jpg", b"shorter")
    manifest = scan(listed)
    assert _states(manifest) == ["unreadable"] * 3 + ["ok", "ok"]
    messages = manifest.samples["image_message"].tolist()
    assert messages[0] == "cannot be read: No such file (it was there when the folder was listed)"
    assert messages[1] == messages[2] == "changed while it was read: index again when nothing writes to it"
    assert shared(scan(source, earlier=manifest)).equals(shared(scan(source)))


def test_a_denied_object_is_recorded(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = put("memory://data", files_of(tree))
    _bad("image/0002.jpg", PermissionError(13, "Forbidden"), 99, monkeypatch)
    manifest = scan(source)
    assert _states(manifest).count("unreadable") == 1
    assert str(manifest.samples.loc[1, "image_message"]) == "cannot be read: access denied"


@pytest.mark.parametrize("error", [ConnectionResetError(104, "reset"), PermissionError(13, "ExpiredToken")])
def test_a_place_that_is_lost_during_the_scan_ends_it(
    error: OSError, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = read_tree(put("memory://data", files_of(tree)))

    def lost(*_: object) -> None:
        raise error

    monkeypatch.setattr(FileSystem, "_bounded", lost)
    with pytest.raises(UnreachableError, match=r"^memory://data/LAG (cannot be reached|lets nobody in)"):
        scan(listed)


@pytest.mark.usefixtures("_fresh")
def test_no_secret_is_ever_shown(
    s3: str, tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(filesystem, "ATTEMPTS", 1)
    monkeypatch.setattr(filesystem, "CALL_SECONDS", 3.0)
    for source in (
        f"s3://user:{SECRET}@bucket/LAG",
        f"http://user:{SECRET}@127.0.0.1:9/LAG?sig={SECRET}",
        f"zip://LAG::http://127.0.0.1:9/LAG.zip?sig={SECRET}",
        f"ftp://user:{SECRET}@127.0.0.1:9/LAG.tar",
    ):
        assert SECRET not in _said(source, capsys, tmp_path)
    put("memory://", {"q/LAG/" + name.removeprefix("LAG/"): data for name, data in files_of(tree).items()})
    manifest = scan("memory://q/LAG")
    manifest.write(tmp_path / "m.jsonl")
    assert "memory:" not in (tmp_path / "m.jsonl").read_text()


_WORD = st.text("abcXYZ019", min_size=6, max_size=12)


@given(_WORD, _WORD, _WORD, st.sampled_from(["s3", "https", "zip://in::https", "sftp"]))
def test_addresses_are_shown_without_what_may_be_secret(user: str, word: str, token: str, scheme: str) -> None:
    address = f"{scheme}://{user}:{word}@host.example/da/LAG?key={token}&x={word}"
    shown = hide_secrets(address)
    assert shown == f"{scheme}://***@host.example/da/LAG"
    assert {user, word, token} <= set(secrets_of(address))
    told = scrub(f"no way to {address}: {token} of {user}", secrets_of(address))
    assert not any(secret in told for secret in (word, token))


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("s3://bucket/data/LAG", "LAG"),
        ("s3://bucket/data/LAG/", "LAG"),
        ("s3://bucket", "bucket"),
        ("https://user:word@host/LAG?sig=1/2", "LAG"),
        ("memory://LAG", "LAG"),
    ],
)
def test_the_root_is_named_after_the_end_of_the_address(address: str, name: str) -> None:
    assert name_of(address) == name


def test_urls_of_this_disk_are_paths(tree: Path) -> None:
    assert open_store(f"file://{tree}").folder == tree
    assert scan(f"file://{tree}").samples.equals(scan(tree).samples)


def test_credentials_do_not_go_with_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    packed = pickle.dumps(FileSystem("s3://bucket"))
    assert SECRET.encode() not in packed
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")
    assert pickle.loads(packed).url == "s3://bucket"
    assert os.environ["AWS_SECRET_ACCESS_KEY"] == "other"


def test_a_lost_store_raises_for_its_reader_and_not_for_the_pool(tree: Path) -> None:
    with pytest.raises(LagtoolError, match="is not a folder on this disk"):
        _ = read_tree(put("memory://data", files_of(tree))).root


def test_an_archived_object_is_told_from_a_denied_one(s3: str, tree: Path) -> None:
    source = put(s3, files_of(tree))
    system, root = fsspec.url_to_fs(source)
    name = f"{root}/non_glaucoma/image/0002.jpg"
    system.pipe_file(name, system.cat_file(name), StorageClass="GLACIER")
    manifest = scan(source)
    assert _states(manifest).count("unreadable") == 1
    message = "cannot be read: it lies in the archive of the store (GLACIER); restore it there first"
    assert str(manifest.samples.loc[1, "image_message"]) == message
