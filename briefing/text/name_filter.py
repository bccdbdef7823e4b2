"""Filter for words that a model may report as an entity: dates, quantities, common nouns, descriptions, headlines.

The rules favour recall: a name is dropped only if its letters, or the places of its mentions, show that it is not a
name. Words in quotation marks count as a title.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import regex

from briefing.spans import Span
from briefing.text.bare_names import GERMAN_ARTICLE_BEFORE
from briefing.text.languages import cldr_locale

_CAPITALISES_NOUNS = frozenset(("de", "lb"))
_CASED = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{Armenian}]")
_LETTER_OR_DIGIT = regex.compile(r"[\p{L}\p{N}]")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:[’'.\-‐‑][\p{L}\p{M}\p{N}]+)*")
_NUMBER = regex.compile(r"\p{Nd}[\p{Nd}.,:/’'\-–]*\p{L}{0,2}\.?|[IVX]+")
_EAST_ASIAN_TIME = regex.compile(
    r"(?:(?:昭和|平成|令和|公元|約|约|第)?[\p{Nd}〇零一二三四五六七八九十百千万亿億兆数几]+(?:\p{Han}?(?:年代|年度|年|月|日|时|時|点|點|分|秒|"
    r"周|週|世纪|世紀|人|名|個|个|件|回|次|円|元|圓|米|歳|岁|キロ|メートル|％|%)[間间半前后後]?)+)+"
)
# Words between the parts of a date.
_DATE_CONNECTIVES = regex.compile(
    "of|the|de|del|du|le|la|den|der|dem|am|im|di|da|a|p|m|am|pm|и|y|et|und|and|г|года|год|году|o|uhr|من|في"
)
_RELATIVE_DAY = regex.compile(
    "yesterday|today|tomorrow|tonight|gestern|heute|morgen|(?:vor|über)(?:gestern|morgen)|hier|aujourd['’]hui|demain|ayer|hoy|mañana|ieri|oggi|"
    "domani|ontem|hoje|amanhã|gisteren|vandaag|вчера|сегодня|завтра|أمس|اليوم|غدا|(?:昨|今|本|明|翌|先|来|去|上|下)(?:日|天|朝|夜|晚|周|週|月|年)|"
    "어제|오늘|내일|지난주|이번주|다음주|작년|올해|내년",
    regex.IGNORECASE,
)
_DETERMINER_OF_TIME = regex.compile(
    "last|next|this|past|coming|previous|every|each|(?:letzt|nächst|kommend|dies|vergangen|vorig|jed)e[nmrs]?|derni(?:er|ère)|prochaine?|ce|cette|"
    "chaque|passée?|pasad[oa]|próxim[oa]|últim[oa]|est[ae]|scors[oa]|prossim[oa]|quest[oa]|passad[oa]|vorige|volgende|deze|afgelopen|komende|"
    r"(?:прошл|следующ|будущ|нынешн)\p{L}{2,3}|эт(?:от|ого|ом|а|ой|у|о)"
)
_PART_OF_TIME = regex.compile(
    "(?:week|weekend|month|year|decade|century|morning|afternoon|evening|night)s?|woche|wochenende|monats?|jahre?s?|abends?|nachts?|semaine|"
    "week-end|mois|année|an|matin|soir|nuit|semana|mes|año|noche|tarde|settimana|mese|anno|sera|notte|mês|ano|noite|maand|jaar|avond|"
    r"недел[яиюе]|месяц[ае]?|год[ау]?|утр[оа]м?|вечер(?:а|ом)?|ноч(?:ь|и|ью)"
)
#: Endings of inflected weekdays.
_ENDINGS = {"de": ("e", "en", "es"), "nl": ("en",), "it": ("i", "he")}
_CYRILLIC_ENDINGS = ("", "а", "у", "ы", "и", "е", "ю", "ам", "ем", "ом", "ой", "ах", "ами")
_SMALL = regex.compile(
    "a|an|and|as|at|but|by|for|from|in|into|of|on|or|the|to|with|de|del|der|des|di|du|la|le|von|van|y|et|und"
)
# Lines, table cells and list items of pages count as sentences here: a capital at their start is no sign of a name.
_SENTENCE_START = regex.compile(r"(?:^|\n|[.!?…:|]\s)[\s\"'“‘«„(\[¿¡*_#>•–—-]*$")
_OPENING, _CLOSING = frozenset("\"'“‘«„‹「『《〈*_"), frozenset("\"'”’»“›」』》〉*_")
_POSSESSED = regex.compile(r"\p{L}['’]s(?:\s+\p{Ll}[\p{L}\-]*)+$")
_TITLES_IN_MARKS = frozenset(("zh", "ja", "ar", "fa"))
_NAME_BESIDE = regex.compile(r"(?<!\p{L})(\p{Lu}[\p{L}\-]*\.?)\s$")
_CAPITALISED_WORD = regex.compile(r"\p{Lu}\p{Ll}+")
_LEADING_NUMBER = regex.compile(r"[^\p{L}\p{N}]?\p{Nd}[\p{Nd}.,\s]*")
_INITIAL = regex.compile(r"\p{L}\p{M}*\.")
#: What stands before common nouns in German, and hardly ever before a name.
_BEFORE_GERMAN_NOUN = regex.compile(
    r"(?<!\p{L})(?:k?ein(?:e[mnrs]?)?|(?:mein|sein|ihr|unser)e?[mnrs]?|mehrere[nr]?|viele[nr]?|einige[nr]?|wenige[nr]?|manche[nr]?|jede[mnrs]?|"
    r"zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|\p{Nd}+)\s$",
    regex.IGNORECASE,
)
#: What stands before common nouns and names with an article, or before nouns with an adjective.
_BEFORE_GERMAN_THING = regex.compile(
    r"(?<!\p{L})(?:[Dd](?:er|ie|as|en|em|es)|im|am|ins|vom|zum|zur|beim|\p{Ll}{3,}e[nrs]?)\s$"
)
#: Endings of abstract nouns: "Verstaatlichung", "Menschlichkeit", "Kommunikation".
_GERMAN_ABSTRACT = regex.compile("\\p{L}{3}(?:ung|heit|keit|schaft|tion|tät|ismus)(?:e?n|s)?$")
_GERMAN_ADJECTIVE = regex.compile(r"\p{Ll}{3,}e[mnrs]?")
#: Nouns that end so are names with an article: "der Koreakrieg", "das Bundeskriminalamt".
_GERMAN_NAME = regex.compile(
    "(?:krieg|fest|festival|spiele|gipfel|messe|pokal|liga|revolution|konferenz|amt|ministerium|gericht|gesetz|tag|rat)(?:e?s)?$"
)
_GERMAN_SMALL = frozenset(
    "der die das den dem des und für zur zum im in am an auf von vom mit bei ohne gegen über unter aus nach vor zu".split()  # noqa: SIM905  # a list of words
)
#: Shorter words are small in title case, too.
_LONGER_WORD = 4
_LONGEST_HEADLINE = 150
_THINGS = frozenset(("event", "product", "work", "other"))


def is_not_a_name(name: str, kind: str, mentions: Sequence[Span], text: str, lang: str) -> bool:
    """Whether words of a text are certainly not the name of an entity.

    Args:
        name: the words, as the text has them.
        kind: type of the entity according to the model. A person may be called "May" or "50 Cent".
        mentions: the places of the words in the text; not empty.
        text: the whole text.
        lang: its language, a BCP-47 primary tag.
    """
    if not any(char.isalpha() for char in name) or _INITIAL.fullmatch(name):
        return True
    if any(_in_marks(mention, text) for mention in mentions):
        return False
    if kind != "person":
        small = not name.isupper() and all(_is_small(word.lower()) for word in name.split())
        if small or is_date(name, lang) or _is_quantity(name, lang):
            return True
    if kind in {"event", "other"} and _is_relative_date(name, lang):
        return True
    if kind == "work" and lang in _TITLES_IN_MARKS and not regex.search(r"[\p{Latin}\p{N}]", name):
        # In scripts without capitals, titles of works have quotation marks; Chinese requires them.
        return True
    if lang not in _CAPITALISES_NOUNS and _is_of_headlines(name, mentions, text):
        return True
    if lang == "de" and (_is_german_noun(name, kind, mentions, text) or _is_german_clause(name, kind)):
        return True
    if not _CASED.search(name) or kind == "person":
        people = lang == "en" and _is_group(name)
        return people or bool(_CASED.search(name) and _POSSESSED.search(name))
    return _is_common(name, kind, mentions, text, lang) or (lang == "en" and _describes(name))


def is_date(name: str, lang: str) -> bool:
    """Whether a name is only a weekday, a month, a date or a time of day, in `lang` or in English."""
    if _EAST_ASIAN_TIME.fullmatch("".join(name.split())):
        return True
    known = _calendar(lang)
    words = [word.strip(".,").casefold() for word in name.split()]
    rest = [word for word in words if not (word in known or _NUMBER.fullmatch(word))]
    return name.casefold() in known or (
        len(rest) < len(words) and all(_DATE_CONNECTIVES.fullmatch(word) for word in rest)
    )


@lru_cache(maxsize=4096)
def _is_small(word: str) -> bool:
    return _SMALL.fullmatch(word) is not None


def _is_relative_date(name: str, lang: str) -> bool:
    """Whether a name is a date relative to the day of writing: "yesterday", "last week", "Thursday night"."""
    if _RELATIVE_DAY.fullmatch(name):
        return True
    known = _calendar(lang)
    words = (word.strip(".,").casefold() for word in name.split())
    rest = [word for word in words if not _DATE_CONNECTIVES.fullmatch(word)]
    of_calendar = [word for word in rest if word in known or _PART_OF_TIME.fullmatch(word)]
    which = [word for word in rest if _DETERMINER_OF_TIME.fullmatch(word) or _RELATIVE_DAY.fullmatch(word)]
    # A period alone is a common noun, or the name of a newspaper.
    return bool(of_calendar) and len(rest) > 1 and not set(rest).difference(of_calendar, which)


def _is_quantity(name: str, lang: str) -> bool:
    """Whether a name is a number with a unit or a common noun: "50 pence", "3 Euro"."""
    match = _LEADING_NUMBER.match(name)
    if match is None or not _CASED.search(name):
        return False
    counted = name[match.end() :].strip()
    return bool(counted == counted.lower() or counted.casefold() in _units(lang))


def _is_common(name: str, kind: str, mentions: Sequence[Span], text: str, lang: str) -> bool:
    """Whether a name is a common word, capitalized only at the beginning of sentences."""
    words = _WORD.findall(name)
    if any(word != word.lower() for word in words[1:]) or lang in _CAPITALISES_NOUNS:
        return False
    if len(words) == 1 and (
        name[1:] != name[1:].lower() or kind not in _THINGS | {"organization", "location"}
    ):
        return False
    if not all(_SENTENCE_START.search(text, max(0, m.start - 20), m.start) for m in mentions):
        return name == name.lower() and kind in _THINGS
    if len(words) == 1:
        if kind in _THINGS:
            # It looks like any other word: "Power was restored".
            return True
        return _has_word(text, name.lower())
    # Most languages capitalize only the first word of events: "Вторая мировая война".
    return kind in (_THINGS if lang == "en" else _THINGS - {"event"})


def _is_german_noun(name: str, kind: str, mentions: Sequence[Span], text: str) -> bool:
    """Whether a German word is a common noun, by its ending and by the words before it: "mehrere Messer", "die Mutter"."""
    if not regex.fullmatch(r"\p{Lu}[\p{L}\-]*\p{Ll}", name):
        return False
    if all(_SENTENCE_START.search(text, max(0, m.start - 20), m.start) for m in mentions) and (
        name.lower() in _GERMAN_SMALL or (kind != "person" and _has_word(text, name.lower()))
    ):
        return True  # it has a capital only there
    before = [text[max(0, m.start - 20) : m.start] for m in mentions]
    if name[1:] == name[1:].lower() and any(map(_BEFORE_GERMAN_NOUN.search, before)):
        return True
    if kind == "person":
        # A surname has a first name somewhere, and a name may follow an office: "die Kanzlerin Merkel".
        beside = (_NAME_BESIDE.search(text, max(0, m.start - 40), m.start) for m in mentions)
        named = any(found and found[1].lower() not in _GERMAN_SMALL for found in beside)
        return not named and any(map(GERMAN_ARTICLE_BEFORE.search, before))
    if kind not in _THINGS or _GERMAN_NAME.search(name):
        return False
    return bool(_GERMAN_ABSTRACT.search(name)) or any(map(_BEFORE_GERMAN_THING.search, before))


def _is_german_clause(name: str, kind: str) -> bool:
    """Whether German words describe or tell: "Sieben Menschen starben gestern in Köln", "Verlauf des nächsten Jahres"."""
    small = [word for word in name.split() if word.islower() and word not in _GERMAN_SMALL]
    if len(small) == 1 and kind in _THINGS - {"work"}:
        # Names capitalize adjectives: "Tag der Deutschen Einheit".
        return _GERMAN_ADJECTIVE.fullmatch(small[0]) is not None
    return len(small) > 1


def _is_of_headlines(name: str, mentions: Sequence[Span], text: str) -> bool:
    """Whether a word is capitalized only in lines in title case, and in small letters elsewhere: "Guest", "Tells"."""
    if not _CAPITALISED_WORD.fullmatch(name) or not all(_in_title_case(m, text) for m in mentions):
        return False
    return _has_word(text, name.lower())


def _has_word(text: str, word: str) -> bool:
    """Whether a text has a word, not as a part of another one."""
    at = text.find(word)
    while at >= 0 and (
        (at and _LETTER_OR_DIGIT.match(text, at - 1)) or _LETTER_OR_DIGIT.match(text, at + len(word))
    ):
        at = text.find(word, at + 1)
    return at >= 0


def _in_title_case(mention: Span, text: str) -> bool:
    """Whether a mention is in a line without a full stop, most of whose longer words begin with a capital."""
    start = text.rfind("\n", 0, mention.start) + 1
    end = text.find("\n", mention.end)
    line = text[start : len(text) if end < 0 else end]
    words = [word for word in _WORD.findall(line) if len(word) >= _LONGER_WORD]
    capitalized = sum(word[0].isupper() for word in words)
    return (
        len(line) <= _LONGEST_HEADLINE
        and len(words) > 2
        and capitalized >= 0.8 * len(words)
        and not line.rstrip().endswith((".", "…"))
    )


def _is_group(name: str) -> bool:
    """Whether an English name of a person ends in a common noun: "US Treasury officials"."""
    words = _WORD.findall(name)
    return len(words) > 1 and words[-1] == words[-1].lower() and words[-1].isalpha() and name != name.lower()


def _describes(name: str) -> bool:
    """Whether an English name is mostly a description: "North Korea's next satellite"."""
    if _POSSESSED.search(name):
        return True
    words = [word for word in _WORD.findall(name) if not _is_small(word.lower())]
    lower = sum(word == word.lower() and not word[0].isnumeric() for word in words)
    upper = sum(word != word.lower() for word in words)
    return bool(lower >= upper + 2)


def _in_marks(mention: Span, text: str) -> bool:
    return (
        text[mention.start - 1 : mention.start] in _OPENING
        and text[mention.end : mention.end + 1] in _CLOSING
    )


@lru_cache(maxsize=64)
def _calendar(lang: str) -> frozenset[str]:
    """Return names of weekdays with inflected forms, months and times of day, in `lang` and in English."""
    found = set()
    for locale in _locales(lang):
        for names in (locale.days, locale.months, locale.day_periods):
            found |= {
                str(name).strip(".").casefold()
                for context in names.values()
                for width in ("wide", "abbreviated")
                for name in context.get(width, {}).values()
                if len(str(name)) > 1
            }
        for name in locale.days["format"]["wide"].values():
            found |= _forms(str(name).casefold(), locale.language)
    return frozenset(found)


def _forms(weekday: str, lang: str) -> set[str]:
    """Return the inflected forms of a weekday: "Thursdays", "Montage", "четвергам"."""
    if regex.fullmatch(r"\p{Cyrillic}+", weekday):
        stem = regex.sub("[аеиьяюыу]$", "", weekday)
        forms = {stem + ending for ending in _CYRILLIC_ENDINGS if len(stem) > 3}
        # The Russian genitive is "среды"; "среди" is "among".
        return forms - {stem + "и"} if lang == "ru" and stem.endswith(("д", "т")) else forms
    stem = weekday[:-1] if lang == "it" else weekday
    return {f"{weekday}s", *(stem + ending for ending in _ENDINGS.get(lang, ()))}


@lru_cache(maxsize=64)
def _units(lang: str) -> frozenset[str]:
    """Return names of currencies and of common units, in `lang` and in English."""
    from babel.units import format_unit

    found = set()
    for locale in _locales(lang):
        for currency in locale.currencies.values():
            found |= {currency.casefold(), regex.split(r"[\s-]", currency.casefold())[-1]}
        for unit in ("percent", "second", "minute", "hour", "day", "week", "month", "year", "meter", "kilometer",
                     "kilogram", "liter", "hectare", "celsius"):  # fmt: skip
            for number in (1, 2, 5):
                written = format_unit(number, unit, length="long", locale=locale)
                found.add(regex.sub(r"[\p{N}.,\s]+", " ", written).strip().casefold())
    return frozenset(found)


def _locales(lang: str) -> list[Any]:
    # Only British English has the abbreviation "Sept".
    return [locale for tag in dict.fromkeys((lang, "en", "en_GB")) if (locale := cldr_locale(tag))]
