"""How well a sentence stands alone: whether it is whole, said by somebody, and names what it speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import regex

from briefing.quotations import cues_for
from briefing.ranking.openings import read_opening
from briefing.ranking.page_lines import CAPITALIZES_NOUNS, has_dateline, is_captionlike, is_menu, words
from briefing.sources import Source, cached_in_source
from briefing.spans import Span
from briefing.text import (
    ABBREVIATED_TITLES,
    CLOSING_MARKS,
    DENSE_CHARACTER,
    TERMINAL_MARKS,
    is_date,
    is_title,
)

# Factors of a score. Those of pronouns and names are applied by `summary`, as they depend on what else is chosen.
_JOINED = 0.88
_CUT, _LOWER_LINE, _LOWER_TEXT = 0.2, 0.5, 0.85
_TOO_SHORT, _FRAGMENT = 0.5, 0.2
_FIRST_PERSON, _ADDRESS = 0.8, 0.25
_WEB_ADDRESS = 0.5
_QUESTION = 0.25
_CAPTION, _MENU = 0.3, 0.2
_MOSTLY_QUOTED, _BARE_QUOTE, _PART_OF_QUOTE = 0.8, 0.4, 0.4
#: A sentence has at least so many words; from so many on, it weighs less, by the square root.
_SHORT, _LONG = 8, 20
#: Shares of a sentence in quotation marks from which it is mostly, or nothing but, a quotation.
_MOST, _BARE = 0.5, 0.85
#: Words in which a pronoun is looked for behind an opening such as "When" or "In October".
_OPENING_WORDS = 5
#: Words of a reporting clause ("she said on Monday").
_LONGEST_REPORT = 8

_ENDS_CUT = regex.compile(
    rf"(?:(?<![\p{{L}}\p{{N}}])(?:\p{{L}}*str|{ABBREVIATED_TITLES}|M|Mm|St|Mt|Nr|No|Dr|Hrn?|Fr|vs|bzw|ca|Jr|Ave?|Blvd|approx|sig|dhr|г|им|ул|д-р|проф|стр)"
    r"|(?<![\p{L}\p{N}.])\p{Lu})\.$"
)
#: In these languages a full stop makes a number an ordinal, and so a date: "19. März".
_ORDINALS = frozenset(
    ["de", "cs", "sk", "hu", "fi", "et", "lv", "da", "no", "nb", "nn", "pl", "hr", "sl", "sr", "tr", "is"]
)
_WITHOUT_STOPS = frozenset(("th", "lo", "km", "my"))
_ENDS_ORDINAL = regex.compile(r"(?<![\p{N}.,:])\p{N}{1,2}\.$")
#: Not the names of products, such as "iPhone".
_LOWER_START = regex.compile(r"[^\p{L}\p{N}]*\p{Ll}(?!\p{Ll}?\p{Lu})")
#: Someone who is not named: a blogger, or the writer of a column.
_I = regex.compile(r"(?:I|Ich|J['’]|Je|Yo|Eu|Io|Я)\b|我(?!们|們|国|國)|私(?=は|が|の)")
_WE = regex.compile(r"(?:We|Wir|Nous|Nosotros|Nós|Noi|Мы)\b|私たち|我々")
#: A speech whose speaker is not named: "we", or a wish of nobody. "Our country" is how Chinese newspapers speak.
_SPEECH = regex.compile(r"^希望|你们|你們|[我咱](?![国國省市军軍区區县縣校党黨])")
_SPEAKER_NAMED = regex.compile(r"(?<!我们|我們|我)(?:说|說|表示|指出|强调|強調|认为|認為)[，,：:]")
_ADDRESS_OF_PAGE = regex.compile(r"https?://|www\.")
#: A number cut in the middle of a list: "between 800." and "900 million".
_ENDS_NUMBER, _STARTS_NUMBER = regex.compile(r"\p{N}\.$"), regex.compile(r"\p{N}")
#: In these languages a sentence does not end with a preposition or an article.
_NO_FINAL_PREPOSITION = frozenset(("fr", "es", "pt", "it", "ru"))
_QUESTION_END = regex.compile(rf"[?؟？][{CLOSING_MARKS}]*$")
_ENDED = regex.compile(rf"[{TERMINAL_MARKS}:][{CLOSING_MARKS}]*$")
_PERSONAL = {
    "en": "he she they him her his their",
    "de": "er sie ihn ihm ihr",
    "fr": "il elle ils elles",
    "es": "él ella ellos ellas",
    "pt": "ele ela eles elas",
    "ru": "он она они",
}
_RUN = regex.compile(
    r"\p{Lu}[\p{L}\p{M}'’\-]*(?:\s(?:(?:von|van|de|da|al|el|bin|der|den|la|del)\s){0,2}\p{Lu}[\p{L}\p{M}'’\-]*)*"
)
_DEFINITE = {
    "en": r"The\s",
    "de": r"(?:Der|Die|Das|Den|Dem)\s",
    "fr": r"(?:Le|La|Les)\s|L['’]",
    "es": r"(?:El|La|Los|Las)\s",
    "pt": r"(?:O|A|Os|As)\s",
    "it": r"(?:Il|Lo|La|I|Gli|Le)\s|L['’]",
}
_POSSESSIVE = regex.compile(r"['’]s?$")


class _Quoted(NamedTuple):
    """The quotations of a sentence."""

    covered: int
    """Number of its characters in quotations."""
    is_part: bool
    """Whether one of them goes beyond the sentence."""
    rest: str
    """The sentence without them."""


class Standing(NamedTuple):
    """How a sentence stands alone."""

    factor: float
    """Of its score; 1 for a sentence without a fault."""
    points_back: bool
    """Opens with a word that stands for something in the sentence before."""
    names: frozenset[str]
    """Parts of names whose full form stands in an earlier sentence only."""


def read_standing(source: Source, indices: Sequence[int]) -> list[Standing]:
    """Say of some sentences of a source how they stand alone."""
    quoted, names, read = _context(source)
    for index in indices:
        if index not in read:
            read[index] = _standing(source, index, quoted[index], names[index])
    return [read[index] for index in indices]


@cached_in_source
def _context(source: Source) -> tuple[list[_Quoted], list[frozenset[str]], dict[int, Standing]]:
    """Of each sentence, its quotations and the names that it shortens; and what was read of some sentences already."""
    return _read_quoted(source), _short_names(source), {}


def _standing(source: Source, index: int, quoted: _Quoted, names: frozenset[str]) -> Standing:
    text = source.sentences[index].text
    back = points_back(text, source.lang) or _said_by_pronoun(quoted, source.lang)
    factor = _form(text, source.lang) * _wholeness(source, index) * _quotedness(text, quoted)
    if source.lang == "zh" and _is_speech(quoted.rest):
        factor *= _ADDRESS
    if back or read_opening(text, source.lang).connective:
        factor *= _JOINED
    return Standing(factor, back, names)


def _is_speech(text: str) -> bool:
    """Whether a Chinese sentence, without its quotations, is part of a speech and does not say whose."""
    return _SPEECH.search(text) is not None and not (_SPEAKER_NAMED.search(text) or has_dateline(text))


def _form(text: str, lang: str) -> float:
    """Factor for the length of a sentence and for its kind: question, caption, menu, a writer's own word."""
    factor = 1.0
    length = length_in_words(text)
    if length < _SHORT:
        factor *= _TOO_SHORT if length > _SHORT / 2 else _FRAGMENT
    elif length > _LONG:
        factor *= (_LONG / length) ** 0.5
    if _QUESTION_END.search(text):
        factor *= _QUESTION
    if is_captionlike(text, lang):
        factor *= _CAPTION
    if is_menu(text, lang):
        factor *= _MENU
    if _ADDRESS_OF_PAGE.search(text):
        factor *= _WEB_ADDRESS
    return factor * (_FIRST_PERSON if _I.match(text) or _WE.match(text) else 1.0)


def _quotedness(text: str, quoted: _Quoted) -> float:
    """Factor for a sentence that is mostly, or nothing but, a quotation, or a part of one."""
    if quoted.covered >= _BARE * len(text):
        return _BARE_QUOTE
    if quoted.is_part:
        return _PART_OF_QUOTE
    return _MOSTLY_QUOTED if quoted.covered >= _MOST * len(text) else 1.0


def points_back(text: str, lang: str) -> bool:
    """Whether a sentence opens with a word that stands for something before it."""
    return read_opening(text, lang).points_back or _has_early_pronoun(text, lang)


def is_personal(text: str) -> bool:
    """Whether a sentence begins with its writer: "I work at a bakery"."""
    return _I.match(text) is not None


def length_in_words(text: str) -> int:
    """The number of words; in scripts without spaces, half the number of characters."""
    return max(len(words(text)), len(DENSE_CHARACTER.findall(text)) // 2)


def _wholeness(source: Source, index: int) -> float:
    """Factor for a sentence that was cut, at an abbreviation for instance."""
    sentence = source.sentences[index]
    before = source.sentences[index - 1] if index else None
    behind = source.sentences[index + 1] if index + 1 < len(source.sentences) else None
    if _ends_cut(sentence.text, source.lang):
        return _CUT
    if behind is not None and _in_one_line(source, sentence, behind):
        if sentence.text[-1:] == "." and _LOWER_START.match(behind.text):
            return _CUT
        if _cut_at_number(sentence.text, behind.text, source.lang):
            return _CUT
    if before is not None and _in_one_line(source, before, sentence):
        if _ends_cut(before.text, source.lang) or _cut_at_number(before.text, sentence.text, source.lang):
            return _CUT
        return _CUT if _LOWER_START.match(sentence.text) else 1.0
    if not _LOWER_START.match(sentence.text):
        return 1.0
    # A line in lower case goes on from a line without an end, or has lost its first word, or is written carelessly.
    if before is None:
        return _LOWER_TEXT
    return _LOWER_LINE if _ENDED.search(before.text[-6:]) else _CUT


def _cut_at_number(one: str, other: str, lang: str) -> bool:
    """Whether two sentences are one, cut at an ordinal ("19. März") or between two numbers ("800. 900")."""
    if lang in _ORDINALS and _ENDS_ORDINAL.search(one[-12:]):
        return True
    return _ENDS_NUMBER.search(one[-2:]) is not None and _STARTS_NUMBER.match(other) is not None


def _ends_cut(text: str, lang: str) -> bool:
    """Whether a sentence ends at an abbreviation; in languages without full stops, at any full stop."""
    if _ENDS_CUT.search(text[-12:]) or (lang in _WITHOUT_STOPS and text[-1:] == "."):
        return True
    if lang not in _NO_FINAL_PREPOSITION or text[-1:] != ".":
        return False
    last, cues = words(text[-12:])[-1:], cues_for(lang)
    return bool(last) and last[0] in cues.prepositions | cues.articles


def _in_one_line(source: Source, one: Span, other: Span) -> bool:
    return "\n" not in source.text[one.end : other.start]


def _has_early_pronoun(text: str, lang: str) -> bool:
    """Whether a personal pronoun stands near the beginning, with nothing before it that it may stand for: "When he"."""
    pronouns = _PERSONAL.get(lang, "").split()
    if not pronouns:
        return False
    cues = cues_for(lang)
    opening = words(text[:80])[:_OPENING_WORDS]
    place = next((place for place, word in enumerate(opening) if word.lower() in pronouns), 0)
    if not place or any(" " in run for run in _RUN.findall(text[len(" ".join(opening)) :])):
        return False
    if opening[0].lower() in cues.prepositions and opening[0].lower() not in cues.subordinators:
        return True  # "By summer 2021, they": no place or time is meant by a pronoun
    return all(word.lower() in cues.function_words - cues.articles for word in opening[:place])


def _read_quoted(source: Source) -> list[_Quoted]:
    spans = sorted((s.start, s.end) for q in source.quotations for s in q.spans)
    found: list[_Quoted] = []
    first = 0
    for sentence in source.sentences:
        while first < len(spans) and spans[first][1] <= sentence.start:
            first += 1
        covered, is_part, rest, at, position = 0, False, "", first, sentence.start
        while at < len(spans) and spans[at][0] < sentence.end:
            start, end = max(spans[at][0], sentence.start), min(spans[at][1], sentence.end)
            covered += end - start
            is_part = is_part or (start, end) != spans[at]
            rest += source.text[position:start] + " "
            position = max(position, end)
            at += 1
        found.append(_Quoted(covered, is_part, rest + source.text[position : sentence.end]))
    return found


def _said_by_pronoun(quoted: _Quoted, lang: str) -> bool:
    """Whether a quotation is somebody's who is not named: "It is late," she said."""
    rest = words(quoted.rest)
    pronouns = _PERSONAL.get(lang, "").split()
    named = lang not in CAPITALIZES_NOUNS and any(word[0].isupper() for word in rest)
    short = quoted.covered > 0 and len(rest) <= _LONGEST_REPORT
    return short and not named and any(word.lower() in pronouns for word in rest)


def _short_names(source: Source) -> list[frozenset[str]]:
    """Of each sentence, the names that it shortens: "Ruiz" where an earlier sentence has "Ana Ruiz".

    So does an opening such as "The ruling", where an earlier sentence has the noun.
    """
    nouns = _definite_nouns(source)
    if source.lang in CAPITALIZES_NOUNS:
        return nouns
    not_first = cues_for(source.lang).not_first_in_names
    own = cache(lambda run: _own_words(run, source.lang, not_first))
    known: set[str] = set()
    found: list[frozenset[str]] = []
    for sentence, noun in zip(source.sentences, nouns, strict=True):
        runs = [own(run) for run in _RUN.findall(sentence.text)]
        full = {part for run in runs if len(run) > 1 for part in run}
        found.append(
            noun.union(run[0] for run in runs if len(run) == 1 and run[0] in known and run[0] not in full)
        )
        for run in runs:
            if len(run) > 1:
                known |= {run[0], run[-1]}
    return found


def _definite_nouns(source: Source) -> list[frozenset[str]]:
    """Of each sentence, the noun of an opening such as "The ruling", if an earlier sentence has it."""
    article = _DEFINITE.get(source.lang)
    if article is None:
        return [frozenset()] * len(source.sentences)
    opening = regex.compile(rf"(?:{article})(?P<noun>\p{{L}}{{4,}})(?!['’\-\p{{L}}])")
    known: set[str] = set()
    found: list[frozenset[str]] = []
    for sentence in source.sentences:
        match = opening.match(sentence.text)
        noun = match.group("noun") if match else ""
        found.append(frozenset([noun] if noun in known else []))
        known.update(words(sentence.text))
    return found


def _own_words(name: str, lang: str, not_first: frozenset[str]) -> list[str]:
    """The words of a name, without titles and articles before it and the "'s" behind it; none of a date."""
    parts = str(_POSSESSIVE.sub("", name)).split()
    while parts and (is_title(parts[0]) or parts[0].lower() in not_first):
        parts = parts[1:]
    return [] if is_date(" ".join(parts), lang) else parts
