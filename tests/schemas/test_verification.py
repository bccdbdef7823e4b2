"""`verify`: what a tampered or incomplete result claims is found, wherever it stands."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel, ConfigDict, PrivateAttr, RootModel

from briefing import Briefing, Cited, Entity, Mention, Quote, Source, Statement, Summary, Verbatim, verify
from briefing.schemas.base import Grounded
from briefing.schemas.promises import PROMISES
from briefing.spans import Span
from briefing.text import parts_word

TEXT = (
    "The council of Harwick closed the Tern bridge on Monday. “We had no choice,” said Maren Holt, who leads the council. "
    "Repairs will cost 4.2 million crowns, said the Harwick Ledger."
)
SOURCE = Source.from_text(TEXT, lang="en")


def span(text: str) -> Span:
    start = TEXT.index(text)
    return Span(start=start, end=start + len(text), text=text)


QUOTE = Quote(
    text="We had no choice,",
    spans=[span("We had no choice,")],
    speaker="Maren Holt",
    speaker_span=span("Maren Holt"),
    kind="direct",
)
HOLT = Entity(name="Maren Holt", type="person", mentions=[span("Maren Holt")], role="leads the council")
EXACT = Verbatim(
    status="exact", text="We had no choice", claimed="We had no choice", spans=[span("We had no choice")]
)
FIRST = Statement(text="The council closed the bridge.", evidence=[SOURCE.sentences[0]], support="supported")
NOBODY = Quote(text="I am a crook", spans=[], speaker=None, speaker_span=None, kind="direct")


def without(**changes: Any) -> Quote:
    return QUOTE.model_copy(update=changes)


@pytest.mark.parametrize(
    ("tampered", "path", "message"),
    [
        (NOBODY, "", "no span"),
        (without(text="We had no choice, and we lied"), "", "not that of its spans"),
        (without(text="no choice"), "", "not that of its spans"),
        (without(speaker="Tom Berg"), "", "speaker_span"),
        (Quote.model_construct(text="I am a crook"), "", "incomplete"),
        (HOLT.model_copy(update={"role": "convicted fraudster"}), "", "role"),
        (HOLT.model_copy(update={"role": "leads the coun"}), "", "role"),
        (HOLT.model_copy(update={"mentions": []}), "", "name"),
        (Mention(name="Har", spans=[span("Har")]), "spans[0]", "inside a word"),
        (Statement(text="It fell.", evidence=[], support="supported"), "", "no evidence"),
        (FIRST.model_copy(update={"missing": ["4.3"]}), "", "has errors"),
        (
            Statement(text="It fell.", evidence=[span("idge on Monday.")], support="supported"),
            "evidence[0]",
            "inside",
        ),
        (Cited[int](value=3, evidence=[], support="supported"), "", "no evidence"),
        (EXACT.model_copy(update={"claimed": "I am a crook"}), "", "words of claimed"),
        (EXACT.model_copy(update={"text": "", "spans": []}), "", "without a span"),
        (EXACT.model_copy(update={"status": "unverified"}), "", "with a span"),
        (
            Summary(sentences=[FIRST, FIRST.model_copy(update={"evidence": []})]),
            "sentences[1]",
            "no evidence",
        ),
    ],
)
def test_a_claim_that_is_not_true_is_found(tampered: BaseModel, path: str, message: str) -> None:
    """No item without spans, no text that is not theirs, no role that the text lacks, no support without evidence."""
    [violation] = verify(tampered, SOURCE)
    assert path == violation.path
    assert message in violation.message
    assert [] == [v for good in (QUOTE, HOLT, EXACT, FIRST) for v in verify(good, SOURCE)]


def test_a_headline_that_calls_itself_supported_has_no_errors() -> None:
    """As a statement."""
    made = Briefing(headline="A", summary=Summary(sentences=[]), key_quotes=[], entities=[])
    assert ["headline"] == [
        v.path for v in made.model_copy(update={"headline_missing": ["A"]}).verify(SOURCE)
    ]


class Open(BaseModel):
    """Takes anything."""

    model_config = ConfigDict(extra="allow", arbitrary_types_allowed=True)

    held: Any = None
    _hidden: Any = PrivateAttr(default=None)


class Row(NamedTuple):
    """A named tuple."""

    quote: Any


@dataclass(frozen=True)
class Key:
    """A dataclass that can be a key."""

    quote: Any

    def __hash__(self) -> int:
        return 1


class Slotted:
    """An object of no known kind."""

    __slots__ = ("quote",)

    def __init__(self) -> None:
        self.quote = NOBODY


def hidden() -> Open:
    holder = Open()
    holder._hidden = NOBODY
    return holder


@pytest.mark.parametrize(
    "holder",
    [
        *(Open(held=held) for held in (
            [NOBODY], (NOBODY,), deque([NOBODY]), {"a": NOBODY}, {1: [{"b": (NOBODY,)}]}, {Key(NOBODY): 1}, Row(NOBODY), Key(NOBODY),
            MappingProxyType({1: NOBODY}), {1: NOBODY}.values(), Slotted(), RootModel[list[Any]]([NOBODY]), frozenset([Key(NOBODY)]),
        )),
        Open(more=NOBODY), Open(more=[NOBODY]), hidden(), RootModel[Any]([NOBODY]),
    ],
)  # fmt: skip
def test_nothing_hides_in_a_container(holder: BaseModel) -> None:
    """Whatever holds it: keys, extra and private attributes, views, and objects of other classes."""
    assert ["the quote has no span"] == [violation.message for violation in verify(holder, SOURCE)]


def test_what_cannot_be_looked_into_is_a_violation() -> None:
    """An iterator would be used up, and a value may be nested without end."""
    endless = Open()
    endless.held = [endless]
    for held, message in ((iter([QUOTE]), "only once"), (endless, "levels deep")):
        assert [True] == [message in violation.message for violation in verify(Open(held=held), SOURCE)]


def test_a_sentence_may_end_inside_a_word() -> None:
    """Where the reader divides what has no end; other spans may not."""
    text = f"The mill shut. {'a' * 2_500} It was old."
    source = Source.from_text(text, lang="en")
    cut = next(span for span in source.sentences if span.text.endswith("aa"))
    half = Span.of(text, cut.start, cut.end - 1)
    for of in (source, text):
        assert [] == verify(Cited[str](value="shut", evidence=[cut], support="supported"), of)
        [violation] = verify(Cited[str](value="shut", evidence=[half], support="supported"), of)
        assert "the span begins or ends inside a word" == violation.message


def test_every_grounded_type_says_what_it_promises() -> None:
    """A type that is not in the table would pass unchecked."""
    ours = [kind for kind in Grounded.__subclasses__() if kind.__module__.startswith("briefing.")]
    assert len(ours) >= 7
    assert set(ours) <= PROMISES.keys()


@pytest.mark.parametrize(
    ("before", "behind", "cut"),
    [
        ("Har", "wick", True),
        ("4", "2", True),
        ("Мо", "сква", True),
        ("e", "\u0301", True),
        ("ab", " c", False),
        ("临", "河", False),
        ("ב", "הולנד", False),
        ("Holt", "’s", False),
    ],
)
def test_a_cut_parts_a_word(before: str, behind: str, cut: bool) -> None:
    """In scripts in which nothing that is found begins or ends inside one."""
    assert cut == parts_word(before + behind, len(before))
    assert not parts_word(before, 0) | parts_word(before, len(before))


def test_an_empty_span_points_at_nothing() -> None:
    """It is a slice of any text, so that a quote without words would hold."""
    empty = Span(start=4, end=4, text="")
    held = Quote(text="", spans=[empty], speaker=None, speaker_span=None, kind="direct")
    for result in (held, Mention(name="", spans=[empty])):
        assert any("the span is empty" == violation.message for violation in verify(result, SOURCE))
