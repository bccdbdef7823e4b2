"""What a model may take for an entity and is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.text.name_filter import is_date, is_not_a_name
from briefing.text.name_matching import find_mentions


def is_junk(text: str, name: str, kind: str, lang: str) -> bool:
    mentions = find_mentions(text, name, lang)
    assert mentions
    return is_not_a_name(name, kind, mentions, text, lang)


def test_an_article_alone_names_nothing() -> None:
    """What begins a sentence, "The", is no organization; "LA" may be a city."""
    text = "The IT firm left LA. The end."
    assert [True, False] == [is_junk(text, name, "organization", "en") for name in ("The", "LA")]


@pytest.mark.parametrize(
    ("lang", "name"),
    [
        ("en", "Monday"),
        ("en", "2 June"),
        ("en", "June 2nd, 2026"),
        ("en", "Sept. 3"),
        ("en", "Thursdays"),
        ("en", "Mondays and Fridays"),
        ("de", "Donnerstags"),
        ("de", "Montage"),
        ("fr", "jeudis"),
        ("es", "sábados"),
        ("it", "domeniche"),
        ("nl", "Dinsdagen"),
        ("ru", "четвергам"),
        ("ru", "Пятницу"),
        ("de", "Dienstag"),
        ("de", "3. März 2026"),
        ("fr", "lundi 4 mai"),
        ("es", "4 de mayo de 2026"),
        ("ru", "9 мая"),
        ("ru", "16 апреля 2026 года"),
        ("ar", "الخميس"),
        ("ja", "2026年6月2日"),
        ("ja", "月曜日"),
        ("zh", "二十世纪九十年代"),
        ("zh", "星期一"),
        ("zh", "5000万元"),
    ],
)
def test_dates_are_told(lang: str, name: str) -> None:
    """Weekdays, months and dates are known in the article's language."""
    assert is_date(name, lang)


@pytest.mark.parametrize(
    ("lang", "name"),
    [
        ("en", "Black Friday"),
        ("en", "Harwick"),
        ("en", "Of the"),
        ("en", "Mayfield"),
        ("en", "Junes"),
        ("fr", "Mardin"),
        ("fr", "Lundin"),
        ("de", "Samstagern"),
        ("de", "Maien"),
        ("ru", "Средний"),
        ("ru", "Среди"),
        ("de", "Montagsclub"),
        ("zh", "江临地铁7号线"),
        ("ja", "三越"),
        ("ru", "Мартин"),
        ("xx", "Harwick"),
    ],
)
def test_names_are_no_dates(lang: str, name: str) -> None:
    """A name that holds a date, or looks like one, is none."""
    assert not is_date(name, lang)


@pytest.mark.parametrize(
    ("lang", "text", "name", "kind"),
    [
        ("en", "It opened on Monday.", "Monday", "event"),
        ("en", "It plays on Thursdays.", "Thursdays", "event"),
        ("en", "Last Thursday it rained.", "Last Thursday", "event"),
        ("en", "Yesterday it rained.", "Yesterday", "event"),
        ("en", "It closed on Thursday night.", "Thursday night", "event"),
        ("en", "Next week it opens.", "Next week", "other"),
        ("de", "Am vergangenen Montag regnete es.", "vergangenen Montag", "event"),
        ("fr", "Il pleuvait la semaine dernière.", "la semaine dernière", "event"),
        ("ru", "На прошлой неделе шёл дождь.", "прошлой неделе", "event"),
        ("zh", "去年下雨。", "去年", "event"),
        ("en", "It costs 50 pence.", "50 pence", "product"),
        ("en", "It rose by 14.", "14", "person"),
        ("de", "Das kostet 50 Euro.", "50 Euro", "product"),
        ("en", "Power is back. The power had failed.", "Power", "organization"),
        ("en", "Power is back.", "Power", "product"),
        ("en", "It will be a quiet summer.", "summer", "event"),
        ("en", "The end.\nLog in to comment\n", "Log in to comment", "event"),
        ("en", "North Korea's next satellite failed.", "North Korea's next satellite", "other"),
        ("en", "Read: Harwick bus station plan", "Harwick bus station plan", "event"),
        ("en", "He met Holt's older brother.", "Holt's older brother", "person"),
        ("en", "So said C. Holt.", "C.", "person"),
        ("ru", "Крупнейший в районе элеватор встал.", "Крупнейший в районе элеватор", "work"),
        ("ja", "来春から通学定期を半額にする。", "通学定期", "work"),
        ("en", "Harbour Trust officials met on Friday.", "Harbour Trust officials", "person"),
    ],
)
def test_what_is_no_name(lang: str, text: str, name: str, kind: str) -> None:
    """Dates, quantities, common nouns, headlines and descriptions are no names."""
    assert is_junk(text, name, kind, lang)


@pytest.mark.parametrize(
    ("lang", "text", "name", "kind"),
    [
        ("en", "Prime Minister May left.", "May", "person"),
        ("en", "The rapper 50 Pence sang.", "50 Pence", "person"),
        ("en", "She wrote “Monday”.", "Monday", "work"),
        ("en", "They filmed “Log in to comment” there.", "Log in to comment", "work"),
        ("en", "After the Harwick flood, all was gone.", "Harwick flood", "event"),
        ("en", "The University of Harwick is old.", "University of Harwick", "organization"),
        ("en", "Harwick is old.", "Harwick", "location"),
        ("en", "PowerBox is new.", "PowerBox", "product"),
        ("en", "Nobody buys a Norvale. Norvale knows.", "Norvale", "product"),
        ("en", "Chez Lloyd's of Harwick", "Lloyd's of Harwick", "organization"),
        ("de", "Strom fehlt. Der Strom kam wieder.", "Strom", "organization"),
        ("fr", "Ministère de la mer et des ports", "Ministère de la mer et des ports", "organization"),
        ("ru", "Великая речная регата началась.", "Великая речная регата", "event"),
        ("ja", "小説『通学定期』が出た。", "通学定期", "work"),
        ("zh", "江临地铁7号线通车。", "江临地铁7号线", "work"),
        ("en", "It was on Today.", "Today", "work"),
        ("en", "He writes for The Week.", "The Week", "organization"),
        ("en", "The Week opened it.", "The Week", "other"),
        ("en", "New Year was wet.", "New Year", "event"),
        ("en", "Monday Night Football was on.", "Monday Night Football", "event"),
        ("en", "A Last Supper hung there.", "Last Supper", "other"),
    ],
)
def test_what_may_be_a_name(lang: str, text: str, name: str, kind: str) -> None:
    """Persons, titles in marks, and what the text uses as a name are kept."""
    assert not is_junk(text, name, kind, lang)


@settings(deadline=None)
@given(
    st.text(min_size=1, max_size=30),
    st.sampled_from(["event", "person", "work"]),
    st.sampled_from(["en", "ru", "ja", "und"]),
)
def test_any_name_can_be_judged(name: str, kind: str, lang: str) -> None:
    """No text breaks the rules, and a name that stands in marks and has two letters is kept."""
    text = f"a “{name}” b"
    mentions = find_mentions(text, name, lang)
    if mentions:
        quoted = any((m.start, m.end) == (3, 3 + len(name)) for m in mentions)
        junk = is_not_a_name(name, kind, mentions, text, lang)
        assert not (junk and quoted and sum(map(str.isalpha, name)) > 1)


@pytest.mark.parametrize(
    ("text", "name", "kind", "lang", "expected"),
    [
        ("It rained. Power was restored.", "Power", "product", "en", True),
        ("It rained, and Power was restored.", "Power", "product", "en", False),
        ("We saw Ruiz old red bridge.", "Ruiz old red bridge", "organization", "en", True),
        ("We saw Ruiz old bridge.", "Ruiz old bridge", "organization", "en", False),
        ("We met US officials.", "US officials", "person", "en", True),
        ("We met Officials.", "Officials", "person", "en", False),
        ("Это было в среду.", "среду", "event", "ru", True),
    ],
)
def test_limits_of_descriptions(text: str, name: str, kind: str, lang: str, expected: bool) -> None:
    """Two more words in lower case than capitalized ones make a description; one word is not a group."""
    assert expected == is_junk(text, name, kind, lang)


@pytest.mark.parametrize(
    ("text", "name", "kind", "found"),
    [
        ("Er zog ein Messer.", "Messer", "product", True),
        ("Mehrere Passanten halfen.", "Passanten", "person", True),
        ("Die Kritik wächst.", "Kritik", "other", True),
        ("Er teilt die offene Kritik.", "Kritik", "other", True),
        ("Im Koreakrieg war er dabei.", "Koreakrieg", "event", False),
        ("Das Bundeskriminalamt warnt.", "Bundeskriminalamt", "work", False),
        ("Der Spiegel meldet es.", "Spiegel", "organization", False),
        ("Brent kostet mehr.", "Brent", "product", False),
        ("Die SPD hat ein WLAN.", "WLAN", "product", False),
        ("Sieben Menschen starben gestern in Köln.", "Menschen starben gestern in Köln", "event", True),
        ("Das Haus am Ende der Welt öffnet.", "Haus am Ende der Welt", "work", False),
        ("Bis zum Ende des nächsten Jahres wird gebaut.", "Ende des nächsten Jahres", "event", True),
        ("Er gewann die Tour de Norfell.", "Tour de Norfell", "event", False),
        ("Am Tag der Offenen Tür war viel los.", "Tag der Offenen Tür", "event", False),
        ("Es geht um Erdöl und Kommunikation.", "Kommunikation", "work", True),
        ("Gemeldet hat es die Hafenzeitung.", "Hafenzeitung", "organization", False),
        ("Der Fahrer half. Die Fähre sank.", "Der", "person", True),
        ("Insgesamt fehlten drei. Das waren insgesamt zu viele.", "Insgesamt", "product", True),
        ("Am Abend sah ihn die Mutter wieder.", "Mutter", "person", True),
        ("Am Abend sah ihn die Brandt wieder. Ilse Brandt schwieg.", "Brandt", "person", False),
        ("Klein kam. Das Boot war klein.", "Klein", "person", False),
    ],
)
def test_german_nouns_are_told_by_the_words_before_them(text: str, name: str, kind: str, found: bool) -> None:
    """All nouns have a capital; names of events and bodies have an article, too."""
    assert found is is_not_a_name(name, kind, find_mentions(text, name, "de"), text, "de")
