"""Whatever a profile holds: it is taken or refused in one line, in no time, and never leads out of the tree."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lagtool.errors import LagtoolError
from lagtool.manifest.fingerprint import digest_document
from lagtool.manifest.header import Header
from lagtool.manifest.value import read_manifest
from lagtool.profiles import load_profile, read_profile
from lagtool.profiles.lint import remark
from lagtool.profiles.names import check_folder
from tests.factories import make_manifest
from tests.profiles.examples import LEAST, documented

_TRICKS = st.sampled_from(
    ["..", ".", "/", "\\", "a", "{class}", "C:", "~", " ", "\0", "\n", "é", "-", "%2e%2e", "$HOME"]
)


@given(st.lists(_TRICKS, max_size=6).map("".join) | st.text(max_size=12))
def test_no_folder_leads_out_of_the_tree(path: str) -> None:
    for template in (False, True):
        try:
            check_folder(path, template=template)
        except ValueError:
            continue
        inside = os.path.normpath(f"/root/{path}")
        assert inside == "/root" if path == "." else inside.startswith("/root/")
        assert path.isascii()
        assert path.isprintable()
        assert "\\" not in path


def _bytes(draw: st.DrawFn) -> bytes:
    text = bytearray(documented(draw(st.sampled_from(["pinned", "refuge", "airogs", "clinic"]))).encode())
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        stop = draw(st.integers(start, min(len(text), start + 12)))
        text[start:stop] = draw(
            st.binary(max_size=8) | st.sampled_from([b"[", b"[[", b'"', b"=", b"\n", b"0x", b"{", b"-"])
        )
    return bytes(text)


_UNSEEN = documented("refuge").replace("(?P<class>[gn])", "(?\ue000P<class>[gn])").encode()


@given(st.composite(_bytes)() | st.binary(max_size=200))
@example(_UNSEEN)  # a sign that cannot be shown, which the message of `re` quotes
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], max_examples=300)
def test_damaged_files_are_refused_in_words(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes(data)
    try:
        reading = read_profile(str(path))
    except LagtoolError as error:
        assert "\n" not in str(error)
        return
    if reading.profile is None:
        assert reading.problems
        for problem in reading.problems:
            assert str(problem).isprintable()
            assert "pydantic" not in str(problem)
    else:
        assert all(str(problem).isprintable() for problem in remark(reading.profile))


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_KEYS = ["name", "title", "id_width", "classes", "slots", "slots.image", "slots.image.folder", "slots.image.files",
         "id", "slots.image.modes", "slots.image.width", "slots.label", "slots.map",
         "classes.0", "classes.0.label", "classes.0.folder", "published_sizes", "extends", "files_sha256"]  # fmt: skip


@given(st.sampled_from(_KEYS), _VALUES, st.booleans())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], max_examples=300)
def test_values_of_any_type_in_any_place(tmp_path: Path, key: str, value: Any, extends: bool) -> None:
    table: Any = json.loads(json.dumps({**({"extends": "lag"} if extends else {}), **LEAST}))
    *steps, last = key.split(".")
    target = table
    for step in steps:
        target = target[int(step)] if step.isdigit() else target[step]
    if last.isdigit():
        target[int(last)] = value
    else:
        target[last] = value
    path = tmp_path / "p.toml"
    try:
        path.write_text(tomlkit.dumps(table), encoding="utf-8")
    except (ValueError, TypeError, UnicodeError):  # nothing that TOML can hold
        return
    try:
        load_profile(str(path))
    except LagtoolError as error:
        assert "\n" not in str(error)
        assert str(error).isprintable()


def test_a_manifest_cannot_bring_a_regular_expression(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    make_manifest(3, 2).write(path)
    first, rest = path.read_text().split("\n", 1)
    for pattern in ("(?P<number>(?:[0-9]+)+)", "(?P<id>(a|aa)*)"):
        header = json.loads(first)
        header["lagtool"]["header"]["profile"]["slots"]["image"]["files"] = [pattern]
        header["lagtool"]["sha256"] = digest_document(header["lagtool"])
        path.write_text(f"{json.dumps(header)}\n{rest}")
        start = time.perf_counter()
        with pytest.raises(LagtoolError, match=r"slots\.image\.files: .* is no template of"):
            read_manifest(path)
        assert time.perf_counter() - start < 5
    assert Header.model_validate(json.loads(first)["lagtool"]["header"]).profile == load_profile("lag")
