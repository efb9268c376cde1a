"""A small manifest that has one of everything that statistics must bear."""

from lagtool.manifest.value import Manifest
from tests.factories import make_manifest, row


def small_manifest() -> Manifest:
    """Return five samples: a flawless one, one cut short, one without image, one without label, one without map."""
    positive = "suspicious_glaucoma"
    return make_manifest(
        [
            row("0001", image_bytes=30_000, map_bytes=800, map_mean=12.5, split="train", fold=0),
            row("0002", image_bytes=20_001, image_state="truncated", label_raw="0\\r\\n", split="train", fold=1),
            row("0003", image=False, label_raw=None, label_state="empty", label_bytes=0, map_max=250, split="val"),
            row("0005", positive, label=False, image_width=640, image_height=480, image_mode="L", split="test", fold=0),
            row(
                "0007",
                positive,
                map=False,
                image_width=None,
                image_height=None,
                image_mode=None,
                image_format="PNG",
                image_state="wrong-format",
                label_raw="=1|<b>@all",
                label_value=None,
                label_state="invalid",
            ),
        ],
    )
