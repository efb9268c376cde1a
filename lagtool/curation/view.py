"""A curated manifest as training sees it: without what is excluded, in the classes that marks say."""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lagtool.manifest import Manifest
from lagtool.model import Action
from lagtool.pairs import sample_keys
from lagtool.profile import Profile


def excluded(samples: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which samples a mark excludes."""
    if "curation" not in samples:
        return np.zeros(len(samples), np.bool_)
    marked = samples["curation"].str.startswith(Action.EXCLUDE.value)  # it comes first among the marks of a sample
    return np.asarray(marked.to_numpy(dtype=np.bool_, na_value=False), np.bool_)


def curated_samples(samples: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Return the samples, in their order, with the class and label that marks give them; all others keep theirs.

    The result is for counting and dividing: as rows of a manifest the paths would contradict the classes.
    """
    if "curated_class" not in samples or samples["curated_class"].isna().all():
        return samples
    there = samples["curated_class"].notna()
    labels = {c.name: c.label for c in profile.classes}
    classes = samples["class"].where(~there, samples["curated_class"])
    return samples.assign(**{"class": classes, "label": classes.map(labels).astype(samples["label"].dtype)})


def curated(manifest: Manifest) -> Manifest:
    """Return a manifest as training sees it: without excluded samples, with the classes that marks say.

    It is for counting: relabelled samples stand under a class that their paths contradict, so that it cannot be written
    and read back. Pairs follow the samples. Without marks the manifest is returned as it is.
    """
    samples = manifest.samples
    if "curation" not in samples or samples["curation"].isna().all():
        return manifest
    left = ~excluded(samples)
    now = curated_samples(samples, manifest.profile)[left].reset_index(drop=True)
    pairs = manifest.pairs
    if pairs is not None:
        names = dict(zip(sample_keys(samples)[left].tolist(), sample_keys(now).tolist(), strict=True))
        moved = {name: pairs[name].map(names).astype(pairs[name].dtype) for name in ("a", "b")}
        pairs = pairs.assign(**moved).dropna(subset=["a", "b"]).reset_index(drop=True)
    return replace(manifest, samples=now, pairs=pairs)


def count_as(manifest: Manifest) -> dict[str, str | None] | None:
    """Return the class that each marked sample counts in, by ``class/id``, None for excluded ones; None: no marks."""
    samples = manifest.samples
    if "curation" not in samples or samples["curation"].isna().all():
        return None
    marked = np.flatnonzero(samples["curation"].notna().to_numpy())
    keys, out = sample_keys(samples)[marked].tolist(), excluded(samples)[marked].tolist()
    classes = curated_samples(samples, manifest.profile)["class"].iloc[marked].tolist()
    return {key: None if gone else name for key, gone, name in zip(keys, out, classes, strict=True)}
