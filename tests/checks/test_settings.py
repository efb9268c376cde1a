"""Settings: what may be said, what is refused, and how layers become one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lagtool.checks.registry import CHECKS, FAMILIES, choose
from lagtool.checks.report import Report, Status
from lagtool.checks.runner import validate
from lagtool.checks.settings import IgnoreRule, Settings, combine
from lagtool.checks.thresholds import Thresholds
from lagtool.errors import LagtoolError
from lagtool.model import Finding, Severity
from tests.factories import make_manifest, row

CODES = [check.code for check in CHECKS]
WORDS = sorted({*CODES, *(check.name for check in CHECKS), *FAMILIES, *(code[:5] for code in CODES), "LAG"})
severities = st.sampled_from(list(Severity))


def _finding(
    code: str = "LAG307", path: str = "non_glaucoma/image/0007.jpg", sample: str = "non_glaucoma/0007"
) -> Finding:
    return Finding(code, Severity.WARNING, "a sentence", path, sample)


@given(st.dictionaries(st.sampled_from(WORDS), severities, max_size=8))
def test_the_narrower_word_gives_the_severity(words: dict[str, Severity]) -> None:
    groups: dict[frozenset[str], set[Severity]] = {}
    for word, severity in words.items():
        groups.setdefault(frozenset(choose([word])), set()).add(severity)
    if any(len(severities) > 1 for severities in groups.values()):
        with pytest.raises(ValidationError, match="mean the same and get two severities"):
            Settings(severities=words)
        return
    resolved = Settings(severities=words).severities
    for code in CODES:
        covering = [codes for codes in groups if code in codes]
        expected = next(iter(groups[min(covering, key=len)])) if covering else None
        assert resolved.get(code) is expected


def test_a_severity_holds_in_result_and_finding_and_moves_the_verdict() -> None:
    manifest = make_manifest([row("0001", image_state="truncated"), row("0002", "suspicious_glaucoma")])
    for severity in Severity:
        report = validate(manifest, settings=Settings(select=("images",), severities={"images": severity}))
        (result,) = [result for result in report.results if result.findings]
        assert result.check.code == "LAG301"
        assert result.check.severity is severity
        assert [finding.severity for finding in result.findings] == [severity]
        assert (
            result.status
            is {Severity.ERROR: Status.FAIL, Severity.WARNING: Status.WARN, Severity.NOTE: Status.NOTE}[severity]
        )
        assert [report.fails(threshold) for threshold in Severity] == [t.rank <= severity.rank for t in Severity]
    assert next(check for check in CHECKS if check.code == "LAG301").severity is Severity.ERROR


def test_thresholds_reach_the_checks() -> None:
    manifest = make_manifest([row("0001", map_max=240), row("0002", "suspicious_glaucoma")])
    asked = {"select": ("LAG410",)}
    assert len(validate(manifest, settings=Settings(**asked)).findings) == 1
    lower = Settings.model_validate({**asked, "thresholds": {"map-low-maximum": 200}})
    assert validate(manifest, settings=lower).findings == ()
    assert len(validate(manifest, settings=lower, thresholds=Thresholds()).findings) == 1


def test_arguments_win_over_settings() -> None:
    settings = Settings(select=("labels",), skip=("LAG201",))
    labels = choose(["labels"])
    manifest = make_manifest(2, 2)

    def codes(report: Report) -> set[str]:
        return {result.check.code for result in report.results}

    assert codes(validate(manifest, settings=settings)) == labels - {"LAG201"}
    assert codes(validate(manifest, settings=settings, select=["LAG60"])) == {f"LAG60{n}" for n in range(1, 10)}
    assert codes(validate(manifest, settings=settings, ignore=[])) == labels


def test_the_profile_of_the_settings_judges() -> None:
    report = validate(make_manifest(3, 2, profile="lag"), settings=Settings(profile="lag-part1"))
    assert (report.header.profile.name, report.header.profile_choice) == ("lag-part1", "given")
    with pytest.raises(LagtoolError, match="unknown profile 'lga'"):
        validate(make_manifest(3, 2), settings=Settings(profile="lga"))


@pytest.mark.parametrize(
    "shape",
    [
        {"LAG307": "why", "images": [{"path": "a/*", "reason": "so"}, {"sample": ["b/1", "b/2"], "reason": "thus"}]},
        [
            {"check": "LAG307", "reason": "why"},
            {"check": ["images"], "path": ["a/*"], "reason": "so"},
            {"check": "images", "sample": ["b/1", "b/2"], "reason": "  thus "},
        ],
        (
            IgnoreRule(check=("LAG307",), reason="why"),
            IgnoreRule(check=("images",), path=("a/*",), reason="so"),
            IgnoreRule(check=("images",), sample=("b/1", "b/2"), reason="thus"),
        ),
    ],
    ids=["table", "array", "rules"],
)
def test_rules_can_be_written_in_three_ways(shape: Any) -> None:
    rules = Settings(ignore=shape).ignore
    assert [(rule.check, rule.path, rule.sample, rule.reason) for rule in rules] == [
        (("LAG307",), None, None, "why"),
        (("images",), ("a/*",), None, "so"),
        (("images",), None, ("b/1", "b/2"), "thus"),
    ]


@pytest.mark.parametrize(
    ("rule", "covered"),
    [
        ({}, True),
        ({"path": "non_glaucoma/image/00*.jpg"}, True),
        ({"path": "image/00*.jpg"}, False),
        ({"path": "00*.jpg"}, True),
        ({"path": "non_glaucoma/"}, True),
        ({"path": "non_glaucoma/*.jpg"}, False),
        ({"path": "**/0007.jpg"}, True),
        ({"path": ["suspicious_glaucoma/", "non_glaucoma/image/0007.jpg"]}, True),
        ({"path": ["non_glaucoma/image/*", "!0007.jpg"]}, False),
        ({"path": "NON_GLAUCOMA/"}, False),
        ({"sample": "non_glaucoma/0007"}, True),
        ({"sample": "non_glaucoma/000[1-6]"}, False),
        ({"sample": "non_glaucoma/*", "path": "*.txt"}, False),
        ({"sample": "non_glaucoma/*", "path": "*.jpg"}, True),
    ],
)
def test_what_a_rule_covers(rule: dict[str, Any], covered: bool) -> None:
    made = IgnoreRule.model_validate({"check": "image-size", "reason": "why", **rule})
    assert made.covers(_finding()) is covered
    assert not made.covers(_finding(code="LAG309"))


@pytest.mark.parametrize("pattern", ["path", "sample"])
def test_no_pattern_covers_a_finding_without_its_place(pattern: str) -> None:
    rule = IgnoreRule.model_validate({"check": "counts", "reason": "why", pattern: "**"})
    assert not rule.covers(_finding("LAG503", "", ""))
    assert IgnoreRule(check=("counts",), reason="why").covers(_finding("LAG503", "", ""))


layers = st.builds(
    Settings.model_validate,
    st.fixed_dictionaries(
        {},
        optional={
            "profile": st.sampled_from(["lag", "auto", "lag-part1"]),
            "select": st.lists(st.sampled_from(WORDS), max_size=2),
            "skip": st.lists(st.sampled_from(WORDS), max_size=2),
            "fail_on": severities,
            "most": st.integers(0, 9),
            "severities": st.dictionaries(st.sampled_from(CODES), severities, max_size=3),
            "thresholds": st.dictionaries(
                st.sampled_from(["map_low_maximum", "map_constant_range"]), st.integers(1, 255)
            ),
            "ignore": st.dictionaries(st.sampled_from(CODES), st.just("why"), max_size=2),
        },
    ),
)


@given(layers, layers, layers)
def test_layers_can_be_combined_in_any_grouping(first: Settings, second: Settings, third: Settings) -> None:
    all_three = combine(first, second, third)
    assert combine(combine(first, second), third) == all_three == combine(first, combine(second, third))
    assert combine(first) == combine(Settings(), first, Settings()) == first
    assert combine(first, third).ignore == (*first.ignore, *third.ignore)


def test_keys_are_taken_in_both_spellings_but_not_twice() -> None:
    spelt = Settings.model_validate({"fail-on": "note", "thresholds": {"map-low-maximum": 9, "common_share": 0.6}})
    assert (spelt.fail_on, spelt.thresholds.map_low_maximum, spelt.thresholds.common_share) == (Severity.NOTE, 9, 0.6)
    with pytest.raises(ValidationError, match="one key stands twice"):
        Settings.model_validate({"fail-on": "note", "fail_on": "note"})
