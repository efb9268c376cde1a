"""Profiles as TOML: what is written reads back as it was, and meets the JSON Schema."""

import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

from lagtool.profiles import BUILT_IN, Profile, load_profile
from lagtool.profiles.reading import extend, json_schema
from lagtool.reporting.profile_toml import render_profile
from tests.profiles.examples import LEAST, documented, profiles

VALIDATOR = jsonschema.Draft202012Validator(json_schema())
DOCUMENTED = ("pinned", "refuge", "airogs", "clinic")


@given(profiles())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_reads_back_as_it_was(profile: Profile) -> None:
    table = tomllib.loads(render_profile(profile))
    assert Profile.model_validate(table) == profile
    VALIDATOR.validate(table)


@given(profiles())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_what_extends_another_reads_back_as_it_was(profile: Profile) -> None:
    lag = load_profile("lag")
    for one in (profile, lag.model_copy(update={"name": profile.name, "files_sha256": profile.files_sha256})):
        table = tomllib.loads(render_profile(one, parent=lag, remarks=["made up"]))
        VALIDATOR.validate(table)
        parent = table.pop("extends", None)
        assert Profile.model_validate(extend(lag, table) if parent else table) == one


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_extends_a_release_is_short(name: str) -> None:
    profile = load_profile(name).model_copy(update={"name": "ours", "ids_sha256": None})
    lines = render_profile(profile, parent=load_profile(name)).splitlines()
    assert lines == [f'extends = "{name}"', 'name = "ours"']


def test_the_schema_is_one_and_takes_what_is_shipped_and_documented() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    releases = Path(__file__).parents[2] / "lagtool" / "profiles" / "releases"
    texts = [path.read_text("utf-8") for path in sorted(releases.glob("*.toml"))] + [documented(n) for n in DOCUMENTED]
    for text in texts:
        VALIDATOR.validate(tomllib.loads(text))
    assert len(texts) == 7


@pytest.mark.parametrize(
    "change",
    [
        {"colour": 1},
        {"name": 5},
        {"classes": []},
        {"slots": {}},
        {"slots": {"image": {}}},
        {"slots": {"mask": LEAST["slots"]["image"]}},
        {"ids_sha256": "x"},
        {"extends": "lga"},
    ],
)
def test_the_schema_refuses_what_is_refused(change: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid({**LEAST, **change})
    assert VALIDATOR.is_valid(LEAST)
