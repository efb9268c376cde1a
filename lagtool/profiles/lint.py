"""Lint: what is allowed in a profile, and yet hardly what was meant."""

from collections.abc import Iterator
from itertools import combinations

from lagtool.profiles.pattern import compile_pattern, list_examples
from lagtool.profiles.reading import Problem
from lagtool.profiles.spec import SLOTS, Profile, SlotName, SlotSpec
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
            yield Problem(f"{where}.mark", "is never looked at: no pattern has a group (?P<class>...)")


def _remark_slot(profile: Profile, slot: SlotName, spec: SlotSpec) -> Iterator[Problem]:
    where = f"slots.{slot}"
    yield from _remark_pattern(profile, slot, spec)
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


def _remark_pattern(profile: Profile, slot: SlotName, spec: SlotSpec) -> Iterator[Problem]:
    where = f"slots.{slot}.pattern"
    stems = list_examples(spec.pattern)
    taken = [stem for stem in stems if profile.key(slot, stem + spec.suffixes[0]) is not None]
    if not taken:
        example = f", such as '{show(stems[0], 60)}'" if stems else ""
        yield Problem(
            where,
            f"takes no name that can be a sample's{example}: up to 100 ASCII letters, digits, '_', '.' and '-', with a "
            "letter or digit at both ends; digits only in the group 'number'",
        )
    elif all(stem.lower().endswith(spec.suffixes) for stem in taken):
        yield Problem(where, f"takes '{taken[0]}', with a suffix: it is held against the name without its suffix")
    elif spec.pattern.lower().endswith(spec.suffixes):  # '.jpg', in which the dot stands for any character
        yield Problem(where, "ends in a suffix: it is held against the name without its suffix")
    if profile.has_marks(slot):
        for c in profile.classes:
            if taken and c.mark is not None and not _allows(spec.pattern, c.mark):
                yield Problem(
                    f"classes.{c.name}.mark", f"'{c.mark}' is nothing that the group 'class' of {where} takes"
                )


def _allows(pattern: str, mark: str) -> bool:
    """Whether the group ``class`` of a pattern can hold a mark, as far as examples with it in that place show."""
    matcher = compile_pattern(pattern)
    for stem in list_examples(pattern):
        match = matcher.fullmatch(stem)
        if match is not None and match.span("class") != (-1, -1):
            start, end = match.span("class")
            for text in (mark, mark.lower(), mark.upper()):
                other = matcher.fullmatch(stem[:start] + text + stem[end:])
                if other is not None and other["class"] == text:
                    return True
    return False


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
            yield Problem(f"{where}.suffixes", f"has '{suffix}', which is no suffix of a picture that can be decoded")
        elif spec.format is not None and usual != spec.format:
            yield Problem(f"{where}.suffixes", f"has '{suffix}', but the format is {spec.format}, not {usual}")
    if spec.width and spec.height and spec.width * spec.height > _LIMIT_PIXELS:
        yield Problem(f"{where}.width", f"times height is more than the {_LIMIT_PIXELS:,} pixels that are ever decoded")
    if spec.format == "JPEG" and (odd := set(spec.modes) - {"L", "RGB", "CMYK"}):
        yield Problem(f"{where}.modes", f"has {min(odd)}, which a JPEG never is")


def _remark_pairs(profile: Profile) -> Iterator[Problem]:
    """Remark on slots whose files never meet in one sample, or claim the same files."""
    kinds = {slot: _kind(spec) for slot, spec in profile.slots.items()}
    for slot, kind in kinds.items():
        if kind != kinds["image"]:
            yield Problem(
                f"slots.{slot}.pattern",
                f"ties by '{kind}', but that of slots.image by '{kinds['image']}': their files hardly ever meet",
            )
    folders = {slot: {p.folder for p in profile.places() if p.slot == slot} for slot in profile.slots}
    for one, other in combinations([slot for slot in SLOTS if slot in profile.slots], 2):
        if not folders[one] & folders[other]:
            continue
        names = [
            s + suffix for s in list_examples(profile.slots[other].pattern) for suffix in profile.slots[other].suffixes
        ]
        both = next((name for name in names if profile.key(one, name) and profile.key(other, name)), None)
        if both is not None:
            yield Problem(
                f"slots.{other}.pattern", f"takes '{both}', as slots.{one} does in the same folder: it gets none"
            )


def _kind(spec: SlotSpec) -> str:
    return "number" if "number" in compile_pattern(spec.pattern).groupindex else "id"


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
