"""Which model: from `provider/name` to a server that can be asked."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from briefing.errors import ConfigurationError, UnknownModelError
from briefing.redaction import scrub

#: Used where an OpenAI key is set and no model is named.
OPENAI_DEFAULT = "openai/gpt-5-mini"
#: What `local` stands for.
LOCAL_DEFAULT = "local/qwen2.5-coder-1.5b"
#: Model families that refuse `temperature`.
_REASONING = ("gpt-5", "o1", "o3", "o4")


@dataclass(frozen=True)
class Target:
    """A model and how to reach it.

    Attributes:
        model: as the user named it; goes into results and fingerprints.
        provider: as instructor knows it.
        name: as the server knows it.
        base_url: `None` for the provider's own.
        local: a server whose grammars we may use freely.
        warning: something to tell the user, such as a fallback to a smaller model.
        spec: of a local model, as the user wrote it: plain `local` may fall back to a smaller one.
        batch: asked by the provider's batch API, which has prices of its own.
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

    @property
    def reasons(self) -> bool:
        """Whether the model refuses sampling parameters."""
        return self.name.startswith(_REASONING)


def default_model() -> str:
    """`$BRIEFING_MODEL`, else OpenAI's where there is a key, else `local`."""
    if named := os.environ.get("BRIEFING_MODEL"):
        return named
    return OPENAI_DEFAULT if os.environ.get("OPENAI_API_KEY") else "local"


def target_of(model: str | None, *, base_url: str | None = None, api_key: str | None = None) -> Target:
    """Read a model's name. Starts no server and makes no call.

    Raises:
        UnknownModelError: not `provider/name`, `local`, `local/NAME` or `local:FILE.gguf`.
        ConfigurationError: `base_url` is no address, or `api_key` no key.
    """
    if base_url and not _is_address(base_url):
        raise ConfigurationError(
            f"base_url={scrub(str(base_url))!r} is not an address. Give one like http://localhost:8000/v1"
        )
    if model is not None and not isinstance(model, str):
        raise UnknownModelError(unknown_model_message(repr(model)))
    model = (model or default_model()).strip()
    if is_local(model):
        kind, name = model[:6], model[6:] or LOCAL_DEFAULT.removeprefix("local/")
        if model in ("local/", "local:"):
            raise UnknownModelError(unknown_model_message(model))
        # Results and cassettes name a file, not the folders of a machine.
        name = Path(name).name if kind == "local:" else name
        return Target(
            f"{kind if model[6:] else 'local/'}{name}",
            "openai",
            name,
            base_url,
            api_key,
            local=True,
            spec=model,
        )
    provider, _, name = model.partition("/")
    if not provider or not name:
        raise UnknownModelError(unknown_model_message(model))
    _check_key(api_key or (os.environ.get("OPENAI_API_KEY") if provider == "openai" else None))
    return Target(model, provider, name, base_url, api_key)


def _is_address(url: object) -> bool:
    if not isinstance(url, str) or not url.startswith(("http://", "https://")) or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return bool(parts.hostname) and " " not in url and port != 0


def _check_key(key: object) -> None:
    # It is a header's value. The message must not hold it.
    if key and not (isinstance(key, str) and key.isascii() and key.isprintable() and " " not in key):
        raise ConfigurationError(
            "the API key is no text of printable ASCII characters without spaces; was it read with the end of its line?"
        )


def is_local(model: str) -> bool:
    """Whether a name is that of a model in process."""
    return model == "local" or model.startswith(("local/", "local:"))


def unknown_model_message(model: str) -> str:
    """Message for a model that there is none of."""
    return (
        f"unknown model {scrub(model)!r}. Give provider/name, such as openai/gpt-5-mini, anthropic/claude-sonnet-4-5 "
        "or ollama/llama3.2; or local, local/NAME, local:FILE.gguf for a model on this machine"
    )


def missing_key_message(model: str) -> str:
    """Message for a provider that needs a key."""
    provider = model.partition("/")[0]
    return (
        f"{model} needs an API key: set {provider.upper().replace('-', '_')}_API_KEY or pass api_key=. "
        "Without a key, use model='local'"
    )
