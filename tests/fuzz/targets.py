"""The table of all targets."""

from tests.fuzz import readers, tables
from tests.fuzz.target import Target

TARGETS: dict[str, Target] = {target.name: target for target in (*readers.TARGETS, *tables.TARGETS)}
