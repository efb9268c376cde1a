"""Files that are no regular files, where a file, a folder or SOURCE itself belongs."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.corpus.case import IMAGE, LABEL, MAP, NO_FILES, VALIDATE, Case, N, S, build, link, tree_case
from tests.trees import jpeg

SOURCE = "X"


def _linked(target: str, path: str = IMAGE) -> Callable[[Path], object]:
    return build(f"LAG/{path}", link(target))


def _instead(way: Callable[[Path], object], path: str = IMAGE) -> Callable[[Path], object]:
    return build(f"LAG/{path}", way)


def _socket(path: Path) -> None:
    here = Path.cwd()
    try:
        os.chdir(path.parent)  # the name of a socket is short
        with socket.socket(socket.AF_UNIX) as end:
            end.bind(path.name)
    finally:
        os.chdir(here)


def _device(path: Path) -> None:
    os.mknod(path, 0o20666, os.makedev(1, 5))  # that of /dev/zero


def _no_devices() -> str:
    return "" if os.geteuid() == 0 else "only root makes devices"


def _loop(place: Path) -> None:
    _linked("0002.jpg")(place)
    _linked("0001.jpg", f"{N}/image/0002.jpg")(place)


def in_the_place_of_a_file() -> Iterator[Case]:
    """Yield what lies where a sample's file belongs."""
    for slot, path in (("image", IMAGE), ("label", LABEL), ("map", MAP)):
        yield tree_case("kinds", f"folder for {slot}", _instead(Path.mkdir, path), ("LAG107", path))
        yield tree_case("kinds", f"named pipe for {slot}", _instead(os.mkfifo, path), ("LAG107", path))
        yield tree_case("kinds", f"socket for {slot}", _instead(_socket, path), ("LAG107", path))
        yield tree_case("kinds", f"device for {slot}", _instead(_device, path), ("LAG107", path), needs=_no_devices)
        yield tree_case("kinds", f"link to /dev/zero for {slot}", _linked("/dev/zero", path), ("LAG109", path))
        yield tree_case("kinds", f"link to nothing for {slot}", _linked("nowhere", path), ("LAG107", path))
        yield tree_case("kinds", f"link to itself for {slot}", _linked(Path(path).name, path), ("LAG107", path))
    yield tree_case("kinds", "link to /dev/random", _linked("/dev/random"), ("LAG109", IMAGE))
    yield tree_case("kinds", "link to the terminal", _linked("/dev/tty"), ("LAG109", IMAGE))
    yield tree_case("kinds", "link to the shadow file", _linked("/etc/shadow"), ("LAG109", IMAGE))
    yield tree_case("kinds", "link to a picture elsewhere", _linked("../../../m.parquet"), ("LAG109", IMAGE))
    yield tree_case("kinds", "link to a picture beside it", _linked("0002.jpg"), ("LAG108", IMAGE))
    other = f"../../{S}/image/0004.jpg"
    yield tree_case("kinds", "link to a picture of the other class", _linked(other), ("LAG108", IMAGE))
    yield tree_case("kinds", "link to a folder", _linked(f"../../{S}"), ("LAG108", IMAGE))
    yield tree_case("kinds", "link through /proc", _linked("/proc/self/root/etc/passwd"), ("LAG109", IMAGE))
    escapes = _linked("\x1b[31m\u202e\n<script>")
    yield tree_case("kinds", "link to a name with escapes", escapes, ("LAG107", IMAGE), says=r"\\\\x1b\[31m")
    second = f"{N}/image/0002.jpg"
    yield tree_case("kinds", "two links in a circle", _loop, ("LAG107", IMAGE), ("LAG107", second))


def in_the_place_of_a_folder() -> Iterator[Case]:
    """Yield what lies where a folder of the layout belongs, or beside them."""
    folder = f"{N}/image"
    # And of the files in others, none is called an orphan.
    missing = (("LAG001", folder), ("LAG017", N))
    linked = (("LAG003", folder), *missing)
    yield tree_case("kinds", "folder that is a link out", _linked("/etc", folder), *linked)
    yield tree_case("kinds", "folder that is a link round", _linked("..", folder), *linked)
    yield tree_case("kinds", "folder that is a file", _instead(Path.touch, folder), ("LAG011", folder), *missing)
    yield tree_case("kinds", "folder that is a named pipe", _instead(os.mkfifo, folder), ("LAG010", folder), *missing)
    yield tree_case("kinds", "link to the folder above", _linked("..", "up"), ("LAG015", "up"))
    yield tree_case("kinds", "link to all of it", _linked(".", "again"), ("LAG016", "again"))
    yield tree_case("kinds", "folders 300 deep", _deep, ("LAG004", "deep"))
    pipe = f"{N}/image/pipe"
    yield tree_case("kinds", "named pipe beside the samples", _instead(os.mkfifo, pipe), ("LAG010", pipe))


def _deep(place: Path) -> None:
    here = Path.cwd()
    try:
        os.chdir(place / "LAG")
        for _ in range(300):
            Path("deep").mkdir()
            os.chdir("deep")
    finally:
        os.chdir(here)


def as_source() -> Iterator[Case]:
    """Yield what SOURCE is instead of a tree or a manifest."""
    no_source = "neither a folder nor an archive|no such file|is a |looks like |holds no|is empty|cannot"
    ways: dict[str, Callable[[Path], object]] = {
        **NO_FILES,
        "a socket": _socket,
        "an empty file": Path.touch,
        "a picture": lambda path: path.write_bytes(jpeg(1)),
        "a link to nothing": link("nowhere"),
        "a link to itself": lambda path: path.symlink_to(path.name),
        "a folder of one class": lambda path: shutil.copytree(path.parent / "LAG" / N, path),
        "a folder of folders": lambda path: (path / "a" / "b" / "c").mkdir(parents=True),
    }
    for name, way in ways.items():
        for target in (SOURCE, "X.parquet", "X.jsonl"):
            if target != SOURCE and "folder" in name:
                continue
            yield Case(
                "kinds",
                f"{target} is {name}",
                build(target, way),
                ("validate", target, "--no-config", "--quiet"),
                2,
                says="" if target != SOURCE else no_source,
                names=target,
            )
    yield Case("kinds", "a name of 5,000 characters", lambda _: None, ("validate", "x" * 5000, "--no-config"), 2)
    yield Case("kinds", "a name with escapes", lambda _: None, ("validate", "\x1b[31m\u202e", "--no-config"), 2)
    yield Case("kinds", "an empty name", lambda _: None, ("validate", "", "--no-config"), 2)
    renamed = ("validate", "L\x1b[31m\u202eG\n<b>", *VALIDATE[2:])
    yield Case("kinds", "a root with escapes in its name", _renamed, renamed, 0)


def _renamed(place: Path) -> None:
    (place / "LAG").rename(place / "L\x1b[31m\u202eG\n<b>")


def cases() -> Iterator[Case]:
    """Yield all of them."""
    for some in (in_the_place_of_a_file, in_the_place_of_a_folder, as_source):
        yield from some()
