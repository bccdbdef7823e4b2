"""A result of an article that has what offsets go wrong with: emoji, CR LF, combining marks, several scripts, overlaps."""

from __future__ import annotations

from briefing import Briefing, Entity, Quote, Source, Span, Statement, Summary

URL = "https://news.example/ledger"
ARTICLE = Source.from_text(
    "Cafe\u0301 🌉 owner 李明 said: “We have\r\nno money 😀,” and added: “Never.”\r\n"
    "העיר Harwick Ledger of Harwick  closed.\n\tمرحبا, said =Sum-Co.",
    lang="en",
    title="=1+1",
    url=URL,
)


def span(text: str, start: int = 0) -> Span:
    """The first place of a text in the article from an offset on."""
    found = ARTICLE.text.index(text, start)
    return Span.of(ARTICLE.text, found, found + len(text))


QUOTE = Quote(
    text="We have\r\nno money 😀, … Never.",
    spans=[span("We have\r\nno money 😀,"), span("Never.")],
    speaker="李明",
    speaker_span=span("李明"),
    kind="direct",
)
LEDGER = span("Harwick Ledger")
ENTITIES = [
    Entity(name="Harwick Ledger", type="organization", mentions=[LEDGER]),
    Entity(name="Harwick", type="location", mentions=[span("Harwick"), span("Harwick", LEDGER.end)]),
    Entity(name="李明", type="person", mentions=[span("李明")], role="owner"),
    Entity(name="مرحبا", type="other", mentions=[span("مرحبا")]),
    Entity(name="=Sum-Co", type="organization", mentions=[span("=Sum-Co")]),
]


def ledger_briefing(*, keep_source: bool = True) -> Briefing:
    """The briefing."""
    statement = Statement(
        text="-The ledger closed.", evidence=[span("העיר Harwick Ledger of Harwick  closed.")],
        support="supported", missing=[], findings=[],
    )  # fmt: skip
    return Briefing.model_validate(
        {
            "headline": "The ledger closes",
            "summary": Summary(sentences=[statement]),
            "key_quotes": [QUOTE],
            "entities": ENTITIES,
            "meta": {
                "model": "openai/gpt-5-mini",
                "briefing_version": "0.1.0",
                "source_sha256": ARTICLE.sha256,
                "source_title": ARTICLE.title,
                "source_url": URL,
                "style": "written",
                "fingerprint": "f" * 64,
            },
            "source": ARTICLE if keep_source else None,
        }
    )
