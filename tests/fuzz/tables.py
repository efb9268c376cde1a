"""The readers of tables that were written by lagtool, or say so: manifests, findings; and of splits, groups.

Most of them carry a digest, and a change that breaks it is found there. A stranger can make the digest fit, so each is
fuzzed in two ways: as it is, and with digests that fit whatever was changed.
"""

import json
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from unittest.mock import patch

import pyarrow as pa

from lagtool.checks.acceptance import parse_baseline
from lagtool.checks.evidence import Evidence
from lagtool.checks.runner import judge
from lagtool.checks.settings import Settings
from lagtool.checks.thresholds import Thresholds
from lagtool.errors import LagtoolError
from lagtool.files.tree import read_tree
from lagtool.manifest.blocks import NO_ROWS
from lagtool.manifest.value import Manifest, read_manifest
from lagtool.model import ScanOptions
from lagtool.output.writing import partial_path
from lagtool.reporting.findings import parse_lines, write_lines
from lagtool.reporting.report import render_report
from lagtool.reporting.split_table import render_reproduction
from lagtool.scanning.partial import Partial, _records
from lagtool.scanning.scan import Scan
from lagtool.splits.certificate import certify
from lagtool.splits.constraints import Constraints
from lagtool.splits.lines import read_groups
from lagtool.splits.listed import read_splits, resolve
from lagtool.splits.reproduction import read_certificate, reproduce
from lagtool.splits.split import make_split
from lagtool.stats import compute_stats
from lagtool.text import is_shown
from tests.factories import make_manifest, row, unmatched_file
from tests.fuzz.target import SEAL, Reader, Target, unsealed
from tests.reporting.reports import audit_report, clean_report, nasty_report, pinned_report
from tests.splits.forms import FORMS
from tests.trees import write_tree

_SUFFIXES = (".parquet", ".csv", ".jsonl")
_DIGESTS = tuple(
    f"lagtool.manifest.value.{name}"
    for name in ("digest_table", "digest_pairs", "digest_document", "content_fingerprint", "ids_fingerprint")
)
_CERTIFICATE = ("lagtool.splits.record.digest_document", "lagtool.splits.reproduction.digest_document")


def _manifests() -> list[Manifest]:
    plain = make_manifest(
        3, 2, 2, 1, unmatched=[unmatched_file("Thumbs.db"), unmatched_file("a/b.jpg", "name", kind="link", detail="x")]
    )
    return [plain, make_split(make_manifest(6, 6), ratios=[50, 50], seed=1), make_manifest([row(image=False)])]


def _written(folder: Path, suffix: str) -> list[bytes]:
    made = []
    for manifest in _manifests():
        manifest.write(folder / f"seed{suffix}")
        made.append((folder / f"seed{suffix}").read_bytes())
    return made


def _in_scratch(make: Callable[[Path], list[bytes]]) -> Callable[[], list[bytes]]:
    def seeds() -> list[bytes]:
        with tempfile.TemporaryDirectory() as folder:
            return make(Path(folder))

    return seeds


def _seal_all(data: bytes) -> bytes:
    """Return a manifest as CSV or JSON Lines whose digests are the one that `unsealed` makes."""
    first, _, rest = data.partition(b"\n")
    mark = b"#lagtool " if first.startswith(b"#") else b""
    head = json.loads(first.removeprefix(mark))
    envelope = head.get("lagtool", head)
    envelope |= {"rows_sha256": SEAL, "sha256": SEAL}
    envelope["header"] |= {"content_sha256": SEAL, "ids_sha256": SEAL}
    return mark + json.dumps(head).encode() + b"\n" + rest


def _open_manifest(suffix: str) -> Callable[[Path], AbstractContextManager[Reader]]:
    @contextmanager
    def opened(folder: Path) -> Iterator[Reader]:
        path = folder / f"m{suffix}"

        def read(data: bytes) -> None:
            path.write_bytes(data)
            manifest = read_manifest(path)
            for other in _SUFFIXES:
                manifest.write(folder / f"again{other}")
                assert read_manifest(folder / f"again{other}").equals(manifest)

        yield read

    return opened


@contextmanager
def _open_rows(folder: Path) -> Iterator[Reader]:
    """What is taken as rows of a manifest can be judged, counted and divided."""
    paths = {b"#"[0]: folder / "m.csv", b"{"[0]: folder / "m.jsonl"}

    def read(data: bytes) -> None:
        path = paths[data[0] if data and data[0] in paths else b"{"[0]]
        path.write_bytes(data)
        manifest = read_manifest(path)
        report = judge(Evidence(manifest, Thresholds()), settings=Settings())
        for form in ("text", "json", "sarif", "markdown"):
            render_report(report, form)
        compute_stats(manifest)
        try:
            split = make_split(manifest, ratios=[70, 30], names=("train", "test"))
        except LagtoolError:
            return
        assert certify(split).to_json()
        split.write(folder / "split.parquet")
        assert read_manifest(folder / "split.parquet").equals(split)

    with unsealed(*_DIGESTS):
        yield read


def _record(payload: bytes) -> bytes:
    return b"%08x %08x\n%s\n" % (len(payload), zlib.crc32(payload), payload)


def _open_partial(*, sealed: bool) -> Callable[[Path], AbstractContextManager[Reader]]:
    """No partial manifest disturbs a scan, and no row of one is taken that a scan of the same tree does not make.

    Sealed: the input is the file. Otherwise it is what stands in the one block of rows.
    """

    @contextmanager
    def opened(folder: Path) -> Iterator[Reader]:
        tree = read_tree(write_tree(folder / "LAG", 2, 1))
        target = folder / "m.parquet"
        path = partial_path(target)
        first = _interrupted(folder)[0]

        def read(data: bytes) -> None:
            path.write_bytes(data if sealed else _record(first) + _record(data))
            run = Scan(tree, ScanOptions(), 1, None, lambda _done: None)
            with Partial(target, run) as partial:
                rows = pa.concat_tables([NO_ROWS, *run.known_rows()])
                assert len(rows) == partial.resumed == len(tree.samples) - run.to_read
                known = {(sample.class_name, sample.id) for sample in tree.samples}
                assert set(zip(rows["class"].to_pylist(), rows["id"].to_pylist(), strict=True)) <= known
            assert path.read_bytes() == data if sealed else True

        yield read

    return opened


def _interrupted(folder: Path) -> list[bytes]:
    """Return the records of the partial manifest of a scan of the tree in a folder that was interrupted at its end."""
    target = folder / "begun.parquet"
    with patch("lagtool.scanning.partial.WORTH_KEEPING", 1), patch("lagtool.scanning.scan.CHUNK", 1):
        run = Scan(read_tree(folder / "LAG"), ScanOptions(), 1, None, lambda _done: None)
        with Partial(target, run) as partial, closing(run.rows(partial.add)) as batches:
            partial.begin()
            assert list(batches)
    with partial_path(target).open("rb") as file:
        made = list(_records(file))
    partial_path(target).unlink()
    return made


def _partials(*, sealed: bool) -> Callable[[Path], list[bytes]]:
    def make(folder: Path) -> list[bytes]:
        write_tree(folder / "LAG", 2, 1)
        records = _interrupted(folder)
        return [b"".join(map(_record, records)), _record(records[0])] if sealed else records[1:]

    return make


_LISTS = (".csv", ".txt", ".json", ".jsonl", ".tsv", ".parquet")


@contextmanager
def _open_split(folder: Path) -> Iterator[Reader]:
    """A split of others; the first byte of the input chooses the suffix, and the rest is the file."""
    manifest = make_manifest(6, 6)
    samples = len(manifest.samples)

    def read(data: bytes) -> None:
        suffix = _LISTS[data[0] % len(_LISTS)] if data else ".csv"
        path = folder / f"train{suffix}"
        path.write_bytes(data[1:])
        try:
            for listing in read_splits([path]):
                mentions = resolve(listing, manifest)
                assert ((mentions.numbers("row") >= -1) & (mentions.numbers("row") < samples)).all()
                report = judge(Evidence(manifest, Thresholds(), mentions), settings=Settings())
                render_report(report, "text")
        finally:
            path.unlink()

    yield read


def _splits(folder: Path) -> list[bytes]:
    split = make_split(make_manifest(6, 6), ratios=[50, 50], seed=1)
    made: list[bytes] = []
    for number, write in enumerate(FORMS.values()):
        place = folder / str(number)
        place.mkdir()
        for path in write(split, place):
            files = [file for file in (path, *path.rglob("*")) if file.is_file() and file.suffix in _LISTS]
            made += [bytes([_LISTS.index(file.suffix)]) + file.read_bytes() for file in files]
    return sorted({data for data in made if len(data) < 20_000})


@contextmanager
def _open_findings(_folder: Path) -> Iterator[Reader]:
    def read(data: bytes) -> None:
        report = parse_lines(data)
        assert write_lines(parse_lines(write_lines(report).encode())) == write_lines(report)
        for form in ("text", "json", "sarif", "junit", "github", "gitlab", "markdown", "csv"):
            render_report(report, form)

    with unsealed("lagtool.reporting.findings._digest"):
        yield read


def _reports() -> list[bytes]:
    with unsealed("lagtool.reporting.findings._digest"):
        return [write_lines(make()).encode() for make in (nasty_report, clean_report, pinned_report, audit_report)]


def _read_baseline(data: bytes) -> None:
    baseline = parse_baseline(data, "known.jsonl")
    assert all(number > 0 for number in baseline.known.values())


@contextmanager
def _open_baseline(_folder: Path) -> Iterator[Reader]:
    yield _read_baseline


@contextmanager
def _open_certificate(folder: Path) -> Iterator[Reader]:
    path = folder / "certificate.json"
    manifest = _manifests()[1]

    def read(data: bytes) -> None:
        path.write_bytes(data)
        certificate = read_certificate(path)
        path.write_text(certificate.to_json())
        assert read_certificate(path).to_json() == certificate.to_json()
        for before in (None, manifest):
            again = reproduce(manifest, certificate, Constraints(), before, None)
            assert is_shown(render_reproduction(again, certificate).replace("\n", ""))

    with unsealed(*_CERTIFICATE):
        yield read


def _certificates() -> list[bytes]:
    with unsealed(*_CERTIFICATE):
        return [certify(_manifests()[1]).to_json().encode()]


@contextmanager
def _open_groups(folder: Path) -> Iterator[Reader]:
    path = folder / "groups.csv"
    manifest = make_manifest(4, 4)

    def read(data: bytes) -> None:
        path.write_bytes(data)
        given = read_groups(path, manifest)
        assert len(given.groups) == len(manifest.samples)
        assert given.groups.nunique() <= given.number

    yield read


TARGETS = (
    *(
        Target(
            f"manifest{suffix}",
            f"a manifest as {suffix}",
            _in_scratch(lambda folder, suffix=suffix: _written(folder, suffix)),  # type: ignore[misc]
            _open_manifest(suffix),
        )
        for suffix in _SUFFIXES
    ),
    Target(
        "rows",
        "a manifest whose digests fit, judged and divided",
        _in_scratch(lambda folder: [_seal_all(data) for suffix in _SUFFIXES[1:] for data in _written(folder, suffix)]),
        _open_rows,
    ),
    Target("partial", "a partial manifest", _in_scratch(_partials(sealed=True)), _open_partial(sealed=True)),
    Target(
        "block",
        "rows in a partial manifest whose sums fit",
        _in_scratch(_partials(sealed=False)),
        _open_partial(sealed=False),
    ),
    Target("split", "a split of others, in every form", _in_scratch(_splits), _open_split),
    Target("findings", "a findings file whose digest fits", _reports, _open_findings),
    Target(
        "baseline",
        "a baseline",
        lambda: [*_reports(), render_report(nasty_report(), "json").encode()],
        _open_baseline,
    ),
    Target(
        "certificate",
        "a split's certificate",
        _certificates,
        _open_certificate,
    ),
    Target(
        "groups",
        "a file of groups",
        lambda: [b"id,patient\n0001,a\n0002,a\n0005,b\n", b"sample;group\nnon_glaucoma/0001;x\n", b"0001,a\n0002,a\n"],
        _open_groups,
    ),
)
