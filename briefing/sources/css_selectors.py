"""Selectors of style sheets: which elements a rule applies to."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

_TOKEN = re.compile(
    r"""\s*(?P<child>>)\s*
    | (?P<descendant>\s+)
    | (?P<tag>[a-z*][\w-]*)
    | \.(?P<class>[\w-]+)
    | \#(?P<id>[\w-]+)
    | \[\s*(?P<name>[\w-]+)\s*(?:(?P<operator>[~^$*|]?=)\s*["']?(?P<value>[^\]"']{0,200})["']?\s*)?\]
    """,
    re.VERBOSE | re.IGNORECASE,
)
#: Selectors with more compounds than this are ignored.
_MOST_COMPOUNDS = 6
#: An ancestor is searched for among this many elements above.
_MOST_ANCESTORS = 50


class Compound(NamedTuple):
    """A compound selector: conditions on one element, such as ``p.note[data-x=1]``."""

    tag: str
    classes: frozenset[str]
    ids: frozenset[str]
    attributes: tuple[tuple[str, str, str], ...]  # name, operator, value

    def matches(self, element: Any) -> bool:
        """Whether an element meets the conditions."""
        attributes = element.attrib
        return (
            self.tag in ("", element.tag)
            and (not self.classes or self.classes <= set(attributes.get("class", "").split()))
            and (not self.ids or self.ids == {attributes.get("id")})
            and all(
                _attribute_matches(attributes.get(name), operator, value)
                for name, operator, value in self.attributes
            )
        )


def _attribute_matches(actual: str | None, operator: str, value: str) -> bool:
    if actual is None:
        return False
    match operator:
        case "":
            return True
        case "=":
            return actual == value
        case "~=":
            return value in actual.split()
        case "|=":
            return actual == value or actual.startswith(value + "-")
        case "^=":
            return bool(value) and actual.startswith(value)
        case "$=":
            return bool(value) and actual.endswith(value)
        case _:
            return bool(value) and value in actual


class Rule(NamedTuple):
    """A style rule that hides elements or shows them."""

    rank: tuple[int, int]  # specificity, then position: as in CSS, the highest one wins
    compounds: tuple[Compound, ...]  # of the selector, the element's own last
    children: tuple[
        bool, ...
    ]  # per compound but the first: must be a child (``>``) of the one before, not any descendant
    hides: bool

    def matches(self, element: Any) -> bool:
        """Whether the rule's selector matches an element."""
        if not self.compounds[-1].matches(element):
            return False
        for compound, child in zip(reversed(self.compounds[:-1]), reversed(self.children), strict=True):
            # Without backtracking, unlike browsers: only the nearest ancestor that matches is tried.
            element, steps = element.getparent(), 0
            while element is not None and not compound.matches(element):
                steps += 1
                element = None if child or steps >= _MOST_ANCESTORS else element.getparent()
            if element is None:
                return False
        return True


def parse_selector(selector: str) -> tuple[tuple[Compound, ...], tuple[bool, ...]] | None:
    """Parse a selector into `Rule.compounds` and `Rule.children`; `None` if it is invalid or not supported."""

    def blank() -> dict[str, Any]:
        return {"tag": "", "class": set(), "id": set(), "attributes": []}

    parts, children, at = [blank()], [], 0
    while at < len(selector):
        token = _TOKEN.match(selector, at)
        if token is None or len(parts) > _MOST_COMPOUNDS:
            return None
        at, kind, part = token.end(), token.lastgroup, parts[-1]
        if kind in ("child", "descendant"):
            children.append(kind == "child")
            parts.append(blank())
        elif kind == "tag":
            part["tag"] = token["tag"].lower().replace("*", "")
        elif kind in ("class", "id"):
            part[kind].add(token[kind])
        else:
            part["attributes"].append(
                (token["name"].lower(), token["operator"] or "", (token["value"] or "").strip())
            )
    compounds = tuple(
        Compound(p["tag"], frozenset(p["class"]), frozenset(p["id"]), tuple(p["attributes"])) for p in parts
    )
    # Invalid ("> p", ".a .") or universal ("*").
    valid = all(any(compound) for compound in compounds[:-1]) and any(compounds[-1])
    return (compounds, tuple(children)) if valid else None
