"""Groups are the classes of an equivalence relation, and their names depend on content only."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.duplicates.groups import connect, find_least, group_samples, list_groups
from lagtool.duplicates.pairs import Pair, tabulate
from lagtool.manifest.header import Relation
from lagtool.splits.split import make_split
from tests.factories import make_manifest

EDGES = st.integers(1, 40).flatmap(
    lambda number: st.tuples(
        st.just(number), st.lists(st.tuples(st.integers(0, number - 1), st.integers(0, number - 1)), max_size=60)
    )
)


def _walk(number: int, edges: list[tuple[int, int]]) -> list[int]:
    """The lowest node reached from each, by walking."""
    near = {node: {node} for node in range(number)}
    for a, b in edges:
        near[a].add(b)
        near[b].add(a)
    lowest = []
    for node in range(number):
        seen, todo = {node}, [node]
        while todo:
            todo.extend(more := near[todo.pop()] - seen)
            seen |= more
        lowest.append(min(seen))
    return lowest


@given(EDGES)
def test_connected_is_what_one_can_walk_to(case: tuple[int, list[tuple[int, int]]]) -> None:
    number, edges = case
    a, b = (np.array([edge[side] for edge in edges], np.int64) for side in (0, 1))
    assert connect(number, a, b).tolist() == _walk(number, edges)
    assert connect(number, b[::-1], a[::-1]).tolist() == _walk(number, edges)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "", "é", None]), st.integers(0, 4)), min_size=1, max_size=20))
def test_the_least_text_of_each_group(rows: list[tuple[str | None, int]]) -> None:
    texts = pd.Series([text for text, _ in rows], index=range(5, 5 + len(rows)), dtype="string[pyarrow]")
    groups = np.array([group for _, group in rows])
    found = find_least(texts, groups)
    assert found.index.equals(texts.index)
    for row, (_, group) in enumerate(rows):
        there = [text for text, other in rows if other == group and text is not None]
        assert (min(there) == found.iloc[row]) if there else pd.isna(found.iloc[row])


def test_no_query_backend_runs_whose_threads_may_outlive_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("its threads take the process down at its end, now and then")

    for name in ("_group_by", "_filter_table", "_perform_join", "_sort_source"):
        monkeypatch.setattr(f"pyarrow.acero.{name}", refuse)
    manifest = make_manifest(6, 6, image_pixels_sha256="1" * 64)
    keys = (manifest.samples["class"] + "/" + manifest.samples["id"]).tolist()
    assert group_samples(manifest.samples, _pairs(keys, (0, 1, Relation.MIRRORED)))[0]
    assert make_split(make_manifest(6, 6), ratios=[50, 50]).samples["split"].notna().all()


def test_a_long_chain_is_one_group() -> None:
    order = np.random.default_rng(0).permutation(5000)
    assert not connect(5000, order[:-1], order[1:]).any()


def _pairs(keys: list[str], *pairs: tuple[int, int, Relation]) -> pd.DataFrame:
    return tabulate([Pair(a, b, relation, 1.0, "test") for a, b, relation in pairs], keys)


def test_groups_follow_the_chosen_relations() -> None:
    samples = make_manifest(4, 2).samples
    keys = (samples["class"] + "/" + samples["id"]).tolist()
    pairs = _pairs(keys, (0, 1, Relation.MIRRORED), (1, 4, Relation.SAME_EYE), (2, 3, Relation.BYTE_IDENTICAL))
    every = group_samples(samples, pairs)
    assert every[0] == every[1] == every[4] == min(samples["image_sha256"][[0, 1, 4]])[:16]
    assert every[2] == every[3] != every[0]
    assert pd.isna(every[5])
    some = group_samples(samples, pairs, [Relation.MIRRORED, "byte-identical"])
    assert some.notna().tolist() == [True, True, True, True, False, False]
    assert group_samples(samples, pairs, []).isna().all()


def test_known_groups_join_those_of_pairs() -> None:
    samples = make_manifest(4, 2).samples
    keys = (samples["class"] + "/" + samples["id"]).tolist()
    known = pd.Series(["p1", None, "p2", "p1", None, "p2"], dtype="string")
    groups = group_samples(samples, _pairs(keys, (0, 1, Relation.SAME_EYE)), known=known)
    assert groups[0] == groups[1] == groups[3]
    assert groups[2] == groups[5] != groups[0]
    assert pd.isna(groups[4])


@given(st.permutations(range(6)))
def test_names_do_not_depend_on_the_order_of_rows(order: list[int]) -> None:
    samples = make_manifest(4, 2).samples
    keys = (samples["class"] + "/" + samples["id"]).tolist()
    pairs = _pairs(keys, (0, 5, Relation.MIRRORED), (1, 2, Relation.SAME_EYE))
    straight = group_samples(samples, pairs)
    mixed = group_samples(samples.iloc[order].reset_index(drop=True), pairs)
    assert mixed.tolist() == straight.iloc[order].tolist()


def test_groups_across_classes_come_first_then_the_larger_ones() -> None:
    samples = make_manifest(6, 2).samples
    keys = (samples["class"] + "/" + samples["id"]).tolist()
    pairs = _pairs(
        keys,
        (0, 1, Relation.SAME_EYE),
        (2, 3, Relation.BYTE_IDENTICAL),
        (2, 4, Relation.BYTE_IDENTICAL),
        (5, 7, Relation.NEAR_DUPLICATE),
    )
    groups = list_groups(samples, pairs)
    assert [group.members for group in groups] == [(keys[5], keys[7]), (keys[2], keys[3], keys[4]), (keys[0], keys[1])]
    assert [group.crosses for group in groups] == [True, False, False]
    assert groups[0].classes == ("non_glaucoma", "suspicious_glaucoma")
    assert not any(group.contradicts for group in groups), "a copy across classes is no identical picture"
    twins = _pairs(keys, (0, 6, Relation.PIXEL_IDENTICAL))
    assert [group.contradicts for group in list_groups(samples, twins)] == [True]
