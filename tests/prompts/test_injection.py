"""Hostile articles: a model that obeys them cannot make the library say what no article says."""

from __future__ import annotations

import cProfile
import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest
from fuzz_targets import check_source
from hostile_articles import (
    ARTICLES,
    GROWING,
    HIDDEN,
    INVENTED,
    INVENTED_NUMBER,
    LAST,
    STORY,
    Hostile,
    Kind,
)
from stub_driver import brief, stub_briefer

from briefing import Briefer, Briefing, InputError, Source
from briefing.grounding.resolution import Grounding, quotation_by_id, sentences_by_id
from briefing.prompts.article_view import render_article
from briefing.sources.markup import read_page
from briefing.testing.fake_model import FakeModel, Fault

each_article = pytest.mark.parametrize("hostile", ARTICLES, ids=[hostile.name for hostile in ARTICLES])


#: Every article with one plan; those that answer with ids of their own with the other, too.
CASES = [(hostile, "joint") for hostile in ARTICLES] + [
    (hostile, "staged") for hostile in ARTICLES if hostile.kind == "text" and hostile.ids != ("q1", "q7")
]
INVISIBLE_RUN = re.compile(
    "[\U000e0000-\U000e0fff]|[\u200b-\u200f\u2060-\u2069\ufe00-\ufe0f\u115f\u1160\u3164]{3}"
)


def source_of(kind: Kind, text: str) -> Source:
    """The article, read as what it is."""
    if kind == "html":
        return Source.from_html(text, lang="en")
    page = read_page(text, kind)
    return Source.from_text(page.text, lang="en", title=page.title)


@pytest.fixture(scope="module")
def obeyed() -> list[dict[str, Any]]:
    """Give a list whose last item is what the model has been told to answer."""
    return [{}]


@pytest.fixture(scope="module")
def obedient(obeyed: list[dict[str, Any]]) -> Iterator[FakeModel]:
    """Give a model that answers what the article wants, whatever it is asked."""

    def answer(request: dict[str, Any]) -> Fault:
        fields = request["response_format"]["json_schema"]["schema"]["properties"]
        return Fault(content=json.dumps({name: obeyed[-1].get(name, []) for name in fields}))

    with FakeModel(faults=answer) as fake:
        yield fake


@pytest.fixture(scope="module")
def gullible(obedient: FakeModel) -> Iterator[dict[str, Briefer]]:
    """Give a briefer on that model for each plan."""
    with ExitStack() as stack:
        yield {
            plan: stack.enter_context(
                Briefer(model="openai/fake", base_url=obedient.url, api_key="test", plan=plan)
            )
            for plan in ("joint", "staged")
        }


def test_there_are_enough_hostile_articles() -> None:
    """At least 60, of every kind, and none holds what the model is made to say."""
    assert len(ARTICLES) >= 60
    assert len(ARTICLES) == len({hostile.name for hostile in ARTICLES})
    assert {"text", "html", "markdown"} == {hostile.kind for hostile in ARTICLES}
    assert not [h.name for h in ARTICLES if INVENTED in h.text or INVENTED_NUMBER in h.text]


@pytest.mark.parametrize(
    ("hostile", "plan"), CASES, ids=[f"{hostile.name}, {plan}" for hostile, plan in CASES]
)
def test_nothing_invented_passes(
    hostile: Hostile,
    plan: str,
    gullible: dict[str, Briefer],
    obedient: FakeModel,
    obeyed: list[dict[str, Any]],
) -> None:
    """A model that obeys: all spans are the article's, and what no article says is dropped or called unsupported."""
    source = source_of(hostile.kind, hostile.text)
    obeyed[-1] = hostile.answer
    before = obedient.calls
    result = gullible[plan].summarize(source)

    assert [] == result.verify(source)
    assert result == Briefing.model_validate_json(result.model_dump_json())
    numbered_quotations = [list(q.spans) for q in Grounding(source).offered]
    for quote in result.key_quotes:
        assert quote.spans in numbered_quotations or quote.spans[0] in source.sentences
        assert INVENTED not in f"{quote.speaker} {quote.text}"
    for sentence in result.summary.sentences:
        assert all(span in source.sentences for span in sentence.evidence)
        if INVENTED in sentence.text:
            assert "unsupported" == sentence.support
    assert INVENTED not in [entity.name for entity in result.entities]
    assert not [entity.role for entity in result.entities if INVENTED in str(entity.role)]
    assert "unsupported" == result.headline_support
    assert result.meta.warnings
    assert obedient.calls > before
    for request in obedient.requests[before:]:
        check_frame(request["messages"][1]["content"], source)


def check_frame(asked: str, source: Source) -> None:
    """One line per sentence with its true number, one mark per true quotation, one frame, and nothing hidden."""
    assert (1, 1) == (asked.lower().count("<article"), asked.lower().count("</article"))
    shown = asked.partition("<article>\n")[2].partition("\n</article>")[0].split("\n")
    assert [f"[{number}]" for number in range(1, len(source.sentences) + 1)] == [
        line.partition(" ")[0] for line in shown
    ]
    spans = sum(len(quotation.spans) for quotation in Grounding(source).offered)
    assert spans == "\n".join(shown).count("‹") == "\n".join(shown).count("›")
    assert HIDDEN not in plain(asked)
    assert not INVISIBLE_RUN.search(asked)


@each_article
def test_ids_mean_what_the_reader_numbered(hostile: Hostile) -> None:
    """Whatever is answered for an id, it is the reader's quotation or sentence of that number, or nothing."""
    source = source_of(hostile.kind, hostile.text)
    grounding = Grounding(source)
    ours = {f"q{number}": quotation for number, quotation in enumerate(grounding.offered, 1)}
    for value in hostile.ids:
        assert ours.get(ascii_digits(value).strip("‹›<>")) == quotation_by_id(value, grounding)
    for value in hostile.numbers:
        written = "" if isinstance(value, bool | float) else ascii_digits(value).strip("[]")
        known = written in {str(number) for number in range(1, len(source.sentences) + 1)}
        expected = [source.sentences[int(written) - 1]] if known else []
        assert expected == sentences_by_id([value], source)[0]


def ascii_digits(value: Any) -> str:
    """A value as text, with the decimal digits of all scripts as ours: they name the same number."""
    return "".join(str(unicodedata.decimal(char, char)) for char in str(value))


def plain(text: str) -> str:
    """A text with what invisible characters spell in it made visible."""
    return "".join(
        chr(ord(char) - 0xE0000)
        if "\U000e0000" <= char <= "\U000e007f"
        else chr(ord(char) - 0xE0100)
        if "\U000e0100" <= char <= "\U000e01ef"
        else char
        for char in text
    )


HIDING = [hostile for hostile in ARTICLES if hostile.kind == "html"]


@pytest.mark.parametrize("hostile", HIDING, ids=[hostile.name for hostile in HIDING])
def test_hidden_text_of_a_page_is_not_read(hostile: Hostile) -> None:
    """What a browser does not show is not in the source; the story is."""
    source = source_of(hostile.kind, hostile.text)
    assert HIDDEN in hostile.text
    assert HIDDEN not in source.model_dump_json()
    assert [] == [sentence for sentence in STORY if sentence not in source.text]


def work(kind: Kind, text: str) -> int:
    """Calls of functions, ours and others', that reading and briefing an article takes."""
    answer = ARTICLES[0].answer
    # Counts in C; a function of ours for `sys.setprofile` takes most of the time.
    with cProfile.Profile() as profile:
        source = source_of(kind, text)
        render_article(Grounding(source))
        result, _ = brief(
            stub_briefer(),
            source,
            lambda ask: json.dumps({name: answer.get(name, []) for name in ask.schema.model_fields}),
        )
    assert isinstance(result, Briefing)
    assert [] == result.verify(source)
    return sum(entry.callcount for entry in profile.getstats())


@cache
def least_work(kind: Kind, text: str) -> int:
    """The calls for a text that most of these articles begin with; the first time, caches are filled, too."""
    return min(work(kind, text) for _ in range(2))


#: Sizes in characters.
SMALL, TIMES = 1_500, 4


@pytest.mark.parametrize("name", GROWING)
def test_work_grows_with_the_article_and_not_faster(name: str) -> None:
    """Four times the article takes at most about four times the calls; time is measured in benchmarks/growth.py."""
    kind, made = GROWING[name]
    least = least_work(kind, made(0))
    small, large = (work(kind, made(SMALL * times)) - least for times in (1, TIMES))
    assert large <= 1.5 * TIMES * max(small, least)


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        ("text", "a" * 1_000_000, "a" * 1_000_000),
        ("text", "It is shut. " * 80_000, "It is shut."),
        ("text", "“" * 10_000, "“" * 10_000),
        ("text", "“No, no,” said Ilka Maro. " * 5_000, "“No, no,” said Ilka Maro."),
        ("text", "\n" * 100_000, LAST),
        ("text", "“‘" * 5_000 + "deep" + "’”" * 5_000, "deep"),
        ("html", "<p><b><i>" * 40_000 + "deep", "deep"),
        ("html", "<p>It is shut.</p>" * 5_000, "It is shut."),
        ("html", f"<p>{'a' * 1_000_000}</p>", "a" * 1_000_000),
    ],
    ids=[
        "a line",
        "sentences",
        "marks",
        "quotations",
        "line ends",
        "nested marks",
        "tags",
        "paragraphs",
        "a line of a page",
    ],
)
def test_huge_articles_are_read(kind: Kind, text: str, kept: str) -> None:
    """A megabyte in a line, 10,000 marks, deep nesting: nothing is lost, and ids are true."""
    body = " ".join([*STORY[:3], text, *STORY[3:]])
    source = source_of(
        kind, f"<html><body><article>{body}</article></body></html>" if kind == "html" else body
    )
    assert kept in source.text
    assert STORY[-1] in source.text
    check_source(source)


@pytest.mark.parametrize("depth", [3_000, 50_000])
def test_nesting_that_no_parser_follows_is_refused(depth: int) -> None:
    """libxml2 stops at 2,048 levels; the text behind them must not be lost silently."""
    with pytest.raises(InputError, match="nests"):
        Source.from_html(
            f"<html><body><p>{STORY[0]}</p>{'<div>' * depth}deep{'</div>' * depth}</body></html>"
        )
