"""Dividing a pool of samples by a plan: in one step, or the test part before the folds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lagtool.errors import LagtoolError
from lagtool.splits.allocation import Ints
from lagtool.splits.assignment import Assignment, assign
from lagtool.splits.constraints import Pool
from lagtool.splits.plan import HELD_OUT, LISTED, Plan
from lagtool.text import count, show

DEVELOPMENT = "dev"
"""Name, in the column ``split``, of the samples in folds, where there is a test part beside them."""


@dataclass(frozen=True)
class Division:
    """The part of each sample of the pool (-1: none), the sizes aimed at, and how far bounds had to give way."""

    parts: Ints
    sizes: list[int]
    slack: int
    size_slack: int


def divide(pool: Pool, plan: Plan, classes: list[str]) -> Division:
    """Return the part of every sample of the pool that is not left out: the test part first, then the others.

    Args:
        pool: The usable samples, with what is fixed.
        plan: The parts.
        classes: Names of all classes, in order.

    Raises:
        LagtoolError: The samples do not suffice for the plan.
    """
    strata, kinds = _strata(pool.rows, plan, classes)
    parts = np.full(len(strata), -1, np.int64)
    rest = np.flatnonzero(pool.left)
    test, slack, size_slack = len(plan.names) - 1, 0, 0
    tail: list[int] = []

    def part(rows: Ints, sizes: list[int], fixed: Ints) -> Assignment:
        wanted = np.array(sizes, dtype=np.int64)
        return assign(strata[rows], kinds, pool.groups[rows], pool.ranks[rows], wanted, fixed)

    if plan.test == LISTED:
        parts[rest[pool.fixed[rest] == test]] = test
        rest = rest[pool.fixed[rest] != test]
        tail = [int((parts == test).sum())]
        if not tail[0]:
            raise LagtoolError("no sample of the list can be used: there is no test part")
    elif plan.test is not None:
        size = plan.test_size(len(rest))
        fixed = np.where(pool.fixed[rest] < 0, -1, pool.fixed[rest] == test).astype(np.int64)
        done = part(rest, [len(rest) - size, size], fixed)
        _check_filled(done, [DEVELOPMENT, HELD_OUT])
        slack, size_slack, tail = done.slack, done.size_slack, [size]
        parts[rest[done.parts == 1]] = test
        rest = rest[done.parts == 0]
    _check_folds(plan, pool.rows.iloc[rest])
    sizes = plan.part_sizes(len(rest))
    done = part(rest, sizes, pool.fixed[rest])
    _check_filled(done, plan.drawn)
    parts[rest] = done.parts
    return Division(parts, [*sizes, *tail], max(slack, done.slack), max(size_slack, done.size_slack))


def _strata(rows: pd.DataFrame, plan: Plan, names: list[str]) -> tuple[Ints, Ints]:
    """Return the stratum of each sample and the class of each stratum."""
    if plan.stratify == "none":
        return np.zeros(len(rows), dtype=np.int64), np.zeros(1, dtype=np.int64)
    codes = pd.Categorical(rows["class"], categories=names).codes.astype(np.int64)
    if plan.stratify == "class":
        return codes, np.arange(len(names), dtype=np.int64)
    with_map = rows["map_path"].notna().to_numpy(dtype=np.int64)
    return 2 * codes + with_map, np.repeat(np.arange(len(names), dtype=np.int64), 2)


def _check_folds(plan: Plan, rows: pd.DataFrame) -> None:
    if plan.folds is None:
        return
    sizes = rows["class"].value_counts()
    if plan.folds > sizes.min():
        raise LagtoolError(
            f"{plan.folds:,} folds are not possible: class {show(str(sizes.idxmin()))} has only "
            f"{count(int(sizes.min()), 'usable sample')}"
        )


def _check_filled(assignment: Assignment, names: Sequence[str]) -> None:
    filled = np.bincount(assignment.parts, minlength=len(names))
    if not filled.all():
        raise LagtoolError(
            f"part {names[int(filled.argmin())]!r} would stay empty, because groups must stay together: "
            "ask for fewer parts"
        )
