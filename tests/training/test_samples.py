"""Samples one by one: every pixel and label is that of the files and of the manifest."""

import io
import multiprocessing
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.model_selection import GroupKFold
from sklearn.utils.class_weight import compute_class_weight

import lagtool
from lagtool.curation.apply import apply_curation
from lagtool.curation.read import Curation
from lagtool.errors import LagtoolError
from lagtool.manifest.marks import Mark
from lagtool.manifest.value import Manifest
from lagtool.model import Action, ScanOptions
from lagtool.probe.picture import Pixels
from lagtool.profiles import Profile
from lagtool.scanning.scan import scan
from lagtool.splits.split import make_split
from lagtool.training import ALL, Sample, SampleSet
from tests.trees import jpeg, snapshot, write, write_tree

N, S = "non_glaucoma", "suspicious_glaucoma"
BILINEAR = Image.Resampling.BILINEAR


def _seen(path: Path, mode: str, size: tuple[int, int] | None = None) -> Pixels:
    """Return what Pillow alone makes of a file, at (width, height)."""
    with Image.open(path) as image:
        turned = image.convert(mode)
    return np.array(turned if size is None else turned.resize(size, BILINEAR))


def _same(one: Sample, other: Sample) -> bool:
    maps = (one.map is None) == (other.map is None) and np.array_equal(one.map, other.map)  # type: ignore[arg-type]
    return np.array_equal(one.image, other.image) and maps and one[2:] == other[2:]


def _mark(id: str, action: Action, value: str = "", class_: str = N) -> Mark:
    return Mark(class_name=class_, id=id, action=action, value=value)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """4 + 3 samples, the last of each class without a map."""
    root = write_tree(tmp_path / "LAG", 4, 3)
    (root / N / "attention_map" / "0004.jpg").unlink()
    (root / S / "attention_map" / "0007.jpg").unlink()
    return root


def test_every_pixel_and_label_is_that_of_the_files(manifest: Manifest, tree: Path) -> None:
    before = snapshot(tree)
    for size in (None, 224, (90, 120), 500):
        samples = SampleSet(manifest, tree, size=size)
        assert len(samples) == len(manifest.samples) == 7
        sides = (500, 500) if size is None else (size, size) if isinstance(size, int) else size[::-1]
        for sample, row in zip(samples, manifest.samples.itertuples(), strict=True):
            assert sample.key == f"{row[2]}/{row.id}"
            assert sample.label == row.label == int((tree / str(row.label_path)).read_text())
            assert np.array_equal(sample.image, _seen(tree / str(row.image_path), "RGB", sides))
            assert sample.image.dtype == np.uint8
            assert sample.image.flags.writeable
            if sample.key in (f"{N}/0004", f"{S}/0007"):
                assert sample.map is None
            else:
                assert sample.map is not None
                assert np.array_equal(sample.map, _seen(tree / str(row.map_path), "L", sides))
    assert samples.keys == [f"{N}/000{n}" for n in (1, 2, 3, 4)] + [f"{S}/000{n}" for n in (5, 6, 7)]
    assert samples.has_map.tolist() == [True, True, True, False, True, True, False]
    assert (samples.left_out, samples.maps_left_out) == ({}, {})
    assert repr(samples) == f"SampleSet(all samples: 4 {N}, 3 {S})"
    assert snapshot(tree) == before


def test_a_draft_is_reduced_while_it_is_decoded(manifest: Manifest, tree: Path) -> None:
    for size, reduced in ((100, True), (250, True), ((250, 100), True), (251, False), ((500, 20), False)):
        exact, draft = (SampleSet(manifest, tree, size=size, draft=draft) for draft in (False, True))
        for one, other in zip(exact, draft, strict=True):
            difference = np.abs(one.image.astype(int) - other.image)
            assert one.image.shape == other.image.shape
            assert (one.map is None) == (other.map is None)
            assert one.map is None or np.array_equal(one.map, other.map)  # type: ignore[arg-type]
            # Only what is at least twice as large in both directions is reduced.
            assert (0 < difference.mean() < 3) if reduced else not difference.any()
    plain = SampleSet(manifest, tree, size=125, draft=True)[0].image  # a quarter: as Pillow's draft does it
    with Image.open(tree / N / "image" / "0001.jpg") as image:
        image.draft("RGB", (125, 125))
        assert np.abs(plain.astype(int) - np.array(image)).mean() < 1


def test_real_photographs_are_as_pillow_decodes_them(real_fundus: Path) -> None:
    manifest = scan(real_fundus)
    samples = SampleSet(manifest, real_fundus)
    assert len(samples) == 28
    for sample, image, path in zip(samples, manifest.samples["image_path"], manifest.samples["map_path"], strict=True):
        assert np.array_equal(sample.image, _seen(real_fundus / image, "RGB"))
        height, width = sample.image.shape[:2]
        assert sample.map is not None
        assert np.array_equal(sample.map, _seen(real_fundus / path, "L", (width, height)))


def test_it_is_a_sequence(manifest: Manifest, tree: Path) -> None:
    samples = SampleSet(manifest, tree)
    assert _same(samples[-1], samples[6])
    assert _same(samples[np.int64(2)], list(samples)[2])
    for wrong in (7, -8):
        with pytest.raises(IndexError, match="of 7"):
            samples[wrong]
    part = samples.take([5, 0])
    assert (part.keys, part.labels.tolist(), part.has_map.tolist()) == (
        [f"{S}/0006", f"{N}/0001"],
        [1, 0],
        [True, True],
    )
    assert _same(part[0], samples[5])
    assert repr(part) == f"SampleSet(2 samples of all samples: 1 {N}, 1 {S})"
    for rows in ([], [7], [-1], [0.5], [[0]]):
        with pytest.raises(LagtoolError, match="position"):
            samples.take(rows)
    samples.labels[:] = 9
    assert set(samples.labels.tolist()) == {0, 1}


def test_without_maps_none_is_opened(manifest: Manifest, tree: Path) -> None:
    for folder in (N, S):
        shutil.rmtree(tree / folder / "attention_map")
    samples = SampleSet(manifest, tree, with_maps=False)
    assert [sample.map for sample in samples] == [None] * 7
    assert samples.has_map.sum() == 5
    with pytest.raises(LagtoolError, match=r"attention_map/0001\.jpg cannot be read: No such file"):
        SampleSet(manifest, tree)[0]


# --- which samples


def test_parts_divide_the_samples(manifest: Manifest, tree: Path) -> None:
    split = make_split(manifest, ratios=[50, 50], names=["train", "test"])
    parts = [SampleSet(split, tree, split=name).keys for name in ("train", "test")]
    assert sorted(parts[0] + parts[1]) == SampleSet(split, tree, split=ALL).keys == SampleSet(manifest, tree).keys
    rows = split.samples
    assert parts[0] == (rows["class"] + "/" + rows["id"])[rows["split"] == "train"].tolist()


def test_folds_divide_the_samples(manifest: Manifest, tree: Path) -> None:
    folds = make_split(manifest, folds=3)
    everything = set(SampleSet(manifest, tree).keys)
    held = []
    for fold in range(3):
        out, rest = (SampleSet(folds, tree, fold=fold, held_out=side).keys for side in (True, False))
        assert set(out) | set(rest) == everything
        assert not set(out) & set(rest)
        assert out == SampleSet(folds, tree, split=f"fold{fold}").keys
        held += out
    assert sorted(held) == sorted(everything)


def test_a_test_part_is_in_no_fold(manifest: Manifest, tree: Path) -> None:
    nested = make_split(manifest, folds=2, test=2)
    test = set(SampleSet(nested, tree, split="test").keys)
    assert len(test) == 2
    for fold in range(2):
        sides = [SampleSet(nested, tree, fold=fold, held_out=side).keys for side in (True, False)]
        assert set(sides[0] + sides[1]) == set(SampleSet(manifest, tree).keys) - test
    assert sorted(sides[0] + sides[1]) == sorted(SampleSet(nested, tree, split="dev").keys)


def test_nobody_trains_on_the_test_part_by_oversight(manifest: Manifest, tree: Path) -> None:
    split, folds = make_split(manifest, ratios=[50, 50], names=["train", "test"]), make_split(manifest, folds=3)
    wrong: list[tuple[Manifest, dict[str, Any], str]] = [
        (split, {}, r"the manifest is split: choose a part with split= \(test, train\), or all with split='\*'"),
        (folds, {}, r"choose a part with split= \(fold0, fold1, fold2, or one with fold=0\.\.2\)"),
        (split, {"split": "val"}, "no such part, but test, train"),
        (split, {"fold": 0}, "no folds: make them with 'lagtool split --folds"),
        (folds, {"fold": 3}, "no such fold, but 0, 1, 2"),
        (folds, {"fold": 0, "split": "fold1"}, "exclude each other"),
        (folds, {"split": ALL, "held_out": True}, "held_out= needs fold="),
        (manifest, {"split": "train"}, "no split: make one with 'lagtool split'"),
        (manifest, {"size": 0}, "size=0: pixels"),
        (manifest, {"size": (1, 2, 3)}, "pixels of both sides"),
        (manifest, {"size": 99999}, "from 1 to 16,384"),
        (manifest, {"draft": True}, "draft= needs size="),
        (manifest, {"check": "md5"}, "one of 'auto', 'sha256', 'size', 'none'"),
    ]
    for source, options, message in wrong:
        with pytest.raises(LagtoolError, match=message):
            SampleSet(source, tree, **options)


def test_the_wrong_folder_or_file_is_named(manifest: Manifest, tree: Path, tmp_path: Path) -> None:
    manifest.write(tmp_path / "m.parquet")
    assert SampleSet(tmp_path / "m.parquet", tmp_path).keys == SampleSet(manifest, tree).keys  # one level above
    with pytest.raises(LagtoolError, match=r"nowhere does not exist: name the folder that holds"):
        SampleSet(manifest, tmp_path / "nowhere")
    with pytest.raises(LagtoolError, match="the folder of one class"):
        SampleSet(manifest, tree / N)
    with pytest.raises(LagtoolError, match=r"no\.parquet cannot be read"):
        SampleSet(tmp_path / "no.parquet", tree)


def test_marks_are_heeded(manifest: Manifest, tree: Path) -> None:
    split = make_split(manifest, ratios=[50, 50], names=["train", "test"])
    train = SampleSet(split, tree, split="train")
    gone, moved = train.keys[0], train.keys[1]
    marks = (_mark(gone[-4:], Action.EXCLUDE), _mark(moved[-4:], Action.RELABEL, S))
    marked = SampleSet(apply_curation(split, Curation("c.csv", marks)), tree, split="train")
    assert marked.keys == train.keys[1:]
    assert marked.left_out == {"excluded": 1}
    assert (marked[0].key, marked[0].label, train[1].label) == (moved, 1, 0)
    assert np.array_equal(marked[0].image, train[1].image)
    assert marked.class_counts().tolist() == [train.class_counts()[0] - 2, train.class_counts()[1] + 1]


def test_what_cannot_be_decoded_is_left_out_and_counted(tree: Path) -> None:
    (tree / N / "image" / "0001.jpg").write_bytes(jpeg(1)[:5000])
    (tree / N / "image" / "0002.jpg").unlink()
    (tree / S / "attention_map" / "0005.jpg").write_bytes(b"<html>")
    samples = SampleSet(scan(tree), tree)
    assert samples.keys == [f"{N}/0003", f"{N}/0004", f"{S}/0005", f"{S}/0006", f"{S}/0007"]
    assert samples.left_out == {"image-truncated": 1, "no-image": 1}
    assert samples.maps_left_out == {"map-wrong-format": 1}
    assert samples[2].map is None
    for path in (tree / N / "image").iterdir():
        path.write_bytes(b"")
    for path in (tree / S / "image").iterdir():
        path.unlink()
    with pytest.raises(LagtoolError, match=r"no sample is left to load \(3 image-empty, 4 no-image\)"):
        SampleSet(scan(tree), tree)


def test_a_quick_index_suffices(tree: Path) -> None:
    quick = scan(tree, options=ScanOptions(quick=True))
    assert len(SampleSet(quick, tree)) == 7
    with pytest.raises(LagtoolError, match="index without --quick"):
        SampleSet(quick, tree, check="sha256")


# --- what lies on disk now


def _put_other(path: Path) -> None:
    path.write_bytes(jpeg(99))


def _put_other_of_that_size(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:9000])


def _link(path: Path) -> None:
    path.rename(path.with_name("x"))
    path.symlink_to("x")


@pytest.mark.parametrize(
    ("change", "check", "message"),
    [
        (Path.unlink, "none", "cannot be read: No such file or directory"),
        (_put_other, "size", r"is not the file that was indexed \([0-9,]+ bytes, in the manifest [0-9,]+\)"),
        (_put_other, "sha256", r"is not the file that was indexed \([0-9,]+ bytes, in the manifest [0-9,]+\)"),
        (_put_other_of_that_size, "auto", r"is not the file that was indexed \(another sha256\)"),
        (_put_other_of_that_size, "sha256", r"is not the file that was indexed \(another sha256\)"),
        (_cut, "none", "does not decode"),
        (lambda path: path.write_bytes(b"<html>no</html>"), "none", r"holds a web page \(.*\), not JPEG"),
        (_link, "none", "is a symbolic link inside the dataset, to x"),
        (lambda path: (path.unlink(), path.mkdir()), "none", "is a folder"),
    ],
)
def test_another_file_is_noticed_when_it_is_read(
    manifest: Manifest, tree: Path, change: Callable[[Path], Any], check: Any, message: str
) -> None:
    path = tree / S / "image" / "0006.jpg"
    samples = SampleSet(manifest, tree, check=check)
    whole = samples[5]
    change(path)
    with pytest.raises(LagtoolError, match=message) as caught:
        samples[5]
    said = str(caught.value)
    assert said.startswith(f"{path} ")
    assert said.endswith("put back the file that was indexed, or index the dataset again")
    assert "\n" not in said
    assert whole.image.shape == samples[4].image.shape


def test_a_changed_file_is_taken_where_nobody_checks(manifest: Manifest, tree: Path) -> None:
    path = tree / N / "image" / "0001.jpg"
    assert np.array_equal(SampleSet(manifest, tree, check="sha256")[0].image, _seen(path, "RGB"))
    _put_other(path)
    assert np.array_equal(SampleSet(manifest, tree, check="none")[0].image, _seen(path, "RGB"))


def test_pictures_are_as_they_are_stored(tree: Path) -> None:
    """Exif orientation turns nothing; gray becomes RGB; a coloured map is the mean of its channels."""
    turned, gray, color = io.BytesIO(), tree / N / "image" / "0002.jpg", tree / N / "attention_map" / "0003.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(tree / N / "image" / "0001.jpg").crop((0, 0, 300, 200)).save(turned, "JPEG", exif=exif)
    (tree / N / "image" / "0001.jpg").write_bytes(turned.getvalue())
    gray.write_bytes(jpeg(2, gray=True))
    color.write_bytes(jpeg(3, 112, 112))
    manifest = scan(tree)
    assert manifest.samples["image_orientation"].tolist()[0] == 6
    samples = SampleSet(manifest, tree)
    assert samples[0].image.shape == (200, 300, 3)
    assert samples[0].map is not None
    assert samples[0].map.shape == (200, 300)
    assert np.array_equal(samples[1].image, np.repeat(_seen(gray, "L")[..., None], 3, axis=2))
    mean = _seen(color, "RGB").mean(axis=2).round().astype(np.uint8)
    assert np.array_equal(samples[2].map, np.array(Image.fromarray(mean).resize((500, 500), BILINEAR)))  # type: ignore[arg-type]


def test_another_data_set_with_masks_and_labels_of_its_own(tmp_path: Path) -> None:
    png = {"files": "{number}.png", "format": "PNG"}
    profile = Profile.model_validate(
        {
            "name": "ours",
            "classes": [{"name": "sick", "label": 5}, {"name": "well", "label": 2}, {"name": "none", "label": 3}],
            "slots": {"image": {"folder": "photo", **png}, "map": {"folder": "mask", "content": "mask", **png}},
        }
    )
    rng = np.random.default_rng(0)
    for name in ("sick", "well"):
        for folder, shape in (("photo", (40, 60, 3)), ("mask", (20, 30))):
            target = io.BytesIO()
            Image.fromarray(rng.integers(0, 3, shape, dtype=np.uint8) * 127).save(target, "PNG")
            write(tmp_path / "D" / name / folder / "1.png", target.getvalue())
    samples = SampleSet(scan(tmp_path / "D", profile=profile), tmp_path / "D")
    assert samples.classes == ("well", "none", "sick")
    assert (samples.labels.tolist(), samples.targets.tolist()) == ([5, 2], [2, 0])
    assert samples.class_weights().tolist() == [1.0, 0.0, 1.0]
    for sample in samples:
        home = tmp_path / "D" / sample.key.partition("/")[0]
        assert np.array_equal(sample.image, _seen(home / "photo" / "1.png", "RGB"))
        assert sample.map is not None
        assert np.array_equal(sample.map, _seen(home / "mask" / "1.png", "L").repeat(2, axis=0).repeat(2, axis=1))
        sample.image[0] = 0  # its caller's own


# --- elsewhere


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_other_processes_and_threads_see_the_same(manifest: Manifest, tree: Path, method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    samples = SampleSet(manifest, tree, size=100)
    here = list(samples)
    with ThreadPoolExecutor(4) as threads:
        assert all(map(_same, threads.map(samples.__getitem__, range(7)), here))
    code = (
        "import multiprocessing, pickle, sys\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "if __name__ == '__main__':\n"
        "    samples = pickle.load(open(sys.argv[1], 'rb'))\n"
        "    context = multiprocessing.get_context(sys.argv[2])\n"
        "    with ProcessPoolExecutor(2, mp_context=context) as pool:\n"
        "        read = list(pool.map(samples.__getitem__, range(len(samples))))\n"
        "    pickle.dump(read, open(sys.argv[3], 'wb'))\n"
        "    assert 'pandas' not in sys.modules, 'pandas is imported in vain'\n"
    )
    script, given_, taken = tree.parent / "read.py", tree.parent / "given", tree.parent / "taken"
    script.write_text(code)
    given_.write_bytes(pickle.dumps(samples))
    command = [sys.executable, str(script), str(given_), method, str(taken)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(map(_same, pickle.loads(taken.read_bytes()), here))


def test_a_copy_is_small_and_knows_no_groups(manifest: Manifest, tree: Path) -> None:
    samples = SampleSet(manifest, tree, check="sha256")
    data = pickle.dumps(samples)
    assert len(data) < 7 * 300 + 2000
    copy = pickle.loads(data)
    assert (repr(copy), copy.keys) == (repr(samples), samples.keys)
    with pytest.raises(LagtoolError, match="ask the one that read the manifest"):
        copy.groups()
    with pytest.raises(LagtoolError, match="ask the one that read the manifest"):
        copy.take([0]).groups()


# --- weights and groups


def test_weights_are_those_of_scikit_learn(manifest: Manifest, tree: Path) -> None:
    samples = SampleSet(manifest, tree)
    labels = samples.labels
    expected = compute_class_weight("balanced", classes=np.array([0, 1]), y=labels)
    assert np.allclose(samples.class_weights(), expected)
    assert samples.class_weights().tolist() == [7 / 8, 7 / 6]
    assert samples.sample_weights().tolist() == [7 / 8] * 4 + [7 / 6] * 3


@given(st.lists(st.integers(0, 3), min_size=1, max_size=50))
def test_weights_give_every_class_that_is_there_the_same(labels: list[int]) -> None:
    samples = object.__new__(SampleSet)
    samples.classes = ("a", "b", "c", "d")
    chosen: Any = SimpleNamespace(class_labels=np.array([0, 1, 2, 3]), labels=np.array(labels))
    samples._chosen = chosen
    weights = samples.sample_weights()
    sums = np.bincount(samples.targets, weights=weights, minlength=4)
    assert np.isclose(weights.mean(), 1)
    assert np.allclose(sums[sums > 0], len(labels) / len(set(labels)))
    assert ((samples.class_weights() == 0) == (samples.class_counts() == 0)).all()


def test_one_class_has_weight_one(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "LAG", 2, 0)
    samples = SampleSet(scan(root), root)
    assert samples.class_weights().tolist() == [1.0, 0.0]
    assert SampleSet(scan(root), root).take([0]).class_weights().tolist() == [1.0, 0.0]


def test_groups_are_not_divided(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "LAG", 8, 4)
    image = root / N / "image"
    shutil.copy(image / "0001.jpg", image / "0005.jpg")  # a copy, which nobody has to point out
    manifest = scan(root)
    assert SampleSet(manifest, root).groups().tolist() == [0, 1, 2, 3, 0, 5, 6, 7, 8, 9, 10, 11]
    marks = (_mark("0002", Action.KEEP_TOGETHER, "p"), _mark("0003", Action.KEEP_TOGETHER, "p"))
    marked = apply_curation(manifest, Curation("c.csv", (*marks, _mark("0004", Action.EXCLUDE))))
    patients = {f"{N}/0003": "x", f"{S}/0012": "x"}
    split = make_split(marked, ratios=[50, 50], names=["train", "test"], groups=patients)
    samples = SampleSet(split, root, split=ALL)
    assert samples.groups().tolist() == [0, 1, 1, 0, 5, 6, 7, 8, 9, 10, 1]
    for train, test in GroupKFold(3).split(samples.labels, groups=samples.groups()):
        parts = [samples.take(rows) for rows in (train, test)]
        assert not set(parts[0].groups()) & set(parts[1].groups())
        assert len(parts[0]) + len(parts[1]) == len(samples)


def test_it_is_a_public_name() -> None:
    assert lagtool.SampleSet is SampleSet


def test_without_pytorch_the_error_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"  # as if it were not installed
        "import lagtool\n"
        "try:\n    from lagtool.training.torch import LagDataset\n"
        "except ImportError as error:\n    assert isinstance(error, lagtool.LagtoolError); print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith("lagtool.training.torch needs PyTorch (")
    assert done.stdout.endswith(": pip install 'lagtool[torch]'\n")
