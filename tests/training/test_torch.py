"""The samples as tensors, loaded by real workers; needs PyTorch: ``python -m pytest -m torch``."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lagtool.errors import LagtoolError
from lagtool.manifest.value import Manifest
from lagtool.scanning.scan import scan
from lagtool.splits.split import make_split
from tests.trees import write_tree

torch = pytest.importorskip(
    "torch", reason="PyTorch is not installed: pip install torch (a build for the CPU will do), then pytest -m torch"
)
from torch.utils.data import DataLoader  # noqa: E402

from lagtool.training.torch import Example, LagDataset  # noqa: E402

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]
N, S = "non_glaucoma", "suspicious_glaucoma"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """6 + 3 samples, two of them without a map."""
    root = write_tree(tmp_path / "LAG", 6, 3)
    (root / N / "attention_map" / "0002.jpg").unlink()
    (root / S / "attention_map" / "0009.jpg").unlink()
    return root


def _stored(path: Path, mode: str, side: int) -> Any:
    with Image.open(path) as image:
        pixels = np.array(image.convert(mode).resize((side, side), Image.Resampling.BILINEAR))
    return torch.from_numpy(pixels).reshape(side, side, -1).permute(2, 0, 1)


def flip(image: Any, levels: Any) -> tuple[Any, Any]:
    """Turn both left to right; in the module, so that workers can be given it."""
    return image.flip(-1), None if levels is None else levels.flip(-1)


@pytest.mark.parametrize("context", ["fork", "spawn"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.uint8])
def test_two_workers_give_every_pixel_and_label(manifest: Manifest, tree: Path, context: str, dtype: Any) -> None:
    data = LagDataset(manifest, tree, size=64, dtype=dtype)
    batches = list(DataLoader(data, batch_size=4, num_workers=2, multiprocessing_context=context))
    assert [len(batch.label) for batch in batches] == [4, 4, 1]
    assert all(isinstance(batch, Example) and type(batch.image) is torch.Tensor for batch in batches)
    images, maps, labels, has_map = (torch.cat([batch[i] for batch in batches]) for i in range(4))
    keys = [key for batch in batches for key in batch.key]
    rows = manifest.samples
    assert keys == (rows["class"] + "/" + rows["id"]).tolist() == data.samples.keys
    assert labels.tolist() == rows["label"].tolist()
    assert labels.dtype == torch.int64
    assert has_map.tolist() == rows["map_path"].notna().tolist() == data.samples.has_map.tolist()
    assert (images.shape, maps.shape, images.dtype, maps.dtype) == ((9, 3, 64, 64), (9, 1, 64, 64), dtype, dtype)
    scale = 1 if dtype is torch.uint8 else 255
    for number in range(9):
        expected = _stored(tree / rows["image_path"][number], "RGB", 64)
        assert torch.equal(images[number], expected / scale if scale > 1 else expected)
        if has_map[number]:
            # Enlarged once, from its own size to the image's: as Pillow does it.
            expected = _stored(tree / rows["map_path"][number], "L", 64)
            assert torch.equal(maps[number], expected / scale if scale > 1 else expected)
        else:
            assert not maps[number].any()


def test_it_gives_what_the_arrays_are(manifest: Manifest, tree: Path) -> None:
    split = make_split(manifest, folds=3)
    data = LagDataset(split, tree, fold=1, held_out=True, dtype=torch.uint8)
    assert repr(data) == repr(data.samples).replace("SampleSet", "LagDataset")
    assert data.classes == (N, S)
    for example, sample in zip((data[i] for i in range(len(data))), data.samples, strict=True):
        assert np.array_equal(example.image.permute(1, 2, 0).numpy(), sample.image)
        assert (example.label, example.key, example.has_map) == (sample.label, sample.key, sample.map is not None)
    assert torch.equal(data[-1].image, data[len(data) - 1].image)
    with pytest.raises(IndexError):
        data[len(data)]


def test_a_map_that_is_not_there(manifest: Manifest, tree: Path) -> None:
    assert not LagDataset(manifest, tree, size=8)[1].map.any()
    skipping = LagDataset(manifest, tree, size=8, missing_map="skip")
    assert skipping.samples.keys == [key for key in LagDataset(manifest, tree).samples.keys if key[-1] not in "29"]
    assert all(example.has_map for example in skipping)
    without = LagDataset(manifest, tree, size=8, missing_map="none", transform=flip)
    assert (without[1].map, without[1].has_map) == (None, False)
    with pytest.raises(TypeError, match="NoneType"):
        next(iter(DataLoader(without, batch_size=9)))
    (batch,) = DataLoader(without, batch_size=9, num_workers=1, collate_fn=without.collate)
    assert [levels is not None for levels in batch.map] == batch.has_map.tolist()
    assert batch.image.shape == (9, 3, 8, 8)
    assert torch.equal(batch.map[0], LagDataset(manifest, tree, size=8)[0].map.flip(-1))
    (plain,) = DataLoader(LagDataset(manifest, tree, size=8, with_maps=False), batch_size=9, collate_fn=without.collate)
    assert len(plain) == 2


def test_without_maps_a_loop_for_image_folders_runs(manifest: Manifest, tree: Path) -> None:
    for folder in (N, S):
        (tree / folder / "attention_map").rename(tree / folder / "away")
    data = LagDataset(manifest, tree, size=16, with_maps=False, transform=lambda image: 1 - image)
    seen = [(image, label) for image, label in DataLoader(data, batch_size=9)]
    ((images, labels),) = seen
    assert labels.tolist() == [0] * 6 + [1] * 3
    assert torch.equal(images[0], 1 - _stored(tree / N / "image" / "0001.jpg", "RGB", 16) / 255)
    skipping = LagDataset(manifest, tree, with_maps=False, missing_map="skip")
    assert len(skipping) == 9


def test_a_transform_turns_both(manifest: Manifest, tree: Path) -> None:
    plain, turned = (LagDataset(manifest, tree, size=32, transform=transform) for transform in (None, flip))
    for number in range(9):
        for name in ("image", "map"):
            assert torch.equal(getattr(turned[number], name), getattr(plain[number], name).flip(-1))
    pickle.dumps(turned)
    for wrong in (lambda image, levels: image, lambda image, levels: (image, levels, 0)):
        with pytest.raises(LagtoolError, match="it is called with image and map, and gives both"):
            LagDataset(manifest, tree, transform=wrong)[0]


def test_transforms_of_torchvision(manifest: Manifest, tree: Path) -> None:
    try:
        from torchvision.transforms import v2
    except (ImportError, RuntimeError):
        pytest.skip("torchvision is not installed, or not for this PyTorch: pip install torchvision")
    steps = [
        v2.RandomHorizontalFlip(p=1),
        v2.CenterCrop(20),
        v2.Normalize([0.5] * 3, [0.25] * 3),
    ]
    for missing in ("zeros", "none"):
        plain, done = (
            LagDataset(manifest, tree, size=32, missing_map=missing, transform=transform)
            for transform in (None, v2.Compose(steps))
        )
        for before, after in zip(plain, done, strict=True):
            middle = slice(6, 26)
            cropped = before.image.flip(-1)[:, middle, middle]
            assert torch.allclose(after.image, (cropped - 0.5) / 0.25, atol=1e-6)
            assert type(after.image) is torch.Tensor
            if before.map is None:
                assert after.map is None
            else:
                assert torch.equal(after.map, before.map.flip(-1)[:, middle, middle])  # turned, colours left alone
                assert type(after.map) is torch.Tensor
    turn = v2.RandomAffine(180, (0.2, 0.2), (0.5, 2))
    random = LagDataset(manifest, tree, size=32, transform=lambda image, levels: turn(image, type(levels)(image[:1])))
    for example in random:
        assert torch.equal(example.image[:1], example.map)  # by the same angle, shift and scale
    both = LagDataset(manifest, tree, size=32, transform=v2.Compose(steps[:1]), with_maps=False)
    assert torch.equal(both[0].image, LagDataset(manifest, tree, size=32)[0].image.flip(-1))


def test_weights_and_a_sampler(manifest: Manifest, tree: Path) -> None:
    data = LagDataset(manifest, tree, size=8)
    weights = data.class_weights()
    assert weights.dtype == torch.float32
    assert weights.tolist() == [0.75, 1.5]
    loss = torch.nn.CrossEntropyLoss(weight=weights)(torch.zeros(9, 2), torch.tensor(data.samples.targets))
    assert loss.item() == pytest.approx(np.log(2))
    drawn = torch.tensor(list(data.sampler(20_000, generator=torch.Generator().manual_seed(0))))
    share = torch.tensor(data.samples.labels)[drawn].float().mean().item()
    assert abs(share - 0.5) < 4 * 0.5 / 20_000**0.5  # four standard errors
    assert drawn.unique().numel() == 9
    again = torch.tensor(list(data.sampler(20_000, generator=torch.Generator().manual_seed(0))))
    assert torch.equal(drawn, again)
    loader = DataLoader(data, batch_size=3, sampler=data.sampler(), num_workers=2)
    assert sum(len(batch.label) for batch in loader) == len(data)


def test_the_error_of_a_worker_names_the_file(manifest: Manifest, tree: Path) -> None:
    data = LagDataset(manifest, tree, size=8)
    (tree / N / "image" / "0003.jpg").write_bytes(b"")
    with pytest.raises(LagtoolError, match=r"image/0003\.jpg is not the file that was indexed \(0 bytes"):
        list(DataLoader(data, batch_size=2, num_workers=1))


def test_options_that_are_none(manifest: Manifest, tree: Path) -> None:
    with pytest.raises(LagtoolError, match="one of 'zeros', 'none', 'skip'"):
        LagDataset(manifest, tree, missing_map="black")  # type: ignore[arg-type]
    for dtype in (torch.int64, "uint8", np.uint8):
        with pytest.raises(LagtoolError, match=r"torch\.uint8 \(0\.\.255\) or a float"):
            LagDataset(manifest, tree, dtype=dtype)
    for folder in (N, S):
        for path in (tree / folder / "attention_map").iterdir():
            path.unlink()
    with pytest.raises(LagtoolError, match="missing_map=skip: no sample has a map in SampleSet"):
        LagDataset(scan(tree), tree, missing_map="skip")
