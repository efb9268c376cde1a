"""Entry point: run a command and turn what happens into an exit code."""

import contextlib
import os
import signal
import sys
import traceback
from types import FrameType

from lagtool.errors import LagtoolError

EXIT_FINDINGS = 1
EXIT_IMPOSSIBLE = 2
EXIT_BUG = 70
EXIT_INTERRUPTED = 130
EXIT_PIPE = 141
EXIT_TERMINATED = 143


class _TerminatedError(BaseException):
    """SIGTERM arrived: unwind, so that temporary files are removed."""


def main() -> None:
    """Run the command line and exit: 0 fine, 1 findings, 2 cannot be done, 130/143 on signals, 70 a bug."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line with ``arguments`` and return its exit code."""
    import click

    from lagtool.cli import app

    def terminate(_signal: int, _frame: FrameType | None) -> None:
        raise _TerminatedError

    with contextlib.suppress(ValueError):  # not in the main thread: leave signals alone
        signal.signal(signal.SIGTERM, terminate)
    try:
        code = app(arguments, prog_name="lagtool", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except LagtoolError as error:
        return _refuse(str(error))
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message())
        return 0
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "lagtool"
        return _refuse(f"{error.format_message()} (see '{path} --help')")
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        print("lagtool: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except _TerminatedError:
        print("lagtool: terminated", file=sys.stderr)
        return EXIT_TERMINATED
    except BrokenPipeError:
        # The reader went away (| head): nothing more can be said, also not by the interpreter at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE
    except Exception:  # noqa: BLE001 - the last resort, so that a bug never looks like findings
        traceback.print_exc()
        print("lagtool: this is a bug in lagtool; please report it with the lines above", file=sys.stderr)
        return EXIT_BUG


def _refuse(message: str) -> int:
    print(f"lagtool: {' '.join(message.split())}", file=sys.stderr)
    return EXIT_IMPOSSIBLE


if __name__ == "__main__":
    main()
