"""The environment and options, and which layer wins."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lagtool.checks.configuration import load_configuration, load_settings
from lagtool.checks.settings import Settings, combine
from lagtool.checks.variables import VARIABLES, read_environment, read_options
from lagtool.errors import LagtoolError
from lagtool.model import Severity
from tests.trees import write

# Per key of a layer: how a value of it stands in a file, in the environment and among the options.
SAMPLES: dict[str, list[Any]] = {
    "profile": ["lag", "lag-part1", "cvpr2019", "auto"],
    "select": [["labels"], ["images", "LAG60"]],
    "fail-on": ["error", "warning", "note"],
    "most": [0, 7, 12],
    "thresholds.map-low-maximum": [3, 200],
    "thresholds.common-share": [0.6, 1.0],
    "severities.LAG307": ["error", "note"],
    "severities.images": ["warning", "error"],
}
layer = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in SAMPLES.items()})


def _toml(values: dict[str, Any]) -> str:
    return "".join(f"{key} = {value!r}\n" for key, value in values.items())


def _environment(values: dict[str, Any]) -> dict[str, str]:
    environment: dict[str, str] = {}
    for key, value in values.items():
        table, dot, name = key.partition(".")
        variable = f"LAGTOOL_{table.replace('-', '_').upper()}"
        text = ",".join(value) if isinstance(value, list) else str(value)
        before = f"{environment[variable]} , " if variable in environment else ""
        environment[variable] = f"{before}{name}={text}" if dot else text
    return environment


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@given(of_file=layer, of_environment=layer, of_options=layer)
def test_defaults_give_way_to_file_to_environment_to_options(
    folder: Path, of_file: dict[str, Any], of_environment: dict[str, Any], of_options: dict[str, Any]
) -> None:
    path = write(folder / "lagtool.toml", _toml(of_file).encode())
    found = load_configuration(path, _environment(of_environment) | {"OTHER": "x", "LAGTOOL_BASELINE": " "})
    settings = combine(found.settings, read_options({}, [f"{key}={value!r}" for key, value in of_options.items()]))
    said = of_file | of_environment | of_options
    assert settings.profile == said.get("profile", "auto")
    assert settings.select == tuple(said.get("select", ()))
    assert settings.fail_on is Severity(said.get("fail-on", "error"))
    assert settings.most == said.get("most", 5)
    assert settings.thresholds.map_low_maximum == said.get("thresholds.map-low-maximum", 250)
    assert settings.thresholds.common_share == said.get("thresholds.common-share", 0.95)
    assert settings.thresholds.map_constant_range == 2
    # The last layer that says anything of a check decides; within a layer the narrower word.
    expected: dict[str, str] = {}
    for one in (of_file, of_environment, of_options):
        for code, words in (("LAG307", ("LAG307", "images")), ("LAG301", ("images",))):
            for word in words:
                if f"severities.{word}" in one:
                    expected[code] = one[f"severities.{word}"]
                    break
    assert {code: settings.severities[code].value for code in expected} == expected
    assert found.origins == (str(path), *(v.name for v in VARIABLES if v.name in _environment(of_environment)))


def test_a_flag_wins_over_set_and_none_says_nothing() -> None:
    settings = read_options({"fail_on": "note", "profile": None, "skip": ["counts"]}, ["fail-on=error", "profile=lag"])
    assert (settings.fail_on, settings.profile, settings.skip) == (Severity.NOTE, "lag", ("counts",))
    assert read_options({}).model_fields_set == set()


def test_set_takes_toml_or_text() -> None:
    settings = read_options({}, ["select = ['labels', 'tree']", "ignore.LAG502=only part 1 = less", "most=3"])
    assert (settings.select, settings.most) == (("labels", "tree"), 3)
    assert [(rule.check, rule.reason) for rule in settings.ignore] == [(("LAG502",), "only part 1 = less")]
    both = read_options({}, ['ignore.LAG307=[{path = "a*", reason = "x"}]', "ignore.LAG309=1\nmost=2"])
    assert [rule.title for rule in both.ignore] == ["LAG307; path a*", "LAG309"]
    assert [rule.reason for rule in both.ignore] == ["x", "1\nmost=2"]


@pytest.mark.parametrize(
    ("options", "assignments", "sentence"),
    [
        ({}, ["most"], "--set most: write KEY=VALUE, like thresholds.map-low-maximum=200"),
        ({}, ["=3"], "--set =3: write KEY=VALUE, like thresholds.map-low-maximum=200"),
        ({}, ["thresholds..x=3"], "--set thresholds..x=3: write KEY=VALUE, like thresholds.map-low-maximum=200"),
        ({}, ["most=1", "most.x=3"], "--set most.x=3: most has a value already, and is no table"),
        ({}, ["most=many"], "--set most: input should be a valid integer, unable to parse string as an integer, not"),
        ({}, ["moast=3"], "--set moast: unknown key; did you mean most?"),
        ({}, ["thresholds.map-low=3"], "--set thresholds.map-low: unknown key; did you mean map-low-maximum?"),
        ({"select": ["x"]}, [], "--select: no check, name or family is called 'x'; 'lagtool checks' lists them all"),
        (
            {"skip": ["labels", "cuonts"]},
            [],
            "--ignore: no check, name or family is called 'cuonts'; did you mean counts",
        ),
    ],
)
def test_options_that_are_not_understood(options: dict[str, Any], assignments: list[str], sentence: str) -> None:
    with pytest.raises(LagtoolError) as refused:
        read_options(options, assignments)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "LAGTOOL_FAIL_ON",
            "warn",
            "LAGTOOL_FAIL_ON: choose error, warning or note, not 'warn'; did you mean warning?",
        ),
        ("LAGTOOL_SELECT", "tree, lables", "LAGTOOL_SELECT: no check, name or family is called 'lables'; did you mean"),
        ("LAGTOOL_IGNORE", "x", "LAGTOOL_IGNORE: no check, name or family is called 'x'"),
        ("LAGTOOL_SEVERITIES", "LAG307", "LAGTOOL_SEVERITIES: 'LAG307' is not NAME=VALUE"),
        ("LAGTOOL_SEVERITIES", "LAG307=x", "LAGTOOL_SEVERITIES: LAG307: choose error, warning or note, not 'x'"),
        ("LAGTOOL_THRESHOLDS", "map-low=3", "LAGTOOL_THRESHOLDS: map-low: unknown key; did you mean map-low-maximum?"),
        ("LAGTOOL_MOST", "-1", "LAGTOOL_MOST: input should be greater than or equal to 0, not '-1'"),
        ("LAGTOOL_FAILON", "note", "LAGTOOL_FAILON: unknown variable; did you mean LAGTOOL_FAIL_ON?"),
        ("LAGTOOL_TRESHOLDS", "", "LAGTOOL_TRESHOLDS: unknown variable; did you mean LAGTOOL_THRESHOLDS?"),
    ],
)
def test_variables_that_are_not_understood(name: str, value: str, sentence: str) -> None:
    with pytest.raises(LagtoolError) as refused:
        read_environment({name: value})
    assert str(refused.value).startswith(sentence)


def test_variables_of_somebody_else_are_none_of_ours() -> None:
    assert read_environment({"LAGTOOL_DATA_FOLDER": "/data", "LAGTOOL": "x", "PROFILE": "y"}) == Settings()


def test_the_file_that_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "lagtool.toml", b"most = 1")
    named = str(write(tmp_path / "a.toml", b"most = 2"))
    other = str(write(tmp_path / "b.toml", b"most = 3"))
    variable = {"LAGTOOL_CONFIG": named}
    for file, environment, search, most, origins in (
        (None, {}, True, 1, ("lagtool.toml",)),
        (None, {}, False, 5, ()),
        (None, variable, True, 2, (named,)),
        (None, variable, False, 5, ()),
        (other, variable, True, 3, (other,)),
        (None, {"LAGTOOL_MOST": "4"}, True, 4, ("lagtool.toml", "LAGTOOL_MOST")),
    ):
        found = load_configuration(file, environment, search=search)
        assert (found.settings.most, found.origins) == (most, origins)
    assert load_settings().most == 1
    monkeypatch.setitem(os.environ, "LAGTOOL_MOST", "9")
    assert load_settings().most == load_settings(other).most == 9
