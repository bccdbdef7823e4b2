"""`Source.origin`: where a span stands in the HTML of its page."""

from __future__ import annotations

import pickle
import re
import sys
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import document_fromstring

from briefing import InputError, Origin, Source, Span

PARAGRAPHS = [
    f"The council of Eastwick voted on point {number} of the harbour plan, and Ada Quill called it overdue."
    for number in range(1, 5)
]


def page_of(extra: str) -> str:
    """A page with a menu, an article with `extra` in it, and a footer."""
    menu = "".join(f'<li><a href="/{number}">Section {number}</a></li>' for number in range(9))
    article = "".join(f"<p>{paragraph}</p>\n" for paragraph in PARAGRAPHS)
    return (
        "<!doctype html><html lang='en'><head><title>Harbour</title><script>var a = '<p>Berth'</script></head><body>"
        f"<nav><ul>{menu}</ul></nav><article><h1>Harbour plan</h1>{article}{extra}</article>"
        "<footer>Eastwick Courier</footer></body></html>"
    )


def part_of(source: Source, text: str) -> Span:
    """The span of a text that the source has once."""
    assert source.text.count(text) == 1, source.text
    start = source.text.index(text)
    return Span.of(source.text, start, start + len(text))


def plain(markup: str) -> str:
    """Markup without tags, comments and white space."""
    return "".join(unescape(re.sub(r"<!--.*?-->|<(?:'[^']*'|[^>'])*>", "", markup, flags=re.DOTALL)).split())


CASES = {
    "plain": ("<p>One berth is closed.</p>", "berth is", "berth is", "p[5]"),
    "entities": ("<p>R&amp;D at Caf&eacute; Moe&#8217;s is AT&T.</p>", "R&D at Café Moe’s is AT&T.", "R&amp;D at Caf&eacute; Moe&#8217;s is AT&T.", "p[5]"),
    "a space that is an entity": ("<p>It has 20&nbsp;berths now.</p>", "20 berths", "20&nbsp;berths", "p[5]"),
    "nested tags": ("<p>It is <b>not <i>yet</i> sold</b> at all.</p>", "yet sold", "yet</i> sold", "p[5]/b"),
    "a tag inside": ("<p>It is <b>not <i>yet</i> sold</b> at all.</p>", "yet", "yet", "p[5]/b/i"),
    "a comment in a word": ("<p>The ber<!-- > no -->th is empty.</p>", "berth is", "ber<!-- > no -->th is", "p[5]"),
    "a script between": ("<p>The berth <script>if (a < b) c('</p>')</script>is empty.</p>", "berth is", "berth <script>if (a < b) c('</p>')</script>is", "p[5]"),
    "an attribute with >": ("<p>See <a href='/a' title='a > b'>the plan</a> for it.</p>", "See the plan", "See <a href='/a' title='a > b'>the plan", "p[5]"),
    "hidden text": ("<p>Its long quay <span style='display:none'>Praise it. </span>was mended by the town.</p>", "quay was mended", "quay <span style='display:none'>Praise it. </span>was mended", "p[5]"),
    "deleted text": ("<p>Its long quay has <del>nine</del> ten berths by the sea.</p>", "has ten berths", "has <del>nine</del> ten berths", "p[5]"),
    "the mark of a note": ("<p>Its long quay was mended<sup><a href='#n'>3</a></sup> by the town in June.</p>", "Its long quay was mended by the town in June.", "Its long quay was mended<sup><a href='#n'>3</a></sup> by the town in June.", "p[5]"),
    "a raised number": ("<p>It cost 10<sup>5</sup> crowns in all.</p>", "10⁵ crowns", "10<sup>5</sup> crowns", "p[5]"),
    "a quotation without marks": ("<p>She said <q>never again</q> twice.</p>", "“never again”", "never again", "p[5]/q"),
    "a block quotation": ("<blockquote><p>We will not sell.</p><footer>Ida Moe</footer></blockquote>", "“We will not sell.” — Ida Moe", "We will not sell.</p><footer>Ida Moe", "blockquote"),
    "items of a list": ("<ul><li>One berth is gone.<li>Two are left.</ul>", "- One berth is gone.\n- Two are left.", "One berth is gone.<li>Two are left.", "ul"),
    "two paragraphs": ("<p>One berth is gone.</p>\n<p>Two are left.</p>", "gone.\nTwo", "gone.</p>\n<p>Two", None),
    "Chinese": ("<p>东港市议会<b>周二</b>批准了码头计划。</p>", "议会周二批准了码头计划。", "议会<b>周二</b>批准了码头计划。", "p[5]"),
    "Arabic": ("<p>وافق المجلس <b>يوم الثلاثاء</b> على خطة الميناء.</p>", "المجلس يوم الثلاثاء", "المجلس <b>يوم الثلاثاء", "p[5]"),
    "Hindi": ("<p>परिषद ने मंगलवार को <b>योजना</b> को मंज़ूरी दी।</p>", "को योजना को मंज़ूरी दी।", "को <b>योजना</b> को मंज़ूरी दी।", "p[5]"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_markup_in_and_around_a_span(name: str) -> None:
    """The offsets hold the tags and entities between the first and last character, the path the whole span."""
    extra, text, markup, path = CASES[name]
    html = page_of(extra)
    source = Source.from_html(html)
    origin = source.origin(part_of(source, text))
    assert origin is not None
    assert markup == html[origin.start : origin.end]
    assert (f"/html/body/article/{path}" if path else "/html/body/article") == origin.path


def test_the_title_and_the_menu_are_not_taken_for_the_article() -> None:
    """A headline that the page's title repeats is found where the article has it; if the menu has it too, it is not guessed."""
    html = page_of("").replace("<title>Harbour", "<title>Harbour plan")
    place = html.index("<h1>") + len("<h1>")
    source = Source.from_html(html)
    span = part_of(source, "Harbour plan")
    assert Origin("/html/body/article/h1", place, place + len("Harbour plan")) == source.origin(span)
    assert Source.from_html(html.replace("Section 3", "Harbour plan")).origin(span) is None


def test_repeated_lines_are_placed_in_order() -> None:
    """Lines that text and page have equally often are told apart by their order."""
    html = page_of("<p>Yes.</p><p>The berth is closed for good, said Ida Moe of Eastwick.</p>" * 3)
    source = Source.from_html(html)
    starts = [match.start() for match in re.finditer(r"Yes\.", source.text)]
    places = [source.origin(Span.of(source.text, start, start + 4)) for start in starts]
    expected = [f"/html/body/article/p[{number}]" for number in (5, 7, 9)]
    assert expected[: len(starts)] == [place and place.path for place in places]


def test_a_line_that_the_page_has_more_often_has_no_certain_place() -> None:
    """A short line that also stands between paragraphs of the article, in a part that is left out, is not guessed."""
    html = page_of("<p>Berths, all.</p><nav><a href='/b'>Berths, all.</a></nav><p>Two are left there.</p>")
    source = Source.from_html(html)
    assert source.text.count("Berths, all.") == 1
    assert source.origin(part_of(source, "Berths, all.")) is None
    assert source.origin(part_of(source, "Two are left there.")) is not None


def test_sources_that_are_no_pages_have_no_origins(tmp_path: Path) -> None:
    """Text has none; a file and bytes of a page have them as `from_html` does."""
    text = Source.from_text("One berth is closed.")
    assert text.origin(text.sentences[0]) is None
    html = page_of("<p>Das Café ist geschlossen.</p>")
    file = tmp_path / "a.html"
    file.write_text(html, encoding="utf-8")
    expected = Source.from_html(html)
    for source in (Source.from_file(file), Source.from_bytes(html.encode())):
        span = source.sentences[-1]
        assert expected.origin(span) == source.origin(span) is not None


def test_text_that_a_script_shows() -> None:
    """Where the text was read although the page hides it for now, its places are found."""
    hidden = "".join(f"<p>{paragraph} It costs {9 * len(paragraph)} crowns.</p>" for paragraph in PARAGRAPHS)
    html = f"<html lang='en'><body><p>Loading it.</p><article style='display:none'>{hidden * 1}{hidden.replace('council', 'mayor')}</article></body></html>"
    source = Source.from_html(html)
    assert "council" in source.text
    assert all(source.origin(sentence) for sentence in source.sentences[1:-1])


def test_a_mail_is_no_page() -> None:
    """The page in a mail is no file of its own, so that offsets in it would tell nobody anything."""
    html = page_of("")
    mail = f"From: a@example.org\nSubject: Plan\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n{html}"
    source = Source.from_bytes(mail.encode())
    assert source.origin(source.sentences[-1]) is None


def test_a_span_without_letters_has_no_origin() -> None:
    """Marks alone may be anywhere."""
    source = Source.from_html(page_of("<p>One berth is closed!</p>"))
    assert source.origin(part_of(source, "!")) is None


def test_the_page_is_in_no_copy_that_is_kept() -> None:
    """The page is not in equality, `repr`, JSON and pickles; a copy of another language has it."""
    html = page_of("<p>One berth is closed. <!-- secret --></p>")
    source = Source.from_html(html)
    span = source.sentences[-1]
    assert source.origin(span) is not None
    restored = pickle.loads(pickle.dumps(source))
    assert restored == source == Source.from_text(source.text).model_copy(update=dict(source))
    assert restored.origin(span) is None
    assert not any(
        "secret" in shown for shown in (repr(source), source.model_dump_json(), str(pickle.dumps(source)))
    )
    for copied in (Source.of(source, lang="de"), source.model_copy(deep=True)):
        assert copied.origin(span) == source.origin(span)


def test_a_span_of_another_source_is_refused() -> None:
    """Offsets of another text would lead anywhere."""
    source = Source.from_html(page_of(""))
    with pytest.raises(InputError, match="Span of this source"):
        source.origin(Span.of("One berth is closed.", 0, 9))


WORDS = st.sampled_from(["berth", "R&amp;D", "<b>quay</b>", "caf&eacute;", "<i>old <b>pier</b></i>", "10<sup>5</sup>", "d&#233;j&agrave;", "a<!-- x -->b", "<a href='>'>plan</a>", "码头", "&ldquo;no&rdquo;", "x &lt; y", "AT&T", "1,5"])  # fmt: skip
SENTENCES = st.lists(WORDS, min_size=3, max_size=12).map(lambda words: f"Then {' '.join(words)} closed.")
ARTICLES = st.lists(st.lists(SENTENCES, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=6)


@given(ARTICLES)
def test_every_origin_has_the_text_of_its_span(paragraphs: list[str]) -> None:
    """Tags removed and entities decoded, the markup is the sentence, and the element at the path holds it."""
    html = page_of("".join(f"<p>{paragraph}</p>" for paragraph in paragraphs))
    source = Source.from_html(html)
    tree = document_fromstring(html)
    found = 0
    for sentence in source.sentences:
        if origin := source.origin(sentence):
            found += 1
            wanted = "".join(sentence.text.split()).replace("⁵", "5")
            assert wanted == plain(html[origin.start : origin.end])
            assert wanted in "".join(tree.xpath(origin.path)[0].text_content().split())
    assert found >= len(PARAGRAPHS)
    texts = [sentence.text for sentence in source.sentences]
    if len({*texts}) == len(texts) and len({*paragraphs}) == len(paragraphs):
        assert found == len(source.sentences)


@given(st.lists(st.sampled_from(["<p>", "</p>", "<b", ">", "<!--", "-->", "&amp", "&#0;", "&#xD800;", "<script>", "</script>", '="', "'", "One berth", " is closed. ", "</", "\x00", "&notit;", "<![CDATA[", "<table><tr><td>", "<textarea>"]), max_size=40).map("".join))  # fmt: skip
def test_debris_raises_nothing(debris: str) -> None:
    """Broken markup has places that hold the text, or none."""
    html = page_of(f"<p>Before it.</p>{debris}<p>The last berth of all is closed.</p>")
    source = Source.from_html(html)
    for sentence in source.sentences:
        if origin := source.origin(sentence):
            assert 0 <= origin.start < origin.end <= len(html)


@pytest.mark.parametrize(
    "part",
    ["<p>Yes.</p>", "<p>The berth is closed for good, said Moe.</p>", "<!--", '<a b="', "&amp;", "<script>", "<p>A{n} b.</p>"],
)  # fmt: skip
def test_places_are_found_in_linear_time(part: str) -> None:
    """Four times the page takes at most some five times the calls, whatever repeats."""

    def calls(size: int) -> int:
        html = page_of("".join(part.replace("{n}", str(n)) for n in range(size)))
        source = Source.from_html(html)
        spans = source.sentences[:3]
        counted = 0

        def count(*_: object) -> None:
            nonlocal counted
            counted += 1

        sys.setprofile(count)
        try:
            for span in spans:
                source.origin(span)
        finally:
            sys.setprofile(None)
        return counted

    assert calls(1200) < 5.5 * calls(300)
