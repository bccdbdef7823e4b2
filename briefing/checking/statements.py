"""Compare the sentences of a draft with those of several articles that are nearest to them."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import NamedTuple

from briefing.checking.checked import CheckedStatement
from briefing.checking.index import ArticleIndex
from briefing.checking.quotes import FoundQuote
from briefing.grounding import Finding, Grounding, back_statement, is_title_case
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import TERMINAL_MARKS

#: Most sentences that are retrieved as evidence, and least cosine of the second and third, relative to the first.
_MOST_EVIDENCE, _LEAST_COSINE = 3, 0.4
#: Most articles that a sentence is compared with, out of how many.
_MOST_ARTICLES, _MOST_SEEN = 3, 10
#: Cosine, relative to the nearest article, from which another one counts; or, if it has so many words more of the sentence.
_NEARLY, _RELATED, _NEW_WORDS = 0.9, 0.5, 2
#: Kinds of findings that say that the evidence lacks something; another article may have it.
_LACKING = ("number", "money", "date", "name")


class _Compared(NamedTuple):
    """A sentence of the draft, compared with one article."""

    article: int
    evidence: list[Span]
    findings: list[Finding]

    def lacking(self) -> set[tuple[str, str]]:
        return {(f.kind, f.text) for f in self.findings if f.kind in _LACKING}


class StatementCheck:
    """Compares the sentences of one draft with articles.

    Args:
        draft: the draft.
        index: the articles.
        quotes: the quotations of the draft, in order.
    """

    def __init__(self, draft: Source, index: ArticleIndex, quotes: Sequence[FoundQuote]) -> None:
        self._draft, self._index, self._quotes = draft, index, quotes
        self._groundings: dict[int, Grounding] = {}

    def checked(self, sentence: Span) -> CheckedStatement:
        """Return a sentence of the draft with its evidence and findings."""
        inside = [q for q in self._quotes if q.quote.start < sentence.end and sentence.start < q.quote.end]
        compared = self._excerpt(sentence, inside) or self._compared(sentence, inside)
        findings = [] if compared is None else compared.findings
        if compared is None and any(char.isalpha() for char in sentence.text):
            findings = [
                Finding(
                    kind="evidence",
                    text=sentence.text,
                    start=0,
                    end=len(sentence.text),
                    severity="note",
                    message="no sentence of the articles is similar",
                )
            ]
        quoted = [
            clipped
            for quote in self._quotes
            for finding in quote.findings
            if (clipped := _clipped(finding, sentence))
        ]
        # What is wrong with the words of a quotation is told once.
        findings = [f for f in findings if not any(_includes(one, f) for one in quoted)] + quoted
        wrong = any(finding.severity == "error" for finding in findings)
        return CheckedStatement(
            text=sentence.text,
            start=sentence.start,
            end=sentence.end,
            support="unsupported" if wrong else "supported",
            findings=tuple(sorted(findings, key=lambda finding: finding.start)),
            evidence=() if compared is None else tuple(compared.evidence),
            source_index=None if compared is None else compared.article,
        )

    def _excerpt(self, sentence: Span, inside: Sequence[FoundQuote]) -> _Compared | None:
        """Return a sentence that an article has, character by character, with nothing wrong.

        One that the article has inside a quotation only, and the draft outside, is none.
        """
        if not (passage := self._index.passage(sentence.text)):
            return None
        index, start = passage
        article, end = self._index.articles[index], start + len(sentence.text)
        speech = (s for q in article.quotations if q.kind == "speech" for s in q.spans)
        if not inside and any(span.start <= start and end <= span.end for span in speech):
            return None
        return _Compared(index, [s for s in article.sentences if s.start < end and start < s.end], [])

    def _compared(self, sentence: Span, inside: Sequence[FoundQuote]) -> _Compared | None:
        """Compare a sentence with the articles nearest to it, and return the comparison with the fewest findings.

        What one of them lacks and another one has is no finding.
        """
        quoted = {i for q in inside if not q.findings and (i := q.quote.source_index) is not None}
        near = self._near(sentence.text, quoted)
        # The nearest sentences of the quoted articles come with them.
        ranked = [(i, near.pop(i, [])) for i in sorted(quoted)] + list(near.items())
        compared = [self._with(index, sentence, some, inside) for index, some in ranked]
        if not compared:
            return None
        best = min(compared, key=lambda one: (one.article not in quoted, len(one.lacking())))
        lacking = set.intersection(*(one.lacking() for one in compared))
        findings = [f for f in best.findings if f.kind not in _LACKING or (f.kind, f.text) in lacking]
        return best._replace(findings=findings)

    def _near(self, text: str, quoted: Container[int]) -> dict[int, list[tuple[float, Span]]]:
        """Return the articles that may say what a text says, with their sentences, the nearest first.

        These are the nearest, those that it quotes, and those that have words of it which the nearest lacks.
        """
        near = self._index.near(text)
        if not near:
            return {}
        nearest = near[0][1]
        had = set().union(*(self._index.words(span.text) for _, span in nearest[:_MOST_EVIDENCE]))
        lacks = self._index.words(text) - had

        def counts(some: list[tuple[float, Span]]) -> bool:
            relative = some[0][0] / nearest[0][0]
            new = lacks & self._index.words(some[0][1].text)
            return relative >= _NEARLY or (relative >= _RELATED and len(new) >= _NEW_WORDS)

        others = [pair for pair in near[1:_MOST_SEEN] if counts(pair[1])]
        return dict([near[0], *others[: _MOST_ARTICLES - 1], *(pair for pair in near if pair[0] in quoted)])

    def _with(
        self,
        index: int,
        sentence: Span,
        near: Sequence[tuple[float, Span]],
        inside: Sequence[FoundQuote],
    ) -> _Compared:
        article = self._index.articles[index]
        spans = [
            span
            for found in inside
            if found.quote.source_index == index and not found.findings
            for span in found.quote.spans
        ]
        evidence = [s for s in article.sentences if any(s.start < q.end and q.start < s.end for q in spans)]
        least = near[0][0] * _LEAST_COSINE if near else 0.0
        for cosine, span in near:
            if len(evidence) >= _MOST_EVIDENCE:
                break
            if cosine >= least and span not in evidence:
                evidence.append(span)
        if index not in self._groundings:
            self._groundings[index] = Grounding(article, self._draft.lang)
        backing, findings = back_statement(
            sentence.text, sorted(evidence, key=lambda span: span.start), self._groundings[index]
        )
        if not sentence.text.endswith(tuple(TERMINAL_MARKS)) and is_title_case(
            sentence.text, self._draft.lang
        ):
            findings = [finding for finding in findings if finding.kind != "name"]
        # To the reader of a draft, nobody cites them.
        findings = [
            f.model_copy(
                update={"message": f.message.replace("the cited sentences", "the nearest sentences")}
            )
            for f in findings
        ]
        return _Compared(index, backing, findings)


def _clipped(finding: Finding, sentence: Span) -> Finding | None:
    """Return the part of a finding that is in a sentence, with offsets there; `None` if no part is."""
    start, end = max(finding.start, sentence.start), min(finding.end, sentence.end)
    if start >= end:
        return None
    place = {"start": start - sentence.start, "end": end - sentence.start}
    words = sentence.text[place["start"] : place["end"]]
    return finding.model_copy(update={**place, "text": words})


def _includes(quoted: Finding, other: Finding) -> bool:
    """Whether a finding about a quotation tells what another one tells: the opposite of a sentence, or a word inside."""
    inside = quoted.start <= other.start and other.end <= quoted.end
    return quoted.kind == "quotation" and (inside or other.kind == "polarity")
