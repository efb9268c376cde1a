"""Each target reads its seeds, and some hundred changes of them: the short form of ``python -m tests.fuzz``."""

import random
import time
from pathlib import Path

import pytest

from tests.fuzz.mutation import mutate
from tests.fuzz.target import attempt, limited
from tests.fuzz.targets import TARGETS

_SECONDS = 0.5


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_is_read_is_refused_in_words_or_obeys_the_laws(name: str, tmp_path: Path) -> None:
    target = TARGETS[name]
    seeds = target.seeds()
    rng = random.Random(name)
    with target.open(tmp_path) as reader:
        taken = sum(attempt(reader, seed) for seed in seeds)
        assert taken, "no seed is taken: the target reaches nothing"
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            with limited(10):
                attempt(reader, mutate(seeds, rng))
