"""Who is a speaker and who is not: credits, clauses, whole phrases, dialogue, and languages without cue words."""

from __future__ import annotations

import pytest

from briefing import Source
from briefing.grounding.resolution import Grounding
from briefing.quotations.extraction import read_quotations
from briefing.schemas.extractive import Quote

REBUILD = "“We will rebuild it before the winter.”"


def speaker(text: str, lang: str = "en") -> str | None:
    """The speaker of the first quotation."""
    return read_quotations(text, lang)[0].speaker


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        (f"{REBUILD} — Ida Moe", "en", "Ida Moe"),
        (f"{REBUILD} —Ida Moe, 34, a nurse.", "en", "Ida Moe"),
        (f"{REBUILD} – Geoff Stark, commissioner", "en", "Geoff Stark"),
        (f"{REBUILD}\n— Ida Moe, mayor of Harwick", "en", "Ida Moe"),
        (f"{REBUILD}\n\n-- Mayor Ida Moe\n\nThe bridge is old.", "en", "Ida Moe"),
        (f"{REBUILD}\n\nIda Moe, mayor", "en", "Ida Moe"),
        (f"{REBUILD} (Ida Moe, mayor)", "en", "Ida Moe"),
        ('"We will rebuild it before the winter" -- Ida Moe', "en", "Ida Moe"),
        (f"Ida Moe left. {REBUILD} — Moe", "en", "Moe"),
        (f"{REBUILD} — The Guardian", "en", "The Guardian"),
        ("„Wir bauen sie wieder auf.“ — Karl Berg, Bürgermeister", "de", "Karl Berg"),
        (f"{REBUILD} — a promise that he has made before.", "en", None),
        (f"{REBUILD} — but nobody believed him.", "en", None),
        (f"{REBUILD} — Ida Moe, however, did not.", "en", None),
        (f"{REBUILD} — Monday", "en", None),
        (f"{REBUILD} — March 3, 2021", "en", None),
        (f"{REBUILD} — Moe", "en", None),
        (f"{REBUILD} — Harwick’s oldest dream.", "en", None),
        (f"{REBUILD}\n\nHarwick Bridge, opened in 1950", "en", None),
        (f"{REBUILD} (see page 3)", "en", None),
        ("„Wir bauen sie wieder auf.“ — Große Pläne", "de", None),
    ],
)
def test_a_name_behind_a_dash_in_brackets_or_on_the_next_line_is_a_credit(
    text: str, lang: str, expected: str | None
) -> None:
    """A name is one, with or without what its bearer is; a clause, a date or a thing is none."""
    assert expected == speaker(text, lang)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        *(
            (f"Rob Tarn resigned {word} Ana Ruiz said: {REBUILD}", "en")
            for word in ("after", "as", "before", "when", "while", "because", "until", "since")
        ),
        (f"Rob Tarn resigned after Ana Ruiz, the mayor, said: {REBUILD}", "en"),
        (f"Ana Ruiz, after the storm, said: {REBUILD}", "en"),
        (f"After the storm Ana Ruiz said: {REBUILD}", "en"),
        (f"Ana Ruiz, who left when it rained, said: {REBUILD}", "en"),
        (f"It was hard for Ana Ruiz, who said: {REBUILD}", "en"),
        (f"Ana Ruiz explained the plan by saying: {REBUILD}", "en"),
        (f"Yet Ana Ruiz said: {REBUILD}", "en"),
        (f"Ana Ruiz spoke, calling Rob Tarn’s proposed bridge {REBUILD}", "en"),
        *(
            (f"Rob Tarn trat zurück, {word} Ana Ruiz sagte: „Wir bauen sie wieder auf.“", "de")
            for word in ("nachdem", "als", "bevor", "weil")
        ),
        ("Als Reaktion sagte Ana Ruiz: „Wir bauen sie wieder auf.“", "de"),
        ("Weiterhin sagte Ana Ruiz: „Wir bauen sie wieder auf.“", "de"),
        ("Wie Ana Ruiz (SPD) heute sagte, werde die Brücke „wieder ganz neu aufgebaut“.", "de"),
        ("Rob Tarn est parti après qu’Ana Ruiz a déclaré : « Nous allons le reconstruire. »", "fr"),
        ("Rob Tarn est parti alors que Ana Ruiz déclarait : « Nous allons le reconstruire. »", "fr"),
        ("Rob Tarn dimitió después de que Ana Ruiz dijera: «Vamos a reconstruirlo».", "es"),
    ],
)
def test_the_subject_of_the_reporting_verb_speaks(text: str, lang: str) -> None:
    """And not the subject of the main clause, an adverb or an object."""
    assert speaker(text, lang) == "Ana Ruiz"


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("“We go,” a Ministry of Justice spokesperson said.", "en", "a Ministry of Justice spokesperson"),
        ("“We go,” said the Department of Health and Human Services.", "en", "the Department of Health and Human Services"),
        ("“We go,” the Department for Transport said.", "en", "the Department for Transport"),
        ("“We go,” Bank of England governor Ana Ruiz said.", "en", "Ana Ruiz"),
        ("“We go,” said Student union president Ana Ruiz.", "en", "Ana Ruiz"),
        ("“We go,” White House officials said.", "en", "White House officials"),
        ("“We go,” said Councillor Ana Ruiz.", "en", "Ana Ruiz"),
        ("“We go,” said Tarn constituent Ana Ruiz.", "en", "Ana Ruiz"),
        ("„Wir gehen heute noch“, sagte Vizeadmiral Karl Berg.", "de", "Karl Berg"),
        ("« Nous partons ce soir », a déclaré la chambre de commerce.", "fr", "la chambre de commerce"),
        ("« Nous partons ce soir », indique la préfecture de l’Ain.", "fr", "la préfecture de l’Ain"),
        ("« Nous partons ce soir », a déclaré l’avocat Paul Roy.", "fr", "Paul Roy"),
        ("«Nos vamos esta noche», dijo el Ministerio de Justicia.", "es", "el Ministerio de Justicia"),
        ("Nach Angaben von Karl Berg wird die Brücke „wieder ganz neu und schöner aufgebaut“.", "de", "Karl Berg"),
    ],
)  # fmt: skip
def test_a_speaker_is_whole(text: str, lang: str, expected: str) -> None:
    """The head noun and what belongs to the name, or the name that a description leads to."""
    assert expected == speaker(text, lang)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("“We will rebuild it,” nobody said.", "en"),
        ("“We will rebuild it,” the 300 told us.", "en"),
        ("Ana Ruiz came. Everyone said: “We will rebuild it.”", "en"),
        ("Ana Ruiz came. When someone in the crowd shouted, “Rebuild it,” she laughed.", "en"),
        ("The A34 was closed. “We will rebuild it before the winter.”", "en"),
        ("A note taped to the door read: “We will rebuild it before the winter.”", "en"),
        ("It lies in the United States while “we will rebuild it before the winter.”", "en"),
        ("Rund 40 Prozent sagten: „Wir bauen sie wieder auf.“", "de"),
        ("Weiterhin hieß es: „Wir bauen sie wieder auf.“", "de"),
        ("Denn es war nass. „Wir bauen sie wieder auf und gehen nie wieder weg.“", "de"),
        ("Die Wirkung war groß: „Wir bauen sie wieder auf.“", "de"),
        ("Согласно плану, «мы построим его снова и будем жить там до зимы».", "ru"),
        ("Вскоре стало ясно: «Мы построим его снова и будем жить там».", "ru"),
        ('"נבנה אותו מחדש לפני החורף", אמר בירושלים.', "he"),
        ('وقال بالقاهرة: "سنعيد بناء الجسر قبل الشتاء".', "ar"),
        ("大家都说：“那天晚上山谷里没有人睡觉。”", "zh"),
        ("Kwa nini? Rais alisema: “Tutaijenga tena kabla ya majira ya baridi.”", "sw"),
        ("Kovács Péter azt mondta: „Újra felépítjük a hidat a tél előtt.”", "hu"),
    ],
)
def test_who_is_nobody(text: str, lang: str) -> None:
    """Pronouns of nobody, numbers, things, adverbs and places do not speak, nor does anybody in a language without cue words."""
    assert speaker(text, lang) is None


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("— Vamos —dijo Ana—. No hay tiempo.", "es", [(["Vamos", "No hay tiempo."], "Ana")]),
        ("— Nous partons ce soir, dit Marie. Il était tard.", "fr", [(["Nous partons ce soir,"], "Marie")]),
        (
            "— Мы ушли, — сказал Иванов. — Нас нет.",
            "ru",
            [(["Мы ушли,"], "Иванов"), (["Нас нет."], "Иванов")],
        ),
        ("— Le maire de Lyon\n— Le préfet", "fr", []),
        ("— He left —said Ana—. It rained.", "en", []),
    ],
)
def test_a_dash_opens_speech(text: str, lang: str, expected: list[tuple[list[str], str]]) -> None:
    """In languages of dialogue dashes, if a reporting clause names the speaker."""
    found = [([span.text for span in q.spans], q.speaker) for q in read_quotations(text, lang)]
    assert expected == found
    assert all(q.kind == "speech" for q in read_quotations(text, lang))


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ('ראש הממשלה אמר בירושלים: "נבנה אותו מחדש לפני החורף".', "he", "ראש הממשלה"),
        ('"נבנה אותו מחדש", אמר משה לוי בכנסת.', "he", "משה לוי"),
        ('"سنعيد بناء الجسر قبل الشتاء"، بحسب محمد علي.', "ar", "محمد علي"),
        ("「その夜は誰も眠れませんでした」と田中氏は述べた。", "ja", "田中"),
        ("彼は「その夜は誰も眠れませんでした」と述べた。", "ja", "彼"),
        ("他说：“那天晚上山谷里没有人睡觉。”", "zh", "他"),
        ("张伟都说：“那天晚上山谷里没有人睡觉。”", "zh", "张伟"),
        ("据张伟说，“那天晚上山谷里没有人睡觉。”", "zh", "张伟"),
    ],
)
def test_speakers_in_scripts_without_capitals(text: str, lang: str, expected: str) -> None:
    """Before the verb and behind it, without the place and the adverb."""
    assert expected == speaker(text, lang)


def test_who_reports_after_a_quotation_goes_before_its_speaker() -> None:
    """A quotation without a cue belongs to the last one who is said to have said something."""
    text = "„Wir bauen neu“, sagte Karl Berg. Anke Weiss forderte, dass alle helfen. Die Lage sei „ernst und sehr gefährlich“."
    assert [q.speaker for q in read_quotations(text, "de")] == ["Karl Berg", "Anke Weiss"]


@pytest.mark.parametrize(("number", "expected"), [(1, "Mr Moores"), (2, "Mrs Moores")])
@pytest.mark.parametrize("name", ["Moores", "Mr Moores", "Mrs Moores", None])
def test_two_persons_of_one_surname_stay_apart(number: int, name: str | None, expected: str) -> None:
    """Whatever the model writes, the speaker keeps the form of address."""
    text = (
        "“We lost all of it in the flood,” said Mr Moores. “I never liked that boat at all,” Mrs Moores said."
    )
    grounding = Grounding(Source.from_text(text, lang="en"))
    assert expected == Quote.model_validate({"id": f"q{number}", "speaker": name}, context=grounding).speaker


@pytest.mark.parametrize(("length", "expected"), [(1200, 2), (1201, 1)])
@pytest.mark.parametrize("start", ["“", "“It rained.\n"])
def test_a_quotation_has_1200_characters_at_most(start: str, length: int, expected: int) -> None:
    """Of a longer one, the opening mark is an error, in one paragraph and over several."""
    narration = f"{'The water rose again. ':x<{length - len(start) + 1}}"
    assert expected == len(read_quotations(f"{start}{narration}” Ruiz sat. “We left,” said Ruiz.", "en"))


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("主教练张伟赛后表示：“我们上半场踢得不好。”", "zh", "张伟"),
        ("“我们上半场踢得不好。”主教练张伟赛后说。", "zh", "张伟"),
        ("外交部发言人王华12日在北京表示：“我们对此表示欢迎。”", "zh", "王华"),
        ("“大桥已经关闭了。”李明周一上午在发布会上表示。", "zh", "李明"),
        ("王前进说：“我们没有别的选择。”", "zh", "王前进"),
        (
            "« La demande reste solide », s’est réjouie la directrice générale, Anne Morel.",
            "fr",
            "Anne Morel",
        ),
        ("« C’est inadmissible », s’est indigné Luc Petit lundi.", "fr", "Luc Petit"),
        ("«No hay dinero para el puente», ha lamentado Luis Gil.", "es", "Luis Gil"),
        ("“Fomos fracos na primeira parte”, admitiu o treinador Luís Silva.", "pt", "Luís Silva"),
        ("«Siamo stati deboli nel primo tempo», ammette l’allenatore Luca Rossi.", "it", "Luca Rossi"),
        ("«Мы были слабы в первом тайме», — признал тренер Иван Петров.", "ru", "Иван Петров"),
        ("“We waren zwak in de eerste helft”, erkende trainer Jan Bos.", "nl", "Jan Bos"),
    ],
)
def test_verbs_of_feeling_and_admitting_and_times_before_a_verb(text: str, lang: str, expected: str) -> None:
    """Reflexive and compound forms name the speaker, and a Chinese time between a name and its verb is no part of the name."""
    found = speaker(text, lang)
    assert found is not None
    assert found.endswith(expected)


def test_the_speaker_before_does_not_say_what_another_subject_wants() -> None:
    """A sentence with a subject of its own that is not known is nobody's, rather than the last speaker's."""
    said = "« La demande reste solide », a dit Anne Morel. "
    quotations = read_quotations(
        f"{said}Le directeur financier, Luc Petit, veut « rester très prudent cette année ».", "fr"
    )

    assert "Anne Morel" == quotations[0].speaker
    assert "Anne Morel" != quotations[1].speaker
