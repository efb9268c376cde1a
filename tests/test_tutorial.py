"""The tutorial runs from beginning to end, in a kernel of its own, and shows what it says."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parents[1] / "docs" / "tutorial.ipynb"
# In a process of its own: the libraries of notebooks leave sockets open when they are done.
RUN = """
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


def _code_cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


def test_it_is_kept_without_outputs() -> None:
    cells = _code_cells(NOTEBOOK)
    assert len(cells) > 6
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)


def test_it_runs(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", RUN, str(NOTEBOOK), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    outputs = [out for cell in _code_cells(tmp_path / "done.ipynb") for out in cell["outputs"]]
    shown = [str(out.get("data", {}).get("text/html") or out.get("data", {}).get("text/plain")) for out in outputs]
    text = "\n".join(shown)
    for words in ("Manifest of LAG", "FAIL: ", "among 58 pictures", "(8, 224, 224, 3)", "train"):
        assert words in text, words
    assert all(out["output_type"] in ("execute_result", "display_data") for out in outputs), "something was printed"
