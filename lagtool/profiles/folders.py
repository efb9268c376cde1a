"""The folders of a layout as a tree, from the root down: what a walk follows, and what it misses."""

from dataclasses import dataclass, field

from lagtool.profiles.parts import SlotName
from lagtool.profiles.spec import Profile
from lagtool.text import join_some


@dataclass
class Folder:
    """One folder of the layout.

    Attributes:
        name: How the profile spells it; empty for the root.
        children: The folders of the layout inside it, by their names in lower case.
        slots: The slots whose files lie in it, each with the classes that they belong to.
        classes: The classes that have files in it or below, in the profile's order.
        split: The split that its files belong to; None: it tells none.
        called: What it is called first, where it is another name of that; None: it need not be there.
    """

    name: str
    children: dict[str, "Folder"] = field(default_factory=dict)
    slots: dict[SlotName, list[str]] = field(default_factory=dict)
    classes: list[str] = field(default_factory=list)
    split: str | None = None
    called: str | None = ""

    def purpose(self, profile: Profile) -> str:
        """Say what the folder is there for."""
        if len(self.classes) > 1:
            return f"a folder of {join_some(self.classes)}"
        whole = sum(place.class_name == self.classes[0] for place in profile.places())
        return "the folder of a class" if self._count_slots() == whole else f"a folder of {self.classes[0]}"

    def _count_slots(self) -> int:
        return len(self.slots) + sum(child._count_slots() for child in self.children.values())


def plan_folders(profile: Profile) -> Folder:
    """Return the root of the layout's folders."""
    root = Folder("")
    for place in profile.places():
        folder = root
        for component, called in zip(place.folder, place.called, strict=True):
            _note_class(folder, place.class_name)
            folder = folder.children.setdefault(component.lower(), Folder(component, called=called))
        _note_class(folder, place.class_name)
        folder.split = place.split
        folder.slots.setdefault(place.slot, []).append(place.class_name)
    return root


def _note_class(folder: Folder, class_name: str) -> None:
    if class_name not in folder.classes:
        folder.classes.append(class_name)
