"""Classify quotation candidates as speech or other (titles, terms, scare quotes), with logistic regression."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import regex

from briefing.quotations.attribution import (
    Cue,
    ends_with_verb,
    find_after,
    find_before,
    find_inside,
    find_unspaced,
    sentence_end,
    sentence_start,
    subject_of,
)
from briefing.quotations.clauses import is_unspaced
from briefing.quotations.credits import find_credit
from briefing.quotations.cue_lexicon import Cues
from briefing.quotations.dialogue import DIALOGUE
from briefing.quotations.noun_phrases import COORDINATORS
from briefing.text import Piece

Kind = Literal["speech", "other"]

_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}'’\-]*")
_ASCII_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9'\-]*")  # `re` is faster
#: Characters of the sentence before a candidate, and after it, that are read at most.
_LONGEST_SENTENCE_SIDE = 400
#: Characters before a quotation without a cue in which its speaker is searched for.
_LONGEST_CARRIED = 800
#: Words before a quotation, in its sentence, that may be a subject and a verb.
_LEAST_LEAD = 3
#: Characters that may stand between the last character of a quotation and its closing mark.
_INNER_MARKS = " \t\n\u00a0\u202f’”»›'\""
#: Titles in title case may write words of at most this many letters in lower case.
_LONGEST_LOWER_IN_TITLE = 3
_PUNCTUATION = frozenset(",;:—–-")
#: Two quotations joined by "and" are closer than this, in characters.
_JOINED_DISTANCE = 8
#: Characters of a long quotation that are read.
_LONGEST_READ = 1000

#: Weights of the features in logits, without an intercept, from logistic regression on PolNeAR (direct quotations by
#: their marks) and German Wikinews, rounded; see benchmarks/fit_kinds.py. A weight "by hand" concerns scripts that
#: neither corpus contains.
_WEIGHTS: Mapping[str, float] = {
    "one word": -1.0,
    "two words": -0.2,
    "four or five words": -0.6,
    "twelve words": 1.0,
    "cue and eight words": 1.3,
    "ends with comma": 0.6,
    "ends with question or exclamation mark": 0.6,
    "opens sentence": 0.3,
    "capital start and under four words": -0.6,
    "lower-case start and three words": 0.7,
    "title case": -1.0,
    "pronoun inside": 0.9,
    "colon before": 0.1,
    "comma before": 0.4,
    "name before": -1.0,
    "stopword before": 0.4,
    "conjunction before": 0.5,
    "quotation before": -0.5,
    "joined to a quotation": 0.6,
    "title word near": -0.7,
    "labelling verb before": 1.2,
    "subjunctive around": 1.2,
    "reporting verb around": 0.5,
    "function word after": 0.6,
    "capital after": 0.2,
    "punctuation after": -0.4,
    "nothing after": 0.4,
    "single marks in first line": 1.2,
    "cue before": 0.6,
    "cue after": -0.4,
    "speaker named": 1.0,
    "unspaced without cue": -1.0,  # by hand
}


@dataclass(slots=True)  # frozen ones are made at half the speed
class Candidate:
    """The pieces of one quotation candidate, and the cue of the reporting clause between them, if there is one."""

    pieces: tuple[Piece, ...]
    between: Cue | None = None


class LastSpeech(NamedTuple):
    """The speech before a quotation, with a known speaker."""

    paragraph: int
    end: int  # end of the speech
    speaker: tuple[int, int]  # offsets


@dataclass(slots=True)
class CandidateContext:
    """A quotation candidate and the sentence around it."""

    text: str  # the whole text
    candidate: Candidate
    masks: Sequence[tuple[int, int]]  # offsets of the quoted pieces nearby, including the candidate's own
    top: int  # start of the paragraph
    before: tuple[int, int]  # offsets of the part of the sentence before the candidate
    after: tuple[int, int]  # offsets of the part of the sentence after it
    cues: Cues
    lang: str

    @classmethod
    def of(
        cls,
        text: str,
        candidate: Candidate,
        paragraphs: Sequence[tuple[int, int]],
        masks: Sequence[tuple[int, int]],
        limits: tuple[int, int],
        cues: Cues,
        lang: str,
    ) -> CandidateContext:
        """Find the sentence around a candidate, within `limits`."""
        first, last = candidate.pieces[0], candidate.pieces[-1]
        top, bottom = paragraphs[first.paragraph][0], paragraphs[last.paragraph][1]
        floor, at = top, first.outer_start
        if at == top and first.paragraph:
            above, above_end = paragraphs[first.paragraph - 1]
            if text[above_end - 1] in ":：":  # "Ruiz said:", then the quotation as a paragraph
                floor, at = above, above_end
        start = sentence_start(text, at, max(floor, limits[0], at - _LONGEST_SENTENCE_SIDE), masks)
        end = sentence_end(
            text, last.outer_end, min(bottom, limits[1], last.outer_end + _LONGEST_SENTENCE_SIDE), masks
        )
        return cls(text, candidate, masks, top, (start, at), (last.outer_end, end), cues, lang)

    @property
    def lead(self) -> str:
        """The part of the sentence before the candidate."""
        return self.text[slice(*self.before)].rstrip()

    @property
    def rest(self) -> str:
        """The part of the sentence after the candidate."""
        return self.text[slice(*self.after)].lstrip()

    @property
    def last_character(self) -> str:
        """The last character inside the marks, inner marks and spaces left out."""
        piece = self.candidate.pieces[-1]
        return self.text[max(piece.start, piece.end - 20) : piece.end].rstrip(_INNER_MARKS)[-1:]

    def find_cue(self) -> Cue | None:
        """Find the cue: between the pieces, else a credit, else after or before them, else inside the marks."""
        if self.candidate.between is not None:
            return self.candidate.between
        text, cues = self.text, self.cues
        if credit := find_credit(text, self.after[0], cues, self.lang, opens_line=not self.lead):
            return Cue("credit", credit)
        if is_unspaced(text, *self.before) or is_unspaced(text, *self.after):
            return find_unspaced(text, self.before, self.after, self.lang)
        last, rest = self.last_character, self.rest
        attached = last in ",?!…—–-،" or rest[:1] in {",", "—", "–", "-", "،"}
        follows = attached or (rest[:1].islower() and (last not in ".…" or _opens_clause(rest, cues)))
        any_verb = attached and (last not in "?!！？" or rest.lstrip(", ")[:1].islower())
        after = find_after(text, *self.after, self.masks, cues, attached=any_verb) if follows else None
        before = find_before(text, *self.before, self.masks, cues)
        if after is None and before is None:
            first, final = self.candidate.pieces[0], self.candidate.pieces[-1]
            return find_inside(text, first.start, min(final.end, first.start + _LONGEST_READ), cues)
        if after is None or before is None:
            return after or before
        led = ends_with_verb(text, self.before[1], cues) and before.where != "source"
        return after if attached and not led and after.speaker is not None else before

    def kind(self, cue: Cue | None) -> Kind:
        """Classify the candidate. The value of an attribute in markup is never speech."""
        opening = self.candidate.pieces[0].outer_start
        if self.text[max(0, opening - 1) : opening] == "=":
            return "other"
        if self.candidate.pieces[0].family == DIALOGUE:
            return "speech"
        score = sum([_WEIGHTS[name] for name, holds in self.features(cue).items() if holds])
        return "speech" if score > 0 else "other"

    def features(self, cue: Cue | None) -> dict[str, bool]:
        """Binary features of the classifier, by their names in `_WEIGHTS`."""
        cues, lead, rest, last = self.cues, self.lead, self.rest, self.last_character
        inner = " ".join(
            self.text[p.start : min(p.end, p.start + _LONGEST_READ)] for p in self.candidate.pieces[:4]
        ).strip()
        words = _words(inner)
        lower_words = [word.lower() for word in words]
        unspaced = is_unspaced(inner)
        count = len(inner) // 2 if unspaced else len(words)
        long_words = [word for word in words if len(word) > _LONGEST_LOWER_IN_TITLE]
        lead_words = _words(lead[-40:])
        nearest = lead_words[-1] if lead_words and lead[-1].isalnum() else ""
        follows = _WORD.match(rest)
        near = [word.lower() for word in lead_words]
        naming = near[-3:] + [word.lower() for word in _words(rest[:20])[:1]]
        leading = [word.lower() for word in _words(lead[-150:])]
        around = leading + [word.lower() for word in _words(rest[:150])]
        where = cue.where if cue is not None else None
        start, at = self.before
        before = [mask for mask in self.masks if start <= mask[0] < at]
        first = self.candidate.pieces[0]
        return {
            "one word": count <= 1,
            "two words": count == 2,
            "four or five words": 4 <= count < 6,
            "twelve words": count >= 12,
            "cue and eight words": cue is not None and count >= 8,
            "ends with comma": last in ",，،",
            "ends with question or exclamation mark": last in "?!？！",
            "opens sentence": not lead,
            "capital start and under four words": inner[:1].isupper() and count < 4,
            "lower-case start and three words": inner[:1].islower() and count > 2,
            "title case": any(len(word) > _LONGEST_LOWER_IN_TITLE for word in words[1:])
            and all(w[0].isupper() for w in long_words),
            "pronoun inside": not cues.pronouns.isdisjoint(lower_words),
            "colon before": lead[-1:] in {":", "："},
            "comma before": lead[-1:] in {",", "，", "،"},
            "name before": nearest[:1].isupper() and nearest.lower() not in cues.verbs,
            "stopword before": nearest.lower() in cues.stopwords,
            "conjunction before": not cues.subordinators.isdisjoint(leading),
            "quotation before": bool(before),
            "joined to a quotation": bool(before)
            and nearest.lower() in COORDINATORS
            and at - before[-1][1] < _JOINED_DISTANCE,
            "title word near": not cues.title_words.isdisjoint(naming),
            "labelling verb before": not cues.labelling_verbs.isdisjoint(near),
            "subjunctive around": not cues.subjunctives.isdisjoint(around),
            "reporting verb around": not cues.verbs.isdisjoint(around),
            "function word after": follows is not None and follows.group().lower() in cues.function_words,
            "capital after": rest[:1].isupper(),
            "punctuation after": rest[:1] in _PUNCTUATION,
            "nothing after": not rest.strip(" .,;。"),
            "single marks in first line": first.family == "single" and first.paragraph == 0,
            "cue before": where in {"before", "colon"},
            "cue after": where == "after",
            "speaker named": cue is not None and cue.speaker is not None,
            "unspaced without cue": unspaced and cue is None,
        }

    def carried_speaker(self, last: LastSpeech | None, *, has_verb: bool) -> tuple[int, int] | None:
        """Offsets of the speaker of a speech without a cue of its own; `None` if unknown.

        In this order: the subject of the same sentence; in the paragraph, the speaker of the last speech, or of what is
        reported after it; and the speaker of the paragraph above if this one begins with the quotation. With a reporting verb of its own
        (`has_verb`; Spanish "«Sí», dijo."), the sentence before needs none.
        """
        paragraph = self.candidate.pieces[0].paragraph
        start_of_sentence, at = self.before
        start = start_of_sentence
        same = last is not None and last.paragraph == paragraph
        if last is not None and same and last.end > start:
            return last.speaker
        found = subject_of(self.text, start, at, self.masks, self.cues)
        floor = last.end if last is not None and same else self.top
        while found is None and start > max(floor, at - _LONGEST_CARRIED):
            least = max(self.top, start - _LONGEST_SENTENCE_SIDE)
            above = sentence_start(self.text, start - 1, least, self.masks)
            if above < floor:
                break
            found = subject_of(self.text, above, start, self.masks, self.cues, verb_only=same or not has_verb)
            start = above if same else floor
        lead = _words(self.text[start_of_sentence:at])
        if found is None and same and len(lead) >= _LEAST_LEAD and lead[0].lower() in self.cues.articles:
            return None  # the sentence has a subject of its own: "The finance chief wants to …"
        opens_paragraph = self.candidate.pieces[0].outer_start == self.top
        is_pronoun = found is not None and self.text[slice(*found)].lower() in self.cues.pronouns
        if (
            (found is None or (is_pronoun and same))
            and last is not None
            and (same or (last.paragraph == paragraph - 1 and opens_paragraph))
        ):
            return last.speaker
        return found


def _words(text: str) -> list[str]:
    found: list[str] = (_ASCII_WORD if text.isascii() else _WORD).findall(text)
    return found


def _opens_clause(rest: str, cues: Cues) -> bool:
    """Whether a reporting clause follows although the quotation ended with a full stop."""
    word = _WORD.match(rest)
    return word is not None and (word.group() in cues.verbs or word.group() in cues.pronouns)
