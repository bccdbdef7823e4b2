"""The calls that `faults.py` makes, ours and the peers', and the process that makes them."""

from __future__ import annotations

import asyncio
import logging
import pickle
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel
from tenacity import Retrying, stop_after_attempt

ARTICLE = (Path(__file__).resolve().parent.parent / "seeds" / "harbour-bridge-inquiry.txt").read_text(
    encoding="utf-8"
)
LIBRARIES = ("briefing", "briefing, async", "instructor", "openai")
#: Seconds.
TIMEOUT, DEADLINE = 2.0, 6.0
#: In no form that a server would mask.
KEY = "sk-proj-" + "made0up1" * 4  # of the shape, and nobody's
#: What the server says is wrong, so that it can be found again.
SAID = "kestrel nests in the rack"

Data = dict[str, Any]


class Quote(BaseModel):
    """A quotation, for the peers."""

    text: str
    speaker: str | None


class Entity(BaseModel):
    """A name, for the peers."""

    name: str
    type: Literal["person", "organization", "location", "event", "product", "work", "other"]


class Plain(BaseModel):
    """What the peers are asked for."""

    headline: str
    summary: list[str]
    key_quotes: list[Quote]
    entities: list[Entity]


GOOD = Plain(
    headline="Bridge crack was reported twice",
    summary=["A crack in Port Callan's Harbour Bridge was reported twice before it was shut."],
    key_quotes=[Quote(text="No", speaker=None)],
    entities=[Entity(name="Harbour Bridge", type="work")],
).model_dump()


def briefing_sync(url: str) -> Callable[[], Any]:
    """Our call."""
    import briefing

    briefer = briefing.Briefer("openai/fake", base_url=url, api_key=KEY, timeout=TIMEOUT, deadline=DEADLINE)
    return lambda: briefer.summarize(ARTICLE)


def briefing_async(url: str) -> Callable[[], Any]:
    """Our async call."""
    import briefing

    options: Any = {"base_url": url, "api_key": KEY, "timeout": TIMEOUT, "deadline": DEADLINE}
    return lambda: asyncio.run(briefing.asummarize(ARTICLE, model="openai/fake", **options))


MESSAGES: Any = [
    {"role": "system", "content": "Summarize the article. Copy its quotations and names."},
    {"role": "user", "content": ARTICLE},
]


def instructor(url: str, *, sdk: int = 2, attempts: Any = 3, mode: str = "TOOLS") -> Callable[[], Any]:
    """Instructor's call, as in its documentation, or with other options."""
    import instructor
    import openai

    made = openai.OpenAI(base_url=url, api_key=KEY, timeout=TIMEOUT, max_retries=sdk)
    client = instructor.from_openai(made, mode=instructor.Mode[mode])
    return lambda: client.create(model="fake", messages=MESSAGES, response_model=Plain, max_retries=attempts)


def bare(url: str) -> Callable[[], Any]:
    """The SDK's call and pydantic's reading."""
    import openai

    client = openai.OpenAI(base_url=url, api_key=KEY, timeout=TIMEOUT)
    schema: Any = {"name": "Plain", "schema": Plain.model_json_schema()}

    def call() -> Plain:
        made = client.chat.completions.create(
            model="fake", messages=MESSAGES, response_format={"type": "json_schema", "json_schema": schema}
        )
        return Plain.model_validate_json(made.choices[0].message.content or "")

    return call


def parsed(url: str) -> Callable[[], Any]:
    """The SDK's own reading of answers."""
    import openai

    client = openai.OpenAI(base_url=url, api_key=KEY, timeout=TIMEOUT)

    def call() -> Plain | None:
        made = client.chat.completions.parse(model="fake", messages=MESSAGES, response_format=Plain)
        return made.choices[0].message.parsed

    return call


def cancelled(url: str) -> Callable[[], Any]:
    """Instructor's async call, with an end."""
    import instructor
    import openai

    async def call() -> Any:
        client = instructor.from_openai(openai.AsyncOpenAI(base_url=url, api_key=KEY, timeout=TIMEOUT))
        async with asyncio.timeout(DEADLINE):
            return await client.create(model="fake", messages=MESSAGES, response_model=Plain, max_retries=3)

    return lambda: asyncio.run(call())


CALLS: dict[str, Callable[[str], Callable[[], Any]]]
CALLS = dict(zip(LIBRARIES, (briefing_sync, briefing_async, instructor, bare), strict=True))
#: Options of the peers, and lasting faults of which they may make something else.
OPTIONS = {
    "instructor, `OpenAI(max_retries=0)`": ("500", "500, 500, wrong shape, and so on"),
    "instructor, `max_retries=Retrying(stop=stop_after_attempt(3))`": ("401", "500"),
    "instructor, the same and `OpenAI(max_retries=0)`": ("401", "500"),
    "instructor, `Mode.JSON_SCHEMA`": ("content filter", "refusal"),
    "instructor, async in `asyncio.timeout(6)`": ("one byte every 0.5 s",),
    "openai, `chat.completions.parse`": ("cut off at the limit", "content filter", "refusal"),
}
THREE = Retrying(stop=stop_after_attempt(3))
CALLS |= dict(
    zip(
        OPTIONS,
        (
            partial(instructor, sdk=0),
            partial(instructor, attempts=THREE),
            partial(instructor, sdk=0, attempts=THREE),
            partial(instructor, mode="JSON_SCHEMA"),
            cancelled,
            parsed,
        ),
        strict=True,
    )
)


@dataclass(frozen=True)
class Outcome:
    """What came of a call.

    Attributes:
        result: "briefing", "answer", or the name of the error, with that of the error in it, if one is wrapped.
        seconds: from the call to its end.
        connections: made to the server's port.
        tokens: that the error knows of.
        says: whether the error holds what the server said.
        pickles: whether the error comes out of a pickle as it went in.
        tells: whether the key shows in the error's message.
        leaks: whether the key shows in the error's traceback, or in what was logged as a warning or worse.
        warned: whether the result carries a warning.
    """

    result: str
    seconds: float
    connections: int = 0
    error: bool = False
    tokens: int | None = None
    says: bool = False
    pickles: bool = False
    tells: bool = False
    leaks: bool = False
    warned: bool = False


def attempt(library: str, url: str) -> Outcome:
    """Make one call."""
    call = CALLS[library](url)
    _LOGGED.clear()
    before, started = len(_CONNECTED), time.monotonic()
    try:
        made = call()
    except Exception as error:
        seconds = time.monotonic() - started
        return failed(error, seconds, len(_CONNECTED) - before)
    seconds = time.monotonic() - started
    ours = library.startswith("briefing")
    return Outcome(
        "briefing" if ours else "answer" if made is not None else "None",
        seconds,
        len(_CONNECTED) - before,
        warned=ours and bool(made.meta.warnings),
    )


def failed(error: Exception, seconds: float, connections: int) -> Outcome:
    """What an error carries."""
    name = type(error).__name__
    if name == "InstructorRetryException" and error.__cause__ is not None:
        name += f" of {type(error.__cause__).__name__}"
    shown = [str(error), *map(str, vars(error).values())]
    return Outcome(
        name,
        seconds,
        connections,
        error=True,
        tokens=tokens(error),
        says=any(SAID in text for text in shown),
        pickles=comes_back(error),
        tells=KEY in str(error),
        leaks=KEY in "".join([*traceback.format_exception(error), repr(error), *_LOGGED]),
    )


def tokens(error: Exception) -> int | None:
    """Tokens that an error says were spent."""
    usage = getattr(error, "usage", None) or getattr(error, "total_usage", None)
    if usage is None:
        return None
    total = getattr(usage, "total_tokens", None)
    return usage.input_tokens + usage.output_tokens if total is None else int(total)


def comes_back(error: Exception) -> bool:
    """Whether a process pool could hand the error on."""
    try:
        again = pickle.loads(pickle.dumps(error))
    except Exception:
        return False
    return type(again) is type(error) and str(again) == str(error)


_CONNECTED: list[int] = []
_LOGGED: list[str] = []


def work(pipe: Connection) -> None:
    """Make calls as told, until told no more."""

    def heard(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and isinstance(arguments[1], tuple):
            _CONNECTED.append(arguments[1][1])

    sys.addaudithook(heard)
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: _LOGGED.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    while (task := pipe.recv()) is not None:
        pipe.send(attempt(*task))
