"""What a statement says that its evidence does not."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing import Source, Span
from briefing.grounding.aliases import explained_acronyms
from briefing.grounding.claim_check import discrepancies, is_in_script, main_script, names
from briefing.grounding.evidence import Backing
from briefing.grounding.resolution import Grounding
from briefing.grounding.resolution import back_statement as back_with_findings
from briefing.text.dates import read_dates
from briefing.text.normalization import plain
from briefing.text.polarity import can_compare, split_sentences
from briefing.text.quantities import read_quantities


def back_statement(text: str, evidence: list[Span], grounding: Grounding) -> tuple[list[Span], list[str]]:
    """The evidence, and the words of the findings."""
    spans, findings = back_with_findings(text, evidence, grounding)
    return spans, [finding.text for finding in findings]


def missing_items(statement: str, evidence: list[str], lang: str) -> list[str]:
    """Items of `statement` that `evidence` lacks, each once."""
    text = "\n".join(evidence)
    found = discrepancies(statement, Backing(text, lang, explained_acronyms(text)), lang)
    return list(dict.fromkeys(finding.text for finding in found))


@settings(deadline=None)
@given(st.text(), st.sampled_from(["en", "de", "ru", "ja", "und"]))
def test_a_text_backs_itself(text: str, lang: str) -> None:
    """Nothing of a statement is missing where the evidence is the statement."""
    assert [] == missing_items(text, [text], lang)


@settings(deadline=None)
@given(st.text(), st.lists(st.text(), max_size=3), st.sampled_from(["en", "de", "ru", "ja", "und"]))
def test_what_is_missing_stands_in_the_statement(statement: str, evidence: list[str], lang: str) -> None:
    """No item is made up; each is named once."""
    missing = missing_items(statement, evidence, lang)
    assert len(missing) == len(set(missing))
    shown = plain(statement)
    assert all(
        item.partition(" (the article says")[0].casefold()
        in "".join((shown, " ".join(shown.split()))).casefold()
        for item in missing
    )


@pytest.mark.parametrize(
    ("statement", "evidence"),
    [
        ("About 1,500 came.", "Rund 1.500 kamen."),
        ("About 1500 came.", "1\u202f500 sont venus."),
        ("It took ٣٠ days.", "It took 30 days."),
        ("The mayor, Holt, spoke.", "Maren Holt spoke."),
        ("He met the Korean envoy.", "The envoy of Korea arrived."),
        ("They praised Holt's plan.", "The plan of Maren Holt"),
        ("Talks in the US began.", "Talks in the United States began."),
        ("Talks in the United States began.", "Talks in the US began."),
        ("It was José Lima.", "It was Jose\u0301 Lima."),
        ("It was said by Анна Гвоздева.", "Сказала Анна Гвоздева."),
        ("The Harwick Dock has 1,200 men.", "The Har\u00adwick Dock has 1\u200b,200 men."),
        ("It was Mina Tol\u00adland.", "It was \u2068Mina Tolland\u2069."),
        ("It was \u2067Mina\u2069 Tolland.", "It was Mina Tol\u2060land."),
        ("The National Rescue Service came.", "The NRS came."),
    ],
)
def test_other_ways_to_write_are_backed(statement: str, evidence: str) -> None:
    """Other number formats, endings, initials and Unicode forms of the same thing are backed."""
    assert [] == missing_items(statement, [evidence], "en")


@pytest.mark.parametrize(
    ("statement", "evidence", "missing"),
    [
        ("It costs 4.2 million.", "It costs 4.3 million.", ["4.2 million"]),
        ("It costs 42 million.", "It costs 4.2 million.", ["42 million"]),
        ("About 500 came.", "About 1,500 came.", ["500"]),
        ("It was Anders Holt.", "It was Maren Holt.", ["Anders Holt"]),
        ("It went to Austria.", "It went to Australia.", ["Austria"]),
        ("It was Martha.", "It was Martin.", ["Martha"]),
        ("It went to Iran.", "It went to Tirana.", ["Iran"]),
        ("It was in Harwick.", "It was in Harwood.", ["Harwick"]),
        ("It was Tom Berg in 2031.", "", ["2031", "Tom Berg"]),
    ],
)
def test_other_numbers_and_names_are_missing(statement: str, evidence: str, missing: list[str]) -> None:
    """A number or name that only looks like one of the evidence is missing."""
    assert missing == missing_items(statement, [evidence], "en")


def test_first_words_say_nothing_about_names() -> None:
    """A sentence's first word has its capital from its place."""
    assert ["Lind"] == names("Bread was sold. Yesterday it was Lind who baked.")


def test_german_nouns_are_no_names() -> None:
    """In German one capitalised word is a noun, two are a name."""
    assert ["Ilse Brandt"] == names("Gestern hat Ilse Brandt den Hafen geschlossen.", "de")


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Harwick", "Latin"),
        ("Гвоздева", "Cyrillic"),
        ("沈若兰", "Han"),
        ("ミドリさん", "Han"),
        ("12 !", None),
    ],
)
def test_main_script(text: str, script: str | None) -> None:
    """The script of most letters; Japanese counts as one with Chinese."""
    assert script == main_script(text)


def test_a_statement_in_another_script_is_noticed() -> None:
    """A model that drifts into English on a Russian article is seen; a statement of digits is not blamed."""
    script = main_script("Плотина на реке Вельша закрыта.")
    assert not is_in_script("The dam is closed.", script)
    assert is_in_script("Плотина закрыта.", script)
    assert is_in_script("18", script)


@pytest.mark.parametrize(
    ("text", "lang", "value"),
    [
        ("1.4 million", "en", "1400000"),
        ("1,400,000", "en", "1400000"),
        ("1,4 Millionen", "de", "1400000"),
        ("1,4 Mio.", "de", "1400000"),
        ("84 000", "ru", "84000"),
        ("2,3 млрд", "ru", "2300000000"),
        ("12 тысяч", "ru", "12000"),
        ("310 ملايين", "ar", "310000000"),
        ("13億5千万円", "ja", "1350000000"),
        ("268亿元", "zh", "26800000000"),
        ("三十", "zh", "30"),
        ("twenty-five", "en", "25"),
        ("two hundred and six", "en", "206"),
        ("dreiundzwanzigtausend", "de", "23000"),
        ("quatorze", "fr", "14"),
        ("noventa", "es", "90"),
        ("a dozen", "en", "12"),
        ("nineteen eighty-four", "en", "1984"),
        ("1,234.50", "en", "1234.50"),
        ("١٢", "ar", "12"),
    ],
)
def test_numbers_by_value(text: str, lang: str, value: str) -> None:
    """A number is read in digits and in words, with the word for thousands or millions that follows."""
    assert any(Decimal(value) in quantity.values for quantity in read_quantities(text, lang))


@pytest.mark.parametrize(
    ("text", "lang", "unit"),
    [
        ("$5 million", "en", "USD"),
        ("five million dollars", "en", "USD"),
        ("5m euros", "en", "EUR"),
        ("£3", "en", "GBP"),
        ("38 millions d’euros", "fr", "EUR"),
        ("87 millones de euros", "es", "EUR"),
        ("190 миллионов рублей", "ru", "RUB"),
        ("14 percent", "en", "concentr-percent"),
        ("14 per cent", "en", "concentr-percent"),
        ("14 %", "de", "concentr-percent"),
        ("50-year-old", "en", "duration-year"),
        ("in 3 Jahren", "de", "duration-year"),
        ("12 km", "en", "length-kilometer"),
        ("43分钟", "zh", "duration-minute"),
    ],
)
def test_numbers_with_units(text: str, lang: str, unit: str) -> None:
    """Currencies and units are read beside the number."""
    assert unit in read_quantities(text, lang)[0].units


@pytest.mark.parametrize(
    ("text", "lang", "month", "day"),
    [
        ("June 14", "en", 6, 14),
        ("14 June", "en", 6, 14),
        ("Feb. 24, 2022", "en", 2, 24),
        ("between June 12 and 14", "en", 6, 14),
        ("2031-06-14", "en", 6, 14),
        ("am 14. Juni", "de", 6, 14),
        ("14.06.2031", "de", 6, 14),
        ("le 1er mars", "fr", 3, 1),
        ("el 3 de marzo", "es", 3, 3),
        ("12 сентября", "ru", 9, 12),
        ("5 أكتوبر", "ar", 10, 5),
        ("11月8日", "zh", 11, 8),
    ],
)
def test_days_of_a_month(text: str, lang: str, month: int, day: int) -> None:
    """A day and its month are one date, however they are written."""
    assert (month, day) in read_dates(text, lang)[0].readings


def test_a_verb_is_no_month() -> None:
    """Where months have capitals, "may" and "march" are verbs."""
    assert [] == read_dates("They may march.", "en")


@pytest.mark.parametrize(
    ("statement", "evidence", "lang"),
    [
        ("The fund holds 1.4 million.", "The fund holds 1,400,000.", "en"),
        ("The fund holds five million dollars.", "The fund holds $5m.", "en"),
        ("Between 12 million and 14 million fish died.", "Some 12 to 14 million fish died.", "en"),
        ("Nearly 3,000 came.", "2,976 came.", "en"),
        ("More than 30 years passed.", "It took 32 years.", "en"),
        ("It grew by 14 %.", "It grew by 14.3 percent.", "en"),
        ("It closed in the 1990s.", "It closed in 1994.", "en"),
        ("The vote is on 14 June.", "They vote on June 14.", "en"),
        ("The vote is on June 14.", "They vote between June 12 and 14.", "en"),
        ("It happened on Friday.", "it was on friday", "en"),
        ("Two of them left.", "Ann and Bo left.", "en"),
        ("An English-language paper said so.", "A paper in English said so.", "en"),
        ("It opened at 6:40.", "It opened at 6.40 a.m.", "en"),
        ("The British minister left.", "The UK minister left.", "en"),
        ("The Turkish jet landed.", "A jet of Turkey landed.", "en"),
        ("Die Preise steigen um vierzehn Prozent.", "Die Preise steigen um 14 Prozent.", "de"),
        ("Es kostet 1,4 Millionen Euro.", "Es kostet 1.400.000 Euro.", "de"),
        ("Le train part le 14 décembre.", "Départ : 14 décembre", "fr"),
        ("Le train part le 3 février.", "Départ : 3 fe\u0301vrier", "fr"),
        ("Gestern galt Jannik Dreesens Kritik dem Rat.", "Jannik Dreesen kritisierte den Rat.", "de"),
        ("Wind reached 87 mph.", "Wind reached 87 miles per hour.", "en"),
        ("It sank at 2:32 p.m.", "It sank at 14:32.", "en"),
        ("Two dozen men left.", "24 men left.", "en"),
        ("Half a dozen men left.", "Six men left.", "en"),
        ("It is of 2031-03-04.", "It is of 4 March.", "en"),
        ("It is of 4 March 2031.", "It is of March 4th, 2031. On 4 March 2030 it was not.", "en"),
        ("Es ist vom 4.3.2031.", "Es ist vom 4. März 2031.", "de"),
        ("2031年3月4日。", "今年は2031年だ。3月4日。", "ja"),
        ("It sank at 18:00.", "It sank at 6 p.m.", "en"),
        ("It sank at 12:00.", "It sank at noon.", "en"),
        ("Sie sank um 14:32 Uhr.", "Sie sank um 14 Uhr 32.", "de"),
        ("They won 21:19.", "They won 21–19.", "en"),
        ("It lost 3.5 billion euros.", "It lost €3.5bn.", "en"),
        ("They met 李文博.", "They met Li Wenbo (李文博).", "en"),
        ("Custou R$ 3,2 milhões.", "Custou 3,2 milhões de reais.", "pt"),
        ("Costó $3 millones.", "Costó 3 millones de pesos.", "es"),
        ("Hon kom i tisdags.", "Hon kom på tisdagen.", "sv"),
        ("הגשר נסגר ביום שלישי.", "הגשר נסגר ביום שלישי בגלל סדק.", "he"),
        ("Aino Haavikon mukaan se kestää.", "Se kestää, sanoi Aino Haavikko.", "fi"),
        ("Θα κοστίσει 3,5 εκατ. ευρώ.", "Θα κοστίσει 3,5 εκατομμύρια ευρώ.", "el"),
        ("Costa 2,3 mln di euro.", "Costa 2.300.000 euro.", "it"),
        ("Cuesta 87 millones de euros.", "Cuesta ochenta y siete millones de euros.", "es"),
    ],
)
def test_the_same_in_other_words_is_backed(statement: str, evidence: str, lang: str) -> None:
    """A value, a date or a name written in another way is the same."""
    assert [] == missing_items(statement, [evidence], lang)


@pytest.mark.parametrize(
    ("statement", "evidence", "lang", "missing"),
    [
        ("It cost $5 million.", "It cost €5 million.", "en", ["$5 million"]),
        ("It took 97 weeks.", "It took 97 days.", "en", ["97 weeks"]),
        ("It grew by 14 percent.", "It took 14 years.", "en", ["14 percent"]),
        ("It cost 5 million.", "It cost 5 billion.", "en", ["5 million"]),
        ("Twelve men left.", "Eleven men left.", "en", ["Twelve"]),
        ("They vote on June 15.", "They vote on June 14 for 15 seats.", "en", ["June 15"]),
        ("They vote in July.", "They vote on June 14.", "en", ["July"]),
        ("They vote on Monday.", "They vote on Sunday.", "en", ["Monday"]),
        ("It was in 2020.", "It was in 2019.", "en", ["2020"]),
        ("About 3,000 came.", "2,100 came.", "en", ["3,000"]),
        ("Over 60 came.", "Some 53 came.", "en", ["60"]),
        ("Nearly 3,000 came.", "3,120 came.", "en", ["3,000"]),
        ("Er kommt am 15. Juni.", "Er kommt am 14. Juni.", "de", ["15. Juni"]),
        ("Es kostet fünfzehn Euro.", "Es kostet vierzehn Euro.", "de", ["fünfzehn Euro"]),
        ("Le train part mardi.", "Le train part jeudi.", "fr", ["mardi"]),
        ("Cuesta 87 millones de dólares.", "Cuesta 87 millones de euros.", "es", ["87 millones de dólares"]),
        ("Wind reached 140 mph.", "Wind reached 140 km/h.", "en", ["140 mph"]),
        ("Two dozen men left.", "A dozen men left.", "en", ["Two dozen"]),
        ("It is of 2032-03-04.", "It is of 4 March 2031.", "en", ["2032-03-04"]),
        ("It is of 4 March 2030.", "It is of 4 March 2031, and of June 2030.", "en", ["4 March"]),
        ("Es ist vom 4.3.2032.", "Es ist vom 4. März 2031.", "de", ["4.3.2032"]),
        ("2030年3月4日。", "2030年6月、2031年3月4日。", "ja", ["3月4日"]),
        ("It sank at 14:15.", "The 10:15 ferry sank at 14:32.", "en", ["14:15"]),
        ("It sank at 15:00.", "The 10:15 ferry sank at 3.05 p.m.", "en", ["15:00"]),
        ("It lost €3.5m.", "It lost €3.5bn.", "en", ["€3.5m"]),
        ("It lost €350bn.", "It lost €350m.", "en", ["€350bn"]),
        ("They met 王文博.", "They met Li Wenbo (李文博).", "en", ["王文博"]),
        ("Custou 3 milhões de dólares.", "Custou 3 milhões de reais.", "pt", ["3 milhões de dólares"]),
        ("Custou US$ 3 milhões.", "Custou R$ 3 milhões.", "pt", ["US$ 3 milhões"]),
        ("Hon kom i onsdags.", "Hon kom i tisdags.", "sv", ["onsdags"]),
        ("הגשר נסגר ביום רביעי.", "הגשר נסגר ביום שלישי.", "he", ["יום רביעי"]),
        ("הוא נסגר ב-8 במרץ.", "הוא נסגר ב-8 באפריל.", "he", ["8 במרץ"]),
        ("طوله 40 مترا.", "طوله ٤٠ سنتيمترا.", "ar", ["40 مترا"]),
        (
            "Gestern galt Jannik Dreesens Kritik dem Rat.",
            "Jannik Dreessen kam.",
            "de",
            ["Jannik Dreesens Kritik"],
        ),
        (
            "It was the Norwegian Rescue Service.",
            "The National Rescue Service (NRS) came.",
            "en",
            ["Norwegian Rescue Service"],
        ),
        (
            "It was the Norwegian Rescue Service.",
            "The NRS (National Rescue Service) came.",
            "en",
            ["Norwegian Rescue Service"],
        ),
    ],
)
def test_another_value_is_missing(statement: str, evidence: str, lang: str, missing: list[str]) -> None:
    """Another number, currency, unit or date is named as the statement has it."""
    assert missing == missing_items(statement, [evidence], lang)


@pytest.mark.parametrize(
    ("statement", "evidence", "lang", "missing"),
    [
        (
            "The council did not approve the repair of the bridge.",
            "The council approved the repair of the bridge on Monday.",
            "en",
            ["not approve"],
        ),
        (
            "The trust paid for the repair of the old bridge.",
            "The trust never paid for the repair of the old bridge.",
            "en",
            ["paid (the article says: never paid)"],
        ),
        (
            "Ticket prices on the night train fell last year.",
            "Ticket prices on the night train rose last year.",
            "en",
            ["fell (the article says: rose)"],
        ),
        (
            "Der Rat hat die alte Brücke am Hafen nicht gesperrt.",
            "Der Rat hat die alte Brücke am Hafen gesperrt.",
            "de",
            ["nicht gesperrt"],
        ),
        (
            "Der Preis für Strom sinkt in der Stadt Hohenbrück.",
            "Der Preis für Strom steigt in der Stadt Hohenbrück.",
            "de",
            ["sinkt (the article says: steigt)"],
        ),
        (
            "Die Stadt Hohenbrück schließt das Hallenbad am Ring.",
            "Die Stadt Hohenbrück öffnet das Hallenbad am Ring.",
            "de",
            ["schließt (the article says: öffnet)"],
        ),
        (
            "Le conseil ferme le vieux pont près du port.",
            "Le conseil ouvre le vieux pont près du port.",
            "fr",
            ["ferme (the article says: ouvre)"],
        ),
        ("The well is not dry.", "The well is dry. Nobody came.", "en", ["not dry"]),
        ("The well is dry.", "“The well isn’t dry.”", "en", ["dry (the article says: isn't dry)"]),
        ("Nan did not laugh.", "Nan did laugh.", "en", ["not laugh"]),
        (
            "Der Rat hat den Haushalt beschlossen.",
            "Der Rat hat den Haushalt nicht beschlossen.",
            "de",
            ["beschlossen (the article says: nicht beschlossen)"],
        ),
        ("Le juge a ouvert une enquête.", "Le juge n’a pas ouvert d’enquête.", "fr", []),
        ("Le juge a vu Anne.", "Le juge n’a pas vu Anne.", "fr", ["vu (the article says: pas vu)"]),
        ("Les impôts ont baissé.", "Les impôts ont augmenté.", "fr", ["baissé (the article says: augmenté)"]),
        ("Prices fell.", "Prices rose.", "en", []),
        (
            "The price of insurance in Marrowby fell last year.",
            "The price of insurance in Marrowby rose last year.\nPeople from Lower Marrowby pay the price of insurance.",
            "en",
            ["fell (the article says: rose)"],
        ),
        (
            "The trust financed the repair of the old bridge.",
            "The trust didnʼt finance the repair of the old bridge.",
            "en",
            ["financed (the article says: didn't finance)"],
        ),
        (
            "The trust paid for the repair of the old bridge.",
            "The trust ne\u00adver paid for the repair of the old bridge.",
            "en",
            ["paid (the article says: never paid)"],
        ),
        (
            "El consejo no aprobó la reparación del puente viejo.",
            "El consejo aprobó la reparación del puente viejo.",
            "es",
            ["no aprobó"],
        ),
    ],
)
def test_the_opposite_is_noticed(statement: str, evidence: str, lang: str, missing: list[str]) -> None:
    """A sentence repeated with a negation more or less, or with a word of opposite meaning."""
    assert missing == missing_items(statement, [evidence], lang)


@pytest.mark.parametrize(
    "statement",
    [
        "The council refused to approve the repair of the bridge.",
        "The repair of the bridge was not cheap, the council said.",
        "The old bridge fell into the river during the storm.",
    ],
)
def test_free_paraphrase_is_not_judged(statement: str) -> None:
    """Where a sentence is not repeated, a negation or an opposite says nothing."""
    assert [] == missing_items(
        statement, ["The council did not approve the repair of the bridge. Prices rose."], "en"
    )


def test_another_sentence_may_say_the_same() -> None:
    """An opposite sentence does not count where a second one says what the statement says."""
    article = "Prices on the night train rose in spring. In autumn prices on the night train fell again."
    source = Source.from_text(article, lang="en")
    statement = "Prices on the night train fell in autumn."
    assert [] == back_statement(statement, [source.sentences[0]], Grounding(source))[1]


@pytest.mark.parametrize(
    ("article", "statement"),
    [
        ("The well is dry. The well is not dry.", "The well is dry."),
        ("The well is not dry. The well is dry.", "The well is not dry."),
    ],
)
def test_few_words_that_are_said_too_are_backed(article: str, statement: str) -> None:
    """A short sentence is backed where it stands, though its opposite stands elsewhere."""
    assert [] == missing_items(statement, [article], "en")


def test_a_date_behind_an_ordinal_is_in_one_sentence() -> None:
    """Its full stop ends no sentence, so that the sentence backs the date."""
    source = Source.from_text(
        "Die Sperrung dauert bis zum 17. Oktober, teilte die Stadt mit. Es wird teuer.", lang="de"
    )
    cited = source.sentences[:1]
    assert (cited, []) == back_statement("Sie dauert bis 17. Oktober.", cited, Grounding(source))
    assert ["18. Oktober"] == back_statement("Sie dauert bis 18. Oktober.", cited, Grounding(source))[1]


def test_an_acronym_that_the_article_explains_is_that_alone() -> None:
    """In a sentence with the acronym only, another name with its initials is missing, and the right one is backed."""
    source = Source.from_text(
        "The National Rescue Service (NRS) has boats. The NRS came on Monday.", lang="en"
    )
    [explained, short] = source.sentences
    wrong = back_statement("It was the Norwegian Rescue Service.", [short], Grounding(source))
    right = back_statement("It was the National Rescue Service.", [short], Grounding(source))
    assert ["Norwegian Rescue Service"] == wrong[1]
    assert ([explained, short], []) == right


SEEDS = Path(__file__).parents[2] / "seeds"
TRUE = [
    (
        "harbour-bridge-inquiry.txt",
        "en",
        "The bridge closed on 3 March and reopened 97 days later, on June 8.",
    ),
    (
        "harbour-bridge-inquiry.txt",
        "en",
        "Repairs cost 14.2 million pounds, and about 21,000 vehicles cross it daily.",
    ),
    (
        "harbour-bridge-inquiry.txt",
        "en",
        "Martin Sallis, a 61-year-old inspector, photographed the crack in May 2023.",
    ),
    ("brief-power-cut.txt", "en", "More than 3,000 homes in Eastmoor had power again on Friday at 6:40."),
    ("stadtwerke-fernwaerme.txt", "de", "Fernwärme wird zum 1. Januar 2026 um vierzehn Prozent teurer."),
    (
        "stadtwerke-fernwaerme.txt",
        "de",
        "Die Stadtwerke investieren bis 2030 rund 62 Mio. Euro in Pumpe und Leitungen.",
    ),
    ("stadtwerke-fernwaerme.txt", "de", "8600 Haushalte sind betroffen, sagte Anke Rosendahl am Dienstag."),
    (
        "sequia-embalses.txt",
        "es",
        "Los embalses guardan 69 hectómetros de 300, el nivel más bajo desde 1974.",
    ),
    (
        "sequia-embalses.txt",
        "es",
        "La sequía afecta a 214 000 habitantes desde el lunes, según Inés Maldonado.",
    ),
    ("sequia-embalses.txt", "es", "Rosa Belmonte calcula pérdidas de 87 millones de euros."),
    ("night-train-fr.txt", "fr", "Le train de nuit roulera dès le 14 décembre, trois fois par semaine."),
    (
        "night-train-fr.txt",
        "fr",
        "Nocturail a investi trente-huit millions d’euros, a dit Clémence Aubertin jeudi.",
    ),
    ("night-train-fr.txt", "fr", "Il y aura 312 places dans huit voitures, et 9000 tonnes de CO2 en moins."),
    ("grain-elevator-ru.txt", "ru", "В Ковыльном сгорело около 2300 тонн пшеницы, ущерб — 190 млн рублей."),
    ("grain-elevator-ru.txt", "ru", "Элеватор вмещает 84 тыс. тонн, сообщила Ирина Вельская."),
    ("desalination-ar.txt", "ar", "افتتحت المحطة يوم 5 أكتوبر بكلفة 310 مليون دولار."),
    ("desalination-ar.txt", "ar", "شارك في البناء 1,400 عامل خلال 34 شهراً."),
    ("metro-line-zh.txt", "zh", "地铁7号线11月8日通车，总投资268亿元，全程43分钟。"),
    ("metro-line-zh.txt", "zh", "日均客流预计320000人次。"),
    ("hamanari-railway-ja.txt", "ja", "復旧費27億円のうち国が13億5000万円を負担した。"),
    ("hamanari-railway-ja.txt", "ja", "住民は12000人分の署名を集めた。"),
]
FALSE = [
    ("harbour-bridge-inquiry.txt", "en", "The bridge closed on 4 March.", ["4 March"]),
    (
        "harbour-bridge-inquiry.txt",
        "en",
        "Repairs cost €14.2 million, said Priya Vann.",
        ["€14.2 million", "Priya Vann"],
    ),
    ("brief-power-cut.txt", "en", "Power came back on Thursday to 32,000 homes.", ["32,000", "Thursday"]),
    ("stadtwerke-fernwaerme.txt", "de", "Die Preise steigen um 41 Prozent.", ["41 Prozent"]),
    (
        "stadtwerke-fernwaerme.txt",
        "de",
        "Es wird zum 1. Februar teurer, sagte Anke Rosenberg.",
        ["1. Februar", "Anke Rosenberg"],
    ),
    ("sequia-embalses.txt", "es", "La sequía afecta a 46 millones de habitantes.", ["46 millones"]),
    ("sequia-embalses.txt", "es", "Lo dijo Inés Machado el martes.", ["martes", "Inés Machado"]),
    ("night-train-fr.txt", "fr", "Le train roulera dès le 24 décembre.", ["24 décembre"]),
    (
        "night-train-fr.txt",
        "fr",
        "Nocturail a investi 83 millions d’euros, dit Clémence Dupont.",
        ["83 millions d’euros", "Clémence Dupont"],
    ),
    ("grain-elevator-ru.txt", "ru", "Сгорело 3200 тонн пшеницы 13 сентября.", ["3200 тонн", "13 сентября"]),
    ("grain-elevator-ru.txt", "ru", "Так сказал Геннадий Петров.", ["Геннадий Петров"]),
    (
        "desalination-ar.txt",
        "ar",
        "افتتحت المحطة يوم 6 أكتوبر بكلفة 510 ملايين دولار.",
        ["510 ملايين دولار", "6 أكتوبر"],
    ),
    ("metro-line-zh.txt", "zh", "地铁7号线11月9日通车，总投资862亿元。", ["862亿元", "11月9日"]),
    ("hamanari-railway-ja.txt", "ja", "復旧費は72億円だった。", ["72億円"]),
]


@pytest.mark.parametrize(("seed", "lang", "statement"), TRUE)
def test_true_statements_about_the_seeds(seed: str, lang: str, statement: str) -> None:
    """What is true is not flagged, in any language and however the numbers are written."""
    source = Source.from_text((SEEDS / seed).read_text(encoding="utf-8"), lang=lang)
    assert [] == missing_items(statement, [source.text], lang)


@pytest.mark.parametrize(("seed", "lang", "statement", "missing"), FALSE)
def test_false_statements_about_the_seeds(seed: str, lang: str, statement: str, missing: list[str]) -> None:
    """False numbers, dates and names are found, in the whole article and from any sentence of it."""
    source = Source.from_text((SEEDS / seed).read_text(encoding="utf-8"), lang=lang)
    assert missing == missing_items(statement, [source.text], lang)
    assert missing == back_statement(statement, [source.sentences[0]], Grounding(source))[1]


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "No",
                "not",
                "don’t",
                "know",
                "nicht",
                "sans",
                "jamás",
                "²no",
                "_no",
                " ",
                ". ",
                "\n",
                "é",
                "\u0301",
            ]
        )
    ).map("".join),
    st.sampled_from(["en", "de", "fr", "es"]),
)
def test_negations_are_found_as_words(text: str, lang: str) -> None:
    """The quick look at a sentence passes over no negation."""
    assert can_compare(lang)
    for line in split_sentences(text, lang):
        negations = {"en": {"no", "not"}, "de": {"nicht"}, "fr": {"sans"}, "es": {"no", "jamás"}}[lang]
        expected = [i for i, word in enumerate(line.words) if word in negations or word.endswith("n't")]
        assert expected == line.negated


#: Digits that `regex` knows and this Python does not, as Unicode got them later.
_NEW_DIGITS = [
    char for char in map(chr, range(0x10000, 0x20000)) if regex.match(r"\d", char) and not char.isdecimal()
]


@pytest.mark.skipif(not _NEW_DIGITS, reason="this Python knows all digits")
@pytest.mark.parametrize("lang", ["en", "de", "ja", "ru"])
def test_digits_that_python_does_not_know_are_no_numbers(lang: str) -> None:
    """They may stand wherever digits do; nothing is read from them, and nothing fails."""
    new = _NEW_DIGITS[0] if _NEW_DIGITS else ""
    texts = [
        text.replace("9", new)
        for text in (
            "9", "9.9", "1,999.9 million", "$9 m", "1990s", "9990s", "9 May 1999", "May 9th", "9st", "9月9日", "1999年9月",
            "1999-99-99", "9.9.1999", "9:99", "19:59", "at 9.59", "[9]", "9. Mai 1999", "9 мая", "九9万", "9) x", "9x9 km",
        )
    ]  # fmt: skip
    for statement in texts:
        missing_items(statement, texts, lang)
        missing_items(statement, ["Nothing."], lang)
    assert [] == read_quantities(new, lang)


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        ("One witness and the two sisters left.", []),
        ("The three sisters left.", ["three"]),
        ("The 2 sisters left.", ["2"]),
        ("Zero sisters left.", []),
        ("It is in Seven Dials.", ["Seven Dials"]),
    ],
)
def test_small_counts_in_words_are_the_writer_s(statement: str, missing: list[str]) -> None:
    """Up to two, and in words only; a capital inside a sentence makes the word a part of a name."""
    assert missing == missing_items(statement, ["The sisters left."], "en")


@pytest.mark.parametrize(
    ("statement", "evidence", "missing"),
    [
        ("Approximately 300 people came.", "Then 314 people came.", []),
        ("Then 300 people came.", "Then 314 people came.", ["300"]),
        ("Over $300 was paid.", "Then $314 was paid.", []),
        ("Over $300 was paid.", "Then $286 was paid.", ["$300"]),
        ("Nearly 300 people came.", "Then 286 people came.", []),
        ("Nearly 300 people came.", "Then 314 people came.", ["300"]),
        ("About 300 people came.", "Then 286 people came.", []),
        ("More than 300 people came.", "Then 286 people came.", ["300"]),
        ("Moreover 300 people came.", "Then 314 people came.", ["300"]),
    ],
)
def test_words_before_a_rounded_number(statement: str, evidence: str, missing: list[str]) -> None:
    """They say on which side the exact number lies; without one, small counts are exact."""
    assert missing == missing_items(statement, [evidence], "en")


@pytest.mark.parametrize(
    ("statement", "text", "is_read"),
    [
        ("The council closed that bridge today.", "The council never closed that bridge.", True),
        ("The council closed that bridge today.", "The council closed that bridge.\nIt never rains.", False),
        ("The council never closed that bridge today.", "The council closed that bridge.", True),
        (
            "The council never closed that bridge today.",
            "The council closed that.\nThe bridge is old.",
            False,
        ),
        ("The council closed that bridge today.", "The town opened it.", True),
        ("The council never closed that bridge today.", "The town opened it.", False),
        ("It was old.", "Rain fell.", True),
    ],
)
def test_sentences_are_read_only_if_they_may_say_the_opposite(
    statement: str, text: str, is_read: bool
) -> None:
    """A paragraph must have three quarters of the content words, and a negation; or there is an antonym."""
    backing = Backing(text, "en")
    discrepancies(statement, backing, "en")
    assert is_read == ("lines" in vars(backing))
