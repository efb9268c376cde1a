"""The audit in every format, on the command line."""

import csv
import io
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len

from lagtool.__main__ import run
from lagtool.manifest.value import Manifest
from lagtool.reporting.shortcuts import render_shortcuts
from lagtool.stats.shortcuts import audit_shortcuts
from tests.benchmarks.columns import make_columns
from tests.benchmarks.confounds import POSITIVE, permute
from tests.factories import make_manifest


def _brighter() -> Manifest:
    null = permute(make_columns(240), np.random.default_rng(0))
    here = null.samples["class"].eq(POSITIVE).to_numpy(bool)
    return null.with_columns(image_brightness=null.samples["image_brightness"] + np.where(here, 25.0, 0.0))


AUDIT = audit_shortcuts(_brighter())


def test_text_says_it_in_80_columns() -> None:
    lines = render_shortcuts(AUDIT).splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert lines[0].startswith("LAG: suspicious_glaucoma (100) told from non_glaucoma (140)")
    text = " ".join(" ".join(lines).split())
    assert f"CALLED: {AUDIT.sentence}" in text
    assert "The strongest fact is brightness (AUC 0." in text
    assert "Light and colour (brightness): match the classes" in text
    row = next(line for line in lines if line.startswith("  brightness"))
    assert row.split()[1] == "higher"
    assert row.endswith("yes")
    assert "What tells parts of the split from the others (all facts; 0.5 is good)" in lines


def test_text_of_what_cannot_be_audited() -> None:
    text = render_shortcuts(audit_shortcuts(make_manifest(3, 0)))
    assert "NOT AUDITED: Nothing could be audited: see the remarks." in text
    assert "  - No image of suspicious_glaucoma: there is nothing to tell apart." in text.splitlines()


def test_json_parses_back() -> None:
    parsed = json.loads(render_shortcuts(AUDIT, "json"))
    assert parsed == {"format": 1, **json.loads(json.dumps(asdict(AUDIT)))}


def test_csv_has_one_fact_or_model_per_line() -> None:
    rows = list(csv.DictReader(io.StringIO(render_shortcuts(AUDIT, "csv"))))
    facts = [line for line in rows if line["section"] == "fact"]
    assert [(line["name"], float(line["auc"]), line["called"] == "yes") for line in facts] == [
        (fact.name, fact.auc, fact.called) for fact in AUDIT.facts
    ]
    assert [line["name"] for line in rows if line["section"] == "model"] == ["all", "carried"]
    assert [line["part"] for line in rows if line["section"] == "part model"] == ["test"]
    assert rows[0]["title"] == AUDIT.sentence


def test_markdown_tables_have_even_rows() -> None:
    text = render_shortcuts(AUDIT, "markdown")
    assert "**CALLED**: A classifier that never looks at the eye reaches AUC" in text
    for block in text.split("\n\n"):
        if block.startswith("|"):
            assert len({line.count("|") for line in block.splitlines()}) == 1


@pytest.mark.parametrize("form", ["text", "json", "csv", "markdown"])
def test_command(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, manifest = str(tmp_path / "m.parquet"), make_columns(60)
    manifest.write(source)
    assert run(["stats", source, "--shortcuts", "--format", form, "--seed", "3"]) == 0
    assert capsys.readouterr() == (render_shortcuts(audit_shortcuts(manifest, seed=3), form), "")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--seed", "1"], "--seed: only with --shortcuts."),
        (["--groups", "x.csv"], "--groups: only with --shortcuts."),
        (["--shortcuts", "--by", "part"], "--by: not with --shortcuts."),
        (["--shortcuts", "--positive", "sick"], "no class is called 'sick'"),
        (["--shortcuts", "--groups", "no-such.csv"], "no-such.csv"),
        (["--facts", "beauty"], "'beauty' is none of them"),
    ],
)
def test_options_that_do_not_fit(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = str(tmp_path / "m.parquet")
    make_manifest(2, 2).write(source)
    assert run(["stats", source, *options]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
