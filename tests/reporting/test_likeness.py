"""What is alike, rendered: the whole output."""

import csv
import io
import json

import pytest

from lagtool.duplicates.groups import Group, list_groups
from lagtool.duplicates.pairs import Likeness, Pair, tabulate
from lagtool.manifest.header import Relation
from lagtool.manifest.value import Manifest
from lagtool.reporting.duplicates import list_notes, render_csv, render_json, render_text
from tests.factories import make_manifest

MANIFEST = make_manifest(4, 3)
KEYS = (MANIFEST.samples["class"] + "/" + MANIFEST.samples["id"]).tolist()


def _found(*pairs: Pair) -> tuple[Manifest, Likeness, list[Group]]:
    table = tabulate(pairs, KEYS)
    likeness = Likeness(
        table,
        (Relation.BYTE_IDENTICAL, Relation.SAME_EYE),
        {Relation.MIRRORED: "was not asked for", Relation.TURNED: "was not asked for"},
        6,
        ("1 picture could not be opened, and was not compared",),
    )
    return MANIFEST, likeness, list_groups(MANIFEST.samples, table)


PAIRS = (
    Pair(
        0,
        1,
        Relation.SAME_EYE,
        0.7123,
        "vessels/1",
        "scale 1.10, turn +3 degrees, 95% in common, 80% of vessels shared",
    ),
    Pair(2, 5, Relation.BYTE_IDENTICAL, 1.0, "sha256"),
)

TEXT = """\
LAG: 6 different images compared; 2 groups of 4 images that belong together, 1
of them across classes.

Group 1: 2 images, across classes: non_glaucoma and suspicious_glaucoma
  Identical pictures in two classes: one of the labels is wrong.
  non_glaucoma/0003  suspicious_glaucoma/0006  byte-identical 1.00
Group 2: 2 images, non_glaucoma
  non_glaucoma/0001  non_glaucoma/0002  same-eye 0.71 (scale 1.10, turn +3
    degrees, 95% in common, 80% of vessels shared)

  byte-identical         1
  same-eye               1
Not looked for: mirrored, turned (was not asked for).
Note: 1 picture could not be opened, and was not compared.
"""


def test_text() -> None:
    manifest, likeness, groups = _found(*PAIRS)
    assert render_text(manifest.header, likeness, groups) == TEXT
    assert max(map(len, TEXT.splitlines())) <= 80


def test_text_without_anything_alike() -> None:
    manifest, likeness, groups = _found()
    text = render_text(manifest.header, likeness, groups)
    assert text.startswith("LAG: 6 different images compared; none are alike in the ways that were looked\nfor.\n")


def test_text_is_cut_where_there_is_too_much() -> None:
    manifest, likeness, groups = _found(*PAIRS)
    assert "Group 2" not in (text := render_text(manifest.header, likeness, groups, most=1))
    assert "... and 1 more group: --format json gives all" in text


def test_json() -> None:
    manifest, likeness, groups = _found(*PAIRS)
    document = json.loads(render_json(manifest.header, likeness, groups, verdict="fail", fail_on="error"))
    assert document["verdict"] == "fail"
    assert document["images_compared"] == 6
    assert document["looked_for"] == ["byte-identical", "same-eye"]
    assert document["not_looked_for"] == {"mirrored": "was not asked for", "turned": "was not asked for"}
    assert document["tally"]["same-eye"] == 1
    assert [group["across_classes"] for group in document["groups"]] == [True, False]
    assert document["groups"][0] == {
        "members": ["non_glaucoma/0003", "suspicious_glaucoma/0006"],
        "classes": ["non_glaucoma", "suspicious_glaucoma"],
        "across_classes": True,
        "notes": ["Identical pictures in two classes: one of the labels is wrong."],
        "weakest": None,
        "pairs": [
            {
                "a": "non_glaucoma/0003",
                "b": "suspicious_glaucoma/0006",
                "relation": "byte-identical",
                "score": 1.0,
                "method": "sha256",
                "detail": "",
            }
        ],
    }


def test_what_a_group_means_is_said() -> None:
    def notes(*pairs: Pair, large: int = 10) -> list[str]:
        return list(list_notes(_found(*pairs)[2][0], large))

    assert notes(Pair(0, 1, Relation.SAME_EYE, 0.5, "t")) == []
    assert notes(Pair(0, 5, Relation.SAME_EYE, 0.5, "t")) == [
        "One eye in two classes: perhaps progression; keep all, in one split."
    ]
    assert notes(Pair(0, 5, Relation.MIRRORED, 0.9, "t")) == [
        "Copies in two classes, or two visits: look at them to know which."
    ]
    assert notes(Pair(0, 1, Relation.SAME_EYE, 0.5, "t"), Pair(1, 2, Relation.MIRRORED, 0.9, "t"), large=2) == [
        "Large for one eye: weakest link non_glaucoma/0001 and non_glaucoma/0002 (same-eye 0.50)."
    ]


def test_csv() -> None:
    rows = list(csv.reader(io.StringIO(render_csv(_found(*PAIRS)[2]))))
    assert rows[0] == ["group", "across_classes", "a", "b", "relation", "score", "method", "detail"]
    assert [row[:6] for row in rows[1:]] == [
        ["1", "yes", "non_glaucoma/0003", "suspicious_glaucoma/0006", "byte-identical", "1.0000"],
        ["2", "no", "non_glaucoma/0001", "non_glaucoma/0002", "same-eye", "0.7123"],
    ]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_same_value_gives_the_same_text(number: int) -> None:
    manifest, likeness, groups = _found(*PAIRS[:number])
    assert render_text(manifest.header, likeness, groups) == render_text(manifest.header, likeness, groups)
