"""``lagtool explain`` and ``lagtool checks``."""

import json

import pytest

from lagtool.__main__ import run
from lagtool.checks.registry import ABOUT, CHECKS, FAMILIES, choose

Capture = pytest.CaptureFixture[str]

EXPLAINED = """\
LAG502 map-count (error, family counts)

  A class has another number of attention maps than published.

  Why it matters: as for the images; a loss of maps often goes unnoticed, since
  they are optional in most loaders.

  How to fix: as for the images.

  Example: 3,000 maps in `non_glaucoma`, 432 fewer than lag's 3,432.

To accept what one finds, in lagtool.toml: ignore.LAG502 = "why"
"""


def _print(capsys: Capture, *arguments: str) -> str:
    assert run(list(arguments)) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert max(map(len, captured.out.splitlines())) <= 80
    return captured.out


@pytest.mark.parametrize("word", ["LAG502", "lag502", "map-count", "MAP-COUNT"])
def test_a_check_is_explained_by_code_or_name(word: str, capsys: Capture) -> None:
    assert _print(capsys, "explain", word) == EXPLAINED


@pytest.mark.parametrize("word", [*FAMILIES, "LAG30", "LAG"])
def test_a_family_is_explained_check_by_check(word: str, capsys: Capture) -> None:
    out = _print(capsys, "explain", word)
    titles = [f"{c.code} {c.name} ({c.severity.value}, family {c.family})" for c in CHECKS if c.code in choose([word])]
    assert [line for line in out.splitlines() if line.startswith("LAG")] == titles
    # Nothing of a docstring is lost on the way.
    words = out.split()
    for check in CHECKS:
        if check.code in choose([word]):
            assert set(check.explanation.split()) <= set(words)


def test_several_are_explained_in_order_of_code(capsys: Capture) -> None:
    out = _print(capsys, "explain", "map-count", "LAG307")
    assert out.index("LAG307") < out.index("LAG502")
    assert out.endswith('ignore.LAG307 = "why"\n')


def test_without_a_word_the_families_are_listed(capsys: Capture) -> None:
    out = _print(capsys, "explain")
    assert out.startswith("lagtool explain CODE    one check, by its code or name\n")
    for number, family in enumerate(FAMILIES):
        size = sum(check.family == family for check in CHECKS)
        assert f"\n  {family:10}  LAG{number}xx  {size:2}  {ABOUT[family].split()[0]}" in out
    assert out.endswith("\nlagtool checks lists every check in a line.\n")


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("LG502", "did you mean LAG502?"),
        ("lag5002", "did you mean LAG502?"),
        ("orphanmap", "did you mean orphan-map?"),
        ("Lables", "did you mean labels?"),
        ("?", "'lagtool checks' lists them all"),
        ("\x1b[31m", "'lagtool checks' lists them all"),
        ("", "'lagtool checks' lists them all"),
    ],
)
def test_an_unknown_word_gets_the_nearest(word: str, near: str, capsys: Capture) -> None:
    assert run(["explain", word]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("lagtool: no check, name or family is called '")
    assert line.endswith(f"; {near}")
    assert "\x1b" not in line


def test_the_list_has_every_check_in_order(capsys: Capture) -> None:
    out = _print(capsys, "checks")
    rows = [line.split() for line in out.splitlines() if line.startswith("  LAG")]
    assert [row[:3] for row in rows] == [[c.code, c.name, c.severity.value] for c in CHECKS]
    assert [line.lower() for line in out.splitlines() if line.isupper()] == list(FAMILIES)
    text = " ".join(out.split())
    for check in CHECKS:
        assert f"{check.code} {check.name} {check.severity.value} {' '.join(check.summary.split())}" in text
    assert out.endswith(f"\n\n{len(CHECKS)} checks. Explained: lagtool explain CODE\n")


def test_the_list_as_json(capsys: Capture) -> None:
    assert run(["checks", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows == [
        {
            "code": check.code,
            "name": check.name,
            "severity": check.severity.value,
            "family": check.family,
            "summary": check.summary,
            "explanation": check.explanation,
        }
        for check in CHECKS
    ]
