"""Making a split again from its certificate, and saying what is different where it becomes another one."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lagtool.curation.apply import apply_curation, drop_curation
from lagtool.curation.read import Curation
from lagtool.errors import LagtoolError
from lagtool.manifest.fingerprint import digest_document
from lagtool.manifest.header import Relation, first_complaint
from lagtool.manifest.rules import sample_keys
from lagtool.manifest.value import Manifest, read_manifest
from lagtool.reading import load_file
from lagtool.splits.assignment import ALGORITHM
from lagtool.splits.certificate import certify
from lagtool.splits.constraints import Constraints
from lagtool.splits.earlier import MANIFEST, plan_split
from lagtool.splits.lines import FROM_TABLE
from lagtool.splits.plan import LISTED, Plan, make_plan, part_names, split_fingerprint
from lagtool.splits.record import CERTIFICATE_FORMAT, Certificate, Decisions
from lagtool.splits.split import apply_plan
from lagtool.text import count, join_some, show

_MAX_BYTES = 64 << 20


@dataclass(frozen=True, eq=False)
class Reproduction:
    """What came of making a split again.

    Attributes:
        same: Whether every picture has the part that it had.
        differences: What is different, one sentence each, in the order of causes and effects.
        split: The manifest with the split that was made; None where none could be made.
    """

    same: bool
    differences: tuple[str, ...]
    split: Manifest | None


def read_certificate(path: str | Path) -> Certificate:
    """Read a certificate that ``lagtool split`` wrote.

    Raises:
        LagtoolError: It cannot be read, or is none.
    """
    try:
        table = json.loads(load_file(path, _MAX_BYTES))
        version = table.get("format") if isinstance(table, dict) else None
        if version != CERTIFICATE_FORMAT:
            raise ValueError(f"format {show(str(version), 20)}, this lagtool reads {CERTIFICATE_FORMAT}")
        certificate = Certificate.model_validate(table)
        if certificate.sha256 != digest_document(table):
            raise ValueError("it is not as it was written: damaged, or edited by hand")
        for name in certificate.relations.looked_for:
            Relation(name)
    except (ValueError, RecursionError) as error:
        raise LagtoolError(f"{show(path)} is not a certificate: {show(first_complaint(error), 140)}") from None
    return certificate


def check_inputs(
    certificate: Certificate, *, groups: bool, holdout: bool, extend: bool, curation: bool = False
) -> None:
    """Refuse to begin without the files that the split was made with, or with one that it was made without.

    Raises:
        LagtoolError: One is missing or too many; the message names it and its fingerprint.
    """
    file = certificate.groups.file
    if file is not None and tuple(file.get("read", ())) == FROM_TABLE:  # the dataset brings them itself
        file = None
    wanted: tuple[tuple[str, bool, Mapping[str, Any] | None], ...] = (
        ("--groups", groups, file),
        ("--holdout", holdout, certificate.held_out),
        ("--extend", extend, certificate.extends),
    )
    for option, given, made in wanted:
        if made is not None and not given:
            digest = made.get("sha256") or made.get("split_sha256") or "unknown"
            raise LagtoolError(f"the split was made with {option} (sha256 {show(str(digest), 64)}): give it again")
        if made is None and given:
            raise LagtoolError(f"the split was made without {option}: leave it out")
    if curation and certificate.curation is None:  # the other way round its marks stand in the certificate
        raise LagtoolError("the split was made without --curation: leave it out")


def restore_plan(certificate: Certificate, constraints: Constraints) -> Plan:
    """Return the plan of a certificate.

    Raises:
        LagtoolError: Its parameters are none that lagtool writes.
    """
    made = certificate.parameters
    try:
        if constraints.earlier is not None:
            return plan_split(constraints.earlier, stratify=made["stratify"], seed=certificate.seed)
        test = made["test"]
        names = made["names"] if test is None else made["names"][:-1]
        return make_plan(
            ratios=made["ratios"],
            sizes=made["sizes"],
            folds=made["folds"],
            names=None if made["folds"] is not None else names,
            stratify=made["stratify"],
            seed=certificate.seed,
            test=None if test == LISTED else test,
            held_out=test == LISTED,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise LagtoolError(
            f"the parameters of the certificate are none that lagtool writes: {show(str(error))}"
        ) from None


def reproduce(
    manifest: Manifest,
    certificate: Certificate,
    constraints: Constraints,
    before: Manifest | None = None,
    curation: Curation | None = None,
) -> Reproduction:
    """Make the split of a certificate again.

    Args:
        manifest: The data, with pairs if the split was made with some.
        certificate: What the split was.
        constraints: The files that it was made with; its other wishes are those of the certificate.
        before: The manifest of the split (`find_manifest`), so that single pictures can be told.
        curation: The marks to use; None: those in the certificate, whatever marks ``manifest`` carries.
    """
    marks = curation or (None if certificate.curation is None else certificate.curation.restore())
    manifest = drop_curation(manifest) if marks is None else apply_curation(manifest, marks)
    causes = list(_compare_data(manifest, certificate, before))
    wishes = Constraints(
        given=constraints.given,
        relations=tuple(Relation(name) for name in certificate.relations.looked_for),
        held_out=constraints.held_out,
        earlier=constraints.earlier,
        one_per_group=bool(certificate.parameters.get("one_per_group")),
        drop_conflicts=bool(certificate.parameters.get("drop_conflicts")),
    )
    plan = restore_plan(certificate, wishes)
    try:
        made = apply_plan(manifest, plan, wishes)
    except LagtoolError as error:
        return Reproduction(False, (*causes, f"the split cannot be made of these data: {error}"), None)
    now = certify(made)
    causes += _compare_groups(now, certificate)
    same = now.split_sha256 == certificate.split_sha256
    if not same:
        causes += _compare_parts(now, certificate, made, before)
    return Reproduction(same, tuple(causes), made)


def find_manifest(path: str | Path, certificate: Certificate) -> Manifest | None:
    """Return the manifest beside a certificate, where it is that of the same split."""
    try:
        found = read_manifest(Path(path).parent / MANIFEST)
        return found if split_fingerprint(found) == certificate.split_sha256 else None
    except LagtoolError:
        return None


def _compare_data(manifest: Manifest, certificate: Certificate, before: Manifest | None) -> Iterator[str]:
    yield from _change("algorithm:", show(certificate.algorithm, 40), ALGORITHM, "in this version of lagtool")
    here = manifest.header.content_sha256
    if here == certificate.data_sha256:
        return
    yield from _change("data: fingerprint", _short(certificate.data_sha256), _short(here))
    yield from _change("samples:", certificate.samples, len(manifest.samples))
    if before is None:
        return
    then, now = (m.samples[m.samples["image_sha256"].notna()] for m in (before, manifest))
    for words, one, other in (("no longer there", then, now), ("new", now, then)):
        rows = one[~one["image_sha256"].isin(set(other["image_sha256"])).to_numpy(bool)]
        if len(rows):
            yield f"pictures that are {words}: {_name(rows)}"


def _compare_groups(now: Certificate, then: Certificate) -> Iterator[str]:
    if now.curation is not None and then.curation is not None:
        yield from _compare_decisions(then.curation, now.curation)
    before, after = set(then.relations.looked_for), set(now.relations.looked_for)
    said = [f"not looked for now: {', '.join(missing)}"] if (missing := sorted(before - after)) else []
    said += [f"looked for now only: {', '.join(more)}"] if (more := sorted(after - before)) else []
    if said:
        yield f"relations: {'; '.join(said)}"
    yield from _change("search: version", then.relations.version, now.relations.version)
    if now.relations.unsearched != then.relations.unsearched:
        yield f"not searched: {len(then.relations.unsearched):,} samples then, {len(now.relations.unsearched):,} now"
    yield from _change("pairs of like pictures:", then.relations.pairs, now.relations.pairs)
    for words, key, first, second in (
        ("file of groups: sha256", "sha256", then.groups.file, now.groups.file),
        ("list to hold out: sha256", "sha256", then.held_out, now.held_out),
        ("earlier split:", "split_sha256", then.extends, now.extends),
    ):
        if first is not None and second is not None:
            yield from _change(words, _short(first.get(key)), _short(second.get(key)))
    if now.groups.sha256 != then.groups.sha256:
        sizes = [f"{count(one.number, 'group')} of {count(one.samples, 'sample')}" for one in (then.groups, now.groups)]
        yield f"groups: {sizes[0]} then, {sizes[1]} now"


def _compare_decisions(then: Decisions, now: Decisions) -> Iterator[str]:
    if then.marks_sha256 != now.marks_sha256:
        before, after = set(then.marks), set(now.marks)
        yield f"curation: {count(len(before - after), 'mark')} no longer there, {len(after - before):,} new"
    yield from _change("marks that are unknown:", then.unknown, now.unknown)
    yield from _change("marks that are stale:", then.stale, now.stale)


def _compare_parts(now: Certificate, then: Certificate, made: Manifest, before: Manifest | None) -> Iterator[str]:
    yield from _change("split: fingerprint", _short(then.split_sha256), _short(now.split_sha256))
    sizes = {part.name: part.total.samples for part in then.parts}
    for part in now.parts:
        if sizes.get(part.name) != part.total.samples:
            yield f"part {show(part.name, 40)}: {sizes.get(part.name, 0):,} samples then, {part.total.samples:,} now"
    if before is None:
        return
    first, second = (_parts_by_picture(manifest) for manifest in (before, made))
    both = first.index.intersection(second.index)
    moved = both[(first[both] != second[both]).to_numpy(bool)]
    if len(moved):
        rows = made.samples[made.samples["image_sha256"].isin(moved).to_numpy(bool)]
        yield f"pictures in another part: {_name(rows)}"


def _change(words: str, then: str | int, now: str | int, tail: str = "now") -> Iterator[str]:
    """Yield what was, and what is, where that is not the same."""
    if then != now:
        first, second = (f"{value:,}" if isinstance(value, int) else value for value in (then, now))
        yield f"{words} {first} then, {second} {tail}"


def _parts_by_picture(manifest: Manifest) -> "pd.Series[str]":
    names = part_names(manifest)
    there = (names.notna() & manifest.samples["image_sha256"].notna()).to_numpy(bool)
    parts = pd.Series(names[there].to_numpy(object), index=manifest.samples["image_sha256"][there].to_numpy(object))
    return parts[~parts.index.duplicated()]


def _name(rows: pd.DataFrame) -> str:
    return f"{len(rows):,} ({join_some(sample_keys(rows).tolist())})"


def _short(digest: Any) -> str:
    return "none" if digest is None else show(str(digest), 64)[:16]
