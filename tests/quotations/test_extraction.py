"""The reader: sentences, quotations in many languages' marks, their kinds and their speakers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.quotations.extraction import Quotation, read_quotations
from briefing.spans import Span
from briefing.text.sentences import read_sentences


def quoted(text: str, lang: str = "en") -> list[list[str]]:
    """The segments of each quotation."""
    return [[span.text for span in quotation.spans] for quotation in read_quotations(text, lang)]


def only(text: str, lang: str = "en") -> Quotation:
    """The one quotation of a text."""
    (quotation,) = read_quotations(text, lang)
    return quotation


def sentences(text: str, lang: str = "en") -> list[str]:
    """The sentences of a text."""
    return [sentence.text for sentence in read_sentences(text, lang)]


# Sentences


def test_sentences_are_trimmed_and_blank_ones_dropped():
    """White space around sentences belongs to none of them."""
    assert sentences("  The dam broke.  Nobody slept. \n\n \t\n Dr. Ruiz left. ") == [
        "The dam broke.",
        "Nobody slept.",
        "Dr. Ruiz left.",
    ]


def test_a_line_is_a_paragraph():
    """Text from web pages has a paragraph on each line, headlines without a full stop included."""
    text = "Dam breaks above the valley\nThe dam broke on Monday.\r\nNobody was hurt\u2028Schools stay closed"
    assert sentences(text) == [
        "Dam breaks above the valley",
        "The dam broke on Monday.",
        "Nobody was hurt",
        "Schools stay closed",
    ]


def test_wrapped_lines_are_not_cut():
    """Text wrapped at a column keeps its sentences whole."""
    text = (
        "The dam above the valley broke early on Monday, and the water reached the\n"
        "first houses before the sirens could be heard. Nobody was hurt, because the\n"
        "people of the three villages had left on Sunday evening, when the rain did\n"
        "not stop."
    )
    assert [s.split()[0] for s in sentences(text)] == ["The", "Nobody"]


def test_two_wrapped_lines_are_one_sentence():
    """A long line that goes on in lower case is a wrapped one."""
    text = "The dam above the valley broke early on Monday, and the water reached\nthe houses."
    assert len(sentences(text)) == 1


def test_lists_of_short_lines_are_not_wrapped_text():
    """A menu is no paragraph."""
    assert sentences("Home\nWorld news\nSport\nAbout the paper") == [
        "Home",
        "World news",
        "Sport",
        "About the paper",
    ]


def test_a_long_sentence_does_not_stop_the_splitter():
    """A paragraph longer than what the splitter reads at once is split where its sentences end."""
    text = "The water rose again. " * 2_000
    assert set(sentences(text)) == {"The water rose again."}


@pytest.mark.parametrize("lang", ["en", "zh", "xx", "", "pt-BR", "not a language", "\x00"])
def test_unknown_languages_are_read(lang):
    """A code that nothing is known about is no error."""
    assert sentences("The dam broke. \x00 😀 Nobody slept.", lang)
    assert quoted("“The dam broke,” said Ruiz.", lang) == [["The dam broke,"]]


# Marks


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("“The dam broke,” said Ruiz.", "The dam broke,"),
        ('"The dam broke," said Ruiz.', "The dam broke,"),
        ("＂The dam broke,＂ said Ruiz.", "The dam broke,"),
        ("‘The dam broke,’ said Ruiz.", "The dam broke,"),
        ("'The dam broke,' said Ruiz.", "The dam broke,"),
        ("''The dam broke,'' said Ruiz.", "The dam broke,"),
        ("``The dam broke,'' said Ruiz.", "The dam broke,"),
        ("„Der Damm brach“, sagte Weber.", "Der Damm brach"),
        ('„Der Damm brach", sagte Weber.', "Der Damm brach"),
        ("‚Der Damm brach‘, sagte Weber.", "Der Damm brach"),
        ("»Der Damm brach«, sagte Weber.", "Der Damm brach"),
        ("›Der Damm brach‹, sagte Weber.", "Der Damm brach"),
        ("”Dammen brast”, sa Berg.", "Dammen brast"),
        ("»Dammen brast», sa Berg.", "Dammen brast"),
        ("„Tama pękła”, powiedział Nowak.", "Tama pękła"),
        ("«\u00a0Le barrage a cédé\u00a0», a dit Dubois.", "Le barrage a cédé"),
        ("«La presa se rompió “de noche”», dijo Ruiz.", "La presa se rompió “de noche”"),
        ("«Плотина „Заря“ прорвана», — сказал Петров.", "Плотина „Заря“ прорвана"),
        ("王明说：“大坝‘真的’垮了。”", "大坝‘真的’垮了。"),
        ("王明说：「大壩垮了。」", "大壩垮了。"),
        ("山田氏は「本『川』を読んだ」と述べた。", "本『川』を読んだ"),
        ('אמר לוי: "הסכר של צה"ל נפרץ".', 'הסכר של צה"ל נפרץ'),
        ('قال علي: "انهار السد".', "انهار السد"),
        ("قال علي: «انهار السد».", "انهار السد"),
    ],
)
def test_marks_of_many_languages(text, inner):
    """Every tradition's marks enclose the same thing, and the marks are left out."""
    assert quoted(text) == [[inner]]


def test_styles_may_be_mixed_in_one_text():
    """One article quotes in three styles."""
    text = "“The dam broke,” said Ruiz. »Nein«, sagte Weber. ''We left,'' she said. \"And then?\" he asked."
    assert quoted(text) == [["The dam broke,"], ["Nein"], ["We left,"], ["And then?"]]


@pytest.mark.parametrize(
    "text",
    [
        "They don't know, and we didn't ask; it's the players' dam and the workers' town.",
        "They don’t know, and we didn’t ask; it’s the players’ dam and the workers’ town.",
        "Rock 'n' roll of the '60s and rock ’n’ roll of the ’90s.",
        "L’homme qu’on appelle l’ingénieur d'Aix n’est pas d’ici.",
        "He is 6'2\" and she is 5′ 11″.",
        'A 5" pipe fits a 7" hole.',
        "'Twas the night, and he told 'em so.",
        "Home » News » Valley",
        "'s Avonds is het 's winters koud.",
        'לפי צה"ל ומנכ"ל החברה.',
        "\"\"  “” « » ''",
    ],
)
def test_apostrophes_and_measures_are_no_marks(text):
    """What stands inside a word, for a missing part of one, or behind a number encloses nothing."""
    assert quoted(text) == []


def test_apostrophes_inside_single_marks():
    """A possessive does not close a quotation in single marks."""
    text = "‘It doesn’t matter to the players’ wives,’ she said."
    assert quoted(text) == [["It doesn’t matter to the players’ wives,"]]


def test_inches_inside_a_quotation():
    """A measure does not close the quotation around it."""
    assert quoted('"The 5" pipe is long," she said.') == [['The 5" pipe is long,']]


def test_marks_without_space_around_them():
    """Prefixes and suffixes of other languages touch the marks."""
    assert quoted('و"الجيش الحر" هنا', "ar") == [["الجيش الحر"]]
    assert quoted('"Vadi"nin haberi', "tr") == [["Vadi"]]


def test_nested_quotations_are_part_of_the_outer_one():
    """Only the outer quotation is returned."""
    assert quoted("“She said ‘stop’ and “no” to us,” said Ruiz.") == [["She said ‘stop’ and “no” to us,"]]
    assert quoted("'''Unacceptable' is no word for it,'' he said.") == [["'Unacceptable' is no word for it,"]]


# Split, running on, unbalanced


@pytest.mark.parametrize(
    ("text", "lang", "segments"),
    [
        ('"We came," said Ruiz, "and built this farm."', "en", ["We came,", "and built this farm."]),
        ("“We came,” Ruiz said on Monday. “We stayed.”", "en", ["We came,", "We stayed."]),
        ("„Wir kamen“, sagte Weber, „und blieben.“", "de", ["Wir kamen", "und blieben."]),
        ("«Vinimos», dijo Ruiz, «y nos quedamos».", "es", ["Vinimos", "y nos quedamos"]),
        ("“我们来了，”王明说，“就不走了。”", "zh", ["我们来了，", "就不走了。"]),
        ("“We came,” barked Ruiz, “and stayed.”", "en", ["We came,", "and stayed."]),
    ],
)
def test_a_reporting_clause_splits_a_quotation(text, lang, segments):
    """Both halves are one quotation."""
    assert quoted(text, lang) == [segments]


@pytest.mark.parametrize(
    "text",
    [
        "They called it “a joke,” and “a mess.”",
        "“We came,” said Ruiz. She sat down again and looked at the dam. “We stayed.”",
        "“We came,” said Ruiz. “We stayed,” said Moss.",
        "“We came,” said Ruiz.\n“We stayed.”",
    ],
)
def test_two_quotations_stay_two(text):
    """Without a reporting clause that belongs to both, two quotations are two."""
    assert len(quoted(text)) == 2


def test_a_quotation_over_paragraphs():
    """Each paragraph opens with a mark and only the last one closes."""
    text = (
        "“The dam broke at night.\n\n“Nobody slept in the valley.\n\n“We left,” said Ana Ruiz. “It rained.”"
    )
    quotation = only(text)
    assert [span.text for span in quotation.spans] == [
        "The dam broke at night.",
        "Nobody slept in the valley.",
        "We left,",
        "It rained.",
    ]
    assert (quotation.kind, quotation.speaker) == ("speech", "Ana Ruiz")


def test_a_mark_that_closes_in_the_next_paragraph():
    """A line break inside a quotation does not end it."""
    assert quoted("“The dam broke at night.\nNobody slept.” Ruiz sat down.") == [
        ["The dam broke at night.", "Nobody slept."]
    ]


def test_an_unclosed_quotation_ends_with_its_paragraph():
    """A missing mark does not swallow the article."""
    text = "“The dam broke at night and nobody slept.\nThe valley is empty now.\nIt has “no future” here."
    assert quoted(text) == [["The dam broke at night and nobody slept."], ["no future"]]


def test_a_stray_mark_is_passed_over():
    """A mark that opens nothing is a slip, and the quotations behind it are read."""
    assert quoted('The dam "broke at night. "Nobody slept," said Ruiz.') == [["Nobody slept,"]]
    assert quoted("The dam broke.” “Nobody slept,” said Ruiz.") == [["Nobody slept,"]]


def test_an_unclosed_mark_in_a_long_line_takes_one_sentence():
    """In text without paragraphs, an unclosed quotation ends with its sentence."""
    text = "“The dam broke at night. " + "The valley was quiet then. " * 200
    assert quoted(text) == [["The dam broke at night."]]


# Kind


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("“Nobody slept in the valley that night,” said Ana Ruiz.", "en"),
        ("Ana Ruiz said: “It rained.”", "en"),
        ("“No,” said Ana Ruiz.", "en"),
        ("Ruiz called the dam “a disgrace for the whole valley.”", "en"),
        ("„In dieser Nacht schlief im Tal niemand“, sagte Weber.", "de"),
        ("« Personne n’a dormi dans la vallée », a déclaré Anne Dubois.", "fr"),
        ("“那天晚上山谷里没有人睡觉。”王明说。", "zh"),
        ("山田氏は「その夜は誰も眠れませんでした」と述べた。", "ja"),
    ],
)
def test_speech(text, lang):
    """What somebody says is speech."""
    assert only(text, lang).kind == "speech"


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("The film “Valley of the Dams” opened in May.", "en"),
        ("The so-called “dam” is a heap of earth.", "en"),
        ("Die Zeitung „Talbote“ erscheint wieder.", "de"),
        ("Газета «Долина» снова выходит.", "ru"),
        ("電影「川」將於五月上映。", "zh"),
    ],
)
def test_other(text, lang):
    """Titles, terms and scare quotes are not speech."""
    assert only(text, lang).kind == "other"


# Speakers


@pytest.mark.parametrize(
    ("text", "lang", "speaker"),
    [
        ('He left. "Did nobody read it?" asked Dame Ruth.', "en", "Dame Ruth"),
        ("« Douze heures debout, ça ne paie pas ! », s'agace Solange Maurier.", "fr", "Solange Maurier"),
        ("“Nobody slept in the valley,” said Ana Ruiz.", "en", "Ana Ruiz"),
        ("“Nobody slept in the valley,” Ana Ruiz said.", "en", "Ana Ruiz"),
        ("“Nobody slept in the valley,” Ana Ruiz, the mayor of Moss, said on Monday.", "en", "Ana Ruiz"),
        ("“Nobody slept in the valley,” said Mayor Ana Ruiz.", "en", "Ana Ruiz"),
        ("“Nobody slept in the valley,” she said.", "en", "she"),
        ("“Nobody slept in the valley,” the company said.", "en", "the company"),
        ("“Nobody slept in the valley,” said a spokesman for the town.", "en", "a spokesman"),
        ("“Nobody slept in the valley,” police said.", "en", "police"),
        ("“Nobody slept in the valley,” residents say.", "en", "residents"),
        ("“Nobody slept in the valley,” thundered Ana Ruiz.", "en", "Ana Ruiz"),
        ("Ana Ruiz, the mayor, told reporters: “Nobody slept in the valley.”", "en", "Ana Ruiz"),
        ("As Ana Ruiz put it: “Nobody slept in the valley.”", "en", "Ana Ruiz"),
        ("“Nobody slept in the valley,” as Ana Ruiz put it.", "en", "Ana Ruiz"),
        ("Speaking in Moss, Ana Ruiz said, “Nobody slept in the valley.”", "en", "Ana Ruiz"),
        (
            "Ana Ruiz stepped in front of the town hall, saying, “Nobody slept in the valley.”",
            "en",
            "Ana Ruiz",
        ),
        ("According to Ana Ruiz, “nobody in the whole valley slept that night.”", "en", "Ana Ruiz"),
        ("Ana Ruiz said:\n“Nobody slept in the valley.”", "en", "Ana Ruiz"),
        ("„Im Tal schlief niemand“, sagte Karl von Berg.", "de", "Karl von Berg"),
        ("„Im Tal schlief niemand“, so Karl Berg.", "de", "Karl Berg"),
        ("Der Zeitung sagte Karl Berg: „Im Tal schlief niemand.“", "de", "Karl Berg"),
        ("Am Montag sagte Karl Berg: „Im Tal schlief niemand.“", "de", "Karl Berg"),
        ("Als es regnete, sagte Karl Berg: „Im Tal schlief niemand.“", "de", "Karl Berg"),
        ("Karl Berg zufolge „schlief in jener Nacht im Tal wirklich niemand“.", "de", "Karl Berg"),
        ("« Personne n’a dormi dans la vallée », a déclaré Anne Dubois.", "fr", "Anne Dubois"),
        ("«Nadie durmió en el valle», dijo Pedro Ruiz.", "es", "Pedro Ruiz"),
        ("«Nessuno ha dormito nella valle», ha detto Anna Rossi.", "it", "Anna Rossi"),
        ("“Ninguém dormiu no vale”, disse Ana Lima.", "pt", "Ana Lima"),
        ("”Ingen sov i dalen den natten”, sa Karin Berg.", "sv", "Karin Berg"),
        ("„Nikt nie spał w dolinie”, powiedział Jan Nowak.", "pl", "Jan Nowak"),
        ("«В долине никто не спал», — сказал Иван Петров.", "ru", "Иван Петров"),
        ('قال محمد علي: "لم ينم أحد في الوادي تلك الليلة".', "ar", "محمد علي"),
        ("王明说：“那天晚上山谷里没有人睡觉。”", "zh", "王明"),
        ("山田氏は「その夜は誰も眠れませんでした」と述べた。", "ja", "山田"),
    ],
)
def test_speakers(text, lang, speaker):
    """The cue beside a quotation names the speaker, and the span is where it does."""
    quotation = only(text, lang)
    assert quotation.speaker == speaker
    assert quotation.speaker_span is not None
    assert quotation.speaker_span == Span.of(text, quotation.speaker_span.start, quotation.speaker_span.end)


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("Fire. “We thank God for everybody,” said Mina Tol\u00adland, a lawyer.", "Mina Tol\u00adland"),
        ("Fire. “We thank God for everybody,” sa\u00adid Mina Tolland, a lawyer.", "Mina Tolland"),
        (
            "Fire. “We thank God for everybody,” \u2066said\u2069 \u2068Mina Tolland\u2069, a lawyer.",
            "Mina Tolland",
        ),
    ],
)
def test_characters_that_do_not_show_hide_no_speaker(text, speaker):
    """A soft hyphen parts no word, and a direction mark is none."""
    assert [speaker] == [q.speaker for q in read_quotations(text, "en")]


def test_the_word_behind_a_turkish_quotation_is_nobody():
    """Between it and the verb stands "diye", "so"; the speaker is before."""
    [quotation] = read_quotations('Mehmet Kaya ise "Bunu biliyorduk" diye konuştu.', "tr")
    assert quotation.speaker == "Mehmet Kaya"


def test_the_next_quotation_of_a_paragraph_has_the_same_speaker():
    """Who spoke goes on speaking, where no cue says otherwise."""
    text = "“Nobody slept in the valley,” said Ana Ruiz, who looked tired. It still rained. “We left at once, all of us.”"
    assert [q.speaker for q in read_quotations(text, "en")] == ["Ana Ruiz", "Ana Ruiz"]


def test_a_paragraph_of_speech_alone_goes_on_with_the_speaker_above():
    """A paragraph that is one quotation has the speaker of the paragraph before it."""
    text = "“Nobody slept in the valley,” said Ana Ruiz.\n“We left at once, all of us, and never came back.”"
    assert [q.speaker for q in read_quotations(text, "en")] == ["Ana Ruiz", "Ana Ruiz"]


def test_quotations_that_nobody_says_have_no_speaker():
    """Where the text names nobody, the speaker is None."""
    quotation = only("“Nobody slept in the valley that night.”")
    assert (quotation.speaker, quotation.speaker_span) == (None, None)


# The model


def test_text_joins_the_segments():
    """Segments are joined with a space, and without one where the script writes none."""
    assert only('"We came," said Ruiz, "and stayed."').text == "We came, and stayed."
    assert only("“我们来了，”王明说，“就不走了。”", "zh").text == "我们来了，就不走了。"


def test_quotations_survive_json():
    """A quotation read back from JSON is equal to the one written."""
    quotation = only('"We came," said Ruiz, "and stayed."')
    assert Quotation.model_validate_json(quotation.model_dump_json()) == quotation


def test_quotations_are_frozen():
    """Nobody changes a quotation."""
    with pytest.raises(ValueError, match="frozen"):
        only('"We came," said Ruiz.').kind = "other"


# Any text

_PIECES = st.sampled_from(
    [
        *"“”„‟\"＂‘’‚'«»‹›「」『』`",
        "''",
        "``",
        "'''",
        "\n",
        "\n\n",
        "\r\n",
        " ",
        "\u00a0",
        "\u2028",
        ". ",
        ", ",
        ": ",
        "—",
        "said ",
        "Ruiz ",
        "she ",
        "word ",
        "5",
        "s",
        "说：",
        "王明",
        "は",
        "と述べた",
        "قال ",
        "\x00",
        "😀",
        "é",
        "\u0301",
        "according to ",
    ]
)
_TEXTS = st.lists(_PIECES, max_size=60).map("".join) | st.text(max_size=200)
_LANGS = st.sampled_from(["en", "de", "zh", "ja", "ar", "xx", ""])


def check_quotations(text: str, quotations: list[Quotation]) -> None:
    """Spans are slices, not blank, in order, and overlap nowhere."""
    position = 0
    for quotation in quotations:
        for span in quotation.spans:
            assert span == Span.of(text, span.start, span.end)
            assert span.text == span.text.strip() != ""
            assert position <= span.start
            position = span.end
        if quotation.speaker_span is None:
            assert quotation.speaker is None
        else:
            assert quotation.speaker_span == Span.of(
                text, quotation.speaker_span.start, quotation.speaker_span.end
            )
            assert quotation.speaker == quotation.speaker_span.text != ""


@given(_TEXTS, _LANGS)
@settings(max_examples=400, deadline=None)
def test_quotations_of_any_text_are_slices(text, lang):
    """No text is an error, and every offset is true."""
    check_quotations(text, read_quotations(text, lang))


@given(_TEXTS, _LANGS)
@settings(max_examples=400, deadline=None)
def test_every_character_lies_in_one_sentence(text, lang):
    """Sentences cover all that is not white space, in order, once."""
    position = 0
    for sentence in read_sentences(text, lang):
        assert sentence.text == text[sentence.start : sentence.end]
        assert sentence.text == sentence.text.strip() != ""
        assert not text[position : sentence.start].strip()
        position = sentence.end
    assert not text[position:].strip()


@pytest.mark.parametrize(
    "unit", ['"', "“a ", "'a ", '5" a ', "“a”“b”", "\"a' «b “c ’ ” ", "«", "'''", "“a\n"]
)
def test_many_marks_on_one_line(unit):
    """Ten thousand marks are read at once, whether or not they match."""
    text = unit * (10_000 // sum(not c.isalnum() and not c.isspace() for c in unit))
    check_quotations(text, read_quotations(text, "en"))


def test_a_line_of_a_megabyte():
    """A text without line breaks is read."""
    text = "The water rose, said Ruiz. " * 37_000 + "“It rained all night long,” said Ana Ruiz."
    assert only(text).speaker == "Ana Ruiz"


# Speakers in more languages


@pytest.mark.parametrize(
    ("text", "lang", "speaker"),
    [
        ("“Nobody slept in the valley,” said the head of the mill, Ana Ruiz.", "en", "Ana Ruiz"),
        (
            "“Nobody slept in the valley,” said the owner of the mill in Moss.",
            "en",
            "the owner",
        ),
        ("«Nadie durmió en el valle», dijo la alcaldesa de la villa, Ana Ruiz.", "es", "Ana Ruiz"),
        ("« Personne n’a dormi dans la vallée », s’agace-t-elle.", "fr", "elle"),
        ("„Im Tal schlief niemand“, sagte Geschäftsführerin Anke Berg.", "de", "Anke Berg"),
        (
            "Karl Berg, ein Bauer aus dem Tal, kritisierte den Bau: „Im Tal schlief niemand.“",
            "de",
            "Karl Berg",
        ),
        ("«В долине никто не спал, — вспоминает Иван Петров, — всю ночь шёл дождь».", "ru", "Иван Петров"),
        ("Глава района Иван Петров сказал: «В долине никто не спал».", "ru", "Иван Петров"),
        (
            'وقالت وزيرة الري سعاد الحداد في القرية: "لم ينم أحد في الوادي تلك الليلة".',
            "ar",
            "وزيرة الري سعاد الحداد",
        ),
        ('وقال الحداد للصحفيين: "لم ينم أحد في الوادي تلك الليلة".', "ar", "الحداد"),
        ("总工程师王明回忆说：“那天晚上山谷里没有人睡觉。”", "zh", "王明"),
        ("住在山谷里的退休教师王小明则担心水位：“那天晚上没有人睡觉。”", "zh", "王小明"),
        ("“那天晚上山谷里没有人睡觉。”村长王明（Wang Ming）表示。", "zh", "王明"),
        ("王明说：“那天晚上没有人睡觉。”他还指出，雨下了一夜。", "zh", "王明"),
        ("竹谷町の山田太郎町長は、「その夜は誰も眠れませんでした」と肩を落とした。", "ja", "山田太郎"),
        ("会見で山田太郎さん（52）は「その夜は誰も眠れませんでした」と話す。", "ja", "山田太郎"),
    ],
)
def test_speakers_are_names_without_what_stands_around_them(text, lang, speaker):
    """Offices, places and whom it was said to are no part of the name, if there is one."""
    assert only(text, lang).speaker == speaker


def test_who_spoke_above_does_not_speak_after_somebody_else():
    """A paragraph that says something first does not take its speaker from the one above."""
    text = (
        'قال علي: "انهار السد في الليل".\nأما سعاد فطالبت بسد جديد. وقالت: "لم ينم أحد في الوادي تلك الليلة".'
    )
    assert [None] == [q.speaker for q in read_quotations(text, "ar")][1:]


def test_the_value_of_an_attribute_is_no_speech():
    """What stands in marks behind an equals sign is markup."""
    assert "other" == only("A neighbour said: <p lang='x'> and more.").kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Ruiz called the dam “hopeless” and the mayor's plan “a bad joke.”", "speech"),
        ("The house was sold under the name “Quiet Eye” last year.", "other"),
        ("“I never said that,” she said.", "speech"),
    ],
)
def test_kinds_of_short_quotations(text, kind):
    """A few words that somebody is said to have used are speech, names are not."""
    assert {kind} == {q.kind for q in read_quotations(text, "en")}
