"""What a fault of the model's server costs: `briefing`, instructor and the bare `openai` client.

    python benchmarks/faults.py [--only TEXT] [--jobs N]

Each fault is played by `briefing.testing.FakeModel` on the loopback interface to each library, with the same article, twice: once
followed by good answers, and for ever. The tables are printed in Markdown: HTTP calls as the server counts them (connections,
where none gets as far as a request), what came out, and seconds. A last table says what the errors carry.

- briefing: `Briefer(timeout=2, deadline=6)`, all else as it comes; sync, and async for a line below the tables;
- instructor: `from_openai(OpenAI(timeout=2)).create(..., max_retries=3)`, as its documentation shows it;
- openai: `OpenAI(timeout=2)`, `chat.completions.create` with a JSON schema, and pydantic.

The peers are asked for an equivalent plain schema. Their good answers, and briefing's, are given by the server, so that only
the fault differs. Each call is made in a process of its own that is stopped after 20 s.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import email.utils
import itertools
import json
import logging
import multiprocessing
import pickle
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from briefing.testing import FakeModel, Fault, answer

ARTICLE = (Path(__file__).resolve().parent.parent / "seeds" / "harbour-bridge-inquiry.txt").read_text(
    encoding="utf-8"
)
LIBRARIES = ("briefing", "briefing, async", "instructor", "openai")
TIMEOUT, DEADLINE, LIMIT = 2.0, 6.0, 20.0
#: In no form that a server would mask.
KEY = "sk-proj-Zx81kQ0mPb3vTn64LrWc92JhYd"
#: What the server says is wrong, so that it can be found again.
SAID = "kestrel nests in the rack"
#: Tokens of each answer that is paid for.
TOKENS = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}

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


def completion(request: Data, content: str | None, **ended: Any) -> Data:
    """An answer of the OpenAI protocol, as text or as the call of the tool that was offered."""
    message: Data = {"role": "assistant", "content": content, "refusal": ended.get("refusal")}
    if request.get("tools") and content is not None:
        function = {"name": request["tools"][0]["function"]["name"], "arguments": content}
        message |= {"content": None, "tool_calls": [{"id": "1", "type": "function", "function": function}]}
    choice = {"index": 0, "message": message, "finish_reason": ended.get("finish_reason", "stop")}
    return {
        "id": "fake",
        "object": "chat.completion",
        "created": 0,
        "model": "fake",
        "choices": [choice],
        "usage": TOKENS,
    }


Make = Callable[[int, Data, Data], Fault]


@dataclass(frozen=True)
class Case:
    """A fault, and what `briefing` does about it."""

    name: str
    does: str
    #: From the number of a request, the request, and the good answer to it.
    make: Make
    #: Whether each answer is one that a provider charges for.
    paid: bool = False
    #: Whether the server gives a reason.
    says: bool = False
    #: Whether it repeats the key in it.
    echoes: bool = False
    #: Where the address leads: to the server, to a port where nobody listens, to the server by TLS, which it does not speak.
    address: Literal["server", "nobody", "tls"] = "server"
    #: Whether there is no playing it once.
    lasts: bool = False


def error(status: int, said: str = SAID, code: str | None = None, **headers: str) -> Make:
    """An error of a status in OpenAI's form, whose message repeats the key."""
    body = {"error": {"message": f"{said} (your key: {KEY})", "type": "fake", "param": None, "code": code}}
    fault = Fault(status=status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})
    return lambda *_: fault


def answered(
    change: Callable[[Data], str | None],
    *,
    finish_reason: str = "stop",
    refusal: str | None = None,
    **fault: Any,
) -> Make:
    """A changed answer, which is paid for, or a good one that is sent badly."""
    return lambda _number, request, good: Fault(
        body=completion(request, change(good), finish_reason=finish_reason, refusal=refusal), **fault
    )


def sent(**fault: Any) -> Make:
    """A fault that does not depend on the request."""
    return lambda *_: Fault(**fault)


def in_two_seconds(number: int, request: Data, good: Data) -> Fault:
    """429 until a date."""
    date = email.utils.formatdate(time.time() + 2, usegmt=True)
    return error(429, retry_after=date)(number, request, good)


def without_choices(_number: int, request: Data, _good: Data) -> Fault:
    """A completion with no choice in it."""
    return Fault(body=completion(request, None) | {"choices": []})


def nowhere(good: Data) -> str:
    """Another quotation, which is not in the article: an id of none, or words of nobody."""
    pointed = {"id": "q99", "speaker": None}
    copied = {"text": "It was the wind", "speaker": None}
    quotes = good["key_quotes"]
    return json.dumps(good | {"key_quotes": [*quotes, pointed if "id" in quotes[0] else copied]})


def twice(good: Data) -> str:
    """Each quotation twice."""
    return json.dumps(good | {"key_quotes": good["key_quotes"] * 2})


def not_a_number(good: Data) -> str:
    """NaN where a text is due."""
    return json.dumps(good | {"headline": float("nan")})


def by_turns(number: int, request: Data, good: Data) -> Fault:
    """Two failures of the server, then one of the model."""
    make = error(500) if (number + 1) % 3 else answered(misshapen)
    return make(number, request, good)


def misshapen(_good: Data) -> str:
    """Valid JSON that nobody asked for."""
    return '{"title": [1]}'


def ill_formed(good: Data) -> str:
    """An answer whose first colon is missing."""
    return json.dumps(good).replace(":", "", 1)


def half(good: Data) -> str:
    """The first half of an answer."""
    text = json.dumps(good)
    return text[: len(text) // 2]


def huge(good: Data) -> str:
    """An answer with a field that nobody asked for."""
    return json.dumps(good | {"padding": "x" * 10_000_000})


CASES = (
    Case(
        "429, Retry-After: 2", "wait as asked, try again", error(429, retry_after="2"), says=True, echoes=True
    ),
    Case("429, Retry-After: a date", "wait as asked, try again", in_two_seconds, says=True, echoes=True),
    Case("429, Retry-After: 0", "try again at once", error(429, retry_after="0"), says=True, echoes=True),
    Case(
        "429, Retry-After: 300",
        "give up: the deadline is before",
        error(429, retry_after="300"),
        says=True,
        echoes=True,
    ),
    Case("429 insufficient_quota", "give up", error(429, code="insufficient_quota"), says=True, echoes=True),
    *(
        Case(f"{status}", "back off, try again", error(status), says=True, echoes=True)
        for status in (408, 500, 502, 503, 529)
    ),
    Case("401", "give up", error(401), says=True, echoes=True),
    Case("403", "give up", error(403), says=True, echoes=True),
    Case("404, no such model", "give up", error(404), says=True, echoes=True),
    Case(
        "400, article too long",
        "give up",
        error(400, f"maximum context length is 4096 tokens; {SAID}", "context_length_exceeded"),
        says=True,
        echoes=True,
    ),
    Case("redirect", "give up", sent(status=307, body="", headers={"location": "/elsewhere"})),
    Case("connection refused", "back off, try again", sent(), address="nobody", lasts=True),
    Case("TLS error", "give up", sent(), address="tls", lasts=True),
    Case("closed before the answer", "back off, try again", sent(drop=True)),
    Case("reset before the answer", "back off, try again", sent(broken="reset")),
    Case("reset inside the answer", "back off, try again", answered(json.dumps, broken="reset inside")),
    Case("answer cut short", "back off, try again", answered(json.dumps, broken="cut")),
    Case("no answer", "stop at `timeout`, try again", sent(hang=True)),
    Case("one byte every 0.5 s", "stop at `deadline`", answered(json.dumps, drip=0.5)),
    Case(
        "HTML with 200",
        "back off, try again",
        sent(body=f"<p>{SAID}</p>", headers={"content-type": "text/html"}),
        says=True,
    ),
    Case("JSON called text/plain", "read it", answered(json.dumps, headers={"content-type": "text/plain"})),
    Case("empty body with 200", "back off, try again", sent(body="")),
    Case("no choices", "back off, try again", without_choices, paid=True),
    Case(
        "cut off at the limit",
        "ask with a higher limit, then in parts",
        answered(half, finish_reason="length"),
        paid=True,
    ),
    Case("content filter", "give up", answered(lambda _: "", finish_reason="content_filter"), paid=True),
    Case("refusal", "give up", answered(lambda _: None, refusal=SAID), paid=True, says=True),
    Case("invalid JSON", "ask again", answered(ill_formed), paid=True),
    Case(
        "JSON in a code fence",
        "read it",
        answered(lambda good: f"```json\n{json.dumps(good)}\n```"),
        paid=True,
    ),
    Case("valid JSON of the wrong shape", "ask again", answered(misshapen), paid=True),
    Case("NaN for a text", "ask again", answered(not_a_number), paid=True),
    Case(
        "a quotation that is not there", "ask again for that item, then drop it", answered(nowhere), paid=True
    ),
    Case("each quotation twice", "keep one", answered(twice), paid=True),
    Case(
        "500, 500, wrong shape, and so on",
        "count all calls together",
        by_turns,
        says=True,
        echoes=True,
        lasts=True,
    ),
    Case("an answer of 10 MB", "back off, try again", answered(huge), paid=True),
)


# In the process that makes the call.


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


def instructor(url: str) -> Callable[[], Any]:
    """Instructor's call, as in its documentation."""
    import instructor
    import openai

    client = instructor.from_openai(openai.OpenAI(base_url=url, api_key=KEY, timeout=TIMEOUT))
    return lambda: client.create(model="fake", messages=MESSAGES, response_model=Plain, max_retries=3)


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


CALLS = dict(zip(LIBRARIES, (briefing_sync, briefing_async, instructor, bare), strict=True))


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
        "briefing" if ours else "answer",
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


# In the process that serves and counts.


class Worker:
    """A process that makes calls; stopped and replaced where one does not end."""

    def __init__(self, libraries: list[str]) -> None:
        self._libraries = libraries
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["briefing.client", "instructor", "openai.resources.chat.completions"])
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs,), daemon=True)
        self._process.start()
        for library in self._libraries:  # what is loaded at first use
            with FakeModel(faults=partial(good, library)) as fake:
                self._pipe.send((library, fake.url))
                self._pipe.recv()

    def call(self, library: str, url: str) -> Outcome | None:
        """What came of a call; `None` if nothing did within the limit."""
        self._pipe.send((library, url))
        if self._pipe.poll(LIMIT):
            outcome: Outcome = self._pipe.recv()
            return outcome
        self._process.kill()
        self._start()
        return None

    def close(self) -> None:
        """End the process."""
        self._pipe.send(None)
        self._process.join(5)


def good(library: str, request: Data) -> Fault | None:
    """A good answer to a library's request."""
    if library.startswith("briefing"):
        return None  # the server knows what to say
    return Fault(body=completion(request, json.dumps(GOOD)))


@dataclass(frozen=True)
class Cell:
    """One call, as the server saw it and as it ended; `outcome` is `None` where it did not."""

    calls: int
    outcome: Outcome | None

    def __str__(self) -> str:
        if self.outcome is None:
            return f"{self.calls}, still going, {LIMIT:.0f} s"
        warned = " with a warning" if self.outcome.warned else ""
        return f"{self.calls}, {self.outcome.result}{warned}, {self.outcome.seconds:.1f} s"


Key = tuple[str, str, bool]


Task = tuple[Case, str, bool]


def measure(case: Case, library: str, worker: Worker, *, forever: bool) -> Cell:
    """Play a fault to a library."""
    asked = itertools.count()

    def script(request: Data) -> Fault | None:
        number = next(asked)
        if number and not forever:
            return good(library, request)
        return case.make(number, request, answer(request) if library.startswith("briefing") else GOOD)

    with FakeModel(faults=script) as fake:
        urls = {"server": fake.url, "nobody": fake.refused_url, "tls": fake.tls_url}
        outcome = worker.call(library, urls[case.address])
        calls = fake.calls
    if case.address != "server":
        calls = outcome.connections if outcome else 0
    return Cell(calls, outcome)


def run(cases: list[Case], libraries: list[str], jobs: int) -> dict[Key, Cell]:
    """All cells, by so many processes."""
    cells: dict[Key, Cell] = {}
    tasks: queue.SimpleQueue[Task] = queue.SimpleQueue()
    for case, library in itertools.product(cases, libraries):
        tasks.put((case, library, True))
        if not case.lasts:
            tasks.put((case, library, False))
    # Nobody begins while others are still loading.
    ready = threading.Barrier(jobs)

    def take() -> None:
        worker = Worker(libraries)
        ready.wait()
        with suppress(queue.Empty):
            while True:
                case, library, forever = tasks.get_nowait()
                cells[case.name, library, forever] = measure(case, library, worker, forever=forever)
                print(".", end="", file=sys.stderr, flush=True)
        worker.close()

    with ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(take) for _ in range(jobs)]:
            done.result()
    return cells


# The tables.


def row(*columns: object) -> str:
    """A line of a Markdown table."""
    return "| " + " | ".join(str(column).replace("|", "\\|") for column in columns) + " |"


def table(cases: list[Case], cells: dict[Key, Cell], libraries: list[str], forever: bool) -> Iterator[str]:
    """One scenario: a line for each fault, and what it sums up to."""
    yield row("fault", *([] if forever else ["what we do"]), *libraries)
    yield "|" + "---|" * (len(libraries) + (1 if forever else 2))
    shown = [case for case in cases if (case.name, libraries[0], forever) in cells]
    for case in shown:
        does = [] if forever else [case.does]
        yield row(case.name, *does, *(cells[case.name, library, forever] for library in libraries))
    sums = []
    for library in libraries:
        column = [cells[case.name, library, forever] for case in shown]
        results = sum(cell.outcome is not None and not cell.outcome.error for cell in column)
        longest = max((cell.outcome.seconds if cell.outcome else LIMIT for cell in column), default=0)
        over = "over " if any(cell.outcome is None for cell in column) else ""
        sums.append(
            f"{sum(cell.calls for cell in column)} calls, {results} results, {over}{longest:.1f} s at most"
        )
    yield row(f"all {len(shown)}", *([] if forever else [""]), *sums)


def carried(cases: list[Case], cells: dict[Key, Cell], libraries: list[str]) -> Iterator[str]:
    """What the errors of lasting faults carry."""
    yield row("errors of lasting faults", *libraries)
    yield "|" + "---|" * (len(libraries) + 1)
    errors = {
        library: [
            (case, cell.calls, cell.outcome)
            for case in cases
            if (cell := cells.get((case.name, library, True))) and cell.outcome and cell.outcome.error
        ]
        for library in libraries
    }

    def share(has: Callable[[int, Outcome], bool], due: Callable[[Case], bool]) -> list[str]:
        column = []
        for library in libraries:
            asked = [(calls, outcome) for case, calls, outcome in errors[library] if due(case)]
            column.append(f"{sum(has(*one) for one in asked)} of {len(asked)}")
        return column

    yield row(
        "all tokens paid for are on it",
        *share(lambda n, o: o.tokens == n * TOKENS["total_tokens"], lambda c: c.paid),
    )
    yield row("what the server said is on it", *share(lambda _, o: o.says, lambda c: c.says))
    yield row("it can be pickled", *share(lambda _, o: o.pickles, lambda _: True))
    yield row(
        "the key, which the server repeats, is in its message",
        *share(lambda _, o: o.tells, lambda c: c.echoes),
    )
    yield row("and in its traceback or the log", *share(lambda _, o: o.leaks, lambda c: c.echoes))


def differing(cases: list[Case], cells: dict[Key, Cell]) -> str:
    """Where our async call made other calls than the sync one, or ended otherwise."""
    pairs = [
        (case.name, forever, cells[case.name, LIBRARIES[0], forever], cells[case.name, LIBRARIES[1], forever])
        for case in cases
        for forever in (False, True)
        if (case.name, LIBRARIES[0], forever) in cells
    ]
    others = [
        f"{name}, {'for ever' if forever else 'once'}: {other}"
        for name, forever, one, other in pairs
        if (one.calls, one.outcome and one.outcome.result)
        != (other.calls, other.outcome and other.outcome.result)
    ]
    said = f"Async, the same calls and outcome in {len(pairs) - len(others)} of {len(pairs)} cells"
    return f"{said}{': ' if others else ''}{'; '.join(others)}."


def main() -> None:
    parser = argparse.ArgumentParser(description="Faults of the model's server: briefing and its peers.")
    parser.add_argument("--only", default="", help="faults whose names hold this text")
    parser.add_argument("--jobs", type=int, default=4, help="processes that make calls")
    options = parser.parse_args()
    cases = [case for case in CASES if options.only in case.name]
    there = [library for library in LIBRARIES if find_spec(library.partition(",")[0])]
    began = time.monotonic()
    cells = run(cases, there, options.jobs)
    shown = [library for library in there if library != LIBRARIES[1]]
    print("\nThe fault once, then good answers:\n", *table(cases, cells, shown, forever=False), sep="\n")
    print("\nThe fault for ever:\n", *table(cases, cells, shown, forever=True), sep="\n")
    print("\nWhat the errors carry:\n", *carried(cases, cells, shown), sep="\n")
    print(f"\n{differing(cases, cells)}")
    versions = ", ".join(f"{library} {version(library)}" for library in shown)
    python = sys.version.split()[0]
    print(
        f"\n{datetime.datetime.now(tz=datetime.UTC):%d %B %Y}; {versions}; Python {python}; {time.monotonic() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
