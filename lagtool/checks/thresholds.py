"""Thresholds: the numbers that checks compare with, each of which a configuration may change."""

from pydantic import BaseModel, ConfigDict, Field

from lagtool.manifest.schema import TRUSTED_DISC


class Thresholds(BaseModel):
    """What the checks compare with; the field's description is its documentation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    common_share: float = Field(
        default=0.95,
        gt=0.5,
        le=1,
        description="From this share on, what pictures have in common (another size or mode, gray, metadata) counts as "
        "done on purpose to all: it is said once.",
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
    gray_saturation: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Most mean saturation of an image without colour. Equal channels have 0; the palest drawn fundus "
        "has 0.09, 28 real ones 0.6 and more.",
    )
    blank_contrast: float = Field(
        default=1.0,
        ge=0,
        le=127.5,
        description="Most spread (standard deviation, gray levels) of luma and of each channel in a blank image.",
    )
    nearly_blank_contrast: float = Field(
        default=5.0,
        ge=0,
        le=127.5,
        description="Most spread of the luma in a nearly blank image. The least of 11,760 drawn photographs, half-dark "
        "ones among them, is 12.",
    )
    nearly_blank_field: float = Field(
        default=0.05, ge=0, le=1, description="Most share of the picture that the field of a nearly blank image covers."
    )
    odd_deviations: float = Field(
        default=5.0,
        gt=0,
        description="Robust deviations from the median of its class beyond which an image is odd in one respect.",
    )
    odd_least: int = Field(
        default=10, ge=3, description="Images that a class must have for an odd one out to be told from the others."
    )
    no_fundus_sharpness: float = Field(
        default=1500.0,
        gt=0,
        description="Least sharpness of an image that can hardly be a fundus. 28 real ones have up to 380, "
        "photographs of a flower, a street and a person 2,600 to 5,300.",
    )
    no_fundus_times: float = Field(
        default=5.0, ge=1, description="How many times as sharp as the median of all images such an image is, at least."
    )
    map_outside_margin: float = Field(
        default=0.1,
        ge=0,
        description="How far beyond the rim of the field of view, in radii, a map's centre of mass is left alone.",
    )
    mask_outside_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Share of a region's edge in a mask (a cup's) that may meet another than the region around it (the "
        "disc): up to it both edges are taken to touch.",
    )
    disc_score: float = Field(
        default=TRUSTED_DISC,
        ge=0,
        le=1,
        description="Least score of an optic disc that is trusted to judge a map; see docs/disc.md for error rates.",
    )
    disc_separation: float = Field(
        default=0.28,
        gt=0,
        le=1.5,
        description="Least distance, in sides of the picture, between the disc and where it would be if the map were "
        "mirrored or turned; nearer than that, nothing can be said.",
    )
    disc_nearness: float = Field(
        default=0.15,
        gt=0,
        le=1,
        description="Most distance, in sides, between the map's centre of mass and where the disc would be.",
    )
    large_group: int = Field(
        default=10,
        ge=2,
        description="Most images in a group of similar ones that is left alone: no eye has so many photographs in LAG, "
        "so that one wrong pair may join what does not belong together.",
    )
    map_share_difference: float = Field(
        default=0.1,
        gt=0,
        le=1,
        description="Most difference between the classes in their share of images with a map (beyond chance).",
    )
    part_share_difference: float = Field(
        default=0.05,
        gt=0,
        le=1,
        description="Most difference between a part of a split and the whole in the share of a class or of maps "
        "(beyond chance).",
    )
    part_mean_difference: float = Field(
        default=0.25,
        gt=0,
        description="Most standardised difference of a part's mean brightness, contrast, sharpness, JPEG quality or "
        "file size from the whole split's (beyond chance).",
    )
    part_distribution_difference: float = Field(
        default=0.1,
        gt=0,
        le=1,
        description="Most Kolmogorov-Smirnov statistic of the same figures, a part against the whole split (beyond "
        "chance).",
    )
