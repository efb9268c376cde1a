"""What is noticed of 25 kinds of damage, and by whom: ``python -m tests.benchmarks.damage [TREE]``."""

import argparse
import hashlib
import io
import random
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import simplejpeg
from PIL import Image

from lagtool.model import State
from lagtool.probe.picture import decode
from lagtool.synth.fundus import draw_fundus, encode_fundus

EOI = b"\xff\xd9"
Damage = Callable[[bytes, random.Random], bytes]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of damage; ``certain``: it can be noticed in every file, so that it must be."""

    name: str
    harm: Damage
    certain: bool = True


def _cut(percent: int) -> Kind:
    return Kind(f"cut at {percent} %", lambda data, _rng: data[: len(data) * percent // 100])


def find_frame(data: bytes) -> int:
    """Return where the start-of-frame marker stands."""
    return _find(data, {0xC0, 0xC1, 0xC2})


def find_scan(data: bytes) -> int:
    """Return where the entropy-coded data begin."""
    at = _find(data, {0xDA})
    return at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")


def _find(data: bytes, markers: set[int]) -> int:
    at = 2
    while data[at + 1] not in markers:
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at


def _put(data: bytes, at: int, patch: bytes) -> bytes:
    return data[:at] + patch + data[at + len(patch) :]


def _middle(data: bytes) -> int:
    return (find_scan(data) + len(data)) // 2


def _change_height(data: bytes, rng: random.Random) -> bytes:
    at = find_frame(data) + 5
    height = int.from_bytes(data[at : at + 2], "big") + rng.choice((-1, 1)) * rng.randrange(64, 200)
    return _put(data, at, height.to_bytes(2, "big"))


def _flip_bits(data: bytes, rng: random.Random, count: int) -> bytes:
    changed = bytearray(data)
    for at in rng.sample(range(find_scan(data), len(data) - 2), count):
        changed[at] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _put_random(data: bytes, rng: random.Random) -> bytes:
    return _put(data, rng.randrange(find_scan(data), len(data) - 514), rng.randbytes(512))


def _zero_sector(data: bytes, rng: random.Random) -> bytes:
    first = find_scan(data) // 512 + 1
    return _put(data, 512 * rng.randrange(first, len(data) // 512 - 1), bytes(512))


def _cut_out(data: bytes, _rng: random.Random) -> bytes:
    at = _middle(data)
    return data[: at - 2048] + data[at + 2048 :]


def _save_as(data: bytes, kind: str) -> bytes:
    target = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        image.save(target, kind)
    return target.getvalue()


def _point(data: bytes, _rng: random.Random) -> bytes:
    digest = hashlib.sha256(data).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(data)}\n".encode()


KINDS = (
    *(_cut(percent) for percent in (10, 25, 50, 75, 90, 99)),
    Kind("last 16 bytes gone", lambda data, _rng: data[:-16]),
    Kind("last 64 bytes gone", lambda data, _rng: data[:-64]),
    Kind("second half zeroed", lambda data, _rng: _put(data, len(data) // 2, bytes(len(data) - len(data) // 2))),
    Kind("4 KB zeroed in the middle", lambda data, _rng: _put(data, _middle(data) - 2048, bytes(4096))),
    Kind("4 KB cut out of the middle", _cut_out),
    Kind("one 512-byte sector zeroed", _zero_sector, certain=False),
    Kind("EOI put in the middle", lambda data, _rng: _put(data, _middle(data), EOI)),
    Kind("height in the header changed", _change_height),
    Kind("512 random bytes in the scan", _put_random, certain=False),
    Kind("20 bits flipped in the scan", lambda data, rng: _flip_bits(data, rng, 20), certain=False),
    Kind("1 bit flipped in the scan", lambda data, rng: _flip_bits(data, rng, 1), certain=False),
    Kind("1 KB of junk after EOI", lambda data, rng: data + rng.randbytes(1024)),
    Kind("two files joined", lambda data, _rng: data + data),
    Kind("PNG behind `.jpg`", lambda data, _rng: _save_as(data, "PNG")),
    Kind("WebP behind `.jpg`", lambda data, _rng: _save_as(data, "WEBP")),
    Kind("Git LFS pointer", _point),
    Kind("HTML page", lambda _data, _rng: b"<!DOCTYPE html>\n<html><body>Please sign in.</body></html>\n"),
    Kind("empty", lambda _data, _rng: b""),
    Kind("all zero", lambda data, _rng: bytes(len(data))),
)
INTACT = Kind("*intact originals*", lambda data, _rng: data, certain=False)


def judge(data: bytes) -> str:
    """Return what lagtool says of a file that must be a JPEG: its state, or that something lies behind it."""
    found = decode(data, "JPEG", reduce=4)
    return "trailer" if found.state is State.OK and found.trailer else str(found.state)


def _pillow_verifies(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as image:
        image.verify()


def _pillow_loads(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as image:
        image.load()


def _simplejpeg_decodes(data: bytes) -> None:
    simplejpeg.decode_jpeg(data, "RGB", strict=True)


PEERS: tuple[Callable[[bytes], None], ...] = (_pillow_verifies, _pillow_loads, _simplejpeg_decodes)


def objects(peer: Callable[[bytes], None], data: bytes) -> bool:
    """Tell whether a decoder raises anything."""
    try:
        with warnings.catch_warnings(action="ignore"):
            peer(data)
    except Exception:  # noqa: BLE001 - each decoder has errors of its own
        return True
    return False


def harm_all(kind: Kind, originals: Sequence[bytes]) -> list[bytes]:
    """Return the originals, each damaged; the same at every call."""
    rng = random.Random(kind.name)
    return [kind.harm(data, rng) for data in originals]


def draw_originals(count: int) -> list[bytes]:
    """Return drawn photographs."""
    return [encode_fundus(draw_fundus(0, number, number % 2).pixels, 90) for number in range(1, count + 1)]


def read_originals(tree: Path, count: int) -> list[bytes]:
    """Return some images of a tree, the same at every call."""
    paths = sorted(tree.glob("*/image/*.jpg"))
    return [path.read_bytes() for path in random.Random(0).sample(paths, min(count, len(paths)))]


def format_row(kind: Kind, files: Sequence[bytes]) -> str:
    """Return one line of the table."""
    verdicts = Counter(judge(data) for data in files)
    states = ", ".join(f"{name} {count}" for name, count in sorted(verdicts.items()))
    found = [len(files) - verdicts["ok"], *(sum(objects(peer, data) for data in files) for peer in PEERS)]
    cells = " | ".join(f"{number}/{len(files)}" for number in found)
    return f"| {kind.name} | {cells} | {states} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path, nargs="?", help="take images of this tree instead of drawing some")
    parser.add_argument("--files", type=int, default=40)
    options = parser.parse_args()
    originals = read_originals(options.tree, options.files) if options.tree else draw_originals(options.files)
    print("| damage | lagtool | Pillow `verify()` | Pillow `load()` | simplejpeg `strict` | what lagtool says |")
    print("|---|---:|---:|---:|---:|---|")
    for kind in (*KINDS, INTACT):
        print(format_row(kind, harm_all(kind, originals)), flush=True)


if __name__ == "__main__":
    main()
