"""Names of persons without titles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.quotations import read_quotations
from briefing.text.honorifics import count_titles, family_name, is_title, title_gender, without_title


@pytest.mark.parametrize(
    ("lang", "name", "bare"),
    [
        ("en", "Mr. Holt", "Holt"),
        ("en", "Prime Minister Maren Holt", "Maren Holt"),
        ("en", "Vice President Maren Holt", "Maren Holt"),
        ("en", "Councillor Maren Holt", "Maren Holt"),
        ("en", "M. Holt", "Holt"),
        ("en", "Prof. Dr. Maren Holt", "Maren Holt"),
        ("en", "engineer Maren Holt", "Maren Holt"),
        ("en", "Maren Holt (62)", "Maren Holt"),
        ("en", "Maren Holt, mayor of Harwick", "Maren Holt"),
        ("de", "Herr Brandt", "Brandt"),
        ("de", "Verkehrsministerin Ilse Brandt", "Ilse Brandt"),
        ("es", "Dra. Ana Ruiz", "Ana Ruiz"),
        ("fr", "Mme Solange Maurier", "Solange Maurier"),
        ("ru", "президент Павел Круглов", "Павел Круглов"),
        ("ja", "野田ひかりさん", "野田ひかり"),
        ("ja", "大槻真由美社長", "大槻真由美"),
        ("ja", "田辺ミドリ副市長", "田辺ミドリ"),
        ("zh", "沈若兰女士", "沈若兰"),
        ("zh", "博物馆馆长沈若兰", "沈若兰"),
        ("ko", "김민서 시장", "김민서"),
        ("ar", "الدكتور سامي الزين", "سامي الزين"),
        ("ar", "وزيرة المياه سلمى الحارثي", "سلمى الحارثي"),
    ],
)
def test_titles_are_left_out(lang: str, name: str, bare: str) -> None:
    """Titles, offices and ages are no part of a name, before or after it."""
    assert bare == without_title(name, lang)


@pytest.mark.parametrize(
    ("lang", "name"),
    [
        ("en", "Mr."),
        ("en", "General"),
        ("en", "Vice Holt"),
        ("en", "King Holt"),
        ("en", "Secretary of State Maren Holt"),
        ("fr", "M Holt"),
        ("en", "Mr. 1"),
        ("en", "Sam Holt, Jr."),
        ("de", "von der Heide"),
        ("nl", "van den Berg"),
        ("ja", "林さん"),
        ("zh", "沈馆长"),
        ("zh", "沈若兰"),
        ("ar", "الحارثي"),
        ("ar", "سلمى الحارثي"),
        ("en", "(62)"),
        ("en", ""),
    ],
)
def test_names_stay_whole(lang: str, name: str) -> None:
    """What is a name, or would leave none, is not trimmed."""
    assert name == without_title(name, lang)


@pytest.mark.parametrize(
    ("lang", "clause"),
    [
        ("en", "“It will rain for days here,” said {} Ana Ruiz."),
        ("de", "„Es wird hier noch lange regnen“, sagte {} Ana Ruiz."),
        ("fr", "« Il va pleuvoir longtemps ici », a déclaré {} Ana Ruiz."),
        ("es", "«Va a llover mucho tiempo aquí», dijo {} Ana Ruiz."),
    ],
)
def test_a_speaker_s_title_is_no_part_of_the_name(lang: str, clause: str) -> None:
    """The same titles are left out of a speaker and of an entity's name; forms of address and ranks stay with a speaker."""
    titles = {
        "en": (
            "Councillor",
            "Senator",
            "Dr.",
            "Lt. Gov.",
            "Former Vice President",
            "Foreign Minister",
            "Sgt",
        ),
        "de": ("Stadträtin", "Senatorin", "Dr.", "Prof. Dr.", "Außenministerin", "Fraktionschefin"),
        "fr": ("la sénatrice", "la Ministre", "Dr", "le docteur"),
        "es": ("la senadora", "la Ministra", "Dra.", "la Concejala"),
    }[lang]
    kept = {"en": ("Mr.", "Queen"), "de": ("Frau",), "fr": ("Mme",), "es": ("Sra.",)}[lang]
    expected = dict.fromkeys(titles, "Ana Ruiz") | {word: f"{word} Ana Ruiz" for word in kept}
    assert expected == {t: read_quotations(clause.format(t), lang)[0].speaker for t in expected}
    bare = [title.removeprefix("la ").removeprefix("le ") for title in (*titles, *kept) if title != "Queen"]
    assert dict.fromkeys(bare, "Ana Ruiz") == {t: without_title(f"{t} Ana Ruiz", lang) for t in bare}


@pytest.mark.parametrize(
    ("name", "count", "with_address"),
    [
        ("Ana Ruiz", 0, 0),
        ("Senator Ruiz", 1, 1),
        ("Senator", 0, 0),
        ("Deputy Prime Minister Ana Ruiz", 3, 3),
        ("Deputy Ana Ruiz", 0, 0),
        ("Herr Dr. Ruiz", 0, 2),
        ("Former Secretary of State Ana Ruiz", 1, 1),
        ("", 0, 0),
    ],
)
def test_titles_are_counted(name: str, count: int, with_address: int) -> None:
    """A word such as "deputy" counts only before an office; the last word never does."""
    words = name.split()
    assert (count, with_address) == (count_titles(words), count_titles(words, address=True))


@pytest.mark.parametrize(
    ("word", "title", "gender"),
    [
        ("Mr.", True, "male"),
        ("Frau", True, "female"),
        ("Prince", True, "male"),
        ("Queen", True, "female"),
        ("Senator", True, None),
        ("Anna", False, None),
    ],
)
def test_forms_of_address_and_ranks_have_a_gender(word: str, title: bool, gender: str | None) -> None:
    """An office is a title without a gender."""
    assert (title, gender) == (is_title(word), title_gender(word))


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("市" * 8 + "馆长沈若兰", "沈若兰"),
        ("市" * 9 + "馆长沈若兰", "市" * 9 + "馆长沈若兰"),
        ("馆长沈若", "沈若"),
        ("馆长欧阳若兰", "欧阳若兰"),
        ("馆长欧阳若兰兰", "馆长欧阳若兰兰"),
        ("馆长沈", "馆长沈"),
    ],
)
def test_a_chinese_name_behind_an_office_has_two_to_four_characters(name: str, bare: str) -> None:
    """At most eight characters say what the office is about."""
    assert bare == without_title(name, "zh")


@pytest.mark.parametrize(
    ("lang", "name", "expected"),
    [
        ("zh", "沈", False),
        ("zh", "沈若", True),
        ("zh", "欧阳若兰", True),
        ("zh", "欧阳若兰兰", False),
        ("ja", "大槻真由", True),
        ("ja", "大槻真由美子", True),
        ("ja", "大槻真由美子子", False),
    ],
)
def test_the_length_of_names_with_a_family_name(lang: str, name: str, expected: bool) -> None:
    """Longer names are not built of a family name and a given name."""
    assert expected == (family_name(name, lang) is not None)


def test_half_an_office_is_left_out() -> None:
    """An Arabic name that begins within an office loses the rest of it, only behind the office's first word."""
    assert "سلمى الحارثي" == without_title("المياه سلمى الحارثي", "ar", "وقالت وزيرة ")
    assert "المياه سلمى الحارثي" == without_title("المياه سلمى الحارثي", "ar", "وقالت ")


@given(st.text(), st.sampled_from(["en", "ru", "ja", "zh", "ko", "ar"]), st.text(max_size=20))
def test_only_a_piece_of_the_name_is_left(name: str, lang: str, before: str) -> None:
    """Trimming never invents, and never leaves nothing of a name with letters."""
    bare = without_title(name, lang, before)
    assert bare in name
    assert any(map(str.isalpha, bare)) == any(map(str.isalpha, name))


@pytest.mark.parametrize(
    ("lang", "name", "text", "found"),
    [
        ("ja", "大槻真由美", "大槻社長は語った。", "大槻"),
        ("ja", "大槻(真由", "大槻社長は語った。", "大槻"),
        ("ja", "大槻真由", "大槻真社長は語った。", None),
        ("ja", "大槻真由美", "大槻真社長は語った。", "大槻真"),
        ("zh", "沈若兰", "沈馆长说。", "沈"),
        ("ja", "大槻真由美", "大槻山に登った。", None),
        ("zh", "沈若兰", "沈默了很久。", None),
    ],
)
def test_a_family_name_stands_before_a_title(lang: str, name: str, text: str, found: str | None) -> None:
    """The characters of a family name alone are a mention only with a title behind them."""
    pattern = family_name(name, lang)
    match = pattern.search(text) if pattern else None
    assert found == (match.group() if match else None)


@pytest.mark.parametrize(
    ("lang", "name"), [("en", "Maren Holt"), ("ja", "ミドリ"), ("zh", "阿卜杜拉·卡里姆"), ("ja", "林学")]
)
def test_other_names_have_no_such_pattern(lang: str, name: str) -> None:
    """A name of another script or length has no pattern for a family name."""
    assert family_name(name, lang) is None
