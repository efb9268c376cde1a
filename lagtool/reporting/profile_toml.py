"""A profile as a TOML file, and what is wrong with one as lines."""

from collections.abc import Iterable
from typing import Any

import tomlkit
from tomlkit.items import KeyType, SingleKey, Table

from lagtool.profiles import BUILT_IN, LAYOUTS, Problem, Profile
from lagtool.profiles.reading import EXTENDS, extend
from lagtool.scanning.draft import Draft
from lagtool.text import show


def render_profile(profile: Profile, *, parent: Profile | None = None, remarks: Iterable[str] = ()) -> str:
    """Return a TOML file that reads back as ``profile``.

    Args:
        profile: What to write; keys that say nothing are left out.
        parent: The built-in profile to extend: only what differs from it is written, unless it cannot be said so.
        remarks: Lines of comment for the beginning.
    """
    table = _bare(profile.model_dump(exclude_none=True))
    if parent is not None:
        changed = _difference(table, _bare(extend(parent, {})))
        if Profile.model_validate(extend(parent, changed)) == profile:
            table = {EXTENDS: parent.name, **changed}
    document = tomlkit.document()
    for line in remarks:
        document.add(tomlkit.comment(line))
    for key, value in table.items():
        if not isinstance(value, dict) and key != "classes":
            document.add(key, value)
    if "splits" in table:
        splits = {name: _alone(folders) for name, folders in table["splits"].items()}
        document.add("splits", _lines({"splits": splits})["splits"])
    if "classes" in table:
        array = tomlkit.aot()
        for spec in table["classes"]:
            array.append(_lines(spec))
        document.add("classes", array)
    for slot, spec in table.get("slots", {}).items():
        if "slots" not in document:
            document.add("slots", tomlkit.table(is_super_table=True))
        document["slots"].add(slot, _lines(spec))
    for key in ("labels", "published_sizes"):
        if key in table:
            document.add(key, _lines(table[key]))
    return tomlkit.dumps(document)


def render_draft(draft: Draft) -> str:
    """Return a draft of a profile as a TOML file, with what was found and what is unsure as comments."""
    remarks = ["A draft: look at what is unsure, then try it with 'lagtool index FOLDER --profile FILE'."]
    remarks += [f"found: {show(line, 300)}" for line in draft.found]
    remarks += [f"unsure: {show(line, 300)}" for line in draft.unsure]
    return render_profile(draft.profile, parent=draft.parent, remarks=remarks)


def render_problems(origin: str, errors: Iterable[Problem], warnings: Iterable[Problem]) -> str:
    """Return one line per problem, or one line that says that there is none."""
    lines = [f"{origin}: error: {problem}" for problem in errors]
    lines += [f"{origin}: warning: {problem}" for problem in warnings]
    return "\n".join(lines or [f"{origin}: valid, nothing to remark"]) + "\n"


def render_list(profiles: Iterable[Profile]) -> str:
    """Return the profiles, one per line: name, numbers of images and maps, title; and the layouts of LAG."""
    rows = []
    for profile in profiles:
        numbers = [sum(n or 0 for n in profile.expected(slot).values()) for slot in ("image", "map")]
        rows.append(f"{profile.name:<10}  {numbers[0]:>7,} images  {numbers[1]:>6,} attention maps  {profile.title}")
    rows.append(f"each also in the layouts {', '.join(LAYOUTS)}: {BUILT_IN[0]}.{LAYOUTS[0]}, ... (docs/layouts.md)")
    return "\n".join(rows) + "\n"


def _bare(value: Any) -> Any:
    """Return the values of a profile as TOML has them, without what says nothing."""
    if isinstance(value, dict):
        return {key: bare for key, item in value.items() if _says(bare := _bare(item))}
    return [_bare(item) for item in value] if isinstance(value, list | tuple) else value


def _says(value: Any) -> bool:
    return value is not False and value not in ("", [], {}, ())


def _difference(table: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    changed = {key: value for key, value in table.items() if value != known.get(key)}
    if "slots" in changed:
        slots = {
            slot: {key: value for key, value in spec.items() if value != known["slots"].get(slot, {}).get(key)}
            for slot, spec in table["slots"].items()
        }
        changed["slots"] = {slot: spec for slot, spec in slots.items() if spec}
    return changed


def _lines(values: dict[str, Any]) -> Table:
    table = tomlkit.table()
    for key, value in values.items():
        if isinstance(value, dict):
            inline = tomlkit.inline_table()
            for text, label in value.items():
                inline.add(SingleKey(text, KeyType.Basic), label)
            table.add(key, inline)
        else:
            table.add(key, _alone(value) if key in ("files", "table", "label") and isinstance(value, list) else value)
    return table


def _alone(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values
