"""Relations between two photographs, the surest first."""

from collections.abc import Iterable
from enum import StrEnum

from lagtool.display import show
from lagtool.errors import LagtoolError


class Relation(StrEnum):
    """How two photographs are alike; a pair is listed under the first that holds."""

    BYTE_IDENTICAL = "byte-identical"
    PIXEL_IDENTICAL = "pixel-identical"
    NEAR_DUPLICATE = "near-duplicate"
    MIRRORED = "mirrored"
    TURNED = "turned"
    SAME_EYE = "same-eye"
    PROBABLY_SAME_EYE = "probably-same-eye"

    @property
    def meaning(self) -> str:
        """What the relation says of two photographs."""
        return MEANINGS[self]

    @property
    def needs_pictures(self) -> bool:
        """Whether pictures have to be opened to establish it; the others are read off the manifest."""
        return self not in (Relation.BYTE_IDENTICAL, Relation.PIXEL_IDENTICAL)


MEANINGS = {
    Relation.BYTE_IDENTICAL: "The same file, byte for byte. An equivalence: each is paired with the first only.",
    Relation.PIXEL_IDENTICAL: "Other bytes (metadata, a lossless rewrite), the same pixels (a quarter of the size).",
    Relation.NEAR_DUPLICATE: "One photograph, saved again: re-encoded, resized, cropped, brightened, slightly turned.",
    Relation.MIRRORED: "One photograph and its mirror image, possibly also turned by 90, 180 or 270 degrees.",
    Relation.TURNED: "One photograph, turned by 90, 180 or 270 degrees.",
    Relation.SAME_EYE: "Two photographs of one eye, of one visit or of two (probability 0.95 or more).",
    Relation.PROBABLY_SAME_EYE: "Probably two photographs of one eye (probability from 0.5 to 0.95): look at them.",
}
"""Meaning of each relation, for the documentation."""

ALL = tuple(Relation)

IDENTICAL = (Relation.BYTE_IDENTICAL, Relation.PIXEL_IDENTICAL)
"""What the columns of a manifest tell, without any picture."""

EYES = (Relation.SAME_EYE, Relation.PROBABLY_SAME_EYE)
"""What vessels tell."""

WORDS: dict[str, tuple[Relation, ...]] = {
    "all": ALL,
    "identical": IDENTICAL,
    "copies": tuple(relation for relation in Relation if relation not in EYES),
    "eyes": EYES,
    **{relation.value: (relation,) for relation in Relation},
}
"""What ``--relations`` takes: relations by name, and words for several of them."""


def choose_relations(words: Iterable[str]) -> tuple[Relation, ...]:
    """Return the relations that ``words`` stand for (see `WORDS`), in their order.

    Raises:
        LagtoolError: A word stands for none, or there are no words.
    """
    chosen: set[Relation] = set()
    for word in words:
        if word.strip() not in WORDS:
            raise LagtoolError(f"no relation is called '{show(word.strip())}': choose from {', '.join(WORDS)}")
        chosen.update(WORDS[word.strip()])
    if not chosen:
        raise LagtoolError(f"--relations names none: choose from {', '.join(WORDS)}")
    return tuple(relation for relation in Relation if relation in chosen)
