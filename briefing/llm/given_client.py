"""The user's own client: an SDK's, or instructor's around one. Calls are made by a copy that shares its connections.

Its proxy, TLS settings, headers and credentials apply. The client itself is neither changed nor closed: retries, redirects and
the size limit are settings of the copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from briefing.errors import ConfigurationError
from briefing.llm.providers import Adapter, adapter_of, adapters
from briefing.llm.targets import OPENAI_DEFAULT, Target, target_of
from briefing.redaction import scrub


@dataclass(frozen=True)
class GivenClient:
    """A client of the user's.

    Attributes:
        provider: whose protocol it speaks.
        sdk: the SDK's client.
        is_async: whether it makes async calls; `None` if it makes both.
    """

    provider: str
    sdk: Any
    is_async: bool | None

    @classmethod
    def of(cls, client: Any, *others: str | None) -> GivenClient:
        """Recognize a client by its class. `others` are an address and a key that were given besides.

        Raises:
            ConfigurationError: it is not the client of a known SDK, or there are others.
        """
        if any(others):
            raise ConfigurationError(
                "client= has an address and a key of its own; leave out base_url= and api_key="
            )
        sdk = getattr(client, "client", None) if _root(type(client)) == "instructor" else client
        names = [f"{_root(base)}.{base.__name__}" for base in type(sdk).__mro__]
        for name in names:
            for provider, adapter in adapters().items():
                if name in adapter.client_classes:
                    return cls(provider, sdk, adapter.client_classes[name])
        known = sorted({name for adapter in adapters().values() for name in adapter.client_classes})
        raise ConfigurationError(
            f"client= must be a client of a provider's SDK ({', '.join(known)}) or instructor's around one, not {names[0]}"
        )

    def target(self, model: str | None, *, options: Mapping[str, Any] | None, **_: str | None) -> Target:
        """Parse the name of a model, which may be plain, without a provider. Address and key are the client's.

        Raises:
            ConfigurationError: there is no model, or it is one of another protocol, or an option is the client's.
        """
        if model is None and self.provider == "openai":
            model = OPENAI_DEFAULT
        if model is None:
            raise ConfigurationError("client= needs model=, the name of the model that it is to call")
        named = model.partition("/")[0] if isinstance(model, str) and "/" in model else None
        if named not in adapters():
            model = f"{self.provider}/{model}"
        elif not isinstance(self._adapter, type(adapter_of(named))) and named != self.provider:
            raise ConfigurationError(
                f"client= is {self._name}, which speaks another protocol than {named}. Give the model's name alone, or a client "
                f"for {named}"
            )
        if own := sorted((options or {}).keys() & adapter_of(model.partition("/")[0]).client_options):
            raise ConfigurationError(f"options: {own[0]} is a setting of client=; set it there")
        key = self._text("api_key")
        if key and " " in key:  # what AzureOpenAI has in place of a key, if it is given tokens of Entra ID
            key = None
        return target_of(model, base_url=self._text("base_url"), api_key=key, options=options)

    def connect(self, *, is_async: bool) -> Any:
        """Return a client for calls of ours, which shares the connections of the user's.

        Raises:
            ConfigurationError: it makes no calls of this kind, is closed, or no copy of it can be made.
        """
        if self.is_async and not is_async:
            raise ConfigurationError(
                f"client= is {self._name}, which cannot make the calls of summarize. Use asummarize or summarize_many, or give "
                "the SDK's sync client"
            )
        is_closed = getattr(self.sdk, "is_closed", None)
        if is_closed is not None and is_closed():
            raise ConfigurationError(f"client= is {self._name}, which has been closed; give an open one")
        try:
            return self._adapter.borrow(self.sdk, is_async=is_async)
        except (TypeError, AttributeError) as error:  # a subclass with a constructor of its own
            raise ConfigurationError(
                f"client= is {self._name}, of which no copy can be made: {scrub(str(error))}"
            ) from error

    @property
    def secrets(self) -> list[str]:
        """Values that must not be logged: headers that the user has set, and a key that is not an attribute."""
        headers = getattr(self.sdk, "_custom_headers", None)
        values = list(headers.values()) if isinstance(headers, Mapping) else []
        values.append(getattr(getattr(self.sdk, "_api_client", None), "api_key", None))  # of google-genai
        return [value for value in values if value and isinstance(value, str)]

    @property
    def _adapter(self) -> Adapter:
        return adapter_of(self.provider)

    @property
    def _name(self) -> str:
        return f"{_root(type(self.sdk))}.{type(self.sdk).__name__}"

    def _text(self, name: str) -> str | None:
        value = getattr(self.sdk, name, None)
        return None if value is None or callable(value) else str(value) or None


def _root(kind: type) -> str:
    return kind.__module__.partition(".")[0]
