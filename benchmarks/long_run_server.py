"""The model's server of `long_run.py`: answers, fails as it was told, and keeps count by article."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import socket
import struct
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from fault_cases import completion
from long_run_articles import number_in

from briefing.testing.answers import answer
from briefing.testing.fake_model import Fault, known_faults

_KNOWN = known_faults()
#: Faults that may pass: how often each, of all of them.
MIX = {
    # Refusals with no limit behind them: services give such, and they must not hold the pace.
    "429 Retry-After 0": 3,
    "429 Retry-After seconds": 1,
    "500": 20,
    "503": 3,
    "closed": 11,
    "reset before": 11,
    "reset inside": 10,
    "cut short": 10,
    "HTML with 200": 8,
    "invalid JSON": 8,
    "wrong shape": 7,
    "length": 6.5,
    "hang": 0.5,
}
#: Faults that do not pass: an article has one each time that it is asked.
LASTING = "refusal", "content filter"
#: Share of articles.
_LASTING = 0.003

Tokens = tuple[int, int]


@dataclass
class Count:
    """What happened to one article.

    Attributes:
        requests: that reached the server.
        good: good answers that were sent in full on an open connection, by what they answer.
        spoilt: answers of the model that were sent in full, and are no good.
        tokens: of both, in and out.
        broken: good answers whose connection the server broke; a provider would charge for them.
        gone: good or spoilt answers that nobody waited for any more.
    """

    requests: int = 0
    good: Counter[str] = field(default_factory=Counter)
    spoilt: int = 0
    tokens: Tokens = (0, 0)
    broken: int = 0
    gone: int = 0


@dataclass
class Caller:
    """What one process has asked, by its key.

    Attributes:
        requests: so far.
        open: requests that are being answered.
        gone: answers that it waited for no more.
        asked: numbers of the articles that it has asked about; to be cleared by the reader.
    """

    requests: int = 0
    open: int = 0
    gone: int = 0
    asked: set[int] = field(default_factory=set)

    async def idle(self) -> None:
        """Wait until the answers to a process that was killed have found that nobody is there."""
        while self.open:  # noqa: ASYNC110  # a look now and then is enough
            await asyncio.sleep(0.02)


class Server:
    """Answers on the loopback interface.

    Args:
        share: of requests that get a fault.
        seed: which ones.
        latency: seconds until it answers.

    Attributes:
        counts: by article's number.
        faults: played, by name.
        requests: so far.
        answered: articles with a good answer.
        callers: by key.
    """

    def __init__(self, share: float, seed: int, latency: float = 0.2) -> None:
        self._share, self._seed, self._latency = share, seed, latency
        self.counts: dict[int, Count] = defaultdict(Count)
        self.faults: Counter[str] = Counter()
        self.requests = 0
        self.answered: set[int] = set()
        self.callers: dict[str, Caller] = defaultdict(Caller)

    async def start(self) -> str:
        """Begin to answer; returns the `base_url`."""
        app = web.Application(client_max_size=2**24)
        app.router.add_post("/v1/chat/completions", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
        await web.SockSite(self._runner, listening, backlog=1024).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}/v1"

    async def stop(self) -> None:
        """Close all connections."""
        await self._runner.cleanup()

    def drawn(self, number: int, asked: int) -> str | None:
        """Which fault the n-th request for an article gets: the same for the same seed, whatever the timing."""
        lasting = random.Random(f"lasting {self._seed} {number}")
        if self._share and lasting.random() < _LASTING:
            return lasting.choice(LASTING)
        chance = random.Random(f"fault {self._seed} {number} {asked}")
        if chance.random() >= self._share:
            return None
        return chance.choices(list(MIX), list(MIX.values()))[0]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        caller = self.callers[request.headers["Authorization"].removeprefix("Bearer ")]
        self.requests += 1
        caller.requests += 1
        caller.open += 1
        try:
            return await self._answer(request, await request.json(), caller)
        finally:
            caller.open -= 1

    async def _answer(
        self, request: web.Request, asked: dict[str, Any], caller: Caller
    ) -> web.StreamResponse:
        number = number_in("\n".join(str(message["content"]) for message in asked["messages"]))
        if number is None:
            raise web.HTTPBadRequest
        count = self.counts[number]
        count.requests += 1
        caller.asked.add(number)
        name = self.drawn(number, count.requests)
        fault = Fault() if name is None else _KNOWN[name]
        self.faults[name or "none"] += 1
        await asyncio.sleep(self._latency)
        while fault.hang and not _closed(request):  # noqa: ASYNC110  # aiohttp has no event for it
            await asyncio.sleep(0.1)
        if fault.hang or fault.drop:
            return _ended(request)
        if fault.broken == "reset":
            return _ended(request, reset=True)
        if fault.status != 200 or fault.body is not None:
            return web.Response(
                status=fault.status,
                headers={"content-type": "application/json"} | fault.headers,
                body=fault.body or json.dumps({"error": {"message": f"failure {fault.status}"}}),
            )
        body, tokens = _body(asked, fault)
        if _closed(request):
            count.gone += 1
            caller.gone += 1
            return _ended(request)
        if fault.broken:
            count.broken += 1
            return await _half(request, body, reset=fault.broken == "reset inside")
        response = web.StreamResponse(headers={"content-type": "application/json"})
        response.content_length = len(body)
        try:
            await response.prepare(request)
            await response.write(body)
            await response.write_eof()
        except ConnectionError:
            count.gone += 1
            caller.gone += 1
            return response
        count.tokens = count.tokens[0] + tokens[0], count.tokens[1] + tokens[1]
        if name is None:
            count.good[_what(asked)] += 1
            self.answered.add(number)
        else:
            count.spoilt += 1
        return response


def _body(asked: dict[str, Any], fault: Fault) -> tuple[bytes, Tokens]:
    good = json.dumps(answer(asked), ensure_ascii=False)
    content = fault.content(good) if callable(fault.content) else fault.content or good
    if fault.refusal or fault.finish_reason == "content_filter":
        content = ""
    tokens = sum(len(str(message["content"])) for message in asked["messages"]) // 4, len(content) // 4 + 1
    usage = {
        "prompt_tokens": tokens[0],
        "completion_tokens": tokens[1],
        "total_tokens": sum(tokens),
        "prompt_tokens_details": {"cached_tokens": 0},
    }
    said = None if fault.refusal else content
    whole = completion(asked, said, finish_reason=fault.finish_reason, refusal=fault.refusal)
    return json.dumps(whole | {"usage": usage}, ensure_ascii=False).encode(), tokens


def _what(asked: dict[str, Any]) -> str:
    """What is asked about an article: its schema and instructions, but not how it is to be tried again."""
    about = [asked.get("tools"), asked.get("response_format"), asked["messages"][:2]]
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()


def _closed(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _ended(request: web.Request, *, reset: bool = False) -> web.StreamResponse:
    """Close the connection without an answer."""
    if request.transport is not None:
        if reset:
            taken = request.transport.get_extra_info("socket")
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response()


async def _half(request: web.Request, body: bytes, *, reset: bool) -> web.StreamResponse:
    """Send half of a body, and close the connection."""
    response = web.StreamResponse(headers={"content-type": "application/json"})
    response.content_length = len(body)
    try:
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
    except ConnectionError:
        return response
    await asyncio.sleep(0.02)  # else a reset overtakes the bytes
    return _ended(request, reset=reset)
