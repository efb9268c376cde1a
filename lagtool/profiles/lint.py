"""Lint: what is allowed in a profile, and yet hardly what was meant."""

from collections.abc import Iterator
from itertools import combinations

from lagtool.profiles.parts import SLOTS, SlotName, SlotSpec
from lagtool.profiles.reading import Problem
from lagtool.profiles.spec import Profile
from lagtool.text import show

_FORMATS = {
    ".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".png": "PNG", ".bmp": "BMP", ".dib": "BMP", ".tif": "TIFF",
    ".tiff": "TIFF", ".gif": "GIF", ".webp": "WEBP", ".jp2": "JPEG2000", ".j2k": "JPEG2000",
}  # fmt: skip
_PICTURE_KEYS = ("format", "width", "height", "modes")
_LIMIT_PIXELS = 50_000_000


def remark(profile: Profile) -> list[Problem]:
    """Return what a careful reader would ask about, in the order of the keys."""
    remarks = [*_remark_classes(profile)]
    for slot in SLOTS:
        if slot in profile.slots:
            remarks.extend(_remark_slot(profile, slot, profile.slots[slot]))
    return [*remarks, *_remark_pairs(profile), *_remark_published(profile)]


def _remark_classes(profile: Profile) -> Iterator[Problem]:
    if len(profile.classes) == 1:
        yield Problem("classes", "is a single class: there is nothing to tell apart")
    used = any(profile.has_marks(slot) for slot in profile.slots)
    for spec in profile.classes:
        where = f"classes.{spec.name}"
        for slot, key, number in (("label", "labels", spec.labels), ("map", "maps", spec.maps)):
            if number is not None and slot not in profile.slots:
                yield Problem(f"{where}.{key}", f"counts files of a slot that is not there: add slots.{slot}")
            elif number is not None and spec.images is not None and number > spec.images:
                yield Problem(
                    f"{where}.{key}", f"is {number:,}, more than the {spec.images:,} images that they belong to"
                )
        if spec.mark is not None and not used:
            yield Problem(f"{where}.mark", "is never looked at: no template has {class}")


def _remark_slot(profile: Profile, slot: SlotName, spec: SlotSpec) -> Iterator[Problem]:
    where = f"slots.{slot}"
    if slot == "label":
        for key in _PICTURE_KEYS:
            if getattr(spec, key):
                yield Problem(f"{where}.{key}", "means nothing for label files, which hold text")
        yield from _remark_values(profile, spec)
    else:
        if spec.values:
            yield Problem(f"{where}.values", "means nothing for pictures: put it into slots.label")
        yield from _remark_pictures(slot, spec)
    if spec.content is not None and slot != "map":
        yield Problem(f"{where}.content", "means something for slots.map only")


def _remark_values(profile: Profile, spec: SlotSpec) -> Iterator[Problem]:
    labels = {c.label: c.name for c in profile.classes}
    for text, label in spec.values.items():
        where = f"slots.label.values.{show(text, 40) or '(empty)'}"
        if text != text.strip() or not text:
            yield Problem(where, "is never met: blanks round the text of a label file are taken off")
        if label not in labels:
            yield Problem(where, f"stands for the label {label}, which no class has")
    for label, name in labels.items():
        if label not in spec.values.values():
            yield Problem("slots.label.values", f"has no text for the label {label} of class {name}")


def _remark_pictures(slot: SlotName, spec: SlotSpec) -> Iterator[Problem]:
    where = f"slots.{slot}"
    for suffix in spec.suffixes:
        usual = _FORMATS.get(suffix)
        if usual is None:
            yield Problem(f"{where}.files", f"has '{suffix}', which is no extension of a picture that can be decoded")
        elif spec.format is not None and usual != spec.format:
            yield Problem(f"{where}.files", f"has '{suffix}', but the format is {spec.format}, not {usual}")
    if spec.width and spec.height and spec.width * spec.height > _LIMIT_PIXELS:
        yield Problem(f"{where}.width", f"times height is more than the {_LIMIT_PIXELS:,} pixels that are ever decoded")
    if spec.format == "JPEG" and (odd := set(spec.modes) - {"L", "RGB", "CMYK"}):
        yield Problem(f"{where}.modes", f"has {min(odd)}, which a JPEG never is")


def _remark_pairs(profile: Profile) -> Iterator[Problem]:
    """Remark on slots that claim the same files: a name goes to the template with more characters of its own."""
    folders = {slot: {p.folder for p in profile.places() if p.slot == slot} for slot in profile.slots}
    marks = [c.mark or "" for c in profile.classes][:1]
    for one, other in combinations(profile.claim_order(profile.slots), 2):
        if folders[one] & folders[other]:
            names = [template.fill("1", mark) for template in profile.slots[other].templates for mark in marks]
            taken = next((name for name in names if profile.key(one, name) is not None), None)
            if taken is not None:
                yield Problem(f"slots.{other}.files", f"fits '{taken}', which slots.{one} takes in the same folder")


def _remark_published(profile: Profile) -> Iterator[Problem]:
    sizes = profile.published_sizes
    if sizes is None:
        return
    for slot in ("image", "map"):
        spec = profile.slots.get(slot)
        if spec is None or spec.width is None or spec.height is None:
            continue
        low, high = sizes.min, sizes.max
        if not (low[0] <= spec.width <= high[0] and low[1] <= spec.height <= high[1]):
            yield Problem(
                "published_sizes", f"leaves out {spec.width} x {spec.height}, the size that slots.{slot} expects"
            )
