"""Writing a report: the manifest judged and shown, in a folder that is there whole or not at all."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from lagtool.checks.registry import CHECKS
from lagtool.checks.report import Report
from lagtool.checks.runner import validate
from lagtool.errors import LagtoolError
from lagtool.files import Store
from lagtool.files.root import find_store
from lagtool.manifest.value import Manifest
from lagtool.model import Severity
from lagtool.output.progress import Bar, no_bar
from lagtool.reporting.html.folder import CSV, PAGE, report_folder
from lagtool.stats.shortcuts import ShortcutAudit, audit_shortcuts

if TYPE_CHECKING:
    from lagtool.reporting.html.thumbnails import Thumbnails

AUTO: Literal["auto"] = "auto"


def write_report(
    manifest: Manifest,
    out: str | Path,
    *,
    report: Report | None = None,
    root: str | Path | Store | None = None,
    thumbnails: bool = False,
    shortcuts: ShortcutAudit | Literal["auto"] | None = AUTO,
    threshold: Severity = Severity.ERROR,
    force: bool = False,
    jobs: int | None = None,
    bar: Bar | None = None,
) -> Path:
    """Write a report that works from disk, without network and without this package.

    The same manifest gives the same bytes; the only time in it is that of the manifest.

    Args:
        manifest: The dataset, with its split and its pairs where it has them.
        out: The folder to write; made if it is not there.
        report: What `lagtool.validate` or `lagtool.audit_split` said; None: it is asked now, without a configuration.
        root: The folder of the dataset, or its archive or URL, for thumbnails; nothing is ever written into it.
        thumbnails: Whether small pictures of all samples go into the folder, with a gallery to look at them.
        shortcuts: What `lagtool.stats.shortcuts.audit_shortcuts` returned; ``auto``: it is asked now, where it can
            be; None: the report has none.
        threshold: Severity from which on the verdict is FAIL.
        force: Whether to replace an earlier report. Anything else in the folder is never replaced.
        jobs: Processes that make thumbnails; None: one per usable core.
        bar: Makes a progress bar from a description, a number and a unit.

    Returns:
        The path of the page.

    Raises:
        LagtoolError: A library is missing (``pip install 'lagtool[report]'``), the folder is taken or cannot be written
            into, or thumbnails are asked for without ``root``.
    """
    check_extra()
    from lagtool.reporting.html.document import compose
    from lagtool.reporting.html.page import render_page
    from lagtool.reporting.html.samples import list_rows, pack_samples
    from lagtool.reporting.html.shortcuts import describe_shortcuts

    folder = Path(out)
    place = None if root is None else find_store(root, manifest.profile)
    if thumbnails and place is None:
        raise LagtoolError("thumbnails need the pictures: name their folder with --root DIR (or root=...)")
    with report_folder(folder, force=force, data_root=None if place is None else place.guarded) as made:
        judged = validate(manifest) if report is None else report
        audit, reason = _audit(manifest) if shortcuts == AUTO else (shortcuts, "not looked for: it was not asked for")
        context = compose(manifest, judged, describe_shortcuts(audit, reason), threshold)
        pictures = _thumbnails(manifest, place, made, jobs, bar) if thumbnails and place is not None else None
        if pictures is None:
            rows = list_rows(manifest, [*context["ledger"].samples(), *context["alike"].samples()])
        else:
            rows = np.arange(len(manifest.samples), dtype=np.intp)
        packed = pack_samples(manifest, judged, rows, pictures)
        data = {
            "fingerprint": manifest.header.content_sha256 or manifest.header.ids_sha256,
            "classes": [c.name for c in manifest.profile.classes],
            "checks": {c.code: [c.name, c.summary] for c in CHECKS if c.code in packed["codes"]},
            "samples": packed,
        }
        context |= {"gallery": pictures is not None, "csv_name": context["csv"] and CSV}
        page = render_page(context, data, pictures=pictures is not None)
        (made / PAGE).write_text(page, encoding="utf-8", newline="\n")
        if context["csv"] is not None:
            (made / CSV).write_bytes(context["csv"])
    return folder / PAGE


def check_extra() -> None:
    """Say which libraries are missing before anything is read.

    Raises:
        LagtoolError: One of those that only a report needs is not installed.
    """
    missing = [name for name in ("jinja2", "matplotlib") if find_spec(name) is None]
    if missing:
        raise LagtoolError(f"a report needs {' and '.join(missing)}: pip install 'lagtool[report]'")


def _audit(manifest: Manifest) -> tuple[ShortcutAudit | None, str]:
    """Return the audit of shortcuts, or why there is none."""
    try:
        return audit_shortcuts(manifest), ""
    except LagtoolError as error:
        return None, f"not looked for: {error}"


def _thumbnails(manifest: Manifest, store: Store, folder: Path, jobs: int | None, bar: Bar | None) -> "Thumbnails":
    from lagtool.reporting.html.thumbnails import make_thumbnails

    with (bar or no_bar)("Thumbnails", len(manifest.samples), "samples") as advance:
        return make_thumbnails(manifest, store, folder, jobs=jobs, advance=advance)
