"""The commands that write: what each writes, from what, and how to tell an old output from a new one."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lagtool.manifest.value import Manifest, read_manifest
from lagtool.scanning.scan import scan
from tests.trees import write_tree

_CLOCKS = {"created": "", "scan_started_ns": None}


@dataclass(frozen=True)
class Command:
    """One command that writes.

    Attributes:
        name: What it is called in tables.
        output: Name of the file or folder that it writes in the folder of outputs.
        arguments: As for ``lagtool``, where ``{old}`` is the folder of the old or new data, ``{m}`` its manifest,
            ``{seed}`` a number of the old or new state, and ``{out}`` the output.
        beside: Names of further files that it writes beside the output.
        adds: Whether it adds to the output that is there, instead of replacing it.
    """

    name: str
    output: str
    arguments: Sequence[str]
    beside: tuple[str, ...] = ()
    adds: bool = False


def _export(form: str, *options: str) -> Command:
    return Command(
        f"export {form}", "export", ("export", "{m}", "--root", "{tree}", "--to", form, "-o", "{out}", "-f", *options)
    )


COMMANDS = (
    *(
        Command(f"index {suffix}", f"m{suffix}", ("index", "{tree}", "-o", "{out}", "-f"))
        for suffix in (".parquet", ".csv", ".jsonl")
    ),
    Command("index --update", "m.parquet", ("index", "{tree}", "-o", "{out}", "-u", "-f")),
    Command("validate -o", "report.sarif", ("validate", "{m}", "--format", "sarif", "-o", "{out}", "-f")),
    Command("validate --write-baseline", "known.jsonl", ("validate", "{m}", "--write-baseline", "{out}", "-f")),
    Command("stats -o", "stats.json", ("stats", "{m}", "--format", "json", "-o", "{out}", "-f")),
    Command(
        "duplicates --manifest",
        "pairs.parquet",
        ("duplicates", "{m}", "--root", "{tree}", "--manifest", "{out}", "--relations", "copies", "-f"),
    ),
    Command("profile new", "mine.toml", ("profile", "new", "{m}", "-o", "{out}", "-f")),
    Command(
        "curate add",
        "marks.csv",
        ("curate", "add", "{out}", "-i", "000{seed}", "-a", "exclude", "--manifest", "{m}"),
        adds=True,
    ),
    Command("split", "split", ("split", "{m}", "-o", "{out}", "--ratios", "50/50", "--seed", "{seed}", "-f")),
    _export("imagefolder", "--size", "32"),
    _export("huggingface"),
    _export("webdataset", "--shard-size", "4"),
    _export("npz", "--size", "28"),
    _export("croissant"),
    _export("csv"),
    _export("parquet"),
    _export("sha256sums"),
    Command(
        "report --thumbnails", "report", ("report", "{m}", "--root", "{tree}", "--thumbnails", "-o", "{out}", "-f")
    ),
    Command(
        "synth",
        "LAG",
        ("synth", "{out}", "--scale", "0.001", "--seed", "{seed}", "--defects", "3", "-f"),
        ("LAG.synth.json", "LAG.truth.json"),
    ),
)


class Ground:
    """Two small trees with their manifests, the old and the new; and a folder of outputs.

    Attributes:
        folder: Where all of it lies.
        outputs: The folder of outputs.
        temporary: What is ``TMPDIR`` to the commands.
    """

    def __init__(self, folder: Path, samples: int = 4) -> None:
        self.folder = folder
        self.outputs, self.temporary = folder / "outputs", folder / "tmp"
        self.temporary.mkdir(parents=True)
        for number, state in enumerate(("old", "new")):
            tree = write_tree(folder / state / "LAG", samples + number, samples)
            scan(tree).write(folder / f"{state}.parquet")
        self._wanted: dict[tuple[str, str], str] = {}

    def command(self, command: Command, state: str) -> list[str]:
        """Return the arguments of a command for ``old`` or ``new`` data."""
        words = {
            "tree": str(self.folder / state / "LAG"),
            "m": str(self.folder / f"{state}.parquet"),
            "seed": "12"[state == "new"],
            "out": str(self.outputs / command.output),
        }
        return [word.format(**words) for word in command.arguments]

    @property
    def environment(self) -> dict[str, str]:
        """What the commands find in their environment."""
        said = {"TMPDIR": str(self.temporary), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "NO_COLOR": "1"}
        return {**os.environ, **said, "MPLCONFIGDIR": str(self.folder / "mpl")}

    def clear(self) -> None:
        """Make the folders of outputs and temporary files empty."""
        for folder in (self.outputs, self.temporary):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()

    def keep(self, command: Command, state: str) -> None:
        """Remember what is there as the output of a state, and put it aside to be laid out again."""
        self._wanted[command.name, state] = fingerprint(self.outputs, command)
        place = self.folder / "kept" / command.name / state
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.outputs, place, symlinks=True)

    def lay_out(self, command: Command, state: str) -> None:
        """Put the output of a state where the command wrote it; ``none``: nothing."""
        self.clear()
        if state != "none":
            shutil.rmtree(self.outputs)
            shutil.copytree(self.folder / "kept" / command.name / state, self.outputs, symlinks=True)

    def state(self, command: Command) -> str:
        """Return ``none``, ``old``, ``new`` or ``half``: what the output is."""
        if not os.path.lexists(self.outputs / command.output):
            return "none"
        found = fingerprint(self.outputs, command)
        state = next((state for state in ("old", "new") if self._wanted.get((command.name, state)) == found), "half")
        for name in command.beside:  # what lies beside an output may be missing, but never be another's
            if name.endswith(".truth.json") and (self.outputs / name).exists():
                kept = self.folder / "kept" / command.name / state / name
                state = state if kept.exists() and kept.read_bytes() == (self.outputs / name).read_bytes() else "half"
        return state

    def litter(self, command: Command) -> list[str]:
        """Return the names of what lies beside the output, and among temporary files, that should not.

        Left out is what Python's own ``multiprocessing`` leaves when it is killed: a folder with a dead socket in it.
        """
        ours = {command.output, *command.beside}
        beside = [path.name for path in self.outputs.iterdir() if path.name not in ours]
        others = [path.name for path in self.temporary.iterdir() if not path.name.startswith("pymp-")]
        return sorted(beside + [f"$TMPDIR/{name}" for name in others])


def fingerprint(folder: Path, command: Command) -> str:
    """Return a digest of an output that leaves out clocks."""
    digest = hashlib.sha256()
    path = folder / command.output
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        content = os.fsencode(file.readlink()) if file.is_symlink() else b"" if file.is_dir() else _content(file)
        digest.update(f"{file.relative_to(folder)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _content(file: Path) -> bytes:
    if file.name.startswith(("m.", "pairs.")):
        try:
            manifest = read_manifest(file)
        except Exception:  # noqa: BLE001 - whatever it is: no manifest
            return file.read_bytes()
        return _without_clocks(manifest)
    return file.read_bytes()


def _without_clocks(manifest: Manifest) -> bytes:
    header = manifest.header.model_copy(update=_CLOCKS)
    tables = (manifest.samples, manifest.unmatched, *(() if manifest.pairs is None else (manifest.pairs,)))
    return b"\n".join([header.model_dump_json().encode(), *(table.to_csv().encode() for table in tables)])
