"""Configurations and profiles that mean nothing, or mean harm."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.corpus.case import NO_FILES, Case, build, link, put

_EVIL = "\x1b[31m\u202e"
_DEEP = "a = " + "[" * 2000 + "]" * 2000
_BYTES: dict[str, bytes] = {
    "no TOML": b"= = =",
    "an open string": b'profile = "lag',
    "an open table": b"[ignore",
    "a key twice": b'profile = "lag"\nprofile = "lag"',
    "zero bytes": b"\0\0\0",
    "no UTF-8": b"\xff\xfe\xfd",
    "UTF-16": "profile = 'lag'".encode("utf-16"),
    "escapes": _EVIL.encode(),
    "a number of 10,000 digits": b"most = " + b"1" * 10_000,
    "lists 2,000 deep": _DEEP.encode(),
    "tables 5,000 deep": b"[" + b".".join([b"a"] * 5000) + b"]",
    "inline tables 2,000 deep": b"a = " + b"{a = " * 2000 + b"1" + b"}" * 2000,
    "10 MB": b"#" * 10_000_000,
    "5,000 keys": b"\n".join(b"k%d = 1" % number for number in range(5_000)),
}
_CONFIGS: dict[str, str] = {
    "an unknown key": "evil = 1",
    "an unknown key with escapes": f'"{_EVIL.encode("unicode_escape").decode()}" = 1'.replace("\\x1b", "\\u001b"),
    "a key misspelt": "fial-on = 'error'",
    "a number for a word": "profile = 1",
    "a list for a word": "profile = ['lag']",
    "a word for a number": "most = 'many'",
    "a number below zero": "most = -1",
    "not a number": "[thresholds]\nmap-low-maximum = nan",
    "an endless number": "[thresholds]\nmap-low-maximum = inf",
    "an unknown profile": "profile = 'lga'",
    "a profile that is not there": "profile = 'nowhere.toml'",
    "a profile that is itself": "profile = 'x.toml'",
    "a profile of a pipe": "profile = 'pipe.toml'",
    "an unknown check": "select = ['LAG999']",
    "an unknown severity": "[severities]\nLAG301 = 'fatal'",
    "an unknown threshold": "[thresholds]\nevil = 1",
    "an empty reason": "[ignore]\nLAG301 = ''",
    "a reason that is a number": "[ignore]\nLAG301 = 1",
    "a rule without a check": "[[ignore]]\nreason = 'x'",
    "a pattern that is none": "[[ignore.LAG301]]\npath = '!'\nreason = 'x'",
    "a table for a list": "[select]\na = 1",
    "a date": "profile = 2024-01-01",
    "a baseline that is not there": "baseline = 'nowhere.json'",
    "a baseline that is a folder": "baseline = 'LAG'",
    "a curation that is not there": "curation = 'nowhere.csv'",
    "our table in the wrong file": "[tool.lagtool]\nprofile = 'lag'",
    "code": 'profile = \'__import__("os").system("touch HACKED")\'',
}
_PROFILES: dict[str, str] = {
    "empty": "",
    "nothing but a name": "name = 'x'",
    "an unknown key": "extends = 'lag'\nname = 'x'\nevil = 1",
    "an unknown parent": "extends = 'evil.toml'\nname = 'x'",
    "a parent that is a list": "extends = ['lag']\nname = 'x'",
    "a name that steps out": "extends = 'lag'\nname = '../x'",
    "a title with escapes": 'extends = "lag"\nname = "x"\ntitle = "\\u001b[31m"',
    "a folder that steps out": "extends = 'lag'\nname = 'x'\n[slots.image]\nfolder = '../../etc'",
    "an absolute folder": "extends = 'lag'\nname = 'x'\n[slots.image]\nfolder = '/etc'",
    "a pattern": "extends = 'lag'\nname = 'x'\n[slots.image]\npattern = '(?P<number>([0-9]+)+)x'",
    "a pattern for a template": "extends = 'lag'\nname = 'x'\n[slots.image]\nfiles = '(?P<number>([0-9]+)+).jpg'",
    "a template of nothing but fields": f"extends = 'lag'\nname = 'x'\n[slots.image]\nfiles = '{'{name}' * 20}.jpg'",
    "a template that does not end": "extends = 'lag'\nname = 'x'\n[slots.image]\nfiles = '{number.jpg'",
    "a template without a number": "extends = 'lag'\nname = 'x'\n[slots.image]\nfiles = 'x.jpg'",
    "a template of 10,000 characters": f"extends = 'lag'\nname = 'x'\n[slots.image]\nfiles = '{'a' * 10_000}.jpg'",
    "a template of 4 billion digits": "extends = 'lag'\nname = 'x'\n[slots.image]\nfiles = '{number:04294967295}.jpg'",
    "a template that steps out": "extends = 'lag'\nname = 'x'\n[slots.image]\nfiles = '../{number}.jpg'",
    "a template of formatting": "extends = 'lag'\nname = 'x'\n[slots.image]\nfiles = '{name.__class__}.jpg'",
    "10,000 templates": "extends = 'lag'\nname = 'x'\n[slots.image]\nfiles = [" + "'{number}.jpg', " * 10_000 + "]",
    "an unknown slot": "extends = 'lag'\nname = 'x'\n[slots.evil]\nfolder = 'x'",
    "an unknown format": "extends = 'lag'\nname = 'x'\n[slots.image]\nformat = 'EPS'",
    "a width below zero": "extends = 'lag'\nname = 'x'\n[slots.image]\nwidth = -1",
    "a width of 10**30": f"extends = 'lag'\nname = 'x'\n[slots.image]\nwidth = {10**18}",
    "classes that are a word": "extends = 'lag'\nname = 'x'\nclasses = 'a'",
    "no classes": "extends = 'lag'\nname = 'x'\nclasses = []",
    "two classes of one name": (
        "extends = 'lag'\nname = 'x'\n[[classes]]\nname = 'a'\nlabel = 0\n[[classes]]\nname = 'a'\nlabel = 1"
    ),
    "a class with markup": "extends = 'lag'\nname = 'x'\n[[classes]]\nname = '<b>'\nlabel = 0",
    "a class that is a device": "extends = 'lag'\nname = 'x'\n[[classes]]\nname = '..'\nlabel = 0",
    "a suffix with a slash": "extends = 'lag'\nname = 'x'\n[slots.image]\nfiles = '{number}.j/g'",
    "a fingerprint that is none": "extends = 'lag'\nname = 'x'\nids_sha256 = 'x'",
}


def _validate(option: str, path: str) -> tuple[str, ...]:
    return ("validate", "m.parquet", "--quiet", option, path, *(("--no-config",) if option == "--profile" else ()))


def _prepared(text: str) -> Callable[[Path], object]:
    def make(place: Path) -> None:
        (place / "x.toml").write_text(text, encoding="utf-8")
        os.mkfifo(place / "pipe.toml")

    return make


def cases() -> Iterator[Case]:
    """Yield all of them."""
    kinds = NO_FILES | {"a link to nothing": link("nowhere"), "a link to itself": link("x.toml")}
    for option in ("--config", "--profile"):
        what = option.strip("-")
        for name, data in _BYTES.items():
            yield Case(
                "settings", f"{what}: {name}", put("x.toml", data), _validate(option, "x.toml"), 2, names="x.toml"
            )
        for name, way in kinds.items():
            make = build("x.toml", way)
            yield Case("settings", f"{what} is {name}", make, _validate(option, "x.toml"), 2, names="x.toml")
    for name, text in _CONFIGS.items():
        named = "nowhere" if "not there" in name and "profile" not in name else "LAG" if "folder" in name else "x.toml"
        yield Case("settings", f"config: {name}", _prepared(text), _validate("--config", "x.toml"), 2, names=named)
    for name, text in _PROFILES.items():
        yield Case("settings", f"profile: {name}", _prepared(text), _validate("--profile", "x.toml"), 2, names="x.toml")
    for name, value in (
        ("a number of 10,000 digits", "most=" + "1" * 10_000),
        ("lists 2,000 deep", _DEEP.replace("a = ", "most=")),
        ("no value", "most"),
        ("no key", "=1"),
        ("an empty step", "thresholds..x=1"),
        ("escapes", f"{_EVIL}=1"),
    ):
        command = ("validate", "m.parquet", "--quiet", "--no-config", "--set", value)
        yield Case("settings", f"--set: {name}", lambda _: None, command, 2, says="--set")
    reason = _prepared('[ignore]\ncounts = "\\u001b[31m \\u202e"')
    yield Case(
        "settings", "config: a reason with escapes", reason, _validate("--config", "x.toml"), 0, says=r"\\x1b\[31m"
    )
    found = ("validate", "m.parquet", "--quiet")
    yield Case("settings", "a pyproject.toml of others that is broken", put("pyproject.toml", b"= ="), found, 1)
    yield Case("settings", "a lagtool.toml that is broken", put("lagtool.toml", b"= ="), found, 2, names="lagtool.toml")
    pipe = build("lagtool.toml", os.mkfifo)
    yield Case("settings", "a lagtool.toml that is a named pipe", pipe, found, 2, names="lagtool.toml")
