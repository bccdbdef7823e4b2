"""Where a passage may begin and end: not inside a word or number, nor between a number and its sign or unit.

"non-profit", "4.2", "10–15", "−€5", "5 km²", "30万", "10**2", "can't", "n'est", "不同意" and "できません" are one word each.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import regex

from briefing.text.negation import NEGATING_ENDINGS, NEGATING_PREFIXES
from briefing.text.number_words import CURRENCIES, SCALE, UNIT, UNSPACED_SCALE
from briefing.text.scripts import UNSPACED_CHARACTER

#: Invisible characters, among them the optional joiners of Persian and of Indic scripts.
INVISIBLE = (
    "\u00ad\u061c\u0640\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069"
    "\ufe00\ufe01\ufe02\ufe03\ufe04\ufe05\ufe06\ufe07\ufe08\ufe09\ufe0a\ufe0b\ufe0c\ufe0d\ufe0e\ufe0f\ufeff"
)
_MARK = regex.compile(r"\p{M}")
_NUMERIC = regex.compile(r"\p{N}")
_PARTED = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{N}][\p{Latin}\p{Cyrillic}\p{Greek}\p{N}\p{M}]")
_CURRENCY_SIGN = regex.compile(r"\p{Sc}")
_HYPHENS = frozenset("-‐‑‒–−﹘﹣－⁃־֊゠")
#: Characters that join letters to one word besides hyphens: "AT&T", "and/or", "ann@example".
_JOINERS = _HYPHENS | frozenset("&/_@·")
#: Characters between two digits of one number, range, power, product, time or date.
_IN_NUMBERS = frozenset(".,:/'’′٫٬\u00a0\u202f\u2009~～〜*^×·⋅⁄∕∶÷±…—―\u2062\u2063\u2064") | _HYPHENS
_APOSTROPHES = "'’‘‛ʼʹ＇´`′ꞌ՚"
_CLIPPED_NOT = regex.compile(
    rf"(?:[{_APOSTROPHES}\"”„‚″]|(?<=[nN])\s[{_APOSTROPHES}])[{INVISIBLE}]*[tT](?![\p{{L}}\p{{N}}])"
)
#: "Can not", as two words.
_NOT_AFTER = regex.compile(r"\s+not(?!\p{L})")
_AUXILIARY = regex.compile(
    r"(?<!\p{L})(?i:can|could|do|does|did|is|are|was|were|am|will|would|shall|should|may|might|must|have|has|had)$"
)
#: Hebrew abbreviations and names with an apostrophe; letters with a full stop ("p.m."); Irish names.
_HEBREW_MARK = regex.compile(r"(?<=\p{Hebrew})(?:['׳’](?=\p{Hebrew})|[\"״”“](?=\p{Hebrew}(?!\p{Hebrew})))")
_INITIALS = regex.compile(r"(?<=(?<!\p{L})\p{L})\.(?=\p{L}(?!\p{L}))")
_IRISH = regex.compile(rf"(?<=(?<!\p{{L}})O)[{_APOSTROPHES}](?=\p{{Lu}})")
_MARKS_IN_WORDS = (_HEBREW_MARK, _INITIALS, _IRISH)
_CHARACTERS_IN_WORDS = frozenset(f'{_APOSTROPHES}׳"״”“.')
#: French "n'" before a verb.
_ELIDED_NOT = regex.compile(rf"(?<![\p{{L}}\p{{N}}])[nN][{_APOSTROPHES}]$")
#: A dash behind one of these makes no pause.
_PREFIX = regex.compile(
    r"(?<!\p{L})(?i:non|not|nicht|un|anti|pseudo|quasi|semi|half|counter|ex|não|no|не)(?:[—―]|[-‐‑–—―]\s)?$"
)
_WRAPPED_BEFORE = regex.compile(r"[\p{L}\p{N}][-‐‑\xad]\s*\n\s*$")
_WRAPPED_AFTER = regex.compile(r"[-‐‑\xad]\s*\n\s*\p{Ll}")

_BLANK = r"(?:[^\S\n]+|[^\S\n]*\n[^\S\n]*)"
_OPERATORS = r"(?:\*\*|[×·⋅∙*^/⁄∕∶÷±xX])"
_TO = r"(?:to|bis|à|a|до|til|tot)"
_SIGNS = "-‐‑‒–−﹣－+＋±~≈<>≤≥≠#№§▲△▼▽➖➕˗⁻⁺"
#: Behind a number, what belongs to it.
_AFTER_NUMBER = regex.compile(
    rf"[+＋⁺⁻^#]|−(?![\p{{L}}\p{{N}}])|{_BLANK}?[%‰‱٪％°º℃℉㍱-㏿\p{{Sc}}\p{{No}}]|{_BLANK}?{_OPERATORS}{_BLANK}?\p{{N}}"
    rf"|[-‐‑‒–—−~～]\p{{Sc}}\p{{N}}|{_BLANK}(?:[-‐‑‒–−~～]|{_TO}){_BLANK}\p{{Sc}}?\p{{N}}|(?<=(?<!\p{{N}})\p{{N}}{{1,3}}){_BLANK}\p{{N}}{{3}}(?!\p{{N}})"
    rf"|{_BLANK}?(?:{UNSPACED_SCALE}|(?:{SCALE}|{UNIT})(?![\p{{L}}\p{{M}}'’]))"
)
#: Before a number, what belongs to it.
_BEFORE_NUMBER = regex.compile(
    rf"(?:(?<![\p{{L}}\p{{N}}])[{_SIGNS}]|[−±≈≤≥]{_BLANK}|\p{{Sc}}{_BLANK}?|\p{{N}}{_BLANK}?{_OPERATORS}{_BLANK}?"
    rf"|[%٪°]|\p{{N}}[%‰]?{_BLANK}(?:[-‐‑‒–−~～]|{_TO}){_BLANK}|(?<![\p{{L}}\p{{N}}.…])[.,٫]|(?<!\p{{L}})(?:{'|'.join(CURRENCIES)}|Rs\.?|kr\.?|Rp|RM|Fr\.){_BLANK}?"
    rf"|(?<!\p{{L}})(?i:minus|moins|menos|meno|минус|мінус|سالب|ناقص|מינוס|माइनस){_BLANK}|第|[负負]|零下|マイナス|分之|分の)$"
)
_BEFORE_CURRENCY = regex.compile(
    rf"(?:(?<![\p{{L}}\p{{N}}])[{_SIGNS}]|−{_BLANK}|\p{{L}}|\p{{N}}%?(?:[-‐‑‒–—~～]|{_BLANK}(?:[-–]|{_TO}){_BLANK}))$"
)
_START_OF_NUMBER = regex.compile(r"[.,٫]?\p{N}")
_GROUP = regex.compile(r"\p{N}{3}(?!\p{N})")
_BEFORE_GROUP = regex.compile(rf"(?<!\p{{N}})\p{{N}}{{1,3}}{_BLANK}$")
#: Behind a letter: "A+", "C#", "m^2", and the blood group "A−".
_AFTER_LETTER = regex.compile(
    r"[+＋⁺⁻#^]|−(?![\p{L}\p{N}])|(?<=(?<![\p{L}\p{N}])(?:[A-FO]|AB|Rh))-(?![\p{L}\p{N}])"
)
_NUMBER_WORD = regex.compile(
    r"(?<!\p{L})(?i:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\p{L}{3,5}teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|"
    r"hundred|thousand|half\sa|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf|\p{L}+zig|dreißig|hundert|deux|trois|quatre|cinq|sept|"
    r"huit|dix|vingt|trente|quarante|cinquante|cent|dos|tres|cuatro|cinco|ocho|nueve|diez|veinte|treinta|cien|два|две|три|четыре|пять|"
    r"шесть|семь|восемь|девять|десять)$"
)
_SCALE_AFTER = regex.compile(rf"{_BLANK}(?:{SCALE}|thirds|quarters|fifths|tenths)(?!\p{{L}})")
_HALF = regex.compile(r"(?<!\p{L})(?i:half|quarter\sof|third\sof)\s$")
_A_SCALE = regex.compile(rf"an?{_BLANK}(?:{SCALE})(?!\p{{L}})")
#: Behind the sign of a number: the rest of a range, or a scale of degrees.
_SIGNED = regex.compile(r"\p{N}\s?[%‰°\p{Sc}]$")
_AFTER_SIGN = regex.compile(r"[-‐‑‒–—~～]\s?\p{Sc}?\p{N}|\s?[CFK](?![\p{L}])")
_UNIT_PER = regex.compile(r"/\p{L}")
_UNIT_BEFORE = regex.compile(rf"\p{{N}}{_BLANK}?(?:{UNIT})$")
_HAN_NUMERALS = frozenset("〇零一二三四五六七八九十百千万萬亿億兆两兩")
_UNSPACED_RANGE = regex.compile(r"(?:から|至|到|ないし)\p{N}")
_UNSPACED_RANGE_BEFORE = regex.compile(r"\p{N}(?:から|至|到|ないし)$")
_SCALES = frozenset("百千万萬亿億兆")
#: Counters and units that follow a number without a blank.
_COUNTER = regex.compile(
    r"[\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}十百千万萬亿億兆年月日号號点點时時分秒人名位个個只隻件台辆輛元円圆圓块塊米克吨噸升度倍割成折岁歳歲周週次"
    r"回届屆层層楼樓階章条條頁页本枚匹頭头家所校戸户世代番歩步冊册種种公厘毫平立美欧歐港余餘多数數几幾]"
)
#: Longest context, in characters, of what belongs to a number.
_CONTEXT = 24
#: An opening mark is searched for in so many characters before a mark behind a digit.
_BEFORE_MARK = 1500


@lru_cache(maxsize=16)  # a role is located in the article, and then looked for near a name
def inside_word(text: str, at: int) -> bool:
    """Whether a cut at `at` falls into a word or number, or between a number and its sign or unit.

    Such a cut might change the meaning.
    """
    i, j = at - 1, at
    while i >= 0 and text[i] in INVISIBLE:
        i -= 1
    while j < len(text) and text[j] in INVISIBLE:
        j += 1
    if i < 0 or j >= len(text):
        return False
    left, right = text[i], text[j]
    if left.isspace() and right.isspace():
        return False
    if _MARK.match(right):
        return not left.isspace()
    if _in_word(left) and _in_word(right):
        if UNSPACED_CHARACTER.match(left) or UNSPACED_CHARACTER.match(right):
            denies = text.endswith(NEGATING_PREFIXES, 0, i + 1) or NEGATING_ENDINGS.match(text, j)
            return bool(denies) or _is_unspaced_number(text, i, j)
        return True
    head = text[max(0, i + 1 - _CONTEXT) : i + 1]
    return _cuts_joined_word(text, i, j, head) or _cuts_number(text, i, j, head)


def parts_word(text: str, at: int) -> bool:
    """Whether a cut at `at` has letters or digits of Latin, Cyrillic or Greek script on both sides, marks included.

    In these scripts, nothing that the library finds begins or ends so. `inside_word` knows more words, and is a guess.
    """
    if not 0 < at < len(text):
        return False
    left, right = text[at - 1], text[at]
    if left.isascii() and right.isascii():
        return left.isalnum() and right.isalnum()
    return _PARTED.match(text, at - 1) is not None


def _cuts_joined_word(text: str, i: int, j: int, head: str) -> bool:
    """Whether a cut between two characters, of which one is no letter, falls into "non-profit", "can't" or the like."""
    left, right = text[i], text[j]
    before, after = _visible(text, i, -1), _visible(text, j, 1)
    if _joins(before, left, right) or _joins(left, right, after):
        return True
    if any(
        text[place] in _CHARACTERS_IN_WORDS and any(mark.match(text, place) for mark in _MARKS_IN_WORDS)
        for place in (i, j)
    ):
        return True
    if _in_word(left):
        wrapped = right in "-‐‑" and _WRAPPED_AFTER.match(text, j)
        dashed = right in "—―" and _in_word(after) and _PREFIX.search(head)
        return bool(wrapped or dashed or _CLIPPED_NOT.match(text, j))
    if not _in_word(right):
        return False
    wrapped = left.isspace() and "\n" in head and _WRAPPED_BEFORE.search(head)
    dashed = (left in "—―" or (left.isspace() and before in "-‐‑–—―")) and _PREFIX.search(head)
    degrees = left == "°" and _NUMERIC.match(before)
    elided = head.removesuffix("\n")[-1:] in _APOSTROPHES and _ELIDED_NOT.search(head)
    return bool(wrapped or dashed or degrees or elided)


def _cuts_number(text: str, i: int, j: int, head: str) -> bool:
    """Whether a cut between two characters parts a number and its sign, unit, currency, power or scale."""
    left, right = text[i], text[j]
    if _NUMERIC.match(left):
        return _AFTER_NUMBER.match(text, j) is not None or is_measure(text, j)
    if left.isalpha() and (
        _AFTER_LETTER.match(text, j)
        or (right.isspace() and _NOT_AFTER.match(text, j) and _AUXILIARY.search(head))
        or (right.isspace() and _SCALE_AFTER.match(text, j) and _NUMBER_WORD.search(head))
        or (_UNIT_PER.match(text, j) and _UNIT_BEFORE.search(head))
    ):
        return True
    if _A_SCALE.match(text, j) and _HALF.search(head):
        return True
    if _SIGNED.search(head) and _AFTER_SIGN.match(text, j):
        return True
    if _START_OF_NUMBER.match(text, j):
        grouped = _GROUP.match(text, j) and _BEFORE_GROUP.search(head)
        return bool(grouped or _BEFORE_NUMBER.search(head))
    if _CURRENCY_SIGN.match(right):
        return _BEFORE_CURRENCY.search(head) is not None
    if left == "^" or (left == right and left in "+*"):
        return True
    # A quote that begins with the scale of a number in words: "million people" of "thirty million people".
    number = head.rstrip()
    if not number[-1:].isalpha():
        return False
    place = i + 1 - (len(head) - len(number))
    return bool(left.isspace() and _SCALE_AFTER.match(text, place) and _NUMBER_WORD.search(number))


def _is_unspaced_number(text: str, i: int, j: int) -> bool:
    """Whether a number goes on across a cut where no blanks part words: "30|万", "第|3", "三|億", "3年|半"."""
    left, right = text[i], text[j]
    numeral = right in _HAN_NUMERALS or _NUMERIC.match(right)
    if _NUMERIC.match(left) or left in _HAN_NUMERALS:
        return bool(
            (_NUMERIC.match(left) and _COUNTER.match(right))
            or (left in _HAN_NUMERALS and (right in _HAN_NUMERALS or right in "成割倍折余餘多数數几幾"))
            or (left in _SCALES and numeral)
            or text.startswith(("分之", "分の"), j)
            or _UNSPACED_RANGE.match(text, j)
        )
    if numeral and _UNSPACED_RANGE_BEFORE.search(text[max(0, i - 3) : i + 1]):
        return True
    if numeral and text.endswith(("第", "负", "負", "零下", "マイナス", "分之", "分の"), 0, i + 1):
        return True
    before = text[i - 1 : i]
    return (
        right == "半"
        and left in "年月日個个時时点點"
        and bool(_NUMERIC.match(before) or before in _HAN_NUMERALS)
    )


def _visible(text: str, at: int, step: int) -> str:
    """Return the next visible character before or behind `at`, empty at the text's end."""
    at += step
    while 0 <= at < len(text) and text[at] in INVISIBLE:
        at += step
    return text[at] if 0 <= at < len(text) else ""


def _joins(left: str, middle: str, right: str) -> bool:
    """Whether the middle one of three characters joins its neighbours to one word or number."""
    if left.isdigit() and right.isdigit():
        return middle in _IN_NUMBERS
    return middle in _JOINERS and _in_word(left) and _in_word(right)


def _in_word(char: str) -> bool:
    return char.isalnum() or bool(_MARK.match(char))


_SINGLE, _DOUBLE = frozenset("'’′´`ʼ‘‛＇‚"), frozenset('"”″“„‟＂')
_PRIMES = frozenset("′″")
_LAST_SINGLE, _LAST_DOUBLE = (
    regex.compile(f"(?r)[{''.join(sorted(marks))}]") for marks in (_SINGLE, _DOUBLE)
)


def is_measure(text: str, at: int) -> bool:
    """Whether the mark at `at`, right behind a digit, stands for feet, inches, minutes or seconds: it closes nothing."""
    mark = text[at : at + 1]
    if mark not in _SINGLE | _DOUBLE or mark in "“„‘‚" or not mark:
        return False
    after = text[at + 1 : at + 2]
    if not text[at - 1 : at].isdigit() or (after.isalpha() and after not in "xX"):
        return False
    return mark in _PRIMES or not _closes(text, at)


def _closes(text: str, at: int) -> bool:
    """Whether a mark of the same family is open before `at` in its line."""
    last = _LAST_SINGLE if text[at] in _SINGLE else _LAST_DOUBLE
    low = max(0, at - _BEFORE_MARK)
    low = max(low, text.rfind("\n", low, at) + 1)
    while match := last.search(text, low, at):
        at = match.start()
        before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
        if not before.isalnum() and not after.isspace():
            return True
        if not (before.isalnum() and after.isalpha()):
            return False
    return False


def _marks_behind_digits(text: str, start: int, end: int) -> Iterator[tuple[bool, bool]]:
    """Yield for each mark whether it is a double one, and whether it closes a quotation."""
    for at in range(max(start, 1), end):
        if text[at] in _SINGLE | _DOUBLE and text[at - 1].isdigit():
            yield text[at] in _DOUBLE, text[at] not in _PRIMES and _closes(text, at)


def same_measures(quote: str, text: str, start: int, end: int) -> bool:
    """Whether a quote has the marks behind digits that the passage has: 6' is not 6".

    The quote and the passage are equal, typography aside. Marks of quotations may differ.
    """
    while end < len(text) and text[end] in _SINGLE | _DOUBLE:
        end += 1
    ours = list(_marks_behind_digits(quote.replace("\n", " "), 0, len(quote)))
    theirs = list(_marks_behind_digits(text, start, end))
    pairs = zip(ours, theirs, strict=False)
    if any(one[0] != other[0] and not (one[1] and other[1]) for one, other in pairs):
        return False
    # A mark more at the quote's end closes the quote, unless it may be a prime.
    in_marks = quote.lstrip()[:1] in _SINGLE | _DOUBLE | {"«", "»"}
    return in_marks or quote.rstrip()[-1:] in "’”“‘" or all(closes for _, closes in ours[len(theirs) :])
