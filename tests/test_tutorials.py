"""The tutorials are played from beginning to end, and what they show is what is said."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import sessions

DOCS = Path(__file__).parents[1] / "docs"
# In a process of its own: the libraries of notebooks leave sockets open when they are done.
NOTEBOOK = """
import sys
import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

book = nbformat.read(sys.argv[1], as_version=4)
manager = KernelManager(kernel_name="python3")
manager.kernel_spec.argv[0] = sys.executable
NotebookClient(book, km=manager, timeout=120, resources={"metadata": {"path": sys.argv[2]}}).execute()
nbformat.write(book, sys.argv[2] + "/done.ipynb")
"""


@pytest.fixture(autouse=True)
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


def test_the_first_hour(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    page = (DOCS / "first-hour.md").read_text(encoding="utf-8")
    parts = sessions.blocks(page)
    codes = {}
    for name, session in parts.items():
        if name == "again":
            (tmp_path / "lagtool.toml").write_text(sessions.blocks(page, "toml")["settings"], encoding="utf-8")
        codes[name] = sessions.play(session, capfd)
    assert codes.pop("verdict") == [1, 0]
    assert {code for some in codes.values() for code in some} == {0}
    assert list(codes) == ["make", "damage", "look", "repair", "marks", "pin", "again", "alike", "split"]


def test_another_data_set(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    page = (DOCS / "another-dataset.md").read_text(encoding="utf-8")
    (tmp_path / "acrima.toml").write_text(sessions.blocks(page, "toml")["acrima"], encoding="utf-8")
    codes = {name: sessions.play(session, capfd) for name, session in sessions.blocks(page).items()}
    assert codes == {
        "check": [0],
        "slip": [0, 1],
        "make": [0],
        "quick": [0, 0, 1],
        "rest": [0, 0, 0],
        "table": [0, 0, 0, 0, 0, 0, 0],
    }


def test_layouts(capfd: pytest.CaptureFixture[str]) -> None:
    page = (DOCS / "layouts.md").read_text(encoding="utf-8")
    codes = {name: sessions.play(session, capfd) for name, session in sessions.blocks(page).items()}
    assert codes == {"kaggle": [0, 0, 0, 0, 0, 0, 1, 0], "diff": [0, 1]}


def test_in_a_paper(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    page = (DOCS / "in-a-paper.md").read_text(encoding="utf-8")
    parts = sessions.blocks(page)
    assert sessions.play("$ lagtool synth LAG --profile lag-part1 --scale 0.02 --quiet\n", capfd) == [0]
    assert sessions.play(parts["data"] + parts["split"], capfd) == [0, 0]
    (tmp_path / "split" / "certificate.json").rename(tmp_path / "certificate.json")
    assert sessions.play(parts["again"], capfd) == [0, 0, 0]


def _code_cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


def test_the_notebook_is_kept_without_outputs() -> None:
    cells = _code_cells(DOCS / "tutorial.ipynb")
    assert len(cells) > 6
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)


def test_the_notebook_runs(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", NOTEBOOK, str(DOCS / "tutorial.ipynb"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    outputs = [out for cell in _code_cells(tmp_path / "done.ipynb") for out in cell["outputs"]]
    shown = [str(out.get("data", {}).get("text/html") or out.get("data", {}).get("text/plain")) for out in outputs]
    text = "\n".join(shown)
    for words in ("Manifest of LAG", "FAIL, ", "among 58 pictures", "(8, 224, 224, 3)", "train"):
        assert words in text, words
    assert all(out["output_type"] in ("execute_result", "display_data") for out in outputs), "something was printed"
