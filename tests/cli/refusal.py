"""What every command does with what cannot be done: one line on stderr, and exit code 2."""

import pytest

from lagtool.__main__ import run


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run, and return the one line on stderr of what could not be done."""
    assert run(list(arguments)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("lagtool: ")
    return line
