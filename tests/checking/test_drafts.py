"""`briefing.check`: any text against articles, without a model."""

from __future__ import annotations

import random
from pathlib import Path

import adversarial
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from briefing import Checked, CheckedQuote, ConfigurationError, InputError, Source, check
from briefing.checking.index import ArticleIndex
from briefing.grounding import speaker_check, speakers
from briefing.grounding.speakers import is_description
from briefing.spans import Span
from briefing.text import find_mentions

BRIDGE = (
    "The council of Harwick closed the Tern bridge on Monday. “We had no choice,” said Maren Holt, who leads the council. "
    "Repairs will cost 4.2 million crowns, according to the Harwick Ledger. "
    "Oskar Lind, a baker, called the news “a disaster for the whole of our street.” The film “Low Tide” opens in May. "
    "The bridge opens again in 2027."
)
FERRY = (
    "The ferry to Skarn was cancelled on Tuesday.\n“A gust tore the ramp off and dropped it in the harbour,” harbour "
    "master Ida Moe said. She expects it to sail on 9 May. “We had no choice,” said Tom Berg, who owns the ferry."
)
QUAY = (
    "Der Hafen von Kalmund bleibt bis März gesperrt. „Die Kaimauer ist nicht sicher“, sagte Hafenmeisterin Ilse Brandt am "
    "Dienstag. Bäcker Jonas Lind sprach von einem „Desaster für unsere ganze Straße“. Die Sanierung kostet 3,6 Millionen Euro."
)
PONT = (
    "Le pont de Valmer est fermé depuis lundi. « Nous n’avions pas le choix », a déclaré Anne Morel. "
    "Les travaux coûteront 4 millions d’euros. « C’est un désastre pour notre rue », a dit Luc Petit."
)
HASHI = (
    "港町の橋は月曜日に閉鎖された。田中市長は「ほかに選択肢はなかった」と話した。鈴木氏は「通り全体の災難だ」と述べた。"
    "修理には4億円かかる。"
)
ARTICLES = [BRIDGE, FERRY, QUAY, PONT, HASHI]


def one(draft: str, lang: str = "en") -> CheckedQuote:
    """The only quotation of a draft."""
    [quote] = check(draft, ARTICLES, lang).quotes
    return quote


def kinds(draft: str, lang: str = "en") -> list[str]:
    """Kinds of the errors in a draft."""
    statements = check(draft, ARTICLES, lang).statements
    return [f.kind for statement in statements for f in statement.findings if f.severity == "error"]


@pytest.mark.parametrize(
    ("lang", "draft", "status", "article"),
    [
        ("en", "Holt said: “We had no choice.”", "typographic", 0),
        ("en", "“We had no choice,” said Tom Berg.", "exact", 1),
        ("en", "Ida Moe said: “A gust … dropped it in the harbour.”", "elided", 1),
        ("en", "The film “Low Tide” is new.", "exact", 0),
        ("de", "Ilse Brandt sagte: „Die Kaimauer ist nicht sicher.“", "typographic", 2),
        ("fr", "Anne Morel a déclaré : « Nous n'avions pas le choix ».", "typographic", 3),
        ("ja", "田中市長は「ほかに選択肢はなかった」と言った。", "exact", 4),
    ],
)
def test_true_quotations_hold(lang: str, draft: str, status: str, article: int) -> None:
    """Each is found in the article that has it, with the speaker whom the draft names if it names one."""
    quote = one(draft, lang)

    assert (status, True, article) == (quote.status, quote.backed, quote.source_index)
    assert [span.text for span in quote.spans] == [ARTICLES[article][s.start : s.end] for s in quote.spans]
    assert quote.speaker_ok is not False
    assert check(draft, ARTICLES, lang).ok


@pytest.mark.parametrize(
    ("lang", "draft", "article", "diff"),
    [
        ("en", "Holt said: “We had a choice.”", 0, "“a” for “no”"),
        ("en", "Moe said: “A gust tore the roof off and dropped it in the harbour.”", 1, "“roof” for “ramp”"),
        ("de", "Ilse Brandt sagte: „Die Kaimauer ist sicher.“", 2, "leaves out “nicht”"),
        ("fr", "Anne Morel a déclaré : « Nous avions le choix ».", 3, ""),
        ("ja", "鈴木氏は「町全体の災難だ」と述べた。", 4, "adds “町”"),
    ],
)
def test_altered_quotations_do_not(lang: str, draft: str, article: int, diff: str) -> None:
    """The nearest passage and what differs in it are given."""
    quote = one(draft, lang)

    assert ("altered", False, article) == (quote.status, quote.backed, quote.source_index)
    assert diff in [str(change) for change in quote.diff] or not diff
    assert "quotation" in kinds(draft, lang)


@pytest.mark.parametrize(
    ("lang", "draft", "speaker", "source_speaker"),
    [
        ("en", "“A gust tore the ramp off,” said Oskar Lind.", "Oskar Lind", "Ida Moe"),
        ("en", "Maren Holt met Lind. “A disaster for the whole of our street,” said Maren Holt.", "Maren Holt", "Oskar Lind"),
        ("en", "“We left early,” said Tom Berg.\n“A disaster for the whole of our street” – Maren Holt", "Maren Holt", "Oskar Lind"),
        ("en", "“We love the sea,” said Ida Moe.\n“A gust tore the ramp off and dropped it in the harbour” – Tom Berg", "Tom Berg", "Ida Moe"),
        ("de", "„Die Kaimauer ist nicht sicher“, sagte Jonas Lind.", "Jonas Lind", "Ilse Brandt"),
        ("fr", "« Nous n’avions pas le choix », a déclaré Luc Petit.", "Luc Petit", "Anne Morel"),
        ("ja", "鈴木氏は「ほかに選択肢はなかった」と述べた。", "鈴木", "田中"),
    ],
)  # fmt: skip
def test_swapped_speakers_are_contradicted(lang: str, draft: str, speaker: str, source_speaker: str) -> None:
    """The words are true and the name is not; a name in the sentence before does not change whose they are."""
    quote = check(draft, ARTICLES, lang).quotes[-1]

    assert (True, False) == (quote.backed, quote.speaker_ok)
    assert speaker in (quote.speaker or "")
    assert source_speaker in (quote.source_speaker or "")
    assert "speaker" in kinds(draft, lang)


@pytest.mark.parametrize(
    ("draft", "ok"),
    [
        ("“We had no choice,” said Maren Holt.", True),
        ("“We had no choice,” said Holt.", True),
        ("“A gust tore the ramp off” (Ida Moe)", True),
        ("“We had no choice,” the council leader said.", None),
        ("They wrote “We had no choice” on the wall.", None),
        ("“We never wanted any of these boats,” said Maren Holt.", None),
    ],
)
def test_a_speaker_who_is_not_known_is_not_contradicted(draft: str, ok: bool | None) -> None:
    """Somebody described, nobody, and anybody who says what no article has."""
    assert ok is one(draft).speaker_ok


def test_equal_words_of_two_people_hold_for_both() -> None:
    """Of several places that have a quotation, the one of the speaker whom the draft names counts."""
    article = "“Never again,” said Ann Moor. “Never again,” said Bo Strand."
    for name in ("Ann Moor", "Bo Strand"):
        draft = f"“Never again,” said {name}, and “never again,” {name} said."
        checked = check(draft, article, "en")
        assert [True, True] == [quote.speaker_ok for quote in checked.quotes]
        assert checked.ok
    assert not check("“Never again,” said Ida Moe.", article, "en").ok


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ("“We love these boats and their fish,” said Maren Holt.", "quotation"),
        ("Maren Holt said: “The bridge opens again in 2027.”", "quotation"),
        ("The film “High Tide” opens in May.", "quotation"),
        ("Holt said: “We had no choice and no money.", "quotation"),
        ("Repairs to the bridge will cost 5.2 million crowns.", "money"),
        ("The council closed the Tern bridge on Friday.", "date"),
        ("The Tern bridge was closed by Priya Venn on Monday.", "name"),
        ("The council of Harwick did not close the Tern bridge on Monday.", "polarity"),
        ("Der Hafen von Kalmund bleibt bis Mai gesperrt.", "date"),
        ("Les travaux du pont de Valmer coûteront 6 millions d’euros.", "money"),
    ],
)
def test_what_the_articles_do_not_say_is_an_error(draft: str, expected: str) -> None:
    """Invented words, speech that nobody says, a mark without a partner; wrong numbers, dates, names, and the opposite."""
    lang = "de" if draft.startswith("Der") else "fr" if draft.startswith("Les") else "en"
    checked = check(draft, ARTICLES, lang)

    assert [expected] == kinds(draft, lang)
    assert (False, "unsupported") == (checked.ok, checked.statements[0].support)


@pytest.mark.parametrize(
    ("draft", "article", "evidence"),
    [
        ("Repairs to the bridge will cost 4.2 million crowns.", 0, "Repairs will cost"),
        ("On 9 May the ferry may sail again.", 1, "She expects it"),
        ("Die Sanierung des Hafens kostet 3,6 Millionen Euro.", 2, "Die Sanierung kostet"),
        ("橋の修理には4億円かかる。", 4, "修理には"),
    ],
)
def test_a_sentence_has_its_nearest_evidence(draft: str, article: int, evidence: str) -> None:
    """Sentences of the article that says so."""
    [statement] = check(draft, ARTICLES).statements

    assert ("supported", article) == (statement.support, statement.source_index)
    assert any(span.text.startswith(evidence) for span in statement.evidence)
    assert all(ARTICLES[article][span.start : span.end] == span.text for span in statement.evidence)


def test_a_sentence_may_rest_on_two_articles() -> None:
    """What the nearest article lacks and another one says is no error."""
    both = "The ferry to Skarn was cancelled on Tuesday, while the Tern bridge was closed on Monday."

    short = "Ida Moe expects the ferry to sail on 9 May; the film “Low Tide” opens in May."

    assert [] == kinds(both) == kinds(short)


@pytest.mark.parametrize(
    ("draft", "lang", "lacking"),
    [
        ("Der Hafen von Kalmund bleibt bis März gesperrt, und Maren Holt öffnet die Brücke 2027.", "de", []),
        (
            "Le pont de Valmer est fermé, et le port de Kalmund coûtera 3,6 millions d’euros dès mars.",
            "fr",
            [],
        ),
        (
            "Le pont de Valmer est fermé, et le port coûtera 3,6 millions d’euros.",
            "fr",
            ["3,6 millions d’euros"],
        ),
    ],
)
def test_a_sentence_may_rest_on_an_article_in_another_language(
    draft: str, lang: str, lacking: list[str]
) -> None:
    """If that has several of its numbers, dates and names."""
    [statement] = check(draft, ARTICLES, lang).statements

    assert lacking == [finding.text for finding in statement.findings if finding.severity == "error"]


def test_a_name_beside_a_quotation_is_of_its_article() -> None:
    """Somebody of another article is an error there, although that article has the name."""
    assert ["name"] == kinds("“A gust tore the ramp off” – Maren Holt")
    assert [] == kinds("“A gust tore the ramp off” – Ida Moe")


def test_a_number_of_another_article_is_an_error() -> None:
    """The article that has it tells of something else."""
    articles = [
        "Repairs to the Tern bridge will cost 4.2 million crowns.",
        "Repairs to the Skarn ferry will cost 3 million crowns.",
    ]
    [statement] = check("Repairs to the Tern bridge will cost 3 million crowns.", articles, "en").statements

    assert ("unsupported", 0, ["3 million crowns"]) == (
        statement.support,
        statement.source_index,
        [finding.text for finding in statement.findings],
    )


def test_a_headline_in_title_case_has_no_wrong_names() -> None:
    """A capital marks no name there; in a sentence it does."""
    assert [] == kinds("Council Closes Old Crossing After Long Inspection\n\nThe bridge opens again in 2027.")
    assert ["name"] == kinds("The Tern bridge was closed by Old Crossing on Monday.")


def test_a_sentence_like_no_other_is_a_note() -> None:
    """It may be the writer's own, so that it is no error."""
    [statement] = check("Kindness matters.", ARTICLES, "en").statements

    assert ("supported", None, ()) == (statement.support, statement.source_index, statement.evidence)
    assert [("evidence", "note")] == [(f.kind, f.severity) for f in statement.findings]


def test_findings_are_slices_of_their_sentence() -> None:
    """Also those about a quotation of several sentences, which each of these has its part of."""
    draft = "The bridge opens again in 2027.\nHolt: “We love boats and fish. We love the open sea."
    checked = check(draft, ARTICLES, "en")

    assert ["supported", "unsupported", "unsupported"] == [s.support for s in checked.statements]
    for statement in checked.statements:
        assert draft[statement.start : statement.end] == statement.text
        for finding in statement.findings:
            assert statement.text[finding.start : finding.end] == finding.text


def test_a_draft_without_quotations() -> None:
    """It has sentences only."""
    checked = check("The bridge opens again in 2027.", BRIDGE, "en")

    assert (True, (), 1) == (checked.ok, checked.quotes, len(checked.statements))


def test_a_result_reads_back_and_is_immutable() -> None:
    """As all results."""
    checked = check("“We had a choice,” said Maren Holt. It costs 7 crowns.", ARTICLES, "en")

    assert checked == Checked.model_validate_json(checked.model_dump_json())
    with pytest.raises(ValueError, match="frozen"):
        checked.ok = True  # type: ignore[misc]


def test_texts_files_and_sources(tmp_path: Path) -> None:
    """A `str` is text and a `Path` a file, for the draft and the articles, of which one needs no list."""
    article, draft = tmp_path / "bridge.txt", tmp_path / "draft.md"
    article.write_text(BRIDGE, "utf-8")
    draft.write_text("---\ntitle: Bridge\n---\n“We had no choice,” said Maren Holt.", "utf-8")

    for given_draft in (draft, Source.from_file(draft), "“We had no choice,” said Maren Holt."):
        for given_sources in (BRIDGE, article, Source.from_text(BRIDGE), [article], iter([BRIDGE])):
            assert check(given_draft, given_sources).ok  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("draft", "sources", "message"),
    [
        ("", [BRIDGE], r"^The draft cannot be read: .*is empty"),
        (BRIDGE, [], "no article to check the draft against"),
        (BRIDGE, [BRIDGE, "42"], r"^sources\[1\] cannot be read: .*no letters"),
        (BRIDGE, 5, "sources must be articles, not int"),
        (BRIDGE, [b"bytes"], "not bytes"),
        (Path("nowhere.txt"), [BRIDGE], "nowhere"),
    ],
)
def test_what_cannot_be_read_is_an_error_of_ours(draft: object, sources: object, message: str) -> None:
    """It says which text it is about."""
    with pytest.raises(InputError, match=message):
        check(draft, sources)  # type: ignore[arg-type]


def test_a_binary_file_is_an_error_of_ours(tmp_path: Path) -> None:
    """Rather than a text of garbage."""
    (tmp_path / "a.txt").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    with pytest.raises(InputError, match=r"sources\[0\] cannot be read: .*PNG"):
        check(BRIDGE, [tmp_path / "a.txt"])


def test_an_unknown_language_is_an_error() -> None:
    """As everywhere."""
    with pytest.raises(ConfigurationError, match="is not a language tag"):
        check(BRIDGE, [BRIDGE], "!")


PIECES = st.sampled_from(
    [
        *"“”„‟«»\"'‘’「」—–:. \n",
        " said ",
        " Holt",
        "We had no choice",
        "a disaster for the whole of our street",
        "Lind",
        "4.2 million",
        "ほかに選択肢はなかった",
        "…",
        "&quot;",
        ",",
    ]
)
DRAFTS = st.text(max_size=60) | st.lists(PIECES, max_size=20).map("".join)


@given(DRAFTS, st.lists(st.sampled_from(ARTICLES) | DRAFTS, min_size=1, max_size=3))
@example("\ufeffHolt: “We had no choice”", [BRIDGE])
@example("“\n”a", [BRIDGE])
def test_any_text_can_be_checked(draft: str, articles: list[str]) -> None:
    """Nothing raises but what `Source` refuses, all offsets are slices, and `ok` is what the sentences say."""
    try:
        text = Source.from_text(draft, lang="en")
        sources = [Source.from_text(article, lang="en") for article in articles]
    except InputError:
        return
    checked = check(text, sources)

    for item in (*checked.quotes, *checked.statements):
        assert text.text[item.start : item.end] == item.text
    for quote in checked.quotes:
        for span in quote.spans:
            assert sources[quote.source_index or 0].text[span.start : span.end] == span.text
    for statement in checked.statements:
        for span in statement.evidence:
            assert sources[statement.source_index or 0].text[span.start : span.end] == span.text
        for finding in statement.findings:
            assert statement.text[finding.start : finding.end] == finding.text
    wrong = [f for s in checked.statements for f in s.findings if f.severity == "error"]
    assert checked.ok == (not wrong)
    assert checked.ok <= all(quote.backed and quote.speaker_ok is not False for quote in checked.quotes)


@given(st.data())
def test_an_excerpt_is_ok(data: st.DataObject) -> None:
    """Sentences that stand in an article one behind the other hold, whatever is before and behind them there."""
    sources = [Source.of(article) for article in ARTICLES]
    source = data.draw(st.sampled_from(sources))
    first = data.draw(st.integers(0, len(source.sentences) - 1))
    last = data.draw(st.integers(first, len(source.sentences) - 1))
    excerpt = source.text[source.sentences[first].start : source.sentences[last].end]

    checked = check(excerpt, sources, source.lang)

    assert [] == [f for s in checked.statements for f in s.findings]
    assert checked.ok
    assert [[s.text] for s in checked.statements] == [
        [e.text for e in s.evidence] for s in checked.statements
    ]
    assert {"exact"} >= {quote.status for quote in checked.quotes}


def test_an_excerpt_with_a_mark_without_partner_is_ok() -> None:
    """It is as the article has it; with a word changed, what is before the mark counts as an invented quotation."""
    article = "Holt came first. Holt said the pier is old” and left.\nThe boats are gone."
    excerpt = "Holt said the pier is old” and left."

    assert check(excerpt, article, "en").ok
    assert not check(excerpt.replace("old", "new"), article, "en").ok


def test_a_quotation_with_no_word_of_any_article_is_searched_for_in_all() -> None:
    """Every content word may be misspelled."""
    [quote] = check("“A dissaster for the hole of our stret”", ARTICLES, "en").quotes

    assert ("altered", 0) == (quote.status, quote.source_index)


def test_words_of_somebody_without_marks_are_no_excerpt() -> None:
    """The article has them in a quotation only, so that they are compared as any sentence is."""
    article = "Maren Holt told us: “We may close the pier.”\nThe boats are gone.\nThe pier is old."
    [lifted] = check("We may close the pier.", article, "en").statements
    [quoted] = check("“We may close the pier.”", article, "en").statements

    assert (2, 1) == (len(lifted.evidence), len(quoted.evidence))


def test_a_verbatim_quotation_is_found_in_the_least_near_article() -> None:
    """However many articles have its words nearer to each other, but not in this order."""
    article = "He saw “old red boats” beside the long quay where many people wait for the ferry on cold winter days."
    articles = [f"Boats: old, red. {number}" for number in range(9)]
    checked = check("He called them “old red boats”.", [*articles, article], "en")

    assert [("exact", 9)] == [(quote.status, quote.source_index) for quote in checked.quotes]


@pytest.mark.parametrize("path", sorted(adversarial.SEEDS.glob("*-*.txt")), ids=lambda path: path.stem)
def test_a_whole_article_is_ok(path: Path) -> None:
    """Against itself among others."""
    assert check(path, [BRIDGE, path]).ok


def test_the_candidates_are_sufficient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of quotations true, altered and invented, the chosen articles have what a search in all articles finds."""
    sources = [Source.from_text(text.text, lang=text.lang) for text in adversarial.texts()]
    cases = random.Random(7).sample(adversarial.cases(), 24)
    drafts = [f"“{case.quote}”" for case in cases]
    chosen = [check(draft, sources, "en").quotes for draft in drafts]
    monkeypatch.setattr(ArticleIndex, "may_have", lambda self, _quotation: list(range(len(self.articles))))

    assert [check(draft, sources, "en").quotes for draft in drafts] == chosen
    assert {"altered", "typographic", "unverified"} <= {q.status for quotes in chosen for q in quotes}


def test_thousands_are_no_decimals() -> None:
    """A number with three zeros behind its mark is in thousands, and not the number before the mark."""
    article = "Some 120 people marched through Harwick on Tuesday. Some 35,000 people live there."
    assert not check("Some 120,000 people marched through Harwick on Tuesday.", article).ok
    assert check("Some 35,000 people live there, or 35.000 people.", article).ok


@pytest.mark.parametrize(("text", "lang"), [("Tor .٣百", "en"), ("Tor .\u03015。", "zh")])
def test_an_article_of_odd_characters_holds_against_itself(text: str, lang: str) -> None:
    """Whatever marks begin and end a sentence, the same sentence of an article backs it."""
    article = Source.of(text, lang)
    found = [ArticleIndex([article], lang).passage(sentence.text) for sentence in article.sentences]
    assert found == [(0, sentence.start) for sentence in article.sentences]


def test_the_words_of_a_finding_may_have_invisible_characters_inside() -> None:
    """A finding stands where its words are, with the invisible characters that the draft has in them."""
    [sentence] = check("Repairs will take 5\u200b7 pins.", "Repairs will take 56 pins.").statements
    assert [(f.text, f.start, f.end) for f in sentence.findings if f.kind == "number"] == [
        ("5\u200b7", 18, 21)
    ]


def test_the_speakers_of_an_article_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The names beside many quotations are compared with the article's speakers without reading them again for each."""
    calls: list[None] = []

    def counted(name: str, lang: str) -> bool:
        calls.append(None)
        return is_description(name, lang)

    monkeypatch.setattr(speaker_check, "is_description", counted)
    article = " ".join(f"“We saw {n} boats,” said Ida Moe." for n in range(20))
    check(" ".join(f"“We saw {n} boats” – Ida Moe." for n in range(20)), article)
    assert len(calls) < 20 * 20


def test_a_speaker_of_many_quotations_is_searched_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mentions of a speaker in an article are found once, not again for each quotation."""
    names: list[str] = []

    def listed(text: str, name: str, lang: str) -> list[Span]:
        names.append(name)
        return find_mentions(text, name, lang)

    monkeypatch.setattr(speakers, "find_mentions", listed)
    article = " ".join(f"“We saw {n} boats,” said Ida Moe." for n in range(20))
    assert check(" ".join(f"“We saw {n} boats,” Ida Moe said." for n in range(20)), article).ok
    assert names.count("Ida Moe") == 1
