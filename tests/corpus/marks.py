"""Curation files that mean nothing, or mean harm."""

from collections.abc import Iterator

from tests.corpus.case import NO_FILES, Case, build, put

_HEAD = "class,id,action,value,note,image_sha256\n"
_ROW = "non_glaucoma,0001,{},{},{},\n"
_EVIL = "\x1b[31m\u202e"
_WRONG: dict[str, str | bytes] = {
    "empty": "",
    "blanks": "  \n\n",
    "no headings": "non_glaucoma,0001,exclude,,,\n",
    "other headings": "a,b,c\n1,2,3\n",
    "a heading twice": "class,id,id,action\n",
    "headings with escapes": f"class,id,{_EVIL}\nnon_glaucoma,0001,x\n",
    "an unknown action": _HEAD + _ROW.format("delete", "", ""),
    "an action with escapes": _HEAD + _ROW.format(_EVIL, "", ""),
    "no action": _HEAD + _ROW.format("", "", ""),
    "no id": _HEAD + "non_glaucoma,,exclude,,,\n",
    "no class": _HEAD + ",0001,exclude,,,\n",
    "a class with escapes": _HEAD + f"{_EVIL},0001,exclude,,,\n",
    "an unknown class": _HEAD + _ROW.format("relabel", "other", ""),
    "a relabel without a class": _HEAD + _ROW.format("relabel", "", ""),
    "two classes for one sample": _HEAD
    + _ROW.format("relabel", "non_glaucoma", "")
    + _ROW.format("relabel", "suspicious_glaucoma", ""),
    "an exclude with a value": _HEAD + _ROW.format("exclude", "x", ""),
    "a group without a name": _HEAD + _ROW.format("keep-together", "", ""),
    "a code that is none": _HEAD + _ROW.format("accept", "LAG", ""),
    "a note of 10,000 characters": _HEAD + _ROW.format("exclude", "", "x" * 10_000),
    "an id of 10,000 characters": _HEAD + f"non_glaucoma,{'1' * 10_000},exclude,,,\n",
    "a cell of 10 MB": _HEAD + _ROW.format("exclude", "", "x" * 10_000_000),
    "a cell too many": _HEAD + "non_glaucoma,0001,exclude,,note,,extra\n",
    "an open quote": _HEAD + '"non_glaucoma,0001,exclude,,,\n',
    "a quote in the middle": _HEAD + '"non"_glaucoma,0001,exclude,,,\n',
    "no UTF-8": _HEAD.encode() + b"non_glaucoma,0001,exclude,,caf\xe9,\n",
    "UTF-16, cut in a character": _HEAD.encode("utf-16")[:-1],
    "zero bytes": _HEAD.encode() + bytes(100),
    "a picture": b"\xff\xd8\xff\xe0" + bytes(100),
    "a sha256 with escapes": _HEAD + f"non_glaucoma,0001,exclude,,,{_EVIL}\n",
}
_SOUND: dict[str, str | bytes] = {
    "a byte order mark": "\ufeff" + _HEAD + _ROW.format("accept", "", "why"),
    "semicolons": (_HEAD + _ROW.format("accept", "", "why")).replace(",", ";"),
    "tabs": (_HEAD + _ROW.format("accept", "", "why")).replace(",", "\t"),
    "line ends of Windows": (_HEAD + _ROW.format("accept", "", "why")).replace("\n", "\r\n"),
    "a line sep=": "sep=,\n" + _HEAD + _ROW.format("accept", "", "why"),
    "a note with escapes": _HEAD + _ROW.format("accept", "", _EVIL),
    "a note with a formula": _HEAD + _ROW.format("accept", "", "'=1+1"),
    "a note of several lines": _HEAD + _ROW.format("accept", "", '"a\nb"'),
    "columns with escapes": _HEAD.replace("\n", f",{_EVIL}\n") + _ROW.format("accept", "", "why"),
    "a spreadsheet's id": _HEAD + "non_glaucoma,1,accept,,,\n",
}


def cases() -> Iterator[Case]:
    """Yield all of them."""
    command = ("validate", "m.parquet", "--no-config", "--ignore", "counts", "--curation", "x.csv")
    for name, text in _WRONG.items():
        yield Case("marks", name, put("x.csv", _encode(text)), command, 2, names="x.csv")
    for name, text in _SOUND.items():
        yield Case("marks", f"sound: {name}", put("x.csv", _encode(text)), command, 0)
    for name, way in NO_FILES.items():
        make = build("x.csv", way)
        yield Case("marks", f"the file is {name}", make, command, 2, names="x.csv")
        add = ("curate", "add", "x.csv", "--class", "non_glaucoma", "--id", "0001", "--action", "exclude")
        if name != "nothing":
            yield Case("marks", f"added to {name}", make, add, 2, names="x.csv")
    unknown = _HEAD + "non_glaucoma,9999,exclude,,,\n" + _ROW.format("exclude", "", "").replace(",\n", f",{'0' * 64}\n")
    yield Case("marks", "of samples that are not there, and stale", put("x.csv", unknown.encode()), command, 1)


def _encode(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
