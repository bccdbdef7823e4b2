"""Prompt files, and the messages that are made of them.

A prompt is a YAML file: `name`, `version`, `description`, `system`, `user`. Both texts are Jinja
templates, rendered in a sandbox where an undefined variable is an error. The article is only
ever the value of a variable, never a part of a template.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import yaml
from jinja2 import StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails

from briefing.errors import PromptError

#: What a prompt may use, and what it holds.
VARIABLES = {
    "article": "the article with numbered sentences and marked quotations",
    "cues": "who seems to speak each quotation, by the words beside it, one per line; may be empty",
    "title": "the article's title, or an empty text",
    "language": 'name of the language to write in, such as "Deutsch (German)"',
    "fields": "the fields of the answer, one per line",
    "question": "what is asked, where a plan asks for one field at a time; else empty",
    "problems": "in a repair prompt: what could not be backed, one per line",
}
_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False
)
_SUFFIXES = (".yaml", ".yml")


class Prompt(BaseModel):
    """A prompt file.

    Attributes:
        name: what it is called; the file's stem by custom.
        version: raised with each change of meaning.
        description: what it is for.
        system: template of the system message.
        user: template of the user message.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: str
    description: str
    system: str
    user: str

    @model_validator(mode="after")
    def _known_variables(self) -> Self:
        for field in ("system", "user"):
            try:
                used = meta.find_undeclared_variables(_ENVIRONMENT.parse(getattr(self, field)))
            except TemplateError as error:
                raise ValueError(
                    f"{field}: not a template: {error} {{{{ and {{% are Jinja's: what holds such braces, as an example "
                    "of JSON may, goes between {% raw %} and {% endraw %}"
                ) from error
            if unknown := sorted(used - VARIABLES.keys()):
                raise ValueError(
                    f"{field}: unknown variable {', '.join(unknown)}; there are: {', '.join(VARIABLES)}. "
                    f"One of your own is set in the text: {{% set {unknown[0]} = '…' %}}"
                )
        return self

    @property
    def variables(self) -> frozenset[str]:
        """The variables that it uses."""
        return _variables(self.system, self.user)

    @property
    def sha256(self) -> str:
        """Hash of what the model sees of it."""
        return _sha256(self.system, self.user)

    def render(self, **variables: str) -> tuple[dict[str, str], ...]:
        """The messages.

        Raises:
            PromptError: a variable is missing, or the template fails.
        """
        rendered = dict.fromkeys(VARIABLES, "") | variables
        messages = []
        for role, template in (("system", self.system), ("user", self.user)):
            try:
                content = _compiled(template).render(rendered)
            except Exception as error:
                # A template runs code of its own, which may raise anything.
                raise PromptError(f"prompt {self.name!r}, {role}: {error}") from error
            messages.append({"role": role, "content": content.strip()})
        return tuple(messages)


@lru_cache(maxsize=64)
def _compiled(template: str) -> Template:
    # Compiling takes longer than reading a short article does.
    return _ENVIRONMENT.from_string(template)


@lru_cache(maxsize=64)
def _variables(*templates: str) -> frozenset[str]:
    used = (meta.find_undeclared_variables(_ENVIRONMENT.parse(template)) for template in templates)
    return frozenset[str]().union(*used)


@lru_cache(maxsize=64)
def _sha256(*templates: str) -> str:
    return hashlib.sha256("\0".join(templates).encode()).hexdigest()


@lru_cache(maxsize=1)
def prompt_folder() -> Path:
    """Where the prompts that come with the library are."""
    package = Path(__file__).parent
    # In an editable install they are where the repository keeps them.
    return package if any(package.glob("*.yaml")) else package.parent.parent / "prompts"


@lru_cache(maxsize=8)
def builtin_prompt(name: str) -> Prompt:
    """A prompt that comes with the library, as it was when it was first used."""
    return load_prompt(name)


def list_prompts() -> list[Prompt]:
    """The prompts that come with the library."""
    return [load_prompt(path) for path in sorted(prompt_folder().glob("*.yaml"))]


def load_prompt(prompt: str | os.PathLike[str] | Prompt) -> Prompt:
    """A prompt by name, by path, or as it is.

    Raises:
        PromptError: there is no such prompt, or the file is not a good one.
    """
    if isinstance(prompt, Prompt):
        return prompt
    if not isinstance(prompt, str | os.PathLike):
        raise PromptError(f"a prompt is a name, a path or a Prompt, not {prompt!r}")
    path = Path(prompt)
    if path.suffix not in _SUFFIXES:
        path = prompt_folder() / f"{prompt}.yaml"
    return _load(path, os.fspath(prompt))


@lru_cache(maxsize=64)
def _load_cached(path: Path, _mtime: int) -> Prompt:
    try:
        data: Any = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PromptError(
            f"cannot read the prompt file {path.name}: {' '.join(str(error).split())}"
        ) from error
    try:
        return Prompt.model_validate(data)
    except ValidationError as error:
        reasons = "; ".join(map(_reason, error.errors()))
        if any(e["loc"] for e in error.errors()):
            reasons += f". Its fields, all of them texts: {', '.join(Prompt.model_fields)}"
        raise PromptError(f"{path.name} is not a prompt file: {reasons}") from error


def _reason(error: ErrorDetails) -> str:
    if not error["loc"]:
        if error["type"] == "model_type":
            return "it has no fields"
        return error["msg"].removeprefix("Value error, ")
    field = ".".join(map(str, error["loc"]))
    said = {
        "missing": "is missing",
        "extra_forbidden": "is unknown",
        "string_type": "is no text; put it in quotes",
    }
    return f"{field} {said.get(error['type'], error['msg'])}"


def _load(path: Path, asked: str) -> Prompt:
    try:
        changed = path.stat().st_mtime_ns
    except (OSError, ValueError) as error:
        known = ", ".join(sorted(p.stem for p in prompt_folder().glob("*.yaml")))
        raise PromptError(
            f"there is no prompt {asked!r}; there are: {known}. A file of your own is named by its path, which ends in .yaml"
        ) from error
    return _load_cached(path, changed)


@lru_cache(maxsize=256)
def language_name(tag: str) -> str:
    """Name of a language in itself and in English: "Deutsch (German)"; "" where unknown."""
    from babel import Locale, UnknownLocaleError

    if tag == "und":
        return ""
    try:
        locale = Locale.parse(tag.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        return ""
    own, english = locale.get_display_name(), locale.get_display_name("en")
    return f"{own} ({english})" if own and own != english else english or ""
