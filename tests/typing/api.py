"""The public API as users call it. Not run: mypy reads it, in strict mode."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, assert_type

import anthropic
import openai
from pydantic import BaseModel

import briefing
from briefing import (
    AsyncStream,
    Briefer,
    Briefing,
    Change,
    Checked,
    CheckedQuote,
    CheckedStatement,
    Cited,
    Claim,
    Entity,
    Estimate,
    Finding,
    Judge,
    Match,
    Mention,
    Meta,
    Part,
    Prompt,
    ProviderError,
    Quotation,
    Quote,
    Source,
    Span,
    Statement,
    Stream,
    Summary,
    Usage,
    Verbatim,
    Verdict,
    Violation,
)
from briefing.testing.fake_model import FakeModel, Fault


class Report(BaseModel):
    """An own schema."""

    lead: Mention
    quotes: list[Quote]
    cost: Cited[float] | None = None
    claim: Verbatim | None = None
    meta: Meta | None = None


def module_functions(text: str) -> None:
    """Text, files and sources; with and without a schema."""
    assert_type(briefing.summarize(text), Briefing)
    assert_type(briefing.summarize(Path("article.html"), model="openai/gpt-5-mini", language="de"), Briefing)
    assert_type(briefing.summarize(Source.from_text(text), prompt=Path("own.yaml"), timeout=5.0), Briefing)
    assert_type(briefing.summarize(text, schema=Report), Report)
    assert_type(briefing.summarize(text, schema=Briefing, deadline=None, plan="staged"), Briefing)


async def async_functions(text: str, prompt: Prompt) -> None:
    """The same, awaited."""
    assert_type(await briefing.asummarize(text), Briefing)
    assert_type(await briefing.asummarize(text, schema=Report, prompt=prompt), Report)
    briefer = Briefer()
    assert_type(await briefer.asummarize(text), Briefing)
    assert_type(await briefer.asummarize(text, schema=Report), Report)
    await briefer.aclose()


async def streams(text: str, briefer: Briefer) -> None:
    """Parts, and the result at the end, of the schema that was given."""
    with briefer.stream(text, schema=Report, style="written") as stream:
        assert_type(stream, Stream[Report])
        for part in stream:
            assert_type(part, Part)
            assert_type(part.path, str)
            assert_type(part.corrects, bool)
        assert_type(stream.result, Report)
    async for part in briefing.astream(text, model="local"):
        assert_type(part, Part)
    assert_type(briefer.astream(text), AsyncStream[Briefing])
    assert_type(briefing.stream(text).result, Briefing)


def wrong_calls(text: str) -> None:
    """What mypy must refuse: each ignore is needed, or mypy says that it is not."""
    briefing.summarize(7)  # type: ignore[arg-type]
    briefing.summarize(text, schema=int)  # type: ignore[type-var]
    briefing.summarize(text, modle="openai/x")  # type: ignore[call-arg]
    briefing.summarize(text, fallback=("openai/gpt-4o-mini",))
    Briefer(plan="fast")  # type: ignore[arg-type]


def briefer(text: str) -> None:
    """A briefer with all its options."""
    made = Briefer(
        "openai/gpt-5-mini",
        base_url=None,
        api_key=None,
        timeout=60.0,
        deadline=None,
        max_attempts=4,
        plan="auto",
        fallback=["openai/gpt-4o-mini", "anthropic/claude-sonnet-4-5"],
        keep_source=False,
        on_progress=print,
    )
    assert_type(made.summarize(text), Briefing)
    assert_type(made.summarize(text, schema=Report, prompt="briefing", language="en"), Report)
    assert_type(made.model, str)
    assert_type(made.fingerprint(text, schema=Report), str)
    estimate = made.estimate(text, schema=Report, length="brief")
    assert_type(estimate, Estimate)
    assert_type(estimate.input_tokens, tuple[int, int])
    assert_type(estimate.cost_usd, tuple[float, float] | None)
    made.close()


class OwnJudge:
    """A judge of the user's."""

    def judge(self, claims: Sequence[Claim]) -> list[Verdict]:
        """Judge the claims."""
        assert_type(claims[0].text, str)
        assert_type(claims[0].evidence, tuple[Span, ...])
        return [Verdict("unsupported", words=["a", "b"], score=0.1) for _ in claims]


class OwnAsyncJudge:
    """The same for async code."""

    async def ajudge(self, claims: Sequence[Claim]) -> Sequence[Verdict]:
        """Judge the claims."""
        return [Verdict("supported") for _ in claims]


def judged(text: str) -> None:
    """A second look by a model or an object."""
    own: Judge = OwnJudge()
    Briefer(judge=own).summarize(text)
    Briefer(judge=OwnAsyncJudge())
    assert_type(briefing.summarize(text, judge="same"), Briefing)
    Briefer(judge=7)  # type: ignore[arg-type]
    Verdict("perhaps")  # type: ignore[arg-type]


def result(b: Briefing, text: str) -> None:
    """What is in a briefing."""
    assert_type(b.headline, str)
    assert_type(b.summary, Summary)
    assert_type(b.summary.text, str)
    assert_type(b.summary.sentences[0], Statement)
    assert_type(b.summary.sentences[0].evidence[0].text, str)
    assert_type(b.summary.sentences[0].support, Literal["supported", "unsupported"])
    assert_type(b.summary.sentences[0].findings, list[Finding])
    assert_type(b.summary.sentences[0].findings[0].source, tuple[Span, ...])
    assert_type(b.summary.sentences[0].quotes, list[Quote])
    assert_type(b.headline_findings, list[Finding])
    assert_type(b.key_quotes[0].spans, list[Span])
    assert_type(b.key_quotes[0].speaker, str | None)
    assert_type(b.key_quotes[0].speaker_span, Span | None)
    assert_type(b.entities, list[Entity])
    assert_type(b.entities[0].mentions[0].start, int)
    assert_type(b.entities[0].role, str | None)
    assert_type(b.verify(text), list[Violation])
    assert_type(briefing.verify(b, Source.from_text(text)), list[Violation])
    assert_type(Briefing.model_validate_json(b.model_dump_json()), Briefing)
    assert_type(b.meta, Meta)
    assert_type(b.meta.usage, Usage)
    assert_type(b.meta.usage.input_tokens, int)
    assert_type(b.meta.cost_usd, float | None)
    assert_type(b.meta.warnings, list[str])


def own_schema(report: Report) -> None:
    """What is in an own schema's grounded types."""
    assert_type(report.lead.spans, list[Span])
    if report.cost is not None:
        assert_type(report.cost.value, float)
        assert_type(report.cost.evidence, list[Span])
    if report.claim is not None:
        assert_type(report.claim.status, Literal["exact", "typographic", "elided", "altered", "unverified"])


def reading(source: Source) -> None:
    """Reading and checking without a model."""
    assert_type(Source.from_text("text", lang="en"), Source)
    assert_type(Source.from_file("article.html", encoding="cp1252"), Source)
    assert_type(Source.from_html(b"<p>text</p>", url="https://news.example/a"), Source)
    assert_type(Source.from_url("https://news.example/a", timeout=5.0, allow_private=True), Source)
    assert_type(Source.from_bytes(b"text"), Source)
    assert_type(Source.from_pdf("article.pdf", password="secret", max_pages=5), Source)
    assert_type(Source.from_feed(Path("feed.xml"), pages=True, on_error=print), list[Source])
    assert_type(source.authors, tuple[str, ...])
    assert_type(source.sentences[0].label, str | None)
    assert_type(source.label_of(0), str | None)
    assert_type(source.sentences, list[Span])
    assert_type(source.quotations, list[Quotation])
    assert_type(source.quotations[0].speaker, str | None)
    match = briefing.locate("no choice", source)
    assert_type(match, Match)
    assert_type(match.spans, tuple[Span, ...])
    assert_type(match.diff, tuple[Change, ...])
    assert_type(briefing.locate_all(["no choice"], source), list[Match])
    checked = briefing.check(source, [source, Path("article.html"), "text"], lang="en")
    assert_type(checked, Checked)
    assert_type(briefing.check("text", source).ok, bool)
    assert_type(checked.quotes[0], CheckedQuote)
    assert_type(checked.quotes[0].speaker_ok, bool | None)
    assert_type(checked.quotes[0].source_index, int | None)
    assert_type(checked.statements[0], CheckedStatement)
    assert_type(checked.statements[0].evidence, tuple[Span, ...])


def testing(text: str) -> None:
    """A fake model, with faults."""
    with FakeModel(latency=0.1, faults=[Fault(status=429), None]) as fake:
        assert_type(fake.url, str)
        assert_type(fake.calls, int)
        briefing.summarize(text, model="openai/fake", base_url=fake.url, api_key="test")
    with briefing.testing.FakeModel(faults=lambda request: Fault(content=str(request["model"]))) as fake:
        assert_type(fake, FakeModel)


def errors(text: str) -> None:
    """Errors carry their evidence."""
    try:
        briefing.summarize(text)
    except ProviderError as error:
        assert_type(error.attempts, int)
        assert_type(error.usage, Usage | None)
        assert_type(error.retry_after, float | None)


def own_client(text: str) -> None:
    """A client of the user's."""
    client = openai.OpenAI(api_key="test")
    assert_type(briefing.summarize(text, model="gpt-5-mini", client=client), Briefing)
    assert_type(Briefer("gpt-5-mini", client=openai.AsyncOpenAI(api_key="test")), Briefer)
    Briefer("claude-sonnet-5", client=anthropic.Anthropic(api_key="test"))


def pages(saved: Briefing, source: Source) -> None:
    """Results for people."""
    assert_type(saved.to_html(source), str)
    assert_type(saved.to_markdown(), str)
    assert_type(briefing.report([saved, briefing.InputError("lost")], "report.html", sources=[source]), Path)
    briefing.report(briefing.summarize_many([source]), Path("report.html"))


def exports(result: Briefing, path: Path) -> None:
    """Formats of other tools, and back."""
    assert_type(briefing.export([result], path, to="brat", sources=[path]), Path)
    [gold] = briefing.import_annotations(path, "label-studio")
    assert_type(gold, briefing.GoldArticle)
    assert_type(gold.quotes[0].speaker, Span | None)
    assert_type(gold.entities[0], briefing.GoldEntity)
