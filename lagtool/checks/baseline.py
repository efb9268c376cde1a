"""Baselines: the findings of an earlier report, which are known."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lagtool.display import show
from lagtool.errors import LagtoolError
from lagtool.model import Finding
from lagtool.source import read_file

Key = tuple[str, str, str, tuple[str, ...]]
_LIMIT = 1 << 30


@dataclass(frozen=True)
class Baseline:
    """Findings that are accepted wherever they turn up again.

    A finding is known by `key`, and as often as the baseline has it: a second one of the same key is new.

    Attributes:
        name: Name of the file, as reports show it.
        known: How often each key is known.
    """

    name: str
    known: Mapping[Key, int]


def key(finding: Finding) -> Key:
    """Return what tells a finding from others, whatever its sentence and severity: code, path, sample, other paths."""
    return finding.code, finding.path, finding.sample, tuple(sorted(finding.related))


def read_baseline(path: Path) -> Baseline:
    """Return the baseline in a file of findings: a report as JSON, or as JSON Lines.

    Raises:
        LagtoolError: It cannot be read, or is no such file.
    """
    if not os.path.lexists(path):
        raise LagtoolError(f"there is no baseline {show(path)}: write one with --write-baseline {show(path)}")
    reading = read_file(os.path.realpath(path), _LIMIT)
    if reading.data is None:
        raise LagtoolError(f"baseline {show(path)} {reading.message}")
    return parse_baseline(reading.data, path.name)


def is_own_baseline(path: Path) -> bool:
    """Whether a file of findings says that lagtool wrote it: other programs, too, list ``findings`` in JSON."""
    try:
        read_baseline(path)
    except LagtoolError:
        return False
    text = (read_file(os.path.realpath(path), _LIMIT).data or b"").decode("utf-8-sig").lstrip()
    if _is_header(text.partition("\n")[0]):
        return True
    tool = json.loads(text).get("tool")
    return isinstance(tool, dict) and tool.get("name") == "lagtool"


def parse_baseline(data: bytes, name: str) -> Baseline:
    """Return the baseline that a file called ``name`` holds.

    JSON: an object whose ``findings`` are a list. JSON Lines: the first line is an object with ``"record": "report"``,
    the lines with ``"record": "finding"`` are findings, other records are passed over. A finding that the earlier
    report had accepted from a baseline of its own stays known.

    Raises:
        LagtoolError: It is neither.
    """
    try:
        known = Counter(_keys(data.decode("utf-8-sig")))
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, _NoFindingsError) else "it is not JSON"
        raise LagtoolError(
            f"{show(name)} is no file of findings ({why}): "
            "write one with 'lagtool validate SOURCE --write-baseline FILE' or '--format json -o FILE'"
        ) from None
    return Baseline(show(name), known)


class _NoFindingsError(ValueError):
    pass


def _keys(text: str) -> Iterator[Key]:
    first, _, rest = text.lstrip().partition("\n")
    if _is_header(first):
        for number, line in enumerate([first, *rest.split("\n")], 1):
            record = json.loads(line) if line.strip() else {}
            if not isinstance(record, dict):
                raise _NoFindingsError(f"line {number} is not a record")
            if record.get("record") == "finding" and _is_known(record):
                yield _key(record, f"line {number}")
        return
    document = json.loads(text)
    if not isinstance(document, dict) or not isinstance(document.get("findings"), list):
        raise _NoFindingsError("it has no list 'findings'")
    for number, record in enumerate(document["findings"], 1):
        yield _key(record, f"finding {number}")
    accepted = document.get("accepted")
    for number, record in enumerate(accepted if isinstance(accepted, list) else [], 1):
        if isinstance(record, dict) and _is_known(record):
            yield _key(record, f"accepted finding {number}")


def _is_header(line: str) -> bool:
    try:
        record = json.loads(line)
    except ValueError:
        return False
    return isinstance(record, dict) and record.get("record") == "report"


def _is_known(record: Mapping[str, Any]) -> bool:
    """Whether a record is to be known: not where a rule of a configuration or a mark accepted it, which still can."""
    return record.get("origin") not in ("config", "curation")


def _key(record: object, where: str) -> Key:
    fields = record if isinstance(record, dict) else {}
    code, path, sample = fields.get("code"), fields.get("path", ""), fields.get("sample", "")
    related = fields.get("related", [])
    if (
        isinstance(code, str)
        and isinstance(path, str)
        and isinstance(sample, str)
        and isinstance(related, list)
        and all(isinstance(other, str) for other in related)
    ):
        return code, path, sample, tuple(sorted(related))
    raise _NoFindingsError(f"{where} is no finding: it needs a code, and path, sample and related as text")
