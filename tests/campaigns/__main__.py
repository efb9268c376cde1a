"""``python -m tests.campaigns kills|errors``: faults by the hundred, and a table of what came of them."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.campaigns.commands import COMMANDS
from tests.campaigns.errors import ERRORS, fail_all
from tests.campaigns.kills import Tally, kill_all, list_bad


def main() -> int:
    """Run a campaign and print its tables; 1 where anything came out wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("campaign", choices=["kills", "errors"])
    parser.add_argument("--number", type=int, default=500, help="kills in all")
    parser.add_argument("--most", type=int, default=40, help="failing calls per command, about")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--command", action="append", choices=[c.name for c in COMMANDS], help="only this one; again")
    parser.add_argument("--folder", type=Path, help="where to work (default: among temporary files)")
    given = parser.parse_args()
    commands = [command for command in COMMANDS if given.command is None or command.name in given.command]
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        if given.campaign == "kills":
            tables = [kill_all(Path(folder), given.number, seed=given.seed, commands=commands)]
        else:
            tables = list(fail_all(Path(folder), commands=commands, most=given.most, errors=ERRORS))
    for table in tables:
        print("\n".join(_rows(table)), end="\n\n")
    return int(bool(list_bad(tables[0])))


def _rows(table: Tally) -> list[str]:
    """Return a table in Markdown: what was done, and how often it came to what."""
    names = list(dict.fromkeys(name for name, _ in table))
    outcomes = sorted({outcome for _, outcome in table if any(table[name, outcome] for name in names)})
    rows = [["", *outcomes], ["---"] * (len(outcomes) + 1)]
    rows += [[name, *(f"{table[name, outcome]:,}" for outcome in outcomes)] for name in names]
    rows.append(["all", *(f"{sum(table[name, outcome] for name in names):,}" for outcome in outcomes)])
    return [f"| {' | '.join(row)} |" for row in rows]


if __name__ == "__main__":
    sys.exit(main())
