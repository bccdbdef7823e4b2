"""Output of `briefing check`: a page for a terminal, Markdown, JSON, or a line for each problem."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, TextIO

from typing_extensions import override

from briefing.checking import Checked, CheckedQuote, CheckedStatement
from briefing.cli.inputs import Place
from briefing.errors import escape_json, one_line
from briefing.grounding import Finding
from briefing.sources import Source

if TYPE_CHECKING:
    from rich.text import Text


LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True)
class Report:
    """A checked draft.

    Attributes:
        name: of the draft.
        draft: the draft.
        lines_before: lines of its file above the text.
        checked: what was found.
        articles: what it was checked against, in the order of `source_index`.
    """

    name: str
    draft: Source
    lines_before: int
    checked: Checked
    articles: Sequence[tuple[Place, Source]]

    def line(self, offset: int) -> int:
        return len(LINE_END.findall(self.draft.text, 0, offset)) + 1 + self.lines_before

    def article(self, index: int | None) -> str:
        return "no article" if index is None else self.articles[index][0].name

    def problems(self) -> Iterator[tuple[int, CheckedStatement, Finding]]:
        """Yield each error with its line; one that goes on in the next sentence once."""
        reported: tuple[str, str] | None = None
        for statement in self.checked.statements:
            for finding in statement.findings:
                if finding.severity == "error" and reported != (finding.kind, finding.message):
                    reported = finding.kind, finding.message
                    yield self.line(statement.start + finding.start), statement, finding

    def summary(self) -> str:
        checked, count = self.checked, sum(1 for _ in self.problems())
        found = f"{count} problem{'s' * (count != 1)}" if count else "no problems"
        parts = (("quotation", len(checked.quotes)), ("sentence", len(checked.statements)))
        read = " and ".join(f"{number} {what}{'s' * (number != 1)}" for what, number in parts)
        return f"{self.name}: {found} in {read}, against {len(self.articles)} article{'s' * (len(self.articles) != 1)}"


def print_report(report: Report, kind: str, file: TextIO, *, lines: bool = False) -> None:
    """Print a report in a format; JSON on one line if `lines`."""
    if kind == "text":
        _to_page(report, file)
    elif kind == "json":
        names = {"draft": report.name, "sources": [place.name for place, _ in report.articles]}
        data = names | report.checked.model_dump(mode="json")
        print(escape_json(json.dumps(data, ensure_ascii=False, indent=None if lines else 1)), file=file)
    elif kind == "md":
        print("\n".join(_markdown(report)), file=file)
    else:
        for line, _, finding in report.problems():
            print(one_line(f"{report.name}:{line}: {finding.message}"), file=file)


def _markdown(report: Report) -> Iterator[str]:
    yield f"# {_escaped(report.summary())}"
    if report.checked.quotes:
        yield from (
            "",
            "| line | quotation | status | speaker | nearest passage | article |",
            "|---|---|---|---|---|---|",
        )
    for quote in report.checked.quotes:
        passage = " … ".join(span.text for span in quote.spans)
        cells = (
            quote.text,
            quotation_status(quote),
            quotation_speakers(quote),
            passage,
            report.article(quote.source_index),
        )
        yield f"| {report.line(quote.start)} | {' | '.join(map(_escaped, cells))} |"
    problems = [(line, s, f) for line, s, f in report.problems() if f.kind not in ("quotation", "speaker")]
    if problems:
        yield from (
            "",
            "| line | sentence | finding | nearest sentences | article |",
            "|---|---|---|---|---|",
        )
    for line, statement, finding in problems:
        evidence = " ".join(span.text for span in statement.evidence)
        shown = (statement.text, finding.message, evidence, report.article(statement.source_index))
        yield f"| {line} | {' | '.join(map(_escaped, shown))} |"


def _to_page(report: Report, file: TextIO) -> None:
    """Print a report as text, in colour if the terminal supports it."""
    from rich.console import Console
    from rich.text import Text

    class Page(Console):
        @override
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich would exit the process

    console = Page(file=file, width=None if file.isatty() else 100, highlight=False)
    parts = [(report.line(quote.start), *_quotation(report, quote)) for quote in report.checked.quotes]
    # The errors of quotations stand with them.
    others = (problem for problem in report.problems() if problem[2].kind not in ("quotation", "speaker"))
    for (line, _), group in groupby(others, key=lambda problem: (problem[0], id(problem[1]))):
        problems = list(group)
        parts.append((line, *_problems(report, line, problems[0][1], [found for _, _, found in problems])))
    for _, head, details in sorted(parts, key=itemgetter(0)):
        console.print(head, soft_wrap=True)  # it has names of files
        for detail in details:
            for piece in detail.wrap(console, max(console.width - 2, 20)):
                piece.rstrip()
                console.print(Text.assemble("  ", piece), soft_wrap=True)
    summary = Text(one_line(report.summary()), style="bold green" if report.checked.ok else "bold red")
    console.print(summary, soft_wrap=True)


def _quotation(report: Report, quote: CheckedQuote) -> tuple[Text, list[Text]]:
    """Return the head and the details of a quotation."""
    from rich.text import Text

    good = quote.backed and quote.speaker_ok is not False
    where = f" ({one_line(report.article(quote.source_index))})" if quote.spans else ""
    head = Text.assemble(
        (f"{report.line(quote.start)}: ", "dim"),
        (quotation_status(quote), "green" if good else "bold red"),
        (where, "dim"),
    )
    claimed, found = (Text(f"“{part}”") for part in _texts(quote))
    _coloured(claimed, [change.claimed for change in quote.diff], "red")
    details = [claimed]
    if quote.status in ("altered", "elided"):
        _coloured(found, [change.found for change in quote.diff], "green")
        details.append(Text.assemble(("article: ", "dim"), found))
    details += (Text(one_line(str(change)), style="yellow") for change in quote.diff)
    if speakers := quotation_speakers(quote):
        details.append(Text(speakers, style="bold red" if quote.speaker_ok is False else "dim"))
    return head, details


def _problems(
    report: Report, line: int, statement: CheckedStatement, findings: Sequence[Finding]
) -> tuple[Text, list[Text]]:
    """Return the head and the details of the errors that begin in one line of a sentence."""
    from rich.text import Text

    where = f" ({one_line(report.article(statement.source_index))})"
    said: dict[str, list[str]] = {}
    for finding in findings:
        what, _, words = finding.message.partition(": ")
        said.setdefault(what, []).append(words)
    messages = (": ".join(filter(None, (what, ", ".join(words)))) for what, words in said.items())
    head = Text.assemble((f"{line}: ", "dim"), (one_line("; ".join(messages)), "bold red"), (where, "dim"))
    sentence = Text(one_line(statement.text))
    _coloured(sentence, [finding.text for finding in findings], "red")
    evidence = [Text.assemble(("article: ", "dim"), one_line(span.text)) for span in statement.evidence]
    return head, [sentence, *evidence]


def _texts(quote: CheckedQuote) -> tuple[str, str]:
    return one_line(quote.text), one_line(" … ".join(span.text for span in quote.spans))


def _coloured(text: Text, words: Sequence[str], style: str) -> None:
    """Colour the words, each behind the one before it."""
    done = 0
    for some in filter(None, map(one_line, words)):
        whole = re.compile(rf"(?<!\w){re.escape(some)}(?!\w)").search(text.plain, done)
        start = whole.start() if whole else text.plain.find(some, done)
        if start >= 0:
            done = start + len(some)
            text.stylize(style, start, done)


def quotation_status(quote: CheckedQuote) -> str:
    """Return how a quotation relates to its passage."""
    if quote.speaker_ok is False and quote.backed:
        return f"{quote.status}, wrong speaker"
    if not quote.backed and quote.status in ("exact", "typographic", "elided"):
        return f"{quote.status}, but nobody says it there"
    return quote.status


def quotation_speakers(quote: CheckedQuote) -> str:
    """Return who says it in the draft, and who in the article."""
    unsure = "not certain" if quote.speaker and quote.spans else None
    known = (("draft", quote.speaker), ("article", quote.source_speaker or unsure))
    return "; ".join(f"speaker in the {where}: {one_line(name)}" for where, name in known if name)


def _escaped(text: str) -> str:
    return one_line(text).replace("|", "\\|")
