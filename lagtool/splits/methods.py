"""A split in words, ready for the methods section of a paper."""

from collections.abc import Mapping, Sequence
from typing import Any

from lagtool.display import count, show
from lagtool.relation import Relation
from lagtool.splits.decisions import Decisions, describe_decisions

_WORDS = {
    Relation.BYTE_IDENTICAL: "byte-identical images",
    Relation.PIXEL_IDENTICAL: "images with identical pixels",
    Relation.NEAR_DUPLICATE: "near-duplicates",
    Relation.MIRRORED: "mirror images",
    Relation.TURNED: "turned copies",
    Relation.SAME_EYE: "photographs of the same eye",
}


def describe_methods(
    version: str,
    split: Mapping[str, Any],
    parts: Sequence[tuple[str, int]],
    *,
    excluded: int,
    crossings: int,
    deviation: float,
    curation: Decisions | None = None,
    map_noun: str | None = "attention map",
) -> str:
    """Return some sentences that say how the split was made.

    Args:
        version: Of lagtool.
        split: What the header of the manifest says of the split.
        parts: Name and number of samples of each part.
        excluded: Samples in no part.
        crossings: Groups in two parts, as they were counted.
        deviation: The largest distance of a class from its share, in samples.
        curation: The marks that it was made with, if any.
        map_noun: What a map is called in this data set; None: it has none.
    """
    grouping = split["grouping"]
    by = _strata(split["stratify"], map_noun)
    used = sum(number for _, number in parts)
    how = f", stratified by {by}," if by else ""
    sentences = [
        f"The {count(used, 'image')} were divided{how} into {_parts(split, parts)} with lagtool {version} "
        f"(algorithm {split['algorithm']}, seed {split['seed']}; split fingerprint {split['split_sha256'][:16]})."
    ]
    kinds = [_WORDS[Relation(name)] for name in grouping["looked_for"]]
    if grouping["file_groups"] is not None:
        kinds.append(f"images of one group in a given table of {count(grouping['file_groups'], 'group')}")
    crossing = (
        "no group crosses parts" if not crossings else f"{count(crossings, 'group crosses', 'groups cross')} parts"
    )
    sentences.append(f"{_capital(_join(kinds))} were kept in the same part; {crossing}.")
    if grouping["not_looked_for"]:
        missing = [_WORDS[Relation(name)] for name in grouping["not_looked_for"]]
        sentences.append(f"{_capital(_join(missing))} were not searched for.")
    if split["held_out"] is not None:
        sentences.append("The test part was given by a list; images alike to one on it were not used for training.")
    if split["extends"] is not None:
        sentences.append(
            f"The split extends an earlier one (fingerprint {split['extends']['split_sha256'][:16]}), in which every "
            "image kept its part."
        )
    if split["one_per_group"]:
        sentences.append("Of each group one image was used.")
    if split["drop_conflicts"]:
        sentences.append("Groups with images of several classes were left out.")
    if curation is not None:
        sentences.append(describe_decisions(curation))
    if excluded:
        in_all = " in all" if curation is not None and curation.excluded else ""
        sentences.append(f"{count(excluded, 'sample was', 'samples were')} excluded{in_all}.")
    sentences.append(f"No class deviates from its proportional share by more than {deviation:.2f} images in any part.")
    return " ".join(sentences)


def _strata(stratify: str, map_noun: str | None) -> str:
    if stratify == "class-map" and map_noun is not None:
        return f"class and availability of {'an' if map_noun[0] in 'aeiou' else 'a'} {map_noun}"
    return "" if stratify == "none" else "class"


def _parts(split: Mapping[str, Any], parts: Sequence[tuple[str, int]]) -> str:
    if split["folds"] is None:
        return _join([f"{show(name)} ({number:,})" for name, number in parts])
    folds = [number for name, number in parts if name.startswith("fold")]
    low, high = min(folds), max(folds)
    sizes = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    words = f"{len(folds)} folds of {sizes} images"
    return words if split["test"] is None else f"{parts[-1][0]} ({parts[-1][1]:,}) and {words}"


def _join(words: Sequence[str]) -> str:
    return " and ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])}, and {words[-1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
