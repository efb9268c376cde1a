"""What a CI system knows a finding by from one run to the next."""

import hashlib
from collections import Counter
from collections.abc import Iterable

from lagtool.model import Finding


def identify_findings(findings: Iterable[Finding]) -> list[str]:
    """Return one identifier per finding, all different: 32 hexadecimal digits, a colon and a number.

    The digits are of the sha256 over code, path, sample and related paths, whatever the sentence says; the number
    counts the findings that have these alike, from 1.
    """
    seen: Counter[str] = Counter()
    identifiers = []
    for finding in findings:
        text = "\0".join((finding.code, finding.path, finding.sample, *sorted(finding.related)))
        digits = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]
        seen[digits] += 1
        identifiers.append(f"{digits}:{seen[digits]}")
    return identifiers
