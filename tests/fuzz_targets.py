"""What must hold for any bytes: one function per target, used by hypothesis and by the coverage-guided fuzzer.

Each takes bytes, reads a text in them, and raises `AssertionError` (or whatever the library lets through) where
something does not hold. What the library may raise is caught here, and only that.
"""

from __future__ import annotations

import regex
from office_files import docx, epub, odt, paragraph, run
from pdf_files import lines, pdf

from briefing import InputError, Source, locate
from briefing.grounding.alignment import Locator
from briefing.grounding.resolution import Grounding
from briefing.prompts.article_view import render_article, render_cues
from briefing.spans import Span

LANGUAGES = ("en", "de", "fr", "ru", "zh", "ja", "ar", "he", "ko", "th", "hi", "und")
_ID = regex.compile(r"[‹›]")


def read(data: bytes) -> None:
    """The reader: sentences cover the text, spans are slices, and the view holds no marks but ours."""
    lang = LANGUAGES[data[0] % len(LANGUAGES)] if data else "en"
    try:
        source = Source.from_text(data[1:].decode("utf-8", "replace"), lang=lang)
    except InputError:
        return
    check_source(source)


def page(data: bytes) -> None:
    """Web pages, as text that begins like one: a source, or an `InputError`."""
    try:
        source = Source.from_html(data.decode("utf-8", "replace"), lang="en")
    except InputError:
        return
    check_source(source)


def decode(data: bytes) -> None:
    """Bytes of a page, and of what came without a name: a source, or an `InputError`."""
    for take in (Source.from_html, Source.from_bytes):
        try:
            source = take(data)
        except InputError:
            continue
        check_source(source)


def mail(data: bytes) -> None:
    """Mails: a source, or an `InputError`."""
    try:
        source = Source.from_bytes(b"From: a\nMIME-Version: 1.0\n" + data, lang="en")
    except InputError:
        return
    check_source(source)


def feed(data: bytes) -> None:
    """Feeds, of entries and of text in one: sources, or an `InputError`."""
    item = b"<item><title>Ferry</title><description>%s</description></item>" % data
    for content in (
        b"<rss><channel>" + data,
        b"<rss><channel>" + item,
        b'{"version":"https://jsonfeed.org/version/1",' + data,
    ):
        try:
            sources = Source.from_feed(content, lang="en")
        except InputError:
            continue
        for source in sources:
            check_source(source)


def damaged_pdf(data: bytes) -> None:
    """PDFs: what a stream may draw, and files of which a part is replaced; a source, or an `InputError`."""
    stream = data.replace(b"endstream", b"")
    whole = pdf([lines(60, 100, ["The ferry is cancelled,", "said Ida Moe."])])
    at = sum(data) % len(whole)
    for content in (whole.replace(b"BT ", stream + b" BT ", 1), whole[:at] + data + whole[at + len(data) :]):
        try:
            source = Source.from_pdf(content, lang="en")
        except InputError:
            continue
        check_source(source)


def office(data: bytes) -> None:
    """Word documents and books: with this markup in them, and with a part of the archive replaced; a source, or an `InputError`."""
    text = data.decode("utf-8", "replace")
    word, book = docx(paragraph(text, run("Ferry"))), epub({"a.xhtml": text, "b.xhtml": "<p>Ferry</p>"})
    open_document = odt(f"<text:p>Ferry {text}</text:p>")
    at = sum(data) % len(word)
    for content in (word, book, open_document, word[:at] + data + word[at + len(data) :]):
        try:
            source = Source.from_bytes(content, lang="en")
        except InputError:
            continue
        check_source(source)


def align(data: bytes) -> None:
    """The aligner: what it finds are slices, and "exact" is what the quote says, letter by letter."""
    lang = LANGUAGES[data[0] % len(LANGUAGES)] if data else "en"
    before, _, after = data[1:].partition(b"\x00")
    quote, text = before.decode("utf-8", "replace"), after.decode("utf-8", "replace")
    try:
        source = Source.from_text(text, lang=lang)
    except InputError:
        return
    for ignore_case in (False, True):
        check_match(quote, source, ignore_case=ignore_case)
    # A quote taken from the text.
    start, width = len(before) % len(source.text), 1 + len(before) // 3
    check_match(source.text[start : start + width], source)


def check_source(source: Source) -> None:
    """What holds for every source."""
    text = source.text
    at = 0
    for sentence in source.sentences:
        check_span(sentence, text)
        assert not text[at : sentence.start].strip(), "a sentence begins where the last one ended"
        assert sentence.text.strip() == sentence.text != ""
        at = sentence.end
    assert not text[at:].strip(), "the last sentence ends with the text"
    end = 0
    for quotation in source.quotations:
        for span in quotation.spans:
            check_span(span, text)
            assert end <= span.start, "quotations do not overlap"
            end = span.end
        if quotation.speaker_span is None:
            assert quotation.speaker is None
        else:
            check_span(quotation.speaker_span, text)
            assert quotation.speaker == quotation.speaker_span.text
    grounding = Grounding(source)
    view = render_article(grounding)
    lines = view.split("\n")
    assert len(source.sentences) == len(lines) == len(view.splitlines()), "a sentence is a line"
    assert all(line.startswith(f"[{number}] ") for number, line in enumerate(lines, 1))
    ids = regex.findall(r"‹q(\d+)›", view)
    spans = [number for number, q in enumerate(grounding.offered, 1) for _ in q.spans]
    assert sorted(spans) == sorted(map(int, ids)), "each quotation is marked, and nothing else"
    assert 2 * len(ids) == len(_ID.findall(view))
    assert not regex.search(r"<\s*/?\s*article\b", view, regex.IGNORECASE)
    hints = render_cues(grounding)
    assert not hints or all(regex.match(r"q\d+: ", line) for line in hints.splitlines())


def check_match(quote: str, source: Source, *, ignore_case: bool = False) -> None:
    """What holds for every match."""
    match = locate(quote, source, ignore_case=ignore_case)
    for span in match.spans:
        check_span(span, source.text)
    assert match.text == " … ".join(span.text for span in match.spans)
    assert bool(match.spans) == (match.status != "unverified")
    if match.status == "exact":
        assert match.text in quote
    assert bool(match.diff) <= (match.status == "altered")
    locator = Locator(source, ignore_case=ignore_case)
    again = [locator.locate(quote) for _ in range(3)]
    assert match == again[0]
    for other in again:
        for span in other.spans:
            check_span(span, source.text)


def check_span(span: Span, text: str) -> None:
    """A span is a slice of the text, and is not empty."""
    assert 0 <= span.start < span.end <= len(text)
    assert text[span.start : span.end] == span.text


TARGETS = {
    "read": read,
    "page": page,
    "decode": decode,
    "mail": mail,
    "feed": feed,
    "pdf": damaged_pdf,
    "office": office,
    "align": align,
}
