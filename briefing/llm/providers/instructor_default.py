"""Providers without an adapter of their own: instructor makes the client, and what any response has is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from typing_extensions import override  # of the standard library from Python 3.12 on

from briefing.llm.providers.adapter import Adapter, Ending
from briefing.llm.providers.openai_chat import OPENAI_CHAT

if TYPE_CHECKING:
    from briefing.llm.targets import Target


class InstructorDefault(Adapter):
    """A provider that instructor knows, in its default mode. Its client is instructor's."""

    def __init__(self, provider: str) -> None:
        self.name = self.instructor_provider = provider
        self._defaults: dict[str, Any] = {}

    @override
    def connect(self, target: Target, *, is_async: bool) -> Any:
        import instructor

        given = {"base_url": target.base_url, "api_key": target.api_key}
        from_provider: Any = instructor.from_provider  # its overloads know no variable async_client
        client = from_provider(
            f"{target.provider}/{target.name}",
            async_client=is_async,
            **{name: value for name, value in given.items() if value},
        )
        # The same for all clients of a provider.
        self.instructor_provider, self.modes = client.provider.value, (client.mode.name,)
        self._defaults = dict(client.kwargs)
        return client

    @override
    def create(self, client: Any) -> Callable[..., Any]:
        create: Callable[..., Any] = getattr(client.create_fn, "__wrapped__", client.create_fn)
        return create

    @override
    def configure(self, client: Any, *, is_async: bool) -> bool:
        return super().configure(client.client, is_async=is_async)

    @override
    def close(self, client: Any) -> Any:
        return super().close(client.client)

    @override
    def defaults(self, target: Target) -> dict[str, Any]:
        return dict(self._defaults)

    @override
    def read_text(self, response: Any) -> str:
        return OPENAI_CHAT.read_text(response)

    @override
    def write_text(self, response: Any, text: str) -> None:
        if hasattr(response, "choices"):
            OPENAI_CHAT.write_text(response, text)

    @override
    def stop_reason(self, response: Any) -> Ending:
        if hasattr(response, "choices") or _is_plain(response):
            return OPENAI_CHAT.stop_reason(response)
        reason = getattr(response, "stop_reason", None)
        return Ending("refusal" if reason == "refusal" else "stop", str(reason or ""))


def _is_plain(response: Any) -> bool:
    """Whether a response is not an object of an SDK."""
    return response is None or isinstance(response, bool | int | float | str | list | dict)
