"""Settings: what a configuration file, the environment or an option may say about how to judge."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pathspec import GitIgnoreSpec
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from lagtool.checks.thresholds import Thresholds
from lagtool.errors import LagtoolError
from lagtool.manifest.header import first_complaint
from lagtool.model import Finding, Severity
from lagtool.text import show


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _choose(words: Iterable[str]) -> frozenset[str]:
    """Return the codes that words stand for, or raise the kind of error that pydantic collects."""
    from lagtool.checks.registry import choose  # the checks take pandas; commands that run none do not wait for it

    try:
        return frozenset(choose(words))
    except LagtoolError as error:
        raise ValueError(str(error)) from None


def _as_written(table: object) -> object:
    """Return a table with ``_`` for ``-`` in its keys: both spellings are taken, but not for one key at once."""
    if not isinstance(table, Mapping):
        return table
    renamed = {str(key).replace("-", "_"): value for key, value in table.items()}
    if len(renamed) < len(table):
        raise ValueError("one key stands twice, with - and with _")
    return renamed


def _check_words(words: tuple[str, ...]) -> tuple[str, ...]:
    _choose(words)
    return words


def _check_patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        try:
            useless = all(made.include is None for made in GitIgnoreSpec.from_lines([pattern]).patterns)
        except ValueError:
            useless = True
        if useless:
            raise ValueError(f"'{show(pattern)}' is no pattern that can match anything")
    return patterns


def _check_reason(reason: str) -> str:
    if not reason:
        raise ValueError("an empty reason: say why this is accepted")
    return reason


Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], Field(min_length=1), BeforeValidator(_as_tuple)]
Words = Annotated[tuple[str, ...], BeforeValidator(_as_tuple), AfterValidator(_check_words)]
Patterns = Annotated[Texts, AfterValidator(_check_patterns)]


class IgnoreRule(BaseModel):
    """What to accept, and why.

    Attributes:
        check: Codes, beginnings of codes, names or families.
        reason: Why; it stands in every report.
        path: Patterns as in a .gitignore, for the path of a finding as the report shows it; None: any.
        sample: The same for ``class/id``; None: any.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    check: Annotated[Texts, AfterValidator(_check_words)]
    reason: Annotated[str, AfterValidator(_check_reason)]
    path: Patterns | None = None
    sample: Patterns | None = None

    @cached_property
    def codes(self) -> frozenset[str]:
        """The codes of the checks that the rule is for."""
        return _choose(self.check)

    @property
    def title(self) -> str:
        """The rule in a few words, as one line."""
        words = [", ".join(self.check)]
        for name, patterns in (("path", self.path), ("sample", self.sample)):
            if patterns is not None:
                words.append(f"{name} {', '.join(patterns)}")
        return show("; ".join(words))

    @cached_property
    def _specs(self) -> tuple[GitIgnoreSpec | None, GitIgnoreSpec | None]:
        made = [None if lines is None else GitIgnoreSpec.from_lines(lines) for lines in (self.path, self.sample)]
        return made[0], made[1]

    def covers(self, finding: Finding) -> bool:
        """Whether the rule is for this finding; a finding without path or sample is met by no pattern for it."""
        path, sample = self._specs
        return (
            finding.code in self.codes
            and (path is None or bool(path.match_file(finding.path)))
            and (sample is None or bool(sample.match_file(finding.sample)))
        )


def spread_rules(value: object) -> list[tuple[str, Any]]:
    """Return the rules of an ``ignore`` table or list, each with the word that it stands under (empty in a list).

    Raises:
        ValueError: It is neither, or something in it cannot be a rule.
    """
    if isinstance(value, Mapping):
        rules: list[tuple[str, Any]] = []
        for word, content in value.items():
            for one in content if isinstance(content, list | tuple) else [content]:
                rule = {"reason": one} if isinstance(one, str) else one
                if not isinstance(rule, Mapping):
                    raise ValueError(f"{show(word)}: say why: a reason, or a table with a reason")  # noqa: TRY004
                if "check" in rule:
                    raise ValueError(f"{show(word)}: 'check' is said already by the key that the rule stands under")
                rules.append((word, {"check": word, **rule}))
        return rules
    if not isinstance(value, list | tuple):
        raise ValueError("should be a table of reasons by check, or an array of rules")  # noqa: TRY004
    for rule in value:
        if isinstance(rule, str):
            raise ValueError(f'ignoring takes a reason: write a table, {show(rule)} = "why"')  # noqa: TRY004
    return [("", rule) for rule in value]


class Settings(BaseModel):
    """How to judge; the field's description is its documentation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: Text = Field(
        default="auto",
        description="What to expect: `auto` (the nearest release), the name of a built-in profile, or a TOML file.",
    )
    select: Words = Field(default=(), description="Checks to run; none named: all.")
    ignore: tuple[IgnoreRule, ...] = Field(
        default=(), description="Findings that are accepted, each with a reason; see below."
    )
    severities: dict[str, Severity] = Field(
        default_factory=dict,
        description="`error`, `warning` or `note` by check. The narrower word wins: a check over its family.",
    )
    thresholds: Thresholds = Field(
        default_factory=Thresholds, description="Numbers that the checks compare with; see below."
    )
    fail_on: Severity = Field(
        default=Severity.ERROR, description="The verdict is FAIL from this severity on: `error`, `warning` or `note`."
    )
    baseline: Path | None = Field(default=None, description="A file of findings that are known and accepted.")
    curation: Path | None = Field(default=None, description="A file of marks on samples; see curation.md.")
    most: int = Field(default=5, ge=0, description="Findings shown per check in the text report.")
    skip: Words = Field(default=(), description="Checks not to run; not in a file, where ignoring takes a reason.")

    @model_validator(mode="before")
    @classmethod
    def _keys(cls, table: object) -> object:
        return _as_written(table)

    @field_validator("thresholds", mode="before")
    @classmethod
    def _threshold_keys(cls, table: object) -> object:
        return _as_written(table)

    @field_validator("ignore", mode="before")
    @classmethod
    def _rules(cls, value: object) -> object:
        return [rule for _, rule in spread_rules(value)]

    @field_validator("severities")
    @classmethod
    def _by_code(cls, words: dict[str, Severity]) -> dict[str, Severity]:
        """Put codes in the place of words, from the widest word to the narrowest."""
        severities: dict[str, Severity] = {}
        said: dict[frozenset[str], str] = {}
        for codes, word in sorted(((_choose([word]), word) for word in words), key=lambda pair: -len(pair[0])):
            other = said.setdefault(codes, word)
            if words[other] is not words[word]:
                raise ValueError(f"{show(other)} and {show(word)} mean the same and get two severities")
            severities |= dict.fromkeys(codes, words[word])
        return dict(sorted(severities.items()))


def combine(*layers: Settings) -> Settings:
    """Return one value of several: what a later layer sets replaces what an earlier one says.

    Tables are merged: ``severities`` and ``thresholds`` by key, and the rules of ``ignore`` are put together.

    Raises:
        LagtoolError: The layers are valid each, but not together.
    """
    values: dict[str, Any] = {}
    for layer in layers:
        for name in layer.model_fields_set:
            value = getattr(layer, name)
            if name == "severities":
                value = values.get(name, {}) | value
            elif name == "thresholds":
                value = values.get(name, {}) | {key: getattr(value, key) for key in value.model_fields_set}
            elif name == "ignore":
                value = (*values.get(name, ()), *value)
            values[name] = value
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise LagtoolError(f"the settings contradict each other at {show(first_complaint(error))}") from None
