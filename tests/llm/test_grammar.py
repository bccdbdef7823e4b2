"""The grammar for local models: what it lets through resolves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llguidance import LLMatcher, LLTokenizer
from pydantic import BaseModel

from briefing import Briefing, Cited, Mention, Quote, Source, Verbatim
from briefing.grounding.resolution import Grounding
from briefing.llm.grammar import grammar

TEXTS = [
    "The ferry stopped. “It was the wind and nothing else,” Ida Moe said.",
    "Паром остановился. «Это был ветер, и больше ничего», — сказала Ида Му из NATO.",
    "渡轮停了。“是风把它吹停的，没有别的原因。”伊达说。",
    'A "straight" back\\slash and\ttab: Ida Moe left. She left for good.',
]


class Own(BaseModel):
    """A schema of grounded and plain fields."""

    figures: list[Cited[float]]
    who: list[Mention]
    motto: Verbatim | None
    tags: dict[str, int]


def written(text: str, schema: type[BaseModel] = Briefing) -> str:
    """The grammar for a text."""
    return grammar(schema, Grounding(Source.from_text(text)))


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("schema", [Briefing, Own])
def test_the_grammar_is_valid(text: str, schema: type[BaseModel]) -> None:
    """llama.cpp passes silently over a grammar that is not, so it is checked here."""
    assert "" == LLMatcher.validate_grammar(written(text, schema))


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=80).map(lambda text: f"Ida {text}"))
def test_any_text_gives_a_valid_grammar(text: str) -> None:
    """Quotation marks, backslashes and controls of the article cannot break it."""
    assert "" == LLMatcher.validate_grammar(written(text))


def test_ids_are_those_of_the_article() -> None:
    """Two sentences and one quotation: no other id can be written."""
    text = written(TEXTS[0])

    assert '"maximum": 2' in text
    assert '("\\"q1\\"")' in text
    assert "q2" not in text


def test_an_article_without_quotations_allows_none() -> None:
    """The list must be empty."""
    assert '"\\"key_quotes\\":" "[]"' in written("The ferry stopped. Nobody said a word.")


def test_statements_stay_in_the_article_s_script() -> None:
    """Latin letters only as words that the article has."""
    russian = written(TEXTS[1])

    assert "NATO" in russian
    assert "A-Za-z" in russian
    assert "A-Za-z" not in written(TEXTS[0])


def test_what_small_models_do_badly_can_be_left_out() -> None:
    """Roles are not asked for then."""
    grounding = Grounding(Source.from_text(TEXTS[0]))

    assert "role" in grammar(Briefing, grounding)
    assert "role" not in grammar(Briefing, grounding, essential=True)


def test_own_fields_keep_their_json_schema() -> None:
    """What is not ours is decoded by its own schema, without white space."""
    text: Any = written(TEXTS[0], Own)

    assert '"additionalProperties": {"type": "integer"}' in text
    assert '"whitespace_flexible": false' in text


def test_an_article_without_quotations_leaves_json_to_be_written() -> None:
    """Where a schema asks for one, null is left, or an id that resolves to nothing; never an empty value."""

    class Quoted(BaseModel):
        perhaps: Quote | None
        surely: Quote

    text = written("The ferry stopped.", Quoted)

    assert '"\\"perhaps\\":" (json' in text
    assert '"\\"id\\":" ("\\"q1\\"")' in text
    assert "()" not in text


def test_a_text_without_capitals_has_names_all_the_same() -> None:
    """A grammar that lets no name through cannot be written to its end."""
    assert r"& /\p{Lu}." in written(TEXTS[0])
    assert r"\p{Lu}" not in written("the ferry to skarn stopped.")


def accepts(article: str, statement: str) -> bool:
    """Whether the grammar of an article lets a statement through."""
    tokenizer = LLTokenizer("byte")
    matcher = LLMatcher(tokenizer, written(article))
    start = f'{{"headline":{json.dumps(statement, ensure_ascii=False)},'
    return bool(matcher.try_consume_tokens(tokenizer.tokenize_bytes(start.encode())) == len(start.encode()))


@pytest.mark.parametrize(
    ("article", "statement", "expected"),
    [
        (0, "Ida Moe didn't stop; the players' day, l’eau d'ici.", True),
        (0, "Ida Moe said: ‹q1›.", True),
        (0, "Ida Moe said: ‹q2›.", False),
        (0, "Ida Moe said: “wind”.", False),
        (0, "Ida Moe said: 'wind'.", False),
        (0, "Ida Moe said: ‘wind’.", False),
        (0, "Ida Moe said: «wind».", False),
        (0, "Ida Moe said: ``wind``.", False),
        (0, 'Ida Moe said: "wind".', False),
        (1, "Ида Му из NATO: ‹q1›, п'ять, NATO’.", True),
        (1, "Ида Му: «ветер».", False),
        (1, "Ида Му: 'ветер'.", False),
        (1, "Ида Му said.", False),
        (2, "伊达说‹q1›。", True),
        (2, "伊达说「风」。", False),
        (3, "She left ‹q1›.", False),
        (3, "Ida's left.", True),
    ],
)
def test_a_statement_quotes_by_id_only(article: int, statement: str, expected: bool) -> None:
    """Ids of the article's quotations, and no quotation marks; an apostrophe only behind a letter."""
    assert expected == accepts(TEXTS[article], statement)
