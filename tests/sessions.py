"""What stands in a page to be run: its blocks of code, and its console sessions, played and held to what they show."""

import re
import shlex
import subprocess

import pytest

from lagtool.__main__ import run


def blocks(page: str, language: str = "console") -> dict[str, str]:
    """Return the fenced blocks of a page that stand between ``<!-- name -->`` and ``<!-- /name -->``, in order."""
    found = re.findall(rf"^<!-- ([\w-]+) -->\n```{language}\n(.*?)```\n<!-- /\1 -->", page, re.MULTILINE | re.DOTALL)
    return dict(found)


def commands(session: str) -> list[list[str]]:
    """Return the arguments of each ``lagtool`` of a session."""
    return [shlex.split(line) for line in re.findall(r"^\$ lagtool (.*)$", session, re.MULTILINE)]


def play(session: str, capfd: pytest.CaptureFixture[str]) -> list[int]:
    """Run the commands of a session in the current folder, compare all that it shows, and return the exit codes."""
    codes = []
    for piece in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        command, _, shown = piece.replace("\\\n", "").partition("\n")
        capfd.readouterr()
        if command.startswith("lagtool "):
            codes.append(run(shlex.split(command)[1:]))
        else:
            codes.append(subprocess.run(["bash", "-euc", command], check=False).returncode)
        captured = capfd.readouterr()
        said = _plain(captured.err + captured.out)
        place = 0
        for part in re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE):
            passage = _plain(part).strip("\n")
            at = said.find(passage, place)
            assert at >= 0, f"$ {command}\nsays\n{said}\nand not\n{passage}"
            place = at + len(passage)
    return codes


def _plain(text: str) -> str:
    """Leave out what the bytes of pictures decide, which other versions of an encoder write otherwise."""
    return re.sub(r"\b[0-9a-f]{16,64}\b", "#", re.sub(r"(lagtool) \d+\.\d+\.\d+", r"\1 #", text))
