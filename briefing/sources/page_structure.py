"""Rewrite the markup of a web page so that the extraction of its text keeps what a reader sees.

trafilatura drops the content of inline elements that it does not know, joins the digits of superscripts to the number
before them, keeps deleted text, and loses the marks of `q` and the speakers of `blockquote`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain
from typing import Any

#: Inline elements whose text is part of the sentence around them.
_UNWRAPPED = frozenset(
    ("abbr", "bdi", "bdo", "button", "data", "dfn", "ins", "kbd", "label", "mark", "meter", "output", "ruby", "samp",
     "small", "time", "u", "var", "wbr")
)  # fmt: skip
#: Elements that say that their text no longer holds; and readings of characters, which would double them.
_DROPPED = frozenset(("del", "s", "strike", "rp", "rt", "rtc"))
BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "details", "dl", "div", "fieldset", "figure", "footer", "form", "h1",
     "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "nav", "ol", "p", "pre", "section", "table", "ul")
)  # fmt: skip
_SIDE_PARTS = frozenset(("aside", "dialog", "footer", "form", "header", "nav", "table"))
_SUPERSCRIPTS = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_SUBSCRIPTS = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")
_SIGNED_DIGITS = re.compile(r"[+\-−]?\d{1,3}")
_NOTE_MARK = re.compile(r"\[?(?:\d{1,3}|[a-z]|[*†‡§¶])\]?", re.IGNORECASE)
_ANY_OPENING_MARK = re.compile(r"""["'“”„‟«»‹›‘‚「『《〈]""")
#: A longer block is a document or a passage, not what somebody said.
_LONGEST_QUOTATION = 1_200
#: Parts of documents, which nobody says.
_NOT_SAID = ("ul", "ol", "table", "pre", "h1", "h2", "h3", "h4", "h5", "h6")
_LEADING_DASHES = re.compile(r"^[\s\-–—―~]+")


def normalize_structure(tree: Any) -> None:
    """Rewrite a page in place: see the module."""
    # Elements become `span`s: to unwrap or drop thousands of them takes quadratic time, since each joins two texts.
    for element in list(tree.iter(*_DROPPED)):
        _empty(element)
    for element in list(tree.iter("sup", "sub")):
        _rewrite_script(element)
    for element in list(tree.iter("blockquote")):
        _mark_block_quotation(element)
    marked = [(element, _ANY_OPENING_MARK.match(_text(element))) for element in tree.iter("q")]
    for element, mark in reversed(marked):  # the inner ones first
        if mark is None:
            nested = any(parent.tag == "q" for parent in element.iterancestors())
            _enclose(element, "‘’" if nested else "“”")
        element.tag = "span"
    for element in list(tree.iter(*_UNWRAPPED)):
        # A button or label of a form is no part of a sentence.
        if element.tag not in ("button", "label", "output", "meter") or _in_sentence(element):
            element.tag = "span"
    with_paragraphs = {paragraph.getparent() for paragraph in tree.iter("p")}
    for element in list(tree.iter("div")):
        if element.getparent() in with_paragraphs and _holds_text(element):
            element.tag = "p"


def text_in_paragraphs(tree: Any) -> int:
    """Return the number of characters in the paragraphs of a page, but for those of menus, forms and footers."""
    beside = within(tree, lambda element: element.tag in _SIDE_PARTS)
    return sum(len(_text(paragraph)) for paragraph in tree.iter("p") if paragraph not in beside)


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _before(element: Any) -> str:
    """Return the text directly before an element, within its parent."""
    previous = element.getprevious()
    if previous is not None:
        return previous.tail or ("" if previous.tag in BLOCKS else "".join(previous.itertext()))
    parent = element.getparent()
    return "" if parent is None else parent.text or ""


def _rewrite_script(element: Any) -> None:
    """Remove the marks of footnotes, and write digits as superscripts or subscripts: 10⁵, not 105."""
    text = _text(element)
    if _NOTE_MARK.fullmatch(text) and element.find(".//a") is not None:
        _empty(element)
    elif _SIGNED_DIGITS.fullmatch(text) and (element.tag == "sup" or _before(element)[-1:].isdigit()):
        table = _SUPERSCRIPTS if element.tag == "sup" else _SUBSCRIPTS
        _empty(element)
        element.text = text.translate(table)
    element.tag = "span"


def _empty(element: Any) -> None:
    element.clear(keep_tail=True)
    element.tag = "span"


def _enclose(element: Any, marks: str) -> None:
    """Put the marks that a browser shows around a `q` before and after an element's text."""
    element.text = marks[0] + (element.text or "").lstrip()
    _append(element, marks[1])


def _append(element: Any, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "").rstrip() + text
    else:
        element.text = (element.text or "").rstrip() + text


def _mark_block_quotation(element: Any) -> None:
    """Write a short block quotation as a paragraph between marks, with who said it: “…” — NAME."""
    if element.find(".//blockquote") is not None or "wp-embedded-content" in element.get("class", ""):
        return
    speaker = _take_attribution(element)
    paragraphs = []
    for paragraph in list(element.iter("p")):
        if _LEADING_DASHES.sub("", _text(paragraph)):
            paragraphs.append(paragraph)
        else:
            paragraph.drop_tree()
    text = _text(element)
    if not text or len(text) > _LONGEST_QUOTATION or next(element.iter(*_NOT_SAID), None) is not None:
        return
    *others, last = paragraphs or [element]
    if not _ANY_OPENING_MARK.match(text):
        for paragraph in others:
            paragraph.text = "“" + (paragraph.text or "").lstrip()  # each paragraph opens with a mark
        _enclose(last, "“”")
    if speaker:
        _append(last, f" — {speaker}")
    element.tag = "div" if paragraphs else "p"


def _take_attribution(element: Any) -> str:
    """Remove who said a block quotation from the page, and return it; empty if that is not marked up."""
    figure = element.getparent()
    if figure is None or figure.tag != "figure":
        figure = None
    else:
        figure.tag = "div"  # trafilatura drops figures
    named = next(
        (found for tag in ("footer", "cite", "figcaption") for found in element.iter(tag)),
        None if figure is None else figure.find("figcaption"),
    )
    if named is None:
        return ""
    speaker = _LEADING_DASHES.sub("", _text(named))
    named.drop_tree()
    return speaker


def _in_sentence(element: Any) -> bool:
    """Whether text stands before and after an element in the same paragraph."""
    return bool(_before(element).strip() and (element.tail or "").strip())


def _holds_text(element: Any) -> bool:
    """Whether an element holds text directly, and no block."""
    if any(child.tag in BLOCKS for child in element):
        return False
    own = chain([element.text or ""], (child.tail or "" for child in element))
    return any(text.strip() for text in own)


def within(tree: Any, is_part: Callable[[Any], bool]) -> set[Any]:
    """Return the elements for which `is_part` is true, and all elements in them."""
    found: set[Any] = set()
    for element in tree.iter():
        if element.getparent() in found or is_part(element):
            found.add(element)
    return found
