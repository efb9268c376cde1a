"""Configuration files: which one holds, what is in it, and what is refused with which sentence."""

import os
from pathlib import Path

import pytest

from lagtool.__main__ import run
from lagtool.checks.configuration import find_file, find_line, read_file
from lagtool.errors import LagtoolError
from lagtool.model import Severity
from tests.trees import write


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder below a home folder: home/project/sub/deep."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    deep = tmp_path / "home" / "project" / "sub" / "deep"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    return deep


def _find() -> str | None:
    found = find_file()
    return None if found is None else found.as_posix()


def test_the_nearest_file_holds(place: Path) -> None:
    home, project, sub = place.parents[2], place.parents[1], place.parents[0]
    write(home.parent / "lagtool.toml", b"")
    assert _find() is None  # above home nobody looks
    write(home / "lagtool.toml", b"")
    assert _find() == "../../../lagtool.toml"
    write(project / "pyproject.toml", b'[tool.other]\nx = 1\n[project]\nname = "lagtool"\n')
    assert _find() == "../../../lagtool.toml"
    write(project / "pyproject.toml", b"[tool.lagtool]\n")
    assert _find() == "../../pyproject.toml"
    write(project / "lagtool.toml", b"")
    assert _find() == "../../lagtool.toml"
    write(sub / "pyproject.toml", b"not even TOML, and none of ours")
    assert _find() == "../../lagtool.toml"
    (sub / "lagtool.toml").mkdir()
    assert _find() == "../lagtool.toml"  # refused when it is read
    write(place / "lagtool.toml", b"")
    assert _find() == "lagtool.toml"


def test_outside_of_home_the_search_ends_at_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    elsewhere = tmp_path / "data" / "sub"
    elsewhere.mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    found = _find()
    write(tmp_path / "lagtool.toml", b"")
    assert found != "../../lagtool.toml"
    assert _find() == "../../lagtool.toml"


def test_a_folder_that_was_removed_has_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert find_file() is None


def test_a_broken_pyproject_that_speaks_of_us_is_refused(place: Path) -> None:
    write(place.parent / "pyproject.toml", b"[tool.lagtool]\nselect = [\n")
    with pytest.raises(LagtoolError, match=r"^configuration \.\./pyproject\.toml is not valid TOML: Invalid value"):
        find_file()


def test_both_kinds_of_file_say_the_same(tmp_path: Path) -> None:
    text = 'fail-on = "note"\nmost = 2\n[{0}ignore]\nLAG502 = "why"\n[{0}thresholds]\nmap-low-maximum = 9\n'
    plain = read_file(write(tmp_path / "lagtool.toml", text.format("").encode()))
    project = "[tool.lagtool]\n" + text.format("tool.lagtool.")
    assert read_file(write(tmp_path / "pyproject.toml", project.encode())) == plain
    assert read_file(write(tmp_path / "any.toml", b"\xef\xbb\xbf" + text.format("").encode())) == plain
    assert (plain.fail_on, plain.most, plain.thresholds.map_low_maximum) == (Severity.NOTE, 2, 9)
    assert [(rule.check, rule.reason) for rule in plain.ignore] == [(("LAG502",), "why")]


def test_paths_start_from_the_folder_of_the_file(place: Path) -> None:
    write(place.parent / "mine.toml", b'extends = "lag"\nname = "mine"\n')
    write(place.parent / "lagtool.toml", b'profile = "mine.toml"\nbaseline = "known/b.json"\n')
    settings = read_file(Path("../lagtool.toml"))
    assert (settings.profile, settings.baseline) == ("../mine.toml", Path("../known/b.json"))
    write(place / "lagtool.toml", b'profile = "lag-part1"\nbaseline = "/b.json"\n')
    settings = read_file(Path("lagtool.toml"))
    assert (settings.profile, settings.baseline) == ("lag-part1", Path("/b.json"))


REFUSED = [
    ('fial-on = "note"', ":1: fial-on: unknown key; did you mean fail-on?"),
    ("colour = 1", ":1: colour: unknown key; choose profile, select, ignore, severities, thresholds, fail-on, "),
    ('skip = ["LAG502"]', ":1: skip: unknown key; choose"),
    ('\nfail-on = "warn"', ":2: fail-on: choose error, warning or note, not 'warn'; did you mean warning?"),
    ('fail_on = "warn"', ":1: fail-on: choose error, warning or note, not 'warn'; did you mean warning?"),
    ('select = ["conts"]', ":1: select: no check, name or family is called 'conts'; did you mean counts?"),
    ("select = [3]", ":1: select: should be text, not 3"),
    ("select = 3", ":1: select: should be a list of words, not 3"),
    ("most = -1", ":1: most: input should be greater than or equal to 0, not -1"),
    ('profile = ""', ":1: profile: should not be empty"),
    ('profile = "lga"', ":1: profile: unknown profile 'lga'"),
    (
        '[severities]\nLAG31 = "err"',
        ":2: severities.LAG31: choose error, warning or note, not 'err'; did you mean error?",
    ),
    ('[severities]\nlag999 = "error"', ":1: severities: no check, name or family is called 'lag999'; did you mean LAG"),
    ('[severities]\nimages = "error"\nLAG3 = "note"', "images and LAG3 mean the same and get two severities"),
    ("severities = 1", ":1: severities: should be a table, not 1"),
    (
        "[thresholds]\nmap-low-maximum = 300",
        ":2: thresholds.map-low-maximum: input should be less than or equal to 255",
    ),
    ("[thresholds]\nmap-low-maximun = 3", ":2: thresholds.map-low-maximun: unknown key; did you mean map-low-maximum?"),
    (
        "[thresholds]\ncommon-share = nan",
        ":2: thresholds.common-share: input should be less than or equal to 1, not nan",
    ),
    (
        "[thresholds]\ncommon-share = 9\nmap-low-maximum = 0",
        ":2: thresholds.common-share: input should be less than or",
    ),
    ("thresholds = 1", ":1: thresholds: should be a table, not 1"),
    ('[ignore]\nLAG502 = ""', ":2: ignore.LAG502.reason: an empty reason: say why this is accepted"),
    ('[ignore]\nLAG502 = "\\t "', ":2: ignore.LAG502.reason: an empty reason: say why this is accepted"),
    ("[ignore]\nLAG502 = true", "ignore: LAG502: say why: a reason, or a table with a reason"),
    (
        '[ignore]\nmap-cuont = "why"',
        ":2: ignore.map-cuont: no check, name or family is called 'map-cuont'; did you mean map-",
    ),
    ('[ignore]\nLAG502 = { check = "LAG501", reason = "why" }', "'check' is said already by the key"),
    ('ignore = ["LAG502"]', ':1: ignore: ignoring takes a reason: write a table, LAG502 = "why"'),
    ('ignore = "LAG502"', ":1: ignore: should be a table of reasons by check, or an array of rules"),
    ('[[ignore]]\nreason = "x"', ":1: ignore.rule 1: 'check' is missing"),
    ('[[ignore]]\ncheck = "LAG502"\npath = "x"', ":1: ignore.rule 1: 'reason' is missing"),
    ('[[ignore]]\ncheck = []\nreason = "x"', ":2: ignore.rule 1.check: should not be empty"),
    ('[[ignore.LAG307]]\npaht = "x"\nreason = "x"', ":2: ignore.LAG307.paht: unknown key; did you mean path?"),
    ('[[ignore.LAG307]]\npath = []\nreason = "x"', ":2: ignore.LAG307.path: should not be empty"),
    ('[[ignore.LAG307]]\nsample = "!"\nreason = "x"', ":2: ignore.LAG307.sample: '!' is no pattern that can match"),
    ('[[ignore.LAG307]]\nreason = "x"\n[[ignore.LAG307]]\npath = "#x"\nreason = "y"', "'#x' is no pattern that can"),
    ('[tool.lagtool]\nprofile = "lag"', ":1: tool: here the keys stand at the top, without [tool.lagtool]"),
    ('fail-on = "x"\nmost = -1', ":1: fail-on: choose error, warning or note, not 'x' (and 1 more error)"),
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED, ids=[text for text, _ in REFUSED])
def test_what_is_not_understood_is_refused_with_place_and_nearest(text: str, sentence: str, tmp_path: Path) -> None:
    path = write(tmp_path / "lagtool.toml", text.encode())
    with pytest.raises(LagtoolError) as refused:
        read_file(path)
    message = str(refused.value)
    assert message.startswith(str(path))
    assert sentence in message
    assert "\n" not in message


def test_in_a_pyproject_the_key_is_named_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "pyproject.toml", b'[project]\nname = "x"\n[tool.lagtool]\nfial-on = "note"\n')
    with pytest.raises(
        LagtoolError, match=r"pyproject\.toml:4: tool\.lagtool\.fial-on: unknown key; did you mean fail-on"
    ):
        read_file(path)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    for name, data, why in (
        ("a.toml", b"a = ", "is not valid TOML: Invalid value"),
        ("b.toml", b"\xff", "is not valid TOML: "),
        ("c.toml", b"a" + b"=[" * 100_000, "is not valid TOML: "),
        ("d.toml", b"most = " + b"1" * 5_000, "is not valid TOML: Exceeds the limit"),
        ("e.toml", b"a = " + b"[" * 100_000, "is not valid TOML: "),
        ("d.toml", b"#" * (1 << 20) + b"\n", "is 1,048,577 bytes long, more than"),
        ("pyproject.toml", b"[tool.lagtools]\n", "has no table [tool.lagtool]: add one, or name another file"),
    ):
        with pytest.raises(LagtoolError) as refused:
            read_file(write(tmp_path / name, data))
        assert why in str(refused.value)
        assert name in str(refused.value)
    with pytest.raises(LagtoolError, match=r"configuration .* cannot be read: No such file"):
        read_file(tmp_path / "none.toml")
    with pytest.raises(LagtoolError, match=r"configuration .* is a folder"):
        read_file(tmp_path)


TEXT = """# most = 1
[thresholds]
map_low_maximum = 1   # most
[severities]
"LAG307" = "note"
[ignore]
LAG307 = "why"
[[ignore.images]]
path = "a"
reason = "x"
[[ignore.images]]
path = "b"
reason = "y"
"""


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        (["thresholds", "map-low-maximum"], 3),
        (["severities", "LAG307"], None),  # it stands further down, too: not sure
        (["ignore", "LAG307"], 7),
        (["ignore", "LAG307", "check"], 7),
        (["ignore", "images", "path"], None),
        (["most"], None),
        (["severities"], 4),
    ],
)
def test_a_line_is_named_only_where_it_is_sure(steps: list[str], line: int | None) -> None:
    assert find_line(TEXT, steps) == line


@pytest.mark.skipif(os.name == "nt", reason="there are no such files there")
@pytest.mark.parametrize("kind", ["dangling link", "loop", "folder", "pipe"])
def test_what_has_our_name_and_cannot_be_read_is_refused(
    kind: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = place.parent / "lagtool.toml"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("nowhere" if kind == "dangling link" else path.name)
    assert run(["stats", "LAG"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("lagtool: configuration ../lagtool.toml ")
    assert line.endswith(": mend it, or use --no-config")


def test_a_link_to_a_file_is_that_file(place: Path) -> None:
    write(place / "shared.toml", b'fail_on = "note"')
    (place / "lagtool.toml").symlink_to("shared.toml")
    assert _find() == "lagtool.toml"
    assert read_file(Path("lagtool.toml")).fail_on is Severity.NOTE
