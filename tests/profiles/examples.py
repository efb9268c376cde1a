"""Profiles that the documentation shows, and random ones."""

import re
from pathlib import Path
from typing import Any, get_args

from hypothesis import strategies as st

from lagtool.profiles import Profile
from lagtool.profiles.parts import Format, Mode

DOCS = Path(__file__).parents[2] / "docs"

LEAST: dict[str, Any] = {
    "name": "least",
    "classes": [{"name": "a", "label": 0}, {"name": "b", "label": 1}],
    "slots": {"image": {"folder": ".", "files": ["{number}.jpg"]}},
}


def documented(name: str) -> str:
    """Return the TOML between the marks ``name`` of docs/profiles.md."""
    page = (DOCS / "profiles.md").read_text(encoding="utf-8")
    match = re.search(rf"<!-- {name} -->\n```toml\n(.*?)```\n<!-- /{name} -->", page, re.DOTALL)
    assert match is not None
    return match[1]


def as_published(profile: Profile) -> Profile:
    """Return a profile like LAG's that names pictures as its published description does: ``image1.jpg``."""
    files = ("image{number}.jpg", "{number}.jpg", "image{number}.jpeg", "{number}.jpeg")
    slots = {
        slot: spec if slot == "label" else spec.model_copy(update={"files": files})
        for slot, spec in profile.slots.items()
    }
    return profile.model_copy(update={"slots": slots})


_names = st.from_regex(r"[a-z][a-z0-9_]{0,8}[a-z]", fullmatch=True)
_texts = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=20).filter(str.isprintable)
_counts = st.none() | st.integers(0, 10**6)
_hashes = st.none() | st.from_regex("[0-9a-f]{64}", fullmatch=True)
_folders = st.sampled_from([".", "image", "a/b", "masks/{class}", "{class}/x y", "{class}_old", "{class}"])
_stems = st.sampled_from(["{number}", "im-{number}", "{number:06}", "im{number:02}_x"])
_suffixes = st.sampled_from([".jpg", ".png", ".txt", ".tif", ".JPG"])
_files = st.lists(st.tuples(_stems, _suffixes).map("".join), min_size=1, max_size=5, unique=True)


@st.composite
def _slots(draw: st.DrawFn, slot: str) -> dict[str, Any]:
    side = draw(st.none() | st.integers(1, 5000))
    spec = {
        "folder": draw(_folders),
        "files": draw(_files),
        "format": draw(st.none() | st.sampled_from(get_args(Format))),
        "width": side,
        "height": None if side is None else draw(st.integers(1, 5000)),
        "modes": draw(st.lists(st.sampled_from(get_args(Mode)), unique=True)),
        "noun": draw(st.none() | st.sampled_from(["disc mask", "photograph"])),
    }
    if slot == "map":
        spec["content"] = draw(st.sampled_from([None, "attention", "mask"]))
        if spec["content"] == "mask":
            levels = draw(st.lists(st.integers(0, 255), max_size=16, unique=True))
            spec["levels"], spec["nested"] = levels, len(levels) > 1 and draw(st.booleans())
    if slot == "label":
        spec["values"] = draw(st.dictionaries(_texts, st.integers(0, 9), min_size=1, max_size=5))
    return spec


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """Draw a valid profile with any keys."""
    names = draw(st.lists(_names, min_size=1, max_size=4, unique_by=str.lower))
    classes = [
        {"name": name, "label": n, "images": draw(_counts), "labels": draw(_counts), "maps": draw(_counts)}
        for n, name in enumerate(names)
    ]
    slots = ["image", *(slot for slot in ("label", "map") if draw(st.booleans()))]
    low, middle, high = sorted(draw(st.lists(st.integers(1, 999), min_size=3, max_size=3)))
    return Profile.model_validate(
        {
            "name": draw(_names),
            "title": draw(_texts),
            "source": draw(_texts),
            "terms": draw(_texts),
            "id": draw(st.sampled_from(["{number}", "{number:04}", "{number:09}", "im{number:06}"])),
            "classes": classes,
            "slots": {slot: draw(_slots(slot)) for slot in slots},
            "ids_sha256": draw(_hashes),
            "content_sha256": draw(_hashes),
            "files_sha256": draw(_hashes),
            "published_sizes": draw(
                st.none() | st.just({"min": [low, low], "median": [middle, middle], "max": [high, high]})
            ),
        }
    )
