"""Articles a second, CPU and memory of `asummarize_many`, beside the bare SDK, instructor and langextract.

    python benchmarks/throughput.py --peers ~/venvs/peers/bin/python
    python benchmarks/throughput.py --profile          # where our CPU time goes
    python benchmarks/throughput.py --memory 100000    # resident memory along a long run
    python benchmarks/throughput.py --processes 1 2    # worker processes, on all cores
    python benchmarks/throughput.py --limits           # a server that refuses: how much of its limit is used; with --processes, too

A stub server, in a process of its own on another core, answers each call after 200 ms with a good answer. Every cell of
the table is a process of its own on one core; the rounds are interleaved, so that a busy machine hits all alike. Trust the
ratios, not the absolutes. The bare SDK sends the same messages and schema as we do, over the same transport, and
validates with pydantic; it checks nothing against the article. No model is asked, nothing leaves the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
from stub_article import BRIEFING, stub_articles

HERE = Path(__file__)
LATENCY = 0.2
IN_FLIGHT = (1, 32, 256, 512)
ARTICLES = {1: 20, 32: 320, 256: 1280, 512: 1536}
NAMES = ("briefing", "openai", "instructor", "langextract")


class Stub(asyncio.Protocol):
    """HTTP/1.1, as much as is needed: POST answers after `LATENCY`, GET says what came.

    Paths: ``/NAME/…`` answers what the client of that name expects; ``/rate-R-B/…`` takes R calls a second and B at
    once, ``/slots-C/…`` C calls at a time, and both refuse more by 429 with a Retry-After of a second.
    """

    answers: dict[str, bytes] = {}
    taken: dict[str, int] = {}
    refused: dict[str, int] = {}
    buckets: dict[str, tuple[float, float]] = {}
    busy: dict[str, int] = {}

    def __init__(self) -> None:
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            body = self.buffer[end + 4 : end + 4 + length]
            self.buffer = self.buffer[end + 4 + length :]
            self.answer(head.split(b" ", 2)[1].decode().split("/")[1], body)

    def answer(self, name: str, body: bytes) -> None:
        if not body:
            counts = {"taken": self.taken, "refused": self.refused}
            self.transport.write(_http(200, json.dumps(counts).encode()))
            return
        if self.refuses(name):
            self.refused[name] = self.refused.get(name, 0) + 1
            message = b'{"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}}'
            self.transport.write(_http(429, message, b"retry-after: 1\r\n"))
            return
        self.taken[name] = self.taken.get(name, 0) + 1
        made = self.answers.get(name)
        if made is None:
            made = _http(200, json.dumps(_completion(name, json.loads(body))).encode())
            if name in NAMES:  # their articles differ in what no answer holds
                self.answers[name] = made
        asyncio.get_running_loop().call_later(LATENCY, self.send, name, made)

    def refuses(self, name: str) -> bool:
        kind, *numbers = name.split("-")
        if kind == "rate":
            rate, burst = map(float, numbers)
            now = time.monotonic()
            level, at = self.buckets.get(name, (burst, now))
            level = min(burst, level + (now - at) * rate)
            self.buckets[name] = (level - 1 if level >= 1 else level, now)
            return level < 1
        if kind == "slots":
            if self.busy.get(name, 0) >= int(numbers[0]):
                return True
            self.busy[name] = self.busy.get(name, 0) + 1
        return False

    def send(self, name: str, answer: bytes) -> None:
        if name.startswith("slots"):
            self.busy[name] -= 1
        if not self.transport.is_closing():
            self.transport.write(answer)


def _http(status: int, body: bytes, headers: bytes = b"") -> bytes:
    head = b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n%s\r\n"
    return head % (status, len(body), headers) + body


def _completion(name: str, request: dict[str, Any]) -> dict[str, Any]:
    from briefing.testing.answers import answer

    if name == "langextract":
        content = json.dumps({"extractions": [{"entity": "Harbour", "entity_attributes": {"type": "place"}}]})
    elif name in NAMES:
        content = json.dumps(BRIEFING, ensure_ascii=False)
    else:
        content = json.dumps(answer(request), ensure_ascii=False)
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if tools := request.get("tools"):
        function = {"name": tools[0]["function"]["name"], "arguments": content}
        call = {"id": "call_1", "type": "function", "function": function}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return {
        "id": "stub",
        "object": "chat.completion",
        "created": 0,
        "model": "stub",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 380, "total_tokens": 1280},
    }


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Stub, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _short(count: int) -> Iterator[str]:
    return (
        f"The council closed bridge {number} on Monday. “We had no choice,” said Maren Holt."
        for number in range(count)
    )


async def _bounded(
    articles: Iterator[str],
    one: Callable[[str], Awaitable[object]],
    in_flight: int,
    close: Callable[[], Awaitable[object]] | None = None,
) -> AsyncIterator[object]:
    """The plain way to keep so many calls under way: workers that share an iterator."""
    done: asyncio.Queue[object] = asyncio.Queue()

    async def work() -> None:
        for article in articles:
            try:
                done.put_nowait(await one(article))
            except Exception as error:
                done.put_nowait(error)
        done.put_nowait(StopAsyncIteration)

    workers = [asyncio.create_task(work()) for _ in range(in_flight)]
    for _ in workers:
        while (result := await done.get()) is not StopAsyncIteration:
            yield result
    if close is not None:
        await close()


def _asked() -> tuple[list[dict[str, str]], dict[str, Any]]:
    """The messages and the schema that we ask with."""
    from briefing import Source
    from briefing.llm import target_of
    from briefing.pipeline.plans import Job
    from briefing.prompts.template import load_prompt
    from briefing.schemas.briefing import Briefing
    from briefing.schemas.json_schema import wire_schema

    source, target = Source.from_text(next(stub_articles(1))), target_of("openai/fake", api_key="test")
    [ask] = Job(source, Briefing, load_prompt("briefing"), None, "joint", target).asks
    return [dict(message) for message in ask.messages], wire_schema(Briefing)


def _plain_model() -> Any:
    """The wire form as a plain pydantic model, which checks nothing against the article."""
    from pydantic import BaseModel

    class Said(BaseModel):
        id: str
        speaker: str | None

    class Sentence(BaseModel):
        text: str
        evidence: list[int]

    class Named(BaseModel):
        name: str
        type: str
        role: str | None = None

    class Plain(BaseModel):
        headline: str
        summary: list[Sentence]
        key_quotes: list[Said]
        entities: list[Named]

    return Plain


def _results(name: str, url: str, count: int, in_flight: int, processes: int = 1) -> AsyncIterator[object]:
    articles = stub_articles(count)
    if name == "briefing":
        import briefing

        return briefing.asummarize_many(
            articles,
            model="openai/gpt-4o-mini",
            base_url=url,
            api_key="k",
            ordered=False,
            max_concurrency=in_flight,
            processes=processes,
        )
    if name == "langextract":
        return _langextract(articles, url, in_flight)
    import openai

    model = _plain_model()
    if name == "openai":
        client = openai.AsyncOpenAI(
            base_url=url, api_key="k", max_retries=0, http_client=openai.DefaultAioHttpClient()
        )
        messages, schema = _asked()
        form: Any = {
            "type": "json_schema",
            "json_schema": {"name": "Briefing", "strict": True, "schema": schema},
        }

        async def bare(_article: str) -> object:
            answer = await client.chat.completions.create(
                model="gpt-4o-mini", messages=messages, response_format=form, temperature=0.0
            )
            return model.model_validate_json(answer.choices[0].message.content)

        return _bounded(articles, bare, in_flight, client.close)
    import instructor

    under = openai.AsyncOpenAI(base_url=url, api_key="k", max_retries=0)
    wrapped = instructor.from_openai(under)
    messages, _ = _asked()

    async def wrapped_call(_article: str) -> object:
        return await wrapped.chat.completions.create(
            model="gpt-4o-mini", messages=[dict(m) for m in messages], response_model=model, temperature=0.0
        )

    return _bounded(articles, wrapped_call, in_flight, under.close)


def _langextract(articles: Iterator[str], url: str, in_flight: int) -> AsyncIterator[object]:
    from concurrent.futures import ThreadPoolExecutor

    import langextract
    from langextract.providers.openai import OpenAILanguageModel

    model = OpenAILanguageModel(model_id="gpt-4o-mini", api_key="k", base_url=url)
    example = langextract.data.ExampleData(
        text="The Tern bridge is closed.",
        extractions=[langextract.data.Extraction("entity", "Tern bridge", attributes={"type": "place"})],
    )
    pool = ThreadPoolExecutor(in_flight)

    def extract(article: str) -> object:
        return langextract.extract(
            article,
            prompt_description="Extract entities.",
            examples=[example],
            model=model,
            show_progress=False,
        )

    async def one(article: str) -> object:
        return await asyncio.get_running_loop().run_in_executor(pool, extract, article)

    return _bounded(articles, one, in_flight)


async def _cell(name: str, url: str, count: int, in_flight: int) -> dict[str, float]:
    async for _ in _results(name, url, 1, 1):  # imports, caches, the first connection
        pass
    started, cpu, failed, last = time.perf_counter(), time.process_time(), 0, None
    async for result in _results(name, url, count, in_flight):
        failed += isinstance(result, Exception)
        last = result
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    if failed:
        raise SystemExit(f"{name}: {failed} of {count} failed, like {last!r}")
    return {
        "rate": count / seconds,
        "cpu": 1000 * cpu / count,
        "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


async def _workers_cell(url: str, count: int, processes: int) -> dict[str, float]:
    """As `_cell`, at 512 in flight; the first quarter, in which the workers start, does not count in the rate."""
    async for _ in _results("briefing", url, 1, 1):
        pass
    done, begun, cpu = 0, 0.0, 0.0
    async for result in _results("briefing", url, count, 512, processes):
        if isinstance(result, Exception):
            raise result
        done += 1
        if done == count // 4:
            begun, cpu = time.perf_counter(), time.process_time()
    who = resource.RUSAGE_CHILDREN if processes > 1 else resource.RUSAGE_SELF
    return {
        "rate": (count - count // 4) / (time.perf_counter() - begun),
        "cpu": 1000 * (time.process_time() - cpu) / (count - count // 4),
        "rss": resource.getrusage(who).ru_maxrss / 1024,
    }


def _processes_table(port: int, rounds: int, counts: list[int], articles: int, stub: int) -> None:
    """The rates with these numbers of processes, which may use all cores, as the stub does, a process of this id."""
    url = f"http://127.0.0.1:{port}/briefing/v1"
    cells: dict[int, list[dict[str, float]]] = {}
    for _ in range(rounds):
        for count in counts:
            command = [sys.executable, "-W", "ignore", str(HERE)]
            command += ["--workers-cell", url, str(articles * count), str(count)]
            before = psutil.Process(stub).cpu_times()
            ran = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
            if ran.returncode:
                raise SystemExit(f"{count} processes: {ran.stderr.strip()[-300:]}")
            after, cell = psutil.Process(stub).cpu_times(), json.loads(ran.stdout.strip().splitlines()[-1])
            used = after.user + after.system - before.user - before.system
            cells.setdefault(count, []).append(cell | {"stub": 1000 * used / (articles * count)})
    print(
        "| processes | articles/s | of the first row | CPU ms/article of the parent | of the stub | RSS MB of a worker |"
    )
    print("|---|---|---|---|---|---|")
    for count in counts:
        mid = {key: statistics.median(cell[key] for cell in cells[count]) for key in cells[count][0]}
        pairs = zip(cells[count], cells[counts[0]], strict=True)
        ratio = statistics.median(ours["rate"] / first["rate"] for ours, first in pairs)
        print(
            f"| {count} | {mid['rate']:.1f} | {ratio:.2f} | {mid['cpu']:.2f} | {mid['stub']:.2f} | {mid['rss']:.0f} |"
        )


def _pinned(cpu: int) -> Callable[[], None]:
    cpus = sorted(os.sched_getaffinity(0))
    return lambda: os.sched_setaffinity(0, {cpus[cpu % len(cpus)]})


def _stub(*, pinned: bool) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [sys.executable, str(HERE), "--stub"],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=_pinned(1) if pinned else None,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def _measured(python: str, name: str, port: int, in_flight: int) -> dict[str, float] | None:
    url = f"http://127.0.0.1:{port}/{name}/v1"
    command = [
        python,
        "-W",
        "ignore",
        str(HERE),
        "--cell",
        name,
        url,
        str(ARTICLES[in_flight]),
        str(in_flight),
    ]
    ran = subprocess.run(
        command, capture_output=True, text=True, preexec_fn=_pinned(0), timeout=600, check=False
    )
    if ran.returncode:
        print(f"{name} at {in_flight}: {ran.stderr.strip()[-300:]}", file=sys.stderr)
        return None
    measured: dict[str, float] = json.loads(ran.stdout.strip().splitlines()[-1])
    return measured


def _table(port: int, rounds: int, peers: str | None, in_flights: list[int]) -> None:
    names = [name for name in NAMES if name != "langextract" or peers]
    cells: dict[tuple[str, int], list[dict[str, float]]] = {}
    for _ in range(rounds):
        for in_flight in in_flights:
            for name in names:
                if name == "langextract" and in_flight > 32:
                    continue  # threads, and seconds of CPU for each article
                python = peers if name == "langextract" and peers else sys.executable
                if measured := _measured(python, name, port, in_flight):
                    cells.setdefault((name, in_flight), []).append(measured)
    print("| in flight | | articles/s | of the bare SDK | CPU ms/article | of the bare SDK | RSS MB |")
    print("|---|---|---|---|---|---|---|")
    for in_flight in in_flights:
        for name in names:
            if not (measured_all := cells.get((name, in_flight))):
                continue
            mid = {key: statistics.median(m[key] for m in measured_all) for key in ("rate", "cpu", "rss")}
            # Round by round, so that what the machine did meanwhile cancels out.
            pairs = list(zip(measured_all, cells.get(("openai", in_flight), []), strict=False))
            rate = statistics.median(ours["rate"] / bare["rate"] for ours, bare in pairs)
            cpu = statistics.median(ours["cpu"] / bare["cpu"] for ours, bare in pairs)
            print(
                f"| {in_flight} | {name} | {mid['rate']:.1f} | {rate:.0%} | {mid['cpu']:.2f} | {cpu:.2f} | {mid['rss']:.0f} |"
            )


#: Whose CPU time it is: of the frames, the innermost whose file has one of these in its path.
SHARES = {
    "reading the article": ("briefing/sources/", "briefing/quotations/"),
    "the prompt": ("briefing/prompts/", "briefing/pipeline/plans.py"),
    "checking the answer": ("briefing/schemas/", "briefing/grounding/"),
    "the draft, the headline": ("briefing/pipeline/draft.py", "entity_resolution.py", "assembly.py"),
    "the SDK's call, with the connection": ("/openai/", "/httpx2/", "/aiohttp/", "/httpx_aiohttp/"),
    "instructor": ("/instructor/",),
    "our call: limits, retries, usage, errors": ("briefing/llm/", "briefing/redaction.py", "drivers.py"),
    "many articles: scheduler, limiter, cache": (
        "briefing/bulk/",
        "briefing/throttling/",
        "briefing/briefer/",
        "result_cache.py",
    ),
}


def _profile(port: int, count: int) -> None:
    """Samples the process each millisecond of its CPU time, which slows it little; a tracing profiler does, and unevenly."""
    import signal
    from collections import Counter
    from types import FrameType

    _pinned(0)()
    url = f"http://127.0.0.1:{port}/briefing/v1"
    shares: Counter[str] = Counter()
    places: Counter[str] = Counter()

    def sample(_number: int, frame: FrameType | None) -> None:
        share, seen = "", set()
        while frame is not None:
            code = frame.f_code
            share = share or next(
                (name for name, parts in SHARES.items() if any(part in code.co_filename for part in parts)),
                "",
            )
            seen.add(f"{'/'.join(Path(code.co_filename).parts[-2:])}:{code.co_name}")
            frame = frame.f_back
        shares[share or "the rest: the event loop and others"] += 1
        places.update(seen)

    async def run(articles: int) -> None:
        async for _ in _results("briefing", url, articles, 256):
            pass

    asyncio.run(run(1))
    signal.signal(signal.SIGPROF, sample)
    started = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
    asyncio.run(run(count))
    signal.setitimer(signal.ITIMER_PROF, 0)
    total = shares.total()
    print(
        f"{count} articles, {1000 * (time.process_time() - started) / count:.2f} ms of CPU each\n\n| | |\n|---|---|"
    )
    for name, samples in shares.most_common():
        print(f"| {name} | {samples / total:.0%} |")
    print("\nInclusive:")
    for place, samples in places.most_common(80):
        print(f"{samples / total:7.1%} {place}")


def _memory(port: int, count: int) -> None:
    import briefing

    _pinned(0)()
    url = f"http://127.0.0.1:{port}/short/v1"
    page = resource.getpagesize()
    started = time.perf_counter()
    with briefing.summarize_many(
        _short(count), model="openai/gpt-4o-mini", base_url=url, api_key="k"
    ) as results:
        for number, result in enumerate(results, 1):
            if isinstance(result, Exception):
                raise result
            if number % (count // 10) == 0:
                resident = int(Path("/proc/self/statm").read_text().split()[1]) * page / 2**20
                print(
                    f"{number} articles, {resident:.0f} MB, {time.perf_counter() - started:.0f} s", flush=True
                )


def _limits(port: int, seconds: float, processes: int) -> None:
    import briefing

    print("| server | limit | used | refused |")
    print("|---|---|---|---|")
    for name, limit in (
        ("rate-20-20", 20.0),
        ("rate-8-8", 8.0),
        ("slots-4", 4 / LATENCY),
        ("slots-2", 2 / LATENCY),
    ):
        url = f"http://127.0.0.1:{port}/{name}/v1"
        started, before, begun = time.monotonic(), 0, 0.0
        endless = _short(10**9)
        with briefing.summarize_many(
            endless, model="openai/gpt-4o-mini", base_url=url, api_key="k", processes=processes
        ) as results:
            for result in results:
                if isinstance(result, Exception):
                    raise result
                now = time.monotonic()
                if not begun and now > started + 0.25 * seconds:
                    before, begun = _counts(port)["taken"][name], now
                if now > started + seconds:
                    break
        counts = _counts(port)
        taken, refused = counts["taken"][name], counts["refused"].get(name, 0)
        used = (taken - before) / (now - begun) / limit
        print(f"| {name} | {limit:.0f}/s | {used:.1%} | {refused / (refused + taken):.2%} |", flush=True)


def _counts(port: int) -> dict[str, dict[str, int]]:
    import urllib.request

    counts: dict[str, dict[str, int]] = json.loads(
        urllib.request.urlopen(f"http://127.0.0.1:{port}/counts").read()
    )
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", help="Python of an environment with langextract")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--in-flight", type=int, nargs="*", default=list(IN_FLIGHT), choices=IN_FLIGHT)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--memory", type=int, metavar="ARTICLES")
    parser.add_argument("--limits", type=float, nargs="?", const=120.0, metavar="SECONDS")
    parser.add_argument("--processes", type=int, nargs="+", metavar="N")
    parser.add_argument("--articles", type=int, default=1536, help="for each process, with --processes")
    parser.add_argument("--workers-cell", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--stub", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--cell", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.stub:
        asyncio.run(_serve())
        return
    if options.cell:
        name, url, count, in_flight = options.cell
        print(json.dumps(asyncio.run(_cell(name, url, int(count), int(in_flight)))))
        return
    if options.workers_cell:
        url, count, processes = options.workers_cell
        print(json.dumps(asyncio.run(_workers_cell(url, int(count), int(processes)))))
        return
    stub, port = _stub(pinned=options.processes is None)
    try:
        if options.profile:
            _profile(port, 400)
        elif options.memory:
            _memory(port, options.memory)
        elif options.limits:
            for processes in options.processes or [1]:
                _limits(port, options.limits, processes)
        elif options.processes:
            _processes_table(port, options.rounds, options.processes, options.articles, stub.pid)
        else:
            _table(port, options.rounds, options.peers, options.in_flight)
    finally:
        stub.terminate()
        stub.wait()


if __name__ == "__main__":
    main()
