"""Markdown, notebook and terminal: footnotes, and no markup of an article."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import BaseModel
from report_cases import BRIDGE, MARKUP, attacking_briefing, faulty_briefing
from rich.console import Console

import briefing
from briefing import Briefing, InputError, Mention, Source, Span
from briefing.errors import one_line
from briefing.reports.markdown import escaped

#: What our own Markdown has.
OURS = {"heading", "paragraph", "inline", "text", "blockquote", "table", "thead", "tbody", "tr", "th", "td"}
OURS |= {"bullet_list", "list_item", "softbreak", "text_special"}


def tokens(markdown: str) -> Iterator[Token]:
    """The tokens of a text, also those inside others."""
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown):
        yield token
        yield from token.children or ()


def kinds(markdown: str) -> set[str]:
    """The kinds of elements that a text has."""
    return {token.type.removesuffix("_open").removesuffix("_close") for token in tokens(markdown)}


def test_evidence_is_in_footnotes() -> None:
    """Each passage has one, with a link to it on the live page; two statements share it."""
    lines = faulty_briefing().to_markdown().splitlines()

    assert "# Harwick closes the Tern bridge for 9.9 million crowns" == lines[0]
    first = "The council of Harwick closed the Tern bridge on Tuesday.[^1] (unsupported: Tuesday)"
    assert first == lines[2]
    link = BRIDGE.sentences[0].fragment(BRIDGE.url or "")
    assert f"[^1]: The council of Harwick closed the Tern bridge on Monday. ([page]({link}))" in lines
    marks = [line.split(":")[0] for line in lines if line.startswith("[^")]
    assert [f"[^{number}]" for number in range(1, len(marks) + 1)] == marks


@pytest.mark.parametrize("attack", MARKUP, ids=range(len(MARKUP)))
def test_no_text_is_markup(attack: str) -> None:
    """No HTML, link, image, emphasis, code or formula comes out of a text; and no link without a web page."""
    made = attacking_briefing(attack)

    assert kinds(made.to_markdown()) <= OURS


@given(st.text(), st.text())
def test_an_escaped_text_is_shown_as_it_is(before: str, text: str) -> None:
    """Behind another text, on one line."""
    [_, inline, _] = MarkdownIt("commonmark").enable(["strikethrough"]).parse(f"x{escaped(before + text)}x")
    shown = "".join(child.content for child in inline.children or ())

    assert one_line(before + text) == shown[1:-1]


@pytest.mark.parametrize(
    "start", ["# a", "- a", "+ a", "1. a", "12) a", "=== a", "--- ", "> a", ": a", "    a"]
)
def test_a_sentence_begins_no_block(start: str) -> None:
    """Neither a heading nor a list, rule or code."""
    text = f"{start} and so on it goes."
    page = attacking_briefing(text).to_markdown().split("## Quotes")[0]

    assert {"heading", "paragraph", "inline", "text", "text_special"} >= kinds(page)


def test_a_notebook_shows_evidence() -> None:
    """In a few lines without style, script or link."""
    small = faulty_briefing()._repr_html_()

    assert "<strong>Not supported:</strong> Tuesday" in small
    assert '<p dir="auto">The council of Harwick closed the Tern bridge on Monday.</p>' in small
    assert faulty_briefing().to_markdown() == faulty_briefing()._repr_markdown_()


@pytest.mark.parametrize("kept", [None, BRIDGE], ids=["without its source", "with it"])
def test_rich_prints_a_page(kept: Source | None) -> None:
    """With the numbers of sentences, if the source is there."""
    file = io.StringIO()
    Console(file=file, width=100).print(faulty_briefing().model_copy(update={"source": kept}))
    number = "[1] " if kept else ""

    assert f"bridge on Tuesday. {number}(unsupported: Tuesday)" in " ".join(file.getvalue().split())
    assert "Bridge shut · https://news.example/bridge" in file.getvalue()


def test_a_terminal_obeys_nothing() -> None:
    """Control characters and rich's own markup are text."""
    file = io.StringIO()
    Console(file=file, width=100).print(attacking_briefing("[red]x[/red] \x1b[31m \u202e"))

    assert "[red]x[/red] \ufffd[31m \ufffd" in file.getvalue()


def test_a_report_in_markdown_has_results_of_any_schema(tmp_path: Path) -> None:
    """Each with footnotes of its own, whose names are not those of another result; and failures."""

    class Harbour(BaseModel):
        by: list[Mention]
        kind: str

    lind = BRIDGE.text.index("Oskar Lind")
    harbour = Harbour(
        by=[Mention(name="Oskar Lind", spans=[Span.of(BRIDGE.text, lind, lind + 10)])], kind="*news*"
    )
    failed = InputError("no.txt is empty")
    path = briefing.report([faulty_briefing(), harbour, failed], tmp_path / "x.md", sources=[BRIDGE])

    lines = path.read_text("utf-8").splitlines()
    marks = [line.split(":")[0] for line in lines if line.startswith("[^")]
    assert "# Briefings" == lines[0]
    assert {"- Oskar Lind[^2-1] (1×; by\\[0\\])", "- \\*news\\* (not grounded)", "[^2-1]: Oskar Lind"} <= set(
        lines
    )
    assert len(marks) == len(set(marks)) > 3
    assert "InputError: no.txt is empty" == lines[-1]


@pytest.mark.parametrize("attack", MARKUP, ids=range(len(MARKUP)))
def test_no_field_of_another_schema_is_markup(tmp_path: Path, attack: str) -> None:
    """Wherever the attack stands."""

    class Attacked(BaseModel):
        briefing: Briefing
        values: dict[str, str]

    made = Attacked(
        briefing=attacking_briefing(attack).model_copy(update={"source": None}), values={attack: attack}
    )
    path = briefing.report([made, InputError(attack)], tmp_path / "x.md", title=attack)

    assert kinds(path.read_text("utf-8")) <= OURS


def test_the_fields_of_a_subclass_are_in_markdown_and_in_the_terminal() -> None:
    """Behind those of a briefing."""

    class Longer(Briefing):
        also: list[Mention]

    lind = BRIDGE.text.index("Oskar Lind")
    also = [Mention(name="Oskar Lind", spans=[Span.of(BRIDGE.text, lind, lind + 10)])]
    longer = Longer(**dict(faulty_briefing()), also=also)
    page = Console(file=io.StringIO(), width=100)
    page.print(longer)

    lines = longer.to_markdown().splitlines()
    assert lines.index("## Who and what") < lines.index("## also")
    assert any(line.startswith("- Oskar Lind[^") for line in lines)
    assert "Oskar Lind (1×; also[0])" in page.file.getvalue()  # type: ignore[attr-defined]
