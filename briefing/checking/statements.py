"""Compare the sentences of a draft with those of several articles that are nearest to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Sequence
from typing import NamedTuple

from briefing.checking.checked import CheckedStatement
from briefing.checking.index import ArticleIndex, overlapping
from briefing.checking.quotes import FoundQuote
from briefing.grounding import Finding, Grounding, back_statement, is_title_case, quotation_at
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import TERMINAL_MARKS, tokens

#: Most sentences that are retrieved as evidence, and least cosine of the second and third, relative to the first.
_MOST_EVIDENCE, _LEAST_COSINE = 3, 0.4
#: Most articles that a sentence is compared with, out of how many.
_MOST_ARTICLES, _MOST_SEEN = 3, 10
#: Cosine, relative to the nearest article, from which another one counts; or, if it has so many words more of the sentence.
_NEARLY, _RELATED, _NEW_WORDS = 0.9, 0.5, 2
#: It counts as well if the sentence repeats this part of one of its sentences, of so many terms at least.
_REPEATED, _LEAST_TERMS = 0.75, 3
#: So many words beside a quotation only attribute it, so that no other article counts.
_MOST_ATTRIBUTING = 6
#: So many of the items that are lacking must stand in an article in another language.
_LEAST_FOREIGN = 2
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
        self._draft, self._index = draft, index
        self._groundings: dict[int, Grounding] = {}
        #: By the start of the sentence: quotations in it, and what is wrong with them or their speakers.
        self._quotes: defaultdict[int, list[FoundQuote]] = defaultdict(list)
        self._findings: defaultdict[int, list[Finding]] = defaultdict(list)
        for found in quotes:
            for sentence in overlapping(draft.sentences, found.quote.start, found.quote.end):
                self._quotes[sentence.start].append(found)
            for finding in found.findings:
                for sentence in overlapping(draft.sentences, finding.start, finding.end):
                    self._findings[sentence.start].append(_clipped(finding, sentence))

    def checked(self, sentence: Span) -> CheckedStatement:
        """Return a sentence of the draft with its evidence and findings."""
        inside = self._quotes[sentence.start]
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
        quoted = self._findings[sentence.start]
        # Errors in the words of a quotation are reported once, with the quotation.
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
        """Return a sentence that an article has, character by character, without findings.

        `None` if no article has it, or if the article quotes somebody with it and the draft does not.
        """
        if not (passage := self._index.passage(sentence.text)):
            return None
        index, start = passage
        article, end = self._index.articles[index], start + len(sentence.text)
        quotation = quotation_at([Span.of(article.text, start, end)], article)
        if not inside and quotation is not None and quotation.kind == "speech":
            return None
        return _Compared(index, list(overlapping(article.sentences, start, end)), [])

    def _compared(self, sentence: Span, inside: Sequence[FoundQuote]) -> _Compared | None:
        """Compare a sentence with the articles nearest to it, and return the comparison with the fewest findings.

        A finding about words that another of these articles has is left out.
        """
        quoted = {i for q in inside if not q.findings and (i := q.quote.source_index) is not None}
        near = self._near(sentence.text, quoted)
        if quoted and self._words_outside(sentence, inside) <= _MOST_ATTRIBUTING:
            near = {i: some for i, some in near.items() if i in quoted}
        # The nearest sentences of the quoted articles come with them.
        ranked = [(i, near.pop(i, [])) for i in sorted(quoted)] + list(near.items())
        compared = [self._with(index, sentence, some, inside) for index, some in ranked]
        if not compared:
            return None
        best = min(compared, key=lambda one: (one.article not in quoted, len(one.lacking())))
        lacking = set.intersection(*(one.lacking() for one in compared))
        if len(lacking) >= _LEAST_FOREIGN:
            lacking = self._lacking_abroad(sentence, lacking, {one.article for one in compared})
        findings = [f for f in best.findings if f.kind not in _LACKING or (f.kind, f.text) in lacking]
        return best._replace(findings=findings)

    def _lacking_abroad(
        self, sentence: Span, lacking: set[tuple[str, str]], compared: Container[int]
    ) -> set[tuple[str, str]]:
        """Leave out what an article in another language has, with whose words the sentence cannot be compared.

        Several of the numbers, dates and names must stand there within two sentences.
        """
        for index, article in enumerate(self._index.articles):
            if index not in compared and article.lang != self._draft.lang:
                left = lacking & self._with(index, sentence, (), ()).lacking()
                if len(lacking) - len(left) >= _LEAST_FOREIGN:
                    lacking = left
        return lacking

    def _words_outside(self, sentence: Span, inside: Sequence[FoundQuote]) -> int:
        """Return the number of words of a sentence that are outside of its quotations."""
        text = list(self._draft.text[sentence.start : sentence.end])
        for found in inside:
            for at in range(found.quote.start - sentence.start, found.quote.end - sentence.start):
                if 0 <= at < len(text):
                    text[at] = " "
        return sum(token.is_word for token in tokens("".join(text)))

    def _near(self, text: str, quoted: Container[int]) -> dict[int, list[tuple[float, Span]]]:
        """Return the articles that may say what a text says, with their sentences, the nearest first.

        These are the nearest, those that it quotes, and those that have words of it which the nearest lacks.
        """
        near = self._index.near(text)
        if not near:
            return {}
        nearest = near[0][1]
        had = set().union(*(self._index.terms(span.text) for _, span in nearest[:_MOST_EVIDENCE]))
        wanted = self._index.terms(text)

        def counts(some: list[tuple[float, Span]]) -> bool:
            relative, theirs = some[0][0] / nearest[0][0], self._index.terms(some[0][1].text)
            shared = wanted & theirs
            new = [term for term in shared - had if not term.isnumeric()]
            repeated = len(theirs) >= _LEAST_TERMS and len(shared) >= _REPEATED * len(theirs)
            related = relative >= _RELATED and len(new) >= _NEW_WORDS
            return relative >= _NEARLY or related or bool(repeated and new)

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
        quoted = (found.quote for found in inside if not found.findings)
        spans = [span for quote in quoted if quote.source_index == index for span in quote.spans]
        evidence = [s for q in spans for s in overlapping(article.sentences, q.start, q.end)]
        evidence = list(dict.fromkeys(evidence))
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


def _clipped(finding: Finding, sentence: Span) -> Finding:
    """Return the part of a finding that is in a sentence, with offsets there."""
    start = max(finding.start, sentence.start) - sentence.start
    end = min(finding.end, sentence.end) - sentence.start
    return finding.model_copy(update={"start": start, "end": end, "text": sentence.text[start:end]})


def _includes(quoted: Finding, other: Finding) -> bool:
    """Whether a finding about a quotation tells what another one tells: the opposite of a sentence, or a word inside."""
    inside = quoted.start <= other.start and other.end <= quoted.end
    return quoted.kind == "quotation" and (inside or other.kind == "polarity")
