"""The tutorials are played from beginning to end, and what they show is what is said."""

from pathlib import Path

import pytest

from tests import sessions

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(autouse=True)
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


def test_the_first_hour(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    page = (DOCS / "first-hour.md").read_text(encoding="utf-8")
    parts = sessions.blocks(page)
    codes = {}
    for name, session in parts.items():
        if name == "again":
            sessions.settings(page, tmp_path)
        codes[name] = sessions.play(session, capfd)
    assert codes.pop("verdict") == [1, 0]
    assert {code for some in codes.values() for code in some} == {0}
    assert list(codes) == ["make", "damage", "look", "repair", "marks", "pin", "again", "alike", "split"]


def test_another_data_set(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    page = (DOCS / "another-data-set.md").read_text(encoding="utf-8")
    (tmp_path / "acrima.toml").write_text(sessions.blocks(page, "toml")["acrima"], encoding="utf-8")
    codes = {name: sessions.play(session, capfd) for name, session in sessions.blocks(page).items()}
    assert codes == {"check": [0], "slip": [0, 1], "make": [0], "quick": [0, 0, 1], "rest": [0, 0, 0]}


def test_in_a_paper(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    page = (DOCS / "in-a-paper.md").read_text(encoding="utf-8")
    parts = sessions.blocks(page)
    assert sessions.play("$ lagtool synth LAG --profile lag-part1 --scale 0.02 --quiet\n", capfd) == [0]
    assert sessions.play(parts["data"] + parts["split"], capfd) == [0, 0]
    (tmp_path / "split" / "certificate.json").rename(tmp_path / "certificate.json")
    assert sessions.play(parts["again"], capfd) == [0, 0, 0]
