"""`Protocol`: the forms of one provider's requests, answers and errors."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import regex

Json = dict[str, Any]
#: Characters of an answer in one event of a stream.
_PER_EVENT = 16
#: The schema in instructor's instructions for a protocol or a server that has no parameter for one.
_SCHEMA = regex.compile(r"json_schema:\s*(\{.*\})\s*Make sure", regex.DOTALL)


@dataclass(frozen=True)
class Question:
    """What a request asks for.

    Attributes:
        schema: JSON schema of the answer.
        prompt: the user's messages, joined by line ends; ids and names of a good answer come from it.
        length: characters of all messages, from which the usage is counted.
        model: name of the model.
        compact: whether the answer must be JSON without white space, as a grammar requires.
    """

    schema: Json
    prompt: str
    length: int
    model: str = "fake"
    compact: bool = False


@dataclass(frozen=True)
class Written:
    """An answer, which a protocol wraps into the body of a response.

    Attributes:
        text: what the model wrote, usually JSON; `None` if it wrote nothing, as in a refusal.
        finish: why it ended, in OpenAI's words: "stop", "length", "content_filter"; another word is the provider's own.
        refusal: what the model says instead of an answer; `None` if it does not refuse.
        empty: the response has no answer at all, such as no choices or no content blocks.
        input_tokens: all tokens of the prompt, cached ones included.
        output_tokens: tokens of the answer.
        cached_tokens: those of the input that were read from the provider's cache.
    """

    text: str | None
    finish: str = "stop"
    refusal: str | None = None
    empty: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


class Protocol(ABC):
    """The forms of one protocol.

    Attributes:
        path: appended to the server's address in `FakeModel.url`, such as "/v1": what `base_url` has to end with.
        finishes: the provider's words for "stop", "length" and "content_filter".
    """

    path: str = ""
    finishes: Mapping[str, str] = {}

    def refuse(self, path: str, request: Json) -> tuple[int, str] | None:
        """Return the status and message with which the provider refuses a request whatever it asks; usually `None`."""
        return None

    @abstractmethod
    def question(self, path: str, request: Json) -> Question:
        """Return what a request asks for, by the path of its URL and its body.

        It must not raise for a body of another form; the schema is then `{"type": "object"}`.
        """

    @abstractmethod
    def answer(self, question: Question, request: Json, written: Written) -> Json:
        """Return the body of a response with status 200."""

    def events(self, body: Json) -> list[bytes]:
        """Return the server-sent events of a streamed response that says the same as a body; empty if there is no such form."""
        return []

    @abstractmethod
    def error(self, status: int, message: str, code: str | None) -> Json:
        """Return the body of a response with an error status; `code` is the word of OpenAI for the error, if it has one.

        It has the words that the provider uses for the same error, as far as the SDK or the library looks at them.
        """

    def headers(self, status: int) -> dict[str, str]:
        """Return headers of a response besides its content type, date and length, such as the kind of an error."""
        return {}

    def finish(self, written: Written) -> str:
        """Return the provider's word for the end of an answer."""
        return self.finishes.get(written.finish, written.finish)


def event(data: Json, name: str | None = None) -> bytes:
    """Return a server-sent event with JSON data."""
    head = "" if name is None else f"event: {name}\n"
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def pieces(text: str) -> list[str]:
    """Return a text in short pieces, as a model writes it."""
    return [text[start : start + _PER_EVENT] for start in range(0, len(text), _PER_EVENT)]


def text_of(content: Any) -> str:
    """Return the text of a message's content: a string, or the `text` of its parts."""
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return "" if content is None else str(content)


def length_of(messages: Any) -> int:
    """Return the number of characters in the contents of messages."""
    messages = messages if isinstance(messages, list) else []
    return sum(len(text_of(message.get("content"))) for message in messages if isinstance(message, dict))


def user_text(messages: Any) -> str:
    """Return the contents of the user's messages, joined by line ends."""
    return _text_by("user", messages)


def system_text(messages: Any) -> str:
    """Return the contents of the system's messages, joined by line ends."""
    return _text_by("system", messages)


def _text_by(role: str, messages: Any) -> str:
    messages = messages if isinstance(messages, list) else []
    return "\n".join(
        text_of(m.get("content")) for m in messages if isinstance(m, dict) and m.get("role") == role
    )


def schema_in(text: str) -> Json:
    """Return the JSON schema in a system message of instructor, or the schema of any object."""
    found = _SCHEMA.search(text)
    schema: Json = json.loads(found[1]) if found else {"type": "object"}
    return schema
