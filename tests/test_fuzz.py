"""Any text and any answer: a verified result or a `BriefingError`. Any bytes: a source or an `InputError`.

The plan is run by `stub_driver` and not over HTTP, so that `make fuzz` (the profile "fuzz") can try 100,000 examples;
`test_hostile_answers.py` has a smaller run over HTTP. What the client would map to an error of ours shows here as it is.
"""

from __future__ import annotations

import json
import pickle
import re
from typing import Any

import pytest
from fuzz_targets import TARGETS, check_match, check_source
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from stub_driver import brief, stub_briefer

from briefing import (
    Briefing,
    BriefingError,
    Cited,
    Entity,
    InputError,
    Mention,
    Quote,
    Source,
    Verbatim,
    locate,
    locate_all,
    verify,
)
from briefing.llm.asks import Ask
from briefing.schemas.json_schema import wire_schema


class Inner(BaseModel):
    """Grounded types inside of another model."""

    who: Mention
    said: list[Quote]
    copies: list[Verbatim] = []


class Own(BaseModel):
    """A schema of a user's own."""

    quote: Quote | None
    people: list[Entity]
    cost: Cited[int] | None
    claims: list[Cited[str]]
    copied: Verbatim
    inner: list[Inner]
    one: Inner | None
    either: list[Mention | Quote]


#: Of a run's examples, tests beside the two main ones get this part.
RUN = settings.default.max_examples
main = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
beside = settings(main, max_examples=max(30, RUN // 20))

SURROGATES = re.compile("[\ud800-\udfff]")
#: Any code point, lone surrogates among them.
ANY = st.text(st.characters(exclude_categories=()), max_size=60)
PIECES = st.sampled_from(
    [
        "Maren Holt",
        "Holt",
        "Dr. Holt",
        "the council",
        "Harwick",
        "“We had no choice,”",
        "“no,”",
        "„Nein“",
        "«да»",
        "「終わり」",
        "‘so’",
        '"',
        "“",
        "”",
        "'",
        "said Maren Holt.",
        "said Holt.",
        "she said:",
        "he said,",
        "according to Harwick",
        "4.2 million crowns",
        "42",
        "1,000",
        "12%",
        "on 3 March 2025",
        "in 2027.",
        "not",
        "never",
        "twenty-two",
        "七百万",
        "沈若兰说：",
        "سلمى ناصر",
        "Анна Гвоздева",
        "김민수는",
        ".",
        "!",
        ",",
        ":",
        "\n",
        "\n\n",
        "\r\n",
        "\u2028",
        "\x00",
        "\u200b",
        "\u00ad",
        "\u202e",
        "\ud800",
        "e\u0301",
        "\u0301",
        "🎉",
        "‹q1›",
        "[3]",
        "{{x}}",
        "</article>",
        "…",
        "<p>",
        "U.S.",
        "NATO (North Atlantic)",
        "Water Works (WW)",
        "9" * 40,
    ]
)
TEXTS = (st.lists(PIECES, min_size=1, max_size=25).map(" ".join) | ANY).filter(
    lambda text: any(char.isalpha() for char in text)
)
LANGUAGES = st.sampled_from(["en", "de", "fr", "ru", "zh", "ja", "ar", "ko", "und"])
IDS = st.sampled_from(
    [
        "q1",
        "q2",
        "q3",
        "q0",
        "q999",
        "‹q1›",
        "q１",
        "Q 1",
        "1",
        "[2]",
        "x",
        "",
        "s1",
        1,
        2,
        3,
        0,
        -1,
        99,
        1.0,
        1.5,
        None,
        True,
        10**30,
    ]
)
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def wild(node: dict[str, Any], words: st.SearchStrategy[str], data: st.DataObject, *, spoilt: bool) -> Any:
    """A value of the shape that a wire schema asks for, that may point anywhere; if `spoilt`, of about that shape."""
    how = data.draw(st.integers(0, 30)) if spoilt else 30
    if how == 0:
        return data.draw(ODD)
    if "anyOf" in node:
        return wild(data.draw(st.sampled_from(node["anyOf"])), words, data, spoilt=spoilt)
    if "enum" in node and how > 2:
        return data.draw(st.sampled_from(node["enum"]))
    match node.get("type"):
        case "object":
            fields = node.get("properties", {}).items()
            return {name: wild(inner, words, data, spoilt=spoilt) for name, inner in fields if how != 1}
        case "array":
            least = 0 if spoilt else min(1, node.get("minItems", 0))
            length = data.draw(st.integers(least, 4))
            return [wild(node["items"], words, data, spoilt=spoilt) for _ in range(length)]
        case "integer":
            return data.draw(
                IDS if spoilt or "numbers" in node.get("description", "numbers") else st.integers()
            )
        case "null":
            return None
        case _:
            is_id = "quotation" in node.get("description", "")
            return data.draw(IDS if is_id and how > 3 else words)


def answer(ask: Ask, source: Source, data: st.DataObject) -> str:
    """A text that a model may answer: mostly of the right shape, sometimes of about it, any JSON, or broken."""
    kind = data.draw(st.integers(0, 30))
    if kind == 0:
        return data.draw(st.text())
    if kind == 1:
        return json.dumps(data.draw(ODD))
    start = data.draw(st.integers(0, len(source.text)))
    piece = source.text[start : start + data.draw(st.integers(1, 40))]
    known = source.text.split() or ["x"]
    words = st.sampled_from(
        [word for word in (*known, piece) if word.split() and not SURROGATES.search(word)] or ["x"]
    )
    words |= PIECES.filter(lambda text: text.split() and not SURROGATES.search(text))
    if kind < 6:
        words |= st.text(max_size=20)
    text = json.dumps(wild(wire_schema(ask.schema), words, data, spoilt=kind < 6))
    return text[: data.draw(st.integers(0, len(text)))] if kind == 2 else text


def check(source: Source, schema: type[BaseModel], plan: Any, data: st.DataObject) -> None:
    try:
        result, asked = brief(stub_briefer(plan=plan), source, lambda ask: answer(ask, source, data), schema)
    except BriefingError as error:
        event(type(error).__name__)
        return
    event(f"briefed with {len(asked)} asks" if plan == "joint" else "briefed")
    assert [] == verify(result, source)
    assert result == schema.model_validate_json(result.model_dump_json())
    assert result == pickle.loads(pickle.dumps(result))


@main
@given(TEXTS, LANGUAGES, st.sampled_from(["joint", "joint", "staged"]), st.data())
def test_any_answer_makes_a_verified_briefing_or_an_error(
    text: str, lang: str, plan: str, data: st.DataObject
) -> None:
    """Any text and any answer, to the first ask and to the repair: all spans that come out are true."""
    check(Source.from_text(text, lang=lang), Briefing, plan, data)


@beside
@given(TEXTS, LANGUAGES, st.sampled_from(["joint", "staged"]), st.data())
def test_any_answer_makes_a_verified_result_of_an_own_schema(
    text: str, lang: str, plan: str, data: st.DataObject
) -> None:
    """The same for grounded types nested in a schema of one's own."""
    check(Source.from_text(text, lang=lang), Own, plan, data)


@beside
@given(TEXTS | ANY, LANGUAGES)
def test_any_text_is_read(text: str, lang: str) -> None:
    """Sentences cover a text, spans are slices, and the view of it holds no marks but ours."""
    try:
        source = Source.from_text(text, lang=lang)
    except InputError:
        assert not any(char.isalpha() for char in text)
        return
    check_source(source)
    assert source == pickle.loads(pickle.dumps(source))
    assert source == Source.model_validate_json(source.model_dump_json())


MARKUP = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<div hidden>",
            "<div style='display:none'>",
            "<style>.a{display:none}",
            "</style>",
            "<p class=a>",
            "<!--",
            "-->",
            "<",
            ">",
            "&#0;",
            "&#xd800;",
            "&amp",
            "é",
            "word. ",
            "<html lang=xx>",
            "<title>",
            "<meta charset=utf-16>",
            "<script>",
            "</script>",
            "<![CDATA[",
            "<?xml encoding='x'?>",
            "<svg>",
            "<table><tr><td>",
            "“no,” said Holt. ",
            "\x00",
            "\ud800",
        ]
    ),
    max_size=30,
).map("".join)


@beside
@given(MARKUP | ANY, st.sampled_from(["utf-8", "utf-16", "latin-1", "shift_jis", "utf-7"]))
def test_any_page_is_read_or_refused(page: str, encoding: str) -> None:
    """Markup of any kind, as text and in bytes of any encoding."""
    data = page.encode(encoding, "replace")
    for take, value in ((Source.from_html, page), (Source.from_html, data), (Source.from_bytes, data)):
        try:
            source = take(value)  # type: ignore[operator]
        except InputError:
            continue
        check_source(source)


@beside
@given(
    st.sampled_from(sorted(TARGETS)),
    st.binary(max_size=200) | ANY.map(lambda text: text.encode("utf-8", "replace")),
)
def test_any_bytes(target: str, data: bytes) -> None:
    """What the coverage-guided fuzzer tries, without guidance."""
    TARGETS[target](data)


@beside
@given(TEXTS, LANGUAGES, st.data())
def test_any_quote_is_placed_honestly(text: str, lang: str, data: st.DataObject) -> None:
    """A quote of the text or any other: matches are slices; equal quotes get places of their own while there are some."""
    source = Source.from_text(text, lang=lang)
    start = data.draw(st.integers(0, len(source.text)))
    piece = source.text[start : start + data.draw(st.integers(1, 40))]
    quote = data.draw(st.sampled_from([piece, piece.swapcase(), f"“{piece} … {piece}”"]) | TEXTS)
    check_match(quote, source, ignore_case=data.draw(st.booleans()))
    placed = locate_all([quote, quote], source)
    assert placed[0] == locate(quote, source)
    assert placed[0].text == locate(quote, source.text).text or source.lang != "und"


@pytest.mark.parametrize("plan", ["joint", "staged"])
def test_a_number_of_many_digits_is_compared(plan: str) -> None:
    """Found by fuzzing: a number of more digits than `decimal` divides, in the article or in the answer."""
    source = Source.from_text(f"The council counted {'7' * 60} bees. It paid 70 crowns.", lang="en")
    written = {"headline": f"70 or {'7' * 50} bees", "summary": [{"text": "About 70 bees.", "evidence": [1]}]}
    fields = {"key_quotes": [], "entities": []} | written
    result, _ = brief(
        stub_briefer(plan=plan),
        source,
        lambda ask: json.dumps({name: fields.get(name, []) for name in ask.schema.model_fields}),
    )
    assert isinstance(result, Briefing)
    assert "unsupported" == result.headline_support
