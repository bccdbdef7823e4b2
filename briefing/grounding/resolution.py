"""Resolve the ids and names in a model's answer to spans of the source.

`Grounding` holds the source and collects a `Problem` for each item that the source does not support. The grounded types
(`briefing.schemas`) call these functions while pydantic validates an answer. Nothing here calls a model.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import regex

from briefing.errors import DeadlineError
from briefing.grounding.aliases import explained_acronyms
from briefing.grounding.alignment import Locator
from briefing.grounding.claim_check import (
    Claim,
    Discrepancy,
    claims,
    contradictions,
    is_in_script,
    main_script,
)
from briefing.grounding.comparison import Worded
from briefing.grounding.copies import is_backed_copy
from briefing.grounding.elaborations import is_elaboration
from briefing.grounding.event_check import names_another, tells_of
from briefing.grounding.evidence import Backing
from briefing.grounding.findings import Finding, finding_in
from briefing.grounding.views import View
from briefing.grounding.wording_check import check_wording, with_wording
from briefing.quotations import (
    Quotation,
    read_turns,
)
from briefing.sources import Source, cached_in_source
from briefing.spans import Span
from briefing.text import (
    DENSE_CHARACTER,
    parse_integer,
    plain,
    primary_subtag,
)

#: Most sentences that are added to a statement's evidence to support its names and numbers.
_EXTRA_EVIDENCE = 2
#: Sentences whose wording is compared with a statement.
_MOST_COMPARED = 500
#: A sentence that has a missing name may stand so many sentences from the cited one that has its pronoun.
_NEAR_EVIDENCE = 4
#: The source's script is determined from this many characters.
_SCRIPT_SAMPLE = 5000
# Digits of any script are accepted, as models write them in Arabic; homoglyphs of q and s are not.
_QUOTATION_ID = regex.compile(r"[‹<\[(]?\s*[qQ]\s?(\d{1,6})\s*[›>\])]?")
_SENTENCE_ID = regex.compile(r"[\[(]?\s*(?:[sS]\s?)?(\d{1,6})\s*[\])]?")
#: Least lengths, in Latin letters, of quotations that are offered to the model: speech, and other kinds.
_OFFERED_SPEECH, _OFFERED_OTHER = 20, 30


@dataclass(frozen=True)
class Problem:
    """An item of an answer that the source does not support."""

    item: Any
    """The grounded object that the problem is about, compared by identity."""
    wire: Any
    """The item's wire form, as the model wrote it."""
    reason: str
    """A phrase that says what is wrong, for the repair ask and for `meta.warnings`."""
    fatal: bool
    """The item has no span and must not be in the result."""
    worth_asking: bool = True
    """A repair ask may help."""


class Grounding(dict[str, Any]):
    """Validation context of an ask: holds the source and collects problems.

    It is false although it is not empty: instructor renders messages as Jinja templates if the context is true, and an
    article must not be rendered.

    Args:
        source: the article.
        language: BCP-47 tag of the language that statements are written in; the source's by default.
        extractive: statements are sentences of the source; nothing that the model writes is one.
        view: what of the source is shown; ids of anything else are unknown. Default `None`: all of it.
    """

    def __init__(
        self,
        source: Source,
        language: str | None = None,
        *,
        extractive: bool = False,
        view: View | None = None,
    ) -> None:
        super().__init__(source=source)
        self.source, self.extractive, self.view = source, extractive, view
        self.language = language or source.lang
        self.offered = offered_quotations(source)
        self.problems: list[Problem] = []
        #: Values in which something has a problem, each with a validator that is to run once that is solved, and whether it
        #: is the value's own, so that an item that the model corrects has been through it.
        self.waiting: list[tuple[Any, Callable[[Any], Any], bool]] = []
        #: Locates copied texts; remembers the places that this answer has used.
        self.locator = Locator(source)

        self._until: float | None = None

    def reset(self, until: float | None = None) -> None:
        """Discard the problems and places of one answer, before the next is validated.

        Args:
            until: deadline for the validation, in seconds on the monotonic clock.
        """
        self.problems.clear()
        self.waiting.clear()
        self.locator = Locator(self.source)
        self._until = until

    def check_time(self) -> None:
        """Raise if the deadline has passed; called before each item, so that a long answer cannot hold the caller.

        Raises:
            DeadlineError: the deadline has passed.
        """
        if self._until is not None and time.monotonic() > self._until:
            raise DeadlineError("the deadline has passed while the answer was checked")

    def __bool__(self) -> bool:
        return False

    @property
    def sentences(self) -> dict[int, Span]:
        """The sentences that are shown, by number."""
        if self.view is None:
            return dict(enumerate(self.source.sentences, 1))
        return {number: self.source.sentences[number - 1] for number in self.view.sentences}

    @property
    def quotations(self) -> dict[int, Quotation]:
        """The quotations that are shown, by number."""
        if self.view is None:
            return dict(enumerate(self.offered, 1))
        return {number: self.offered[number - 1] for number in self.view.quotations}

    @property
    def text(self) -> str:
        """The text that is shown, of sentences that are not neighbours one on a line."""
        if self.view is None:
            return self.source.text
        sentences = self.source.sentences
        if isinstance(numbers := self.view.sentences, range):
            return self.source.text[sentences[numbers[0] - 1].start : sentences[numbers[-1] - 1].end]
        return "\n".join(sentences[number - 1].text for number in numbers)

    def nearest_support(self, claim: Claim, anchor: int, stated: Worded, cited: Sequence[Span]) -> list[Span]:
        """Return the sentence nearest to the offset `anchor` that supports `claim` and tells of the same event; else none.

        The sentence must tell of the event that the statement `stated` tells of: it is not made true by a sentence that merely
        has the missing name.
        """
        worded = worded_sentences(self.source)
        numbers = sentence_numbers(self.source)
        start = stated.text.find(claim.text)
        place = (start, start + len(claim.text)) if start >= 0 else None
        at = [numbers[span.start] for span in cited if span.start in numbers]
        basis = worded_at(cited, self.source)
        for sentence in sorted(self.sentences.values(), key=lambda s: abs(s.start - anchor)):
            if claim.is_backed(_backing_at(sentence, self.source)):
                number = numbers[sentence.start]
                near = any(abs(number - other) <= _NEAR_EVIDENCE for other in at)
                if not at or tells_of(stated, place, worded[number], basis, near=near):
                    return [sentence]
        return []

    def add_problem(
        self, item: Any, wire: Any, reason: str, *, fatal: bool, worth_asking: bool = True
    ) -> None:
        """Record a `Problem`; `item` is set later if it is `None`."""
        self.problems.append(Problem(item, wire, reason, fatal, worth_asking))


@cached_in_source
def _explained(source: Source) -> frozenset[str]:
    return explained_acronyms(source.text)


@cached_in_source
def backing_of(source: Source) -> Backing:
    """Return the whole article as evidence."""
    return Backing(source.text, source.lang, _explained(source))


@cached_in_source
def _backings(_source: Source) -> dict[int, Backing]:
    """Return the sentences as evidence by their start offsets, which `_backing_at` adds."""
    return {}


def _backing_at(sentence: Span, source: Source) -> Backing:
    """Return a sentence of the source as evidence."""
    made = _backings(source)
    if (backing := made.get(sentence.start)) is None:
        backing = made[sentence.start] = Backing(sentence.text, source.lang, _explained(source))
    return backing


@cached_in_source
def worded_sentences(source: Source) -> list[Worded]:
    """Return the sentences as the checks of wording read them; each part is read on first use."""
    lang = primary_subtag(source.lang)
    return [Worded(s.text, lang, s, source.quotations, source.text) for s in source.sentences]


def worded_at(spans: Iterable[Span], source: Source) -> list[Worded]:
    """Return those of the sentences with their words."""
    sentences, numbers = worded_sentences(source), sentence_numbers(source)
    return [sentences[numbers[span.start]] for span in spans if span.start in numbers]


@cached_in_source
def sentence_numbers(source: Source) -> dict[int, int]:
    """Return the number of each sentence, from 0, by its start offset."""
    return {sentence.start: number for number, sentence in enumerate(source.sentences)}


@cached_in_source
def _sentences_by_stem(source: Source) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for number, sentence in enumerate(worded_sentences(source)):
        for stem in sentence.stems:
            found[stem].append(number)
    return dict(found)


def worded_near(stated: Worded, source: Source) -> list[Worded]:
    """Return the sentences with their words; of a long source, those that share a statement's rarest words."""
    sentences = worded_sentences(source)
    if len(sentences) <= _MOST_COMPARED:
        return sentences
    by_stem = _sentences_by_stem(source)
    sharing = sorted((by_stem[stem] for stem in stated.stems if stem in by_stem), key=len)
    return [sentences[number] for number in sorted(set(islice(chain(*sharing), _MOST_COMPARED)))]


@cached_in_source
def turns_of(source: Source) -> list[Quotation]:
    """Return the turns of a transcript: speech without quotation marks."""
    return read_turns(source.text)


def is_transcript(source: Source) -> bool:
    """Whether the source has turns of two speakers at least, and more than one of somebody."""
    turns = turns_of(source)
    return len(turns) > len({turn.speaker for turn in turns}) > 1


@cached_in_source
def _script(source: Source) -> str | None:
    return main_script(source.text[:_SCRIPT_SAMPLE])


@cached_in_source
def offered_quotations(source: Source) -> list[Quotation]:
    """Return the quotations that the prompt numbers, q1 first.

    These are the longer ones of every kind, as the classification into speech and other kinds may be wrong; short
    fragments of speech only if the article has no longer quotation.
    """
    speech = [q for q in source.quotations if q.kind == "speech"]
    return [q for q in source.quotations if _is_substantial(q)] or speech


def _is_substantial(quotation: Quotation) -> bool:
    least = _OFFERED_SPEECH if quotation.kind == "speech" else _OFFERED_OTHER
    text = quotation.text
    return len(text) >= least or len(text) + len(DENSE_CHARACTER.findall(text)) >= least


def sentences_by_id(
    ids: Iterable[Any], source: Source, view: View | None = None
) -> tuple[list[Span], list[Any]]:
    """Return the sentences with these ids (7, "7", "s7" or "[7]"; 1 is the first), in order, and the ids of no sentence.

    The id of a sentence that the `view` does not show is one of no sentence.
    """
    shown = range(1, len(source.sentences) + 1) if view is None else view.sentences
    found: dict[int, Span] = {}
    unknown = []
    for value in ids:
        number = _sentence_number(value)
        if number is not None and number in shown:
            found[number] = source.sentences[number - 1]
        else:
            unknown.append(value)
    return [found[number] for number in sorted(found)], unknown


def _sentence_number(value: Any) -> int | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value) if value == value // 1 else None
    match = _SENTENCE_ID.fullmatch(value.strip()) if isinstance(value, str) else None
    return parse_integer(match.group(1)) if match else None


def quotation_by_id(value: Any, grounding: Grounding) -> Quotation | None:
    """Return the offered quotation with an id such as "q2"; `None` if there is no such id."""
    match = _QUOTATION_ID.fullmatch(value.strip()) if isinstance(value, str) else None
    number = parse_integer(match.group(1)) if match else 0
    shown = range(1, len(grounding.offered) + 1) if grounding.view is None else grounding.view.quotations
    return grounding.offered[number - 1] if number in shown else None


def back_statement(
    text: str, evidence: Sequence[Span], grounding: Grounding
) -> tuple[list[Span], list[Finding]]:
    """Check a statement against its evidence, and complete the evidence.

    If the cited sentences lack a name or number that another sentence has, that sentence is added: a statement often
    rests on the sentence that introduces a name.

    Returns:
        The evidence, in the source's order, and a finding for each item of the statement that it lacks.
    """
    source, lang = grounding.source, primary_subtag(grounding.language)
    written, text = text, plain(text)
    stated, backing = Worded(text, lang), list(evidence)
    cited = _backing_of(backing, source)
    is_copy = is_backed_copy(stated, cited)
    missing = [] if is_copy else [claim for claim in claims(stated) if not claim.is_backed(cited)]
    elsewhere = [claim for claim in missing if claim.is_backed(backing_of(source))]
    anchor = backing[0].start if backing else 0
    for claim in elsewhere:
        if len(backing) - len(evidence) >= _EXTRA_EVIDENCE:
            break
        if claim in missing and (sentences := grounding.nearest_support(claim, anchor, stated, evidence)):
            backing += sentences
            cited = _backing_of(backing, source)
            missing = [other for other in missing if not other.is_backed(cited)]
    # The article has it, in a sentence that may tell of something else. It is wrong where the cited one names somebody else.
    basis = worded_at(evidence, source)
    doubtful = [
        claim
        for claim in missing
        if claim in elsewhere
        and not names_another(stated, basis, claim.text if claim.kind == "name" else None)
    ]
    worded = worded_near(stated, source)
    added = [claim for claim in missing if is_elaboration(claim, stated, backing_of(source), worded)]
    doubtful += added
    found: list[Discrepancy] = [*missing]
    if not is_copy and contradictions(text, cited, lang):
        # A contradiction does not count if another sentence of the article says the same as the statement.
        found += contradictions(text, backing_of(source), lang)
    findings = [
        finding_in(
            written,
            item.kind,
            item.text,
            f"the cited sentences do not say: {item.text}",
            severity="note" if item in doubtful else "error",
        )
        for item in {item.text: item for item in reversed(found)}.values()
    ][::-1]
    as_written = stated if written == text else Worded(written, lang)
    findings = with_wording(findings, check_wording(as_written, worded))
    if any(claim.kind == "number" for claim in added):
        # "Five of the eight do", where the article says that three do not.
        findings = [finding for finding in findings if finding.kind != "polarity"]
    if lang == source.lang and not is_in_script(text, _script(source)):
        findings.append(
            finding_in(written, "script", written, f"not written in the article's language ({lang})")
        )
    return sorted(set(backing), key=lambda span: span.start), findings


def _backing_of(evidence: Sequence[Span], source: Source) -> Backing:
    if len(evidence) == 1:
        [sentence] = evidence
        number = sentence_numbers(source).get(sentence.start)
        if number is not None and source.sentences[number] == sentence:
            return _backing_at(sentence, source)
    return Backing("\n".join(span.text for span in evidence), source.lang, _explained(source))
