"""Search: which photographs of a manifest are alike, step by step, the sure and cheap steps first."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from lagtool.duplicates import hashes
from lagtool.duplicates.copies import SAME_PHOTOGRAPH, Task, carry_pictures, compare_chunk
from lagtool.duplicates.exact import find_exact, list_missing
from lagtool.duplicates.glance import glance, order_tasks, take_thumbs
from lagtool.duplicates.pairs import NOT_ASKED, VERSION, Likeness, Numbers, Pair, order_samples, tabulate
from lagtool.duplicates.pictures import KEPT, Losses, Shelf, lose_pictures
from lagtool.duplicates.same_eye import (
    FILES,
    Candidate,
    Evidence,
    Place,
    extract_all,
    lost_search,
    plan_search,
    search_chunk,
    verify,
)
from lagtool.duplicates.table import Extract
from lagtool.duplicates.verdict import PROBABLY, SAME_EYE, judge, may_be_dust
from lagtool.files import Store, as_store, is_tree
from lagtool.files.root import find_store
from lagtool.manifest.header import ALL, EYES, Relation
from lagtool.manifest.rules import sample_keys
from lagtool.manifest.value import Manifest
from lagtool.output.folder import scratch_folder
from lagtool.output.progress import Bar, no_bar
from lagtool.scanning.backends import BackendLike, open_backend
from lagtool.scanning.source import Source, open_manifest
from lagtool.scanning.workers import Backend, count_processes, map_chunks
from lagtool.text import count

MOST_CANDIDATES = 1_000_000
"""Pairs looked at closely, at most: with more, the likeliest, and a remark says so."""

CANDIDATES_EACH = 20
"""Candidates for the same eye that are looked at closely, per picture: with more, more features have to agree."""

COPIES_EACH = 4
"""Candidates for copies that are opened, per picture, about: with fewer near by hash, the limit is wider."""

FEWEST_AGREEING, _MOST_AGREEING = 2, 5
_WORTH_PROCESSES = 60
_GLANCED, _COMPARED, _SCREENED = 32, 128, 2048
_TILE = KEPT // 2
COPIES = frozenset({Relation.NEAR_DUPLICATE, Relation.MIRRORED, Relation.TURNED})
"""What hashes and pixels tell."""

_EYES = frozenset(EYES)


def find_pairs(
    source: Source,
    root: str | Path | Store | None = None,
    *,
    relations: Iterable[Relation | str] = ALL,
    jobs: int | None = None,
    bar: Bar = no_bar,
    backend: BackendLike = None,
) -> Likeness:
    """Return which photographs of a manifest are alike, with the evidence; see `Relation`.

    Identical pictures are paired with the first of them, which alone goes on to the later steps. The result depends on
    neither the order of rows nor ``jobs``. A picture that cannot be opened, or is another file than the manifest's (by
    its sha256), is not searched: `Likeness.unsearched` has its sample.

    Args:
        source: A manifest, with hashes (`lagtool.scan`), or the path or URL of a tree (read now) or of a manifest file.
        root: Where the paths of a manifest start from, a folder, archive or URL; None: only what its columns tell is
            looked for. A tree is its own root.
        relations: What to look for.
        jobs: Processes; None: one per usable core.
        bar: Makes a progress bar for each step.
        backend: What opens pictures and compares them, as for `lagtool.scan`. What compares numbers only, of all
            pictures with all, is done by processes of this machine.

    Raises:
        LagtoolError: The backend cannot do the work; or not one picture could be opened.
    """
    wanted = {Relation(relation) for relation in relations}
    with open_backend(backend, jobs=jobs) as does:
        manifest = open_manifest(source, jobs=jobs, backend=does, bar=bar)
        if root is None and isinstance(source, str | os.PathLike) and is_tree(source):
            root = find_store(os.fspath(source), manifest.profile)
        return _find_pairs(manifest, root, wanted, jobs, bar, does)


def _find_pairs(
    manifest: Manifest,
    root: str | Path | Store | None,
    wanted: set[Relation],
    jobs: int | None,
    bar: Bar,
    does: Backend | None,
) -> Likeness:
    order = order_samples(manifest.samples, [c.name for c in manifest.profile.classes])
    samples = manifest.samples.iloc[order].reset_index(drop=True)
    exact = find_exact(samples)
    hashed = samples["image_state"].eq("ok").fillna(value=False) & samples["image_phash"].notna()
    rows = exact.different[hashed.to_numpy(bool)[exact.different]]
    shelf = fill_shelf(samples.iloc[rows], root)
    jobs = shelf.store.jobs(jobs)
    local = count_processes(jobs)
    pairs = [*exact.pairs]
    copies: list[Pair] = []
    opens = root is not None and len(rows) > 1
    unhashed = samples["image_path"].notna().to_numpy(bool) & ~hashed.to_numpy(bool)
    missing = list_missing(wanted, samples, hashed.to_numpy(bool), pictures=root is not None)
    run = Run(shelf, samples.iloc[rows], local, bar, does)
    if opens and does is not None and wanted & {*COPIES, *_EYES}:
        does.look_for(shelf.store, shelf.paths[0])
    if opens and wanted & COPIES:
        copies = list(run.find_copies(wanted & COPIES))
        pairs.extend(_at(rows, copies))
    if opens and wanted & _EYES:
        pairs.extend(_at(rows, run.find_same_eyes(copies)))
    run.losses.settle(shelf, run.work(len(run.losses.wanted)))
    missing |= {relation: NOT_ASKED for relation in Relation if relation not in wanted}
    looked_for = tuple(relation for relation in Relation if relation not in missing)
    keys = sample_keys(samples).tolist()
    table = tabulate((pair for pair in pairs if pair.relation in wanted), keys)
    lost = {int(rows[number]) for number in run.losses.lost}
    lost |= {pair.b for pair in exact.pairs if pair.a in lost}  # the first of identical pictures stands for all
    remarks = tuple(run.remarks(int(unhashed.sum())))
    unsearched = tuple(keys[row] for row in sorted(lost.union(np.flatnonzero(unhashed).tolist())))
    return Likeness(table, looked_for, missing, len(rows) - len(run.losses.lost), remarks, unsearched)


def fill_shelf(chosen: pd.DataFrame, root: str | Path | Store | None) -> Shelf:
    """Return the pictures of some samples, which have paths below a root, the box of the field, and sha256."""
    across = chosen["image_width"] * (chosen["image_field_right"] - chosen["image_field_left"])
    down = chosen["image_height"] * (chosen["image_field_bottom"] - chosen["image_field_top"])
    sides = pd.concat([across, down], axis=1).max(axis=1).fillna(0).astype(int).tolist()
    digests = chosen["image_sha256"].tolist()
    return Shelf(as_store(root or "").for_workers(), chosen["image_path"].tolist(), sides, digests)


def _at(rows: Numbers, pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Bring positions among the compared pictures to positions among all samples."""
    for pair in pairs:
        yield pair._replace(a=int(rows[pair.a]), b=int(rows[pair.b]))


@dataclass
class Run:
    """The steps that open pictures.

    Attributes:
        shelf: The pictures.
        samples: Their samples.
        jobs: Processes.
        bar: Makes a progress bar for each step.
        backend: What opens pictures; None: ``jobs`` processes.
        cut: Pictures before this number are compared with those from there on only; 0: all with all.
        known: What was taken of some pictures elsewhere (a fingerprint file): these are not opened.
        losses: Which pictures could not be opened.
        plain: Those without enough detail.
        dropped: Pairs that were too many to be looked at.
        agreeing: Features that had to agree, less one.
    """

    shelf: Shelf
    samples: pd.DataFrame
    jobs: int
    bar: Bar
    backend: Backend | None = None
    cut: int = 0
    known: Mapping[int, Extract] = field(default_factory=dict)
    losses: Losses = field(default_factory=Losses)
    plain: set[int] = field(default_factory=set)
    doubtful: int = 0
    dropped: int = 0
    agreeing: int = FEWEST_AGREEING

    def find_copies(self, wanted: Iterable[Relation]) -> Iterator[Pair]:
        """Yield copies, found by their hashes and verified on pixels."""
        near = self.screen(set(wanted))
        tasks = self._glance([Task(i, j, hashes.POSITIONS[which]) for _, i, j, which in near.tolist()])
        method = f"field256+detail/{VERSION}"
        done = 0
        with self.bar("Comparing", len(tasks), "pairs") as advance:
            parts = map_chunks(
                compare_chunk, self.shelf, tasks, _COMPARED, self.work(len(tasks)), lose_pictures, carry_pictures
            )
            for number, part in parts:
                for task, correlation in zip(tasks[done : done + number], part, strict=True):
                    self.losses.wanted.update((task.a, task.b))
                    if correlation is None:
                        self.losses.torn.append((task.a, task.b))
                    elif correlation >= SAME_PHOTOGRAPH:
                        relation = name_copy(task.position)
                        yield Pair(task.a, task.b, relation, correlation, method, str(task.position))
                done += number
                advance(number)

    def _glance(self, tasks: list[Task]) -> list[Task]:
        """Return the pairs that are worth a close look, by thumbs of their pictures: each is opened once for it."""
        numbers = sorted({number for task in tasks for number in (task.a, task.b)})
        thumbs = {}
        self.losses.wanted.update(numbers)
        with self.bar("Looking at detail", len(numbers), "images") as advance:
            parts = map_chunks(
                take_thumbs, self.shelf, numbers, _GLANCED, self.work(len(numbers)), lose_pictures, Shelf.select
            )
            done = 0
            for _, part in parts:
                for number, thumb in zip(numbers[done : done + len(part)], part, strict=True):
                    if thumb is None:
                        self.losses.lost.add(number)
                    elif thumb.plain:
                        self.plain.add(number)
                    else:
                        thumbs[number] = thumb
                done += len(part)
                advance(len(part))
        known = [task for task in tasks if task.a in thumbs and task.b in thumbs]
        return order_tasks([task for task, worth in zip(known, glance(thumbs, known), strict=True) if worth])

    def screen(self, wanted: set[Relation], slack: int | None = None) -> Numbers:
        """Return the pairs whose hashes are near, (number, 4): distance, earlier, later, position.

        ``slack``: see `hashes.Screen`; None: it is chosen.
        """
        upright = hashes.read_bits(self.samples["image_phash"].tolist())
        mirrored = hashes.read_bits(self.samples["image_phash_mirror"].fillna(self.samples["image_phash"]).tolist())
        laid = [hashes.pack(hashes.derive_bits(upright, mirrored, position)) for position in hashes.POSITIONS]
        number = len(self.samples)
        if slack is None:
            slack = hashes.choose_slack(laid[0], laid, COPIES_EACH * number)
        screen = hashes.Screen(laid[0], laid, slack)
        blocks = [
            hashes.Block(which, first, min(first + _SCREENED, number))
            for which, position in enumerate(hashes.POSITIONS)
            if name_copy(position) in wanted
            for first in range(0, self.cut or number, _SCREENED)
        ]
        found = np.zeros((0, 4), np.int64)
        with self.bar("Comparing hashes", len(blocks), "blocks") as advance:
            jobs = self._jobs(number * number // 100_000)
            for _, part in map_chunks(hashes.screen_chunk, screen, blocks, 1, jobs, hashes.lost_screen):
                found = self._keep_likeliest(np.concatenate([found, *map(self._allowed, part)]))
                advance(len(part))
        # Tile by tile, so that pictures are still open when they are needed again.
        return found[np.lexsort((found[:, 3], found[:, 2], found[:, 1], found[:, 2] // _TILE, found[:, 1] // _TILE))]

    def _allowed(self, found: Numbers) -> Numbers:
        """Return the rows, of two pictures in the second and third column, that are asked for: see ``cut``."""
        return found[(found[:, 1] < self.cut) & (found[:, 2] >= self.cut)] if self.cut else found

    def _keep_likeliest(self, found: Numbers) -> Numbers:
        """Return `MOST_CANDIDATES` rows at most, the first ones by their columns."""
        if len(found) <= MOST_CANDIDATES:
            return found
        self.dropped += len(found) - MOST_CANDIDATES
        return found[np.lexsort(found.T[::-1])[:MOST_CANDIDATES]]

    def find_same_eyes(self, copies: Iterable[Pair]) -> Iterator[Pair]:
        """Yield pairs of one eye, and copies too unlike for their hashes, found and verified on vessels.

        Args:
            copies: The copies that are known: of these one counts where places in many pictures are compared.
        """
        method = f"vessels/{VERSION}"
        number = len(self.shelf.paths)
        counted = np.ones(number, bool)
        counted[[pair.b for pair in copies]] = False
        with scratch_folder(set(FILES)) as folder:
            opened = number - len(self.known)
            self.losses.wanted.update(set(range(number)).difference(self.known))
            with self.bar("Tracing vessels", opened, "images") as advance:
                lost = extract_all(self.shelf, Path(folder), self.work(opened), advance, counted, self.known)
                self.losses.lost.update(set(lost).difference(self.known))
            candidates = self._search(folder, number)
            with self.bar("Registering", len(candidates), "pairs") as advance:
                place = Place(folder, self.shelf, pixels=not self.known)
                for candidate, evidence in verify(place, candidates, self.work(len(candidates)), advance):
                    if np.isnan(evidence.pixels):  # they went away since their vessels were traced
                        self.losses.torn.append((candidate.a, candidate.b))
                    verdict = judge(evidence, name_copy(candidate.position))
                    if verdict is not None and may_be_dust(evidence):
                        self.doubtful += 1
                    elif verdict is not None:
                        detail = _describe(candidate, evidence)
                        yield Pair(candidate.a, candidate.b, verdict[0], verdict[1], method, detail)

    def _search(self, folder: str, number: int) -> list[Candidate]:
        stretches = plan_search(number, self.cut)
        parts: list[Numbers] = []
        with self.bar("Searching", len(stretches), "blocks") as advance:
            found = map_chunks(search_chunk, folder, stretches, 1, self._jobs(number // 10), lost_search)
            for stretch, (_, part) in zip(stretches, found, strict=True):
                i, j, agreeing = part[0].T
                # Hardly anybody turns pictures by quarters: these need one more feature that agrees.
                enough = agreeing >= FEWEST_AGREEING + (stretch.position.turn > 0)
                position = np.full(len(i), hashes.POSITIONS.index(stretch.position))
                parts.append(np.column_stack([-agreeing, i, j, position])[enough])
                advance(1)
        rows = np.concatenate([np.zeros((0, 4), np.int64), *parts])
        while len(rows) > CANDIDATES_EACH * number and self.agreeing < _MOST_AGREEING:
            self.agreeing += 1
            rows = rows[rows[:, 0] <= -self.agreeing]
        rows = self._keep_likeliest(rows)
        return sorted(Candidate(i, j, hashes.POSITIONS[position]) for _, i, j, position in rows.tolist())

    def _jobs(self, work: int) -> int:
        return 1 if work < _WORTH_PROCESSES else self.jobs

    def work(self, work: int) -> int | Backend:
        """Return what opens pictures."""
        return self._jobs(work) if self.backend is None else self.backend

    def remarks(self, damaged: int) -> Iterator[str]:
        """Yield what must be known of this run; ``damaged`` is how many pictures the manifest has no hash for."""
        if damaged:
            yield f"{count(damaged, 'picture')} damaged, or not hashed: compared by bytes only"
        if self.losses.lost:
            lost, pictures = len(self.losses.lost), count(len(self.shelf.paths), "picture")
            yield f"{lost:,} of {pictures} could not be opened, and were not searched ({self.losses})"
        if self.plain:
            yield (
                f"{count(len(self.plain), 'picture')} with a similar hash to another, but too little detail to compare "
                "(haze, blur, darkness): featureless, cannot tell whether a copy"
            )
        if self.doubtful:
            yield (
                f"{count(self.doubtful, 'pair')} with lines at the same place in the frame, on which few features "
                "agree: dust on the camera or one eye, cannot tell"
            )
        if self.agreeing > FEWEST_AGREEING:
            yield (
                f"features are alike by chance so often that {self.agreeing + 1} had to agree, not "
                f"{FEWEST_AGREEING + 1}: fewer views of one eye are found"
            )
        if self.dropped:
            yield f"too many candidates: {count(self.dropped, 'pair')} not looked at closely"


def name_copy(position: hashes.Position) -> Relation:
    """Return the relation of a photograph and its copy in a position."""
    if position.mirrored:
        return Relation.MIRRORED
    return Relation.TURNED if position.turn else Relation.NEAR_DUPLICATE


def _describe(candidate: Candidate, evidence: Evidence) -> str:
    """Return in words how the second picture lies to the first."""
    matrix = evidence.alignment.matrix
    zoom = abs(float(np.linalg.det(matrix[:, :2]))) ** 0.5
    turn = float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])))
    forth, back = evidence.agreement.forth, evidence.agreement.back
    words = [
        *([str(candidate.position)] if candidate.position != hashes.UPRIGHT else []),
        f"scale {zoom:.2f}",
        f"turn {turn:+.0f} degrees".replace("-0 ", "+0 "),
        f"{evidence.agreement.overlap:.0%} in common",
        f"{forth.share:.0%} and {back.share:.0%} of vessels shared",
        f"{evidence.alignment.inliers} features",
        f"same eye from {SAME_EYE:g}, probably from {PROBABLY:g}",
    ]
    return ", ".join(words)
