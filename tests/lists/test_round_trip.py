"""Whatever split or export lagtool writes, ``lagtool audit`` reads it and finds nothing; and finds what is wrong."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lagtool.checks.audit import audit_split
from lagtool.checks.runner import validate
from lagtool.errors import LagtoolError
from lagtool.export.formats import ExportFormat
from lagtool.export.options import Mode
from lagtool.export.writing import write_export
from lagtool.manifest.value import Manifest
from lagtool.model import Severity
from lagtool.profiles import load_profile
from lagtool.scanning.scan import scan
from lagtool.splits.listed import list_manifest, place_splits, read_splits, resolve
from lagtool.splits.lists import write_split
from lagtool.splits.plan import part_names
from lagtool.splits.split import make_split
from lagtool.synth import write_synthetic_tree
from tests.factories import make_manifest

PLANS = {
    "three splits": {"ratios": (60, 20, 20)},
    "other names": {"ratios": (50, 50), "names": ["dev", "holdout"]},
    "folds": {"folds": 3},
    "folds beside a test set": {"folds": 3, "test": 6},
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """A flawless tree, and its manifest."""
    root = tmp_path_factory.mktemp("round") / "LAG"
    write_synthetic_tree(root, profile=load_profile("lag-part1"), scale=0.008)
    return root, scan(root)


def _check(manifest: Manifest, made: Manifest, *paths: Path) -> None:
    """Check that each sample is found in its split, and that an audit finds nothing."""
    (listing,) = read_splits(paths, manifest=manifest)
    placed = place_splits(manifest, resolve(listing, manifest))
    assert part_names(placed).fillna("").tolist() == part_names(made).fillna("").tolist()
    assert set((placed.header.split or {})["names"]) == set((made.header.split or {})["names"])
    report = audit_split(manifest, listing)
    assert [f.message for f in report.findings if f.severity is not Severity.NOTE] == []
    assert [part.name for part in report.parts[:-1]] == list((placed.header.split or {})["names"])
    assert sum(part.samples for part in report.parts[:-1]) == len(manifest.samples)


def _manifest(suffix: str) -> Callable[[Manifest, Path], list[Path]]:
    def write(made: Manifest, folder: Path) -> list[Path]:
        made.write(folder / f"m{suffix}")
        return [folder / f"m{suffix}"]

    return write


def _folder(made: Manifest, folder: Path) -> list[Path]:
    write_split(made, folder / "split")
    return [folder / "split"]


def _lists(suffix: str) -> Callable[[Manifest, Path], list[Path]]:
    def write(made: Manifest, folder: Path) -> list[Path]:
        write_split(made, folder / "split")
        return sorted((folder / "split").glob(f"*{suffix}"))

    return write


def _folder_without_manifest(made: Manifest, folder: Path) -> list[Path]:
    write_split(made, folder / "split")
    (folder / "split" / "manifest.parquet").unlink()
    return [folder / "split"]


FORMS = {
    "folder": _folder,
    "folder without its manifest": _folder_without_manifest,
    "txt": _lists(".txt"),
    "csv": _lists(".csv"),
    **{f"manifest{suffix}": _manifest(suffix) for suffix in (".parquet", ".csv", ".jsonl")},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("plan", PLANS)
def test_splits(plan: str, form: str, data: tuple[Path, Manifest], tmp_path: Path) -> None:
    made = make_split(data[1], **PLANS[plan])  # type: ignore[arg-type]
    _check(data[1], made, *FORMS[form](made, tmp_path))


@pytest.mark.parametrize("plan", ["three splits", "folds", "folds beside a test set"])
@pytest.mark.parametrize("export", [name for name in ExportFormat if name not in ("sha256sums", "revision")])
def test_exports(plan: str, export: ExportFormat, data: tuple[Path, Manifest], tmp_path: Path) -> None:
    root, manifest = data
    made = make_split(manifest, **PLANS[plan])  # type: ignore[arg-type]
    write_export(made, root, export, tmp_path / "out")
    _check(manifest, made, tmp_path / "out")


@pytest.mark.parametrize("export", ["imagefolder", "huggingface", "webdataset"])
@pytest.mark.parametrize("how", [{"mode": Mode.COPY}, {"mode": Mode.LINK}, {"size": 64}])
def test_pictures_that_are_linked_copied_or_resized(
    export: str, how: dict[str, object], data: tuple[Path, Manifest], tmp_path: Path
) -> None:
    if export == "webdataset" and "mode" in how:
        pytest.skip("archives hold copies")
    root, manifest = data
    made = make_split(manifest, ratios=(60, 20, 20))
    write_export(made, root, export, tmp_path / "out", **how)  # type: ignore[arg-type]
    _check(manifest, made, tmp_path / "out")


def test_sums_say_no_split(data: tuple[Path, Manifest], tmp_path: Path) -> None:
    made = make_split(data[1], ratios=(60, 40))
    write_export(made, data[0], "sha256sums", tmp_path / "train", parts=["train"])
    with pytest.raises(LagtoolError, match="neither pictures nor lists of splits"):
        read_splits([tmp_path / "train"], manifest=data[1])
    (listing,) = read_splits([], [("train", tmp_path / "train" / "SHA256SUMS")], manifest=data[1])
    assert set(resolve(listing, data[1]).table["fate"]) == {"found"}


def test_a_picture_in_two_folds_beside_a_test_set_is_found() -> None:
    manifest = make_split(make_manifest(24, 16), folds=3, test=8)
    first = manifest.samples["fold"].eq(0).fillna(value=False).to_numpy(bool).nonzero()[0][0]
    second = manifest.samples["fold"].eq(1).fillna(value=False).to_numpy(bool).nonzero()[0][0]
    manifest.samples.loc[second, "image_sha256"] = manifest.samples.loc[first, "image_sha256"]
    codes = {finding.code for finding in audit_split(manifest, list_manifest(manifest, "m")).findings}
    assert "LAG701" in codes
    assert "LAG701" in {finding.code for finding in validate(manifest, select=["splits"]).findings}


def test_a_test_picture_in_a_hidden_folder_of_train_is_found(data: tuple[Path, Manifest], tmp_path: Path) -> None:
    root, manifest = data
    made = make_split(manifest, ratios=(60, 40), names=["train", "test"])
    write_export(made, root, "imagefolder", tmp_path / "out", mode=Mode.COPY)
    stolen = next((tmp_path / "out" / "test").rglob("*.jpg"))
    hidden = tmp_path / "out" / "train" / "non_glaucoma" / ".ipynb_checkpoints" / "x-checkpoint.jpg"
    hidden.parent.mkdir()
    shutil.copyfile(stolen, hidden)
    report = audit_split(manifest, tmp_path / "out")
    assert "LAG724" in {finding.code for finding in report.findings}
    assert any("1 picture of out in hidden files or folders, which loaders read" in text for text in report.remarks)


@pytest.mark.parametrize("form", ["csv", "txt", "folder without its manifest"])
@pytest.mark.parametrize("plan", ["three splits", "folds", "folds beside a test set"])
def test_a_list_is_extended(plan: str, form: str, tmp_path: Path) -> None:
    grown = make_manifest(40, 30)
    few = replace(grown, samples=grown.samples[grown.samples["id"].astype(int) % 2 == 0].reset_index(drop=True))
    made = make_split(few, **PLANS[plan])  # type: ignore[arg-type]
    paths = FORMS[form](made, tmp_path)
    folder = paths[0] if form.startswith("folder") else tmp_path / "only"
    if not form.startswith("folder"):
        folder.mkdir()
        for path in paths:
            shutil.copyfile(path, folder / path.name)
    again = make_split(grown, extend=folder)
    known = dict(zip(made.samples["id"], part_names(made), strict=True))
    assert [part_names(again)[row] for row, key in enumerate(grown.samples["id"]) if key in known] == [*known.values()]
    assert part_names(again).notna().all()


def test_a_list_that_names_no_sample_is_not_extended(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("image,split\n0001.jpg,train\n0099.jpg,test\n")
    with pytest.raises(LagtoolError, match=r"1 row that cannot be followed \(first: s.csv line 3: '0099.jpg'\)"):
        make_split(make_manifest(6, 6), extend=tmp_path / "s.csv")
