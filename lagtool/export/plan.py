"""The plan of an export: which samples, in which part, under which names; what is left out and why."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from lagtool.curation.apply import curated, excluded, recorded_marks
from lagtool.errors import LagtoolError
from lagtool.manifest.marks import Mark, fingerprint_marks, sort_marks
from lagtool.manifest.value import Manifest
from lagtool.model import Action, State
from lagtool.output.writing import is_device
from lagtool.profiles import Profile
from lagtool.splits.plan import part_names, split_fingerprint, usable
from lagtool.text import count, join_some, show

LIMIT = 64
"""Characters of a name at most: paths on Windows end at 260, those of a tar header at 100."""

_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*", re.ASCII)
_OTHER = re.compile(r"[^A-Za-z0-9_-]", re.ASCII)


def is_portable(name: str) -> bool:
    """Whether a name can be that of a file or folder everywhere: letters, digits, ``_`` and ``-``, no device."""
    return len(name) <= LIMIT and _SAFE.fullmatch(name) is not None and not is_device(name)


def portable_names(names: Sequence[str], taken: Iterable[str] = ()) -> list[str]:
    """Return a name for each of ``names`` (all different) that is portable and differs from all others in any case.

    A name that is portable stays as it is, unless an earlier one differs from it in upper and lower case only. Of
    others, characters that are not taken become ``_``, and what would be too long or stands twice ends in eight digits
    of its SHA-256. Dots go too: in archives and in WebDataset what follows the first of them is the kind of a file.

    Args:
        names: What the names should be.
        taken: Names that must not be given.
    """
    used = {name.lower() for name in taken}
    given: dict[int, str] = {}
    for number, name in enumerate(names):
        if is_portable(name) and name.lower() not in used:
            given[number] = name
            used.add(name.lower())
    for number, name in enumerate(names):
        if number not in given:
            given[number] = _alter(name, used)
            used.add(given[number].lower())
    return [given[number] for number in range(len(names))]


def _alter(name: str, used: set[str]) -> str:
    plain = _OTHER.sub("_", name)
    if not plain or plain[0] == "-":
        plain = f"_{plain}"
    if is_device(plain):
        plain += "_"
    if len(plain) <= LIMIT and plain.lower() not in used:
        return plain
    salt = ""
    while True:
        digest = hashlib.sha256(f"{name}{salt}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
        made = f"{plain[: LIMIT - 9]}_{digest}"
        if made.lower() not in used:
            return made
        salt += "+"


ALL = "all"
"""Name of the only part of a dataset that has no split."""
TAKEN = ("attention_map", "readme", "license", "samples", "metadata", "croissant", "sha256sums", "lagtool-export")
"""Names that formats use beside the parts, so that no part can have them."""

_KEPT = ("id", "class", "label", "fold", "group")
_FILES = tuple(f"{slot}_{what}" for slot in ("image", "map") for what in ("path", "sha256", "bytes"))
_WHY = {
    **dict.fromkeys(
        (State.NOT_A_FILE, State.LINK_INSIDE, State.LINK_OUTSIDE),
        "whose image is a link, a folder or a device: these are not followed",
    ),
    State.UNREAD: "whose image nobody has decoded",
}


@dataclass(frozen=True)
class ExportClass:
    """A class: its name and label, and the name of its folder."""

    name: str
    label: int
    folder: str


@dataclass(frozen=True, eq=False)
class Plan:
    """What is exported, in order of part, class and id.

    ``samples`` has the columns ``name`` (of the sample's files, without suffix), ``part``, ``id``, ``class``,
    ``label``, ``class_folder``, ``fold``, ``group`` (NA where there are none), and ``*_path``, ``*_sha256`` and
    ``*_bytes`` of ``image`` and ``map`` (NA where there is no intact map). Class and label are those that marks say.

    Attributes:
        profile: The profile of the manifest.
        classes: All classes, in the profile's order, also those without samples.
        parts: Names of the parts, in order, also those without samples; ``all`` where the manifest has no split.
        samples: The samples.
        left_out: Why samples are left out, and how many for each reason.
        turned: Number of samples whose image states that it is not upright (Exif, XMP).
        remarks: What else the user should know, one line each.
        content_sha256: Fingerprint of the dataset.
        split_sha256: Fingerprint of its split, whole, whichever parts are exported; None: it has none.
        revision: The marks that exclude and relabel samples, each with the picture that its sample has.
    """

    profile: Profile
    classes: tuple[ExportClass, ...]
    parts: tuple[str, ...]
    samples: pd.DataFrame
    left_out: dict[str, int]
    turned: int
    remarks: tuple[str, ...]
    content_sha256: str | None
    split_sha256: str | None
    revision: tuple[Mark, ...] = ()

    def select(self, part: str) -> pd.DataFrame:
        """Return the samples of a part."""
        return self.samples[self.samples["part"].eq(part)]

    def count_classes(self) -> "Counter[tuple[str, str]]":
        """Return the number of samples of each part and class."""
        return Counter(zip(self.samples["part"], self.samples["class"], strict=True))

    @property
    def mask_maps(self) -> bool:
        """Whether maps are masks, whose levels must not be mixed when they are resized."""
        return "map" in self.profile.slots and self.profile.slots["map"].content == "mask"


def plan_export(manifest: Manifest, *, parts: Sequence[str] = (), fold: int | None = None) -> Plan:
    """Return what an export of a manifest holds: the curated samples whose image is intact, in the parts asked for.

    Args:
        manifest: With or without a split.
        parts: Names of the parts; empty: all.
        fold: The fold that becomes ``val``, all others ``train``; None: each is a part, ``fold0``, ``fold1``, ...

    Raises:
        LagtoolError: There is no such part or fold, or nothing to export.
    """
    if manifest.header.scan_options.quick:
        raise LagtoolError("the images are not known by content (indexed with --quick): index them without it")
    now = curated(manifest)
    homes = manifest.samples["class"][~excluded(manifest.samples)]  # the classes of the folders, whatever marks say
    now = replace(now, samples=now.samples.assign(home=homes.astype(str).tolist()))
    left_out: dict[str, int] = {}
    _note(left_out, "excluded by a mark", len(manifest.samples) - len(now.samples))
    intact = usable(now.samples)
    for reason, number in _damages(now.samples[~intact]):
        _note(left_out, reason, number)
    part = _divide(now, fold)
    names = _order(now, part, fold)
    if wrong := [name for name in parts if name not in names]:
        raise LagtoolError(f"no part is called '{show(wrong[0], 60)}': there are {', '.join(map(show, names))}")
    chosen = tuple(name for name in names if not parts or name in parts)
    _note(left_out, "in no part of the split", int((intact & part.isna()).sum()))
    _note(left_out, "in a part that was not asked for", int((intact & part.notna() & ~part.isin(chosen)).sum()))
    wanted = intact & part.isin(chosen)
    if not wanted.any():
        why = "; ".join(f"{count(number, 'sample')} {reason}" for reason, number in left_out.items())
        raise LagtoolError(f"there is nothing to export: {why or 'the manifest has no samples'}")
    return _name(manifest, now.samples.assign(part=part)[wanted], chosen, left_out)


def number_class_folders(plan: Plan) -> Plan:
    """Return the plan with the label before the name of each class's folder: ``0_normal``, ``1_glaucoma``."""
    width = max(len(str(c.label)) for c in plan.classes)
    classes = tuple(replace(c, folder=f"{c.label:0{width}d}_{c.folder}") for c in plan.classes)
    folders = dict(zip((c.folder for c in plan.classes), (c.folder for c in classes), strict=True))
    return replace(
        plan,
        classes=classes,
        samples=plan.samples.assign(class_folder=plan.samples["class_folder"].map(folders).astype("string")),
    )


def folder_numbers(plan: Plan) -> dict[str, int]:
    """Return the number that readers of folders give to each class's folder: by sorted name, from 0."""
    return {name: number for number, name in enumerate(sorted(c.folder for c in plan.classes))}


def _damages(samples: pd.DataFrame) -> Iterator[tuple[str, int]]:
    missing = samples["image_path"].isna()
    yield "without an image", int(missing.sum())
    for state, number in samples["image_state"][~missing].value_counts().sort_index().items():
        yield _WHY.get(State(str(state)), f"whose image is damaged ({state})"), int(number)


def _divide(manifest: Manifest, fold: int | None) -> "pd.Series[str]":
    samples = manifest.samples
    if fold is None:
        if "split" in samples or "fold" in samples:
            return part_names(manifest).astype("string")
        return pd.Series(ALL, index=samples.index, dtype="string")
    if "fold" not in samples or samples["fold"].isna().all():
        raise LagtoolError("the manifest has no folds: make them with 'lagtool split --folds K'")
    folds = samples["fold"]
    if not folds.eq(fold).any():
        known = sorted(folds.dropna().unique().tolist())
        raise LagtoolError(f"there is no fold {fold}: there are {known[0]} to {known[-1]}")
    sides = folds.eq(fold).map({True: "val", False: "train"}).astype("string")
    other = samples["split"].where(folds.isna()) if "split" in samples else pd.Series(pd.NA, samples.index)
    if set(other.dropna().unique()) & {"train", "val"}:
        raise LagtoolError("samples in no fold are in a part called train or val: name the parts with --split instead")
    return sides.where(folds.notna(), other.astype("string"))


def _order(manifest: Manifest, part: "pd.Series[str]", fold: int | None) -> list[str]:
    """Return the names of all parts: in the order in which the split was made, where that is known."""
    there = sorted(part.dropna().unique().tolist())
    if fold is None:
        known = [str(name) for name in (manifest.header.split or {}).get("names") or []]
        return known if set(there) <= set(known) else there
    return ["train", "val", *(name for name in there if name not in ("train", "val"))]


def _name(manifest: Manifest, rows: pd.DataFrame, parts: tuple[str, ...], left_out: dict[str, int]) -> Plan:
    """Give every part, class and sample a name that all file systems take, and put the samples in order."""
    profile = manifest.profile
    names = tuple(c.name for c in profile.classes)
    folders = dict(zip(names, portable_names(names), strict=True))
    places = dict(zip(parts, portable_names(parts, TAKEN), strict=True))
    ranks = {"part": {name: rank for rank, name in enumerate(parts)}, "class": {n: r for r, n in enumerate(names)}}
    ranked = rows.assign(_part=rows["part"].map(ranks["part"]), _class=rows["class"].map(ranks["class"]))
    rows = ranked.sort_values(["_part", "_class", "id"], kind="stable").reset_index(drop=True)
    # An id that stands in several classes tells no sample; with the class of its folder, whatever marks say, it does.
    wanted = rows["id"].where(~rows["id"].duplicated(keep=False), rows["home"] + "-" + rows["id"]).tolist()
    given = portable_names(wanted)
    columns = {
        "name": pd.Series(given, dtype="string"),
        "part": rows["part"].map(places).astype("string"),
        **{name: rows[name] if name in rows else pd.Series(pd.NA, rows.index, dtype="string") for name in _KEPT},
        "class_folder": rows["class"].map(folders).astype("string"),
        **{name: rows[name] for name in _FILES},
    }
    samples = pd.DataFrame(columns)
    there = samples["map_path"].notna()
    intact = rows["map_state"].eq("ok").fillna(value=False).astype(bool) & rows["map_sha256"].notna()
    samples.loc[~intact, ["map_path", "map_sha256", "map_bytes"]] = pd.NA
    remarks = [
        *_changed("part", list(places.items())),
        *_changed("class", list(folders.items())),
        *_changed("sample", list(zip(wanted, given, strict=True))),
    ]
    if damaged := int((there & ~intact).sum()):
        remarks.append(f"{count(damaged, 'attention map is', 'attention maps are')} damaged: those samples go without")
    if (manifest.header.split or {}).get("marks_sha256") != _marks_sha256(manifest) and manifest.header.split:
        remarks.append("the manifest was curated after its split was made: 'lagtool split' again heeds the marks")
    return Plan(
        profile=profile,
        classes=tuple(ExportClass(c.name, c.label, folders[c.name]) for c in profile.classes),
        parts=tuple(places.values()),
        samples=samples,
        left_out=left_out,
        turned=int(rows["image_orientation"].gt(1).sum()),
        remarks=tuple(remarks),
        content_sha256=manifest.header.content_sha256,
        split_sha256=split_fingerprint(manifest) if "split" in manifest.samples or "fold" in manifest.samples else None,
        revision=_revision(manifest),
    )


def _revision(manifest: Manifest) -> tuple[Mark, ...]:
    """Return the marks that exclude and relabel, under the ids of the manifest, with the sha256 of their images."""
    placed = recorded_marks(manifest)
    digests = manifest.samples["image_sha256"].tolist()
    classes, ids = manifest.samples["class"].tolist(), manifest.samples["id"].tolist()
    found = [] if placed is None else placed.select(Action.EXCLUDE) + placed.select(Action.RELABEL)
    return sort_marks(
        mark.model_copy(update={"class_name": classes[at], "id": ids[at], "image_sha256": digests[at]})
        for at, mark in found
        if not pd.isna(digests[at])
    )


def _changed(what: str, names: list[tuple[str, str]]) -> Iterator[str]:
    """Say which names are not those of the manifest."""
    changed = [(before, after) for before, after in names if before != after]
    if changed:
        first = join_some([f"{show(before, 40)} is called {show(after, 40)}" for before, after in changed])
        several = f"names of {what}{'es' if what == 'class' else 's'}"
        yield f"{count(len(changed), f'name of a {what}', several)} made safe for every system: {first}"


def _marks_sha256(manifest: Manifest) -> str | None:
    marks = manifest.header.curation
    return None if marks is None else fingerprint_marks(marks.marks)


def _note(left_out: dict[str, int], reason: str, number: int) -> None:
    if number:
        left_out[reason] = left_out.get(reason, 0) + number
