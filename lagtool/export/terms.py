"""What stands in every export: what it is, how it is loaded, and the terms of the data."""

from lagtool import __version__
from lagtool.export.job import Job, Written
from lagtool.export.plan import Plan
from lagtool.profiles import Profile, load_profile
from lagtool.text import count, show

LICENSE, README = "LICENSE.txt", "README.md"
NAME = "LAG (Large-scale Attention-based Glaucoma) database"
URL = "https://github.com/smilell/AG-CNN"
AUTHORS = ("Liu Li", "Mai Xu", "Xiaofei Wang", "Lai Jiang", "Hanruo Liu")
REFERENCE = (
    "L. Li, M. Xu, X. Wang, L. Jiang, H. Liu: Attention Based Glaucoma Detection: A Large-Scale Database and CNN "
    "Model. IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR), 2019, pp. 10571-10580. "
    "arXiv:1903.10831."
)
BIBTEX = """@inproceedings{li2019attention,
  author    = {Li, Liu and Xu, Mai and Wang, Xiaofei and Jiang, Lai and Liu, Hanruo},
  title     = {Attention Based Glaucoma Detection: A Large-Scale Database and {CNN} Model},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2019},
  eprint    = {1903.10831},
  archivePrefix = {arXiv}
}
"""


def is_lag(profile: Profile) -> bool:
    """Whether the terms of a profile are those of LAG: its own, or one made of it."""
    return profile.terms == load_profile("lag").terms


def terms_text(profile: Profile) -> str:
    """Return the terms of a dataset, as ``LICENSE.txt`` of an export has them."""
    if not is_lag(profile):
        said = profile.terms or "None are stated in its profile: those hold under which you were given the data."
        return f"Terms of the dataset described by the profile {profile.name}\n\n{said}\n"
    return (
        f"Terms of the {NAME}\n\n"
        "The pictures, labels and attention maps are for academic use only. They must not be uploaded again, nor\n"
        "passed on in this or any other form: whoever wants them asks the authors of the dataset for them\n"
        f"({URL}). This holds for everything in this folder that was made of them, resized or repacked\n"
        "pictures included. Do not push this folder to a public or shared repository, hub or bucket.\n\n"
        f"Who uses the data cites:\n\n{REFERENCE}\n\n{BIBTEX}"
    )


def readme_text(job: Job, written: Written, format_name: str) -> str:
    """Return the README of an export; the same for the same export, without clock or path."""
    plan, options = job.plan, job.options
    how = [f"format `{format_name}`", f"maps {job.maps.value}"]
    how += [] if options.size is None else [f"images of {options.size} x {options.size} pixels"]
    how += [] if written.mode is None else [f"files by {written.mode}"]
    lines = [
        f"# {NAME if is_lag(plan.profile) else show(plan.profile.name)}: an export for local use",
        "",
        "**Not to be uploaded.** " * is_lag(plan.profile) + f"The terms of the data are in [{LICENSE}]({LICENSE}).",
        "",
        f"Made by lagtool {__version__}: {', '.join(how)}.",
        "",
        *_table(plan),
        "",
        "## Loading",
        "",
        written.loading.rstrip(),
        "",
        "## Where it comes from",
        "",
        f"- fingerprint of the dataset: `{plan.content_sha256 or 'not known'}`",
        *([f"- fingerprint of its split: `{plan.split_sha256}`"] if plan.split_sha256 else []),
        *(f"- left out: {count(number, 'sample')} {reason}" for reason, number in plan.left_out.items()),
        *(f"- {remark}" for remark in plan.remarks),
        "",
    ]
    if is_lag(plan.profile):
        lines += ["## Citation", "", REFERENCE, "", "```bibtex", BIBTEX.rstrip(), "```", ""]
    return written.front + "\n".join(lines)


def _table(plan: Plan) -> list[str]:
    names = [c.name for c in plan.classes]
    counts = plan.count_classes()
    rows = [
        f"| {part} | {sum(counts[part, name] for name in names):,} | "
        + " | ".join(f"{counts[part, name]:,}" for name in names)
        + " |"
        for part in plan.parts
    ]
    heads = [f"{c.name} ({c.label})" for c in plan.classes]
    return [f"| part | samples | {' | '.join(heads)} |", "|---|---:|" + "---:|" * len(heads), *rows]
