"""A few of the kills and failing calls of ``python -m tests.campaigns``, in some seconds."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.campaigns.commands import COMMANDS
from tests.campaigns.errors import fail_all
from tests.campaigns.kills import kill_all, list_bad

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the faults of this system")


def test_a_few_kills(tmp_path: Path) -> None:
    commands = [
        command for command in COMMANDS if command.name in ("index .csv", "split", "export imagefolder", "synth")
    ]
    tally = kill_all(tmp_path, 16, seed=1, commands=commands)
    assert sum(number for (_, outcome), number in tally.items() if outcome == "killed") > 0
    assert not list_bad(tally)


def test_a_few_calls_that_fail(tmp_path: Path) -> None:
    if (
        shutil.which("strace") is None
        or subprocess.run(["strace", "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("strace is not there, or may not trace")
    commands = [command for command in COMMANDS if command.name == "stats -o"]
    by_command, _ = fail_all(tmp_path, commands=commands, most=4)
    assert by_command["stats -o", "clear error, old output"] > 0
    assert not list_bad(by_command)
