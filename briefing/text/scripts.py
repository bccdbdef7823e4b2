"""Scripts with properties that matter for reading text, as character classes and patterns."""

import re

import regex

#: Scripts without spaces between words, for use inside a character class: ``regex.compile(f"[{UNSPACED}]")``.
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
#: One character of a script without spaces.
UNSPACED_CHARACTER = regex.compile(f"[{UNSPACED}]")
#: Most of the same characters as plain ranges, for `re`, which searches text that has none of them ten times as fast.
UNSPACED_RANGES = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
#: One character whose script lets words touch quotation marks: Korean writes particles right behind a mark.
MARK_TOUCHING_CHARACTER = regex.compile(rf"[{UNSPACED}\p{{Hangul}}]")
#: Letters of Latin and Cyrillic script, for a character class. A text with no other letters (`has_common_letters`) has no combining marks,
#: and `re` finds the words that `regex` finds as ``\p{L}+``, in half the time.
COMMON_LETTERS = "A-Za-zªµºÀ-ÖØ-öø-\u02af\u0400-\u0481\u048a-\u052f"
_COMMON = re.compile("[\0-\u02af\u0400-\u0482\u048a-\u052f\u2000-\u2070\u20a0-\u20c0]*")
#: One character that says about as much as two Latin letters.
DENSE_CHARACTER = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")


def has_common_letters(text: str) -> bool:
    """Whether a text has no letters but `COMMON_LETTERS`, and no combining marks."""
    return text.isascii() or _COMMON.fullmatch(text) is not None
