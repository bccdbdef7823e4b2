"""Plans told as done, possibilities told as facts, reports told in the text's own name: kinds "tense", "hedge", "attribution".

A statement is compared with the sentences that tell the same (`comparison`). If in each of them the shared words stand in a clause
with a word for a plan or a doubt, or in what somebody is said to say, and the statement has no such word in any form, it says more
than the article. Languages: English, German, French, Spanish, Russian, Chinese, Japanese and Arabic; "tense" lacks Arabic, and
German and Chinese where the statement has no perfect or past.

Dropping "police said" is common and often harmless in summaries by people, so that "attribution" is a note, except where the
article has a demand or an allegation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

import regex

from briefing.grounding.comparison import Worded, wording_finding
from briefing.grounding.findings import Finding
from briefing.quotations import reports_speech
from briefing.spans import Span
from briefing.text import (
    demanded_pattern,
    is_hearsay,
    kept_modality,
    past_pattern,
    planned_pattern,
    possible_pattern,
)

#: Share of the statement's content words that the clause, or the reported part, must have.
_IN_CLAUSE, _IN_REPORT = 0.5, 0.7
_LEAST_IN_CLAUSE, _LEAST_IN_REPORT = 3, 4
#: German has one word where others have two.
_LEAST_IN_GERMAN = 2
#: Of this many content words behind a word for a plan, one must be in the statement.
_HEAD = 2
#: A clause with so few content words beside its word of doubt is about the sentence.
_SHORT_CLAUSE = 1
#: Languages whose words for plans and doubts stand behind the verb, or far from it.
_MARKS = '"“”„«»「『'
_MARKED_AT_END = frozenset(("de", "ja", "zh"))


def check_modality(stated: Worded, near: Sequence[Worded]) -> Iterator[Finding]:
    """Yield a finding of the kind "hedge", "tense" or "attribution"; the first that applies."""
    text, lang = stated.text, stated.lang
    if not near:
        return
    if not near[0].has_modal_words:
        # For speed: each sentence must have such a word, unless it is a report.
        if (
            _may_lose_report(stated, near)
            and not _reports(stated)
            and (lost := _lost_report(stated, near))
            and kept_modality(text, lang) is None
        ):
            yield lost
        return
    if (kept := kept_modality(text, lang)) == "possible":
        return
    found = _in_all(stated, near, possible_pattern(lang))
    if found and not (kept == "said" and any(is_hearsay(s.text[slice(*place)], lang) for s, place in found)):
        yield wording_finding(
            stated, "hedge", _place(stated, *found[0]), found, "the article has it as possible"
        )
        return
    if kept is not None:
        return
    if (lost := _lost_modality(stated, near)) and not _reports(stated):
        yield lost


def _lost_modality(stated: Worded, near: Sequence[Worded]) -> Finding | None:
    """Return the finding that the article has it as a demand, as planned, or from somebody; the first that applies."""
    text, lang = stated.text, stated.lang
    if found := _in_all(stated, near, demanded_pattern(lang)):
        return wording_finding(
            stated,
            "attribution",
            _place(stated, *found[0]),
            found,
            "the article has it as a demand or an allegation",
        )
    past = past_pattern(lang)
    if past is not None and past.search(text) and (found := _in_all(stated, near, planned_pattern(lang))):
        return wording_finding(
            stated, "tense", _place(stated, *found[0]), found, "the article has it as planned"
        )
    return _lost_report(stated, near)


def _may_lose_report(stated: Worded, near: Sequence[Worded]) -> bool:
    """Whether sentences share words enough with a statement for it to be what somebody says in them."""
    least = max(_LEAST_IN_REPORT, _IN_REPORT * len(stated.stems))
    return all(len(stated.stems & sentence.stems) >= least for sentence in near) and not any(
        mark in stated.text for mark in _MARKS
    )


def _lost_report(stated: Worded, near: Sequence[Worded]) -> Finding | None:
    """Return the finding that the article has it from somebody."""
    if not _may_lose_report(stated, near):
        return None
    reports = []
    for sentence in near:
        if (part := _reported(stated, sentence)) is None:
            return None
        reports.append((sentence, part))
    return wording_finding(
        stated,
        "attribution",
        _place(stated, *reports[0]),
        reports,
        "the article has it from somebody",
        severity="note",
    )


def _in_all(
    stated: Worded, near: Sequence[Worded], pattern: regex.Pattern[str] | None
) -> list[tuple[Worded, tuple[int, int]]]:
    """Return the words of a pattern, one of each sentence, that stand at what the statement repeats; else nothing."""
    if pattern is None:
        return []
    found = []
    for sentence in near:
        if match := next((m for m in pattern.finditer(sentence.text) if _governs(m, stated, sentence)), None):
            found.append((sentence, match.span()))
        else:
            return []
    return found


def _governs(match: regex.Match[str], stated: Worded, sentence: Worded) -> bool:
    """Whether the statement repeats the clause of a match, and what stands behind it."""
    if match.start() and match.group()[0].isupper():
        return False  # part of a name
    if match.group().lower() == "would" and not any(a <= match.start() < b for a, b in sentence.reported):
        return False  # "She would win the next fight", told of the past
    at = sentence.phrase_at if stated.lang == "de" else sentence.clause_at
    start, end = at(match.start())
    clause = sentence.stems_in(start, end)
    inside, share = sentence.stems_in(*match.span()), sentence.share_of(stated.stems)
    if len(clause - inside) <= _SHORT_CLAUSE and not clause & stated.stems and share >= _IN_REPORT:
        # "По предварительной версии, …": it is said of the whole sentence.
        return True
    shared = clause & stated.stems
    least = _LEAST_IN_GERMAN if stated.lang == "de" else _LEAST_IN_CLAUSE
    if len(shared) < least or len(shared) < _IN_CLAUSE * len(sentence.stems & stated.stems):
        return False
    words = [word.stem for word in sentence.words if match.end() <= word.start < end]
    # "Will cost 4.2 million": what is planned stands before the number.
    verb = list(takewhile(lambda stem: not stem[0].isdecimal(), words))
    behind = (verb or [stem for stem in words if not stem[0].isdecimal()])[:_HEAD]
    return bool(stated.stems & {*behind, *inside}) or stated.lang in _MARKED_AT_END


def _reports(stated: Worded) -> bool:
    """Whether the statement itself says that somebody says so."""
    whole = Span.of(stated.text, 0, len(stated.text))
    return reports_speech(stated.text, stated.lang, (), whole) is not False


def _reported(stated: Worded, sentence: Worded) -> tuple[int, int] | None:
    """Return the reported part of a sentence if most of what the statement shares with it stands there."""
    shared = stated.stems & sentence.stems
    least = max(_LEAST_IN_REPORT, _IN_REPORT * len(stated.stems))
    inside = [(part, sentence.stems_in(*part) & shared) for part in sentence.reported]
    repeated = set[str]().union(*(stems for _, stems in inside))
    if len(repeated) < least:
        return None
    return max(inside, key=lambda pair: len(pair[1]))[0]


def _place(stated: Worded, sentence: Worded, found: tuple[int, int]) -> tuple[int, int]:
    """Return the place in the statement of the first word that it shares with what a word governs; all of it if none."""
    _, end = sentence.clause_at(found[0])
    governed = sentence.stems_in(found[0], max(end, found[1]))
    words = [word for word in stated.words if word.stem in governed]
    return (words[0].start, words[0].end) if words else (0, len(stated.text))
