"""Which elements of a web page a browser would not show: by tag, attribute, inline style or the page's own rules.

Hidden text is the usual way to slip instructions to a model past a human reader. What scripts, linked style sheets,
sibling combinators and pseudo-classes hide is not seen here.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

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
        "rp",
        "select",
        "svg",
        "template",
        "video",
    ]
)
#: Scripts hide whole pages until they are loaded.
_ALWAYS_KEPT = frozenset(("html", "head", "body"))
_HIDING = re.compile(
    r"""(?<![\w-])(?:
      display\s*:\s*none
    | (?:content-)?visibility\s*:\s*(?:hidden|collapse)
    | (?:left|right|top|bottom|margin-left|margin-top|text-indent)\s*:\s*(?:-\d{3}|\d{5})
    | clip\s*:\s*rect\(\s*[01](?:px)?[\s,]
    | clip-path\s*:\s*(?:inset\(\s*(?:50|100)%|(?:circle|ellipse)\(\s*0(?:px|%)?[\s)])
    | transform\s*:\s*(?:scale[xy]?\(\s*0\s*[,)]|translate(?:x|y|3d)?\([^();]{0,30}?-?\d{4})
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_OPACITY = re.compile(
    r"(?<![\w-])(?:opacity\s*:\s*\+?|filter\s*:\s*opacity\(\s*)([\d.]{1,12})(%?)", re.IGNORECASE
)
_FONT_SIZE = re.compile(
    r"(?<![\w-])font(?:-size)?\s*:\s*\+?([\d.]{1,12})(px|pt|r?em|ex|ch|%|v[wh])?(?![\w.%])", re.IGNORECASE
)
#: Smaller than this, nobody reads it: by unit; without one, only nothing is.
_UNREADABLE = {"px": 2.0, "pt": 2.0, "%": 15.0, "": 0.001}
_FAINT = 0.1
_COLOUR = re.compile(r"(?<![\w-])(color|background(?:-color)?)\s*:\s*([^;!]+)", re.IGNORECASE)
_BACKGROUND = re.compile(r"background|bgcolor", re.IGNORECASE)
_NO_SIZE = re.compile(r"(?<![\w-])(?:max-)?(?:height|width)\s*:\s*0(?:px)?(?![\w.%])", re.IGNORECASE)
_CLIPPED = re.compile(r"(?<![\w-])overflow(?:-[xy])?\s*:\s*(?:hidden|clip)", re.IGNORECASE)

Colour = tuple[int, int, int]
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_RGB = re.compile(r"rgba?\((\d{1,3})[,\s](\d{1,3})[,\s](\d{1,3})(?:[,/\s]([\d.]{1,8})(%?))?\)")
_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
#: Colours that differ by no more than this in each of red, green and blue are the same to the eye.
_ALIKE = 8


def prune_hidden(tree: Any) -> None:
    """Remove what a browser would not show."""
    rules = _Rules(tree)
    paper = _paper(tree)
    hidden: list[Any] = []
    gone: set[Any] = set()
    #: The colours of text and background that an element hands down.
    colours: dict[Any, tuple[Colour | None, Colour | None]] = {}
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        parent = element.getparent()
        if parent in gone:
            gone.add(element)
            continue
        style = element.attrib.get("style", "")
        inherited = colours.get(parent, (None, paper))
        text, background, unseen = _colours(element, style, inherited)
        colours[element] = text, background
        if element.tag in _ALWAYS_KEPT:
            continue
        if unseen or _hidden_by_itself(element) or _hides(style) or rules.hide(element):
            hidden.append(element)
            gone.add(element)
        # Judged; trafilatura would go on and take `overflow: hidden` for hidden text.
        element.attrib.pop("style", None)
    for element in hidden:
        if element.getparent() is not None:
            element.drop_tree()


def _hidden_by_itself(element: Any) -> bool:
    attributes = element.attrib
    return (
        element.tag in _NEVER_SHOWN
        or (element.tag == "dialog" and "open" not in attributes)
        or "hidden" in attributes
        or attributes.get("aria-hidden", "").strip().lower() == "true"
    )


def _plain(declarations: str) -> str:
    """Declarations without comments and escapes."""
    plain = _without_comments(declarations)
    if "\\" in plain:  # CSS may spell any letter by its number: d\69splay
        plain = re.sub(r"\\([0-9a-fA-F]{1,6})\s?", lambda code: chr(min(int(code[1], 16), 0x10FFFF)), plain)
    return plain


def _without_comments(css: str) -> str:
    first, *others = css.split("/*")  # linear, also for a page full of comments that never end
    return first + "".join(other.partition("*/")[2] for other in others)


def _hides(declarations: str) -> bool:
    if not declarations:
        return False
    plain = _plain(declarations)
    if _HIDING.search(plain) or (_NO_SIZE.search(plain) and _CLIPPED.search(plain)):
        return True
    for number, percent in _OPACITY.findall(plain):
        if _number(number) < (_FAINT * 100 if percent else _FAINT):
            return True
    for number, unit in _FONT_SIZE.findall(plain):
        if _number(number) < _UNREADABLE.get(unit.lower(), 0.15):
            return True
    text, background = _declared(plain)
    return _unseen(text, background)


def _number(digits: str) -> float:
    try:
        return float(digits)
    except ValueError:  # "1.2.3"
        return 1.0


def _unseen(text: Colour | str | None, background: Colour | str | None) -> bool:
    """Whether text has its background's colour, or none."""
    if text == "transparent":
        return True
    if isinstance(text, str) or isinstance(background, str) or text is None or background is None:
        return False
    return all(abs(a - b) <= _ALIKE for a, b in zip(text, background, strict=True))


def _declared(declarations: str) -> tuple[Colour | str | None, Colour | str | None]:
    """The colours of text and background that are declared: "" where one is, and not by a plain value."""
    values = {name.lower().partition("-")[0]: value for name, value in _COLOUR.findall(declarations)}
    text = _colour(values["color"]) if "color" in values else None
    if text == "transparent" and "clip" in declarations:
        text = ""  # a gradient shows through such letters
    return text, _colour(values["background"]) if "background" in values else None


def _colour(value: str) -> Colour | str:
    """A colour; "transparent"; or "", where this is neither."""
    value = value.strip().lower()
    if value in ("white", "black", "transparent"):
        return {"white": _WHITE, "black": _BLACK}.get(value, value)
    if _HEX.fullmatch(value):
        digits = value[1:] if len(value) > 5 else "".join(2 * digit for digit in value[1:])
        if digits[6:] == "00":
            return "transparent"
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
    if match := _RGB.fullmatch(re.sub(r"\s*([,/()])\s*", r"\1", value)):
        if match[4] and _number(match[4]) < (_FAINT * 100 if match[5] else _FAINT):
            return "transparent"
        return int(match[1]), int(match[2]), int(match[3])
    return ""


def _colours(
    element: Any, style: str, inherited: tuple[Colour | None, Colour | None]
) -> tuple[Colour | None, Colour | None, bool]:
    """The colours of an element's text and background, and whether what it declares makes its text unseen."""
    text, background = inherited
    plain = _plain(style) if style else ""
    own_text, own_background = _declared(plain) if plain else (None, None)
    if own_text is None and element.tag == "font" and "color" in element.attrib:
        own_text = _colour(element.attrib["color"])
    if own_background is None and "bgcolor" in element.attrib:
        own_background = _colour(element.attrib["bgcolor"])
    if own_background is not None and own_background != "transparent":
        background = None if isinstance(own_background, str) else own_background
    if own_text is not None:
        text = None if isinstance(own_text, str) else own_text
    declared = own_text is not None or own_background is not None
    return text, background, declared and (own_text == "transparent" or _unseen(text, background))


def _paper(tree: Any) -> Colour | None:
    """The colour that a page is written on: white where nothing can have said otherwise."""
    linked = any("stylesheet" in element.get("rel", "").lower() for element in tree.iter("link"))
    styled = any(_BACKGROUND.search(element.text or "") for element in tree.iter("style"))
    return None if linked or styled else _WHITE


# What applies on a screen is unwrapped; the other at-rules (print, small screens) are not looked at.
_APPLYING = re.compile(
    r"@(?:media\s+(?:only\s+)?(?:all|screen)\b(?![^{};]{0,200}\(|\s+and)|layer\b|supports\b(?!\s*not\b))[^@{};]*"
    r"\{((?:[^{}]*\{[^{}]*\})*[^{}]*)\}",
    re.IGNORECASE,
)
_AT_RULES = re.compile(r"@[^@{};]*(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})")
_SHOWING = re.compile(r"(?<![\w-])(?:display|visibility|opacity|font-size)\s*:", re.IGNORECASE)
_TOKEN = re.compile(
    r"""\s*(?P<child>>)\s*
    | (?P<descendant>\s+)
    | (?P<tag>[a-z*][\w-]*)
    | \.(?P<class>[\w-]+)
    | \#(?P<id>[\w-]+)
    | \[\s*(?P<name>[\w-]+)\s*(?:(?P<how>[~^$*|]?=)\s*["']?(?P<value>[^\]"']{0,200})["']?\s*)?\]
    """,
    re.VERBOSE | re.IGNORECASE,
)
#: Selectors of more parts than this are not looked at; a descendant is looked for so many elements up.
_MOST_PARTS, _UP = 6, 50
#: So many comparisons of a rule with an element are made; then what a rule might hide counts as hidden.
_MOST_COMPARISONS = 1_000_000


class _Compound(NamedTuple):
    """What one element must be: ``p.note[data-x=1]``."""

    tag: str
    classes: frozenset[str]
    ids: frozenset[str]
    attributes: tuple[tuple[str, str, str], ...]  # name, operator, value

    def holds(self, element: Any) -> bool:
        attributes = element.attrib
        return (
            self.tag in ("", element.tag)
            and (not self.classes or self.classes <= set(attributes.get("class", "").split()))
            and (not self.ids or self.ids == {attributes.get("id")})
            and all(
                _attribute_holds(attributes.get(name), how, value) for name, how, value in self.attributes
            )
        )


def _attribute_holds(has: str | None, how: str, value: str) -> bool:
    if has is None:
        return False
    match how:
        case "":
            return True
        case "=":
            return has == value
        case "~=":
            return value in has.split()
        case "|=":
            return has == value or has.startswith(value + "-")
        case "^=":
            return bool(value) and has.startswith(value)
        case "$=":
            return bool(value) and has.endswith(value)
        case _:
            return bool(value) and value in has


class _Rule(NamedTuple):
    rank: tuple[int, int]  # as in CSS: the more specific rule wins, then the later one
    compounds: tuple[_Compound, ...]  # the element's own last
    children: tuple[bool, ...]  # whether each but the first is a child of the one before, or any descendant
    hides: bool

    def holds(self, element: Any) -> bool:
        """Whether the rule is about this element."""
        if not self.compounds[-1].holds(element):
            return False
        for compound, child in zip(reversed(self.compounds[:-1]), reversed(self.children), strict=True):
            # Unlike browsers, without going back: the nearest ancestor that fits is the one.
            element, steps = element.getparent(), 0
            while element is not None and not compound.holds(element):
                steps += 1
                element = None if child or steps >= _UP else element.getparent()
            if element is None:
                return False
        return True


class _Rules:
    """The rules of a page that hide elements, and their opposites, by a name, or else the tag, of the element."""

    def __init__(self, tree: Any) -> None:
        self._by_key: dict[str, dict[tuple[Any, ...], _Rule]] = {}
        self._left = _MOST_COMPARISONS
        sheet = _without_comments("\n".join(element.text or "" for element in tree.iter("style")))
        sheet = _AT_RULES.sub("", _APPLYING.sub(r"\1", sheet))
        for order, block in enumerate(sheet.split("}")):
            selectors, _, declarations = block.rpartition("{")
            hides = _hides(declarations)
            if hides or _SHOWING.search(declarations):
                for selector in selectors.split(","):
                    self._add(selector.strip(), order, hides)

    def _add(self, selector: str, order: int, hides: bool) -> None:
        if not (parsed := _parsed(selector)):
            return
        compounds, children = parsed
        specificity = sum(
            100 * len(c.ids) + 10 * (len(c.classes) + len(c.attributes)) + bool(c.tag) for c in compounds
        )
        own = compounds[-1]
        key = min({f"#{x}" for x in own.ids} | {f".{x}" for x in own.classes}, default=own.tag)
        # The same selector again: the later rule wins.
        self._by_key.setdefault(key, {})[parsed] = _Rule((specificity, order), compounds, children, hides)

    def hide(self, element: Any) -> bool:
        """Whether the rules hide an element."""
        classes = set(element.get("class", "").split())
        keys = {f".{name}" for name in classes}
        keys |= {f"#{element.get('id', '')}", element.tag, ""}
        candidates = [rule for key in keys if key in self._by_key for rule in self._by_key[key].values()]
        self._left -= len(candidates)
        if self._left < 0:
            return any(rule.hides for rule in candidates)
        # Many rules share one of an element's classes and ask for another; those are passed over without a call.
        matching = [
            rule for rule in candidates if rule.compounds[-1].classes <= classes and rule.holds(element)
        ]
        return bool(matching) and max(matching, key=lambda rule: rule.rank).hides


def _parsed(selector: str) -> tuple[tuple[_Compound, ...], tuple[bool, ...]] | None:
    """The compounds of a selector, and what is between them; `None` where it has anything else."""
    parts: list[dict[str, Any]] = [{"tag": "", "class": set(), "id": set(), "attributes": []}]
    children: list[bool] = []
    at = 0
    while at < len(selector):
        token = _TOKEN.match(selector, at)
        if token is None or len(parts) > _MOST_PARTS:
            return None
        at, kind, part = token.end(), token.lastgroup, parts[-1]
        if kind in ("child", "descendant"):
            children.append(kind == "child")
            parts.append({"tag": "", "class": set(), "id": set(), "attributes": []})
        elif kind == "tag":
            part["tag"] = token["tag"].lower().replace("*", "")
        elif kind in ("class", "id"):
            part[kind].add(token[kind])
        else:
            part["attributes"].append(
                (token["name"].lower(), token["how"] or "", (token["value"] or "").strip())
            )
    compounds = tuple(
        _Compound(p["tag"], frozenset(p["class"]), frozenset(p["id"]), tuple(p["attributes"])) for p in parts
    )
    # "> p", ".a .", and what hides everything there is.
    whole = all(any(compound) for compound in compounds[:-1]) and any(compounds[-1])
    return (compounds, tuple(children)) if whole else None
