"""Quotations inside texts that a model wrote: whose words they are, in any language's marks."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import adversarial
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing import Source, Span
from briefing.grounding import QuotedText, check_quotations, named_speaker

BRIDGE = Source.from_text(
    "The council of Harwick closed the Tern bridge on Monday. “We had no choice,” said Maren Holt, who leads the council. "
    "Oskar Lind, a baker, called the news “a disaster for the whole of our street.” The film “Low Tide” opens in May. "
    "The bridge opens again in 2027.",
    lang="en",
)
#: A sentence that quotes, by language: `n` says `q`.
SENTENCES = {
    "en": ["{n} said: “{q}”", "“{q},” said {n}.", '{n}: "{q}"'],
    "de": ["{n} sagte: „{q}“", "„{q}“, sagte {n}."],
    "fr": ["{n} a déclaré : « {q} »"],
    "es": ["{n} dijo: «{q}»"],
    "ru": ["{n} сказал: «{q}»", "«{q}», — сказал {n}."],
    "ar": ["وقال {n}: «{q}»"],
    "zh": ["{n}说：“{q}”"],
    "ja": ["{n}は「{q}」と話した。"],
    "el": ["Ο {n} είπε: «{q}»"],
    "he": ['{n} אמר: "{q}"'],
    "ko": ["{n}은 “{q}”라고 말했다."],
    "th": ["{n} กล่าวว่า “{q}”"],
    "hi": ["{n} ने कहा, “{q}”"],
}


def kinds(text: str, source: Source = BRIDGE) -> list[str]:
    """Kinds of what is found wrong with the quotations of a text."""
    return [f.kind for quoted in check_quotations(text, source, source.lang)[1] for f in quoted.findings]


@pytest.mark.parametrize(
    "text",
    [
        "Holt said: “We had no choice.”",
        'Holt said: "We had no choice".',
        "Holt said the council “had no choice”.",
        "Lind: ‘A disaster for the whole of our street’",
        "The film “Low Tide” opens in May.",
        "Holt's council closed the bridge, and the bakers' street is quiet.",
        "She said: “We had no choice.”",
        'The 6" pipe and the 24" screen.',
        "“WE HAD NO CHOICE”: council of Harwick",
        "Holt: “We Had No Choice”",
        ",,We had no choice'', said Holt.",
        "Holt said `We had no choice`.",
        "Holt said ‘We had no choice.",
        "The '24 budget and the council's street.",
        "The council leader said “we had no choice”.",
        "“We had no choice,” the mayor said.",
        "Council: “We had no choice”",
        "Maren Holt, the council's leader, said “We had no choice”, and Oskar Lind, a baker, called it “a disaster”.",
        "Oskar Lind called it “a disaster”, while Maren Holt said: “We had no choice.”",
        "After Holt said “we had no choice”, Lind called it “a disaster”.",
    ],
)
def test_true_quotations_pass(text: str) -> None:
    """Words that the article quotes, titles that occur, and marks that do not quote are no findings."""
    assert [] == kinds(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Holt: “We closed it to save money”", ["quotation"]),
        ("Holt said: “We had a choice.”", ["quotation"]),
        ("Holt said: “The bridge opens again in 2027.”", ["quotation"]),
        ("The film “High Tide” opens in May.", ["quotation"]),
        ("Oskar Lind said: “We had no choice.”", ["speaker"]),
        ("Tom Berg said: “We had no choice.”", ["speaker"]),
        ("Holt said: “We had no choice and no money.", ["quotation"]),
        ("We had a choice”, said Holt.", ["quotation"]),
        ('Holt said: “We had no choice," and “no money.', ["quotation"]),
        ("Holt said ‘We closed it to save money.", ["quotation"]),
        ("Holt said 'We closed it to save money.", ["quotation"]),
        ("Holt called it “a disaster”, and Oskar Lind said “We had no choice”.", ["speaker"]),
        ("“We had no choice,” said Oskar Lind. Maren Holt called it “a disaster”.", ["speaker"] * 2),
    ],
)
def test_false_quotations_are_found(text: str, expected: list[str]) -> None:
    """Altered and invented words, words that nobody says, another speaker, and marks without a partner."""
    assert expected == kinds(text)


HEARING = (
    "The hearing began at nine.\n\nMS. HOLT: Will you sell the bakery?\n\nMR. LIND: We will not sell.\nIt is our home.\n\n"
    "MS. HOLT (rising): Then we are done here.\n\nIt ended at ten."
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“We had no choice” – Oskar Lind", ["speaker"]),
        ("“We had no choice.” — Lind.", ["speaker"]),
        ("“We had no choice” – Bo Strand", ["speaker"]),
        ("“We had no choice” (Oskar Lind)", ["speaker"]),
        ("“We had no choice”: Lind", ["speaker"]),
        ("Lind’s “We had no choice”", ["speaker"]),
        ("Lind's “had no choice” is known.", ["speaker"]),
        ("“We had no choice” – Maren Holt", []),
        ("“We had no choice” (Holt)", []),
        ("Holt's “no choice” is known.", []),
        ("“We had no choice” (Harwick Ledger)", []),
        ("“We had no choice” – Harwick Ledger", []),
        ("Harwick's “no choice” is known.", []),
        ("“We had no choice” – and Lind left.", []),
    ],
)
def test_a_bare_name_is_a_speaker(text: str, expected: list[str]) -> None:
    """A name beside a quotation without a verb, if the article quotes its bearer, or has a full name behind a dash."""
    source = Source.from_text(BRIDGE.text + " Bo Strand fished. It was in the Harwick Ledger.", lang="en")
    assert expected == kinds(text, source)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lind and Holt said: “We had no choice.”", ["Lind"]),
        ("Holt and Lind said: “We had no choice.”", ["Lind"]),
        ("“We had no choice,” said Holt and Oskar Lind.", ["Oskar Lind"]),
        ("Berg, Lind and Holt: “We had no choice.”", ["Berg"]),
        ("Holt and others said: “We had no choice.”", []),
        ("Lind listened and Holt said: “We had no choice.”", []),
        ("After talks with Lind and Berg, Holt said: “We had no choice.”", []),
        ("“We had no choice,” said Holt and Lind left.", []),
    ],
)
def test_of_two_speakers_both_must_be_the_articles(text: str, expected: list[str]) -> None:
    """A name that is joined to the true speaker's is found, one that is only near is not."""
    found = check_quotations(text, BRIDGE, "en")[1]
    assert expected == [f.text for quoted in found for f in quoted.findings if f.kind == "speaker"]


def test_two_speakers_of_the_article_are_both_true() -> None:
    """Together and one by one; a third is not."""
    source = Source.from_text("Oskar Lind and Maren Holt said: “We had no choice at all.”", lang="en")
    for name in ("Lind and Holt", "Holt and Lind", "Lind", "Maren Holt"):
        assert [] == kinds(f"{name} said: “We had no choice at all.”", source)
    assert ["speaker"] == kinds("Lind and Berg said: “We had no choice at all.”", source)


@pytest.mark.parametrize(
    ("lang", "article", "wrong", "right"),
    [
        (
            "de", "„Wir hatten keine Wahl“, sagte Ilse Brandt. Bäcker Jonas Lind sprach vom „Desaster für unsere Straße“.",
            ["„Wir hatten keine Wahl“ – Jonas Lind", "Linds „keine Wahl“ gilt.", "Brandt und Lind sagten: „Wir hatten keine Wahl“"],
            ["„Wir hatten keine Wahl“ – Ilse Brandt", "Brandts „keine Wahl“ gilt.", "„Desaster für unsere Straße“ (Lind)"],
        ),
        (
            "fr", "« Nous n’avions pas le choix », a déclaré Anne Morel. « C’est un désastre », a dit Luc Petit.",
            ["« Nous n’avions pas le choix » (Luc Petit)", "Luc Petit et Anne Morel ont dit : « Nous n’avions pas le choix »"],
            ["« Nous n’avions pas le choix » (Anne Morel)", "« C’est un désastre » – Petit"],
        ),
        (
            "ru", "«У нас не было выбора», — сказала Анна Смирнова. «Это катастрофа для всех», — сказал Олег Линд.",
            ["«У нас не было выбора» — Олег Линд", "«У нас не было выбора», — сказали Анна Смирнова и Олег Линд."],
            ["«У нас не было выбора» — Анна Смирнова", "«Это катастрофа для всех» (Линд)"],
        ),
        (
            "zh", "市长王明说：“我们别无选择。”李强说：“这是整条街的灾难。”",
            ["“我们别无选择”——李强", "李强的“我们别无选择”", "李强和王明说：“我们别无选择。”"],
            ["“我们别无选择”——王明", "李强的“整条街的灾难”"],
        ),
        (
            "ja", "田中市長は「ほかに選択肢はなかった」と話した。鈴木氏は「通り全体の災難だ」と述べた。",
            ["「ほかに選択肢はなかった」（鈴木氏）", "鈴木氏の「ほかに選択肢はなかった」", "鈴木氏と田中市長は「ほかに選択肢はなかった」と話した。"],
            ["「ほかに選択肢はなかった」（田中氏）", "鈴木氏の「通り全体の災難だ」"],
        ),
    ],
)  # fmt: skip
def test_bare_and_joined_names_in_other_languages(
    lang: str, article: str, wrong: list[str], right: list[str]
) -> None:
    """The same with other conjunctions, genitives and brackets."""
    source = Source.from_text(article, lang=lang)
    assert [["speaker"]] * len(wrong) == [kinds(text, source) for text in wrong]
    assert [[]] * len(right) == [kinds(text, source) for text in right]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Holt said: &quot;We had a choice.&quot;", ["quotation"]),
        ("Holt said &ldquo;we had a choice&rdquo;.", ["quotation"]),
        ("Holt said &laquo;we had a choice&raquo;.", ["quotation"]),
        ("Holt said &bdquo;we had a choice&#8220;.", ["quotation"]),
        ("Oskar Lind said: &#34;We had no choice.&#34;", ["speaker"]),
        ("Holt said: &quot;We had no choice.&quot;", []),
        ("Holt said &#x201C;we had no choice&#x201D; & left.", []),
        ("Holt&rsquo;s council didn&#39;t say &amp; do it.", []),
        ("Holt said &quot;we had no choice", []),
        ("Holt said &quot;we had no money", ["quotation"]),
    ],
)
def test_an_html_entity_is_a_mark(text: str, expected: list[str]) -> None:
    """Models that write for pages write marks as entities; other entities and apostrophes enclose nothing."""
    assert expected == kinds(text)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "— Je n'ai rien vu, dit Jean Dupont."),
        ("fr", "Il parle.\n- C'est vrai, dit Jean Dupont."),
        ("es", "—No d'accord —dijo el alcalde Ruiz."),
        ("it", "– L'uomo non c'era, disse il sindaco."),
    ],
)
def test_a_dialogue_with_dashes_is_checked_beside_apostrophes(lang: str, text: str) -> None:
    """An invented line of it has no quotation marks."""
    assert ["quotation"] == kinds(text, Source.from_text("Jean Dupont a fermé le pont lundi.", lang=lang))


def test_words_with_entities_are_decoded() -> None:
    """An entity inside of a quotation is the character that it stands for, unless the article writes it so."""
    source = Source.from_text(
        "“It wasn’t Brown & Sons,” said Ana Ruiz. “Brown &amp; Co,” said Bo Lund.", lang="en"
    )
    assert [] == kinds("Ruiz said: &quot;It wasn&rsquo;t Brown &amp; Sons.&quot;", source)
    assert [] == kinds("Lund said: “Brown &amp; Co.”", source)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lind said: “We will not sell.”", []),
        ("Oskar Lind said: “We will not sell. It is our home.”", []),
        ("“We will not sell,” he said.", []),
        ("Holt: “Then we are done here”", []),
        ("Holt said: “We will not sell.”", ["speaker"]),
        ("Lind and Holt said: “We will not sell.”", ["speaker"]),
        ("Lind said: “We will sell.”", ["quotation"]),
        ("Holt said: “It ended at ten.”", ["quotation"]),
        ("Lind said: “The hearing began at nine.”", ["quotation"]),
    ],
)
def test_the_turns_of_a_transcript_are_speech(text: str, expected: list[str]) -> None:
    """Words behind a name and a colon are said by its bearer, without any quotation marks; what stands around is not."""
    assert expected == kinds(text, Source.from_text(HEARING, lang="en"))


def test_a_single_label_speaks_if_it_is_named() -> None:
    """One line may be a note; it is speech for a text that names the label as speaker, and lists its speaker."""
    source = Source.from_text(
        "The hearing began.\nLIND: We will not sell.\nHOLT: The bridge is closed.\nNOTE: The bridge is old.",
        lang="en",
    )
    _, [quoted] = check_quotations("Oskar Lind said: “We will not sell.”", source, "en")
    assert ("LIND", True, ()) == (
        quoted.quotation and quoted.quotation.speaker,
        quoted.is_speech,
        quoted.findings,
    )
    assert ["quotation"] == kinds("“The bridge is closed,” she said.", source)
    assert ["speaker"] == kinds("Lind said: “The bridge is closed.”", source)
    assert ["quotation"] == kinds("Lind said: “The bridge is old.”", source)


@pytest.mark.parametrize(
    "marks",
    [
        "‘’", "''", "“”", '""', "„“", "„”", "””", '“"', '"”', "«»", "»«", "‹›", "「」", "『』",
        "﹁﹂", "〝〟", "＂＂", "``", "´´", "❝❞", "❛❜", "❠❞", "🙶🙷", "″″", ",,''", "``''", "<<>>", "’’",
    ],
)  # fmt: skip
def test_every_pair_of_marks_is_read(marks: str) -> None:
    """Invented words are found between any marks, also between characters that only look like marks."""
    half = len(marks) // 2
    assert ["quotation"] == kinds(f"Holt said {marks[:half]}We closed it to save money{marks[half:]}.")


def test_a_word_with_an_apostrophe_of_the_articles_is_no_quotation() -> None:
    """A word that the article spells with a leading apostrophe opens nothing."""
    source = Source.from_text("The 'ndrangheta was fined, said Ana Ruiz: “It is a start.”", lang="en")
    assert [] == kinds("The 'Ndrangheta was fined in May; it is “a start”.", source)
    assert ["quotation"] == kinds("The 'mafia was fined in May; it is “a start”.", source)


@pytest.mark.parametrize(
    ("lang", "article", "text"),
    [
        ("ru", "«Мы не могли ждать», — сказал мэр Иван Петров.", "Мэр сказал: «Мы не могли ждать»."),
        ("ru", "Анна Смирнова назвала это «катастрофой для всех».", "По мнению Смирновой, это стало «катастрофой для всех»."),
        ("de", "„Wir hatten keine Wahl“, sagte Ilse Brandt.", "Brandts Worte: „Wir hatten keine Wahl.“"),
        ("es", "«No teníamos elección», dijo Ana Ruiz.", "La alcaldesa aseguró que “no teníamos elección”."),
        ("zh", "市长王明说：“我们别无选择。”", "市长说“我们别无选择”。"),
        ("el", "Ο Νίκος Λιάκος μίλησε για «καταστροφή του δρόμου».", "Σύμφωνα με τον Νίκο Λιάκο, είναι «καταστροφή του δρόμου»."),
    ],
)  # fmt: skip
def test_inflected_and_described_speakers_are_no_contradiction(lang: str, article: str, text: str) -> None:
    """A case ending, an office in place of the name, and a name right before the quotation are not another speaker."""
    assert [] == kinds(text, Source.from_text(article, lang=lang))


@pytest.mark.parametrize(("before", "expected"), [(0, []), (1, []), (19, []), (20, ["quotation"])])
def test_words_that_occur_before_they_are_quoted(before: int, expected: list[str]) -> None:
    """Of the first 20 occurrences, the one inside a quotation counts."""
    source = Source.from_text(f"{'The crack grew. ' * before}“It was a crack,” said Ana Ruiz.", lang="en")
    assert expected == kinds("Ruiz said it was a “crack”.", source)


def test_findings_lie_in_the_returned_text() -> None:
    """Offsets and words of findings are of the text after replacement, also behind quotations that became longer."""
    source = Source.from_text(
        "“We  had no   choice,” said Maren Holt. “The  street  suffers,” said Oskar Lind.", lang="en"
    )
    text, found = check_quotations(
        "Lindt's friends: “We had no choice,” said Lind. “The street suffers,” Maren Holt said. It “cost money”.",
        source,
        "en",
    )
    findings = [finding for quoted in found for finding in quoted.findings]
    assert [("speaker", "Lind"), ("quotation", "cost money")] == [(f.kind, f.text) for f in findings]
    assert [f.text for f in findings] == [text[f.start : f.end] for f in findings]
    assert "We  had no   choice," == text[found[0].start : found[0].end]


def test_a_finding_says_where_it_is_and_what_the_article_has() -> None:
    """Offsets are of the returned text, the passage and the speaker are spans of the article."""
    text, [altered] = check_quotations("Holt said: “We had a choice.”", BRIDGE, "en")
    [finding] = altered.findings
    assert "We had a choice." == text[finding.start : finding.end] == finding.text
    assert ["We had no choice"] == [span.text for span in finding.source]

    text, [swapped] = check_quotations("“We had no choice,” said Oskar Lind.", BRIDGE, "en")
    [finding] = swapped.findings
    assert "Oskar Lind" == text[finding.start : finding.end]
    assert ["Maren Holt"] == [span.text for span in finding.source]
    assert "the article gives 'We had no choice,' to 'Maren Holt', not to 'Oskar Lind'" == finding.message


def test_the_characters_between_the_marks_are_the_articles() -> None:
    """A verbatim quotation is replaced by the article's slice; its last stop and the marks stay."""
    source = Source.from_text("“Wir haben’s – kaum – geschafft”, sagte Ilse Brandt.", lang="de")
    text, [quoted] = check_quotations(
        'Brandt sagte: "Wir haben\'s - kaum - geschafft." Und ging.', source, "de"
    )
    assert 'Brandt sagte: "Wir haben’s – kaum – geschafft." Und ging.' == text
    assert "Wir haben’s – kaum – geschafft." == text[quoted.start : quoted.end]


@lru_cache(maxsize=64)
def read(text: str, lang: str) -> Source:
    return Source.from_text(text, lang=lang)


def quoting(words: str, name: str, source: Source) -> list[list[QuotedText]]:
    """What is found in each sentence that quotes these words in the article's language."""
    templates = SENTENCES.get(source.lang, SENTENCES["en"])
    return [check_quotations(t.format(n=name, q=words), source, source.lang)[1] for t in templates[:1]]


def test_altered_quotations_in_a_sentence_are_found() -> None:
    """Of the harmful quotes of `adversarial.py`, each put into a sentence, only those pass whose quoted words are true.

    They have marks of their own, so that the sentence quotes true pieces, and what was changed stands outside of them.
    """
    passed = [
        (case, found)
        for case in adversarial.cases()
        if case.harmful
        for found in quoting(case.quote, "Weber", read(case.source.text, case.source.lang))
        if not any(one.findings for one in found)
    ]
    assert len(passed) <= 25, Counter(case.kind for case, _ in passed)
    assert [] == [
        one.match.text
        for case, found in passed
        for one in found
        if not adversarial.says(case.source.text, one.match.text, case.source.lang)
    ]


def test_true_quotations_in_a_sentence_are_located() -> None:
    """At least 97 of 100 harmless quotes are located inside a sentence; whether somebody says them is another question."""
    cases = [case for case in adversarial.cases() if not case.harmful]
    missed = [
        (case.kind, case.quote)
        for case in cases
        for found in quoting(case.quote, "Weber", read(case.source.text, case.source.lang))
        if not found or any(one.match.status in ("altered", "unverified") for one in found)
    ]
    assert len(missed) <= len(cases) * 0.03 + 1, missed


def test_a_wrong_speaker_in_a_sentence_is_found_where_the_article_has_a_cue() -> None:
    """Every labelled quotation of the seeds, told of everybody who speaks in its article."""
    silent, wrongly = [], []
    for case in adversarial.attributions():
        source = Source.from_file(case.seed)
        quotation = source.quotations[case.number - 1]
        words = quotation.spans[0].text.rstrip(".,")
        for template in SENTENCES.get(source.lang, SENTENCES["en"]):
            text = template.format(n=case.speaker, q=words)
            found = kinds(text, source)
            if case.speaker == case.true:
                wrongly += [text] * bool(found)
            elif named_speaker(quotation, source) is not None:
                silent += [text] * (found != ["speaker"])
    assert ([], []) == (silent, wrongly)


@given(
    st.lists(
        st.sampled_from(["Lind", "Holt", " and ", " said ", "“", "”", "&quot;", "&#39;", "’s ", "LIND: ", "\n", " – ", "(", ")", ", ", ".", "We had no choice", "no "]),
        max_size=14,
    ).map("".join),
    st.sampled_from([BRIDGE.text, HEARING]),
)  # fmt: skip
def test_any_text_with_names_is_read(text: str, article: str) -> None:
    """No text raises, and findings lie in the returned text."""
    again, found = check_quotations(text, Source.from_text(article, lang="en"), "en")
    assert all(f.text == again[f.start : f.end] for one in found for f in one.findings)


@given(st.text(alphabet="ab “”\"'«»‘’„.,:1\n", max_size=40))
def test_any_text_is_read(text: str) -> None:
    """No text raises, and every quotation lies in the returned text."""
    again, found = check_quotations(text, BRIDGE, "en")
    assert all(0 <= one.start <= one.end <= len(again) for one in found)
    assert all(isinstance(span, Span) for one in found for finding in one.findings for span in finding.source)


def test_a_title_is_no_bare_name() -> None:
    """A text that is cut off behind "Ms." names nobody."""
    source = Source.from_text("“It is cold,” said Ms. Ruiz. “It is very hot,” said Ms. Berg.", lang="en")
    assert [] == kinds("“It is cold,” Ms.", source)
    assert ["speaker"] == kinds("“It is cold,” Ms. Berg", source)
