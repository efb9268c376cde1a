"""Thresholds: the numbers that checks compare with, each of which a configuration may change."""

from pydantic import BaseModel, ConfigDict, Field


class Thresholds(BaseModel):
    """What the checks compare with; the field's description is its documentation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    common_share: float = Field(
        default=0.95,
        gt=0.5,
        le=1,
        description="From this share on, pictures of one other size count as resized on purpose, all alike.",
    )
    missing_map_share: float = Field(
        default=0.9,
        gt=0,
        le=1,
        description="A missing map is a defect only in a class where at least this share of the images has one.",
    )
    map_low_maximum: int = Field(
        default=250,
        ge=1,
        le=255,
        description="Lowest maximum of a map that is left alone: the maps of LAG are scaled to the full range, and "
        "28 real ones have maxima of 253 to 255.",
    )
    map_constant_range: int = Field(
        default=2, ge=0, le=255, description="A map whose gray levels stay within this range is constant (JPEG noise)."
    )
