"""The JSON Schema of a profile's TOML file, made from the same descriptions as its documentation."""

from typing import Any

from lagtool.profile.reading import BUILT_IN, EXTENDS
from lagtool.profile.spec import Profile

EXTENDS_MEANING = (
    "A built-in profile that this one takes over, but for what it says itself. A key that is given replaces the "
    "other's, lists such as `classes` as a whole; of the slots, each key of each. Fingerprints are not taken over."
)


def json_schema() -> dict[str, Any]:
    """Return a schema (draft 2020-12) that a file must meet; what a schema cannot say, `load_profile` still checks."""
    schema = Profile.model_json_schema()
    definitions = schema["$defs"]
    required, slot_required = schema.pop("required"), definitions["SlotSpec"].pop("required")
    schema["properties"] = {
        EXTENDS: {"description": EXTENDS_MEANING, "enum": list(BUILT_IN), "title": "Extends"},
        **schema["properties"],
    }
    whole_slots = {"additionalProperties": {"required": slot_required}, "required": ["image"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A profile of lagtool",
        "if": {"required": [EXTENDS]},
        "then": {"required": ["name"]},
        "else": {"required": required, "properties": {"slots": whole_slots}},
    }
