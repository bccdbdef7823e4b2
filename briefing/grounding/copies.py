"""Statements that copy a sentence of the article: most checks cannot find anything in them and are skipped.

Small models copy most of what they write. A finding of wording is made only if each sentence that tells the same differs in one way
from the statement, and the sentence that a statement is copied from is always one of these.
"""

from __future__ import annotations

from collections.abc import Iterable

import regex

from briefing.grounding.claim_check import names
from briefing.grounding.comparison import Worded
from briefing.grounding.evidence import Backing
from briefing.text import CLOCK, SENTENCE_END, TWELVE_HOUR_CLOCK, can_compare

#: Around a copy: no word or number goes on there.
_BEFORE, _BEHIND = regex.compile(r"(?<![^ \n])"), regex.compile(r"[,;:.!?)]*(?![^ \n])")


def copied_from(stated: Worded, sentences: Iterable[Worded]) -> Worded | None:
    """Return the first sentence that has the words of a statement in a row, character by character; `None` if none has."""
    text = stated.text
    for sentence in sentences:
        if text in sentence.text:
            start = sentence.text.find(text)
            if _BEFORE.match(sentence.text, start) and _BEHIND.match(sentence.text, start + len(text)):
                return sentence
    return None


def is_backed_copy(stated: Worded, backing: Backing) -> bool:
    """Whether a statement is the whole evidence, and has no number, date, name or negation that this lacks.

    The evidence has what is read in it, unless this is looked up in another way than it is read: a time of day, a name, a date in a
    text without capitals; negations are compared by the sentence.
    """
    text, lang = stated.text, stated.lang
    return (
        text == backing.text
        and lang == backing.lang
        and not text.islower()
        and not CLOCK.search(text)
        and not TWELVE_HOUR_CLOCK.search(text)
        and not (can_compare(lang) and ("\n" in text or SENTENCE_END.search(text)))
        and all(backing.has_word(word) for name in names(text, lang) for word in name.split())
    )
