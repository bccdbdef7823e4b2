"""Extract the visible text and the metadata of Markdown files and web pages."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from briefing.errors import InputError
from briefing.sources.encodings import Kind
from briefing.sources.formats import PROLOG
from briefing.sources.hidden_markup import prune_hidden
from briefing.sources.page_bounds import check_size, flatten, is_moderate
from briefing.sources.page_metadata import declared_date, declared_title
from briefing.sources.page_structure import normalize_structure, text_in_paragraphs
from briefing.sources.yaml_text import load_yaml

LONE_SURROGATES = re.compile("[\ud800-\udfff]")


class Page(NamedTuple):
    """Text and metadata as extracted; `labels` are those of `Source`. `Source` cleans and checks them; `advice` ends its message for an empty text."""

    text: str
    title: str | None = None
    url: str | None = None
    site: str | None = None
    date: str | None = None
    authors: tuple[str, ...] = ()
    lang: str | None = None
    path: str | None = None
    encoding: str | None = None
    advice: str = "Give the article's text or its file."
    warnings: tuple[str, ...] = ()
    labels: tuple[tuple[int, str], ...] = ()
    html: str | None = None
    """The page, decoded, that the text was extracted from."""


_LOOKS_LIKE_HTML = re.compile(rf"{PROLOG}<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)

#: The line below a table's header in trafilatura's output. It would become a numbered sentence.
_TABLE_RULE = re.compile(r"^\|(?:-+\|)+[ ]*\n", re.MULTILINE)
_FRONT_MATTER = re.compile(
    r"\ufeff?---[ \t]*\r?\n(?=[ \t]*[A-Za-z_][\w -]*:(?:\s|$))(.{0,20000}?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_FENCED = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1|\Z)", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#[ \t]+(.+)$", re.MULTILINE)
_CLOSING_MARKS = re.compile(r"[ \t]#+$")


def is_page(text: str) -> bool:
    """Whether a text begins like a complete web page."""
    return _LOOKS_LIKE_HTML.match(text) is not None


def read_page(text: str, kind: Kind | None, url: str | None = None) -> Page:
    """Extract text and metadata; without a `kind`, as HTML if it begins like a web page, otherwise as plain text.

    Raises:
        InputError: a web page nests more than 2,000 elements, or has more elements or attributes than any page to read.
    """
    if kind == "html" or (kind is None and is_page(text)):
        return _read_html(text, url)
    return _read_markdown(text) if kind == "markdown" else Page(text)


def _read_markdown(text: str) -> Page:
    known: dict[str, str] = {}
    if front := _FRONT_MATTER.match(text):
        known = _read_front_matter(front[1])
        text = text[front.end() :]
    heading = _HEADING.search(_FENCED.sub("", text))
    title = _CLOSING_MARKS.sub("", heading[1].strip()) if heading else None
    return Page(text, title=known.get("title") or title, date=known.get("date"))


def _read_front_matter(front: str) -> dict[str, str]:
    try:
        found = load_yaml(front)
        if not isinstance(found, dict):
            return {}
        kinds = str | int | float | datetime.date
        return {
            name: str(value)  # a ValueError: a number of more digits than Python writes
            for name in ("title", "date")
            if isinstance(value := found.get(name), kinds)
        }
    except ValueError:
        # Most often an unquoted colon in the title.
        return dict(re.findall(r"^(title|date):[ \t]*(.*?)[ \t]*\r?$", front, re.MULTILINE))


NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# Unicode's tag characters are invisible and spell ASCII.
INVISIBLE_TAGS = re.compile("[\U000e0000-\U000e007f]")


#: Shares of the text: more than this must be hidden for the page to be read with it, too; and if what is shown is less
#: than this part of what is read then, it is kept.
_MUCH_HIDDEN, _MOST_SHOWN = 1 / 3, 2 / 3
#: Fewer hidden characters are no article, and may be meant for models alone.
_SHORTEST_HIDDEN = 500
#: Least share of the text in paragraphs that the extraction keeps without a warning.
_MUCH_LEFT_OUT = 0.5


def _read_html(html: str, url: str | None) -> Page:
    advice = "If a script fills the page, save it from a browser, or give the article's text."
    tree = parse_page(html)
    if tree is None:
        return Page("", advice=advice)
    hidden = prune_hidden(tree)
    flatten(tree)
    about = _metadata(tree, url)
    text, warnings = _main_text(tree, url)
    if hidden > max(_MUCH_HIDDEN * len(text), _SHORTEST_HIDDEN):
        text, warnings = _with_hidden(html, url, text, warnings)
    return Page(
        _TABLE_RULE.sub("", INVISIBLE_TAGS.sub("", text)),
        advice=advice,
        warnings=warnings,
        html=html,
        **about,
    )


def remove_elements(html: str, paths: Iterable[str]) -> tuple[str, int]:
    """Return a page without the elements of some XPaths, and the number of characters in them.

    Raises:
        InputError: as for `read_page`.
    """
    from lxml import html as lxml_html

    tree = parse_page(html)
    if tree is None:
        return html, 0
    removed = 0
    for path in paths:
        for element in tree.xpath(path):
            if element.getparent() is not None:
                removed += len(" ".join("".join(element.itertext()).split()))
                element.drop_tree()
    return (lxml_html.tostring(tree, encoding="unicode"), removed) if removed else (html, 0)


def parse_page(html: str) -> Any:
    """Return the tree of a page; `None` if it is empty.

    Raises:
        InputError: the page nests more than 2,000 elements.
    """
    from lxml import html as lxml_html  # type: ignore[import-untyped, unused-ignore]
    from lxml.etree import (  # type: ignore[import-untyped, unused-ignore]
        ElementDefaultClassLookup,
        ParserError,
    )

    # Without `huge_tree`, libxml2 silently stops at the 256th level.
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    # lxml makes an element's object again in each walk; that of `lxml.html` asks a function in Python for its class.
    parser.set_element_class_lookup(ElementDefaultClassLookup(element=lxml_html.HtmlElement))
    clean = NO_XML.sub("", LONE_SURROGATES.sub("\ufffd", html)).encode()
    check_size(clean)
    try:
        tree = lxml_html.document_fromstring(clean, parser=parser)
    except ParserError:
        return None
    if any("Excessive depth" in problem.message for problem in parser.error_log):
        raise InputError("The page nests more than 2,000 elements. Give the article's text instead.")
    return tree


def _metadata(tree: Any, url: str | None) -> dict[str, Any]:
    """Return title, URL, site, date, authors and language as fields of `Page`."""
    import trafilatura

    about: Any = None
    if is_moderate(tree):
        about = trafilatura.extract_metadata(tree, url, {"original_date": True, "extensive_search": False})
    url = url or getattr(about, "url", None)
    return {
        "title": declared_title(tree) or getattr(about, "title", None) or tree.findtext(".//title"),
        "url": url,
        "site": getattr(about, "sitename", None),
        "date": declared_date(tree, url) or getattr(about, "date", None),
        "authors": tuple((getattr(about, "author", None) or "").split("; ")),
        "lang": tree.get("lang") or tree.get("xml:lang"),
    }


def _main_text(tree: Any, url: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the main text of a page, and a warning if much of what stands in paragraphs is not part of it."""
    import trafilatura

    # Scripts contain metadata (JSON-LD), but also text that is not displayed (its articleBody).
    for element in list(tree.iter("script", "style")):
        element.drop_tree()
    normalize_structure(tree)
    in_paragraphs = text_in_paragraphs(tree)
    found = trafilatura.bare_extraction(tree, url=url, include_comments=False) if is_moderate(tree) else None
    text: str = getattr(found, "text", None) or trafilatura.html2txt(tree, clean=False)
    if len(text) < _MUCH_LEFT_OUT * in_paragraphs:
        share = len(text) / in_paragraphs
        return text, (
            f"about {share:.0%} of the text in the page's paragraphs was taken for the article; the rest was left out",
        )
    return text, ()


def _with_hidden(
    html: str, url: str | None, shown: str, warnings: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """Return the main text with what the page hides, if that is most of it: scripts show such text in a browser."""
    tree = parse_page(html)
    prune_hidden(tree, for_good=True)
    flatten(tree)
    text, others = _main_text(tree, url)
    if len(shown) >= _MOST_SHOWN * len(text):
        return shown, warnings
    told = f"about {1 - len(shown) / len(text):.0%} of the text is hidden until a script shows it, if one does; it was read"
    return text, (told, *others)
