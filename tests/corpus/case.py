"""One case of the corpus: what is made, the command that meets it, and what must come of that."""

import json
import os
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from lagtool.scanning.scan import scan
from tests.trees import write_tree

N, S = "non_glaucoma", "suspicious_glaucoma"
IMAGE, LABEL, MAP = f"{N}/image/0001.jpg", f"{N}/label/0001.txt", f"{N}/attention_map/0001.jpg"

VALIDATE = ("validate", "LAG", "--format", "json", "--ignore", "counts", "--no-config", "--quiet", "--jobs", "1")
JUDGE = ("validate", "m.parquet", "--format", "json", "--ignore", "counts", "--no-config", "--quiet")

SECONDS = 20.0
"""Most seconds of processors that a case may take, the start of the program included."""

PATIENCE = 6
"""How many times that it may take on the clock: something else may keep the machine busy."""

MEGABYTES = 600
"""Most memory (resident, the largest process) that a case may need beyond that of the same command on sound input."""

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@dataclass(frozen=True)
class Case:
    """A row of the table.

    Attributes:
        group: What kind of input is bad.
        name: What is bad about it.
        make: Puts it into a folder that holds the flawless tree ``LAG`` and its manifest ``m.parquet``.
        command: What is run in that folder.
        code: Its exit code.
        finds: Code and path of every finding, where the command writes JSON; None: not asked.
        says: What stands in the one line on stderr (a regular expression), or, where the code is 0 or 1, in the output.
        names: The file that an error must name; empty: none.
        seconds: See `SECONDS`.
        megabytes: See `MEGABYTES`.
        heavy: Whether it is too slow or large for every run of the tests.
        needs: Says why the case cannot be made here; empty where it can.
    """

    group: str
    name: str
    make: Callable[[Path], object]
    command: tuple[str, ...] = VALIDATE
    code: int = 1
    finds: frozenset[tuple[str, str]] | None = None
    says: str = ""
    names: str = ""
    seconds: float = SECONDS
    megabytes: int = MEGABYTES
    heavy: bool = False
    needs: Callable[[], str] = field(default=lambda: "")

    @property
    def title(self) -> str:
        """Group and name."""
        return f"{self.group}: {self.name}"


def finds(*found: tuple[str, str]) -> frozenset[tuple[str, str]]:
    """Return findings, each its code and path."""
    return frozenset(found)


def put(path: str, data: bytes | Callable[[], bytes]) -> Callable[[Path], object]:
    """Return what writes a file, in the place of what is there; its bytes may be made when they are needed."""

    def make(place: Path) -> None:
        target = place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data if isinstance(data, bytes) else data())

    return make


def build(path: str, way: Callable[[Path], object]) -> Callable[[Path], object]:
    """Return what builds something, no regular file, in the place of what is there."""

    def make(place: Path) -> None:
        target = place / path
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
        way(target)

    return make


def link(target: str) -> Callable[[Path], object]:
    """Return what makes a link."""
    return lambda path: path.symlink_to(target)


NO_FILES: dict[str, Callable[[Path], object]] = {
    "nothing": lambda _: None,
    "a folder": Path.mkdir,
    "a named pipe": os.mkfifo,
    "a link to /dev/zero": link("/dev/zero"),
}
"""What may be called like a file and is none."""


@cache
def _template() -> Path:
    """Return a folder with a flawless tree and its manifest in all three forms."""
    place = Path(mkdtemp(prefix="lagtool-corpus-"))
    write_tree(place / "LAG")
    manifest = scan(place / "LAG", jobs=1)
    for suffix in ("parquet", "csv", "jsonl"):
        manifest.write(place / f"m.{suffix}")
    return place


def read_template(name: str) -> bytes:
    """Return the bytes of a file beside the flawless tree."""
    return (_template() / name).read_bytes()


def prepare(case: Case, place: Path) -> None:
    """Make the input of a case in an empty folder."""
    whole = _template()
    if "LAG" in case.command or case.group == "kinds":
        shutil.copytree(whole / "LAG", place / "LAG")
    for path in whole.glob("m.*"):
        shutil.copy2(path, place)
    case.make(place)


def complain(case: Case, code: int, out: str, err: str) -> list[str]:
    """Return what is wrong with the answer of the program: nothing, where it is as it must be."""
    wrong = []
    if code != case.code:
        wrong.append(f"exit code {code}, expected {case.code}: {(err or out)[-300:]!r}")
    if "Traceback" in out + err or "lagtool: this is a bug" in err:
        wrong.append(f"a traceback: {err[-300:]!r}")
    if hidden := {char for char in out + err if char != "\n" and unicodedata.category(char) in _HIDDEN}:
        wrong.append(f"characters that disturb a terminal: {sorted(map(ascii, hidden))}")
    if (longest := max(map(len, (out + err).split("\n")))) > 10_000:
        wrong.append(f"a line of {longest:,} characters")
    if wrong:
        return wrong
    if case.code == 2:
        return _complain_of_error(case, out, err)
    if case.finds is not None:
        found = {(finding["code"], finding["path"]) for finding in json.loads(out)["findings"]}
        if found != case.finds:
            wrong.append(f"missed {sorted(case.finds - found)}, invented {sorted(found - case.finds)}")
    if case.says and not re.search(case.says, out + err):
        wrong.append(f"does not say {case.says!r}: {(out + err)[-300:]!r}")
    return wrong


def _complain_of_error(case: Case, out: str, err: str) -> list[str]:
    wrong = []
    if out or not err.endswith("\n") or err.count("\n") != 1 or not err.startswith("lagtool: "):
        wrong.append(f"not one line: {out[-100:]!r} {err[-300:]!r}")
    if len(err) > 700:
        wrong.append(f"a line of {len(err):,} characters: {err[:300]!r}")
    if case.names and case.names not in err:
        wrong.append(f"does not name {case.names}: {err!r}")
    if not re.search(case.says, err):
        wrong.append(f"does not say {case.says!r}: {err!r}")
    return wrong


def tree_case(
    group: str, name: str, make: Callable[[Path], object], *found: tuple[str, str], says: str = "", **more: object
) -> Case:
    """Return a case of ``validate LAG`` that must find exactly this; none of it an error: exit code 0."""
    errors = any(code in _errors() for code, _ in found)
    return Case(group, name, make, code=int(errors), finds=finds(*found), says=says, **more)  # type: ignore[arg-type]


@cache
def _errors() -> frozenset[str]:
    from lagtool.checks.registry import CHECKS
    from lagtool.model import Severity

    return frozenset(check.code for check in CHECKS if check.severity is Severity.ERROR)


def unique(cases: Iterable[Case]) -> tuple[Case, ...]:
    """Return the cases, whose titles must differ."""
    made = tuple(cases)
    titles = [case.title for case in made]
    assert len(set(titles)) == len(titles), [title for title in titles if titles.count(title) > 1]
    return made
