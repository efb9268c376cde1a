"""A split in words, ready for the methods section of a paper."""

from collections.abc import Sequence

from lagtool.manifest.header import Relation
from lagtool.splits.record import Certificate, Decisions
from lagtool.text import count, show

_WORDS = {
    Relation.BYTE_IDENTICAL: "byte-identical images",
    Relation.PIXEL_IDENTICAL: "images with identical pixels",
    Relation.NEAR_DUPLICATE: "near-duplicates",
    Relation.MIRRORED: "mirror images",
    Relation.TURNED: "turned copies",
    Relation.SAME_EYE: "photographs of the same eye",
    Relation.PROBABLY_SAME_EYE: "photographs probably of the same eye",
}


def describe_methods(made: Certificate, map_noun: str | None) -> str:
    """Return some sentences that say how the split was made.

    Args:
        made: The certificate of the split, but for this text.
        map_noun: What a map is called in this dataset; None: it has none.
    """
    by = _strata(made.parameters["stratify"], map_noun)
    how = f", stratified by {by}," if by else ""
    sentences = [
        f"The {count(made.usable, 'image')} were divided{how} into {_parts(made)} with lagtool {made.tool_version} "
        f"(algorithm {made.algorithm}, seed {made.seed}; split fingerprint {made.split_sha256[:16]})."
    ]
    kinds = [_WORDS[Relation(name)] for name in made.relations.looked_for]
    if made.groups.file is not None:
        kinds.append(f"images of one group in a given table of {count(made.groups.file['groups'], 'group')}")
    crossings = made.groups.crossings
    crossing = count(crossings, "group crosses", "groups cross") if crossings else "no group crosses"
    sentences.append(f"{_capital(_join(kinds))} were kept in the same part; {crossing} parts.")
    if made.groups.file is not None and made.groups.file.get("joined"):
        joined = count(made.groups.file["joined"], "given group was", "given groups were")
        sentences.append(f"{joined} joined to another, with which an eye or a picture is shared.")
    if made.leakage is not None:
        sentences.append(f"{made.leakage.sentence.removeprefix('Leakage: ')}.")
    if made.relations.not_looked_for:
        missing = [_WORDS[Relation(name)] for name in made.relations.not_looked_for]
        sentences.append(f"{_capital(_join(missing))} were not searched for.")
    if made.relations.unsearched:
        lost = len(made.relations.unsearched)
        sentences.append(
            f"{lost:,} of the {count(made.usable, 'image')} could not be opened for this search: whether copies or "
            f"photographs of the same eye as {'this one' if lost == 1 else 'these'} are in other parts is not known."
        )
    if made.held_out is not None:
        sentences.append("The test part was given by a list; images alike to one on it were not used for training.")
    if made.extends is not None:
        sentences.append(
            f"The split extends an earlier one (fingerprint {made.extends['split_sha256'][:16]}), in which every "
            "image kept its part."
        )
    if made.parameters["one_per_group"]:
        sentences.append("Of each group one image was used.")
    if made.parameters["drop_conflicts"]:
        sentences.append("Groups with images of several classes were left out.")
    if made.curation is not None:
        sentences.append(_decisions(made.curation))
    if made.samples > made.usable:
        excluded = count(made.samples - made.usable, "sample was", "samples were")
        in_all = " in all" if made.curation is not None and made.curation.excluded else ""
        sentences.append(f"{excluded} excluded{in_all}.")
    sentences.append(
        f"No class deviates from its proportional share by more than {made.largest_deviation:.2f} images in any part."
    )
    return " ".join(sentences)


def _strata(stratify: str, map_noun: str | None) -> str:
    if stratify == "class-map" and map_noun is not None:
        return f"class and availability of {'an' if map_noun[0] in 'aeiou' else 'a'} {map_noun}"
    return "" if stratify == "none" else "class"


def _parts(made: Certificate) -> str:
    parts = [(part.name, part.total.samples) for part in made.parts]
    if made.parameters["folds"] is None:
        return _join([f"{show(name)} ({number:,})" for name, number in parts])
    folds = [number for name, number in parts if name.startswith("fold")]
    low, high = min(folds), max(folds)
    sizes = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    words = f"{len(folds)} folds of {sizes} images"
    return words if made.parameters["test"] is None else f"{parts[-1][0]} ({parts[-1][1]:,}) and {words}"


def _decisions(decisions: Decisions) -> str:
    parts = []
    if decisions.excluded:
        parts.append(f"{count(len(decisions.excluded), 'sample was', 'samples were')} excluded")
    if decisions.relabelled:
        parts.append(f"{count(len(decisions.relabelled), 'was', 'were')} assigned to another class than the source's")
    if decisions.kept_together:
        parts.append(
            f"{len(decisions.kept_together):,} were kept together in {count(decisions.groups, 'group')} given by hand"
        )
    if decisions.confirmed or decisions.rejected:
        parts.append(
            f"{count(len(decisions.confirmed), 'pair')} of images confirmed and {len(decisions.rejected):,} rejected "
            "as showing the same eye"
        )
    what = ", ".join(parts) if parts else "no sample was excluded, reassigned or grouped"
    lost = decisions.unknown + decisions.stale
    tail = f"; {count(lost, 'decision')} no longer fitted the data and had no effect" if lost else ""
    return (
        f"By decisions on single samples after review (fingerprint {decisions.marks_sha256[:16]}; the certificate "
        f"lists them with their reasons), {what}{tail}."
    )


def _join(words: Sequence[str]) -> str:
    return " and ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])}, and {words[-1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
