"""Expand the pointers in a text that a model wrote: ``‹q2›`` stands for a quotation, ``‹q2: words›`` for a part of it."""

from __future__ import annotations

import regex

from briefing.grounding.alignment import Locator, Match, Status
from briefing.grounding.findings import Finding
from briefing.grounding.quotation_check import QuotedText, check_quotations
from briefing.grounding.resolution import Grounding, quotation_by_id
from briefing.quotations import Quotation
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import primary_subtag

_OPENING, _CLOSING = "\"“”„‟«»＂〝「｢﹁『﹃‘‚‛'＇`", '"“”‟«»＂〞〟」｣﹂』﹄'
_OPEN = rf"(?:''|``|,,|<<|«\s|[{_OPENING}])"
# An apostrophe inside a word closes nothing.
_CLOSE = rf"(?P<stop>[.,;!?…。，]?)(?:''|>>|\s?»|[{_CLOSING}]|['’‘＇`´](?!\w))"
# "(Q2)" is a quarter; other brackets may hold a capital.
_ANY_CASE, _LOWER_CASE = (rf"\s*(?P<id>{q}\s?\d{{1,6}}(?!\d))\s*" for q in ("[qQ]", "q"))
_BRACKETS = ["<>", "⟨⟩", "〈〉", "【】", "［］", ("\\[", "\\]"), ("\\{", "\\}")]
_BRACKETED = "|".join(
    [
        rf"‹{_ANY_CASE}[:：,;|–—-]?\s*(?P<part>[^‹›]*?)\s*›",
        *(rf"{a}{_ANY_CASE}(?:[:：]\s*(?P<part>[^{a}{b}]*?)\s*)?{b}" for a, b in _BRACKETS),
        rf"[(（]{_LOWER_CASE}(?:[:：]\s*(?P<part>[^()（）]*?)\s*)?[)）]",
        rf"(?:‹|<|&lt;|\[){_ANY_CASE}(?:›|>|&gt;|\])",
    ]
)
_BARE = rf"{_LOWER_CASE}(?:[:：]\s*(?P<part>.{{1,1000}}?))?"
_POINTER = regex.compile(rf"{_OPEN}(?:{_BRACKETED}|{_BARE}){_CLOSE}|{_BRACKETED}")
#: Every pointer has this: a fast check that few texts pass.
_ID = regex.compile(r"[qQ]\s?\d")
_UNEXPANDED = regex.compile(r"‹[qQ]\s?\d{1,6}(?:: [^‹›]*)?›")
_BETWEEN = '[^"“”„‟«»＂〝〞〟「」｢｣﹁﹂『』﹃﹄‹›]'
_QUOTED = rf'["“”„‟«»＂〝「｢﹁『﹃](?P<words>{_BETWEEN}+)[{_CLOSING}]'
_COPIED_BEFORE, _COPIED_BEHIND = regex.compile(rf"{_QUOTED}\s?$"), regex.compile(rf"\s?{_QUOTED}")

_PAIRS = frozenset(
    "“” ‘’ „“ „” ”” ’’ ‚‘ ‚’ «» »« ‹› ›‹ 「」 『』 ﹁﹂ ﹃﹄ ｢｣ 〝〟 〝〞 \"\" '' ＂＂".split()  # noqa: SIM905
)
_MARK_BEFORE = regex.compile(r"(\p{Po}|\p{Pi}|\p{Pf}|\p{Ps})[ \u00a0\u202f]?$")
_MARK_BEHIND = regex.compile(r"[ \u00a0\u202f]?(\p{Po}|\p{Pi}|\p{Pf}|\p{Pe}|\p{Ps})")
_COMMAS = ",;，、،"
_STOP = regex.compile(r"(?<=[^.…])[.,;。，、،]$")
_GOES_ON = regex.compile(r"\s?[\p{L}\p{N}\p{Pd}(]")


def expand_pointers(text: str, grounding: Grounding) -> tuple[str, list[QuotedText]]:
    """Put the source's words in the place of each pointer to a quotation, between the source's quotation marks.

    A pointer is an id in brackets or quotation marks (``‹q2›``, ``[q2]``, ``"q2"``), alone or with a part of the
    quotation's words (``‹q2: no choice›``). One beside a copy of such words stands for these. A comma or full stop at the
    quotation's end is left out if the text has its own.

    Args:
        text: a statement, headline or value.
        grounding: holds the source and the quotations that have ids.

    Returns:
        The text, and the places that were pointed at, in order. One whose id is unknown, or whose words are not in that
        quotation, has a `Finding`, and is written as ``‹q2›`` or ``‹q2: words›``.
    """
    pieces: list[str] = []
    found: list[QuotedText] = []
    done = length = 0
    for pointer in _POINTER.finditer(text):
        if pointer.start() < done:
            continue
        (start, end), part = pointer.span(), pointer["part"]
        quotation = quotation_by_id(pointer["id"], grounding)
        match = None if quotation is None else _located(part, quotation, grounding.source)
        if quotation is not None and not part and (copy := _copied(text, done, start, end, quotation)):
            (start, end), match = copy[0], _located(copy[1], quotation, grounding.source) or match
        if quotation is None or match is None:
            opening, words, closing = "", f"‹{pointer['id']}{f': {part}' if part else ''}›", ""
        else:
            opening, closing = _marks_around(quotation, grounding.source)
            words = _without_stop(match.text, pointer["stop"] or "", text[end:])
        pieces += [text[done:start], opening, words, closing]
        begin = length + start - done + len(opening)
        done, length = end, begin + len(words) + len(closing)
        wrong = () if match is not None else (_finding(begin, words, pointer["id"], part, quotation),)
        match = match or Match(status="unverified", spans=(), text="")
        found.append(QuotedText(begin, begin + len(words), match, quotation, wrong, is_pointed=True))
    return "".join([*pieces, text[done:]]), found


def resolve_quotations(text: str, grounding: Grounding) -> tuple[str, list[QuotedText]]:
    """Return a written text with its pointers expanded and its quotations checked, and these quotations in order."""
    text, pointed = expand_pointers(text, grounding) if _ID.search(text) else (text, [])
    return check_quotations(text, grounding.source, primary_subtag(grounding.language), pointed)


def blank_pointers(text: str) -> str:
    """Return a text with spaces in the place of pointers that `expand_pointers` has left in it; offsets stay."""
    return _UNEXPANDED.sub(lambda pointer: " " * len(pointer[0]), text) if "‹" in text else text


def _located(part: str | None, quotation: Quotation, source: Source) -> Match | None:
    """Return the place of a part of a quotation's words, or of the whole; `None` if it does not have these words."""
    if not part:
        status: Status = "exact" if len(quotation.spans) == 1 else "elided"
        return Match(status=status, spans=quotation.spans, text=quotation.text)
    for ignore_case in (False, True):
        for span in quotation.spans:
            if inside := Locator(span.text, ignore_case=ignore_case).verbatim(part):
                place = inside.spans[0]
                moved = Span.of(source.text, place.start + span.start, place.end + span.start)
                return Match(status=inside.status, spans=(moved,), text=moved.text)
    copied = Locator(quotation.text, ignore_case=True).verbatim(part)
    # All words of a quotation that a reporting clause splits; a last stop may be missing.
    is_whole = copied is not None and len(copied.text) >= len(quotation.text) - 1
    return _located(None, quotation, source) if is_whole else None


def _copied(
    text: str, done: int, start: int, end: int, quotation: Quotation
) -> tuple[tuple[int, int], str] | None:
    """Return the place of a pointer together with a copy of the quotation's words beside it, and these words."""
    behind, before = _COPIED_BEHIND.match(text, end), _COPIED_BEFORE.search(text, done, start)
    for copy, place in (
        (behind, (start, behind and behind.end())),
        (before, (before and before.start(), end)),
    ):
        if copy and any(
            Locator(span.text, ignore_case=True).verbatim(copy["words"]) for span in quotation.spans
        ):
            return place, copy["words"]
    return None


def _marks_around(quotation: Quotation, source: Source) -> tuple[str, str]:
    """Return the marks around a quotation in the source, with the spaces inside them; “ and ” if they are uncertain."""
    start, end = quotation.spans[0].start, quotation.spans[-1].end
    opening = _MARK_BEFORE.search(source.text, max(start - 2, 0), start)
    closing = _MARK_BEHIND.match(source.text, end)
    if opening and closing and opening[1] + closing[1] in _PAIRS:
        return opening[0], closing[0]
    return "“", "”"


def _without_stop(words: str, stop: str, behind: str) -> str:
    """Return quoted words with the stop that suits the text behind them; `stop` is the model's own, inside of its marks."""
    bare: str = _STOP.sub("", words)
    if stop:
        return bare + stop if bare != words or words[-1:].isalnum() else words
    if behind[:1] in tuple(".,;:!?。，、：；") or (words[-1:] in _COMMAS and not _GOES_ON.match(behind)):
        return bare
    return words


def _finding(
    start: int, words: str, identifier: str, part: str | None, quotation: Quotation | None
) -> Finding:
    return Finding(
        kind="quotation",
        text=words,
        start=start,
        end=start + len(words),
        source=() if quotation is None else quotation.spans,
        message=f"there is no quotation {identifier}"
        if quotation is None
        else f"the quotation {identifier} does not have the words {part!r}",
    )
