"""A process that has imported everything, and runs ``lagtool`` in forks of itself: most of their time is real work.

It reads one request a line (JSON: arguments, folder, environment, file for stderr), answers with the process id of the
fork, and, when that has ended, with how it ended. The fork leads a session of its own: what it starts can be found.
"""

import importlib
import json
import os
import pkgutil
import signal
import sys
from typing import Any

import lagtool


def _import_all() -> None:
    for module in pkgutil.walk_packages(lagtool.__path__, "lagtool."):
        if module.name not in ("lagtool.training.torch", "lagtool.__main__"):
            importlib.import_module(module.name)


def main() -> None:
    """Serve until stdin ends."""
    _import_all()
    print("ready", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(request)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(request: dict[str, Any]) -> None:
    os.setsid()
    os.chdir(str(request["folder"]))
    os.environ.clear()
    os.environ.update(request["environment"])
    for number, name in enumerate((os.devnull, os.devnull, str(request["stderr"]))):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC * (number == 2), 0o600), number)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["lagtool", *request["arguments"]]
    from lagtool.__main__ import main as run

    run()  # ends in SystemExit, and so the fork, as any process would


if __name__ == "__main__":
    main()
