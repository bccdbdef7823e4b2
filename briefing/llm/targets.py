"""Model names: from `provider/name` to a provider, a model and a server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from briefing.errors import ConfigurationError, UnknownModelError
from briefing.llm.options import ModelOptions, check_options
from briefing.llm.providers import adapter_of, adapters
from briefing.redaction import scrub

#: Environment variable that, set to 1, allows providers without an adapter, as far as instructor knows them.
ANY_PROVIDER = "BRIEFING_ANY_PROVIDER"
#: Default model if an OpenAI key is set.
OPENAI_DEFAULT = "openai/gpt-5-mini"
#: Model that `local` stands for.
LOCAL_DEFAULT = "local/qwen2.5-coder-1.5b"
#: Prefixes of reasoning models, which reject `temperature`.
_REASONING = ("gpt-5", "o1", "o3", "o4", "gemini-2.5", "gemini-3", "magistral")
#: Variables from which the providers' SDKs take the address of a server, where none is given.
_ADDRESS_VARIABLES = {
    "openai": "OPENAI_BASE_URL",
    "anthropic": "ANTHROPIC_BASE_URL",
    "cohere": "CO_API_URL",
    "google": "GOOGLE_GEMINI_BASE_URL",
    "vertexai": "GOOGLE_VERTEX_BASE_URL",
}


@dataclass(frozen=True)
class Target:
    """A model and its server.

    Attributes:
        model: name as the user gave it, for results and fingerprints.
        provider: instructor's name of the provider.
        name: the server's name of the model.
        base_url: URL of the API; `None` for the provider's default.
        api_key: `None` for the provider's environment variable.
        local: runs on this machine, with a grammar per article.
        warning: for the result, such as a fallback to a smaller model.
        spec: name of a local model as the user gave it; plain `local` may fall back to a smaller model.
        batch: called by the provider's batch API, which has its own prices.
        options: options of the model.
    """

    model: str
    provider: str
    name: str
    base_url: str | None = field(default=None, repr=False)  # it may hold a password
    api_key: str | None = field(default=None, repr=False)
    local: bool = False
    warning: str | None = None
    spec: str = ""
    batch: bool = False
    options: ModelOptions = field(default_factory=ModelOptions, repr=False, hash=False)  # it may hold secrets

    @property
    def address(self) -> str | None:
        """URL of the API, by the environment where it is not given; `None` for the provider's default."""
        variable = _ADDRESS_VARIABLES.get(self.provider)
        return self.base_url or (os.environ.get(variable) if variable else None) or None

    @property
    def reasons(self) -> bool:
        """Whether it is a reasoning model: it rejects sampling parameters and spends tokens before it answers."""
        return self.name.startswith(_REASONING)


def default_model() -> str:
    """Return `$BRIEFING_MODEL`, else OpenAI's default if `OPENAI_API_KEY` is set, else `local`."""
    if named := os.environ.get("BRIEFING_MODEL"):
        return named
    return OPENAI_DEFAULT if os.environ.get("OPENAI_API_KEY") else "local"


def target_of(
    model: str | None,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Target:
    """Parse a model name, `None` for the default model. Starts no server and makes no call.

    Raises:
        UnknownModelError: `model` has another form.
        ConfigurationError: `base_url` is not a URL, the API key not a valid header value, or `options` not valid.
    """
    if base_url and not _is_url(base_url):
        raise ConfigurationError(
            f"base_url={scrub(str(base_url))!r} is not an http or https URL. Give one like http://localhost:8000/v1"
        )
    if model is not None and not isinstance(model, str):
        raise UnknownModelError(unknown_model_message(repr(model)))
    model = (model or default_model()).strip()
    if model == "local" or model.startswith(("local/", "local:")):
        kind, name = model[:6], model[6:] or LOCAL_DEFAULT.removeprefix("local/")
        if model in ("local/", "local:"):
            raise UnknownModelError(unknown_model_message(model))
        # Results and cassettes name the file without its folder.
        name = Path(name).name if kind == "local:" else name
        full_name = f"{kind if model[6:] else 'local/'}{name}"
        valid = check_options(options, provider="openai", local=True)
        return Target(full_name, "openai", name, base_url, api_key, local=True, spec=model, options=valid)
    provider, _, name = model.partition("/")
    if not provider or not name:
        raise UnknownModelError(unknown_model_message(model))
    if provider not in adapters() and os.environ.get(ANY_PROVIDER) != "1":
        raise UnknownModelError(_unknown_provider_message(model, provider))
    _check_key(api_key or (os.environ.get("OPENAI_API_KEY") if provider == "openai" else None))
    valid = check_options(options, provider=provider, local=False)
    adapter_of(provider).check_values(name, valid)
    return Target(model, provider, name, base_url, api_key, options=valid)


def _is_url(url: object) -> bool:
    if not isinstance(url, str) or not url.startswith(("http://", "https://")) or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return bool(parts.hostname) and " " not in url and port != 0


def _check_key(key: object) -> None:
    # A key is sent as a header value. The message must not contain it.
    if key and not (isinstance(key, str) and key.isascii() and key.isprintable() and " " not in key):
        raise ConfigurationError(
            "the API key must consist of printable ASCII characters without spaces. Was it read with its line end?"
        )


def _unknown_provider_message(model: str, provider: str) -> str:
    return (
        f"unknown model {scrub(model)!r}: there is no provider {scrub(provider)!r}. Give provider/name with a provider of {', '.join(sorted(adapters()))}. For another server that "
        f"speaks OpenAI's protocol, give openai/NAME and base_url=. To let instructor try a provider of its own, set {ANY_PROVIDER}=1"
    )


def unknown_model_message(model: str) -> str:
    """Return the error message for an unknown model name."""
    return (
        f"unknown model {scrub(model)!r}. Give provider/name, such as openai/gpt-5-mini, anthropic/claude-sonnet-5 "
        "or ollama/llama3.2; or local, local/NAME, local:FILE.gguf for a model on this machine"
    )
