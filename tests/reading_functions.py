"""The functions that read a text without a model, as cases for tests and benchmarks of how their work grows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hostile_articles import STORY

from briefing import Source, check, locate, locate_all
from briefing.grounding import (
    Grounding,
    backing_of,
    check_headline,
    check_quotations,
    discrepancies,
    expand_pointers,
    names,
    nearest_mention,
    read_written,
    unpaired_marks,
)
from briefing.prompts import render_article, render_cues
from briefing.quotations import Antecedents, read_quotations, read_turns, reporting_subjects, reports_speech
from briefing.ranking import extract_headline, extract_summary
from briefing.schemas import Entity, Mention, Quote, Statement, Verbatim
from briefing.text import (
    demanded_pattern,
    detect_language,
    find_inflected,
    find_mentions,
    find_short_forms,
    fold,
    is_not_a_name,
    negation_pattern,
    past_pattern,
    plain,
    planned_pattern,
    possible_pattern,
    read_dates,
    read_quantities,
    read_sentences,
    split_sentences,
    tokens,
    word_diff,
)

#: Reads a text, or a source of it that is read already: sentences, quotations.
Reader = Callable[[Source], Any]
_STORY = Source.from_text(" ".join(STORY), lang="en")
_SAID = "The planks are rotten and everybody may walk on them"
_LANGUAGES = ("en", "de", "fr", "es", "ru", "zh", "ja", "ar")


def _patterns(source: Source) -> None:
    for make in (possible_pattern, planned_pattern, demanded_pattern, past_pattern, negation_pattern):
        for lang in _LANGUAGES:
            if pattern := make(lang):
                pattern.findall(source.text)


def _mentions(source: Source) -> None:
    for name in ("Ilka Maro", "It", "a"):
        found = find_mentions(source.text, name, source.lang)
        find_inflected(source.text, name, source.lang)
        find_short_forms(source.text, found)
        if found:
            is_not_a_name(name, "organization", found, source.text, source.lang)


def _speakers(source: Source) -> None:
    antecedents = Antecedents(source.text, source.lang, source.quotations)
    for quotation in source.quotations:
        nearest_mention("Ilka Maro", quotation.spans[0], source)
        antecedents.of(quotation)


def _reports(source: Source) -> None:
    for sentence in source.sentences:
        reports_speech(source.text, source.lang, source.quotations, sentence)
        reporting_subjects(source.text, source.lang, source.quotations, sentence)


def _resolved(source: Source) -> None:
    grounding = Grounding(source)
    number = len(source.sentences)
    for kind, wire in (
        (Quote, {"id": "q1", "speaker": "Ilka Maro"}),
        (Entity, {"name": "Ilka Maro", "type": "person", "role": "leads the board"}),
        (Mention, "Ilka Maro"),
        (Verbatim, _SAID),
        (Statement, {"text": "Ilka Maro shut the pier in 2024 for 4 days.", "evidence": [1, number]}),
    ):
        with suppress(ValueError):  # the text has no quotation
            kind.model_validate(wire, context=grounding)


def _statement(source: Source) -> None:
    Statement.model_validate({"text": source.text, "evidence": [1, 2]}, context=Grounding(_STORY))


def _located(source: Source) -> None:
    locate(_SAID, source)
    locate("nobody may walk … until the spring comes", source)
    locate_all([_SAID, "the board said"], source, ignore_case=True)
    locate(source.text, _STORY)


#: By name: readers of a text as it stands.
READERS: dict[str, Reader] = {
    "source": lambda source: Source.from_text(source.text),
    "language": lambda source: detect_language(source.text, None),
    "sentences": lambda source: read_sentences(source.text, source.lang),
    "quotations": lambda source: read_quotations(source.text, source.lang),
    "turns": lambda source: read_turns(source.text),
    "folding": lambda source: (fold(source.text, ignore_case=True), plain(source.text)),
    "tokens": lambda source: tokens(source.text),
    "differences": lambda source: (word_diff(_SAID, source.text), word_diff(source.text, _SAID)),
    "names": lambda source: [names(source.text, lang) for lang in ("en", "de")],
    "numbers": lambda source: [read_quantities(source.text, lang) for lang in _LANGUAGES],
    "dates": lambda source: [read_dates(source.text, lang) for lang in _LANGUAGES],
    "modality": _patterns,
    "polarity": lambda source: split_sentences(source.text, source.lang),
    "mentions": _mentions,
    "pointers": lambda source: expand_pointers(source.text, Grounding(_STORY)),
    "headline": lambda source: check_headline(source.text, Grounding(_STORY)),
    "written quotations": lambda source: check_quotations(source.text, _STORY, source.lang),
    "unpaired marks": lambda source: unpaired_marks(read_written(source.text, source.lang), [_STORY]),
    "claims": lambda source: discrepancies(source.text, backing_of(_STORY), source.lang),
    "statement": _statement,
    "check of the text": lambda source: check(source, _STORY),
}
#: By name: readers whose time for sentences and quotations is measured elsewhere.
READERS_OF_A_SOURCE: dict[str, Reader] = {
    "view": lambda source: (render_article(Grounding(source)), render_cues(Grounding(source))),
    "locate": _located,
    "speakers": _speakers,
    "reports": _reports,
    "resolved": _resolved,
    "events": lambda source: check(_STORY, source),
    "summary": lambda source: (extract_summary(source, count=3), extract_headline(source)),
}
