"""Resolving what the model pointed at: ids and names in, spans of the source out.

Nothing here calls a model. A grounded type hands its wire form to one of these functions
and gets back the fields of the result, or a `Problem` that says what could not be backed.
"""

from __future__ import annotations

import functools
from bisect import bisect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import regex

from briefing.grounding.alignment import Locator, places
from briefing.grounding.claim_check import Claim, Finding, claims, contradictions, is_in_script, main_script
from briefing.grounding.evidence import Backing, explained_acronyms
from briefing.quotations import Quotation, antecedent, cues_for, is_pronoun, reporters
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import find_mentions, is_date, plain, primary_subtag, whole_number, without_title

_T = TypeVar("_T")

#: At most this many sentences are added to a statement's evidence to back its names and numbers.
_EXTRA_EVIDENCE = 2
#: A role stands at most this many characters from the name that it is said of.
_BESIDE = 30
#: A cue is right beside a quotation when so many characters lie between them.
_RIGHT_BESIDE = 12
_ENDS_IN_DAY = regex.compile(r"(?<!\p{N})\p{Nd}{1,2}\.$")
_LONG_WORD = regex.compile(r"[\p{L}\p{N}]{3,}")
_NAME_BEHIND = regex.compile(r"\s(\p{Lu}[\p{L}\p{M}]+)")
_NAME_BEFORE = regex.compile(r"(?<!\p{L})\p{Lu}[\p{L}\p{M}'’\-]*,\s(\p{L}{0,4}\s?)$")
_SENTENCE_END = regex.compile(r"[.!?]\s|[。！？\n]")
# Digits of any script name a number, as models write them in Arabic; letters that look like a q or an s are none.
_QUOTATION_ID = regex.compile(r"[‹<\[(]?\s*[qQ]\s?(\d{1,6})\s*[›>\])]?")
# A character of these scripts is about two Latin letters' worth of text.
_DENSE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
_SENTENCE_ID = regex.compile(r"[\[(]?\s*(?:[sS]\s?)?(\d{1,6})\s*[\])]?")
#: From this length on, in Latin letters' worth, quotations are offered to the model.
_OFFERED_SPEECH, _OFFERED_OTHER = 20, 30


@dataclass(frozen=True)
class Problem:
    """Something in the answer that the source does not back.

    Attributes:
        item: the grounded object it is about, compared by identity.
        wire: what the model wrote.
        reason: what is wrong, for the repair ask and for `meta.warnings`.
        fatal: the item points at nothing and must not be returned.
        worth_asking: another answer may be better.
    """

    item: Any
    wire: Any
    reason: str
    fatal: bool
    worth_asking: bool = True


class Grounding(dict[str, Any]):
    """Validation context of an ask: holds the source and collects problems.

    It is false although it is not empty: instructor renders every message as a Jinja template
    when the context is true, and an article must never be read as one.
    """

    def __init__(self, source: Source, language: str | None = None) -> None:
        super().__init__(source=source)
        self.source = source
        #: Tag of the language that statements are to be written in.
        self.language = language or source.lang
        self.offered = offered_quotations(source)
        self.problems: list[Problem] = []
        #: Places copied texts; knows which repeated passages this answer has had.
        self.locator = Locator(source)

    def restart(self) -> None:
        """Forget what was noted about an answer, before another is read."""
        self.problems.clear()
        self.locator = Locator(self.source)

    def __bool__(self) -> bool:
        return False

    def nearest_holder(self, claim: Claim, anchor: int) -> list[Span]:
        """The sentence that backs `claim` and is nearest to the offset `anchor`; two, where they part a date."""
        by_distance = sorted(
            _backing_by_start(self.source).values(), key=lambda pair: abs(pair[0].start - anchor)
        )
        for sentence, backing in by_distance:
            if claim.is_backed(backing):
                return [sentence]
        if claim.kind == "date":
            # "Until the 17. | October": a full stop behind a day may be taken for the sentence's end.
            for one, two in pairwise(self.source.sentences):
                if _ENDS_IN_DAY.search(one.text) and claim.is_backed(_backing_of([one, two], self.source)):
                    return [one, two]
        return []

    def problem(self, item: Any, wire: Any, reason: str, *, fatal: bool, worth_asking: bool = True) -> None:
        """Note what could not be backed."""
        self.problems.append(Problem(item, wire, reason, fatal, worth_asking))


def _read_once(read: Callable[[Source], _T]) -> Callable[[Source], _T]:
    """Read something of an article once, whoever asks, and keep it with the `Source`: it goes when the source goes."""
    name = f"briefing.{read.__name__}"

    @functools.wraps(read)
    def reading(source: Source) -> _T:
        kept = vars(source)
        if name not in kept:
            # Of two threads that read at the same time, both take what the first one keeps.
            kept.setdefault(name, read(source))
        found: _T = kept[name]
        return found

    return reading


@_read_once
def _explained(source: Source) -> frozenset[str]:
    return explained_acronyms(source.text)


@_read_once
def backing_of(source: Source) -> Backing:
    """What a whole article backs."""
    return Backing(source.text, source.lang, _explained(source))


@_read_once
def _backing_by_start(source: Source) -> dict[int, tuple[Span, Backing]]:
    """Each sentence with what it backs, by its first code point."""
    explained = _explained(source)
    return {s.start: (s, Backing(s.text, source.lang, explained)) for s in source.sentences}


@_read_once
def _script(source: Source) -> str | None:
    return main_script(source.text[:5000])


@_read_once
def offered_quotations(source: Source) -> list[Quotation]:
    """The quotations that the prompt numbers, q1 first.

    Speech, and what is long enough that the reader may have taken speech for something else;
    fragments of a few words only where there is nothing longer.
    """
    speech = [q for q in source.quotations if q.kind == "speech"]
    return [q for q in source.quotations if _is_substantial(q)] or speech


def _is_substantial(quotation: Quotation) -> bool:
    least = _OFFERED_SPEECH if quotation.kind == "speech" else _OFFERED_OTHER
    return len(quotation.text) + len(_DENSE.findall(quotation.text)) >= least


def sentences_by_id(ids: Iterable[Any], source: Source) -> tuple[list[Span], list[Any]]:
    """Spans of the sentences with these ids, in the source's order, and the ids that name none."""
    found: dict[int, Span] = {}
    unknown = []
    for value in ids:
        number = _sentence_number(value)
        if number is not None and 1 <= number <= len(source.sentences):
            found[number] = source.sentences[number - 1]
        else:
            unknown.append(value)
    return [found[number] for number in sorted(found)], unknown


def _sentence_number(value: Any) -> int | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value) if value == value // 1 else None
    match = _SENTENCE_ID.fullmatch(value.strip()) if isinstance(value, str) else None
    return whole_number(match.group(1)) if match else None


def quotation_by_id(value: Any, grounding: Grounding) -> Quotation | None:
    """The quotation that the prompt numbered so, or `None`."""
    match = _QUOTATION_ID.fullmatch(value.strip()) if isinstance(value, str) else None
    number = whole_number(match.group(1)) if match else 0
    return grounding.offered[number - 1] if 1 <= number <= len(grounding.offered) else None


def nearest_mention(name: str, near: Span, source: Source) -> Span | None:
    """The mention of `name` that is nearest to `near`; one inside it counts last."""
    mentions = find_mentions(source.text, without_title(name, source.lang), source.lang)

    def distance(mention: Span) -> tuple[bool, int]:
        inside = near.start <= mention.start < near.end
        gap = near.start - mention.end if mention.end <= near.start else mention.start - near.end
        return inside, abs(gap)

    return min(mentions, key=distance, default=None)


def named_speaker(quotation: Quotation, source: Source) -> Span | None:
    """Who speaks, as the reader has it; a pronoun gives the name it stands for where that is certain, else `None`."""
    cue = quotation.speaker_span
    if cue is not None and is_pronoun(cue.text, source.lang):
        return antecedent(source.text, source.lang, source.quotations, quotation)
    return cue


def named_reporter(sentence: Span, name: str, source: Source) -> Span | None:
    """Who says what a sentence reports, where it names one only who does, and not the one of this name.

    Of 2,391 sentences of PolNeAR and German Wikinews with a labelled speaker, 6 have another one than this gives.
    """
    if _words(name) & _words(sentence.text):
        return None
    found = reporters(source.text, source.lang, source.quotations, sentence)
    if len(found) != 1 or not _is_name(found[0].text, source.lang) or is_pronoun(found[0].text, source.lang):
        return None
    return found[0]


def is_right_beside(cue: Span, quotation: Quotation, source: Source) -> bool:
    """Whether `cue` is a name so near to a quotation that it is surer than a model.

    Within 12 characters, 96 % of the names are right in PolNeAR and in German Wikinews, 91 % within 100, and of cues
    that are no names two in three (benchmarks/quotations.py has the data).
    """
    gap = min(max(cue.start - span.end, span.start - cue.end) for span in quotation.spans)
    return cue == quotation.speaker_span and _is_name(cue.text, source.lang) and gap <= _RIGHT_BESIDE


def agree(cue: Span, mention: Span, source: Source) -> bool:
    """Whether a cue may name the one whom `mention` names: they share a word, or the cue is no name ("the judge")."""
    if cue.text[0].islower() or _begins_with_article(cue.text, source.lang):
        return True
    if cue.text in mention.text or mention.text in cue.text:
        return True
    return bool(_words(cue.text) & _words(mention.text)) and not _are_namesakes(
        cue.text, mention.text, source.lang
    )


def _are_namesakes(one: str, other: str, lang: str) -> bool:
    """Whether two full names have the same surname and other first names: "Anna Weber", "Tom Weber".

    "Bill" may be William; of the 880 labelled speakers of PolNeAR and German Wikinews that the cue agrees with, none is parted.
    """
    first, second = (without_title(name, lang).casefold().split() for name in (one, other))
    if min(len(first), len(second)) < 2 or first[-1] != second[-1]:
        return False
    short, long = sorted((first[0].rstrip("."), second[0].rstrip(".")), key=len)
    if long.startswith(short):  # "J.", "Jon", "Jonathan"
        return False
    return not (set(first) <= set(second) or set(second) <= set(first))


def _is_name(text: str, lang: str) -> bool:
    return text[0].isupper() and not _begins_with_article(text, lang)


def _begins_with_article(text: str, lang: str) -> bool:
    return text.split(maxsplit=1)[0].casefold() in cues_for(lang).articles


def _words(name: str) -> set[str]:
    return {word.casefold() for word in _LONG_WORD.findall(name)}


def beside(words: str, mentions: Iterable[Span], source: Source) -> bool:
    """Whether `words`, as the source has them, stand next to one of these mentions, in the same sentence."""
    known = sorted((mention.start, mention.end) for mention in mentions)
    for place in places(source.text, words):
        at = bisect(known, place)
        # Mentions do not overlap: nothing stands nearer than the one before and the one after.
        for mention in known[max(at - 1, 0) : at + 1]:
            first, second = sorted((place, mention))
            between = source.text[first[1] : second[0]]
            if len(between) > _BESIDE or _SENTENCE_END.search(between):
                continue
            if between.strip(" ,(–—-\n") in ("", *cues_for(source.lang).articles) or not _is_another_s(
                place, source
            ):
                return True
    return False


def _is_another_s(role: tuple[int, int], source: Source) -> bool:
    """Whether another name stands right at a role: "Mayor Achebe", "Bo Lund, mayor of Marrow"."""
    behind = _NAME_BEHIND.match(source.text, role[1])
    if behind and not is_date(behind[1], source.lang):
        return True
    before = _NAME_BEFORE.search(source.text, max(0, role[0] - 60), role[0])
    return before is not None and before[1] in (
        "",
        *(f"{article} " for article in cues_for(source.lang).articles),
    )


def back_statement(text: str, evidence: Sequence[Span], grounding: Grounding) -> tuple[list[Span], list[str]]:
    """Evidence for a statement, and what of the statement nothing in the source backs.

    A name or number that the given evidence lacks but another sentence holds adds that
    sentence to the evidence: a statement often rests on the sentence that introduces a name.

    Returns:
        The evidence, in the source's order, and the missing items (empty: supported).
    """
    source, lang = grounding.source, primary_subtag(grounding.language)
    text = plain(text)
    backing = list(evidence)
    cited = _backing_of(backing, source)
    missing = [claim for claim in claims(text, lang) if not claim.is_backed(cited)]
    elsewhere = [claim for claim in missing if claim.is_backed(backing_of(source))]
    anchor = backing[0].start if backing else 0
    for claim in elsewhere:
        if len(backing) - len(evidence) >= _EXTRA_EVIDENCE:
            break
        if claim in missing and (holders := grounding.nearest_holder(claim, anchor)):
            backing += holders
            cited = _backing_of(backing, source)
            missing = [other for other in missing if not other.is_backed(cited)]
    found: list[Finding] = [*missing]
    if contradictions(text, cited, lang):
        # Where another sentence says the same, one of the opposite meaning does not matter.
        found += contradictions(text, backing_of(source), lang)
    items = list(dict.fromkeys(finding.text for finding in found))
    if lang == source.lang and not is_in_script(text, _script(source)):
        items.append(f"not written in the article's language ({lang})")
    return sorted(set(backing), key=lambda span: span.start), items


def _backing_of(evidence: Sequence[Span], source: Source) -> Backing:
    if len(evidence) == 1:
        sentence, backing = _backing_by_start(source).get(evidence[0].start, (None, None))
        if backing is not None and sentence == evidence[0]:
            return backing
    return Backing("\n".join(span.text for span in evidence), source.lang, _explained(source))
