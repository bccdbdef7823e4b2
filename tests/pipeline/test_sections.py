"""The detailed summary of a long article: sections under headings, and more statements the longer it is."""

from __future__ import annotations

import json
import pickle
from itertools import pairwise
from typing import Any

import pytest
from long_texts import PLANTED, is_reduce, long_text, reader

from briefing import Briefer, Briefing, Section, Source, Statement, Summary, verify
from briefing.pipeline.parts import heading_lines
from briefing.reports import markdown
from briefing.schemas import WireForm
from briefing.testing import FakeModel, Fault

#: By name: a heading of the chapter with this number.
HEADINGS = {
    "chapter": "CHAPTER {}",
    "markdown": "## Book {} of the ledger",
    "numbered": "{}. Findings of the year",
    "line": "The year number {}",
    "russian": "Глава {}",
    "chinese": "第{}章",
    "korean": "제 {} 장",
    "arabic": "الفصل {}",
    "hebrew": "פרק {}",
    "hindi": "अध्याय {}",
    "turkish": "Bölüm {}",
}


def chapters(heading: str | None, count: int = 4) -> Source:
    """So many chapters with two facts each."""
    text = []
    for number in range(count):
        body, facts = long_text(700, seed=number)
        paragraphs = body.split("\n\n")[1:]
        planted = [f"The {PLANTED} held {1000 * (number + 1) + i} crowns." for i in range(2)]
        text += [heading.format(number + 1)] if heading else []
        text += [*paragraphs[:5], " ".join(planted), *paragraphs[5:]]
        assert not facts
    return Source.from_text("\n\n".join(text), lang="en")


def everything(request: dict[str, Any], answer: dict[str, Any]) -> None:
    """The summary has a statement for each fact, the last one first."""
    answer["summary"] = answer["notes"][::-1]


def brief(
    source: Source, script: Any = None, model: str = "openai/fake", length: Any = "detailed", **options: Any
) -> tuple[Briefing, FakeModel]:
    """A briefing that is made of a few parts."""
    with FakeModel(faults=script or reader(everything)) as fake:
        briefer = Briefer(model, base_url=fake.url, api_key="test", options={"reading_length": 1_500})
        with briefer:
            return briefer.summarize(source, length=length, **options), fake


def headings_of(result: Briefing) -> dict[str, list[str]]:
    """The texts under each heading."""
    return {
        s.heading: [statement.text for statement in result.summary.sentences[s.start : s.end]]
        for s in result.summary.sections
    }


@pytest.mark.parametrize("name", HEADINGS)
def test_a_section_has_the_heading_of_the_article(name: str) -> None:
    """Whatever its form: all statements are in the article's order under the headings that they stand under there."""
    source = chapters(HEADINGS[name])
    result, fake = brief(source)
    expected = [HEADINGS[name].format(n).lstrip("# ") for n in range(1, 5)]

    found = headings_of(result)
    assert expected == list(found)
    assert all(len(texts) == 2 for texts in found.values())
    assert all(f"{n}00" in text for n, texts in enumerate(found.values(), 1) for text in texts)
    assert [s.heading for s in result.summary.sections] == [
        s.heading_span.text for s in result.summary.sections if s.heading_span
    ]
    assert [] == result.verify(source)
    assert not any("<statements>" in request["messages"][-1]["content"] for request in fake.requests)


def test_what_stands_before_the_first_heading_is_a_section_without_one() -> None:
    """If it is not most of the article; then the lines are no headings of it."""
    body = chapters("CHAPTER {}").text
    preface = "Preface matter was brief. The sealed envelope held 70 crowns."
    early, late = (
        f"{preface}\n\n{body}",
        f"{chapters(None).text}\n\nCHAPTER 1\n\nIt rains.\n\nCHAPTER 2\n\nIt rains.",
    )
    result, _ = brief(Source.from_text(early, lang="en"))

    assert ["", *(f"CHAPTER {n}" for n in range(1, 5))] == list(headings_of(result))
    assert "## CHAPTER 1" in result.to_markdown()
    assert [] == brief(Source.from_text(late, lang="en"), model="local")[0].summary.sections


def test_numbers_of_pages_and_names_of_speakers_are_no_headings() -> None:
    """Chapters are, wherever such lines stand."""
    body = "The bridge was closed in the spring of that year by the people of the town.\n\n"
    text = "".join(f"CHAPTER {n}\n\n{body}{n}\n\nMR SMITH:\n\n{body}IV.\n\n{body}" for n in range(1, 4))
    lines = heading_lines(Source.from_text(text, lang="en"))
    assert {"chapter": [f"CHAPTER {n}" for n in range(1, 4)]} == {
        kind: [span.text for _, span in found] for kind, found in lines.items()
    }


def test_a_local_models_summary_has_the_headings_of_the_article() -> None:
    """It is chosen without the model; without headings, there are no sections."""
    source = chapters("CHAPTER {}")
    result, _ = brief(source, model="local")
    assert "extractive" == result.meta.style
    assert set(headings_of(result)) <= {f"CHAPTER {n}" for n in range(1, 5)}
    assert 1 < len(result.summary.sections)
    assert [] == result.verify(source)
    assert [] == brief(chapters(None), model="local")[0].summary.sections


def titled(texts: list[str]) -> Any:
    """A script that gives these headings."""

    def script(request: dict[str, Any]) -> Fault:
        if "<statements>" in request["messages"][-1]["content"].splitlines():
            return Fault(content=json.dumps({"headings": texts}))
        return reader(everything)(request)

    return script


@pytest.mark.parametrize("language", [None, "de"])
def test_the_model_writes_headings_if_the_article_has_none(language: str | None) -> None:
    """They are checked as the headline is, and shown with the statements that they stand over."""
    source = chapters(None)
    texts = ["The sealed envelope", "987,654 crowns", "An envelope", "More crowns"]
    result, fake = brief(source, titled(texts), language=language)
    prompt = fake.requests[-1]["messages"][-1]["content"]

    sections = result.summary.sections
    assert texts[: len(sections)] == [section.heading for section in sections]
    assert ["supported", "unsupported"] == [section.support for section in sections[:2]]
    assert sections[1].missing[0].startswith("987,654")
    assert (
        1 + len(sections)
        == len(prompt.split("<statements>\n")[1].split("\n</statements>")[0].split("\n")) + 1
    )
    assert ("German" in prompt or "Deutsch" in prompt) == (language == "de")
    assert [] == result.verify(source)
    places = [statement.evidence[0].start for statement in result.summary.sentences]
    assert sorted(places) == places


def test_a_heading_that_is_not_backed_is_replaced_if_that_is_asked_for() -> None:
    """By the first sentence of the article that is cited under it."""
    result, _ = brief(chapters(None), titled(["987,654 crowns"] * 4), on_unsupported="replace")
    section = result.summary.sections[0]

    assert section.heading_span == result.summary.sentences[0].evidence[0]
    assert any("in place of the heading '987,654 crowns'" in w for w in result.meta.warnings)


def test_the_estimate_counts_the_request_for_headings() -> None:
    """At most, because the article may have its own."""
    with (
        FakeModel() as fake,
        Briefer("openai/fake", base_url=fake.url, api_key="test", options={"reading_length": 1_500}) as b,
    ):
        standard, detailed = b.estimate(chapters(None)), b.estimate(chapters(None), length="detailed")
    assert (standard.calls, standard.max_calls + 1) == (detailed.calls, detailed.max_calls)


def test_no_headings_are_no_failure() -> None:
    """A warning says so."""

    def script(request: dict[str, Any]) -> Fault:
        plain = reader(everything)(request)
        asked = "<statements>" in request["messages"][-1]["content"].splitlines()
        return Fault(refusal="No.") if asked else plain

    result, _ = brief(chapters(None), script)
    assert [] == result.summary.sections
    assert any(w.startswith("the summary has no sections: ") for w in result.meta.warnings)


@pytest.mark.parametrize("length", ["brief", "standard"])
def test_other_lengths_have_no_sections(length: str) -> None:
    """Nor have short articles."""
    result, _ = brief(chapters("CHAPTER {}", 2), length=length)
    assert [] == result.summary.sections


def test_results_with_sections_are_saved_shown_and_checked() -> None:
    """JSON, pickle, Markdown, the notebook, the page; a saved result without the field is read."""
    source = chapters("CHAPTER {}")
    result, _ = brief(source)
    data = result.model_dump(mode="json")

    assert (
        result == Briefing.model_validate_json(result.model_dump_json()) == pickle.loads(pickle.dumps(result))
    )
    text = markdown(data)
    assert all(f"\n## CHAPTER {n}\n\n" in text for n in range(1, 5))
    assert all(f">CHAPTER {n}</h4>" in result._repr_html_() for n in range(1, 5))
    assert all(f'"head":"CHAPTER {n}"' in result.to_html(source) for n in range(1, 5))
    del data["summary"]["sections"]
    old = Briefing.model_validate(data)
    assert ([], result.summary.sentences) == (old.summary.sections, old.summary.sentences)
    assert "## CHAPTER" not in markdown(data)
    assert result.summary.text == old.summary.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"end": 1}, "once"),
        ({"start": 1}, "once"),
        ({"heading": "CHAPTER IX"}, "heading_span"),
        ({"missing": ["X"]}, "has errors"),
    ],
)
def test_verify_checks_sections(change: dict[str, Any], message: str) -> None:
    """Each statement in one, and a heading of the article is its text."""
    source = Source.from_text("CHAPTER I\n\nIt rains. It rains again.", lang="en")
    statements = [Statement.extracted(sentence, source) for sentence in source.sentences[-2:]]
    [(_, span)] = next(iter(heading_lines(source).values()))
    section = Section(heading="CHAPTER I", heading_span=span, start=0, end=2)
    good = Summary(sentences=statements, sections=[section])
    bad = good.model_copy(update={"sections": [section.model_copy(update=change)]})
    made = Briefing(headline="A", summary=good, key_quotes=[], entities=[])

    assert [] == verify(made, source)
    assert any(message in v.message for v in verify(made.model_copy(update={"summary": bad}), source))


def test_a_longer_article_has_more_statements() -> None:
    """For each doubling, up to a bound; "brief" has not."""
    forms = [
        [WireForm(False, length, n).sentences for n in range(7)]
        for length in ("brief", "standard", "detailed")
    ]
    assert [(1, 2)] * 7 == forms[0]
    assert [(2, 5), (8, 17)] == [forms[1][0], forms[1][-1]]
    assert [(5, 9), (17, 33)] == [forms[2][0], forms[2][-1]]
    assert all(one < other for form in forms[1:] for one, other in pairwise(form))


def test_a_summary_of_a_longer_article_is_asked_for_and_chosen_with_more_statements() -> None:
    """Of 20,000 words; and what is chosen is not its beginning."""
    source = Source.from_text(long_text(20_000)[0], lang="en")
    with FakeModel(faults=reader()) as fake:
        with Briefer(
            "openai/fake", base_url=fake.url, api_key="test", options={"reading_length": 15_000}
        ) as b:
            b.summarize(source)
        with Briefer("local", base_url=fake.url, api_key="test", options={"reading_length": 15_000}) as b:
            chosen = b.summarize(source)
    [asked] = [r for r in fake.requests if is_reduce(r)]

    assert "3 to 7 complete sentences" in json.dumps(asked)
    assert 4 == len(chosen.summary.sentences)
    assert chosen.summary.sentences[-1].evidence[0].start > len(source.text) / 4
