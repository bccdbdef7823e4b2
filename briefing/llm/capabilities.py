"""Capabilities of a model's server: output modes and parameters it accepts, learned from the requests it rejects.

OpenAI-compatible servers support JSON schemas, tools, or neither; some models accept only their default temperature.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import regex

from briefing.errors import BriefingError, RequestError
from briefing.llm.providers import Adapter, adapter_of
from briefing.llm.targets import Target

#: In error messages of servers that do not support an output mode.
_MODE_REJECTED = regex.compile(
    r"response_format|json_schema|json schema|structured output|tools?\b|tool_choice"
    r"|json ?mode|response_?(?:json_?)?schema|too many states for serving",  # Gemini's words
    regex.IGNORECASE,
)
#: In error messages about a parameter that is not known, rather than too large.
_NAME_REJECTED = regex.compile(
    r"unsupported|not supported|unrecogni[sz]ed|unknown|unexpected|not permitted|instead", regex.IGNORECASE
)
#: In error messages about a model that does not exist.
_MODEL = regex.compile(r"\bmodel\b", regex.IGNORECASE)
#: In error messages about models that accept only their default temperature.
_TEMPERATURE_REJECTED = regex.compile(r"\btemperature\b", regex.IGNORECASE)

#: In error messages of servers that do not stream, or do not say in a stream how many tokens it took.
_STREAM_REJECTED = regex.compile(r"(?<options>stream_options|include_usage)|\bstream", regex.IGNORECASE)
Streaming = Literal["usage", "plain"]


class RequestFeatures(NamedTuple):
    """Optional features that one request uses.

    Attributes:
        adapter: of the protocol that the request is made by.
        mode: name of the `instructor.Mode`; `None` for the provider's default.
        temperature: whether a temperature is sent that the user did not choose.
        output_limit: name of the parameter for the output limit; `None` if it is unknown.
        streaming: how an answer is streamed that somebody watches: with the "usage" at its end, "plain", or not at all.
    """

    adapter: Adapter
    mode: str | None
    temperature: bool
    output_limit: str | None
    streaming: Streaming | None = "usage"


class Capabilities:
    """Features that a server has not rejected yet. A rejected feature is not used again.

    `temperature` is whether a temperature is sent at first.
    """

    def __init__(self, target: Target, *, temperature: bool) -> None:
        self._adapter = adapter_of(target.provider)
        self._modes = self._adapter.first_modes(target)
        self._temperature = temperature
        self._local = target.local
        self._streaming: Streaming | None = "usage"
        self._output_limits = list(self._adapter.limit_names)
        if target.reasons:
            self._output_limits.reverse()

    @property
    def best(self) -> RequestFeatures:
        """The best features that have not been rejected."""
        mode = self._modes[0] if self._modes else None
        adapter = self._adapter.mode_adapter(mode) if mode else self._adapter
        limits = self._output_limits if adapter is self._adapter else adapter.limit_names
        limit = limits[0] if limits else None
        return RequestFeatures(adapter, mode, self._temperature, limit, self._streaming)

    def best_for(self, *, watched: bool) -> RequestFeatures:
        """Return the best features for a request; its answer is streamed only if somebody watches it, or the model is local."""
        return self.best if watched or self._local else self.best._replace(streaming=None)

    def downgrade(self, error: BriefingError, used: RequestFeatures) -> bool:
        """Drop the feature that the error rejects. Returns whether the request can be made again without it.

        Concurrent requests that are rejected for the same feature drop it once.
        """
        if not isinstance(error, RequestError):
            return False
        message = error.provider_message or ""
        if used.temperature and _TEMPERATURE_REJECTED.search(message):
            self._temperature = False
            return True
        if used.streaming and (rejected := _STREAM_REJECTED.search(message)):
            options_only = rejected["options"] is not None and used.streaming == "usage"
            self._streaming = "plain" if options_only and self._streaming else None
            return True
        if self._local:  # it has one mode, and its grammar
            return False
        wanted = self._adapter.mode_asked_for(message)
        if wanted and wanted != used.mode:
            self._modes = [wanted, *(mode for mode in self._modes if mode != wanted)]
            return True
        own = used.adapter is self._adapter
        if not own and error.status in (404, 405) and not _MODEL.search(message):
            return self._without(used.mode)  # the server lacks the endpoint
        if own and used.output_limit and used.output_limit in message and _NAME_REJECTED.search(message):
            if used.output_limit == self._output_limits[0]:
                if len(self._output_limits) < 2:
                    return False
                del self._output_limits[0]
            return True
        return used.mode is not None and bool(_MODE_REJECTED.search(message)) and self._without(used.mode)

    def _without(self, mode: str | None) -> bool:
        """Drop a mode. Returns whether there is another one."""
        if mode == self._modes[0]:
            if len(self._modes) < 2:
                return False
            del self._modes[0]
        return True
