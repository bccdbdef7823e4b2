"""The opposite of what sentences say, where no word list of `briefing.text.polarity` tells it: kind "polarity".

- Somebody confirms or admits in the statement what he denies in the article, or the other way round. In English, German, French,
  Spanish, Russian, Chinese, Japanese and Arabic.
- A verdict, a vote, or what opens or closes is the opposite. In Italian, Portuguese, Dutch, Russian, Chinese and Japanese.
- A negation is dropped or added in a near copy. In the languages of `clause_negation`; `claim_check` does it for English, German, French
  and Spanish.

There is a finding only if each sentence that tells the same differs in this way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import regex

from briefing.grounding.comparison import Worded, wording_finding
from briefing.grounding.findings import Finding
from briefing.text import clause_negation, negation_pattern, opposite_patterns, saying_patterns

#: Share of the statement's content words that a sentence has, beside the verb of saying; and that a near copy has, of words or
#: of pairs of characters, of which another tense changes several.
_SAME, _COPY, _COPY_HAN = 0.6, 0.7, 0.6
#: Content words that both share, at least; and how much less a share than the best one is enough.
_LEAST_SHARED, _BEHIND_BEST = 2, 0.15
#: Characters behind a negation in which the word begins that it negates.
_REACH, _REACH_HAN = 14, 4
#: Between a Japanese noun, or its last kana, and its negation: forms of "do", no other verb and no subject.
_DO = regex.compile(r"[めりいけみき]?[にはをと]*[さしせれできてい]*")
_UNSPACED = frozenset(("zh", "ja"))


def check_polarity(stated: Worded, sentences: Sequence[Worded]) -> Iterator[Finding]:
    """Yield the finding that a statement says the opposite of the sentences which tell the same; at most one."""
    yield from _denied(stated, sentences) or _negated(stated, sentences)


def _denied(stated: Worded, sentences: Sequence[Worded]) -> list[Finding]:
    """Find "confirmed" where the article has "denied", and other opposites."""
    pairs = opposite_patterns(stated.lang)
    for own, other in (ordered for pair in pairs for ordered in (pair, pair[::-1])):
        match = own.search(stated.text)
        if match is None or other.search(stated.text):
            continue
        rest = stated.stems - stated.stems_in(*match.span())
        telling = _telling(rest, sentences, _SAME)
        found = [(s, m.span()) for s in telling if (m := other.search(s.text))]
        denies = negation_pattern(stated.lang)
        if (
            not found
            or len(found) < len(telling)
            or any(own.search(s.text) for s, _ in found)
            or _rest_negates(stated, match.span(), denies) != _rest_negates(*found[0], denies)
        ):
            continue
        return [wording_finding(stated, "polarity", match.span(), found, "the article says the opposite")]
    return []


def _telling(stems: frozenset[str], sentences: Sequence[Worded], least: float) -> list[Worded]:
    """Return the sentences that have the share `least` of some stems, and nearly as many as the best one."""
    counts = [(len(stems & s.stems), s) for s in sentences]
    shares = [(count / len(stems), s) for count, s in counts if count >= _LEAST_SHARED]
    best = max((share for share, _ in shares), default=0.0)
    return [s for share, s in shares if share >= max(least, best - _BEHIND_BEST)]


def _rest_negates(text: Worded, verb: tuple[int, int], denies: regex.Pattern[str]) -> bool:
    """Whether a text has a negation beside its verb of saying."""
    start, end = verb
    return denies.search(text.text[:start] + " , " + text.text[end:]) is not None


def _negated(stated: Worded, sentences: Sequence[Worded]) -> list[Finding]:
    """Find a negation that is only in the statement, or only in the article."""
    pattern, saying = clause_negation(stated.lang), saying_patterns(stated.lang)
    if pattern is None or (saying is not None and saying[1].search(stated.text)):
        return []
    own = pattern.search(stated.text)
    least = _COPY_HAN if stated.lang in _UNSPACED else _COPY
    telling = _telling(stated.stems, sentences, least)
    if not telling or (saying is not None and any(saying[1].search(s.text) for s in telling)):
        return []
    if own is not None:
        # What is negated here stands in the article without a negation.
        governed = _governed(stated, own)
        found = [(s, (0, len(s.text))) for s in telling if governed & s.stems and not pattern.search(s.text)]
        place = own.span()
    else:
        found = [
            (s, m.span())
            for s in telling
            if (m := next((m for m in pattern.finditer(s.text) if _governed(s, m) & stated.stems), None))
        ]
        place = (0, len(stated.text))
        if found:
            governed = _governed(found[0][0], pattern.search(found[0][0].text, found[0][1][0]))
            word = next((w for w in stated.words if w.stem in governed), None)
            place = place if word is None else (word.start, word.end)
    if not found or len(found) < len(telling):
        return []
    return [wording_finding(stated, "polarity", place, found, "the article says the opposite")]


def _governed(text: Worded, negation: regex.Match[str] | None) -> set[str]:
    """Return the stems of the first content word behind a negation; in Japanese before it."""
    if negation is None:
        return set()
    start, end = text.clause_at(negation.start())
    if text.lang == "ja":
        word = next((w for w in reversed(text.words) if start <= w.start and w.end <= negation.start()), None)
        verbal = word is not None and _DO.fullmatch(text.text, word.end, negation.start())
        return {word.stem} if word is not None and verbal else set()
    reach = _REACH_HAN if text.lang == "zh" else _REACH
    behind = [w for w in text.words if negation.end() <= w.start < min(end, negation.end() + reach)]
    if text.lang == "ar":  # "لم توافق", "وافقت"
        return {form for w in behind[:1] for form in _past_forms(text.text[w.start : w.end])}
    return {w.stem for w in (behind if text.lang == "zh" else behind[:1])}


def _past_forms(verb: str) -> set[str]:
    """Return stems of the forms that an Arabic verb behind a negation may have without it."""
    bare = verb[1:] if verb[:1] in "يتنأ" else verb
    forms = {verb, bare, bare + "ت", "س" + verb, "و" + bare, "و" + bare + "ت"}
    return {word.stem for form in forms for word in Worded(form, "ar").words}
