"""What kind of split is wanted: options, checked before any work begins."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, TypedDict, get_args

import pandas as pd

from lagtool.errors import LagtoolError
from lagtool.manifest.value import Manifest
from lagtool.output.writing import is_device
from lagtool.splits.allocation import share_out
from lagtool.text import count, show

HELD_OUT = "test"
"""Name of the part that is held out."""

LISTED = "list"
"""What a header says of a test part that a list gave."""


def usable(samples: pd.DataFrame) -> "pd.Series[bool]":
    """Return which samples can be part of a split: their image was decoded without complaint, and hashed."""
    return samples["image_state"].eq("ok").fillna(value=False).astype(bool) & samples["image_sha256"].notna()


def part_names(manifest: Manifest) -> "pd.Series[str]":
    """Return the name of each sample's part, ``fold0``, ``fold1``, ... for folds; missing where it has none.

    Where there are folds beside a test part (nested, or a list held out), each sample that is in no fold has the name
    of its part.

    Raises:
        LagtoolError: The manifest has no split.
    """
    samples = manifest.samples
    header = manifest.header.split or {}
    nested = header.get("folds") is not None and header.get("test") is not None
    if "split" in samples and not ("fold" in samples and (nested or samples["split"].isna().all())):
        return samples["split"]
    if "fold" not in samples:
        raise LagtoolError("the manifest has no split: make one with 'lagtool split'")
    folds = "fold" + samples["fold"].astype("string")
    return folds.where(folds.notna(), samples["split"]) if "split" in samples else folds


def split_fingerprint(manifest: Manifest) -> str:
    r"""Return the sha256 over the sorted lines ``part image-sha256\n`` of all samples that have a part.

    Two people who have the same fingerprint train and test on the same pictures, whatever their files are called.

    Raises:
        LagtoolError: The manifest has no split.
    """
    return fingerprint_names(part_names(manifest), manifest.samples["image_sha256"])


def fingerprint_names(names: "pd.Series[str]", contents: "pd.Series[str]") -> str:
    r"""Return the sha256 over the sorted lines ``name image-sha256\n`` of all samples that have a name."""
    known = names.notna()
    lines = sorted(f"{n} {c}\n" for n, c in zip(names[known].tolist(), contents[known].tolist(), strict=True))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


Stratify = Literal["class-map", "class", "none"]

DEFAULT_RATIOS = ("70", "15", "15")
REST = "rest"

_DEFAULT_NAMES = {2: ("train", "test"), 3: ("train", "val", "test")}
_BESIDE_TEST = {1: ("train",), 2: ("train", "val")}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
# Bounded, because Python would work for hours on a Fraction of "1e999999999".
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,20})?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,12}", re.ASCII)
_ROUNDING = Fraction(1, 10**9)
_MAX_PARTS = 10_000


class Options(TypedDict, total=False):
    """The options that say which parts there are; see `make_plan`."""

    ratios: Sequence[float | str | Fraction] | None
    sizes: Sequence[int | str] | None
    folds: int | None
    names: Sequence[str] | None
    test: float | str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A split that was asked for: at most one of ``ratios``, ``sizes`` and ``folds`` is set.

    Attributes:
        ratios: Ratios as they were written, positive, adding up to 1 or 100.
        sizes: Samples per part; None stands for the rest.
        folds: Number of folds, at least 2.
        names: Names of all parts; for folds ``fold0``, ``fold1``, ...; the last is ``test`` where ``test`` is set.
        stratify: What every part gets the same shares of.
        seed: Not below 0; another seed gives another split.
        test: A test part beside the parts or folds: how large, as it was written, or `LISTED`; None: there is none.
    """

    ratios: tuple[str, ...] | None
    sizes: tuple[int | None, ...] | None
    folds: int | None
    names: tuple[str, ...]
    stratify: Stratify
    seed: int
    test: str | None = None
    _weights: tuple[Fraction, ...] = field(default=(), repr=False)
    _test_share: Fraction | None = field(default=None, repr=False)

    @property
    def column(self) -> Literal["split", "fold"]:
        """The column of the manifest that tells the parts apart, the test part beside folds not counted."""
        return "split" if self.folds is None else "fold"

    @property
    def drawn(self) -> tuple[str, ...]:
        """Names of the parts or folds beside the test part."""
        return self.names if self.test is None else self.names[:-1]

    @property
    def parameters(self) -> dict[str, Any]:
        """All that decides about the split beside the data, ready for JSON."""
        return {
            "folds": self.folds,
            "names": list(self.names),
            "ratios": None if self.ratios is None else list(self.ratios),
            "sizes": None if self.sizes is None else [REST if size is None else size for size in self.sizes],
            "stratify": self.stratify,
            "test": self.test,
        }

    def test_size(self, usable: int) -> int:
        """Return how many of ``usable`` samples the drawn test part gets.

        Raises:
            LagtoolError: None would be left, or none would be in it.
        """
        assert self.test is not None
        if self._test_share is not None:
            size = share_out(usable, [1 - self._test_share, self._test_share])[1]
        else:
            size = int(self.test)
        if not 0 < size < usable:
            raise LagtoolError(
                f"a test part of {self.test} is not possible with {count(usable, 'usable sample')}: "
                "write a number of samples, or a share such as 0.15"
            )
        return size

    def part_sizes(self, usable: int) -> list[int]:
        """Return how many of ``usable`` samples each part gets, those of the test part beside them not counted.

        Raises:
            LagtoolError: Sizes do not add up to ``usable``, or a part would stay empty.
        """
        if usable < len(self.drawn):
            raise LagtoolError(
                f"{count(usable, 'usable sample')} cannot fill {count(len(self.drawn), 'part')}: ask for fewer parts"
            )
        if self.sizes is not None and not self._weights:
            return _fill_rest(self.sizes, usable)
        sizes = share_out(usable, self._weights)
        if 0 in sizes:
            name = self.names[sizes.index(0)]
            raise LagtoolError(
                f"part {name!r} would get none of {count(usable, 'usable sample')}: give it a larger ratio"
            )
        return sizes


def _list(values: Any) -> Any:
    """Return the values of a list that is written as text: ``70/15/15``, ``70,15,15``, ``70:15:15``, ``70 15 15``."""
    return re.split(r"\s*[/,:]\s*|\s+", values.strip()) if isinstance(values, str) else values


def make_plan(
    *,
    ratios: str | Sequence[float | str | Fraction] | None = None,
    sizes: str | Sequence[int | str] | None = None,
    folds: int | None = None,
    names: Sequence[str] | None = None,
    stratify: str = "class-map",
    seed: int = 0,
    test: float | str | None = None,
    held_out: bool = False,
) -> Plan:
    """Return the plan that the options describe; without ``ratios``, ``sizes`` and ``folds`` it is 70/15/15.

    Args:
        ratios: See `lagtool.splits.split.make_split`, as for the others.
        sizes: The same.
        folds: The same.
        names: The same.
        stratify: The same.
        seed: The same.
        test: A test part beside folds: a number of samples, or a share below 1 (``0.15``, ``15%``).
        held_out: Whether a list gives the test part; the options then speak of the other samples, which are all in
            ``train`` where they say nothing.

    Raises:
        LagtoolError: An option is out of its range or contradicts another; the message names it.
    """
    ratios, sizes, names = (_list(value) for value in (ratios, sizes, names))
    if sum(option is not None for option in (ratios, sizes, folds)) > 1:
        raise LagtoolError("ratios, sizes and folds exclude each other: give one of them")
    if stratify not in get_args(Stratify):
        raise LagtoolError(f"cannot stratify by '{show(stratify)}': choose {', '.join(get_args(Stratify))}")
    if seed < 0:
        raise LagtoolError(f"seed {seed} is negative: give a whole number from 0 on")
    if test is not None and (held_out or folds is None):
        raise LagtoolError("test goes with folds only, and not with a list to hold out: use ratios or sizes instead")
    written, share = read_test(str(test)) if test is not None else (LISTED if held_out else None, None)
    common: dict[str, Any] = {"stratify": stratify, "seed": seed, "test": written, "_test_share": share}
    if folds is not None:
        if not 2 <= folds <= _MAX_PARTS:
            raise LagtoolError(f"{count(folds, 'fold is', 'folds are')} not possible: ask for 2 to {_MAX_PARTS:,}")
        if names is not None:
            raise LagtoolError("folds have numbers: leave out the names")
        fold_names = tuple(f"fold{number}" for number in range(folds))
        return Plan(None, None, folds, _with_test(fold_names, written), _weights=(Fraction(1),) * folds, **common)
    if sizes is not None:
        wanted = tuple(_size(str(size)) for size in sizes)
        if wanted.count(None) > 1:
            raise LagtoolError(f"sizes hold the word {REST!r} twice: one part can take the rest")
        return Plan(None, wanted, None, _names(names, len(wanted), written), **common)
    if held_out and ratios is None:
        return Plan(None, (None,), None, _names(names, 1, written), **common)
    ratios_written = tuple(str(ratio) for ratio in (DEFAULT_RATIOS if ratios is None else ratios))
    weights = read_weights(ratios_written)
    return Plan(ratios_written, None, None, _names(names, len(weights), written), _weights=weights, **common)


def _with_test(names: tuple[str, ...], test: str | None) -> tuple[str, ...]:
    return names if test is None else (*names, HELD_OUT)


def read_test(text: str) -> tuple[str, Fraction | None]:
    """Return how large a test part is, as it was written, and the share that it is; None: a number of samples.

    Raises:
        LagtoolError: It is neither.
    """
    if _WHOLE.fullmatch(text) and int(text):
        return text, None
    number, percent = text.removesuffix("%"), text.endswith("%")
    share = Fraction(number) / (100 if percent else 1) if _NUMBER.fullmatch(number) else Fraction(0)
    if not 0 < share < 1:
        raise LagtoolError(f"test '{show(text)}' is neither a number of samples nor a share such as 0.15 or 15%")
    return text, share


def read_weights(written: Iterable[str]) -> tuple[Fraction, ...]:
    """Return ratios as exact numbers.

    Raises:
        LagtoolError: One is not positive, or they do not add up to 1 or 100.
    """
    weights = []
    for text in written:
        if not _NUMBER.fullmatch(text) or not Fraction(text):
            raise LagtoolError(
                f"ratio '{show(text)}' is not a positive number: write them as 70/15/15 or 0.7/0.15/0.15"
            )
        weights.append(Fraction(text))
    total = sum(weights, Fraction(0))
    # Ratios that a program computed may miss the sum by a rounding error; `share_out` divides by it in any case.
    if min(abs(total - 1), abs(total - 100)) > _ROUNDING:
        raise LagtoolError(f"ratios add up to {float(total):.12g}: let them add up to 100 or 1")
    return tuple(weights)


def _size(text: str) -> int | None:
    if text == REST:
        return None
    if not _WHOLE.fullmatch(text) or not int(text):
        raise LagtoolError(f"size '{show(text)}' is neither a positive whole number nor the word {REST!r}")
    return int(text)


def _fill_rest(sizes: Sequence[int | None], usable: int) -> list[int]:
    given = sum(size or 0 for size in sizes)
    if None in sizes:
        if given >= usable:
            raise LagtoolError(f"sizes add up to {given:,} and leave no rest of {count(usable, 'usable sample')}")
    elif given != usable:
        raise LagtoolError(
            f"sizes add up to {given:,}, but there are {count(usable, 'usable sample')}: write {REST!r} for one of them"
        )
    return [usable - given if size is None else size for size in sizes]


def _names(names: Sequence[str] | None, parts: int, test: str | None) -> tuple[str, ...]:
    least = 2 if test is None else 1
    if not least <= parts <= _MAX_PARTS:
        raise LagtoolError(f"a split into {count(parts, 'part')} is not possible: ask for 2 to {_MAX_PARTS:,}")
    if names is None:
        known = _DEFAULT_NAMES.get(parts) if test is None else _BESIDE_TEST.get(parts)
        return _with_test(known or tuple(f"part{number}" for number in range(1, parts + 1)), test)
    for name in names:
        if not _NAME.fullmatch(name):
            raise LagtoolError(f"'{show(name)}' is no name for a part: use 1 to 32 letters, digits, _ and -")
    if device := next((name for name in names if is_device(name)), None):
        raise LagtoolError(
            f"'{show(device)}' is the name of a device on Windows, where no file can have it: rename the part"
        )
    # Parts become file names, and some file systems do not tell upper and lower case apart.
    if len({name.lower() for name in _with_test(tuple(names), test)}) < len(names) + (test is not None):
        raise LagtoolError(f"two parts have the same name in '{show(','.join(names))}': rename one")
    if len(names) != parts:
        raise LagtoolError(f"{count(len(names), 'name')} for {count(parts, 'part')}: give one name for each part")
    return _with_test(tuple(names), test)
