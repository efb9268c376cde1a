"""Statistics: what a manifest says about its dataset in numbers; a value that no check reads."""

from lagtool.stats.statistics import Stats
from lagtool.stats.summary import compute_stats

__all__ = ["Stats", "compute_stats"]
