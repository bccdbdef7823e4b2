"""Words beside numbers, by language: scales ("million"), units and currencies.

They come from the Unicode CLDR through babel, with what newspapers write besides.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Literal

import regex

from briefing.text.languages import cldr_locale

#: Digits of any script with the marks between them, as a pattern.
DIGITS = r"\p{Nd}+(?:[.,'’\u00a0\u202f٬٫]\p{Nd}+)*"
#: A number in digits of any script.
NUMBER = regex.compile(DIGITS)
_VOWEL_SIGN = re.compile("[\u064b-\u0652]")
_TAIL = regex.compile(r"(?:[ \u00a0\u202f]|[-‐‑]){0,2}(?:de |d['’])?([\p{L}\p{M}%٪€$£¥₹₽₩.²³°]+)")
CURRENCIES = ["USD", "EUR", "GBP", "JPY", "CNY", "INR", "RUB", "CHF", "AUD", "CAD", "NZD", "HKD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "TRY", "BRL", "MXN", "ZAR", "KRW", "ILS", "SAR", "AED", "EGP", "NGN", "KES", "UAH", "ISK", "RON", "BGN", "RSD", "GEL", "KZT", "IQD", "KWD", "BHD", "JOD", "DZD", "TND", "LYD", "MAD", "IRR", "OMR", "QAR", "YER", "SYP", "LBP", "PKR", "LKR", "NPR", "THB", "MYR", "IDR", "PHP", "SGD", "TWD", "VND", "ARS", "CLP", "COP", "UYU", "DOP"]  # fmt: skip
#: Languages that write 4,2 and 4.200; in Spanish, most do.
_DECIMAL_COMMA = frozenset(("de", "es", "it", "pt", "nl", "da", "id", "tr", "el", "sl", "hr"))
#: Power of ten of a thousand.
_THOUSAND = 3
_DOLLARS = frozenset(("USD", "AUD", "CAD", "NZD", "HKD", "SGD", "TWD"))
#: Languages in whose names of currencies the noun is first ("dollar canadien"); it is last in others ("Canadian dollar").
_NOUN_FIRST = frozenset(("fr", "es", "it", "pt", "ca", "gl", "ro", "pl", "ar", "he", "fa", "id", "ms", "vi"))
#: First words of such a name that are not the noun: "nouveau shekel".
_NEW = frozenset(("nouveau", "nouveaux", "nuevo", "nuevos", "nuovo", "nuovi", "novo", "novos", "nou", "nous", "nowe", "nowy", "nowych"))  # fmt: skip
_CROWNS = {"SEK", "NOK", "DKK", "CZK", "ISK"}
_DINARS = {"IQD", "KWD", "BHD", "JOD", "DZD", "TND", "LYD"}
_POINTS = {"concentr-percentage-point"}
#: Hundredths of a percentage point.
_BASIS_POINTS = {"basis-point"}
_UNITS = ["duration-year", "duration-month", "duration-week", "duration-day", "duration-hour", "duration-minute", "duration-second", "length-kilometer", "length-meter", "length-centimeter", "length-millimeter", "length-mile", "length-foot", "length-inch", "mass-kilogram", "mass-gram", "mass-tonne", "mass-pound", "volume-liter", "volume-gallon", "area-hectare", "area-acre", "concentr-percent", "temperature-celsius", "temperature-fahrenheit"]  # fmt: skip
# Abbreviations and units of newspapers that the CLDR lacks.
_MORE_SCALES = {
    "en": {"m": 6, "mn": 6, "bn": 9, "tn": 12, "k": 3, "lakh": 5, "crore": 7},
    "de": {"Tsd": 3},
    "el": {"εκατ": 6, "δισ": 9},
    "it": {"mln": 6, "mld": 9},
}
_MORE_UNITS = {
    "%": {"concentr-percent"},
    "٪": {"concentr-percent"},
    "元": {"CNY"},
    "ドル": set(_DOLLARS),
    "ポンド": {"GBP"},
    "年": {"duration-year"},
    "天": {"duration-day"},
    "分钟": {"duration-minute"},
    "公里": {"length-kilometer"},
    "キロ": set[str](),
    "mph": {"length-mile"},
    "kph": {"length-kilometer"},
    "卢布": {"RUB"},
    "克朗": _CROWNS,
    "法郎": {"CHF"},
    "卢比": {"INR"},
    "比索": {"MXN", "ARS", "CLP", "COP", "PHP"},
    "第纳尔": _DINARS,
    "个百分点": _POINTS,
    "百分点": _POINTS,
    "個百分點": _POINTS,
    "百分點": _POINTS,
    "ポイント": _POINTS,
    "个基点": _BASIS_POINTS,
    "基点": _BASIS_POINTS,
}
#: The same in one language; phrases without "of".
_MORE_UNITS_OF: dict[str, dict[str, set[str]]] = {
    "en": {
        "crown": _CROWNS, "crowns": _CROWNS, "rouble": {"RUB"}, "roubles": {"RUB"},
        "percentage point": _POINTS, "percentage points": _POINTS, "pp": _POINTS, "ppts": _POINTS,
        "basis point": _BASIS_POINTS, "basis points": _BASIS_POINTS, "bps": _BASIS_POINTS,
    },
    "de": {
        **dict.fromkeys(("prozentpunkt", "prozentpunkte", "prozentpunkten", "prozentpunktes"), _POINTS),
        **dict.fromkeys(("basispunkt", "basispunkte", "basispunkten"), _BASIS_POINTS),
    },
    "fr": {
        **dict.fromkeys(("point pourcentage", "points pourcentage"), _POINTS),
        **dict.fromkeys(("point base", "points base"), _BASIS_POINTS),
    },
    "es": {
        **dict.fromkeys(("punto porcentual", "puntos porcentuales"), _POINTS),
        **dict.fromkeys(("punto básico", "puntos básicos"), _BASIS_POINTS),
    },
    "ru": {
        "фунт": {"GBP"}, "фунта": {"GBP"}, "фунтов": {"GBP"},
        **dict.fromkeys(("процентный пункт", "процентного пункта", "процентных пункта", "процентных пунктов", "п.п"), _POINTS),
    },
    "ar": dict.fromkeys(("نقطة مئوية", "نقاط مئوية", "نقطتين مئويتين"), _POINTS),
}  # fmt: skip
#: A word that multiplies the number before it, of any language, as a pattern.
SCALE = (
    r"(?i:hundred|thousand|million\p{L}*|mill[oó]n\p{L}*|millió\p{L}*|mili(?:on\p{L}*|oane)|milh(?:ão|ões)|miljo\p{L}+|mily(?:on|ar)|mill?iard\p{L}*|miljard\p{L}*|"
    r"billion\p{L}*|bilh(?:ão|ões)|biljo\p{L}+|trillion\p{L}*|trilh(?:ão|ões)|dozen|mio|mrd|mln|mld|bn|mn|tn|tsd|tausend|hundert|mille|mila|mil|"
    r"duizend|tusen|tysi\p{L}+|tys|tisíc\p{L}*|lakhs?|crores?|ribu|juta|nghìn|triệu|tỷ|per\s?cent|pct|pro[cs]ent\p{L}*|prozent\p{L}*|"
    r"pour\scent|por\sciento|p[eo]r\scento|тыс|тысяч\p{L}*|тисяч\p{L}*|миллион\p{L}*|мільйон\p{L}*|милион\p{L}*|миллиард\p{L}*|мільярд\p{L}*|"
    r"милиард\p{L}*|млн|млрд|трлн|триллион\p{L}*|процент\p{L}*|χιλιάδ\p{L}*|(?:δισ|τρισ)?εκατομμ[υύ]ρι\p{L}*|εκατ|δισ)|"
    r"ألف|آلاف|مليون\p{L}*|ملايين|مليار\p{L}*|تريليون|في\s?المئة|بالمئة|هزار|میلیون|میلیارد|درصد|אלף|אלפים|מיליון|מיליארד|אחוז\p{L}*|"
    r"करोड़|लाख|हज़ार|हजार|अरब|प्रतिशत|[천만억조]\p{Hangul}*|퍼센트\p{Hangul}*"
)
#: The same in scripts without spaces.
UNSPACED_SCALE = "ล้าน|แสน|หมื่น|พัน|[万萬億亿兆千百十]"
#: A unit or currency behind a number that is no other word in news of any language, as a pattern.
UNIT = (
    r"k?[mglWV]|[cmdµ]m|mg|ml|hl|kt|[kMGT]W(?:h|p)?|[kMG]?Hz|[kMGT]B|k?V|km/h|m/s|mph|kph|ft|lbs?|oz|yd|ppm|ppb|h?Pa|kPa|dB|t|h|K|"
    r"[ap]\.m\.|pm|(?i:dollars?|euros?|pounds|pence|cents?|yen|yuan|franken|francs?|pesos?|dólares|рубл\p{L}*|доллар\p{L}*|евро)|kr|zł|Kč|Ft|Fr\.|"
    + "|".join(CURRENCIES)
)


class NumberWords:
    """The words of a language that stand beside numbers.

    Attributes:
        scales: power of ten by word: 6 for "million".
        units: units by word or phrase.
        unspaced: whether words are written without spaces.
        groups_by_space: whether a plain space groups digits.
        groups_by: the thousands separator of the language: "." in German, "," in English; a space if it is not known.
    """

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.unspaced = lang in ("zh", "ja")
        self.scales = dict(_MORE_SCALES.get(lang, {}))
        more = _MORE_UNITS | _MORE_UNITS_OF.get(lang, {})
        self.units = {key: set(value) for key, value in more.items()}
        self.groups_by_space = lang not in ("en", "zh", "ja", "und")
        self.groups_by = "." if lang in _DECIMAL_COMMA else "," if lang in ("en", "zh", "ja") else " "
        if locale := cldr_locale(lang):
            self._add_scales(locale)
            self._add_units([locale, cldr_locale("en_GB")] if lang == "en" else [locale])
            self._add_currencies(locale)
        #: First words of units of two words.
        self._firsts = {key.partition(" ")[0] for key in self.units if " " in key}

    def _add_scales(self, locale: Any) -> None:
        for length in ("long", "short"):
            for patterns in locale.compact_decimal_formats.get(length, {}).values():
                for power, pattern in patterns.items():
                    zeros = pattern.pattern.count("0")
                    word = pattern.pattern.replace("0", "").replace("'", "").strip(" \u00a0\u202f.")
                    if word and "¤" not in word:
                        self.scales.setdefault(_key(word), len(str(power)) - zeros)

    def _add_units(self, locales: Iterable[Any]) -> None:
        from babel.units import UnknownUnitError, format_unit

        lengths: tuple[Literal["long", "short"], ...] = ("long", "short")
        for locale in locales:
            for unit in _UNITS:
                for count, length in itertools.product((1, 2, 5, 11), lengths):
                    try:
                        phrase = format_unit(count, unit, length, locale=locale)
                    except UnknownUnitError:
                        continue
                    word = NUMBER.sub("", phrase).strip(" \u00a0\u202f.")
                    # A phrase without digits means one or two ("an hour"); "m" is ambiguous.
                    if (
                        word not in (phrase, unit)
                        and _key(word) not in self.scales
                        and (length == "long" or len(word) > 1)
                    ):
                        self._add(word, {unit})
                        # German dative ("in 3 Jahren"); Arabic accusative behind 11 and more.
                        if ending := {"de": "n", "ar": "ا"}.get(self.lang):
                            self._add(word + ending, {unit})

    def _add_currencies(self, locale: Any) -> None:
        from babel.numbers import get_currency_name

        for code in CURRENCIES:
            for count in (1, 2, 5, 11):
                words = regex.findall(r"[\p{L}\p{M}]+", get_currency_name(code, count, locale=locale))
                if self.lang in ("de", "pt"):  # "Schweizer Franken", "Franco suíço"
                    words = words[-1:] if self.lang == "de" else words[:1]
                elif len(words) > 1 and not self.unspaced:
                    nouns = [word for word in words if not word[0].isupper() and word not in _NEW]
                    words = nouns[:1] if self.lang in _NOUN_FIRST else nouns[-1:]
                for word in words:
                    if len(word) > 2 or self.unspaced:
                        self._add(word, {code})
        dollars = _DOLLARS | {"MXN"} if self.lang == "es" else _DOLLARS  # pesos have the same sign
        for symbol, codes in {"$": dollars, "€": ("EUR",), "£": ("GBP",), "¥": ("JPY", "CNY"), "₹": ("INR",),
                              "₽": ("RUB",), "₩": ("KRW",)}.items():  # fmt: skip
            self._add(symbol, codes)

    def _add(self, word: str, units: Iterable[str]) -> None:
        self.units.setdefault(_key(word), set()).update(units)

    def scale_after(self, text: str, at: int) -> tuple[Decimal, int] | None:
        """Return the factor that the word at `at` stands for and its end; `None` for other words."""
        if match := _TAIL.match(text, at):
            word = match.group(1).rstrip(".")
            if (power := self.scales.get(_key(word))) is not None:
                end = match.start(1) + len(word)
                # "4,2 mil millones", "two thousand million".
                if power == _THOUSAND and (second := _TAIL.match(text, match.end())):
                    last = second.group(1).rstrip(".")
                    if self.scales.get(_key(last)) == 2 * _THOUSAND:
                        power, end = 3 * _THOUSAND, second.start(1) + len(last)
                return Decimal(10) ** power, end
        return None

    def units_after(self, text: str, at: int) -> tuple[set[str], int]:
        """Return the units that the words at `at` stand for, and their end; no units and `at` for other words."""
        if self.unspaced:
            for length in range(5, 0, -1):
                if units := self.units.get(text[at : at + length]):
                    return units, at + length
        match = _TAIL.match(text, at)
        if match is None:
            return set(), at
        one = match.group(1)
        is_name = one[0].isupper() and self.lang != "de"
        if (is_name or _folded(one) in self._firsts) and (second := _TAIL.match(text, match.end())):
            two = second.group(1).rstrip(".")
            units = self.units.get(_key(f"{one} {two}"))
            if not units and is_name:  # "five million US dollars"
                units = self.units.get(_key(two))
            if units:
                return units, second.start(1) + len(two)
        bare = one.rstrip(".")
        units = self.units.get(_key(one)) or self.units.get(_key(bare))
        return (units, match.start(1) + len(bare)) if units else (set(), at)


#: The words of a language.
number_words = functools.lru_cache(maxsize=32)(NumberWords)


def _key(word: str) -> str:
    # Short words keep their case: "M" is a million, "m" may be a metre.
    return word if len(word) <= 2 else _folded(word)


def _folded(word: str) -> str:
    # Newspapers omit Arabic vowel signs.
    return word.lower() if word.isascii() else _VOWEL_SIGN.sub("", word).casefold()
