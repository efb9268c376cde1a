"""The columns of a manifest, each with its meaning; docs/manifest.md is made from these tables."""

from dataclasses import dataclass
from typing import Literal

from lagtool.model import UnmatchedReason

FORMAT_VERSION = 4

TRUSTED_DISC = 0.4
"""From this `image_disc_score` on a disc is trusted by default to judge a map; see docs/disc.md for error rates."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, kind (``text``, ``int``, ``float``, ``bool``) and meaning.

    An ``optional`` column is there only after the step that makes it, a command or option.
    """

    name: str
    kind: Literal["text", "int", "float", "bool"]
    meaning: str
    optional: bool = False
    step: str = "lagtool split"


def _file_columns(slot: str, what: str) -> tuple[Column, ...]:
    return (
        Column(f"{slot}_path", "text", f"Path of the {what}, POSIX, relative to the root; missing: there is none."),
        Column(f"{slot}_bytes", "int", f"Size of the {what} in bytes."),
        Column(f"{slot}_mtime_ns", "int", f"Time of last change of the {what}, nanoseconds since 1970-01-01 UTC."),
        Column(
            f"{slot}_ctime_ns",
            "int",
            f"Time of last change of the {what}'s inode (or TAR), nanoseconds since 1970, UTC.",
        ),
        Column(
            f"{slot}_inode",
            "int",
            f"Inode number of the {what} (archive, URL: a number made of checksum or ETag); tells a change.",
        ),
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


_SMALL = "of the image reduced to about 125 pixels by area averaging"

IMAGE_FACTS: tuple[Column, ...] = (
    Column("image_quality", "int", "JPEG quality setting, 1..100, by the luminance table (IJG scale, nearest)."),
    Column(
        "image_tables",
        "text",
        "Fingerprint of the JPEG's quantisation tables: the first 16 hexadecimal digits of the SHA-256 of all of them, "
        "in order. Files of one encoder and setting have the same.",
    ),
    Column("image_subsampling", "text", "Chroma subsampling: `4:4:4`, `4:2:2`, `4:2:0`, ..., or `gray`."),
    Column("image_exif", "bool", "Whether there is an Exif block."),
    Column("image_gps", "bool", "Whether the Exif block holds GPS coordinates."),
    Column("image_icc", "bool", "Whether there is an ICC colour profile."),
    Column("image_xmp", "bool", "Whether there is an XMP packet."),
    Column(
        "image_orientation",
        "int",
        "Orientation by the Exif block, or else the XMP packet: 1..8 (1: upright); missing: not stated.",
    ),
    Column(
        "image_pixels_sha256",
        "text",
        "SHA-256 of `WxHxC:` and the decoded pixels at a quarter of the size (row by row, R G B): the same for copies "
        "of a JPEG whose files differ in metadata or lossless coding only.",
    ),
    *(
        Column(f"image_{name}_mean", "float", f"Mean of the {name} channel, 0..255, {_SMALL}.")
        for name in ("red", "green", "blue")
    ),
    *(
        Column(f"image_{name}_std", "float", f"Standard deviation of the {name} channel, 0..127.5, {_SMALL}.")
        for name in ("red", "green", "blue")
    ),
    Column("image_brightness", "float", f"Mean luma (0.299 R + 0.587 G + 0.114 B), 0..255, {_SMALL}."),
    Column("image_contrast", "float", f"Standard deviation of the luma, 0..127.5, {_SMALL}."),
    Column("image_saturation", "float", f"Mean of (max - min) / max over the channels, 0..1, {_SMALL}."),
    Column(
        "image_sharpness",
        "float",
        "Variance of the Laplacian (4-neighbour) of the luma in the central half by half, at a quarter of the size.",
    ),
    Column("image_entropy", "float", f"Entropy of the luma histogram (256 bins), 0..8 bits, {_SMALL}."),
    Column("image_underexposed", "float", f"Share of pixels with luma below 10, 0..1, {_SMALL}."),
    Column("image_overexposed", "float", f"Share of pixels with luma above 250, 0..1, {_SMALL}."),
    Column("image_field_left", "float", "Left edge of the field of view (frame, paper and writing are outside), 0..1."),
    Column("image_field_top", "float", "Upper edge of the field of view, 0..1 from above."),
    Column("image_field_right", "float", "Right edge of the field of view, 0..1."),
    Column("image_field_bottom", "float", "Lower edge of the field of view, 0..1 from above."),
    Column("image_field_share", "float", "Share of the picture inside the field of view, 0..1."),
    Column("image_field_cut", "text", "Sides that cut the field (5 % of that border in it): `left,top`, or `none`."),
    Column(
        "image_phash", "text", "Perceptual hash: 256 low frequencies (DCT) of the field of view, for Hamming distances."
    ),
    Column("image_phash_mirror", "text", "The same hash of the image mirrored left to right."),
    Column("image_phash64", "text", "A 64-bit one, a prefilter only: 150 in a million different pairs lie within 4."),
    Column(
        "image_disc_x",
        "float",
        "Probable centre of the optic disc, 0..1 from the left; missing: none stands out, "
        "or there is no map to compare it with.",
    ),
    Column("image_disc_y", "float", "Probable centre of the optic disc, 0..1 from above."),
    Column("image_disc_score", "float", "How much that place stands out, 0..1; see docs/disc.md for what it is worth."),
)

MAP_FACTS: tuple[Column, ...] = (
    Column("map_color", "bool", "Whether the map's channels differ by more than 16 levels anywhere (an overlay)."),
    Column("map_min", "int", "Lowest gray level of the attention map, 0..255."),
    Column("map_max", "int", "Highest gray level of the attention map, 0..255."),
    Column("map_mean", "float", "Mean gray level of the attention map, 0..255."),
    Column("map_mass", "float", "Mean of the map scaled to 0..1."),
    Column("map_peak_x", "float", "Centre of the brightest pixel (the first of several), 0..1 from the left."),
    Column("map_peak_y", "float", "Centre of the brightest pixel, 0..1 from above."),
    Column("map_centroid_x", "float", "Centre of mass, 0..1 from the left; missing: the map is black."),
    Column("map_centroid_y", "float", "Centre of mass, 0..1 from above."),
    Column("map_spread", "float", "Root of the mean squared distance from the centre of mass, in sides of the map."),
    Column("map_entropy", "float", "Entropy of the map as a distribution over its pixels, 0..log2(pixels) bits."),
    Column("map_zero_share", "float", "Share of pixels that are 0, 0..1."),
    Column(
        "map_grid",
        "text",
        "The map averaged over 16 x 16 cells of equal area: gray levels 0..255, two hexadecimal digits each, row by "
        "row from above, 512 in all.",
    ),
    Column("map_levels", "int", "Number of different gray levels, 1..256."),
    Column(
        "map_areas",
        "text",
        "Pixels of each gray level, as `0:1200 128:5300 255:90000`; missing: more than 16 levels, no mask.",
    ),
    Column(
        "map_borders",
        "text",
        "How many pixels of two levels lie side by side or one above the other, as `0-128:310 128-255:820`; missing: "
        "one level, or more than 16.",
    ),
)

SAMPLE_COLUMNS: tuple[Column, ...] = (
    Column("id", "text", "The sample's id: the number in its file names, padded with zeros; always text."),
    Column("class", "text", "Name of the class, as in the profile."),
    Column("label", "int", "Label of the class, as in the profile; LAG: 0 non-glaucoma, 1 suspicious glaucoma."),
    *_picture_columns("image", "image"),
    Column("image_trailer", "text", "What lies behind the end of the image, in words; missing: nothing."),
    *IMAGE_FACTS,
    *_file_columns("label", "label file"),
    Column(
        "label_raw",
        "text",
        "What the label file holds, escaped (`0\\r\\n`), at most 64 bytes of it; missing where the file is empty.",
    ),
    Column("label_value", "int", "The label that the file states; missing where it states none."),
    *_state_columns("label", "label file"),
    *_picture_columns("map", "attention map"),
    *MAP_FACTS,
    Column(
        "group",
        "text",
        "Samples with the same text must stay in one part of a split.",
        optional=True,
        step="lagtool split, or where a table of labels tells it",
    ),
    Column(
        "split",
        "text",
        "Name of the split part that the sample belongs to; missing: none.",
        optional=True,
        step="lagtool split, or where folders or a table of labels tell it",
    ),
    Column("fold", "int", "Number of the fold that holds the sample out, 0..K-1; missing: none.", optional=True),
    Column(
        "curation",
        "text",
        "Marks that hold, with commas between: `exclude`, `relabel`, `keep-together`, `accept`, and `same`, `not-same` "
        "of both samples of a pair; missing: none.",
        optional=True,
        step="--curation",
    ),
    Column(
        "curated_class",
        "text",
        "Class that a mark puts the sample into; missing: that of its folder, which stays in `class` and `label`.",
        optional=True,
        step="--curation",
    ),
)

UNMATCHED_COLUMNS: tuple[Column, ...] = (
    Column("path", "text", "Path relative to the root, POSIX, made printable; for reading, not for opening."),
    Column(
        "kind", "text", "`file`, `folder`, `link`, `link-outside` (a link that leads out of the dataset) or `other`."
    ),
    Column("reason", "text", "Why it has no place in a sample; see the vocabulary below."),
    Column("detail", "text", "What more there is to say: the link's target, the error, the file it competes with."),
    Column("files", "int", "Number of files: 1 for a file, those below it for a folder."),
    Column("bytes", "int", "Size in bytes: of the file, or of all files below the folder."),
)

PAIR_COLUMNS: tuple[Column, ...] = (
    Column("a", "text", "One sample, `class/id`: the earlier of the two in the manifest."),
    Column("b", "text", "The other, `class/id`."),
    Column("relation", "text", "How the two pictures are alike; see docs/likeness.md."),
    Column("score", "float", "The evidence, 0..1; 1: exact."),
    Column("method", "text", "What established it, and the version of that method."),
    Column("detail", "text", "How one picture lies on the other, in words; missing: nothing to say."),
)

UNMATCHED_REASONS: dict[UnmatchedReason, str] = {
    "junk": "Left behind by an operating system or a viewer (Thumbs.db, .DS_Store, desktop.ini, ._*).",
    "copy-name": "The name of a copy: ` - Copy`, `(2)`, `copy of`.",
    "name": "The name fits no template of the profile, or is one that nothing in an archive may have.",
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
    "unlabeled": "A file of a sample that no row of the table of labels names, so that its class is not known.",
    "unused-row": "A row of the table of labels that names no sample, or says nothing that can be used.",
}
