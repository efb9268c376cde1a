"""What cannot be done is said in one line."""

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
