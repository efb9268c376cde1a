"""The house rules that a reader relies on: imports only go down, only the command line prints, modules stay small."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import lagtool

PACKAGE = Path(lagtool.__file__).parent
# From top to bottom: a package may import from packages of a lower line only (and from itself).
LAYERS = (
    {"cli"},
    {"reporting", "export", "training"},
    {"checks", "stats"},
    {"splits"},
    {"duplicates", "synth"},
    {"scanning", "curation"},
    {"manifest", "lists"},
    {"files", "probe"},
    {"profiles", "output"},
    {"model", "reading", "text", "errors"},
)
BASE = LAYERS[-1] | {"__init__"}
LEVEL = {room: len(LAYERS) - number for number, rooms in enumerate((*LAYERS[:-1], BASE)) for room in rooms}
FORBIDDEN = {"utils", "util", "core", "common", "base", "helpers", "misc"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def _room(module: str) -> str:
    parts = module.split(".")
    return "cli" if module == "lagtool.__main__" else parts[1] if len(parts) > 1 else "__init__"


def _name(path: Path) -> str:
    parts = ["lagtool", *path.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_imports_only_go_down(path: Path) -> None:
    here = _room(_name(path))
    assert here in LEVEL, f"{here} stands in no layer: put it into LAYERS"
    if _name(path) == "lagtool":
        return  # the public names point everywhere
    for target in _imports(ast.parse(path.read_text())):
        if target == "lagtool" or target.startswith("lagtool."):
            there = _room(target)
            below = LEVEL[there] < LEVEL[here] or {here, there} <= BASE
            assert there == here or below, f"{_name(path)} imports {target}, which is not below it"


def test_no_modules_import_each_other_in_a_circle() -> None:
    names = {_name(path) for path in MODULES}
    arrows = {
        _name(path): set(_targets(ast.parse(path.read_text()), names)) for path in MODULES if _name(path) != "lagtool"
    }
    TopologicalSorter({name: targets - {name, "lagtool"} for name, targets in arrows.items()}).prepare()


def _targets(tree: ast.AST, names: set[str]) -> Iterator[str]:
    """Yield each module of ours that is imported, be it named as ``from lagtool.checks import images``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in names:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in names else node.module


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_no_import_by_string_hides_an_arrow(path: Path) -> None:
    """The public names point everywhere; beside that, an import is an import."""
    if _name(path) == "lagtool":
        return
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    named = [call.args[0] for call in calls if ast.unparse(call.func).endswith(("import_module", "__import__"))]
    assert [
        ast.unparse(name) for name in named if "lagtool" in ast.unparse(name) or not isinstance(name, ast.Constant)
    ] == []


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_modules_are_small_and_well_named(path: Path) -> None:
    assert path.stem not in FORBIDDEN
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_only_the_command_line_prints(path: Path) -> None:
    if _room(_name(path)) == "cli":
        return
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert not [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]


def test_help_is_quick_because_it_imports_nothing_heavy() -> None:
    code = (
        "import sys; from lagtool.__main__ import run; run(['--help']); "
        "print([name for name in ('pandas', 'pyarrow', 'numpy', 'PIL', 'cv2', 'simplejpeg') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "validate" in done.stdout


@pytest.mark.parametrize(
    "path", [*MODULES, *sorted((PACKAGE.parent / "docs").glob("*.md"))], ids=lambda path: path.name
)
def test_names_in_backticks_exist(path: Path) -> None:
    names = re.findall(r"`(lagtool(?:\.[A-Za-z_][A-Za-z_0-9]*)+)(?:\(|`)", path.read_text(encoding="utf-8"))
    files = {"lagtool.toml", "lagtool.theme"}
    assert [name for name in dict.fromkeys(names) if name not in files and not _exists(name)] == []


def _exists(name: str) -> bool:
    if ".torch" in name:  # needs PyTorch
        return name.startswith("lagtool.training.torch")
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        with suppress(ModuleNotFoundError):
            value = import_module(".".join(parts[:end]))
            for part in parts[end:]:
                if not hasattr(value, part):
                    return part in getattr(value, "__annotations__", {})
                value = getattr(value, part)
            return True
    return False
