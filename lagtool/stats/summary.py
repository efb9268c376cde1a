"""The whole of the statistics, computed from a manifest column by column."""

from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, TypeVar

import pandas as pd

from lagtool.curation.apply import curated, excluded
from lagtool.manifest.value import Manifest
from lagtool.profiles import SLOTS, Profile, SlotName
from lagtool.scanning.source import Source, open_manifest
from lagtool.splits.plan import part_names
from lagtool.stats.attention import ATTENTION_COLUMNS, Attention, describe_attention
from lagtool.stats.distributions import describe_facts
from lagtool.stats.figures import (
    count_parts,
    distribution,
    file_sizes,
    level_range,
    measure_mixed_sizes,
    measure_sizes,
    percent,
    published_table,
    show_escaped,
    whole_numbers,
)
from lagtool.stats.records import Coverage, FileCount, GrayLevels, PerClass, Subject
from lagtool.stats.statistics import Stats
from lagtool.text import show

T = TypeVar("T")
Tables = PerClass[pd.DataFrame]

_NEVER_COUNTED = ("_sha256", "_phash", "_phash_mirror", "_phash64", "_message", "_grid")
"""Texts that differ from file to file: of a million samples they would weigh more than all that is counted."""


def compute_stats(source: Source) -> Stats:
    """Return a dataset in numbers; the same manifest gives the same numbers.

    Samples that marks exclude are left out, and counted in the subject; relabelled ones count in their new class.

    Args:
        source: The manifest, or the path or URL of a tree (read now) or of a manifest file.

    Raises:
        LagtoolError: It cannot be read.
    """
    manifest = open_manifest(source)
    subject, manifest = _describe(manifest), curated(manifest)
    profile = manifest.profile
    slots: list[SlotName] = [slot for slot in SLOTS if slot in profile.slots]
    pictures = [slot for slot in slots if slot != "label"]
    labels = [slot for slot in slots if slot == "label"]
    samples = _split_by_class(manifest.samples[_columns_of_samples(manifest.samples)], profile)
    # First, and given back before the rest is taken apart: of a million samples the grids alone are half a gigabyte.
    attention = _attend(manifest) if _has_attention(profile) else None
    files = {slot: _split_by_class(_with_file(manifest.samples, slot), profile) for slot in slots}
    return Stats(
        subject=subject,
        nouns={slot: profile.noun(slot, 2) for slot in slots},
        counts={slot: _count_files(files[slot], profile, slot) for slot in slots},
        coverage={slot: samples.map(partial(_cover, slot=slot)) for slot in slots if slot != "image"},
        sizes={slot: files[slot].map(partial(measure_sizes, slot=slot)) for slot in pictures},
        published_sizes=published_table(profile),
        mixed_sizes=PerClass(
            measure_mixed_sizes(samples.total, profile, profile.classes),
            {c.name: measure_mixed_sizes(samples.classes[c.name], profile, (c,)) for c in profile.classes},
        ),
        file_sizes=_each_column(files, slots, "bytes", file_sizes),
        states=_each_column(files, slots, "state", distribution),
        formats=_each_column(files, pictures, "format", distribution),
        modes=_each_column(files, pictures, "mode", distribution),
        label_contents=_each_column(files, labels, "raw", partial(distribution, display=show_escaped)),
        gray_levels=files["map"].map(_measure_gray) if "map" in files else None,
        split=count_parts(samples, "split"),
        fold=count_parts(samples, "fold"),
        distributions=describe_facts({str(slot): files[slot] for slot in slots}, _name_parts(manifest)),
        attention=attention,
    )


def _has_attention(profile: Profile) -> bool:
    spec = profile.slots.get("map")
    return spec is not None and spec.content != "mask"


def _attend(manifest: Manifest) -> Attention:
    there = manifest.samples["map_path"].notna()
    maps = manifest.samples[["class", *ATTENTION_COLUMNS]]
    return describe_attention(_split_by_class(maps if there.all() else maps[there], manifest.profile))


def _name_parts(manifest: Manifest) -> "pd.Series[Any] | None":
    there = any(name in manifest.samples for name in ("split", "fold"))
    return part_names(manifest) if there else None


def _split_by_class(samples: pd.DataFrame, profile: Profile) -> Tables:
    return PerClass(samples, {c.name: samples[samples["class"] == c.name] for c in profile.classes})


def _each_column(
    files: dict[SlotName, Tables], slots: Sequence[SlotName], column: str, measure: Callable[["pd.Series[Any]"], T]
) -> dict[str, PerClass[T]]:
    """Measure the column ``<slot>_<column>`` in each of ``slots``."""
    return {slot: files[slot].map(itemgetter(f"{slot}_{column}")).map(measure) for slot in slots}


def _with_file(samples: pd.DataFrame, slot: SlotName) -> pd.DataFrame:
    """Return the samples that have a file in ``slot``, with what statistics say of such files."""
    there = samples[f"{slot}_path"].notna()
    names = [
        name for name in map(str, samples.columns) if name.startswith(f"{slot}_") and not name.endswith(_NEVER_COUNTED)
    ]
    table = samples[["class", *names]]
    return table if there.all() else table[there]


def _columns_of_samples(samples: pd.DataFrame) -> list[str]:
    """Return the columns that say something of a sample as a whole, or of several of its files together."""
    return [
        name for name in map(str, samples.columns) if "_" not in name or name.endswith(("_path", "_width", "_height"))
    ]


def _describe(manifest: Manifest) -> Subject:
    header, samples = manifest.header, manifest.samples
    out = excluded(samples)
    moved = int(samples["curated_class"].notna().to_numpy()[~out].sum()) if "curated_class" in samples else 0
    return Subject(
        root_name=show(header.root_name),
        profile=header.profile.name,
        title=show(header.profile.title),
        samples=len(samples) - int(out.sum()),
        content_sha256=None if header.content_sha256 is None else show(header.content_sha256),
        ids_sha256=show(header.ids_sha256),
        curation=None if header.curation is None else show(header.curation.name),
        excluded=int(out.sum()),
        relabelled=moved,
    )


def _count_files(files: Tables, profile: Profile, slot: SlotName) -> PerClass[FileCount]:
    expected = profile.expected(slot)
    known = [number for number in expected.values() if number is not None]
    expected_total = sum(known) if len(known) == len(expected) else None
    found_total = len(files.total)

    def count(found: int, published: int | None) -> FileCount:
        of_published = None if published is None or expected_total is None else percent(published, expected_total)
        deviation = None if published is None else found - published
        return FileCount(found, percent(found, found_total), published, of_published, deviation)

    classes = {name: count(len(table), expected[name]) for name, table in files.classes.items()}
    return PerClass(count(found_total, expected_total), classes)


def _cover(samples: pd.DataFrame, slot: SlotName) -> Coverage:
    image, there = samples["image_path"].notna(), samples[f"{slot}_path"].notna()
    images, covered = int(image.sum()), int((image & there).sum())
    return Coverage(images, covered, percent(covered, images), int((there & ~image).sum()))


def _measure_gray(maps: pd.DataFrame) -> GrayLevels:
    return GrayLevels(
        maps=len(whole_numbers(maps["map_max"])),
        lowest=level_range(maps["map_min"]),
        highest=level_range(maps["map_max"]),
        mean=level_range(maps["map_mean"]),
    )
