"""The HTML page, as its bytes: one file, inert data, a strict policy."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hostile_articles import ARTICLES, Hostile
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from pydantic import BaseModel
from report_cases import (
    BRIDGE,
    MARKUP,
    SEEDS,
    URL,
    attacking_briefing,
    faulty_briefing,
    hostile_briefing,
    seed_briefings,
)

import briefing
from briefing import (
    Briefing,
    Cited,
    InputError,
    Mention,
    Meta,
    Section,
    Source,
    Span,
    Statement,
    Summary,
    Verbatim,
)
from briefing.reports import briefing_view, shown

NETWORKED = ("src", "srcset", "data", "poster", "action", "formaction", "background", "manifest", "ping")


def entries(page: str) -> list[Any]:
    """The data of the page's entries."""
    found = html.fromstring(page).xpath("//script[@type='application/json']")
    return [json.loads(script.text) for script in found]


def assert_is_inert(page: str) -> None:
    """Nothing in the page runs, loads or styles but its own script and style."""
    tree = html.fromstring(page)
    assert 1 == len(tree.xpath("//script[not(@type='application/json')]"))
    assert 1 == len(tree.xpath("//style"))
    for element in tree.iter():
        names = [name for name in element.attrib if name.startswith("on") or name in (*NETWORKED, "style")]
        assert [] == names, element.tag
        assert element.tag not in {"img", "svg", "iframe", "object", "embed", "link", "base", "video"}


@pytest.fixture(scope="module")
def faulty() -> Briefing:
    """A briefing with every kind of fault."""
    return faulty_briefing()


def test_the_policy_allows_this_script_and_this_style_only(faulty: Briefing) -> None:
    """Nothing is loaded, and the hashes are those of the texts in the page."""
    tree = html.fromstring(faulty.to_html(BRIDGE))
    [policy] = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    [style], [script] = tree.xpath("//style/text()"), tree.xpath("//script[not(@type)]/text()")

    def hashed(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    assert (
        f"default-src 'none'; style-src 'sha256-{hashed(style)}'; script-src 'sha256-{hashed(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    ) == policy
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(|fetch\(|XMLHttp", script
    )
    assert not re.search(r"url\(|@import|</", style)


def test_the_data_is_the_briefing_beside_its_article(faulty: Briefing) -> None:
    """The text, the places of what is wrong word by word, what the article has instead, and links to the live page."""
    [data] = entries(faulty.to_html(BRIDGE))
    [article] = data["articles"]
    date, quotation, *_ = data["parts"][0]["claims"]
    rows = data["passages"]

    assert (BRIDGE.text, "Bridge shut", URL) == (article["text"], article["title"], article["url"])
    start, end, severity = date["marks"][0]
    assert ("Tuesday", "error", "error") == (date["text"][start:end], severity, date["look"])
    [note] = quotation["notes"]
    assert ["adds “other”"] == note["changes"]
    assert "We had no choice" in BRIDGE.text[rows[note["lights"][0]][1] : rows[note["lights"][0]][2]]
    assert [BRIDGE.sentences[0].text] == [
        article["text"][rows[row][1] : rows[row][2]] for row in date["lights"]
    ]
    assert BRIDGE.sentences[0].fragment(URL) == article["base"] + rows[date["lights"][0]][3]
    assert ["Maren Holt", "Oskar Lind"] == [claim["by"] for claim in data["parts"][1]["claims"]]
    facts = dict(data["facts"])
    assert ("openai/gpt-5-mini", "briefing 7", "$0.0012") == (facts["Model"], facts["Prompt"], facts["Cost"])
    assert "1,838 in (1,024 cached), 243 out" == facts["Tokens"]


def test_without_its_article_a_briefing_shows_what_it_cites(faulty: Briefing) -> None:
    """Every passage has its text, and no text of the article is in the page."""
    [data] = entries(faulty.to_html())

    assert "text" not in data["articles"][0]
    cited = data["passages"][data["parts"][0]["claims"][0]["lights"][0]]
    assert BRIDGE.sentences[0].text == cited[4]


def test_a_kept_source_is_the_article(faulty: Briefing) -> None:
    """`keep_source` makes the argument unnecessary."""
    kept = faulty.model_copy(update={"source": BRIDGE})

    assert faulty.to_html(BRIDGE) == kept.to_html()


def test_what_was_doubtful_about_the_article_is_told(faulty: Briefing) -> None:
    """Its warnings, and the page of a PDF that a sentence is on."""
    doubtful = BRIDGE.model_copy(update={"warnings": ("2 bytes were damaged",), "labels": ((0, "page 3"),)})
    [statement, *_] = faulty.summary.sentences
    [span] = statement.evidence
    labelled = statement.model_copy(update={"evidence": [span.model_copy(update={"label": "page 3"})]})
    summary = faulty.summary.model_copy(update={"sentences": [labelled]})

    made = faulty.model_copy(update={"summary": summary})

    [data] = entries(made.to_html(doubtful))
    assert ["2 bytes were damaged"] == data["articles"][0]["warnings"]
    assert ["page 3"] == data["parts"][0]["claims"][0]["badges"]
    assert "[^1]: The council of Harwick closed the Tern bridge on Monday. (page 3) (" in made.to_markdown()


def test_another_article_is_refused(faulty: Briefing) -> None:
    """A page beside the wrong text would light the wrong words."""
    with pytest.raises(InputError, match="give the source that the result was made of"):
        faulty.to_html("Another story, told on another day. " * 60)


@pytest.mark.parametrize("attack", MARKUP, ids=range(len(MARKUP)))
def test_markup_in_a_text_is_text(attack: str) -> None:
    """In the page, in a notebook: wherever a text of an article or a model stands, nothing of it is markup."""
    made = attacking_briefing(attack)
    page, small = made.to_html(), made._repr_html_()

    assert_is_inert(page)
    [data] = entries(page)
    assert shown(made.source.text if made.source else "") == data["articles"][0]["text"]
    allowed = {"article", "h3", "p", "strong", "ul", "li", "details", "summary", "blockquote", "br", "bdi"}
    found = [element for element in html.fragment_fromstring(small).iter() if isinstance(element.tag, str)]
    assert {element.tag for element in found} <= allowed
    assert {name for element in found for name in element.attrib} <= {"dir"}


@pytest.mark.parametrize("hostile", ARTICLES, ids=lambda hostile: hostile.name)
def test_hostile_articles_are_inert(hostile: Hostile) -> None:
    """The page holds their text and runs nothing of it."""
    made = hostile_briefing(hostile)
    page = made.to_html()

    assert_is_inert(page)
    assert made.source is not None
    assert shown(made.source.text) == entries(page)[0]["articles"][0]["text"]


@given(st.text(st.characters(exclude_categories=())).filter(lambda text: any(map(str.isalpha, text))))
def test_any_text_comes_back(text: str) -> None:
    """Whatever an article has, the data is read as it was written, with offsets unchanged."""
    made = attacking_briefing(text)
    assert made.source is not None

    [data] = entries(made.to_html())

    assert len(made.source.text) == len(shown(made.source.text)) == len(data["articles"][0]["text"])
    assert shown(made.source.text) == data["articles"][0]["text"]


def test_control_characters_are_shown_and_no_offset_moves() -> None:
    """Those that reorder the text behind them, too; line ends stay line ends."""
    assert "a \nb\ufffdc\nd\ufffd\te\u200ff" == shown("a\r\nb\u202ec\rd\x1b\te\u200ff")


def test_only_web_pages_are_linked() -> None:
    """A URL of another kind, as a source's, is no link."""
    made = attacking_briefing("x")
    without = made.model_copy(update={"source": None})

    view = briefing_view(without.model_dump(mode="json"), None)

    assert ["", ""] == [view.data["articles"][0][name] for name in ("url", "base")]
    assert {""} == {row[3] for row in view.data["passages"]}


def test_a_report_of_many(tmp_path: Path, faulty: Briefing) -> None:
    """Results as `summarize_many` yields them, errors among them; each beside the article that it was made of."""
    path = tmp_path / "report.html"
    failed = InputError("no.txt is empty")
    failed.source = Source.from_text("An article that failed.", title="Lost")
    results = (result for result in [faulty, failed, *seed_briefings()])

    assert path == briefing.report(results, path, sources=[BRIDGE], title="All of them")

    page = path.read_text("utf-8")
    tree = html.fromstring(page)
    looks = tree.xpath("//script[@type='application/json']/@data-look")
    assert ["error", "failed"] == looks[:2]
    assert {"ok", "note"} == {*looks[2:]}
    assert "All of them" == tree.xpath("//title")[0].text
    assert ["Lost", "InputError"] == [
        tree.xpath(f"//script[@data-look='failed']/@data-{a}")[0] for a in ("title", "name")
    ]
    data = entries(page)
    assert "InputError: no.txt is empty" == data[1]["failure"]
    assert all("text" in entry["articles"][0] for entry in data if "articles" in entry)


def test_a_thousand_articles_are_a_small_file(tmp_path: Path) -> None:
    """Under 30 MB: a passage is its offsets, not its text."""
    seeds = seed_briefings()
    written = tmp_path / "report.html"

    briefing.report([seeds[number % len(seeds)] for number in range(200)], written)

    assert written.stat().st_size * 5 < 30e6


@pytest.mark.parametrize(
    ("results", "said"),
    [
        (5, "results must be briefings"),
        (["text"], r"results\[0\] must be a briefing"),
        ([BRIDGE], r"results\[0\] must be a briefing or an error, not Source"),
    ],
    ids=["a number", "a text", "an article"],
)
def test_what_is_no_briefing_is_refused(tmp_path: Path, results: Any, said: str) -> None:
    """With its place, and no file is left."""
    with pytest.raises(InputError, match=said):
        briefing.report(results, tmp_path / "report.html")

    assert [] == list(tmp_path.iterdir())


def test_the_example_of_the_docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/REPORT.md, as it is."""
    page = SEEDS.parent / "docs" / "REPORT.md"
    [code] = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    (tmp_path / "seeds").symlink_to(SEEDS)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(code, str(page), "exec", dont_inherit=True), names)  # our own page

    written = (tmp_path / "report.html").read_text("utf-8")
    assert entries(names["page"]) == entries(written)
    assert "[^1]" in names["text"]


class House(BaseModel):
    """A result of a user's schema, grounded at every depth."""

    kind: str
    losses: dict[str, list[Cited[float]]]
    lead: Statement
    motto: Verbatim
    by: Mention | None
    made: Meta


class Longer(Briefing):
    """A briefing with a field more."""

    also: list[Mention]


def house() -> House:
    """An instance of it, of `BRIDGE`."""
    cited = Cited[float](
        value=4.2, evidence=[BRIDGE.sentences[2]], support="unsupported", missing=["4.2"], findings=[]
    )
    motto = BRIDGE.quotations[0].spans[0]
    lind = BRIDGE.text.index("Oskar Lind")
    return House(
        kind="news",
        losses={"bridge": [cited]},
        lead=faulty_briefing().summary.sentences[0],
        motto=Verbatim(status="altered", text=motto.text, claimed="No choice!", spans=[motto]),
        by=Mention(name="Oskar Lind", spans=[Span.of(BRIDGE.text, lind, lind + 10)]),
        made=Meta.model_validate(
            {"source_sha256": BRIDGE.sha256, "model": "openai/x", "warnings": ["dropped: 'Monday'"]}
        ),
    )


def test_a_result_of_another_schema_is_shown_with_all_that_is_grounded(tmp_path: Path) -> None:
    """A part for each field; each grounded item lights its passages, and a plain value says that it is not grounded."""
    page = briefing.report([house()], tmp_path / "page.html", sources=[BRIDGE])
    [entry] = entries(page.read_text("utf-8"))

    assert ["kind", "losses", "lead", "motto", "by"] == [part["head"] for part in entry["parts"]]
    shown = {part["head"]: part["claims"] for part in entry["parts"]}
    rows = entry["passages"]
    [loss], [motto], [by] = shown["losses"], shown["motto"], shown["by"]
    assert ("4.2", "error", "losses.bridge[0]") == (loss["text"], loss["look"], loss["badges"][-1])
    assert [BRIDGE.sentences[2].start] == [rows[row][1] for row in loss["lights"]]
    assert ("We had no choice,", "note", "No choice!") == (
        motto["text"],
        motto["look"],
        motto["notes"][0]["words"],
    )
    assert [BRIDGE.text.index("Oskar Lind")] == [rows[row][1] for row in by["lights"]]
    assert ["not grounded"] == shown["kind"][0]["badges"]
    assert (BRIDGE.text, ["dropped: 'Monday'"]) == (entry["articles"][0]["text"], entry["warnings"])
    assert (
        "Bridge shut"
        == html.fromstring(page.read_text("utf-8")).xpath("//script[@class='entry']/@data-title")[0]
    )


def test_the_fields_that_a_subclass_adds_are_shown(tmp_path: Path) -> None:
    """Behind those of a briefing, in `report` and in `to_html`."""
    longer = Longer(**dict(faulty_briefing()), also=[house().by])

    page = briefing.report([longer], tmp_path / "page.html", sources=[BRIDGE])
    (tmp_path / "one.html").write_text(longer.to_html(BRIDGE), "utf-8")

    for path in (page, tmp_path / "one.html"):
        [entry] = entries(path.read_text("utf-8"))
        assert ["Summary", "Quotations", "Who and what", "also"] == [part["head"] for part in entry["parts"]]


def test_a_value_that_is_deep_or_long_is_shown_in_bounds(tmp_path: Path) -> None:
    """A list in a list, a hundred times; a text of megabytes."""

    class Deep(BaseModel):
        deep: Any
        long: str

    nested: Any = "end"
    for _ in range(150):
        nested = [nested]
    page = briefing.report([Deep(deep=nested, long="a" * 3_000_000)], tmp_path / "page.html")

    assert page.stat().st_size < 100_000


def test_a_schema_may_have_fields_of_the_same_names_as_a_briefing(tmp_path: Path) -> None:
    """With other values in them; the sentences of a `Summary` are shown, and not once more its text."""

    class Namesake(BaseModel):
        headline: str
        summary: str
        key_quotes: list[str]
        entities: Summary

    namesake = Namesake(headline="a", summary="b", key_quotes=["c"], entities=faulty_briefing().summary)
    [entry] = entries(briefing.report(namesake, tmp_path / "page.html", sources=[BRIDGE]).read_text("utf-8"))

    shown = {part["head"]: [claim["kind"] for claim in part["claims"]] for part in entry["parts"]}
    one = ["value"]
    assert {"headline": one, "summary": one, "key_quotes": one, "entities": ["statement"] * 5} == shown


@pytest.mark.parametrize(
    "value",
    [
        {"name": "Tern bridge", "spans": 7},
        {"name": None, "spans": [None]},
        {"name": "x", "spans": [{"start": "1", "end": "2", "text": "a"}]},
        {"name": "x", "spans": [{"start": -5, "end": 2, "text": ""}]},
        {"text": 1, "evidence": 2, "support": 3, "missing": 4, "findings": 5, "quotes": 6, "kind": 7},
        {"value": 1, "evidence": [], "support": "x", "missing": [], "findings": [{}]},
        {"sentences": 5, "text": ""},
        {"sentences": [], "sections": [{}], "text": ""},
        dict.fromkeys(Meta.model_fields, 1),
        {"name": "", "type": "", "mentions": 3, "aliases": 4, "role": 5},
        {"status": 1, "text": 2, "claimed": 3, "spans": [{"start": 1, "end": 2, "text": 3}]},
    ],
)
@pytest.mark.parametrize("suffix", ["html", "md"])
def test_a_value_with_the_keys_of_a_grounded_type_is_a_plain_one(
    tmp_path: Path, value: Any, suffix: str
) -> None:
    """A bridge has a name and spans as well."""

    class Bridges(BaseModel):
        bridge: Any

    path = briefing.report(Bridges(bridge=value), tmp_path / f"page.{suffix}", sources=[BRIDGE])
    text = path.read_text("utf-8")
    if suffix == "html":
        [entry] = entries(text)
        assert {"value"} >= {claim["kind"] for part in entry["parts"] for claim in part["claims"]}
    assert text


def sectioned() -> Summary:
    """A summary with two sections; the model wrote the heading of the second, and the article does not have its name."""
    place = BRIDGE.text.index("Tern bridge")
    there = Span.of(BRIDGE.text, place, place + 11)
    return faulty_briefing().summary.model_copy(
        update={
            "sections": [
                Section(heading="Tern bridge", heading_span=there, start=0, end=3),
                Section(heading="Zed Quux", start=3, end=5, support="unsupported", missing=["Zed Quux"]),
            ]
        }
    )


def test_the_headings_of_a_summary_in_another_schema_are_shown(tmp_path: Path) -> None:
    """Each before its statements, with its place in the article, or as not supported."""

    class Chapters(BaseModel):
        chapters: list[Summary]

    made = Chapters(chapters=[sectioned()])
    page = briefing.report(made, tmp_path / "page.html", sources=[BRIDGE])
    [entry] = entries(page.read_text("utf-8"))
    [part] = entry["parts"]
    found = [(n, claim) for n, claim in enumerate(part["claims"]) if "heading" in claim["badges"]]
    assert [(0, "Tern bridge", "ok", 1), (4, "Zed Quux", "error", 0)] == [
        (n, claim["text"], claim["look"], len(claim["lights"])) for n, claim in found
    ]
    assert 7 == len(part["claims"])
    text = briefing.report(made, tmp_path / "page.md").read_text("utf-8")
    assert text.index("Tern bridge") < text.index("Zed Quux")
