"""The plan: who is exported, in which part, and who is left out and why."""

from pathlib import Path

import pytest

import lagtool
from lagtool.curation.apply import apply_curation
from lagtool.curation.read import Curation
from lagtool.errors import LagtoolError
from lagtool.export.plan import plan_export
from lagtool.manifest.marks import Mark
from lagtool.manifest.value import Manifest
from lagtool.model import Action, ScanOptions
from tests.factories import make_manifest, row, rows


def _marked(manifest: Manifest, *marks: Mark) -> Manifest:
    return apply_curation(manifest, Curation(name="marks.csv", marks=marks, sha256="0" * 64))


def _mark(class_name: str, id_: str, action: Action, value: str = "") -> Mark:
    return Mark(class_name=class_name, id=id_, action=action, value=value)


def _sizes(manifest: Manifest, **how: object) -> dict[str, int]:
    plan = plan_export(manifest, **how)  # type: ignore[arg-type]
    return {part: int(plan.samples["part"].eq(part).sum()) for part in plan.parts}


def test_without_a_split_everything_intact_is_one_part() -> None:
    made = [*rows(3, 2), row("0008", image=False), row("0009", image_state="truncated"), row("0010", map_state="empty")]
    plan = plan_export(make_manifest(made))
    assert (plan.parts, plan.split_sha256) == (("all",), None)
    assert plan.samples["id"].tolist() == ["0001", "0002", "0003", "0010", "0004", "0005"]
    assert plan.left_out == {"without an image": 1, "whose image is damaged (truncated)": 1}
    assert plan.remarks == ("1 attention map is damaged: those samples go without",)
    assert plan.samples["map_path"].isna().tolist() == [False] * 3 + [True] + [False] * 2


def test_parts_come_in_the_order_of_the_split_and_can_be_chosen() -> None:
    split = lagtool.make_split(make_manifest(30, 20), sizes=(30, 15, "rest"), names=("train", "val", "test"))
    assert _sizes(split) == {"train": 30, "val": 15, "test": 5}
    plan = plan_export(split, parts=["test", "train"])
    assert plan.parts == ("train", "test")
    assert plan.left_out == {"in a part that was not asked for": 15}
    assert plan.select("test")["part"].tolist() == ["test"] * 5
    with pytest.raises(LagtoolError, match="no part is called 'dev': there are train, val, test"):
        plan_export(split, parts=["dev"])
    with pytest.raises(LagtoolError, match="the manifest has no folds"):
        plan_export(split, fold=0)


def test_folds_are_parts_or_one_of_them_is_held_out() -> None:
    folds = lagtool.make_split(make_manifest(30, 20), folds=5)
    assert _sizes(folds) == {f"fold{k}": 10 for k in range(5)}
    assert _sizes(folds, fold=3) == {"train": 40, "val": 10}
    held_out = plan_export(folds, fold=3).select("val")
    assert set(held_out["fold"].tolist()) == {3}
    with pytest.raises(LagtoolError, match="there is no fold 5: there are 0 to 4"):
        plan_export(folds, fold=5)
    nested = lagtool.make_split(make_manifest(30, 20), folds=4, test=10)
    assert _sizes(nested) == {**{f"fold{k}": 10 for k in range(4)}, "test": 10}
    assert _sizes(nested, fold=0) == {"train": 30, "val": 10, "test": 10}


def test_marks_hold() -> None:
    marked = _marked(
        make_manifest(3, 2),
        _mark("non_glaucoma", "0001", Action.EXCLUDE),
        _mark("non_glaucoma", "0002", Action.RELABEL, "suspicious_glaucoma"),
    )
    plan = plan_export(marked)
    moved = plan.samples.set_index("id").loc["0002"]
    assert (moved["class"], moved["label"], moved["image_path"]) == (
        "suspicious_glaucoma",
        1,
        "non_glaucoma/image/0002.jpg",
    )
    assert plan.left_out == {"excluded by a mark": 1}
    assert plan.samples["id"].tolist() == ["0003", "0002", "0004", "0005"]
    later = _marked(lagtool.make_split(make_manifest(6, 4)), _mark("non_glaucoma", "0001", Action.EXCLUDE))
    assert "curated after its split was made" in plan_export(later).remarks[0]


def test_an_id_in_two_classes_gets_a_name_that_tells_the_class_of_its_folder() -> None:
    twice = make_manifest([row("0001"), row("0001", "suspicious_glaucoma"), row("0002")])
    marked = _marked(twice, _mark("suspicious_glaucoma", "0001", Action.RELABEL, "non_glaucoma"))
    for manifest in (twice, marked):
        names = plan_export(manifest).samples.set_index("image_path")["name"].to_dict()
        assert names == {
            "non_glaucoma/image/0001.jpg": "non_glaucoma-0001",
            "suspicious_glaucoma/image/0001.jpg": "suspicious_glaucoma-0001",
            "non_glaucoma/image/0002.jpg": "0002",
        }


def test_there_must_be_something_to_export() -> None:
    with pytest.raises(LagtoolError, match="nothing to export: 2 samples without an image"):
        plan_export(make_manifest([row("0001", image=False), row("0002", image=False)]))
    with pytest.raises(LagtoolError, match="nothing to export: the manifest has no samples"):
        plan_export(make_manifest(0, 0))


def test_a_quick_manifest_is_refused(tree: Path) -> None:
    with pytest.raises(LagtoolError, match="indexed with --quick"):
        plan_export(lagtool.scan(tree, options=ScanOptions(quick=True)))


def test_names_that_are_changed_are_told() -> None:
    plan = plan_export(make_manifest(rows(2, 1), split=["aux", "Train", "train"]))
    assert len(plan.parts) == 3
    assert {"aux_", "Train"} < set(plan.parts)
    assert plan.remarks[0].startswith("2 names of parts made safe for every system: ")
    assert "aux is called aux_" in plan.remarks[0]
