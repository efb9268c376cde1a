"""A paper calculation: how long a scan would take, and what it would wait for; ``python -m tests.benchmarks.model``.

The numbers below are measured (docs/scale.md says how) or assumed, and nothing here is run on a cluster of that size.
"""

from typing import NamedTuple

WAY = 18e-6  # seconds of client and scheduler per sample, on the way
END = 12e-6  # seconds of the client per sample, at the end: table, fingerprints, file
START = 2.0  # seconds until workers work
BASE, MEMORY = 0.25e9, 0.3e3  # bytes of the client: in any case, and per sample
SIZES = (100_000, 1_000_000, 10_000_000, 100_000_000)


class Picture(NamedTuple):
    """A kind of picture: its name, bytes, and seconds of a worker's processor for a sample with it."""

    name: str
    bytes: float
    seconds: float


class Place(NamedTuple):
    """Worker threads, bytes per second that the storage gives to all of them, seconds that a sample is waited for."""

    workers: int
    bandwidth: float
    latency: float = 0.0


PICTURES = (
    Picture("500 x 500, 40 KB", 0.04e6, 1.5e-3),
    Picture("2000 x 2000, 0.5 MB", 0.47e6, 6.0e-3),
    Picture("3000 x 3000, 1.6 MB", 1.6e6, 18.4e-3),
)
PLACES = (Place(2, 1e8), Place(16, 1e9), Place(128, 1e9), Place(128, 1e10), Place(1000, 1e10))


def predict(samples: int, picture: Picture, place: Place) -> tuple[float, str]:
    """Return the seconds of a scan, and what it waits for: workers, storage or client."""
    costs = {
        "workers": (picture.seconds + place.latency) / place.workers,
        "storage": picture.bytes / place.bandwidth,
        "client": WAY,
    }
    slowest = max(costs, key=lambda name: costs[name])
    return START + samples * (costs[slowest] + END), slowest


def show_seconds(seconds: float) -> str:
    """Return a length of time in the unit that people would use."""
    for unit, length in (("days", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def render_table() -> str:
    """Return the table of docs/scale.md."""
    heads = [f"{place.workers} at {place.bandwidth / 1e9:g} GB/s" for place in PLACES]
    lines = [
        f"| samples | picture | {' | '.join(heads)} | client's memory |",
        "|---:|---|" + "---:|" * (len(heads) + 1),
    ]
    for size in SIZES:
        for picture in PICTURES:
            found = [predict(size, picture, place) for place in PLACES]
            cells = [f"{show_seconds(seconds)} ({what})" for seconds, what in found]
            lines.append(f"| {size:,} | {picture.name} | {' | '.join(cells)} | {(BASE + size * MEMORY) / 1e9:.1f} GB |")
    return "\n".join(lines) + "\n"


def render_turns() -> str:
    """Return the table of how many workers are worth having."""
    lines = ["| picture | storage 0.1 GB/s | 1 GB/s | 10 GB/s | the client |", "|---|---:|---:|---:|---:|"]
    for picture in PICTURES:
        turns = [picture.seconds * bandwidth / picture.bytes for bandwidth in (1e8, 1e9, 1e10)]
        cells = [f"{max(1, round(turn))}" for turn in (*turns, picture.seconds / WAY)]
        lines.append(f"| {picture.name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(render_turns())
    print(render_table(), end="")
