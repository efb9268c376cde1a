"""How a report is to be shown: what all formats are told."""

from dataclasses import dataclass

from lagtool.errors import LagtoolError
from lagtool.model import Severity
from lagtool.text import show

MOST = 5


@dataclass(frozen=True, slots=True)
class Style:
    """What a format may need to know beside the report; each takes what it has use for.

    Attributes:
        threshold: Severity from which on the verdict is FAIL.
        most: Findings shown per check where a format shows examples; None: all.
        color: Whether to use ANSI colours.
        prefix: Folder of the dataset in the repository, POSIX; put before the paths that a CI system looks up there.
    """

    threshold: Severity = Severity.ERROR
    most: int | None = MOST
    color: bool = False
    prefix: str = ""

    def locate(self, path: str) -> str:
        """Return a finding's path as seen from the repository; the dataset's own folder where ``path`` is empty."""
        return f"{self.prefix}/{path}".strip("/")


def check_prefix(prefix: str) -> str:
    """Return ``prefix`` as a relative POSIX path without a slash at its end; empty stays empty.

    Raises:
        LagtoolError: It is absolute, leads upward, or holds a backslash or a character that cannot be shown.
    """
    steps = [step for step in prefix.split("/") if step not in ("", ".")]
    if prefix.startswith("/") or ".." in steps or show(prefix, len(prefix)) != prefix:
        raise LagtoolError(
            f"prefix {show(prefix)} is no folder within a repository: give a relative path with forward slashes"
        )
    return "/".join(steps)
