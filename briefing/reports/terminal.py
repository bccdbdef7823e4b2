"""A briefing as a page for a terminal, by rich."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from briefing.errors import one_line
from briefing.reports.claims import speaker_of
from briefing.reports.lines import claim_notes, notes, origin, sections, statement_text, unsupported
from briefing.reports.own_schemas import field_parts
from briefing.reports.results import other_fields
from briefing.reports.view import Data, Passages
from briefing.sources import Source

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text


def terminal_page(data: Data, source: Source | None) -> Group:
    """Return a briefing, given as JSON data, for `rich`; evidence as numbers of sentences, if the source is given."""
    from rich.console import Group, RenderableType
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    title = Text(one_line(data["headline"]), style="bold")
    title.append(unsupported(data["headline_missing"]), style="yellow")
    parts: list[RenderableType] = [title]
    if facts := _facts(data, source):
        parts.append(Text(facts, style="dim"))
    parts.append("")
    parts += _summary(data, source)
    for quote in data["key_quotes"]:
        words = Text(f"“{one_line(quote['text'])}”", style="italic")
        speaker = Text(f"— {speaker_of(quote)}")
        parts += ["", *(Padding(text, (0, 0, 0, 2), expand=False) for text in (words, speaker))]
    if data["entities"]:
        table = Table(box=None, pad_edge=False, show_header=False)
        for e in data["entities"]:
            mentions, role = Text(f"{len(e['mentions'])}x", style="dim"), Text(one_line(e["role"] or ""))
            table.add_row(Text(one_line(e["name"])), Text(e["type"], style="dim"), role, mentions)
        parts += ["", table]
    for part in field_parts(other_fields(data), Passages([None], [None]), {}):
        parts += ["", Text(part["head"], style="bold")]
        for claim in part["claims"]:
            line = Text(one_line(claim["text"]))
            line.append(f" — {claim['by']}" if "by" in claim else "")
            line.append(f" ({claim_notes(claim)})", style="dim")
            parts.append(Padding(line, (0, 0, 0, 2), expand=False))
    if told := notes(data):
        parts += ["", *(Text(note, style="dim") for note in told)]
    return Group(*parts)


def _summary(data: Data, source: Source | None) -> Iterator[Text | str]:
    from rich.text import Text

    starts = {} if source is None else {span.start: number for number, span in enumerate(source.sentences, 1)}
    for index, (heading, statements) in enumerate(sections(data["summary"])):
        if heading:
            if index:
                yield ""
            yield Text(heading, style="underline")
        for statement in statements:
            line = Text(statement_text(statement))
            if source is not None:
                numbers = [starts[span["start"]] for span in statement["evidence"] if span["start"] in starts]
                line.append(f" {numbers}", style="dim")
            line.append(origin(statement, data), style="yellow")
            yield line


def _facts(data: Data, source: Source | None) -> str:
    meta = data["meta"]
    title = meta["source_title"] if source is None else source.title
    # Of an extractive briefing, the title is the headline.
    title = None if title == data["headline"] else title
    facts = (title, meta["source_url"]) if source is None else (title, source.site, source.date, source.url)
    return one_line(" · ".join(filter(None, facts)))
