"""A manifest with the parts of a foreign split in its columns, so that the checks of splits can judge it."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from lagtool.manifest import Manifest, conform
from lagtool.mentions.mention import Mentions
from lagtool.schema import SAMPLE_COLUMNS

_FOLD = re.compile(r"fold[ _-]?([0-9]{1,4})", re.ASCII | re.IGNORECASE)
_LONGEST = 32


def name_parts(parts: Sequence[str]) -> tuple[str, ...]:
    """Return names for parts that the column ``split`` can hold: letters, digits, ``_`` and ``-``, all different."""
    names: dict[str, None] = {}
    for part in parts:
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", part)[:_LONGEST].strip("-") or "part"
        name, number = plain, 2
        while name in names:
            name = f"{plain[: _LONGEST - 6]}-{number}"
            number += 1
        names[name] = None
    return tuple(names)


def fold_numbers(parts: Sequence[str]) -> list[int] | None:
    """Return the numbers of parts that are folds counted from 0, as lagtool's are; None where they are anything else.

    Folds that others count from 1 without a gap are parts by name: they lack nothing.
    """
    matches = [_FOLD.fullmatch(part) for part in parts]
    numbers = [int(match[1]) for match in matches if match is not None]
    if len(numbers) < len(parts) or len(set(numbers)) < len(numbers) or not numbers:
        return None
    return None if sorted(numbers) == list(range(1, len(numbers) + 1)) else numbers


def place_parts(manifest: Manifest, mentions: Mentions) -> Manifest:
    """Return the manifest with each sample in the part that names it first, in the column ``split`` or ``fold``.

    What an earlier split left in these columns is taken off; a column ``group`` stays.
    """
    rows, parts = mentions.numbers("row"), mentions.numbers("part")
    placed = rows >= 0
    first = np.full(len(manifest.samples), -1, dtype=np.int64)
    # The last write wins: in reverse order that is the first mention.
    first[rows[placed][::-1]] = parts[placed][::-1]
    bare = manifest.samples.drop(columns=["split", "fold"], errors="ignore")
    folds = fold_numbers(mentions.parts)
    if folds is None:
        names = np.array([*mentions.parts, None], dtype=object)
        column = {"split": pd.Series(names[first], index=bare.index, dtype="string")}
        listed: list[str] = list(mentions.parts)
    else:
        numbers = np.array([*folds, -1], dtype=np.int64)[first]
        column = {"fold": pd.Series(numbers, index=bare.index, dtype="Int64").mask(first < 0)}
        listed = [f"fold{number}" for number in folds]
    samples = conform(bare.assign(**column), SAMPLE_COLUMNS)
    header = manifest.header.model_copy(update={"split": {"names": listed, "title": mentions.title}})
    return replace(manifest, samples=samples, header=header)
