"""Remove the elements of a web page that a browser would not display.

Hidden text is the usual way to slip instructions to a model past a human reader. Elements are judged by tag, attribute,
inline style and the page's own style sheets. Not covered: scripts, linked style sheets, sibling combinators and
pseudo-classes.

The CSS parser is our own: tinycss2 and cssselect save 12 lines, but take 3 to 25 times as long on hostile style sheets.
"""

from __future__ import annotations

import colorsys
import itertools
import re
from typing import Any

from briefing.sources.css_selectors import Rule, parse_selector

#: Fallback content, or content that is not for reading.
_NEVER_SHOWN = frozenset(
    ("annotation", "audio", "canvas", "datalist", "iframe", "noembed", "noframes", "noscript", "object", "rp", "select",
     "svg", "template", "video")
)  # fmt: skip
#: Content of the page's own for readers without scripts.
_FALLBACK = "noscript"
#: Never removed: pages hide these until their scripts are loaded.
_ALWAYS_SHOWN = frozenset(("html", "head", "body"))
#: Ways in which pages hide what their scripts show later.
_HIDING_FOR_NOW = re.compile(
    r"(?<![\w-])(?:display\s*:\s*none|(?:content-)?visibility\s*:\s*(?:hidden|collapse))", re.IGNORECASE
)
_HIDING = re.compile(
    r"""(?<![\w-])(?:
      (?:left|right|top|bottom|margin-left|margin-top|text-indent)\s*:\s*(?:-\d{3}|\d{5}|-[4-9]\d(?:\.\d{1,5})?r?em)
    | (?:inset|translate)\s*:[^;:]{0,30}?(?:-\d{3}|\d{5})
    | (?:scale|zoom)\s*:\s*(?:0(?:\.0\d*)?|\.0\d*)%?(?![\w.%])
    | rotate\s*:\s*[xy]\s+90deg
    | clip\s*:\s*rect\(\s*[01](?:px)?[\s,]
    | clip-path\s*:\s*(?:inset\(\s*(?:50|100)%|(?:circle|ellipse)\(\s*0(?:px|%)?[\s)]|polygon\(\s*0[^,)]{0,3}\s+0[^,)]{0,3},\s*0[^,)]{0,3}\s+0\D)
    | transform\s*:\s*(?:scale[xy]?\(\s*(?:0(?:\.0\d*)?|\.0\d*)\s*[,)]|matrix\(\s*0\s*,\s*0\s*,|rotate[xy]\(\s*90deg|translate(?:x|y|3d)?\([^();]{0,30}?-?\d{4})
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_OPACITY = re.compile(
    r"(?<![\w-])(?:opacity\s*:\s*\+?|filter\s*:\s*opacity\(\s*)([\d.]{1,12}(?:e[+-]?\d{1,2})?)(%?)",
    re.IGNORECASE,
)
_FONT_SIZE = re.compile(
    r"(?<![\w-])font(?:-size)?\s*:\s*\+?([\d.]{1,12}(?:e[+-]?\d{1,2})?)(px|pt|r?em|ex|ch|%|v[wh])?(?![\w.%])",
    re.IGNORECASE,
)
#: Smallest legible font size by unit; _SMALLEST_RELATIVE for em, rem, ex, ch, vw and vh.
_SMALLEST_FONT = {"px": 2.0, "pt": 2.0, "%": 15.0, "": 0.001}
_SMALLEST_RELATIVE = 0.15
#: Lowest opacity that is visible.
_LOWEST_OPACITY = 0.1
_COLOUR = re.compile(r"(?<![\w-])(color|background(?:-color)?)\s*:\s*([^;!]+)", re.IGNORECASE)
_BACKGROUND = re.compile(r"background|bgcolor", re.IGNORECASE)
_NO_SIZE = re.compile(
    r"(?<![\w-])(?:max-)?(?:height|width)\s*:\s*(?:(?:0+(?:\.0*)?|\.0+)(?:px|r?em|pt|%|v[wh])?|1px)(?![\w.%])",
    re.IGNORECASE,
)
_CLIPPED = re.compile(r"(?<![\w-])overflow(?:-[xy])?\s*:\s*(?:hidden|clip)", re.IGNORECASE)

Colour = tuple[int, int, int]
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_RGB = re.compile(r"rgba?\((\d{1,3})[,\s](\d{1,3})[,\s](\d{1,3})(?:[,/\s]([\d.]{1,8})(%?))?\)")
_HSL = re.compile(
    r"hsla?\((\d{1,3})(?:deg)?[,\s](\d{1,3})(?:\.\d{1,5})?%[,\s](\d{1,3})(?:\.\d{1,5})?%(?:[,/\s]([\d.]{1,8})(%?))?\)"
)
#: Letters filled with nothing; a background may be clipped to them, which is seen.
_UNFILLED = re.compile(r"(?<![\w-])(?:-webkit-)?text-fill-color\s*:\s*transparent", re.IGNORECASE)
_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
#: Named colours that hardly differ from white or black.
_NAMED: dict[str, Colour] = {
    "white": _WHITE, "snow": (255, 250, 250), "ivory": (255, 255, 240), "ghostwhite": (248, 248, 255),
    "mintcream": (245, 255, 250), "floralwhite": (255, 250, 240), "azure": (240, 255, 255),
    "aliceblue": (240, 248, 255), "seashell": (255, 245, 238), "honeydew": (240, 255, 240),
    "whitesmoke": (245, 245, 245), "lavenderblush": (255, 240, 245), "lightyellow": (255, 255, 224),
    "lightcyan": (224, 255, 255), "oldlace": (253, 245, 230), "linen": (250, 240, 230), "black": _BLACK,
}  # fmt: skip
#: Colours whose contrast (WCAG 2.2) is below the first and that differ by at most the second in each of red, green and
#: blue look the same. Yellow on white has little contrast, too, but is seen.
_LOWEST_CONTRAST, _SAME_COLOUR = 1.17, 32


def prune_hidden(tree: Any, *, for_good: bool = False) -> int:
    """Remove the elements of a page that a browser would not display, and all `style` attributes.

    With `for_good`, those stay that the page's scripts may show later, or that it shows where scripts do not run.

    Returns:
        The number of characters in removed elements that a script might show, and in the largest `noscript`.
    """
    rules = _Rules(tree, for_good=for_good)
    fallback = 0
    page_background = _page_background(tree)
    hidden: list[Any] = []
    removed: set[Any] = set()
    # Colours of text and background that the children of an element inherit.
    colours: dict[Any, tuple[Colour | None, Colour | None]] = {}
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        parent = element.getparent()
        if parent in removed:
            removed.add(element)
            continue
        style = element.attrib.get("style", "")
        inherited = colours.get(parent, (None, page_background))
        text, background, invisible = _colours(element, style, inherited)
        colours[element] = text, background
        if element.tag in _ALWAYS_SHOWN:
            continue
        if (
            invisible
            or _is_hidden(element, for_good=for_good)
            or _hides(style, for_good=for_good)
            or rules.hides(element)
        ):
            hidden.append(element)
            removed.add(element)
        # trafilatura would take `overflow: hidden` for hidden text.
        element.attrib.pop("style", None)
    characters = 0
    for element in hidden:
        if element.tag == _FALLBACK:
            fallback = max(fallback, _characters(element))
        elif element.tag not in _NEVER_SHOWN:
            characters += _characters(element)
        if element.getparent() is not None:
            element.drop_tree()
    return max(characters, fallback)


def _characters(element: Any) -> int:
    """Return the number of characters in an element, without white space at the ends of its parts."""
    return sum(
        len(part.strip())
        for inner in element.iter()
        if inner.tag not in ("script", "style")
        for part in (inner.text or "", "" if inner is element else inner.tail or "")
    )


def _is_hidden(element: Any, *, for_good: bool) -> bool:
    attributes = element.attrib
    if for_good:
        return element.tag in _NEVER_SHOWN and element.tag != _FALLBACK
    return (
        element.tag in _NEVER_SHOWN
        or (element.tag == "dialog" and "open" not in attributes)
        or "hidden" in attributes
        or attributes.get("aria-hidden", "").strip().lower() == "true"
    )


def _unescaped(declarations: str) -> str:
    """CSS declarations without comments and escapes."""
    plain = _without_comments(declarations)
    if "\\" in plain:  # CSS may spell any letter by its number: d\69splay
        plain = re.sub(r"\\([0-9a-fA-F]{1,6})\s?", lambda code: chr(min(int(code[1], 16), 0x10FFFF)), plain)
    return plain


def _without_comments(css: str) -> str:
    first, *others = css.split("/*")  # linear, also for a page full of comments that never end
    return first + "".join(other.partition("*/")[2] for other in others)


def _hides(declarations: str, *, for_good: bool = False) -> bool:
    """Whether CSS declarations hide the element that they apply to; `for_good` as in `prune_hidden`."""
    if not declarations:
        return False
    plain = _unescaped(declarations)
    return bool(
        _HIDING.search(plain)
        or (_NO_SIZE.search(plain) and _CLIPPED.search(plain))
        or (not for_good and _HIDING_FOR_NOW.search(plain))
        or (not for_good and any(_is_faint(*opacity) for opacity in _OPACITY.findall(plain)))
        or any(
            _number(size) < _SMALLEST_FONT.get(unit.lower(), _SMALLEST_RELATIVE)
            for size, unit in _FONT_SIZE.findall(plain)
        )
        or _is_invisible(*_declared(plain))
        or ("clip" not in plain and _UNFILLED.search(plain))
    )


def _is_faint(opacity: str, percent: str) -> bool:
    return _number(opacity) < (_LOWEST_OPACITY * 100 if percent else _LOWEST_OPACITY)


def _number(digits: str) -> float:
    try:
        return float(digits)
    except ValueError:  # "1.2.3"
        return 1.0


def _is_invisible(text: Colour | str | None, background: Colour | str | None) -> bool:
    """Whether text is transparent or has the colour of its background."""
    if text == "transparent":
        return True
    if isinstance(text, str) or isinstance(background, str) or text is None or background is None:
        return False
    if any(abs(a - b) > _SAME_COLOUR for a, b in zip(text, background, strict=True)):
        return False
    darker, lighter = sorted(map(_luminance, (text, background)))
    return (lighter + 0.05) / (darker + 0.05) < _LOWEST_CONTRAST


def _luminance(colour: Colour) -> float:
    """Return the relative luminance of an sRGB colour, from 0 to 1 (WCAG 2.2)."""
    red, green, blue = ((c / 255 / 12.92) if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _declared(declarations: str) -> tuple[Colour | str | None, Colour | str | None]:
    """Declared colours of text and background: `None` if not declared, "" if the value cannot be interpreted."""
    values = {name.lower().partition("-")[0]: value for name, value in _COLOUR.findall(declarations)}
    text = _colour(values["color"]) if "color" in values else None
    if text == "transparent" and "clip" in declarations:
        text = ""  # a gradient shows through such letters
    return text, _colour(values["background"]) if "background" in values else None


def _colour(value: str) -> Colour | str:
    """Parse a colour: red, green and blue from 0 to 255; "transparent"; or "" for any other value."""
    value = value.strip().lower()
    if value == "transparent" or value in _NAMED:
        return _NAMED.get(value, value)
    if _HEX.fullmatch(value):
        digits = value[1:] if len(value) > 5 else "".join(2 * digit for digit in value[1:])
        if digits[6:] == "00":
            return "transparent"
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
    close = re.sub(r"\s*([,/()])\s*", r"\1", value)
    if match := _HSL.fullmatch(close):
        if match[4] and _is_faint(match[4], match[5]):
            return "transparent"
        hue, saturation, lightness = (int(match[i]) / most for i, most in ((1, 360), (2, 100), (3, 100)))
        red, green, blue = colorsys.hls_to_rgb(hue % 1, min(lightness, 1.0), min(saturation, 1.0))
        return round(red * 255), round(green * 255), round(blue * 255)
    if match := _RGB.fullmatch(close):
        if match[4] and _is_faint(match[4], match[5]):
            return "transparent"
        return int(match[1]), int(match[2]), int(match[3])
    return ""


def _colours(
    element: Any, style: str, inherited: tuple[Colour | None, Colour | None]
) -> tuple[Colour | None, Colour | None, bool]:
    """Colours of an element's text and background, and whether its own declarations make the text invisible."""
    text, background = inherited
    plain = _unescaped(style) if style else ""
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
    return text, background, declared and (own_text == "transparent" or _is_invisible(text, background))


def _page_background(tree: Any) -> Colour | None:
    """Background of the page: white, or `None` (unknown) if a style sheet may set another one."""
    linked = any("stylesheet" in element.get("rel", "").lower() for element in tree.iter("link"))
    styled = any(_BACKGROUND.search(element.text or "") for element in tree.iter("style"))
    return None if linked or styled else _WHITE


# At-rules that apply on any screen are unwrapped; others (print, small screens) are dropped.
_APPLYING = re.compile(
    r"@(?:media\s+(?:only\s+)?(?:all|screen)\b(?![^{};]{0,200}\(|\s+and)|layer\b|supports\b(?!\s*not\b))[^@{};]*"
    r"\{((?:[^{}]*\{[^{}]*\})*[^{}]*)\}",
    re.IGNORECASE,
)
_AT_RULES = re.compile(r"@[^@{};]*(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})")
_SHOWING = re.compile(r"(?<![\w-])(?:display|visibility|opacity|font-size)\s*:", re.IGNORECASE)
#: Limit of comparisons of a rule with an element. Beyond it, an element counts as hidden if a hiding rule may apply.
_MOST_COMPARISONS = 1_000_000


class _Rules:
    """The rules of a page's style sheets that hide or show elements, indexed by id, class or tag of the element."""

    def __init__(self, tree: Any, *, for_good: bool) -> None:
        self._by_key: dict[str, dict[tuple[Any, ...], Rule]] = {}
        self._hiding_keys: set[str] = set()
        self._left = _MOST_COMPARISONS
        sheet = _without_comments("\n".join(element.text or "" for element in tree.iter("style")))
        sheet = _AT_RULES.sub("", _APPLYING.sub(r"\1", sheet))
        for order, block in enumerate(sheet.split("}")):
            selectors, _, declarations = block.rpartition("{")
            hides = _hides(declarations, for_good=for_good)
            if hides or _SHOWING.search(declarations):
                for selector in selectors.split(","):
                    self._add(selector.strip(), order, hides)

    def _add(self, selector: str, order: int, hides: bool) -> None:
        if not (parsed := parse_selector(selector)):
            return
        compounds, children = parsed
        specificity = sum(
            100 * len(c.ids) + 10 * (len(c.classes) + len(c.attributes)) + bool(c.tag) for c in compounds
        )
        own = compounds[-1]
        key = min({f"#{x}" for x in own.ids} | {f".{x}" for x in own.classes}, default=own.tag)
        if hides:
            self._hiding_keys.add(key)
        # For equal selectors the later rule wins.
        self._by_key.setdefault(key, {})[parsed] = Rule((specificity, order), compounds, children, hides)

    def hides(self, element: Any) -> bool:
        """Whether the rules hide an element."""
        classes = set(element.get("class", "").split())
        keys = {f".{name}" for name in classes}
        keys |= {f"#{element.get('id', '')}", element.tag, ""}
        groups = [self._by_key[key].values() for key in keys if key in self._by_key]
        self._left -= sum(map(len, groups))
        if self._left < 0:
            return not self._hiding_keys.isdisjoint(keys)
        # Many rules share one of an element's classes and require another; the subset test saves the call.
        matching = [
            rule
            for rule in itertools.chain(*groups)
            if rule.compounds[-1].classes <= classes and rule.matches(element)
        ]
        return bool(matching) and max(matching, key=lambda rule: rule.rank).hides
