"""The table of all checks. The function's docstring is the check's explanation, wherever it is shown."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lagtool.checks import (
    attention,
    counts,
    curation,
    drift,
    duplicates,
    images,
    labels,
    listed,
    masks,
    oddity,
    pairing,
    splits,
    tree,
)
from lagtool.checks.evidence import Evidence, Hits
from lagtool.errors import LagtoolError
from lagtool.model import Severity
from lagtool.text import nearest, show

ABOUT = {
    "tree": "Folders and files that the layout does not expect, or lacks",
    "pairing": "Image, label and attention map that do not belong together",
    "labels": "Label files",
    "images": "Images: damage, format, size, look and metadata",
    "attention": "Attention maps: damage, format, levels, and whether they belong to their images",
    "counts": "Numbers and fingerprints against those that are published or pinned",
    "duplicates": "Pictures that stand in the dataset more than once",
    "splits": "A split, whoever made it: coverage, leaks, and differences between its parts",
    "curation": "Curation marks: unknown, stale or alone",
}
"""What the checks of each family are about; in the order of their hundreds: LAG0xx is ``tree``, LAG1xx ``pairing``."""

FAMILIES = tuple(ABOUT)


@dataclass(frozen=True, slots=True)
class Check:
    """One row: code, severity, and the function that yields the hits."""

    code: str
    severity: Severity
    function: Callable[[Evidence], Hits]

    @property
    def name(self) -> str:
        """The name, which reads after "allow": ``orphan-map``."""
        return self.function.__name__.replace("_", "-")

    @property
    def family(self) -> str:
        """The family, from the code's hundreds."""
        return FAMILIES[int(self.code[3])]

    @property
    def explanation(self) -> str:
        """The docstring: what, why it matters, how to fix, an example."""
        return inspect.getdoc(self.function) or ""

    @property
    def summary(self) -> str:
        """The first line of the explanation."""
        return self.explanation.partition("\n")[0]


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

CHECKS: tuple[Check, ...] = (
    Check("LAG001", _E, tree.missing_folder),
    Check("LAG002", _E, tree.unreadable_folder),
    Check("LAG003", _E, tree.linked_folder),
    Check("LAG004", _W, tree.foreign_folder),
    Check("LAG005", _W, tree.copy_of_tree),
    Check("LAG006", _N, tree.junk_file),
    Check("LAG007", _W, tree.off_pattern_name),
    Check("LAG008", _W, tree.copy_name),
    Check("LAG009", _W, tree.folder_case),
    Check("LAG010", _W, tree.special_file),
    Check("LAG011", _N, tree.extra_file),
    Check("LAG012", _W, tree.misplaced_picture),
    Check("LAG013", _W, tree.case_twin),
    Check("LAG014", _W, tree.unicode_twin),
    Check("LAG015", _W, tree.link_out_of_tree),
    Check("LAG016", _N, tree.unmatched_link),
    Check("LAG017", _E, tree.empty_class),
    Check("LAG018", _W, tree.unlabeled_file),
    Check("LAG019", _E, tree.unused_row),
    Check("LAG101", _W, pairing.orphan_label),
    Check("LAG102", _W, pairing.orphan_map),
    Check("LAG103", _E, pairing.missing_label),
    Check("LAG104", _W, pairing.missing_map),
    Check("LAG105", _E, pairing.second_file),
    Check("LAG106", _E, pairing.id_in_two_classes),
    Check("LAG107", _E, pairing.not_a_file),
    Check("LAG108", _E, pairing.linked_file),
    Check("LAG109", _E, pairing.file_linked_outside),
    Check("LAG201", _E, labels.label_contradicts_folder),
    Check("LAG202", _E, labels.label_empty),
    Check("LAG203", _E, labels.label_invalid),
    Check("LAG204", _E, labels.label_unreadable),
    Check("LAG205", _E, labels.label_several_values),
    Check("LAG206", _E, labels.label_not_text),
    Check("LAG211", _E, labels.name_contradicts_class),
    Check("LAG301", _E, images.image_truncated),
    Check("LAG302", _E, images.image_corrupt),
    Check("LAG303", _E, images.image_wrong_format),
    Check("LAG304", _E, images.image_empty),
    Check("LAG305", _E, images.image_unreadable),
    Check("LAG306", _E, images.image_bomb),
    Check("LAG307", _W, images.image_size),
    Check("LAG308", _N, images.resized_alike),
    Check("LAG309", _W, images.image_mode),
    Check("LAG310", _W, images.trailing_data),
    Check("LAG311", _W, images.image_orientation),
    Check("LAG312", _W, images.image_gray),
    Check("LAG313", _N, images.gray_alike),
    Check("LAG314", _E, images.image_blank),
    Check("LAG315", _W, images.image_nearly_blank),
    Check("LAG316", _W, oddity.odd_one_out),
    Check("LAG317", _N, images.image_gps),
    Check("LAG318", _N, images.image_metadata),
    Check("LAG319", _W, oddity.no_fundus),
    Check("LAG401", _E, images.map_truncated),
    Check("LAG402", _E, images.map_corrupt),
    Check("LAG403", _E, images.map_wrong_format),
    Check("LAG404", _E, images.map_empty),
    Check("LAG405", _E, images.map_unreadable),
    Check("LAG406", _E, images.map_bomb),
    Check("LAG407", _W, attention.map_size),
    Check("LAG408", _W, attention.map_colored),
    Check("LAG409", _W, attention.map_constant),
    Check("LAG410", _W, attention.map_low_maximum),
    Check("LAG411", _W, attention.map_mode),
    Check("LAG412", _W, attention.map_blank),
    Check("LAG413", _W, attention.map_identical),
    Check("LAG414", _W, attention.map_outside_field),
    Check("LAG415", _W, attention.map_mirrored),
    Check("LAG416", _W, masks.mask_size),
    Check("LAG417", _W, masks.mask_levels),
    Check("LAG418", _W, masks.mask_constant),
    Check("LAG419", _W, masks.mask_nesting),
    Check("LAG501", _E, counts.image_count),
    Check("LAG502", _E, counts.map_count),
    Check("LAG503", _N, counts.complete_release),
    Check("LAG504", _N, counts.ids_differ),
    Check("LAG505", _E, counts.class_index_inverted),
    Check("LAG506", _N, counts.other_release),
    Check("LAG507", _W, counts.map_share),
    Check("LAG511", _E, counts.label_count),
    Check("LAG512", _E, counts.files_differ),
    Check("LAG601", _E, duplicates.identical_across_classes),
    Check("LAG602", _W, duplicates.identical_within_class),
    Check("LAG603", _E, duplicates.same_pixels_across_classes),
    Check("LAG604", _W, duplicates.same_pixels_within_class),
    Check("LAG605", _W, duplicates.near_duplicate),
    Check("LAG606", _W, duplicates.mirrored),
    Check("LAG607", _W, duplicates.turned),
    Check("LAG608", _W, duplicates.same_eye),
    Check("LAG609", _W, duplicates.unsearched_image),
    Check("LAG610", _W, duplicates.large_group),
    Check("LAG611", _W, duplicates.same_eye_across_classes),
    Check("LAG612", _N, duplicates.probably_same_eye),
    Check("LAG701", _E, splits.picture_in_two_parts),
    Check("LAG702", _E, splits.group_in_two_parts),
    Check("LAG703", _E, splits.part_without_picture),
    Check("LAG704", _W, splits.sample_without_part),
    Check("LAG705", _W, splits.single_class_part),
    Check("LAG706", _W, splits.part_class_share),
    Check("LAG707", _W, splits.part_map_share),
    Check("LAG708", _W, splits.fold_numbers),
    Check("LAG709", _W, splits.empty_part),
    Check("LAG710", _W, splits.conflicting_group),
    Check("LAG711", _N, splits.sliced_by_id),
    Check("LAG712", _N, drift.parts_follow_ids),
    Check("LAG713", _W, drift.part_quality),
    Check("LAG714", _E, curation.excluded_in_part),
    Check("LAG721", _E, listed.unknown_name),
    Check("LAG722", _E, listed.absent_sample),
    Check("LAG723", _E, listed.ambiguous_name),
    Check("LAG724", _E, listed.sample_in_two_parts),
    Check("LAG725", _W, listed.sample_named_twice),
    Check("LAG726", _E, listed.class_contradicts_tree),
    Check("LAG727", _E, listed.unusable_row),
    Check("LAG731", _E, listed.copy_in_two_parts),
    Check("LAG732", _E, listed.eye_in_two_parts),
    Check("LAG733", _E, curation.marked_group_in_two_parts),
    Check("LAG734", _W, listed.unsearched_in_part),
    Check("LAG735", _W, listed.in_other_dataset),
    Check("LAG801", _W, curation.unknown_mark),
    Check("LAG802", _E, curation.stale_mark),
    Check("LAG803", _W, curation.lone_mark),
    Check("LAG804", _W, curation.idle_pair_mark),
    Check("LAG805", _E, curation.identical_marked_apart),
    Check("LAG806", _W, curation.rejected_yet_together),
)


def choose(words: Iterable[str]) -> set[str]:
    """Return the codes that ``words`` stand for: codes, their beginnings (``LAG5``), names or families.

    Raises:
        LagtoolError: A word stands for nothing; the nearest that does is named.
    """
    codes: set[str] = set()
    for word in words:
        wanted = word.strip()
        found = {
            check.code
            for check in CHECKS
            if wanted.lower() in (check.name, check.family)
            or (wanted.upper().startswith("LAG") and check.code.startswith(wanted.upper()))
        }
        if not found:
            names = [*(check.name for check in CHECKS), *FAMILIES]
            near = nearest(wanted.lower(), names, 0.5) or nearest(wanted.upper(), (check.code for check in CHECKS))
            hint = f"; did you mean {near}?" if near else "; 'lagtool checks' lists them all"
            raise LagtoolError(f"no check, name or family is called '{show(wanted)}'{hint}")
        codes |= found
    return codes
