"""What somebody decided about single samples before a split: the answer to "which did you leave out, and why?"."""

from pydantic import BaseModel, ConfigDict, Field

from lagtool.curation.apply import recorded_marks
from lagtool.curation.read import Curation
from lagtool.manifest.marks import Mark, fingerprint_marks, sort_marks
from lagtool.manifest.value import Manifest
from lagtool.model import Action
from lagtool.text import count, show


class Decided(BaseModel):
    """One decision that holds.

    Attributes:
        sample: ``class/id``.
        value: The class that it counts in, or the group that it is kept together with; empty: it is left out.
        note: Why.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sample: str
    value: str = ""
    note: str = ""


class Decisions(BaseModel):
    """The marks that a split was made with.

    Attributes:
        name: Name of the file.
        sha256: Of the file; None where the marks came from a program.
        marks_sha256: Over the marks, whatever the order and form of the file.
        excluded: The samples that are left out.
        relabelled: Those that count in another class than that of their folder.
        kept_together: Those that belong to a group.
        confirmed: Pairs that are of one eye, or one picture: a sample, and the other as its value.
        rejected: Pairs that are not, whatever a search found.
        unknown: How many marks name a sample that is not there.
        stale: How many marks are of another picture than the sample has; they are not applied.
        marks: All marks, so that the split can be made again without the file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    sha256: str | None
    marks_sha256: str
    excluded: list[Decided]
    relabelled: list[Decided]
    kept_together: list[Decided]
    confirmed: list[Decided] = []
    rejected: list[Decided] = []
    unknown: int = Field(ge=0)
    stale: int = Field(ge=0)
    marks: tuple[Mark, ...]

    @property
    def groups(self) -> int:
        """How many groups marks keep together."""
        return len({one.value for one in self.kept_together})

    def restore(self) -> Curation:
        """Return the curation, to apply it again."""
        return Curation(show(self.name), sort_marks(self.marks), self.sha256)


def list_decisions(manifest: Manifest) -> Decisions | None:
    """Return the decisions that a manifest carries, samples in its order; None where there are none."""
    record, placed = manifest.header.curation, recorded_marks(manifest)
    if record is None or placed is None:
        return None
    classes, ids = manifest.samples["class"], manifest.samples["id"]

    def decided(action: Action) -> list[Decided]:
        found: dict[tuple[int, str], list[str]] = {}
        for row, mark in placed.select(action):
            found.setdefault((row, mark.value), []).append(mark.note)
        return [
            Decided(sample=f"{classes.iat[row]}/{ids.iat[row]}", value=value, note="; ".join(filter(None, notes)))
            for (row, value), notes in sorted(found.items())
        ]

    return Decisions(
        name=record.name,
        sha256=record.sha256,
        marks_sha256=fingerprint_marks(record.marks),
        excluded=decided(Action.EXCLUDE),
        relabelled=decided(Action.RELABEL),
        kept_together=decided(Action.KEEP_TOGETHER),
        confirmed=decided(Action.SAME),
        rejected=decided(Action.NOT_SAME),
        unknown=record.unknown,
        stale=record.stale,
        marks=record.marks,
    )


def describe_decisions(decisions: Decisions) -> str:
    """Return a sentence for the methods section."""
    parts = []
    if decisions.excluded:
        parts.append(f"{count(len(decisions.excluded), 'sample was', 'samples were')} excluded")
    if decisions.relabelled:
        parts.append(f"{count(len(decisions.relabelled), 'was', 'were')} assigned to another class than the source's")
    if decisions.kept_together:
        parts.append(
            f"{len(decisions.kept_together):,} were kept together in {count(decisions.groups, 'group')} given by hand"
        )
    if decisions.confirmed or decisions.rejected:
        parts.append(
            f"{count(len(decisions.confirmed), 'pair')} of images confirmed and {len(decisions.rejected):,} rejected "
            "as showing the same eye"
        )
    what = ", ".join(parts) if parts else "no sample was excluded, reassigned or grouped"
    lost = decisions.unknown + decisions.stale
    tail = f"; {count(lost, 'decision')} no longer fitted the data and had no effect" if lost else ""
    return (
        f"By decisions on single samples after review (fingerprint {decisions.marks_sha256[:16]}; the certificate "
        f"lists them with their reasons), {what}{tail}."
    )


def compare_decisions(then: Decisions, now: Decisions) -> list[str]:
    """Return what is different between the marks of two splits, one sentence each."""
    said = []
    if then.marks_sha256 != now.marks_sha256:
        before, after = set(then.marks), set(now.marks)
        gone, new = len(before - after), len(after - before)
        said.append(f"curation: {count(gone, 'mark')} no longer there, {new:,} new")
    for word in ("unknown", "stale"):
        first, second = getattr(then, word), getattr(now, word)
        if first != second:
            said.append(f"marks that are {word}: {first:,} then, {second:,} now")
    return said
