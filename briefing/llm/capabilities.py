"""How a model is asked: what its server takes is found out by its refusals, once.

Compatible servers know JSON schemas, tools, or neither; some models take no temperature but their own.
"""

from __future__ import annotations

from typing import NamedTuple

import regex

from briefing.errors import BriefingError, RequestError
from briefing.llm.targets import Target

#: Providers that take a JSON schema as `response_format`; the others use instructor's default.
_JSON_SCHEMA_PROVIDERS = frozenset(("openai", "ollama"))
#: What servers say that do not know a way of asking for JSON.
_MODE_REFUSED = regex.compile(
    r"response_format|json_schema|json schema|structured output|tools?\b|tool_choice", regex.IGNORECASE
)
#: What they say of a model that takes no temperature but its own.
_TEMPERATURE_REFUSED = regex.compile(r"\btemperature\b", regex.IGNORECASE)


class RequestFeatures(NamedTuple):
    """One way to ask.

    Attributes:
        mode: one of instructor's, by its name; `None` for its default for the provider.
        temperature: whether with a temperature.
    """

    mode: str | None
    temperature: bool


class Capabilities:
    """The ways to ask a model, best first; one that its server refuses is not tried again.

    Args:
        target: the model.
        temperature: whether it is asked with a temperature at all.
    """

    def __init__(self, target: Target, *, temperature: bool) -> None:
        self._modes = ["JSON_SCHEMA", "TOOLS", "MD_JSON"] if target.provider in _JSON_SCHEMA_PROVIDERS else []
        self._temperature = temperature
        self._local = target.local

    @property
    def best(self) -> RequestFeatures:
        """The best that has not been refused."""
        return RequestFeatures(self._modes[0] if self._modes else None, self._temperature)

    def downgrade(self, error: BriefingError, used: RequestFeatures) -> bool:
        """Whether the server refused a part of a way, and there is another.

        Of many calls that are refused at once, none takes away more than its own used.
        """
        if not isinstance(error, RequestError) or self._local:
            return False
        said = error.provider_message or ""
        if used.temperature and _TEMPERATURE_REFUSED.search(said):
            self._temperature = False
            return True
        if used.mode is None or not _MODE_REFUSED.search(said):
            return False
        if used.mode == self._modes[0]:
            if len(self._modes) < 2:
                return False
            del self._modes[0]
        return True
