"""Render a briefing as a terminal page, Markdown or JSON."""

from __future__ import annotations

import json
from typing import TextIO

from typing_extensions import override

from briefing.errors import escape_json, one_line
from briefing.schemas import Briefing, Quote, Statement
from briefing.sources import Source


def to_json(briefing: Briefing, *, lines: bool = False) -> str:
    """Return the briefing as JSON: indented, or on one line if `lines`."""
    data = briefing.model_dump(mode="json", exclude_none=False)
    return escape_json(json.dumps(data, ensure_ascii=False, indent=None if lines else 1))


def to_markdown(briefing: Briefing, source: Source) -> str:
    """Return the briefing as Markdown. Evidence is given as sentence numbers of the source."""
    parts = [f"# {one_line(briefing.headline)}{_flag(briefing.headline_missing)}", ""]
    parts += [f"{_shown(s)} {_numbers(s, source)}{_origin(s, briefing)}" for s in briefing.summary.sentences]
    if briefing.key_quotes:
        parts += ["", "## Quotes", ""]
        for quote in briefing.key_quotes:
            parts += [f"> {one_line(quote.text)}", f"> — {_speaker(quote)}", ""]
    if briefing.entities:
        parts += ["", "## Who and what", "", "| name | type | role | mentions |", "|---|---|---|---|"]
        for e in briefing.entities:
            parts.append(f"| {_cell(e.name)} | {e.type} | {_cell(e.role or '')} | {len(e.mentions)} |")
    if notes := _notes(briefing):
        parts += ["", *(f"- {note}" for note in notes)]
    return "\n".join(parts)


def to_page(briefing: Briefing, source: Source, file: TextIO | None = None) -> None:
    """Print the briefing as text, in colour if the terminal supports it."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    class Page(Console):
        @override
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich would exit the process

    console = Page(file=file, width=None if file is None else 100, highlight=False)
    title = Text(one_line(briefing.headline), style="bold")
    title.append(_flag(briefing.headline_missing), style="yellow")
    console.print(title)
    # Of an extractive briefing, the title is the headline.
    title_line = None if source.title == briefing.headline else source.title
    if facts := " · ".join(filter(None, (title_line, source.site, source.date, source.url))):
        console.print(Text(one_line(facts), style="dim"))
    console.print()
    for sentence in briefing.summary.sentences:
        line = Text(_shown(sentence))
        line.append(f" {_numbers(sentence, source)}", style="dim")
        line.append(_origin(sentence, briefing), style="yellow")
        console.print(line)
    for quote in briefing.key_quotes:
        console.print()
        console.print(Padding(Text(f"“{one_line(quote.text)}”", style="italic"), (0, 0, 0, 2), expand=False))
        console.print(Padding(Text(f"— {_speaker(quote)}"), (0, 0, 0, 2), expand=False))
    if briefing.entities:
        console.print()
        table = Table(box=None, pad_edge=False, show_header=False)
        for e in briefing.entities:
            mentions = Text(f"{len(e.mentions)}x", style="dim")
            role = Text(one_line(e.role or ""))
            table.add_row(Text(one_line(e.name)), Text(e.type, style="dim"), role, mentions)
        console.print(table)
    if notes := _notes(briefing):
        console.print()
        for note in notes:
            console.print(Text(note, style="dim"))


def _shown(sentence: Statement) -> str:
    """The sentence on one line; behind a pronoun that begins it, the name that it stands for, in brackets."""
    text = one_line(sentence.text)
    if sentence.antecedent is None:
        return text
    pronoun, space, rest = text.partition(" ")
    return f"{pronoun} [{one_line(sentence.antecedent.text)}]{space}{rest}"


def _numbers(sentence: Statement, source: Source) -> str:
    starts = {span.start: number for number, span in enumerate(source.sentences, 1)}
    return str([starts[span.start] for span in sentence.evidence if span.start in starts])


def _flag(missing: list[str]) -> str:
    return f" (unsupported: {one_line(', '.join(missing))})" if missing else ""


def _origin(sentence: Statement, briefing: Briefing) -> str:
    """Return a note on a sentence: its unsupported words, or that it was cut from the article in place of a written one."""
    if sentence.kind == "extracted" and briefing.meta.style == "written":
        return " (cut from the article)"
    return _flag(sentence.missing)


def _speaker(quote: Quote) -> str:
    return one_line(quote.speaker or "speaker not named")


def _cell(text: str) -> str:
    return one_line(text).replace("|", "\\|")


def _notes(briefing: Briefing) -> list[str]:
    if not briefing.meta.model:  # not made by `summarize`
        return []
    meta, usage = briefing.meta, briefing.meta.usage
    cost = f", ${meta.cost_usd:.4f}" if meta.cost_usd is not None else ""
    tokens = f"{usage.input_tokens} tokens in, {usage.output_tokens} out"
    return [*map(one_line, meta.warnings), one_line(f"{meta.model}, {tokens}{cost}, {meta.elapsed:.1f} s")]
