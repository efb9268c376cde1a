"""The promises of docs/security.md, held: seen while the program runs, and in its source."""

import ast
import csv
import io
import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import lagtool
from lagtool.__main__ import run
from lagtool.reporting.report import ReportFormat
from tests.corpus.names import _OFF
from tests.trees import CLASSES, jpeg, link_images, snapshot, write, write_tree

PACKAGE = Path(lagtool.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
CANARY = "canary7f3a"
N = CLASSES[0]

# The program runs under a hook that notes what Python is asked to do, in all processes that it starts.
HOOK = """
import os, sys
_log = os.open(os.environ["AUDIT_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_KEPT = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
         "os.chown", "os.utime", "os.system", "os.exec", "os.posix_spawn", "os.startfile", "subprocess.Popen",
         "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname",
         "pickle.find_class", "marshal.loads_", "ftplib.connect", "urllib.Request", "http.client.connect",
         "webbrowser.open", "ctypes.dlopen_"}
def _hook(event, args):
    note = None
    if event == "open" and isinstance(args[0], (str, bytes)) and isinstance(args[2], int) and args[2] & _WRITE:
        note = ("write", os.fsdecode(args[0]))
    elif event in _KEPT:
        note = (event, *map(repr, args[:2])) if not event.startswith("os.") else (event, *_names(args))
    elif event == "compile" and "canary7f3a" in repr(args[0]):
        note = ("compile", repr(args[0])[:200])
    if note is not None:
        os.write(_log, (repr((os.getcwd(), *note)) + "\\n").encode("utf-8", "backslashreplace"))
def _names(args):
    folder = args[-1] if isinstance(args[-1], int) and args[-1] >= 0 else None  # names may be told from an open folder
    base = os.readlink(f"/proc/self/fd/{folder}") if folder is not None and len(args) == 2 else ""
    return tuple(os.path.join(base, os.fsdecode(arg)) for arg in args[:2] if isinstance(arg, (str, bytes)))
sys.addaudithook(_hook)
"""

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("index", "LAG", "-o", "out/m.parquet"),
    ("index", "LAG", "-o", "out/m.parquet", "--update"),
    ("validate", "LAG", "--config", "lagtool.toml", "-o", "out/findings.jsonl", "--format", "jsonl"),
    ("validate", "out/m.parquet", "--curation", "marks.csv", "--write-baseline", "out/baseline.json"),
    ("stats", "LAG", "--format", "csv"),
    ("duplicates", "LAG", "--relations", "identical"),
    ("split", "out/m.parquet", "-o", "out/split", "--ratios", "60/40", "--relations", "identical"),
    ("audit", "theirs.json", "out/m.parquet", "--relations", "none"),
    ("report", "LAG", "-o", "out/report", "--thumbnails"),
    ("export", "out/split/manifest.parquet", "--root", "LAG", "--to", "imagefolder", "-o", "out/folder"),
    ("export", "out/split/manifest.parquet", "--root", "LAG", "--to", "csv", "-o", "out/lists"),
    ("curate", "add", "out/marks.csv", "--class", N, "--id", "0001", "--action", "exclude", "--note", CANARY),
    ("verify", "LAG", "out/m.parquet"),
    ("profile", "check", "theirs.toml"),
)


def _hostile(place: Path) -> Path:
    """Write a tree and files of strangers, with names and texts that would run where somebody let them."""
    tree = write_tree(place / "LAG")
    for name in _OFF.values():
        (tree / N / "image" / os.fsdecode(name)).write_bytes(b"x")
    code = f"__import__('os').system('touch {CANARY}')"
    (tree / N / "label" / "0001.txt").write_text(code)
    (tree / N / "image" / "0002.jpg").write_bytes(b"%!PS\n(%pipe%touch canary7f3a) (r) file\n")
    (tree / N / "image" / "0003.jpg").unlink()
    (tree / N / "image" / "0003.jpg").symlink_to(place / "secret.jpg")
    (place / "secret.jpg").write_bytes(jpeg(99))
    (place / "lagtool.toml").write_text(f'[ignore]\nLAG203 = "{code}"\n')
    (place / "marks.csv").write_text(f"class,id,action,value,note\n{N},0001,accept,,{code}\n")
    (place / "theirs.json").write_text(json.dumps({"train": [code, "0001.jpg"], "test": ["0004.jpg"]}))
    (place / "theirs.toml").write_text(f'extends = "lag"\nname = "x"\ntitle = "{code}"\n')
    (place / "out").mkdir()
    return tree


@pytest.fixture(scope="module")
def noted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[str, ...]]]:
    """What Python was asked to do while all the main commands ran: command, folder, event, and what it was told."""
    place = tmp_path_factory.mktemp("audited").resolve()
    tree = _hostile(place)
    before = snapshot(tree)
    (place / "hook").mkdir()
    (place / "tmp").mkdir()
    (place / "hook" / "sitecustomize.py").write_text(HOOK)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LAGTOOL_", "PYTEST"))}
    environment = {
        **kept,
        "PYTHONPATH": f"{place / 'hook'}{os.pathsep}{PACKAGE.parent}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AUDIT_LOG": str(place / "log"),
        "TMPDIR": str(place / "tmp"),
        "MPLCONFIGDIR": str(place / "out" / "matplotlib"),  # it keeps a list of fonts where it may
    }
    found = []
    for command in COMMANDS:
        (place / "log").write_text("")
        done = subprocess.run(
            [sys.executable, "-m", "lagtool", *command], cwd=place, env=environment, capture_output=True, check=False
        )
        assert done.returncode in (0, 1), (command, done.stderr.decode())
        lines = (place / "log").read_text().splitlines()
        found += [(" ".join(command), *ast.literal_eval(line)) for line in lines]
    assert snapshot(tree) == before
    assert not list(place.glob(f"**/{CANARY}*"))
    return place, found


def test_the_hook_notes_what_is_written(noted: tuple[Path, list[tuple[str, ...]]]) -> None:
    place, found = noted
    written = {Path(folder, path) for _, folder, event, path, *_ in found if event == "write"}
    assert any(path.parent == place / "out" for path in written)


def test_nothing_is_written_outside_the_output(noted: tuple[Path, list[tuple[str, ...]]]) -> None:
    place, found = noted
    changing = {"write", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate"}
    wrong = [
        (command, event, path)
        for command, folder, event, *paths in found
        if event in changing | {"os.chmod", "os.chown", "os.utime"}
        for path in (paths[-1:] if event in ("os.symlink", "os.link") else paths)
        if not _is_free(Path(folder, path), place)
    ]
    assert wrong == []


def _is_free(path: Path, place: Path) -> bool:
    """Whether a path lies in the output or in the folder for temporary files, where processes talk to each other."""
    return path.is_relative_to(place / "out") or path.is_relative_to(place / "tmp") or str(path) == os.devnull


def test_there_is_no_network(noted: tuple[Path, list[tuple[str, ...]]]) -> None:
    _, found = noted
    # A socket that is named by a path is how processes of this machine talk to each other.
    calls = [note for note in found if note[2].startswith(("socket.", "urllib.", "http.", "ftplib.", "webbrowser."))]
    assert [note for note in calls if note[2] not in ("socket.connect", "socket.bind") or note[4][:1] == "("] == []


def test_nothing_is_unpickled_and_no_program_is_run(noted: tuple[Path, list[tuple[str, ...]]]) -> None:
    _, found = noted
    assert [note for note in found if note[2] == "pickle.find_class" and "lagtool" not in note[3]] == []
    run_ = [note for note in found if note[2].startswith(("subprocess.", "os.system", "os.exec", "os.posix"))]
    # Matplotlib asks for the fonts of the machine, once: its list is kept.
    assert {note[3] for note in run_} <= {"'fc-list'"}
    assert all(note[0].startswith("report ") for note in run_)


def test_no_text_of_strangers_is_compiled(noted: tuple[Path, list[tuple[str, ...]]]) -> None:
    _, found = noted
    assert [note for note in found if note[2] == "compile"] == []


FORBIDDEN_MODULES = {
    *("pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle", "subprocess", "socket", "urllib", "http"),
    *("ftplib", "smtplib", "requests", "httpx", "aiohttp", "telnetlib", "xmlrpc", "code", "pty", "webbrowser"),
}
FORBIDDEN_CALLS = {
    *("eval", "exec", "compile", "__import__", "input", "breakpoint"),
    *("os.system", "os.popen", "os.execv", "os.spawnv", "torch.load", "yaml.load", "yaml.unsafe_load", "np.fromfile"),
    *("pd.read_pickle", "pd.eval", "pd.read_html", "shutil.unpack_archive"),
}
ORDERS = {f"scanning/{name}.py" for name in ("cluster", "processes", "worker", "workers")}
"""What packs work for other processes, and unpacks it there: never anything that was read."""


def _calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_the_source_has_no_way_to_run_data(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found = {name.partition(".")[0] for name in names if name != "urllib.parse"} & FORBIDDEN_MODULES
        place = path.relative_to(PACKAGE).as_posix()
        started = {"subprocess"} if place == "scanning/processes.py" else set()
        assert found <= ({"pickle"} if place in ORDERS else set()) | started
    for name, call in _calls(tree):
        assert name not in FORBIDDEN_CALLS, name
        told: dict[str | None, Any] = {word.arg: word.value for word in call.keywords}
        if name.endswith("np.load"):
            assert isinstance(told.get("allow_pickle"), ast.Constant), "np.load is told allow_pickle=False"
            assert told["allow_pickle"].value is False
        assert "shell" not in told
        if name.endswith("Environment"):
            assert "autoescape" in told, "templates of HTML escape by themselves"


class _Markup(HTMLParser):
    """Notes elements with their attributes, and where links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: set[tuple[str, tuple[str, ...]]] = set()
        self.targets: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shapes.add((tag, tuple(sorted(name for name, _ in attrs))))
        self.targets |= {value or "" for name, value in attrs if name in ("href", "src", "action", "formaction")}


def _read_markup(path: Path) -> _Markup:
    markup = _Markup()
    markup.feed(path.read_text(encoding="utf-8"))
    return markup


def test_no_name_becomes_markup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    _hostile(tmp_path)
    plain = write_tree(tmp_path / "PLAIN")
    for number in range(len(_OFF)):
        (plain / N / "image" / f"unmatched_file{number}.jpg").write_bytes(b"x")
    (plain / N / "label" / "0001.txt").write_text("x")
    (plain / N / "image" / "0002.jpg").write_bytes(b"x")
    (plain / N / "image" / "0003.jpg").unlink()
    (plain / N / "image" / "0003.jpg").symlink_to(tmp_path / "secret.jpg")
    pages = {}
    for root in ("LAG", "PLAIN"):
        assert run(["report", root, "-o", f"out/{root}", "--no-config", "--quiet"]) in (0, 1)
        pages[root] = _read_markup(tmp_path / "out" / root / "index.html")
    assert pages["LAG"].shapes <= pages["PLAIN"].shapes
    assert all(not target.lower().strip().startswith(("javascript:", "data:text")) for target in pages["LAG"].targets)
    assert not any(name.startswith("on") for _, names in pages["LAG"].shapes for name in names)


@pytest.mark.parametrize("form", list(ReportFormat), ids=lambda form: form.value)
def test_no_format_carries_what_disturbs_a_terminal(
    form: ReportFormat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    _hostile(tmp_path)
    assert run(["validate", "LAG", "--format", form.value, "--no-config", "--quiet", "--jobs", "1"]) == 1
    captured = capsys.readouterr()
    for char in set(captured.out + captured.err) - {"\n"}:
        assert unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"), ascii(char)
    if form is ReportFormat.CSV:
        _check_cells(captured.out)


def test_no_cell_becomes_a_formula(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    _hostile(tmp_path)
    assert run(["stats", "LAG", "--format", "csv", "--quiet"]) == 0
    _check_cells(capsys.readouterr().out)
    assert run(["duplicates", "LAG", "--relations", "identical", "--format", "csv", "--quiet"]) in (0, 1)
    _check_cells(capsys.readouterr().out)
    assert run(["split", "LAG", "-o", "out/split", "--relations", "identical", "--ratios", "60/40", "--quiet"]) == 0
    manifest = "out/split/manifest.parquet"
    assert run(["export", manifest, "--root", "LAG", "--to", "csv", "-o", "out/lists", "--quiet"]) == 0
    assert run(["curate", "add", "out/x.csv", "--class", N, "--id", "1", "--action", "exclude", "--note", "=1"]) == 0
    assert run(["index", "LAG", "-o", "out/m.csv", "--quiet"]) == 0
    files = sorted((tmp_path / "out").rglob("*.csv"))
    assert len(files) >= 5
    for path in files:
        text = path.read_text(encoding="utf-8")
        _check_cells(text.partition("\n")[2] if text.startswith("#lagtool") else text)


def _check_cells(text: str) -> None:
    for row in csv.reader(io.StringIO(text, newline="")):
        for cell in row:
            if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")):
                float(cell)  # a number below zero is no formula


@pytest.mark.parametrize(
    "command",
    [
        ["index", "LAG", "-o", "x.parquet"],
        ["validate", "LAG", "--ignore", "counts"],
        ["stats", "LAG"],
        ["verify", "LAG", "m.parquet"],
        ["duplicates", "LAG"],
        ["split", "LAG", "-o", "x"],
        ["export", "m.parquet", "--root", "LAG", "--to", "imagefolder", "-o", "x"],
        ["report", "LAG", "-o", "x"],
        ["synth", "X", "--scale", "0.03"],
    ],
    ids=lambda command: command[0],
)
def test_python_files_of_the_current_folder_are_not_run(command: list[str], tmp_path: Path) -> None:
    root = write_tree(tmp_path / "LAG", 2, 2)
    link_images(root, range(10, 250))  # enough for worker processes
    assert run(["index", str(root), "-o", str(tmp_path / "m.parquet"), "-q"]) == 0
    for name in ("types", "random", "numpy", "socket", "queue", "token", "lagtool"):
        write(tmp_path / f"{name}.py", b"open('RAN', 'a').write(__name__)\n")
    # As the installed program does, the first process itself does not look there.
    start = [sys.executable, "-P", "-m", "lagtool", *command, "-q", "-j", "2"]
    done = subprocess.run(start, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1, 2), done.stderr  # 2: 240 links to one picture cannot be split
    assert not (tmp_path / "RAN").exists()
