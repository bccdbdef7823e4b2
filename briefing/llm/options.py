"""Options of a model, by one name for all providers, and their translation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import regex
from annotated_types import Ge, Gt, Le, MinLen
from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic takes that of the standard library from Python 3.12 on

from briefing.errors import ConfigurationError
from briefing.llm.providers import adapter_of

_Text = Annotated[str, MinLen(1)]


class ModelOptions(TypedDict, total=False):
    """Options of a model. What a provider does not take is refused before a call.

    Attributes:
        temperature: 0 to 2. Default: 0 for OpenAI and local models, but for reasoning models; else the provider's.
        top_p: sample from the most probable tokens of this total probability.
        seed: of the sampling.
        max_output_tokens: most tokens of one answer. A longer answer is a `TruncatedError`; the limit is not raised.
        reasoning_effort: such as "low"; what a model takes differs.
        service_tier: such as "flex".
        stop: texts that end an answer.
        extra_headers: headers of each request. They are secrets, and no part of the fingerprint.
        extra_query: parameters of each request's URL.
        extra_body: fields of each request's body.
        organization: of the account, for OpenAI.
        project: of the account, for OpenAI and Vertex AI.
        context_window: tokens of a prompt and its answer together. Default: what is known of the model. Not sent.
        reading_length: tokens of an article that the model reads well at once; longer ones are read in parts
            (``plan="long"``). Default: 50,000. Not sent.
        api_version: of the API of Azure OpenAI. Default: ``$OPENAI_API_VERSION``, else 2024-10-21.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)  # type: ignore[misc]

    temperature: Annotated[float, Ge(0), Le(2)]
    top_p: Annotated[float, Gt(0), Le(1)]
    seed: int
    max_output_tokens: Annotated[int, Ge(1)]
    reasoning_effort: _Text
    service_tier: _Text
    stop: _Text | Annotated[list[_Text], MinLen(1)]
    extra_headers: dict[_Text, str]
    extra_query: dict[_Text, Any]
    extra_body: dict[_Text, Any]
    organization: _Text
    project: _Text
    context_window: Annotated[int, Ge(1000)]
    reading_length: Annotated[int, Ge(500)]
    api_version: _Text


#: Arguments of a client, not of a request.
_ACCOUNT: Final = ("organization", "project", "api_version")
#: Say into which parts an article is cut; the messages of the parts are in the fingerprint. No provider gets them.
_OF_READING: Final = ("context_window", "reading_length")
#: Have no effect on the answer: no part of the fingerprint.
_NO_EFFECT = frozenset(("extra_headers", "service_tier", *_ACCOUNT, *_OF_READING))
#: Fields of the body that the library writes itself.
_OWN_FIELDS = frozenset(
    ("model", "messages", "stream", "response_format", "tools", "tool_choice", "grammar", "n")
)
_HEADER_NAME = regex.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_checked = TypeAdapter(ModelOptions)


def check_options(options: Mapping[str, Any] | None, *, provider: str, local: bool) -> ModelOptions:
    """Return the options if they are valid and the provider takes them; empty for `None`.

    Raises:
        ConfigurationError: they are not, or it does not. The message contains no value of a header.
    """
    if options is None:
        return {}
    try:
        valid = _checked.validate_python(dict(options))
    except (ValidationError, TypeError, ValueError) as error:
        raise ConfigurationError(f"options: {_problem(error)}") from None  # the cause has the values
    adapter = adapter_of(provider)
    taken = adapter.option_names.keys() | adapter.client_options | set(_OF_READING)
    if local:
        taken -= {"reasoning_effort", "service_tier", *_ACCOUNT}
    if refused := sorted(valid.keys() - taken):
        name = "a local model" if local else provider
        known = f"it takes {', '.join(sorted(taken))}"
        raise ConfigurationError(f"options: {refused[0]} cannot be passed to {name}; {known}")
    if own := sorted(valid.get("extra_body", {}).keys() & _OWN_FIELDS):
        raise ConfigurationError(
            f"options: extra_body must not contain {own[0]}, which the library writes itself"
        )
    for header, value in valid.get("extra_headers", {}).items():
        if not _HEADER_NAME.fullmatch(header) or not (value.isascii() and value.isprintable()):
            raise ConfigurationError(
                f"options: {header!r} is not a valid header, or its value is not printable ASCII"
            )
    return valid


def _problem(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return "must be a mapping of names to values"
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    name = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return f"there is no option {name!r}; there are {', '.join(ModelOptions.__annotations__)}"
    return f"{name}: {first['msg']}"


def with_effect(options: ModelOptions) -> dict[str, Any]:
    """Return the options that a result depends on."""
    return {name: value for name, value in options.items() if name not in _NO_EFFECT}


def secrets(options: ModelOptions) -> list[str]:
    """Return the values that must not be logged."""
    return list(options.get("extra_headers", {}).values())
