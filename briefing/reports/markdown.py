"""A briefing as Markdown: each sentence with footnotes that are its evidence. Text of the article is never markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

from briefing.errors import one_line
from briefing.reports.claims import labels_of, speaker_of
from briefing.reports.lines import claim_notes, notes, origin, sections, statement_text, unsupported
from briefing.reports.own_schemas import field_parts
from briefing.reports.results import briefing_view, is_briefing, other_fields
from briefing.reports.view import Data, Passages, web_url
from briefing.spans import Span

#: What CommonMark, its common extensions and notebooks (formulas) give a meaning, anywhere in a line.
_MARKUP = re.compile(r"[\\`*_\[\]<>&|~$^]")
#: What has a meaning at the beginning of a line.
_AT_START = re.compile(r"(\s*)(#|[-+=:]|\d+(?=[.)]))")
#: What a URL must not have between parentheses.
_IN_LINK = str.maketrans({char: f"%{ord(char):02X}" for char in "()<>\\ "})


def markdown(data: Data, number: int = 0) -> str:
    """Return a result, given as JSON data, as Markdown with the evidence in footnotes.

    Args:
        data: a briefing, or a result of another schema, which is shown field by field.
        number: of the result in a file of several, from 1, so that footnotes have names of their own.
    """
    prefix = f"{number}-" if number else ""
    lines = _lines if is_briefing(data) else _fields
    return "\n".join(lines(data, prefix)) + "\n"


def failure_markdown(kind: str, message: str, name: str) -> str:
    """Return an article without a result as Markdown: its name, the type of the error, and its message."""
    return f"# {escaped(name) or 'No briefing'}\n\n{escaped(kind)}: {escaped(message)}\n"


def _fields(data: Data, prefix: str) -> Iterator[str]:
    view = briefing_view(data, None)
    footnotes = _Footnotes(view.data["articles"][0]["url"], prefix)
    yield f"# {escaped(view.title)}"
    yield from _parts(data, footnotes)
    if warnings := view.data["warnings"]:
        yield from ("", *(f"- {escaped(warning)}" for warning in warnings))
    yield from footnotes.lines()


def _parts(data: Data, footnotes: _Footnotes) -> Iterator[str]:
    """Yield a list for each field that is not a briefing's, as the HTML page has it."""
    passages = Passages([None], [None])
    for part in field_parts(other_fields(data), passages, {}):
        yield from ("", f"## {escaped(part['head'])}", "")
        for claim in part["claims"]:
            rows = (passages.rows[row] for row in claim["lights"])
            marks = "".join(footnotes.mark({"start": row[1], "end": row[2], "text": row[4]}) for row in rows)
            by = f" — {escaped(claim['by'])}" if "by" in claim else ""
            said = escaped(claim_notes(claim))
            yield f"- {_begun(escaped(claim['text']))}{by}{marks}{said and f' ({said})'}"


def _lines(data: Data, prefix: str) -> Iterator[str]:
    footnotes = _Footnotes((data.get("meta") or {}).get("source_url"), prefix)
    yield f"# {escaped(data['headline'] + unsupported(data['headline_missing']))}"
    yield ""
    for number, (heading, statements) in enumerate(sections(data["summary"])):
        if heading:
            yield from (*[""] * (number > 0), f"## {escaped(heading)}", "")
        for statement in statements:
            marks = "".join(map(footnotes.mark, statement["evidence"]))
            note = origin(statement, data)
            yield f"{_begun(escaped(statement_text(statement)))}{marks}{note and ' ' + escaped(note)}"
    if data["key_quotes"]:
        yield from ("", "## Quotes", "")
    for quote in data["key_quotes"]:
        marks = "".join(map(footnotes.mark, quote["spans"])) if footnotes.url else ""
        yield from (f"> {_begun(escaped(quote['text']))}{marks}", f"> — {escaped(speaker_of(quote))}", "")
    if data["entities"]:
        yield from ("", "## Who and what", "", "| name | type | role | mentions |", "|---|---|---|---|")
    for e in data["entities"]:
        yield f"| {escaped(e['name'])} | {e['type']} | {escaped(e['role'] or '')} | {len(e['mentions'])} |"
    yield from _parts(data, footnotes)
    if told := notes(data):
        yield from ("", *(f"- {escaped(note)}" for note in told))
    yield from footnotes.lines()


class _Footnotes:
    """The footnotes of a text, in the order of their marks; each passage has one."""

    def __init__(self, url: str | None, prefix: str) -> None:
        self.url = web_url(url)
        self._prefix = prefix
        self._spans: dict[tuple[int, int], Data] = {}

    def mark(self, span: Data) -> str:
        self._spans.setdefault((span["start"], span["end"]), span)
        return f"[^{self._prefix}{list(self._spans).index((span['start'], span['end'])) + 1}]"

    def lines(self) -> Iterator[str]:
        for number, span in enumerate(self._spans.values(), 1):
            if number == 1:
                yield ""
            yield f"[^{self._prefix}{number}]: {_begun(escaped(span['text']))}{_label(span)}{self._link(span)}"

    def _link(self, span: Data) -> str:
        if self.url is None:
            return ""
        link = Span(start=span["start"], end=span["end"], text=span["text"]).fragment(self.url)
        return f" ([page]({one_line(link).translate(_IN_LINK)}))"


def _label(span: Data) -> str:
    return "".join(f" ({escaped(label)})" for label in labels_of([span]))


def escaped(text: str) -> str:
    """Return a text on one line that Markdown shows as it is, behind another text."""
    return _MARKUP.sub(r"\\\g<0>", one_line(text))


def _begun(text: str) -> str:
    """Return an escaped text that shows as it is at the beginning of a line."""
    found = _AT_START.match(text)
    if found is None:
        return text
    mark = found[2]
    if mark.isdigit():
        return f"{text[: found.end()]}\\{text[found.end() :]}"
    return f"{found[1]}\\{text[len(found[1]) :]}"
