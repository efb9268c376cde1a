"""The columns of a manifest, each with its meaning; docs/manifest.md is made from these tables."""

from dataclasses import dataclass
from typing import Literal

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, kind (``text``, ``int``, ``float``, ``bool``) and meaning.

    An ``optional`` column is there only after the step that makes it.
    """

    name: str
    kind: Literal["text", "int", "float", "bool"]
    meaning: str
    optional: bool = False


def _file_columns(slot: str, what: str) -> tuple[Column, ...]:
    return (
        Column(f"{slot}_path", "text", f"Path of the {what}, POSIX, relative to the root; missing: there is none."),
        Column(f"{slot}_bytes", "int", f"Size of the {what} in bytes."),
        Column(f"{slot}_mtime_ns", "int", f"Time of last change of the {what}, nanoseconds since 1970-01-01 UTC."),
        Column(f"{slot}_ctime_ns", "int", f"Time of last change of the {what}'s inode, nanoseconds since 1970, UTC."),
        Column(f"{slot}_inode", "int", f"Inode number of the {what}; with size, times and device it tells a change."),
        Column(f"{slot}_device", "int", f"Number of the device that the {what} lies on."),
        Column(f"{slot}_sha256", "text", f"SHA-256 of the {what}'s bytes, 64 hexadecimal digits."),
    )


def _state_columns(slot: str, what: str) -> tuple[Column, ...]:
    return (
        Column(f"{slot}_state", "text", f"What came of looking into the {what}; see the vocabulary below."),
        Column(f"{slot}_message", "text", f"Why the state of the {what} is not `ok`."),
    )


def _picture_columns(slot: str, what: str) -> tuple[Column, ...]:
    return (
        *_file_columns(slot, what),
        Column(f"{slot}_width", "int", f"Width of the {what} in pixels, from its header."),
        Column(f"{slot}_height", "int", f"Height of the {what} in pixels, from its header."),
        Column(f"{slot}_mode", "text", f"Pixel mode of the {what}: `L` gray, `RGB` colour, `CMYK`, ..."),
        Column(f"{slot}_format", "text", f"Format of the {what} by its content, not its name: `JPEG`, `PNG`, ..."),
        *_state_columns(slot, what),
    )


SAMPLE_COLUMNS: tuple[Column, ...] = (
    Column("id", "text", "The sample's id: the number in its file names, padded with zeros; always text."),
    Column("class", "text", "Name of the class, as in the profile."),
    Column("label", "int", "Label of the class folder: 0 non-glaucoma, 1 suspicious glaucoma."),
    *_picture_columns("image", "image"),
    Column("image_trailer", "text", "What lies behind the end of the image, in words; missing: nothing."),
    *_file_columns("label", "label file"),
    Column(
        "label_raw",
        "text",
        "What the label file holds, escaped (`0\\r\\n`), at most 64 bytes of it; missing where the file is empty.",
    ),
    Column("label_value", "int", "The label that the file states; missing where it states none."),
    *_state_columns("label", "label file"),
    *_picture_columns("map", "attention map"),
    Column(
        "map_color",
        "bool",
        "Whether the attention map's channels differ by more than 16 gray levels anywhere (a colour overlay).",
    ),
    Column("map_min", "int", "Lowest gray level of the attention map, 0..255."),
    Column("map_max", "int", "Highest gray level of the attention map, 0..255."),
    Column("map_mean", "float", "Mean gray level of the attention map, 0..255."),
    Column("group", "text", "Samples with the same text must stay in one part of a split.", optional=True),
    Column("split", "text", "Name of the split part that the sample belongs to; missing: none.", optional=True),
    Column("fold", "int", "Number of the fold that holds the sample out, 0..K-1; missing: none.", optional=True),
)

STRAY_COLUMNS: tuple[Column, ...] = (
    Column("path", "text", "Path relative to the root, POSIX, made printable; for reading, not for opening."),
    Column("kind", "text", "`file`, `folder`, `link` or `other`."),
    Column("reason", "text", "Why it has no place in a sample; see the vocabulary below."),
    Column("detail", "text", "What more there is to say: the link's target, the error, the file it competes with."),
    Column("files", "int", "Number of files: 1 for a file, those below it for a folder."),
    Column("bytes", "int", "Size in bytes: of the file, or of all files below the folder."),
)

STRAY_REASONS: dict[str, str] = {
    "junk": "Left behind by an operating system or a viewer (Thumbs.db, .DS_Store, desktop.ini, ._*).",
    "copy-name": "The name of a copy: ` - Copy`, `(2)`, `copy of`.",
    "name": "The name is off the profile's pattern.",
    "suffix": "The name fits but for its suffix.",
    "extra-file": "A file beside the folders of the layout, such as a README.",
    "second-file": "Another file fills the same slot of the same sample.",
    "folder": "A folder that the layout does not know.",
    "copy-of-tree": "A folder that holds class folders again: the files would be counted twice.",
    "link": "A symbolic link in the place of a folder; links are not followed.",
    "special": "A device, named pipe or socket.",
    "unreadable": "A folder or file that could not be looked into.",
    "missing-folder": "A folder of the layout that is not there.",
    "folder-case": "A class or slot folder whose name differs from the profile's in upper and lower case.",
}
