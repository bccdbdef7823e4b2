"""What is read of a Markdown file or a web page: the text that a reader would see, and what is known about it."""

from __future__ import annotations

import datetime
import re
from typing import Any, NamedTuple

from briefing.decoding import Kind

LONE_SURROGATES = re.compile("[\ud800-\udfff]")


class Page(NamedTuple):
    """What was found before it is cleaned and checked."""

    text: str
    title: str | None = None
    url: str | None = None
    site: str | None = None
    date: str | None = None
    lang: str | None = None
    path: str | None = None
    encoding: str | None = None
    advice: str = "Pass the article's text, or its file as a pathlib.Path."


_LOOKS_LIKE_HTML = re.compile(
    r"\ufeff?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)

_FRONT_MATTER = re.compile(
    r"\ufeff?---[ \t]*\r?\n(?=[ \t]*[A-Za-z_][\w -]*:(?:\s|$))(.{0,20000}?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_FENCED = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1|\Z)", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#[ \t]+(.+)$", re.MULTILINE)
_CLOSING_MARKS = re.compile(r"[ \t]#+$")


def read_page(text: str, kind: Kind | None, url: str | None = None) -> Page:
    """What a text holds that is of this kind; told from the text where the kind is not known."""
    if kind == "html" or (kind is None and _LOOKS_LIKE_HTML.match(text)):
        return _read_html(text, url)
    return _read_markdown(text) if kind == "markdown" else Page(text)


def _read_markdown(text: str) -> Page:
    """Front matter off, the rest as written."""
    known: dict[str, str] = {}
    if front := _FRONT_MATTER.match(text):
        known = _read_front_matter(front[1])
        text = text[front.end() :]
    heading = _HEADING.search(_FENCED.sub("", text))
    title = _CLOSING_MARKS.sub("", heading[1].strip()) if heading else None
    return Page(text, title=known.get("title") or title, date=known.get("date"))


def _read_front_matter(front: str) -> dict[str, str]:
    import yaml

    try:
        found = yaml.safe_load(front)
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a date such as 2025-02-30
        # Most often an unquoted colon in the title; the lines are readable all the same.
        found = dict(re.findall(r"^(title|date):[ \t]*(.*?)[ \t]*\r?$", front, re.MULTILINE))
    if not isinstance(found, dict):
        return {}
    return {
        str(key): str(value)
        for key, value in found.items()
        if isinstance(key, str) and isinstance(value, str | int | float | datetime.date)
    }


_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NEVER_SHOWN = frozenset(  # contents for browsers that lack something, or not for reading
    [
        "annotation",
        "audio",
        "canvas",
        "datalist",
        "iframe",
        "noembed",
        "noframes",
        "noscript",
        "object",
        "select",
        "template",
        "video",
    ]
)
_MAX_ELEMENTS = 100_000  # trafilatura takes quadratic time: half a minute for 300,000 empty paragraphs
_HIDING = re.compile(
    r"""(?<![\w-])(?:
      display\s*:\s*none
    | (?:content-)?visibility\s*:\s*(?:hidden|collapse)
    | opacity\s*:\s*\+?0{0,9}\.?0{1,9}%?(?![\d.])
    | font(?:-size)?\s*:\s*\+?(?:0{0,9}\.?0{1,9}[a-z%]*|[01](?:\.\d+)?p[xt])(?![\w.%])
    | (?:left|right|top|bottom|margin-left|margin-top|text-indent)\s*:\s*-\d{3,}
    | clip\s*:\s*rect\(\s*[01](?:px)?[\s,]
    | clip-path\s*:\s*inset\(\s*(?:50|100)%
    | transform\s*:\s*scale\(\s*0\s*[,)]
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_COLOUR = re.compile(r"(?<![\w-])(color|background(?:-color)?)\s*:\s*([^;!]+)", re.IGNORECASE)
_NO_COLOUR = frozenset(("inherit", "initial", "unset", "revert", "currentcolor"))
_NO_SIZE = re.compile(r"(?<![\w-])(?:max-)?(?:height|width)\s*:\s*0(?:px)?(?![\w.%])", re.IGNORECASE)
_CLIPPED = re.compile(r"(?<![\w-])overflow(?:-[xy])?\s*:\s*(?:hidden|clip)", re.IGNORECASE)
# Unicode's tag characters are invisible and spell ASCII.
_INVISIBLE_TAGS = re.compile("[\U000e0000-\U000e007f]")


def _read_html(html: str, url: str | None) -> Page:
    """The main text of a page, without the parts that a browser would not show.

    Hidden text is the usual way to slip instructions to a model past a human reader.
    """
    import trafilatura
    from lxml import html as lxml_html  # type: ignore[import-untyped, unused-ignore]
    from lxml.etree import ParserError  # type: ignore[import-untyped, unused-ignore]

    advice = "If a script fills the page, save it from a browser, or pass the article's text."
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    clean = _NO_XML.sub("", LONE_SURROGATES.sub("\ufffd", html))
    try:
        tree = lxml_html.document_fromstring(clean.encode(), parser=parser)
    except ParserError:
        return Page("", advice=advice)
    _prune_hidden(tree)
    moderate = sum(1 for _ in tree.iter()) <= _MAX_ELEMENTS
    about: Any = None
    if moderate:
        about = trafilatura.extract_metadata(tree, url, {"original_date": True, "extensive_search": False})
    # Scripts hold the metadata, and text that nobody sees (JSON-LD's articleBody): out after the former.
    for element in list(tree.iter("script", "style")):
        element.drop_tree()
    found = trafilatura.bare_extraction(tree, url=url, include_comments=False) if moderate else None
    text = getattr(found, "text", None) or trafilatura.html2txt(tree, clean=False)
    return Page(
        _INVISIBLE_TAGS.sub("", text),
        title=getattr(about, "title", None) or tree.findtext(".//title"),
        url=url or getattr(about, "url", None),
        site=getattr(about, "sitename", None),
        date=getattr(about, "date", None),
        lang=tree.get("lang") or tree.get("xml:lang"),
        advice=advice,
    )


def _prune_hidden(tree: Any) -> None:
    """Remove what is hidden by tag, attribute, inline style or a plain rule of the page's own style sheet."""
    rules = _hiding_rules(tree)
    hidden = []
    for element in tree.iter():
        if not isinstance(element.tag, str) or element.tag in ("html", "head", "body"):
            continue  # scripts hide whole pages until they are loaded
        attributes = element.attrib
        if (
            element.tag in _NEVER_SHOWN
            or (element.tag == "dialog" and "open" not in attributes)
            or "hidden" in attributes
            or attributes.get("aria-hidden", "").strip().lower() == "true"
            or ("style" in attributes and _hides(attributes["style"]))
            or (rules and _hidden_by(rules, element))
        ):
            hidden.append(element)
        # Judged; trafilatura would go on and take `overflow: hidden` for hidden text.
        attributes.pop("style", None)
    for element in hidden:
        if element.getparent() is not None:
            element.drop_tree()


def _hides(declarations: str) -> bool:
    plain = _without_comments(declarations)
    if "\\" in plain:  # CSS may spell any letter by its number: d\69splay
        plain = re.sub(r"\\([0-9a-fA-F]{1,6})\s?", lambda code: chr(min(int(code[1], 16), 0x10FFFF)), plain)
    return bool(
        _HIDING.search(plain) or (_NO_SIZE.search(plain) and _CLIPPED.search(plain)) or _unseen_colour(plain)
    )


def _unseen_colour(declarations: str) -> bool:
    """Whether the text has its background's colour, or none; as far as it is said in one place."""
    colours = {
        name.lower().partition("-")[0]: _plain_colour(value) for name, value in _COLOUR.findall(declarations)
    }
    text = colours.get("color")
    if text == "transparent":
        return "clip" not in declarations  # a gradient shows through such letters
    return text is not None and text not in _NO_COLOUR and text == colours.get("background")


def _plain_colour(value: str) -> str:
    colour = "".join(value.lower().split())
    colour = re.sub(r"^#(.)(.)(.)$", r"#\1\1\2\2\3\3", colour)
    return {"white": "#ffffff", "black": "#000000"}.get(colour, colour)


def _without_comments(css: str) -> str:
    first, *others = css.split("/*")  # linear, also for a page full of comments that never end
    return first + "".join(other.partition("*/")[2] for other in others)


_AT_RULES = re.compile(r"@[^@{};]*(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})")
_SIMPLE_SELECTOR = re.compile(r"([a-z][\w-]*)?((?:[.#][\w-]+)+)", re.IGNORECASE)
_SHOWING = re.compile(r"(?<![\w-])(?:display|visibility|opacity|font-size)\s*:", re.IGNORECASE)


class _Rule(NamedTuple):
    rank: tuple[int, int]  # as in CSS: the more specific rule wins, then the later one
    tag: str
    names: frozenset[str]  # ".class" and "#id"
    hides: bool


def _hiding_rules(tree: Any) -> dict[str, list[_Rule]]:
    """Rules like `.promo, div.tab#x {display: none}` and their opposites, by one of their names.

    Selectors with combinators, at-rules (print, small screens) and linked style sheets are not looked at.
    """
    sheet = _AT_RULES.sub("", _without_comments("\n".join(e.text or "" for e in tree.iter("style"))))
    rules: dict[str, list[_Rule]] = {}
    for order, block in enumerate(sheet.split("}")):
        selectors, _, declarations = block.rpartition("{")
        hides = _hides(declarations)
        if not hides and not _SHOWING.search(declarations):
            continue
        for selector in selectors.split(","):
            if simple := _SIMPLE_SELECTOR.fullmatch(selector.strip()):
                names = frozenset(re.findall(r"[.#][\w-]+", simple[2]))
                specificity = sum(100 if name[0] == "#" else 10 for name in names) + bool(simple[1])
                rule = _Rule((specificity, order), (simple[1] or "").lower(), names, hides)
                rules.setdefault(min(names), []).append(rule)
    return rules


def _hidden_by(rules: dict[str, list[_Rule]], element: Any) -> bool:
    names = {f".{name}" for name in element.get("class", "").split()} | {f"#{element.get('id', '')}"}
    matching = [
        rule
        for name in names
        for rule in rules.get(name, ())
        if rule.names <= names and rule.tag in ("", element.tag)
    ]
    return bool(matching) and max(matching).hides
