"""Prompt files, and the messages rendered from them.

A prompt is a YAML file with `name`, `version`, `description`, `system` and `user`. The last two are Jinja templates,
rendered in a sandbox where an undefined variable is an error. The article is the value of a variable and never part of a
template.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from jinja2 import StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails

from briefing.atomic_write import open_to_read
from briefing.errors import PromptError
from briefing.sources import load_yaml
from briefing.threads import cached_property

#: Variables of a prompt, and their values.
VARIABLES = {
    "article": "the article with numbered sentences and marked quotations",
    "cues": "the likely speaker of each quotation, by the words beside it, one per line; may be empty",
    "title": "the article's title, or an empty string",
    "language": 'name of the language to write in, such as "Deutsch (German)"',
    "focus": "what the reader wants to know, or an empty string",
    "fields": "the fields of the answer, one per line",
    "question": "the question, if a plan asks for one field at a time; else empty",
    "problems": "in a repair prompt: what the article does not support, one per line",
    "claims": "in a judge's prompt: the statements to judge, numbered, one per line",
    "part": "before a part of a long article: the numbers of its first and last sentence, and of the article's last",
    "notes": "before the sentences that the parts of a long article cited: what the parts say, one note per line",
}
_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False
)
_SUFFIXES = (".yaml", ".yml")


class Prompt(BaseModel):
    """A prompt: two Jinja templates, and metadata for the result."""

    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))

    name: str
    """Name, usually the stem of the file."""
    version: str
    """Version, raised with each change of meaning."""
    description: str
    """Purpose, for `briefing prompts`."""
    system: str
    """Template of the system message."""
    user: str
    """Template of the user message."""

    @model_validator(mode="after")
    def _known_variables(self) -> Self:
        for field in ("system", "user"):
            try:
                used = meta.find_undeclared_variables(_ENVIRONMENT.parse(getattr(self, field)))
            except TemplateError as error:
                raise ValueError(
                    f"{field}: invalid Jinja template: {error} Text with {{{{ or {{%, such as an example of JSON, goes "
                    "between {% raw %} and {% endraw %}"
                ) from error
            if unknown := sorted(used - VARIABLES.keys()):
                raise ValueError(
                    f"{field}: unknown variable {', '.join(unknown)}; there are: {', '.join(VARIABLES)}. "
                    f"Define others in the template: {{% set {unknown[0]} = '…' %}}"
                )
        return self

    @cached_property
    def variables(self) -> frozenset[str]:
        """Names of the variables that the templates use."""
        used = (meta.find_undeclared_variables(_ENVIRONMENT.parse(text)) for text in (self.system, self.user))
        return frozenset[str]().union(*used)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the two templates, in hexadecimal."""
        return hashlib.sha256(f"{self.system}\0{self.user}".encode()).hexdigest()

    def render(self, **variables: str) -> tuple[dict[str, str], ...]:
        """Render the system and the user message, each with `role` and `content`.

        Args:
            variables: values of `VARIABLES`; "" for those that are missing.

        Raises:
            PromptError: a template fails.
        """
        rendered = dict.fromkeys(VARIABLES, "") | variables
        messages = []
        for role, template in (("system", self.system), ("user", self.user)):
            try:
                content = _compiled(template).render(rendered)
            except Exception as error:
                # A template can call methods, which may raise anything.
                raise PromptError(f"prompt {self.name!r}, {role}: {error}") from error
            messages.append({"role": role, "content": content.strip()})
        return tuple(messages)


@lru_cache(maxsize=64)
def _compiled(template: str) -> Template:
    # Compiling takes longer than analysing a short article.
    return _ENVIRONMENT.from_string(template)


@lru_cache(maxsize=1)
def prompt_folder() -> Path:
    """Return the folder of the built-in prompts."""
    package = Path(__file__).parent
    # In an editable install, they are in the repository's top-level folder.
    return package if any(package.glob("*.yaml")) else package.parent.parent / "prompts"


@lru_cache(maxsize=8)
def builtin_prompt(name: str) -> Prompt:
    """Load a built-in prompt, once per process."""
    return load_prompt(name)


def list_prompts() -> list[Prompt]:
    """Load all built-in prompts, in order of their names."""
    return [load_prompt(path) for path in sorted(prompt_folder().glob("*.yaml"))]


def load_prompt(prompt: str | os.PathLike[str] | Prompt) -> Prompt:
    """Load a prompt.

    Args:
        prompt: name of a built-in prompt, path of a .yaml or .yml file, or a `Prompt`, which is returned as is.

    Raises:
        PromptError: the prompt does not exist, or its file is invalid.
    """
    if isinstance(prompt, Prompt):
        return prompt
    if not isinstance(prompt, str | os.PathLike):
        raise PromptError(f"prompt must be a name, a path or a Prompt, not {prompt!r}")
    path = _path_of(os.fspath(prompt))
    try:
        changed = os.stat(path).st_mtime_ns  # noqa: PTH116  # `Path.stat` takes longer than the call
    except (OSError, ValueError) as error:
        known = ", ".join(sorted(p.stem for p in prompt_folder().glob("*.yaml")))
        raise PromptError(
            f"unknown prompt {os.fspath(prompt)!r}; there are: {known}. "
            "For your own file, give its path, which ends in .yaml"
        ) from error
    return _load(path, changed)


@lru_cache(maxsize=64)
def _path_of(prompt: str) -> Path:
    path = Path(prompt)
    return path if path.suffix in _SUFFIXES else prompt_folder() / f"{prompt}.yaml"


@lru_cache(maxsize=64)
def _load(path: Path, _mtime: int) -> Prompt:
    try:
        with open_to_read(path) as file:
            data: Any = load_yaml(file.read().decode("utf-8"))
    except (OSError, ValueError) as error:
        raise PromptError(
            f"cannot read the prompt file {path.name}: {' '.join(str(error).split())}"
        ) from error
    try:
        return Prompt.model_validate(data)
    except ValidationError as error:
        reasons = "; ".join(map(_reason, error.errors()))
        if any(e["loc"] for e in error.errors()):
            reasons += f". Its fields, which are all strings, are: {', '.join(Prompt.model_fields)}"
        raise PromptError(f"{path.name} is not a prompt file: {reasons}") from error


def _reason(error: ErrorDetails) -> str:
    if not error["loc"]:
        if error["type"] == "model_type":
            return "it has no fields"
        return error["msg"].removeprefix("Value error, ")
    field = ".".join(map(str, error["loc"]))
    messages = {
        "missing": "is missing",
        "extra_forbidden": "is unknown",
        "string_type": "is not a string; put it in quotes",
    }
    return f"{field} {messages.get(error['type'], error['msg'])}"


@lru_cache(maxsize=256)
def language_name(tag: str) -> str:
    """Return the name of a language in itself and in English, such as "Deutsch (German)"; "" if unknown."""
    from babel import Locale, UnknownLocaleError

    if tag == "und":
        return ""
    try:
        locale = Locale.parse(tag.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        return ""
    own, english = locale.get_display_name(), locale.get_display_name("en")
    return f"{own} ({english})" if own and own != english else english or ""
