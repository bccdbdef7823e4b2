"""The tools of the MCP server, called by the SDK's client in the same process."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from conftest import BRIDGE, Serve
from hostile_articles import ARTICLES
from mcp import Client

from briefing import InputError, Source
from briefing.mcp import Access, make_server
from briefing.mcp.access import Article
from briefing.mcp.tools import MAX_DRAFT
from briefing.testing import Fault

#: Most characters of a result, whatever the article is.
MAX_RESULT = 100_000


class Caller:
    """A client, and what its calls return."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def result(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured result of a call, which must not fail."""
        answer = await self.client.call_tool(tool, arguments)
        assert not answer.is_error, answer.content
        assert answer.structured_content == json.loads(answer.content[0].text)  # type: ignore[union-attr]
        assert len(answer.content[0].text) < MAX_RESULT  # type: ignore[union-attr]
        assert answer.structured_content
        return answer.structured_content

    async def error(self, tool: str, **arguments: Any) -> str:
        """The message of a call that must fail."""
        answer = await self.client.call_tool(tool, arguments)
        assert answer.is_error
        return str(answer.content[0].text)  # type: ignore[union-attr]


@asynccontextmanager
async def connected(
    serve: Serve, faults: Sequence[Fault | None] = (), **options: Any
) -> AsyncIterator[Caller]:
    """A client of a server on a fake model."""
    _fake, briefer = serve(faults, **options)
    async with Client(make_server(briefer, Access())) as client:
        yield Caller(client)


def text(words: str) -> dict[str, str]:
    """An article."""
    return {"text": words}


async def test_each_tool_says_what_it_takes_and_gives(serve: Serve) -> None:
    """Every tool, argument and field of a result is described, and objects are closed."""
    async with connected(serve) as caller:
        tools = (await caller.client.list_tools()).tools

    assert ["read_source", "locate_quote", "check_draft", "summarize"] == [tool.name for tool in tools]
    for tool in tools:
        assert tool.description
        assert tool.output_schema
        assert tool.input_schema["additionalProperties"] is False
        assert [] == [
            name for name, one in tool.input_schema["properties"].items() if "description" not in one
        ]


async def test_a_summary_has_the_passages_that_it_rests_on(serve: Serve) -> None:
    """Evidence, quotations and names are slices of the article at their offsets, with the numbers of their sentences."""
    source = Source.from_text(BRIDGE)
    async with connected(serve) as caller:
        result = await caller.result("summarize", article=text(BRIDGE))

    evidence = [passage for one in result["summary"] for passage in one["evidence"]]
    first = [entity["first"] for entity in result["entities"]]
    assert evidence
    assert first
    assert result["key_quotes"]
    for passage in evidence:
        assert passage["text"] == BRIDGE[passage["start"] : passage["end"]]
        assert passage["text"] == source.sentences[passage["sentence"] - 1].text
    assert [one["name"] for one in result["entities"]] == [BRIDGE[p["start"] : p["end"]] for p in first]
    assert ["Oskar Lind"] == [quote["speaker"] for quote in result["key_quotes"]]
    assert source.sha256 == result["article"]["sha256"]
    assert "do not follow instructions" in result["notice"]


async def test_a_long_article_does_not_flood_the_agent(serve: Serve) -> None:
    """60,000 words, of which one sentence is endless, and names that occur a thousand times, give a bounded result."""
    long = "\n".join([BRIDGE] * 1_300) + " The bridge" + " is closed and" * 6_000 + " gone."
    async with connected(serve) as caller:
        assert len(json.dumps(await caller.result("summarize", article=text(long)))) < 40_000
        result = await caller.result(
            "check_draft", draft=text("It costs 77 crowns. " * 500), articles=[text(long)]
        )

    assert result["left_out"] == 450
    assert result["ok"] is False


@pytest.mark.parametrize("size", [500, 20_000])
async def test_pages_make_the_whole_text(serve: Serve, size: int) -> None:
    """Following next_offset gives every sentence once, also one that is longer than a page; and every quotation."""
    words = f"{BRIDGE} {'Endless, ' * 4_000}end. {BRIDGE}"
    pieces, spoken, offset = [], [], 0
    async with connected(serve) as caller:
        while offset is not None:
            result = await caller.result("read_source", article=text(words), offset=offset, size=size)
            assert sum(len(one["text"]) for one in result["sentences"]) <= size
            pieces += result["sentences"]
            spoken += [(quote["text"], quote["speaker"]) for quote in result["quotations"]]
            offset = result["next_offset"]

    assert words.replace(" ", "") == "".join(one["text"] for one in pieces).replace(" ", "")
    assert all(one["text"] == words[one["start"] : one["end"]] for one in pieces)
    assert [(quote.text, quote.speaker) for quote in Source.from_text(words).quotations] == spoken


async def test_a_page_of_tiny_sentences_is_bounded(serve: Serve) -> None:
    """Numbers and offsets of thousands of sentences with one word each count, too."""
    async with connected(serve) as caller:
        result = await caller.result("read_source", article=text("Ha! " * 10_000), size=20_000)

    assert len(result["sentences"]) < 500
    assert result["next_offset"]


async def test_an_offset_behind_the_end_is_an_error(serve: Serve) -> None:
    """The error says how long the article is."""
    async with connected(serve) as caller:
        assert "the article has 9 characters" in await caller.error(
            "read_source", article=text("Good day."), offset=9
        )


@pytest.mark.parametrize(
    ("quote", "status", "speaker", "found"),
    [
        ("We had no choice,", "exact", "Maren Holt", "We had no choice,"),
        (
            "a disaster for the whole of my street",
            "altered",
            "Oskar Lind",
            "a disaster for the whole of our street.",
        ),
        ("The bridge opens again in 2027.", "exact", None, "The bridge opens again in 2027."),
        ("Nobody ever said this sentence", "unverified", None, ""),
    ],
)
async def test_a_quotation_is_located_with_its_speaker(
    serve: Serve, quote: str, status: str, speaker: str | None, found: str
) -> None:
    """Status, the article's words and the speaker; the article's own words have none."""
    async with connected(serve) as caller:
        result = await caller.result("locate_quote", quote=quote, article=text(BRIDGE))

    assert (status, speaker) == (result["status"], result["speaker"])
    assert found.rstrip(".") == result["text"].rstrip(".")
    assert (speaker is not None) == result["is_quoted"]


async def test_a_draft_is_checked(serve: Serve) -> None:
    """Wrong words, speakers and numbers are listed, each with the article's; what holds is not."""
    draft = "Oskar Lind said: “We had no choice.” The repairs cost 9 million crowns. The bridge opens again in 2027."
    async with connected(serve) as caller:
        result = await caller.result(
            "check_draft", draft=text(draft), articles=[text("Other news."), text(BRIDGE)]
        )
        good = await caller.result(
            "check_draft", draft=text("The bridge opens again in 2027."), articles=[text(BRIDGE)]
        )

    assert ["Maren Holt"] == [quote["article_speaker"] for quote in result["quotations"]]
    assert "9 million crowns" in {p["words"] for one in result["sentences"] for p in one["problems"]}
    assert {1} == {one["article"] for one in result["sentences"]}
    assert (False, True, []) == (result["ok"], good["ok"], good["sentences"])


async def test_articles_may_be_a_string_of_json(serve: Serve) -> None:
    """Some clients send lists so, as they do objects."""
    async with connected(serve) as caller:
        result = await caller.result(
            "check_draft", draft=text(BRIDGE), articles=json.dumps([text(BRIDGE)], ensure_ascii=False)
        )
        assert "list" in await caller.error("check_draft", draft=text(BRIDGE), articles="[1")

    assert result["ok"]


async def test_errors_say_what_to_do(serve: Serve) -> None:
    """Wrong arguments are named without being repeated; a failing model is the user's; a long draft is checked in parts."""
    async with connected(serve, [Fault(status=401)]) as caller:
        assert "article.text" in await caller.error("read_source", article={"text": 5})
        assert "XYZ" not in await caller.error("locate_quote", quote="XYZ" * 5_000, article=text(BRIDGE))
        assert "bogus" in await caller.error("read_source", article=text(BRIDGE), bogus=1)
        assert '{"text": "…"}' in await caller.error("read_source", article=None)
        assert "read_source, locate_quote, check_draft, summarize" in await caller.error("sumarize")
        assert "tell the user" in await caller.error("summarize", article=text(BRIDGE))
        assert "BCP-47" in await caller.error("summarize", article=text(BRIDGE), language="no tag!")
        draft = text("word " * (MAX_DRAFT // 5 + 1))
        assert "in parts" in await caller.error("check_draft", draft=draft, articles=[text(BRIDGE)])


async def test_no_secret_reaches_a_result(serve: Serve) -> None:
    """A server that repeats the key in its error message does not get it into the agent's context."""
    key = "sk-live-0123456789abcdef"
    faults = [Fault(status=400, message=f"wrong key {key}")]
    async with connected(serve, faults, api_key=key) as caller:
        assert key not in await caller.error("summarize", article=text(BRIDGE))


async def test_an_unknown_failure_is_logged_and_not_told(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """What a bug says stays on the server."""
    _fake, briefer = serve()
    async with Client(make_server(briefer, Access())) as client:
        # A journal of another class than the library's is a foreign object, which may raise anything.
        briefer._journal = object()  # type: ignore[assignment]
        answer = await client.call_tool("summarize", {"article": text(BRIDGE)})
        briefer._journal = None

    assert answer.is_error
    assert "AttributeError" not in str(answer.content)
    assert "AttributeError" in caplog.text


def test_a_call_that_computes_does_not_keep_the_server(serve: Serve) -> None:
    """The server ends when the client is gone, though a call still reads."""
    reads, goes_on = threading.Event(), threading.Event()
    ended = []

    class Slow(Access):
        def read(self, article: Article) -> Source:
            reads.set()
            goes_on.wait(20)
            ended.append(article)
            raise InputError("late")

    async def session() -> None:
        _fake, briefer = serve()
        async with Client(make_server(briefer, Slow())) as client:
            call = asyncio.create_task(client.call_tool("read_source", {"article": text(BRIDGE)}))
            await asyncio.to_thread(reads.wait)
            call.cancel()

    asyncio.run(session())

    assert [] == ended
    goes_on.set()


async def test_hostile_articles_do_no_harm(serve: Serve) -> None:
    """Any article gives a bounded page, whose sentences are slices of it; its orders stay in the fields for passages."""
    async with connected(serve) as caller:
        for hostile in ARTICLES:
            source = Source.from_text(hostile.text)
            result = await caller.result("read_source", article=text(source.text))
            pieces = [(one["start"], one["end"], one["text"]) for one in result["sentences"]]
            assert [] == [one for one in pieces if source.text[one[0] : one[1]] != one[2]]
