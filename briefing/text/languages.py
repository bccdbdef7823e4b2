"""Which language a text is in, and what languages are called."""

from __future__ import annotations

import functools
import re
from typing import Any
from unicodedata import name as character_name

from briefing.errors import ConfigurationError

# Scripts that (nearly) one language is written in, by the first word of their letters' Unicode names.
_LANGUAGE_OF_SCRIPT = {
    "HANGUL": "ko",
    "THAI": "th",
    "GREEK": "el",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
    "TAMIL": "ta",
    "TELUGU": "te",
    "KANNADA": "kn",
    "MALAYALAM": "ml",
    "GUJARATI": "gu",
    "GURMUKHI": "pa",
    "ORIYA": "or",
    "SINHALA": "si",
    "LAO": "lo",
    "KHMER": "km",
    "MYANMAR": "my",
    "TIBETAN": "bo",
    "THAANA": "dv",
    "CHEROKEE": "chr",
}
# Scripts of several languages, with the one that is meant when the evidence is thin.
_USUAL_LANGUAGE = {"HEBREW": "he", "ARABIC": "ar", "BENGALI": "bn"}
_PLAIN = {"arz": "ar", "ary": "ar", "hbo": "he", "grc": "el", "sdh": "ku", "uzs": "uz", "zxx": "und"}
_EAST_ASIAN = {"CJK": "han", "IDEOGRAPHIC": "han", "HIRAGANA": "kana", "KATAKANA": "kana", "BOPOMOFO": "han"}
_SURE = 0.6  # 99 % of the answers are right then, at any length from 30 characters
_SURE_ENOUGH = 0.4  # the same for a text of several hundred characters


def detect_language(text: str, page_says: str | None) -> str:
    """The article's language from 360 of its characters; from 4,000 if those do not suffice."""
    third = max(len(text) // 3, 120)
    sample = text[:120] + text[third : third + 120] + text[2 * third : 2 * third + 120]
    script = _script(sample) or _script(text[:4000])
    if script in ("han", "kana"):
        return "ja" if script == "kana" else "zh"
    if script in _LANGUAGE_OF_SCRIPT:
        return _LANGUAGE_OF_SCRIPT[script]
    lang, probability = _identify(sample)
    if probability < _SURE and len(text) > len(sample):
        lang, probability = _identify(text[:4000])
    if probability >= (_SURE if len(text) < 300 else _SURE_ENOUGH):
        return lang
    if page_says and _TAG.fullmatch(page_says.strip()):
        return primary_subtag(page_says)
    return _USUAL_LANGUAGE.get(script, "und")


def _script(sample: str) -> str:
    """The script that carries most of the text: "LATIN", "han", ...; "" without letters."""
    if len(sample.encode("ascii", "ignore")) > 0.8 * len(sample):  # spares a look at every letter
        return "LATIN" if has_letter(sample) else ""
    counts: dict[str, int] = {}
    for character in sample:
        if character.isalpha():
            first = character_name(character, "").partition(" ")[0].partition("-")[0]
            script = _EAST_ASIAN.get(first, first)
            # A Chinese character is about two Latin letters' worth of text.
            counts[script] = counts.get(script, 0) + (2 if script in ("han", "kana", "HANGUL") else 1)
    if counts.get("kana", 0) * 20 > counts.get("han", 0):  # some kana, beside any number of kanji
        counts["kana"] += counts.pop("han", 0)
    return max(counts, key=counts.__getitem__, default="")


def _identify(sample: str) -> tuple[str, float]:
    lang, probability = _identifier().classify(sample)
    if lang in ("en", "pcm") and probability < 0.9:  # tables of results in English look like Pidgin, too
        ranking = dict(_identifier().rank(sample))
        lang, probability = "en", ranking["en"] + ranking["pcm"]
    return _PLAIN.get(lang, lang), probability


@functools.cache
def _identifier() -> Any:
    """Load the model once, and only when it is needed: it takes a second."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped, unused-ignore]

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*")


def primary_subtag(tag: str) -> str:
    """Primary subtag of a language tag: "pt-BR" gives "pt", "deu" gives "de"."""
    if not isinstance(tag, str) or not _TAG.fullmatch(tag.strip()):
        raise ConfigurationError(f"lang={tag!r} is not a language tag. Give one like 'en', 'de' or 'pt-BR'.")
    primary = re.split("[-_]", tag.strip())[0].lower()
    if len(primary) == 2:
        return primary
    from babel.core import get_global

    return str(get_global("language_aliases").get(primary, primary))


def has_letter(text: str) -> bool:
    """Whether there is a letter of any script."""
    return any(character.isalpha() for character in text)
