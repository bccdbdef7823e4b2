"""Scripts that are written without spaces between words, as classes of characters for `regex`."""

import regex

#: Inside a character class, as in ``regex.compile(f"[{UNSPACED}]")``.
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
#: One character of such a script.
UNSPACED_CHARACTER = regex.compile(f"[{UNSPACED}]")
