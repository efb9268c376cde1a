"""Make docs/api.md from the signatures and docstrings of the public names, as they stand in the source."""

import ast
import inspect
import re
from enum import Enum
from pathlib import Path
from typing import Any

import lagtool

ORDER = {
    "Look": ("scan", "read_manifest", "Manifest"),
    "Judge": ("validate", "audit_split", "read_splits", "Report", "Finding", "Severity", "Accepted"),
    "Show": ("render_report", "read_report", "write_report"),
    "Describe": ("compute_stats", "Stats"),
    "What is alike": ("find_pairs", "record_pairs", "group_samples", "Likeness", "Relation"),
    "Split": ("make_split",),
    "Curate": ("Mark", "read_curation", "write_marks", "apply_curation"),
    "Train": ("SampleSet", "write_export"),
    "Expect": ("load_profile", "Profile", "pin_copy", "load_settings", "Settings", "read_baseline", "Baseline"),
    "Try out": ("write_synthetic_tree",),
    "Errors": ("LagtoolError",),
}
SECTIONS = ("Args", "Returns", "Raises", "Attributes", "Yields")
WIDTH = 96

_HEAD = """# Python

Everything below is imported from `lagtool`; `import lagtool` itself is quick, since each name is loaded where it is
first used. The library says the same as the command line. Functions do not print; what goes wrong for a reason
outside the program is a `LagtoolError` that names the file and the remedy. For PyTorch see
[training.md](training.md); for marks see [curation.md](curation.md).

```python
import lagtool

manifest = lagtool.scan("LAG")
print(lagtool.render_report(lagtool.validate(manifest)))
```"""


def python_page() -> str:
    """Return docs/api.md."""
    placed = [name for names in ORDER.values() for name in names]
    if sorted(placed) != sorted(set(lagtool.__all__) - {"__version__"}):
        raise ValueError(f"ORDER and lagtool.__all__ differ: {sorted(set(placed) ^ set(lagtool.__all__))}")
    parts = [_HEAD]
    for title, names in ORDER.items():
        parts.append(f"## {title}")
        for name in names:
            thing = getattr(lagtool, name)
            parts.append(_class(name, thing) if inspect.isclass(thing) else _function(name, _node(thing), "lagtool."))
    return "\n\n".join(parts) + "\n"


def _node(thing: Any) -> ast.FunctionDef | ast.ClassDef:
    tree = ast.parse(Path(str(inspect.getsourcefile(thing))).read_text(encoding="utf-8"))
    nodes = (one for one in tree.body if isinstance(one, ast.FunctionDef | ast.ClassDef))
    return next(one for one in nodes if one.name == thing.__name__)


def _function(name: str, node: ast.AST, prefix: str, level: int = 3) -> str:
    assert isinstance(node, ast.FunctionDef)
    text = _prose(ast.get_docstring(node) or "")
    return f"{'#' * level} {name}\n\n```python\n{prefix}{name}{_signature(node.args, node.returns)}\n```\n\n{text}"


def _signature(arguments: ast.arguments, returns: ast.expr | None) -> str:
    """Show each argument on its own line where they do not fit on one; ``self`` and ``cls`` are left out."""
    ordered = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(ordered) - len(arguments.defaults))
    pairs = list(zip(ordered, [*defaults, *arguments.defaults], strict=True))
    words = [_argument(one, default) for one, default in pairs if one.arg not in ("self", "cls")]
    if arguments.kwonlyargs:
        words.append("*")
        words += [_argument(*pair) for pair in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    if arguments.kwarg:
        words.append(f"**{_argument(arguments.kwarg, None)}")
    end = f" -> {_kind(returns)}" if returns else ""
    line = f"({', '.join(words)}){end}"
    return line if len(line) < WIDTH - 20 else "(\n" + "".join(f"    {word},\n" for word in words) + f"){end}"


def _argument(one: ast.arg, default: ast.expr | None) -> str:
    kind = _kind(one.annotation) if one.annotation else "object"
    return f"{one.arg}: {kind}" + (f" = {_kind(default, quoted=True)}" if default else "")


def _kind(node: ast.expr, *, quoted: bool = False) -> str:
    """Show a type or default with the quotes of the source; a type that is written as text without them."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and not quoted:
        return node.value
    return ast.unparse(node).replace("'", '"')


def _class(name: str, thing: type) -> str:
    node = _node(thing)
    assert isinstance(node, ast.ClassDef)
    parts = [f"### {name}", _prose(ast.get_docstring(node) or "")]
    if issubclass(thing, Enum):
        parts.append(", ".join(f"`{member.value}`" for member in thing))
    elif hasattr(thing, "model_fields"):
        fields = thing.model_fields.items()
        parts.append("\n".join(f"- `{key}`: {field.description or ''}".rstrip(": ") for key, field in fields))
    else:
        fields = [one for one in node.body if isinstance(one, ast.AnnAssign) and not ast.unparse(one).startswith("_")]
        if fields:
            parts.append("```python\n" + "\n".join(ast.unparse(one).replace("'", '"') for one in fields) + "\n```")
    for one in node.body:
        if not isinstance(one, ast.FunctionDef) or not ast.get_docstring(one):
            continue
        decorators = [ast.unparse(decorator) for decorator in one.decorator_list]
        if one.name == "__init__":
            parts.append(f"```python\nlagtool.{name}{_signature(one.args, None)}\n```")
            parts.append(_prose(ast.get_docstring(one) or ""))
        elif one.name.startswith("_") or any("validator" in word or "serializer" in word for word in decorators):
            continue
        elif any("property" in word for word in decorators):
            kind = _kind(one.returns) if one.returns else "object"
            parts.append(f"#### {name}.{one.name}\n\n`{kind}`. {_prose(ast.get_docstring(one) or '')}")
        else:
            parts.append(_function(f"{name}.{one.name}", one, "", 4))
    return "\n\n".join(part for part in parts if part)


def _prose(text: str) -> str:
    """Turn a docstring in Google style into Markdown: its sections become lists."""
    blocks, lines = [], text.splitlines()
    section, items = "", [""]
    for line in [*lines, ""]:
        if line.rstrip(":") in SECTIONS and line.endswith(":"):
            section = line.rstrip(":")
            blocks.append(f"**{section}**")
            items = []
        elif section and line.startswith("    ") and not line.startswith("     "):
            items.append(line.strip())
        elif section and line.startswith("     "):
            items[-1] += f" {line.strip()}"
        elif section and not line:
            blocks.append("\n".join(_item(item, section) for item in items))
            section = ""
        else:
            blocks.append(line)
    joined = "\n".join(f"\n{block}\n" if block.startswith(("**", "- ")) else block for block in blocks)
    joined = re.sub(r"``([^`]+)``", r"`\1`", joined)
    return re.sub(r"\n{3,}", "\n\n", joined).strip()


def _item(item: str, section: str) -> str:
    name, colon, text = item.partition(": ")
    if section in ("Returns", "Yields") or not colon:
        return f"- {item}"
    return f"- `{name}`: {text}"
