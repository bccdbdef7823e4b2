"""What a statement adds to an article without contradicting it: such a name or number is a note, not an error.

These are common in true sentences that people write: a slip of the pen in a name, a first name or a title before a surname
("Senator Ana Ruiz", where the article has "Ruiz"), the country of a town ("Leeds, UK"), a sum or the rest of two numbers, the time
between two years.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations

import regex

from briefing.grounding.aliases import ALIASES, REGIONS
from briefing.grounding.amount_check import counted_nouns
from briefing.grounding.claim_check import Discrepancy
from briefing.grounding.comparison import Worded
from briefing.grounding.evidence import Backing
from briefing.quotations import cues_for
from briefing.text import Quantity, country_names, is_title

_PLACE_BEFORE = regex.compile(r"(\p{Lu}[\p{L}\p{M}.'’\-]*),\s$")
_WORD_BEFORE = regex.compile(r"([\p{L}\p{M}][\p{L}\p{M}.'’\-]*)\s$")
#: Characters before a name in which the word before it ends.
_BEFORE = 40
#: Content words that a sentence shares with a statement for two of its numbers to be subtracted.
_LEAST_SHARED = 2
#: Largest sum of two numbers, and least of these: "the four children".
_LARGEST_SUM, _LEAST_ADDEND = 10, 2
#: "Moscow Russian embassy": what stands before an adjective is no first name.
_ADJECTIVE = regex.compile(r"\p{L}+(?:ian|ese|ish|can)")
_YEAR = regex.compile(r"[12]\p{Nd}{3}(?![\p{Nd}.,])")
#: Characters between the years and the months of one time.
_BETWEEN = 6
#: More numbers of one thing are not added up, for the time that it takes.
_MOST_ADDENDS = 30


def is_elaboration(item: Discrepancy, stated: Worded, article: Backing, sentences: Sequence[Worded]) -> bool:
    """Whether a missing name or number is only misspelt, added to, or derived from what the article has.

    Args:
        item: the name or number, which the article lacks.
        stated: the statement.
        article: the whole article.
        sentences: its sentences.
    """
    if item.kind == "name":
        return (
            article.has_misspelling(item.text)
            or _completes_name(item.text, article)
            or _is_country_of_place(item.text, stated, article)
        )
    return item.kind == "number" and _is_derived(item.text, stated, sentences)


def _completes_name(name: str, article: Backing) -> bool:
    """Whether the article has the end of a name, and never another first name or the like before it; or all are titles."""
    words = name.split()
    missing = [place for place, word in enumerate(words) if not article.has_word(word)]
    kept = words[missing[-1] + 1 :] if missing else []
    if kept and _ADJECTIVE.fullmatch(kept[0]):
        return False
    if not kept:
        return all(is_title(word) for word in words)
    function_words = cues_for(article.lang).function_words
    found = False
    for match in regex.finditer(
        rf"(?<![\p{{L}}\p{{M}}\-]){regex.escape(kept[0])}(?![\p{{L}}\p{{M}}])", article.text
    ):
        found = True
        before = _WORD_BEFORE.search(article.text[max(0, match.start() - _BEFORE) : match.start()])
        if before is None or not before[1][0].isupper():
            continue
        word = before[1]
        if word not in words and word.lower() not in function_words and not is_title(word):
            return False
    return found


def _is_country_of_place(name: str, stated: Worded, article: Backing) -> bool:
    """Whether a name is a country behind a place that the article has: "Leeds, UK", but not "Spain, Italy"."""
    countries = country_names(stated.lang) | REGIONS

    def is_country(word: str) -> bool:
        key = word.casefold().replace(".", "")
        return not countries.isdisjoint({key, *ALIASES.get(key, ())})

    before = _PLACE_BEFORE.search(stated.text[: stated.text.find(name)])
    return (
        before is not None and is_country(name) and not is_country(before[1]) and article.has_word(before[1])
    )


def _is_span(quantity: Quantity, stated: Worded, sentences: Sequence[Worded]) -> bool:
    """Whether a number of years, months or percentage points lies between two numbers of a sentence that shares words.

    "For five years" of "from 1998 until 2003", "40 months" of "three years and four months", "0.7 points" of "17.5% from 18.2%".
    """
    for sentence in sentences:
        if len(stated.stems & sentence.stems) < _LEAST_SHARED:
            continue
        for one, two in combinations(sentence.numbers[:_MOST_ADDENDS], 2):
            for unit in quantity.units & _SPANS.keys():
                if any(
                    _SPANS[unit](one, two, a, b) in quantity.values for a in one.values for b in two.values
                ):
                    return True
    return False


def _years_between(one: Quantity, two: Quantity, first: Decimal, second: Decimal) -> Decimal | None:
    # "In" behind a year may be an inch.
    are_years = all(_YEAR.match(number.text) for number in (one, two))
    return abs(second - first) if are_years else None


def _months(one: Quantity, two: Quantity, first: Decimal, second: Decimal) -> Decimal | None:
    is_time = (
        "duration-year" in one.units and "duration-month" in two.units and two.start - one.end <= _BETWEEN
    )
    return first * 12 + second if is_time else None


def _points_between(one: Quantity, two: Quantity, first: Decimal, second: Decimal) -> Decimal | None:
    return abs(second - first) if "concentr-percent" in one.units & two.units else None


#: What lies between two numbers, by the unit that it is counted in.
_SPANS = {
    "duration-year": _years_between,
    "duration-month": _months,
    "concentr-percentage-point": _points_between,
}


def _is_derived(number: str, stated: Worded, sentences: Sequence[Worded]) -> bool:
    """Whether a whole number is what remains of another one in the statement, or a sum of two numbers of the same thing."""
    quantity = next((q for q in stated.quantities if q.text == number), None)
    if quantity is not None and quantity.units & _SPANS.keys():
        return _is_span(quantity, stated, sentences)
    if quantity is None or quantity.units or len(quantity.values) != 1:
        return False
    [value] = quantity.values
    others = {one for q in stated.quantities if q is not quantity for one in q.values}
    for sentence in sentences:
        if len(stated.stems & sentence.stems) < _LEAST_SHARED:
            continue
        values = {one for q in sentence.quantities for one in q.values}
        if any(whole in values and whole - value in values for whole in others):
            return True
    if value > _LARGEST_SUM:
        return False
    nouns = counted_nouns(stated, quantity)
    addends: list[Decimal] = [
        min(q.values)
        for sentence in sentences
        for q in sentence.quantities
        if not q.units and min(q.values) >= _LEAST_ADDEND and nouns & counted_nouns(sentence, q)
    ]
    return any(one + two == value for one, two in combinations(addends[:_MOST_ADDENDS], 2))
