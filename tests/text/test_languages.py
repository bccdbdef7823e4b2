"""Language identification and tags."""

from __future__ import annotations

import pytest

from briefing.errors import ConfigurationError
from briefing.text import languages
from briefing.text.languages import detect_language, has_letter, primary_subtag


@pytest.mark.parametrize(
    ("length", "probability", "lang"),
    [(59, 0.69, "nl"), (59, 0.7, "fr"), (60, 0.29, "nl"), (60, 0.3, "fr"), (60, 0.69, "fr")],
)
def test_a_long_text_needs_less_certainty(
    monkeypatch: pytest.MonkeyPatch, length: int, probability: float, lang: str
) -> None:
    """Where the text is not identified, the page's own tag is used."""
    monkeypatch.setattr(languages, "_identify", lambda _: ("fr", probability))
    assert lang == detect_language("a" * length, "nl-BE")


@pytest.mark.parametrize(("sample", "asked"), [(0.69, 2), (0.7, 1)])
def test_more_of_a_text_is_read_if_the_sample_is_not_certain(
    monkeypatch: pytest.MonkeyPatch, sample: float, asked: int
) -> None:
    """The sample has 360 characters of three places; the second look has the first 4,000."""
    seen: list[int] = []

    def identify(text: str) -> tuple[str, float]:
        seen.append(len(text))
        return "fr", sample if len(seen) == 1 else 0.9

    monkeypatch.setattr(languages, "_identify", identify)
    assert "fr" == detect_language("a" * 5000, None)
    assert [360, 4000][:asked] == seen


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("a" * 81 + "я" * 19, "LATIN"),
        ("a" * 40 + "я" * 60, "CYRILLIC"),
        ("漢" * 20 + "か", "han"),
        ("漢" * 19 + "か", "kana"),
        ("漢" * 3 + "a" * 5, "han"),
        ("漢" * 2 + "a" * 5, "LATIN"),
        ("12 %", ""),
    ],
)
def test_the_script_of_most_of_a_text(text: str, script: str) -> None:
    """A Chinese character counts twice; one kana in twenty kanji makes a text Japanese."""
    assert script == languages._script(text)


@pytest.mark.parametrize(("code", "lang"), [("arz", "ar"), ("als", "gsw"), ("sh", "sr"), ("fr", "fr")])
def test_dialects_count_as_their_language(monkeypatch: pytest.MonkeyPatch, code: str, lang: str) -> None:
    """Codes of Wikipedia's own are those of ISO 639."""

    class Identifier:
        def detect(self, _: str, model: str) -> list[dict[str, object]]:
            assert "lite" == model, "the other model is fetched"
            return [{"lang": code, "score": 0.7}]

    monkeypatch.setattr(languages, "_identifier", Identifier)
    assert (lang, 0.7) == languages._identify("")


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("The council closed the bridge.", "en"),
        ("Der Rat sperrt die alte Brücke.", "de"),
        ("Le conseil a fermé le vieux pont.", "fr"),
        ("El consejo cerró el puente.", "es"),
        ("Совет закрыл старый мост.", "ru"),
        ("أغلق المجلس الجسر القديم.", "ar"),
        ("परिषद ने पुराना पुल बंद कर दिया।", "hi"),
    ],
)
def test_a_short_sentence_is_sufficient(text: str, lang: str) -> None:
    """About thirty characters."""
    assert lang == detect_language(text, None)


@pytest.mark.parametrize(
    ("tag", "primary"), [("pt-BR", "pt"), ("deu", "de"), ("EN_us", "en"), ("haw", "haw")]
)
def test_the_primary_subtag(tag: str, primary: str) -> None:
    """Codes of three letters become those of two, where there are such."""
    assert primary == primary_subtag(tag)


@pytest.mark.parametrize("tag", ["", "e", "english", "pt-", "de de"])
def test_other_words_are_not_tags(tag: str) -> None:
    """The error shows the word and an example."""
    with pytest.raises(ConfigurationError, match="is not a language tag"):
        primary_subtag(tag)


@pytest.mark.parametrize(("text", "expected"), [("12 %", False), ("", False), ("1a", True), ("漢", True)])
def test_letters_of_any_script(text: str, expected: bool) -> None:
    """Digits and marks are not letters."""
    assert expected == has_letter(text)
