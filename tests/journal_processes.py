"""Functions that tests of the journal run in child processes, and the small results that they record."""

from __future__ import annotations

import asyncio
import os
import resource
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from briefing import Briefer, Journal, JournalError, Meta, ModelOptions, Usage


class Note(BaseModel):
    """A small result, for tests of the journal alone."""

    text: str


def meta(fingerprint: str, **changes: Any) -> Meta:
    values = {
        "model": "openai/fake",
        "prompt_name": "briefing",
        "prompt_version": "1",
        "prompt_sha256": "p",
        "schema_sha256": "s",
        "briefing_version": "0",
        "source_sha256": "a",
        "fingerprint": fingerprint,
        "usage": Usage(input_tokens=10, output_tokens=2),
        "attempts": 1,
        "elapsed": 0.5,
    }
    return Meta(**(values | changes))


def note(journal: Journal, fingerprint: str, text: str = "kept", **changes: Any) -> None:
    journal.record(Note(text=text), meta(fingerprint, **changes), schema=Note)


def article(number: int) -> str:
    return f"The ferry {number} to Skarn was cancelled on Monday. “A gust tore the ramp off,” harbour master Ida Moe said."


def write(path: Path, connection: Connection) -> None:
    """Record until killed, and send the number of each acknowledged row."""
    with Journal(path) as journal:
        for i in range(100_000):
            note(journal, f"f{i}", "x" * 5000)
            connection.send(i)


def brief(path: Path, connection: Connection, url: str, width: int, numbers: list[int]) -> None:
    """Make briefings of numbered articles, `width` concurrently, and send the number of each that is done."""

    async def run() -> None:
        gate = asyncio.Semaphore(width)
        async with Briefer(model="openai/fake", base_url=url, api_key="test", journal=path) as briefer:

            async def one(i: int) -> None:
                async with gate:
                    made = await briefer.asummarize(article(i))
                assert [] == made.verify(article(i))
                connection.send(i)

            await asyncio.gather(*map(one, numbers))

    asyncio.run(run())


def brief_in_parts(path: Path, connection: Connection, url: str, text: str, length: int) -> None:
    """Brief a long article in parts of this length, and send the label of each ask when it begins."""
    options: ModelOptions = {"reading_length": length}
    with Briefer(
        "openai/fake",
        base_url=url,
        api_key="test",
        journal=path,
        options=options,
        on_progress=connection.send,
    ) as briefer:
        briefer.summarize(text)


def write_until_full(path: Path, connection: Connection) -> None:
    """Record in a file limited to 200,000 bytes, and send the number of each acknowledged row, then the error."""
    with Journal(path) as journal:
        note(journal, "before")
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        try:
            for i in range(1000):
                note(journal, f"f{i}", "x" * 9000)
                connection.send(i)
        except JournalError as error:
            connection.send((type(error.result).__name__, str(error)))
            os._exit(0)  # a journal that cannot write cannot close


def claim(path: Path, connection: Connection) -> None:
    """Claim "a", send the result, and wait until killed."""
    with Journal(path) as journal:
        connection.send(journal.claim("a").result())
        connection.poll(None)


def fork(path: Path, connection: Connection) -> None:
    """Fork with an open journal, and send the errors of the child and then the number of rows the parent sees."""
    with Journal(path) as journal:
        if child := os.fork():
            os.waitpid(child, 0)
            connection.send(journal.totals().done)
            return
        for use in (journal.totals, lambda: Journal(path)):
            try:
                use()
            except JournalError as error:
                connection.send(str(error))
        os._exit(0)
