"""Reports that every format must bear."""

from dataclasses import replace
from typing import Literal

import pandas as pd

from lagtool.checks.audit import audit_split
from lagtool.checks.runner import Report, Result, validate
from lagtool.duplicates.pairs import COLUMNS, Likeness
from lagtool.lists import Listing, NameRecord
from lagtool.manifest.header import Relation
from lagtool.manifest.releases import pin_copy
from lagtool.manifest.value import Manifest
from lagtool.model import Accepted, Finding
from lagtool.profiles import load_profile
from lagtool.text import show
from tests.factories import fake_sha256, make_manifest, row, unmatched_file

N, S = "non_glaucoma", "suspicious_glaucoma"
CHECKS = ["LAG006", "LAG007", "LAG103", "LAG201", "LAG203", "LAG502", "LAG504", "LAG602"]
NASTY_NAMES = (
    '=cmd|" /C calc"!A0,x.md',
    "::error file=x,line=1::pwned.md",
    "a\n::add-mask::secret\r##[error]x.md",
    "[click](http://www.example.org) ![i](x.png).md",
    "<script>alert(1)</script>&amp;`code`.md",
    "@everyone #1 *bold* _x_ $math$ ~del~.md",
    "％25 %0A, 100%: 眼底 \U0001f600 \u202e.md",
    "\x1b[31mred\x1b[0m \\n ]]> --> .md",
    b"\xff\xfe.md".decode("utf-8", "surrogateescape"),
    "-1+1;@SUM(A1)\t.md",
    "C:\\temp\\x.md",
)
REMARK = "unused: the rule for [LAG301](x) | *.jpg ##[warning]::error::x @all matched nothing"
REASONS = ("we only have part 1 | <b>@all</b>\n::error::x", '=HYPERLINK("http://x"), see [this](ticket)')


def nasty_manifest() -> Manifest:
    """Return a small manifest with one of every kind of finding, and names that try every format."""
    twin = fake_sha256(f"image {N}/0001")
    samples = [
        row("0001", N),
        row("0002", N, image_sha256=twin),
        row("0003", N, label_value=1, label_raw="1"),
        row("0004", N, label=False),
        row("0005", S, label_value=None, label_state="invalid", label_message="holds '=1|<b>@all\\r\\n'"),
        row("0006", S),
    ]
    unmatched = [unmatched_file(show(name), "name") for name in NASTY_NAMES]
    unmatched += [unmatched_file(f"{N}/Thumbs.db"), unmatched_file(f"{S}/.DS_Store")]
    profile = load_profile("lag").model_copy(update={"title": "Title with <i>markup</i>, [1m and more"})
    header = {"tool_version": "0.1.0", "content_sha256": "c" * 64, "ids_sha256": "1" * 64, "profile_choice": "given"}
    return make_manifest(
        samples, unmatched=unmatched, profile=profile, header={**header, "root_name": "LAG [1]: 100%, <b>"}
    )


def nasty_report() -> Report:
    """Return the report on `nasty_manifest`, with findings that are accepted for nasty reasons."""
    report = validate(nasty_manifest(), select=CHECKS)
    report = accept(report, {"LAG502": REASONS[0], "LAG602": REASONS[1], "LAG203": ""})
    return replace(report, remarks=(REMARK,))


def clean_report() -> Report:
    """Return a report of all checks without a finding of warning or above."""
    return validate(make_manifest(3143, 1711, profile="lag-part1"))


def pinned_report() -> Report:
    """Return the report on a copy that lacks an image and a label of what was pinned, so that labels are counted."""
    profile = pin_copy(make_manifest(4, 2))
    return validate(make_manifest([row("0001", N, label=False), row("0002", N), row("0004", S)], profile=profile))


def audit_report() -> Report:
    """Return the audit of a split with names that try every format, a part without samples, and a leak."""
    samples = [row(f"{i:04d}", N if i < 21 else S, map=i % 3 > 0) for i in range(1, 41)]
    manifest = make_manifest(samples, image_brightness=[60.0 + i % 7 for i in range(40)], image_quality=90)
    names = [("test" if i % 4 == 0 else "train", f"{i:04d}.jpg") for i in range(1, 41)]
    strange = [("train", show(name).replace("\\", "/")) for name in NASTY_NAMES]
    mentions = [NameRecord(part, name, f"list.txt line {i}") for i, (part, name) in enumerate([*names, *strange], 1)]
    listing = Listing("list.txt", ("train", "te<st> | \n@all", "test"), mentions, ("a remark",))
    rows = [(f"{N}/0001", f"{N}/0004", "mirrored", 0.97, "test/1", "")]
    likeness = Likeness(
        pd.DataFrame(rows, columns=list(COLUMNS)), tuple(Relation)[:5], dict.fromkeys(tuple(Relation)[5:], "not asked")
    )
    return audit_split(manifest, listing, likeness)


def accept(report: Report, reasons: dict[str, str]) -> Report:
    """Return the report with the findings of some checks accepted; an empty reason is a baseline's."""
    results, accepted = [], list(report.accepted)
    for result in report.results:
        if (reason := reasons.get(result.check.code)) is None:
            results.append(result)
            continue
        origin: Literal["config", "baseline"] = "config" if reason else "baseline"
        accepted.extend(Accepted(finding, reason, origin) for finding in result.findings)
        results.append(replace(result, findings=()))
    return replace(report, results=tuple(results), accepted=tuple(accepted))


def large_report(sizes: dict[str, int], known: dict[str, int] | None = None) -> Report:
    """Return a report with that many findings per check, and that many accepted ones."""
    base = validate(make_manifest(2, 2), select=list(sizes | (known or {})))

    def made(result: Result, number: int, folder: str) -> tuple[Finding, ...]:
        check = result.check
        return tuple(
            Finding(check.code, check.severity, f"is no {i:05d}", f"{folder}/{i:05d}.jpg", f"{N}/{i:05d}")
            for i in range(number)
        )

    results = tuple(replace(r, findings=made(r, sizes.get(r.check.code, 0), f"{N}/image")) for r in base.results)
    accepted = tuple(
        Accepted(finding, "known", "baseline")
        for r in base.results
        for finding in made(r, (known or {}).get(r.check.code, 0), f"{S}/image")
    )
    return replace(base, results=results, accepted=accepted)
