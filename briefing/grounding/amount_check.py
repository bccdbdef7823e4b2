"""Numbers that count something else: kinds "quantifier", "unit", "pairing", "sign" and "money".

Two numbers that have changed places are an error. A single number before a noun that the article counts by another number is
a note, as the noun may be another word for the same thing ("870 cases", "870 people"), except in a copy of a sentence; so is a lost "up to".

Each compares the words around a number, or a word like "all", with those in the sentences that have the same number or tell
the same. Languages: English, German, French, Spanish, Russian, Chinese, Japanese and Arabic; numbers written in words are read
in the languages of `briefing.text.quantities`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Literal

import regex

from briefing.grounding.comparison import Worded, near_sentences, wording_finding
from briefing.grounding.findings import Finding, FindingKind
from briefing.grounding.swapped_amounts import swapped_amounts
from briefing.text import (
    BEFORE_MINUS,
    MINUS,
    Quantity,
    Share,
    change_patterns,
    direction_patterns,
    rate_patterns,
    read_scores,
    share_patterns,
    up_to_pattern,
)

_RANK: dict[Share, int] = {"some": 0, "most": 1, "all": 2}
#: Content words behind "all" or a number that may be what is counted.
_COUNTED = 2
#: Characters behind a number in which "a day" is searched for, and before it for "up to" and directions.
_BEHIND, _BEFORE, _NEAR_DIRECTION = 40, 14, 45
#: Numbers of an article with the value of a stated one that are compared, those of the most similar sentences first: a long
#: table may have thousands.
_MOST_TELLING = 200
#: A sentence with the same number is about the same if it shares so many content words with the statement.
_LEAST_SHARED = 2
#: Share of a statement's other words from which a sentence is a copy but for its number, or much like the statement.
_COPY, _ALIKE = 0.8, 0.6
_ORDINAL = regex.compile(r"\p{L}(?:st|nd|rd|th)$")
#: Numbers below this occur for many things.
_LEAST_TELLING = Decimal(3)
#: In Chinese and Japanese: characters behind a number for what it counts, and before it for "every day".
_HAN_COUNTED, _HAN_RATE = 4, 10
#: Languages whose word for "up to" is the end of a change, too.
_TO_AS_LIMIT = frozenset(("ru", "es", "fr"))
#: In other languages, before a number: "an annual dividend of 5".
_BEFORE_RATE = 25
#: What is counted, right behind a number.
_PLURAL_NOUN = {
    lang: regex.compile(rf"[\s\u00a0]{noun}(?!\p{{L}})")
    for lang, noun in {
        "en": r"\p{Ll}{2,}s",
        "de": r"\p{Lu}\p{Ll}{3,}",
        "fr": r"(?:de\s|d['’])\p{Ll}{2,}[sx]",
        "es": r"de\s\p{Ll}{2,}s",
        "ru": r"\p{Ll}{4,}",
        "ar": r"\p{L}{3,}",
    }.items()
}


def check_amounts(
    stated: Worded, near: Sequence[Worded], sharing: Sequence[Worded], sentences: Sequence[Worded]
) -> Iterator[Finding]:
    """Yield findings of these kinds.

    Args:
        stated: the statement.
        near: the sentences that tell the same.
        sharing: those that `sharing_words` returns.
        sentences: all sentences of the article.
    """
    yield from _shares(stated, sentences)
    scores = read_scores(stated.text)
    for quantity in stated.quantities:
        telling = [
            (sentence, other)
            # For speed: the numbers of the other sentences are not read.
            for sentence, other in _with_same(quantity, sharing)
            if len((stated.stems & sentence.stems) - {quantity.text}) >= _LEAST_SHARED
        ]
        if not telling:
            continue
        telling.sort(key=lambda pair: -len(stated.stems & pair[0].stems))
        del telling[_MOST_TELLING:]
        yield from _units(stated, quantity, telling)
        yield from _limits(stated, quantity, telling)
        yield from _rates(stated, quantity, telling)
        # Who "ganó por 3-1" and who "perdió por 3-1" is compared in `result_check`.
        if not any(start <= quantity.start < end for start, end, _ in scores):
            signs = list(_signs(stated, quantity, telling, sentences))
            yield from signs or _directions(stated, quantity, telling)
        yield from _counted(stated, quantity, telling, near, sentences)
    yield from swapped_amounts(stated, near)


def _with_same(quantity: Quantity, sentences: Sequence[Worded]) -> list[tuple[Worded, Quantity]]:
    """Return the numbers of sentences that have a value of this one."""
    return [(s, q) for s in sentences for q in s.quantities if not quantity.values.isdisjoint(q.values)]


def _shares(stated: Worded, sentences: Sequence[Worded]) -> Iterator[Finding]:
    """Find "all" or "most" of something of which each sentence that tells the same has a part."""
    patterns = share_patterns(stated.lang)
    for share in ("all", "most"):
        for match in patterns[share].finditer(stated.text) if share in patterns else ():
            noun = _behind(stated, match.end())
            near = near_sentences(stated, sentences, without=stated.stems_in(*match.span()))
            if stated.lang == "ja":  # "橋脚すべて"
                noun |= stated.stems_in(max(0, match.start() - _HAN_COUNTED), match.start())
            if not noun or not near:
                continue
            # The article may say so of the same thing elsewhere.
            higher = [p for other, p in patterns.items() if _RANK[other] >= _RANK[share]]
            if any(
                noun & _behind(s, m.end()) or (s in near and stated.lang in ("zh", "ja", "ar", "ru"))
                for s in sentences
                for p in higher
                for m in p.finditer(s.text)
            ):
                continue
            lower = [p for other, p in patterns.items() if _RANK[other] < _RANK[share]]
            found = [
                (s, m.span())
                for s in near
                for p in lower
                for m in p.finditer(s.text)
                if noun
                & (_behind(s, m.end()) | s.stems_in(m.start() - _HAN_COUNTED * (s.lang == "ja") * 2, m.end()))
            ]
            if len({id(s) for s, _ in found}) == len(near):
                yield wording_finding(
                    stated, "quantifier", match.span(), found, "the article says it of a part"
                )


def _behind(text: Worded, place: int) -> set[str]:
    """The stems of the first content words behind an offset."""
    stems = [word.stem for word in text.words if word.start >= place and not word.stem[0].isdecimal()]
    return set(stems[:_COUNTED])


def _limits(stated: Worded, quantity: Quantity, same: Sequence[tuple[Worded, Quantity]]) -> Iterator[Finding]:
    """Find a number without its "up to"."""
    pattern = up_to_pattern(stated.lang)
    if pattern is None or pattern.search(_before(stated, quantity)):
        return
    # "Упала до 2,1 миллиарда": the end of a change, and no limit.
    found = [
        (s, q, m)
        for s, q in same
        if (m := pattern.search(_before(s, q))) and (s.lang not in _TO_AS_LIMIT or not _changes(s))
    ]
    if len(found) == len(same) and not _is_limited(stated, quantity):
        places = [(s, (max(0, q.start - _BEFORE) + m.start(), q.end)) for s, q, m in found]
        yield wording_finding(
            stated, "quantifier", (quantity.start, quantity.end), places, "the article says", severity="note"
        )


def _units(stated: Worded, quantity: Quantity, same: Sequence[tuple[Worded, Quantity]]) -> Iterator[Finding]:
    """Find a number with another unit or currency than in the article, also one that is not known as such."""
    if not quantity.units:
        return
    places = [(s, place) for s, q in same if (place := _other_unit(stated, quantity, s, q))]
    if len(places) == len(same):
        alike = same[0][0].share_of(stated.stems - stated.stems_in(quantity.start, quantity.end)) >= _ALIKE
        severity: Literal["error", "note"] = "error" if alike else "note"
        kind: FindingKind = "money" if quantity.is_money else "unit"
        if alike or quantity.is_money:  # many things take six seconds or six hours
            place = (quantity.start, quantity.end)
            yield wording_finding(stated, kind, place, places, "the article counts", severity=severity)


def _other_unit(stated: Worded, quantity: Quantity, text: Worded, other: Quantity) -> tuple[int, int] | None:
    """Return the place of a unit behind the same number that is another one; beside money any plural noun is."""
    if other.units:
        return None if quantity.has_compatible_unit(other) else (other.start, other.end)
    noun = _word_behind(text, other) if quantity.is_money else None
    # What the statement names beside its currency is what the money is for.
    return None if noun is None or text.stems_in(*noun.span()) & stated.stems else noun.span()


def _word_behind(text: Worded, quantity: Quantity) -> regex.Match[str] | None:
    """Return the word right behind a number if it looks like what is counted; `None` in scripts without spaces."""
    pattern = _PLURAL_NOUN.get(text.lang)
    return None if pattern is None else pattern.match(text.text, quantity.end)


def _is_limited(stated: Worded, quantity: Quantity) -> bool:
    """Whether any word before the number may limit it ("as many as", "a maximum of")."""
    return bool(
        regex.search(r"(?:as|maximum|most|to|höchstens|máximo|maximum|plus)\b", _before(stated, quantity))
    )


def _changes(text: Worded) -> bool:
    """Whether a text tells of a rise or fall."""
    patterns = direction_patterns(text.lang)
    return patterns is not None and any(pattern.search(text.text) for pattern in patterns)


def _before(text: Worded, quantity: Quantity) -> str:
    return text.text[max(0, quantity.start - _BEFORE) : quantity.start].rstrip()


def _rates(stated: Worded, quantity: Quantity, same: Sequence[tuple[Worded, Quantity]]) -> Iterator[Finding]:
    """Find "a day" where the article has "an hour"."""
    own = _rate(stated, quantity)
    if own is None:
        return
    others = [(sentence, _rate(sentence, other)) for sentence, other in same]
    if found := _opposed(stated, own[0], others):
        yield wording_finding(stated, "unit", own[1], found, "the article says")


def _opposed(
    stated: Worded, own: str, others: Sequence[tuple[Worded, tuple[str, tuple[int, int]] | None]]
) -> list[tuple[Worded, tuple[int, int]]]:
    """Return the places that have another value than `own`, if none has the same.

    Sentences that have none are passed over only where the nearest has one and is much like the statement.
    """
    found = [(sentence, other[1]) for sentence, other in others if other is not None]
    if not found or any(other is not None and other[0] == own for _, other in others):
        return []
    nearest, value = others[0]
    alike = value is not None and nearest.share_of(stated.stems) >= _ALIKE
    return found if len(found) == len(others) or alike else []


def _rate(text: Worded, quantity: Quantity) -> tuple[str, tuple[int, int]] | None:
    """Return the period that a number belongs to ("a day"), and its place."""
    patterns = rate_patterns(text.lang)
    start, end = text.clause_at(quantity.start)
    following = [q.start for q in text.quantities if q.start > quantity.start]
    end = min([end, quantity.end + _BEHIND, *following])
    places = [(quantity.end, end)]
    if text.lang in ("zh", "ja"):
        places.append((max(start, quantity.start - _HAN_RATE), quantity.start))
    else:  # "an annual dividend of 5"
        places.append((max(start, quantity.start - _BEFORE_RATE), quantity.start))
    found = [
        (m.start(), period, m.span())
        for a, b in places
        for period, pattern in patterns.items()
        for m in pattern.finditer(text.text, a, b)
    ]
    return min(found)[1:] if found else None


def _signs(
    stated: Worded,
    quantity: Quantity,
    telling: Sequence[tuple[Worded, Quantity]],
    sentences: Sequence[Worded],
) -> Iterator[Finding]:
    """Find a number with a minus that the article's has not, and the other way round.

    `telling`: the same number in the sentences that share words with the statement.
    """
    patterns = direction_patterns(stated.lang)

    def is_negative(text: Worded, q: Quantity) -> bool:
        return _minus(text, q) is not None

    def falls(text: Worded) -> bool:
        return patterns is None or patterns[1].search(text.text) is not None

    if quantity.spelled or quantity.exact:
        return
    own = is_negative(stated, quantity)
    if not own and falls(stated):
        return

    def differs(same: Sequence[tuple[Worded, Quantity]]) -> bool:
        return all(is_negative(s, q) != own and (not own or not falls(s)) for s, q in same)

    if differs(telling) and differs(same := _with_same(quantity, sentences)):
        places = [(s, (max(0, q.start - 1), q.end)) for s, q in same]
        minus = _minus(stated, quantity)
        start = quantity.start if minus is None else minus
        yield wording_finding(stated, "sign", (start, quantity.end), places, "the article says")


def _minus(text: Worded, quantity: Quantity) -> int | None:
    """Return the offset of the minus before a number; `None` if it has none."""
    start = max(0, quantity.start - BEFORE_MINUS)
    match = MINUS.search(text.text[start : quantity.start])
    return None if match is None else start + match.start()


def _directions(
    stated: Worded, quantity: Quantity, same: Sequence[tuple[Worded, Quantity]]
) -> Iterator[Finding]:
    """Find a number by which something rose where it fell, and the other way round."""
    own = _direction(stated, quantity)
    if own is None:
        return
    others = [(sentence, _direction(sentence, other)) for sentence, other in same]
    if found := _opposed(stated, own[0], others):
        yield wording_finding(stated, "sign", own[1], found, "the article says")


def _direction(text: Worded, quantity: Quantity) -> tuple[str, tuple[int, int]] | None:
    """Return whether the words near a number tell of a rise or a fall, and their place; `None` if neither or both."""
    changes, patterns = change_patterns(text.lang), direction_patterns(text.lang)
    if changes is None or patterns is None:
        return None
    if _minus(text, quantity) is not None:
        return "fall", (quantity.start, quantity.end)
    start, end = text.phrase_at(quantity.start)
    start, end = max(start, quantity.start - _NEAR_DIRECTION), min(end, quantity.end + _NEAR_DIRECTION)
    rise, fall = (pattern.search(text.text, start, end) for pattern in changes)
    if not (rise or fall):
        rise, fall = (pattern.search(text.text, start, end) for pattern in patterns)
    if bool(rise) == bool(fall):
        return None
    return ("rise", rise.span()) if rise else ("fall", fall.span())


def _counted(
    stated: Worded,
    quantity: Quantity,
    telling: Sequence[tuple[Worded, Quantity]],
    near: Sequence[Worded],
    sentences: Sequence[Worded],
) -> Iterator[Finding]:
    """Find a number before a noun that the article counts by another number, and that it counts nothing like.

    `telling`: the same number in the sentences that share words with the statement.
    """
    if min(quantity.values) < _LEAST_TELLING or quantity.units or quantity.exact:
        return
    if _ORDINAL.search(quantity.text):
        return
    noun = counted_nouns(stated, quantity)
    if not noun or not near or any(noun & _around(sentence, other) for sentence, other in telling):
        return
    found = [
        (sentence, (other.start, other.end))
        for sentence in near
        for other in sentence.quantities
        if quantity.values.isdisjoint(other.values)
        and noun & counted_nouns(sentence, other)
        # "the fourth hole and the eighth": the statement counts it by both.
        and not any(q.values & other.values and noun & counted_nouns(stated, q) for q in stated.quantities)
    ]
    same = _with_same(quantity, sentences) if found else []
    if found and not any(noun & _around(sentence, other) for sentence, other in same):
        place = (quantity.start, quantity.end)
        rest = {stem for stem in stated.stems if not stem[0].isdecimal()}
        is_copy = all(
            sentence.share_of(rest) >= _COPY and all(sentence is not other for other, _ in same)
            for sentence, _ in found
        )
        severity: Literal["error", "note"] = "error" if is_copy else "note"
        yield wording_finding(stated, "pairing", place, found, "the article counts", severity=severity)


def counted_nouns(text: Worded, quantity: Quantity) -> set[str]:
    """Return the stems of the content words right behind a number, up to the next number or the clause's end."""
    _, end = text.phrase_at(quantity.start)
    end = min([end, *(q.start for q in text.quantities if q.start > quantity.start)])
    if text.lang in ("zh", "ja"):
        end = min(end, quantity.end + _HAN_COUNTED)
    words = [w.stem for w in text.words if quantity.end <= w.start < end]
    return set(words[:_COUNTED])


def _around(text: Worded, quantity: Quantity) -> set[str]:
    start, end = text.clause_at(quantity.start)
    return text.stems_in(start, max(end, quantity.end + _BEHIND))
