"""Which way a fact points, what an audit means, and what to do about it, in words."""

import numpy as np

from lagtool.stats.shortcuts.auc import Bools
from lagtool.stats.shortcuts.nuisance import NUISANCES, Values
from lagtool.stats.shortcuts.records import FactAudit, ModelAudit, ShortcutAudit
from lagtool.text import show

_REMEDY = {fact.name: fact.remedy for fact in NUISANCES}
_SLIGHT, _STRONG = 0.6, 0.75

_ADVICE = {
    "encoding": (
        "Encoding ({names}): decode all images and write them again with one quality, one set of tables and one "
        "subsampling, the coarsest that occurs; what coarser compression left in the pixels of one class stays, so "
        "hold results against a test set matched by quality. File size also follows sharpness and light."
    ),
    "metadata": (
        "Metadata ({names}): write the images again without Exif, XMP and colour profile (after turning and converting "
        "them as these say), and let no loader read them; ask which device or clinic the marked files come from."
    ),
    "size": (
        "Size ({names}): bring all images to one size from one kind of crop; scaling one class only leaves its traces."
    ),
    "field": (
        "Field of view ({names}): crop or mask all images to the same circle or square, or stratify the split by the "
        "cut sides and report results within them: the classes were framed differently, or come from different cameras."
    ),
    "light": (
        "Light and colour ({names}): match the classes, or stratify by it, and report results within strata; "
        "normalising colour helps. It is the camera's, but lens, pupil and age are in it too: look whether the "
        "classes differ in device or age before removing it."
    ),
    "sharpness": (
        "Sharpness: match the classes, or report results within strata of it; blur as augmentation. Device, "
        "cataract and what there is to see (vessels, the disc's rim) are all in it."
    ),
    "id": (
        "Ids ({names}): never give names or order to a model, and shuffle; the numbers follow the class, so parts that "
        "are slices of the ids will not be alike ('lagtool split' goes by content)."
    ),
    "time": (
        "Time of change ({names}): it says when files were copied or unpacked, often class by class, and is no "
        "property of the pictures; harmless while nothing reads it."
    ),
    "map": (
        "Presence of a map ({names}): whether a picture has a map depends on its class. The release made it so, or "
        "files are missing ('lagtool validate' says which); train with maps on samples that have one only, and "
        "stratify by it ('lagtool split' does, by class-map)."
    ),
    "damage": (
        "Damage ({names}): files of one class are damaged more often; 'lagtool validate' names them: get them again."
    ),
}


def interpret(audit: ShortcutAudit) -> str:
    """Return the verdict as one or two sentences."""
    if not audit.facts:
        return "Nothing could be audited: see the remarks."
    model, carried = audit.model, audit.carried
    sides = f"{audit.positive} from {audit.negative}"
    if model is None:
        called = [fact for fact in audit.facts if fact.called]
        told = (
            f"{called[0].title} tells {sides} (AUC {called[0].auc:.2f})"
            if called
            else f"no fact is called to tell {sides}"
        )
        return f"There are too few samples for a model; {told}."
    beside = "id, time of change and presence of a map"
    if all(fact.origin == "beside" for fact in audit.facts):
        return (
            f"No fact of picture or file content varies: a network has nothing to cheat by. Beside the pictures, "
            f"{beside} reach {_figures(model)} in telling {sides}, which a network that gets pixels cannot see."
        )
    inside = carried or model
    text = f"A classifier that never looks at the eye reaches {_figures(inside)} in telling {sides}"
    # What lies beside the pictures stands last: it says how files were stored, and no network sees it.
    context = "" if carried is None else f" Beside the pictures: with {beside} as well, {_figures(model)}."
    return f"{text}, by facts of picture and file content. {_meaning(audit, inside)}{context}"


def _figures(model: ModelAudit) -> str:
    return f"AUC {model.auc:.2f} (95 % CI {model.low:.2f} to {model.high:.2f})"


def _meaning(audit: ShortcutAudit, inside: ModelAudit) -> str:
    """Say what the model over what pictures and files carry means, since that is what a network can learn."""
    called = [fact for fact in audit.facts if fact.called]
    strongest = next((fact for fact in called if fact.origin != "beside"), None)
    if inside.called and inside.auc >= _SLIGHT:
        level = "most of a" if inside.auc >= _STRONG else "part of a"
        lead = f"The strongest fact is {strongest.title} ({_told(strongest)}). " if strongest is not None else ""
        return (
            f"{lead}A network can have {level} good result from this alone: one that is no better than "
            f"AUC {inside.auc:.2f} has shown nothing about glaucoma."
        )
    if inside.called or strongest is not None:
        what = f", most by {strongest.title} ({_told(strongest)})" if strongest is not None else ""
        return f"The classes differ a little{what}: too little to explain a good result."
    beside = next((fact for fact in called if fact.origin == "beside"), None)
    if beside is not None or (audit.model is not None and audit.model.called):
        what = f" ({beside.title}: {_told(beside)})" if beside is not None else ""
        return f"Only what lies beside the pictures tells the classes{what}; a network that gets pixels cannot see it."
    if inside.high > _SLIGHT:
        return f"No shortcut is called, but with so few samples one up to AUC {inside.high:.2f} may be there."
    return "No shortcut is called: nothing that was looked at gives the label away."


def _told(fact: FactAudit) -> str:
    return f"AUC {fact.auc:.2f}, {fact.direction}"


def advise(audit: ShortcutAudit) -> tuple[str, ...]:
    """Return what to do, one sentence or two for each kind of fact that is called, the strongest first."""
    kinds: dict[str, list[str]] = {}
    for fact in audit.facts:
        if fact.called:
            kinds.setdefault(_REMEDY[fact.name], []).append(fact.title)
    advice = [_ADVICE[kind].format(names=", ".join(names)) for kind, names in kinds.items()]
    models = [model for model in (audit.carried, audit.model) if model is not None and model.called]
    if models and not advice:
        advice.append(
            "No single fact is called, but together they tell: match the classes by what they have in common with "
            "device and framing, and report results within strata."
        )
    parts = [part for part in audit.parts if part.called]
    if parts:
        facts = [fact.title for fact in parts[0].facts if fact.called][:3]
        what = f" ({', '.join(facts)})" if facts else ""
        advice.append(
            f"Parts of the split differ (first {parts[0].part}{what}): results on it are not those of chance; split at "
            "random with 'lagtool split', or say that the parts differ on purpose."
        )
    return tuple(advice)


def describe_direction(values: Values, labels: Bools, auc: float, positive: str) -> str:
    """Return which way a fact points: higher, lower, more often; of a word, the one that tells most."""
    if not values.words:
        up = auc >= 0.5
        if values.fact.kind == "yes":
            return f"{'more' if up else 'less'} often in {positive}"
        return f"{'higher' if up else 'lower'} in {positive}"
    known = values.codes >= 0
    counts = np.bincount(values.codes[known], minlength=len(values.words))
    positives = np.bincount(values.codes[known & labels], minlength=len(values.words))
    excess = positives - counts * (positives.sum() / counts.sum())
    most = int(np.argmax(np.abs(excess)))
    return f"'{show(values.words[most], 40)}' {'more' if excess[most] > 0 else 'less'} often in {positive}"
