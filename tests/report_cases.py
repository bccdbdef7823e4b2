"""Briefings for tests of the pages: one with every kind of fault, and ones that attack."""

from __future__ import annotations

from pathlib import Path

from hostile_articles import Hostile

from briefing import Briefing, Entity, Meta, Quote, Source, Span, Statement, Summary
from briefing.grounding import Finding, Grounding
from briefing.schemas import HeadlineText

SEEDS = Path(__file__).parents[1] / "seeds"
URL = "https://news.example/bridge"

_FERRIES = "\n\n".join(f"Paragraph {n} tells of the old ferry, its tolls and its captain." for n in range(25))
BRIDGE = Source.from_text(
    "The council of Harwick closed the Tern bridge on Monday. “We had no choice,” said Maren Holt, who leads "
    "the council. Repairs will cost 4.2 million crowns, according to the Harwick Ledger.\n\n"
    "Oskar Lind, a baker, called the news “a disaster for the whole of our street.” 🌉 The bridge opens again in "
    f"2027, the council of Harwick hopes.\n\n{_FERRIES}\n\n"
    "The ferry to Skarn costs 3 crowns, said Ida Moe of the harbour office.",
    lang="en",
    title="Bridge shut",
    url=URL,
)
_WIRE = {
    "headline": "Harwick closes the Tern bridge for 9.9 million crowns",
    "summary": [
        {"text": "The council of Harwick closed the Tern bridge on Tuesday.", "evidence": [1]},
        {"text": "“We had no other choice,” said Maren Holt.", "evidence": [2]},
        {"text": "Repairs cost 5.2 million crowns.", "evidence": [3]},
        {"text": "Oskar Lind called it “a disaster for the whole of our street.”", "evidence": [4]},
        {"text": "The ferry to Skarn costs 3 crowns.", "evidence": [len(BRIDGE.sentences)]},
    ],
    "key_quotes": [],
    "entities": [
        {"name": "Maren Holt", "type": "person", "role": "leads the council"},
        {"name": "Harwick", "type": "place", "role": None},
        {"name": "Harwick Ledger", "type": "organization", "role": None},
    ],
}


def faulty_briefing() -> Briefing:
    """A briefing of `BRIDGE` with a wrong date, an altered quotation, a wrong amount, a note, and names that overlap."""
    made = Briefing.model_validate(_WIRE, context=Grounding(source=BRIDGE))
    meta = {
        "model": "openai/gpt-5-mini",
        "prompt_name": "briefing",
        "prompt_version": "7",
        "style": "written",
        "usage": {"input_tokens": 1838, "output_tokens": 243, "cached_tokens": 1024},
        "cost_usd": 0.0012,
        "attempts": 2,
        "elapsed": 3.4,
        "source_sha256": BRIDGE.sha256,
        "source_url": URL,
        "source_title": BRIDGE.title,
        "warnings": ["dropped: 'Monday' is not a name"],
    }
    quotes = [Quote.of(quotation, BRIDGE) for quotation in BRIDGE.quotations]
    assert isinstance(made.headline, HeadlineText)
    headline = {"headline_findings": made.headline.findings, "headline_support": "unsupported"}
    return made.model_copy(update={"key_quotes": quotes, "meta": Meta.model_validate(meta), **headline})


def seed_briefings() -> list[Briefing]:
    """The briefings of `seeds/` in many scripts, each with its article."""
    made = []
    for path in sorted(SEEDS.glob("*.briefing.json")):
        stem = path.name.partition(".")[0]
        [article] = [other for other in SEEDS.glob(f"{stem}.*") if other.suffix != ".json"]
        briefing = Briefing.model_validate_json(path.read_bytes())
        made.append(briefing.model_copy(update={"source": Source.from_file(article)}))
    return made


#: What a page must show as it is, wherever it stands.
MARKUP = (
    "</script><script>window.broken=1</script>",
    "<!--<script>",
    "<img src=x onerror=window.broken=1>",
    "\"'><svg onload=window.broken=1>",
    "{{7*7}}{% raw %}${7*7}",
    "[link](javascript:window.broken=1) ![image](https://tracker.invalid/x.png) <https://tracker.invalid>",
    "\u202egnp.exe\u2066 \x00 \x1b]8;;https://tracker.invalid\x07 \u2028 \ufffe",
    "# heading\n---\n```\n| a | b |\n$x$ *bold* _it_ ~~no~~ [^1] &lt;b&gt;",
)


def attacking_briefing(attack: str, text: str | None = None) -> Briefing:
    """A briefing that has an attack in each of its texts, of an article that is one."""
    source = Source.from_text(text or f"Story: {attack} ends here.", lang="en", title=attack, url=URL)
    whole = Span.of(source.text, 0, len(source.text))
    finding = Finding(kind="name", text=attack, start=0, end=len(attack), source=(whole,), message=attack)
    quote = Quote(text=attack, spans=[whole], speaker=attack, speaker_span=whole, kind="direct")
    statement = Statement(
        text=attack,
        evidence=[whole],
        support="unsupported",
        missing=[attack],
        findings=[finding],
        quotes=[quote],
    )
    entity = Entity(name=attack, type="other", mentions=[whole], aliases=[attack], role=attack)
    meta = {
        "model": attack,
        "prompt_name": attack,
        "focus": attack,
        "warnings": [attack],
        "source_title": attack,
    }
    return Briefing(
        headline=attack,
        headline_missing=[attack],
        headline_findings=[finding],
        headline_support="unsupported",
        headline_span=whole,
        summary=Summary(sentences=[statement]),
        key_quotes=[quote],
        entities=[entity],
        meta=Meta.model_validate(meta | {"source_url": "javascript:window.broken=1"}),
        source=source,
    )


def hostile_briefing(hostile: Hostile) -> Briefing:
    """The attacking briefing of a hostile article, with its beginning as the attack."""
    readers = {"html": Source.from_html, "markdown": Source.from_text, "text": Source.from_text}
    text = readers[hostile.kind](hostile.text).text
    return attacking_briefing(hostile.text[:300], text)
