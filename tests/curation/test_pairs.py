"""Marks on pairs: heeded by groups, checks, splits and what is shown; identical pictures cannot be told apart."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.__main__ import run
from lagtool.checks.audit import audit_split
from lagtool.checks.report import Status
from lagtool.checks.runner import validate
from lagtool.curation.apply import apply_curation
from lagtool.curation.read import Curation
from lagtool.duplicates.groups import connect, find_bridges, list_groups
from lagtool.duplicates.pairs import decided_pairs, record_pairs
from lagtool.errors import LagtoolError
from lagtool.manifest.header import Relation
from lagtool.manifest.marks import Mark
from lagtool.manifest.value import Manifest, read_manifest
from lagtool.model import Action
from lagtool.output.writing import SUFFIXES
from lagtool.reporting.html.alike import describe_alike
from lagtool.splits.certificate import certify
from lagtool.splits.grouping import group_all
from lagtool.splits.split import make_split
from tests.factories import make_manifest
from tests.test_pairs import likeness

Capture = pytest.CaptureFixture[str]
N, S = "non_glaucoma", "suspicious_glaucoma"
EYE, NEAR = Relation.SAME_EYE, Relation.NEAR_DUPLICATE


def pair(a: str, action: str, b: str, **more: str) -> Mark:
    return Mark(class_name=N, id=a, action=Action(action), value=f"{N}/{b}", **more)


def chain(*marks: Mark, twins: bool = False) -> Manifest:
    """0001 - 0002 - 0003 - 0004 by the same eye, 0005 alone; with ``twins`` 0006 is the same file as 0002."""
    bare = make_manifest(6, 2)
    if twins:
        digests = bare.samples["image_sha256"].tolist()
        bare = make_manifest(6, 2, image_sha256=[*digests[:5], digests[1], *digests[6:]])
    pairs = [(0, 1, EYE), (1, 2, NEAR), (2, 3, EYE)]
    found = record_pairs(bare, likeness(bare, *pairs, *([(1, 5, Relation.BYTE_IDENTICAL)] if twins else [])))
    return apply_curation(found, Curation("c.csv", marks)) if marks else found


def groups_of(manifest: Manifest) -> list[list[str]]:
    codes = group_all(manifest).codes
    keys = manifest.samples["id"].tolist()
    found = {int(code): [k for k, c in zip(keys, codes, strict=True) if c == code] for code in codes}
    return [members for members in found.values() if len(members) > 1]


def findings(manifest: Manifest, code: str) -> list[str]:
    (result,) = validate(manifest, select=[code]).results
    assert result.status is not Status.NOT_APPLICABLE, result.reason
    return [f"{finding.sample}: {finding.message}" for finding in result.findings]


def test_a_rejected_bridge_splits_the_group_everywhere() -> None:
    assert groups_of(chain()) == [["0001", "0002", "0003", "0004"]]
    done = chain(pair("0003", "not-same", "0002"))
    assert groups_of(done) == [["0001", "0002"], ["0003", "0004"]]
    likeness = decided_pairs(done)
    assert likeness is not None
    assert [group.members for group in list_groups(done.samples, likeness.pairs)] == [
        (f"{N}/0001", f"{N}/0002"),
        (f"{N}/0003", f"{N}/0004"),
    ]
    assert findings(done, "LAG605") == []
    assert len(findings(done, "LAG608")) == 2
    assert [len(group.members) for group in describe_alike(done).groups] == [2, 2]
    split = make_split(done, ratios=[50, 50])
    assert split.samples["group"].nunique() == 2
    certificate = certify(split)
    assert certificate.groups.crossings == 0
    assert certificate.curation is not None
    assert [(one.sample, one.value) for one in certificate.curation.rejected] == [(f"{N}/0003", f"{N}/0002")]
    assert "0 pairs of images confirmed and 1 rejected as showing the same eye" in certificate.methods


def test_a_confirmed_pair_joins_everywhere(tmp_path: Path) -> None:
    done = chain(pair("0005", "same", "0001"))
    assert groups_of(done) == [["0001", "0002", "0003", "0004", "0005"]]
    assert f"{N}/0005: shows the same eye as {N}/image/0001.jpg (score 1.00; confirmed by hand)" in findings(
        done, "LAG608"
    )
    alone = apply_curation(make_manifest(6, 2), Curation("c.csv", (pair("0005", "same", "0001"),)))
    assert groups_of(alone) == [["0001", "0005"]], "without any search"
    (tmp_path / "a.csv").write_text("id,split\n" + "".join(f"{i},{'ab'[i > 4]}\n" for i in range(1, 9)))
    leaks = audit_split(alone, tmp_path / "a.csv", select=["LAG733"]).findings
    assert [finding.sample for finding in leaks] == [f"{N}/0005"]


def test_a_mark_holds_for_identical_copies_which_themselves_stay_together() -> None:
    done = chain(pair("0006", "not-same", "0003"), pair("0006", "not-same", "0002"), twins=True)
    assert groups_of(done) == [["0001", "0002", "0006"], ["0003", "0004"]]
    assert findings(done, "LAG805") == [
        f"{N}/0006: not-same {N}/0002, but the two are identical pictures",
    ]
    assert findings(done, "LAG804") == []


def test_marks_that_do_nothing_or_contradict_what_connects_are_noticed() -> None:
    assert findings(chain(pair("0005", "not-same", "0001")), "LAG804") == [
        f"{N}/0005: not-same {N}/0001, but no search pairs the two"
    ]
    assert findings(chain(pair("0001", "not-same", "0002")), "LAG804") == []
    around = chain(pair("0001", "not-same", "0003"))
    assert findings(around, "LAG806") == [f"{N}/0001: not-same {N}/0003, but other pairs or marks connect the two"]
    assert findings(chain(pair("0001", "not-same", "0002")), "LAG806") == []
    assert findings(chain(pair("0001", "not-same", "0002")), "LAG805") == []
    assert findings(chain(pair("0001", "same", "0099")), "LAG801") == [
        f"{N}/0001: same {N}/0099, but there is no other sample {N}/0099"
    ]


def test_with_another_picture_of_either_the_mark_is_stale() -> None:
    digests = chain().samples["image_sha256"].tolist()
    fresh = chain(pair("0002", "not-same", "0003", image_sha256=f"{digests[1]}+{digests[2]}"))
    assert groups_of(fresh) == [["0001", "0002"], ["0003", "0004"]]
    for sums in (f"{'a' * 64}+{digests[2]}", f"{digests[1]}+{'a' * 64}"):
        stale = chain(pair("0002", "not-same", "0003", image_sha256=sums))
        assert groups_of(stale) == groups_of(chain())
        assert len(findings(stale, "LAG802")) == 1


def test_numbers_without_zeros_are_understood_and_contradictions_refused() -> None:
    assert groups_of(chain(pair("3", "not-same", "2"))) == [["0001", "0002"], ["0003", "0004"]]
    with pytest.raises(
        LagtoolError, match=r"0002 is marked not-same with .*0003, and by another mark same: remove one"
    ):
        chain(pair("3", "same", "2"), pair("0002", "not-same", "0003"))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_marks_on_pairs_travel_with_the_manifest(suffix: str, tmp_path: Path) -> None:
    done = chain(pair("0003", "not-same", "0002"), pair("0005", "same", "0001"))
    done.write(tmp_path / f"m{suffix}")
    again = read_manifest(tmp_path / f"m{suffix}")
    assert again.equals(done)
    assert groups_of(again) == groups_of(done)
    assert again.pairs is not None
    assert len(again.pairs) == 3, "what was found is kept: another curation decides anew"


def test_the_commands(tmp_path: Path, capsys: Capture) -> None:
    manifest, marks = str(tmp_path / "m.parquet"), str(tmp_path / "c.csv")
    chain(twins=True).write(manifest)
    add = ["curate", "add", marks, "--manifest", manifest, "-a", "not-same", "-q"]
    assert run([*add, "-i", "6", "-v", "0002"]) == 2
    assert "are identical pictures: no mark can tell them apart" in capsys.readouterr().err
    assert run([*add, "-i", "2", "-v", "3"]) == 0
    digests = chain().samples["image_sha256"].tolist()
    lines = Path(marks).read_text().splitlines()
    assert lines[1] == f"{N},0002,not-same,{N}/0003,,{digests[1]}+{digests[2]}"
    assert run(["duplicates", manifest, "--curation", marks, "--format", "json", "-q"]) == 0
    members = [group["members"] for group in json.loads(capsys.readouterr().out)["groups"]]
    assert members == [[f"{N}/0001", f"{N}/0002", f"{N}/0006"], [f"{N}/0003", f"{N}/0004"]]
    assert run(["curate", "check", marks, manifest, "-q"]) == 0


EDGES = st.integers(2, 12).flatmap(
    lambda number: st.sets(
        st.tuples(st.integers(0, number - 1), st.integers(0, number - 1)).filter(lambda e: e[0] < e[1]), max_size=25
    ).map(lambda edges: (number, sorted(edges)))
)


@given(EDGES)
def test_a_bridge_is_what_splits_a_group_when_it_goes(case: tuple[int, list[tuple[int, int]]]) -> None:
    number, edges = case

    def parts(chosen: list[tuple[int, int]]) -> int:
        a, b = (np.array([edge[side] for edge in chosen], np.int64) for side in (0, 1))
        return len(set(connect(number, a, b).tolist()))

    whole = parts(edges)
    expected = [k for k in range(len(edges)) if parts([*edges[:k], *edges[k + 1 :]]) > whole]
    assert find_bridges([a for a, _ in edges], [b for _, b in edges]) == expected


def test_a_large_group_names_its_weakest_link() -> None:
    bare = make_manifest(12, 2)
    found = likeness(bare, *[(i, i + 1, EYE) for i in range(11)], (4, 6, EYE))
    scores = [0.9, 0.8, 0.7, 0.8, 0.2, 0.1, 0.6, 0.9, 0.9, 0.9, 0.9, 0.3]
    ordered = found.pairs.sort_values(["a", "b"]).reset_index(drop=True)
    ordered["score"] = [*scores[:5], scores[11], *scores[5:11]]
    (group,) = list_groups(bare.samples, ordered)
    assert group.weakest is not None
    assert (group.weakest["a"], group.weakest["b"]) == (f"{N}/0007", f"{N}/0008"), "a ring of three has lower ones"
    ring = likeness(bare, (0, 1, EYE), (1, 2, EYE), (0, 2, EYE))
    (group,) = list_groups(bare.samples, ring.pairs)
    assert group.weakest is None
    twins = likeness(bare, (0, 1, Relation.BYTE_IDENTICAL))
    (group,) = list_groups(bare.samples, twins.pairs)
    assert group.weakest is None, "identical pictures cannot be rejected"
