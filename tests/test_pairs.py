"""Pairs in a manifest: they travel in every format, forgery is refused, and they go when pictures change."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from lagtool.__main__ import run
from lagtool.duplicates.pairs import (
    Likeness,
    Pair,
    carry_pairs,
    record_pairs,
    recorded_pairs,
    select_relations,
    tabulate,
)
from lagtool.duplicates.search import find_pairs
from lagtool.errors import LagtoolError
from lagtool.manifest.header import EYES, Relation, Search
from lagtool.manifest.schema import PAIR_COLUMNS
from lagtool.manifest.value import Manifest, conform, read_manifest
from lagtool.output.writing import SUFFIXES
from tests.factories import make_manifest
from tests.trees import jpeg

Capture = pytest.CaptureFixture[str]


def likeness(
    manifest: Manifest,
    *pairs: tuple[int, int, Relation],
    without: tuple[Relation, ...] = (),
    unsearched: tuple[int, ...] = (),
) -> Likeness:
    """What a search would have found: pairs of rows, all relations looked for but those ``without``.

    Some rows may be ``unsearched``.
    """
    keys = (manifest.samples["class"] + "/" + manifest.samples["id"]).tolist()
    table = tabulate([Pair(a, b, r, 0.875, "test/1", "scale 1.00" if a else "") for a, b, r in pairs], keys)
    looked = tuple(r for r in Relation if r not in without)
    gone, reasons = tuple(keys[row] for row in unsearched), dict.fromkeys(without, "was not asked for")
    return Likeness(table, looked, reasons, len(keys) - len(gone), ("3 pictures damaged",), gone)


@pytest.fixture
def paired() -> Manifest:
    """Three and two samples, two pairs."""
    bare = make_manifest(3, 2)
    pairs = (0, 1, Relation.MIRRORED), (2, 4, Relation.NEAR_DUPLICATE)
    found = likeness(bare, *pairs, without=(Relation.SAME_EYE,), unsearched=(3,))
    return record_pairs(bare, found)


@pytest.fixture(params=SUFFIXES)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"m{request.param}"


def test_pairs_travel_in_every_format(paired: Manifest, path: Path) -> None:
    paired.write(path)
    again = read_manifest(path)
    assert again.equals(paired)
    assert not again.equals(make_manifest(3, 2))
    before, after = recorded_pairs(paired), recorded_pairs(again)
    assert before is not None
    assert after is not None
    assert before.pairs.equals(after.pairs)
    assert after.pairs["detail"].tolist() == ["scale 1.00", ""]
    assert after.not_looked_for == {Relation.SAME_EYE: "was not asked for"}
    assert (after.pictures, after.remarks) == (4, ("3 pictures damaged",))
    assert after.unsearched == ("suspicious_glaucoma/0004",)


def test_that_nothing_is_alike_is_known_too(path: Path) -> None:
    bare = make_manifest(3, 2)
    record_pairs(bare, likeness(bare)).write(path)
    again = recorded_pairs(read_manifest(path))
    assert again is not None
    assert again.pairs.empty
    assert again.looked_for == tuple(Relation)
    assert recorded_pairs(bare) is None


def test_every_flipped_byte_is_noticed_or_harmless(paired: Manifest, path: Path) -> None:
    paired.write(path)
    data = path.read_bytes()
    for position in range(0, len(data), max(1, len(data) // 150)):
        path.write_bytes(data[:position] + bytes([data[position] ^ 0x15]) + data[position + 1 :])
        try:
            again = read_manifest(path)
        except LagtoolError as error:
            assert "is not an intact manifest" in str(error)
        else:
            assert again.equals(paired)


N, S = "non_glaucoma", "suspicious_glaucoma"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"a": f"{N}/0009"}, "a sample that is not in the manifest"),
        ({"b": "../../etc/passwd"}, "a sample that is not in the manifest"),
        ({"b": f"{N}/0001"}, "with itself"),
        ({"a": f"{N}/0003", "b": f"{N}/0001"}, "with the later one first"),
        ({"relation": "twins"}, "an unknown relation"),
        ({"relation": "same-eye"}, "a relation that was not looked for"),
        ({"score": 1.5}, "beyond 0..1"),
        ({"score": -0.1}, "beyond 0..1"),
        ({"score": float("nan")}, "a pair without"),
        ({"method": "=cmd()"}, "a method of a pair"),
        ({"detail": "\x1b[2J"}, "a detail of a pair"),
        ({"a": None}, "a pair without"),
    ],
)
def test_pairs_that_no_search_finds_are_refused(paired: Manifest, path: Path, changes: Any, words: str) -> None:
    assert paired.pairs is not None
    forged = paired.pairs.astype(object)
    for name, value in changes.items():
        forged.loc[0, name] = pd.NA if value is None else value
    replace(paired, pairs=conform(forged, PAIR_COLUMNS)).write(path)
    with pytest.raises(LagtoolError, match=words):
        read_manifest(path)


def test_one_pair_twice_is_refused(paired: Manifest, path: Path) -> None:
    assert paired.pairs is not None
    replace(paired, pairs=pd.concat([paired.pairs, paired.pairs.iloc[:1]], ignore_index=True)).write(path)
    with pytest.raises(LagtoolError, match="one pair twice"):
        read_manifest(path)


@pytest.mark.parametrize(
    "fields",
    [
        {"looked_for": ["mirrored", "mirrored"], "not_looked_for": {}},
        {"looked_for": ["mirrored"], "not_looked_for": {}},
        {"looked_for": list(Relation), "not_looked_for": {"mirrored": "why"}},
        {"looked_for": [*Relation][:5], "not_looked_for": dict.fromkeys(EYES, "\x1b[2J")},
        {"looked_for": list(Relation), "not_looked_for": {}, "pictures": -1},
        {"looked_for": list(Relation), "not_looked_for": {}, "unsearched": ["\x1b[2J"]},
        {"looked_for": list(Relation), "not_looked_for": {}, "path": "/home/me"},
    ],
)
def test_what_was_looked_for_is_whole(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Search.model_validate({"version": 1, "pictures": 3} | fields)


def test_of_what_was_found_a_part() -> None:
    bare = make_manifest(3, 2)
    found = likeness(bare, (0, 1, Relation.MIRRORED), (2, 4, Relation.TURNED), without=(Relation.SAME_EYE,))
    some = select_relations(found, [Relation.MIRRORED, Relation.SAME_EYE])
    assert some.pairs["relation"].tolist() == ["mirrored"]
    assert some.looked_for == (Relation.MIRRORED,)
    assert set(some.not_looked_for) == set(Relation) - {Relation.MIRRORED}


def test_pairs_are_carried_while_the_pictures_are_the_same(paired: Manifest) -> None:
    assert carry_pairs(paired, make_manifest(3, 2)).equals(paired)
    assert carry_pairs(paired, make_manifest(4, 2)).pairs is None
    digests = ["f" * 64, *paired.samples["image_sha256"].tolist()[1:]]
    assert carry_pairs(paired, make_manifest(3, 2, image_sha256=digests)).pairs is None
    assert carry_pairs(make_manifest(3, 2), make_manifest(3, 2)).pairs is None


def test_recorded_by_the_command_used_by_it_and_kept_by_an_update(tree: Path, tmp_path: Path, capsys: Capture) -> None:
    copy = tree / S / "image" / "0005.jpg"
    copy.write_bytes((tree / N / "image" / "0001.jpg").read_bytes())
    target = str(tmp_path / "m.parquet")
    command = ["duplicates", str(tree), "--relations", "copies", "--format", "csv"]
    assert run([*command, "--manifest", target]) == 1
    found = capsys.readouterr().out
    manifest = read_manifest(target)
    assert manifest.pairs is not None
    assert manifest.pairs["relation"].tolist() == ["byte-identical"]
    assert manifest.header.search is not None
    assert list(manifest.header.search.not_looked_for) == ["same-eye", "probably-same-eye"]

    assert run(["duplicates", target, "--format", "csv"]) == 1
    captured = capsys.readouterr()
    assert captured.out == found
    assert "pairs as the manifest has them" in captured.err
    assert run(["duplicates", target, "--again"]) == 1
    assert "pairs as the manifest has them" not in capsys.readouterr().err
    assert run([*command, "--manifest", target]) == 2
    assert "exists: use --force" in capsys.readouterr().err
    assert run([*command, "--manifest", str(tree / "m.parquet")]) == 2
    assert "inside the dataset" in capsys.readouterr().err

    assert run(["index", str(tree), "-o", target, "--update"]) == 0
    assert "pairs of like pictures kept: the pictures are the same" in capsys.readouterr().err
    assert recorded_pairs(read_manifest(target)) is not None
    copy.write_bytes(jpeg(77))
    assert run(["index", str(tree), "-o", target, "--update"]) == 0
    assert "pairs of like pictures dropped: pictures changed" in capsys.readouterr().err
    assert recorded_pairs(read_manifest(target)) is None


def test_a_search_and_its_record_say_the_same(manifest: Manifest, tree: Path) -> None:
    found = find_pairs(manifest, tree, relations=["byte-identical", "mirrored"])
    again = recorded_pairs(record_pairs(manifest, found))
    assert again is not None
    assert again.pairs.equals(found.pairs)
    assert (again.looked_for, dict(again.not_looked_for)) == (found.looked_for, dict(found.not_looked_for))
