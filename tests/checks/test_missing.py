"""One sample too few, too many or in the other class is named, with the published fingerprint as proof."""

import random
import time
from typing import Any

import pytest

from lagtool.checks.runner import validate
from lagtool.manifest.value import Manifest
from lagtool.profiles import Profile, load_profile
from tests.factories import Row, make_manifest, row

CLASSES = ("non_glaucoma", "suspicious_glaucoma")


def _rows(numbers: list[int], share: float = 0.65) -> list[Row]:
    chance = random.Random(1)
    return [row(f"{number:04d}", CLASSES[chance.random() > share], map=False) for number in numbers]


def _release(rows: list[Row]) -> Profile:
    """A release of just these ids and labels."""
    lag: dict[str, Any] = load_profile("lag-part1").model_dump(mode="json", exclude_none=True)
    for spec in lag["classes"]:
        spec["images"] = sum(values["class"] == spec["name"] for values in rows)
        spec.pop("maps")
    lag["ids_sha256"] = make_manifest([dict(values) for values in rows]).header.ids_sha256
    return Profile.model_validate({**lag, "name": "release"})


def _moved(values: Row) -> Row:
    other = CLASSES[values["class"] == CLASSES[0]]
    return row(values["id"], other, map=False)


def _found(rows: list[Row], release: Profile) -> list[str]:
    manifest: Manifest = make_manifest(rows, profile=release)
    return [finding.message.partition("; ")[2] for finding in validate(manifest, select=["LAG501"]).findings]


NUMBERS = [number for number in range(2, 120) if number % 7]
PROOF = "(proved by the published fingerprint)"


@pytest.mark.parametrize("at", [0, 1, 50, len(NUMBERS) - 1])
def test_the_one_sample_is_named(at: int) -> None:
    rows = _rows(NUMBERS)
    release, chosen = _release(rows), rows[at]
    label = CLASSES.index(chosen["class"])
    without = [values for values in rows if values is not chosen]
    assert _found(without, release) == [f"missing is {chosen['id']} with label {label} {PROOF}"]
    relabelled = f"{chosen['id']} has another label than the published {label} {PROOF}"
    assert _found([*without, _moved(chosen)], release) == [relabelled] * 2
    extra = row("0700", chosen["class"], map=False)
    assert _found([*rows, extra], release) == [f"0700 with label {label} does not belong to it {PROOF}"]


def test_two_are_not_named_and_none_is_not_searched() -> None:
    rows = _rows(NUMBERS)
    release = _release(rows)
    assert _found(rows, release) == []
    assert set(_found(rows[2:], release)) == {""}
    exchanged = [row("0700", rows[3]["class"], map=False), *rows[:3], *rows[4:-1]]
    assert set(_found(exchanged, release)) == {""}


def test_part_one_takes_about_a_second() -> None:
    numbers = sorted(random.Random(2).sample(range(1, 5850), 4854))
    rows = _rows(numbers)
    release = _release(rows)
    for changed in (rows[:-1], [*rows[1:], _moved(rows[0])], [*rows, row("9999", map=False)]):
        manifest = make_manifest(changed, profile=release)
        begin = time.perf_counter()
        report = validate(manifest, select=["LAG501"])
        assert time.perf_counter() - begin < 5  # 0.3 s on an idle machine
        assert all(PROOF in finding.message for finding in report.findings)
        assert report.findings
