"""Character classes of scripts."""

from __future__ import annotations

import re
import sys

import regex

from briefing.text.scripts import COMMON_LETTERS, has_common_letters


def test_common_letters_are_all_letters_of_texts_that_have_only_these() -> None:
    """In such a text `re` finds the words that `regex` finds with combining marks."""
    characters = filter(has_common_letters, map(chr, range(sys.maxunicode + 1)))
    text = "\n".join(characters)
    assert regex.findall(r"[\p{L}\p{M}]", text) == re.findall(f"[{COMMON_LETTERS}]", text)
    assert text.count("\n") > 1000


def test_letters_of_other_scripts_are_not_common() -> None:
    """Nor are combining marks, which would part words."""
    assert not any(map(has_common_letters, ("e\u0301", "α", "字", "م", "ก")))
    assert has_common_letters("“Ils ont été – déjà – à Łódź”, сказал он…")
