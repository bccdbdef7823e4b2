"""The wire form as a grammar for one article: a local model then cannot write anything that does not resolve.

Sentence and quotation ids are those of the article, names are pieces of its text, statements are in its script, and no token
goes to white space. Written for llguidance, which llama.cpp decodes with; see "substring" and "JSON schema" in its
documentation. Only for local servers: a provider caches schemas, and one per article would defeat that.
"""

from __future__ import annotations

import json
from typing import Any

import regex

from briefing.grounding import Grounding, main_script, names
from briefing.schemas import JsonSchema, essentials, marked_schema
from briefing.text import UNSPACED_CHARACTER

# What may not stand in a JSON string as it is.
_NOT_IN_JSON = regex.compile(r"[\"\\\p{Cc}]+")
_CAPITAL = regex.compile(r"(?<![\p{L}\p{M}\p{N}_])\p{Lu}")
_LATIN_WORD = regex.compile(r"[A-Za-z]+")
_COMPACT = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
_MOST_NAMES = 12
# Characters. A small model may never end a text by itself.
_NAME_LENGTH, _STATEMENT_LENGTH, _DENSE_LENGTH = 80, 400, 200
_CASED = frozenset(("Latin", "Cyrillic", "Greek", "Armenian"))
_MOST_LATIN_WORDS = 200


def grammar(schema: type[Any], grounding: Grounding, *, essential: bool = False) -> str:
    """The grammar of `schema`'s wire form for the article of `grounding`.

    Args:
        schema: the model whose wire form is asked for.
        grounding: of the article.
        essential: leave out what small models do badly at.
    """
    marked = marked_schema(schema)
    return _Writer(grounding).write(essentials(marked) if essential else marked)


class _Writer:
    def __init__(self, grounding: Grounding) -> None:
        self._grounding = grounding
        self._rules: list[str] = []
        self._named: dict[str, str] = {}

    def write(self, schema: JsonSchema) -> str:
        start = self._expression(schema)
        return "\n".join(["%llguidance {}", f"start: {start}", *self._rules])

    def _expression(self, node: JsonSchema) -> str:
        match node.get("x-briefing"):
            case "sentence":
                return self._json(
                    {"type": "integer", "minimum": 1, "maximum": len(self._grounding.source.sentences)}
                )
            case "quotation":
                # Where there is none, an id that resolves to nothing is still JSON.
                return self._choice(self._quotations() or ["q1"])
            case "name":
                return self._piece(named=True)
            case "copy":
                return self._piece(named=False)
            case "statement":
                return self._statement()
        if "anyOf" in node:
            quoted = self._quotations()
            options = [o for o in node["anyOf"] if quoted or not _is_quotation(o)] or node["anyOf"]
            return "(" + " | ".join(self._expression(option) for option in options) + ")"
        if "enum" in node:
            return self._choice(node["enum"])
        if node.get("type") == "object" and node.get("properties"):
            return self._object(node["properties"])
        if node.get("type") == "array" and "items" in node:
            return self._array(node)
        return self._json(node)

    def _object(self, properties: JsonSchema) -> str:
        fields = [
            f"{_literal(json.dumps(name) + ':')} {self._expression(node)}"
            for name, node in properties.items()
        ]
        return '"{" ' + ' "," '.join(fields) + ' "}"'

    def _array(self, node: JsonSchema) -> str:
        least, most = node.get("minItems", 0), node.get("maxItems")
        items = node["items"]
        if _is_quotation(items):
            known = len(self._quotations())
            least, most = min(1, known), min(known, most or known)
        elif "name" in (inner.get("x-briefing") for inner in items.get("properties", {}).values()):
            # Without these, a small model is content with an empty list, or says the same names again.
            least = max(least, 1)
            most = min(most or _MOST_NAMES, self._names_at_hand())
        elif "statement" in (inner.get("x-briefing") for inner in items.get("properties", {}).values()):
            # An article of one sentence has no second one to tell.
            length = len(self._grounding.source.sentences)
            least = min(least, length)
        if most == 0:
            return '"[]"'
        item = self._rule("item", self._expression(items))
        listed = item
        if most is None:
            listed += f' ("," {item})*'
        elif most > 1:
            listed += f' ("," {item}){{{max(least - 1, 0)},{most - 1}}}'
        return f'"[" {listed} "]"' if least else f'"[" ({listed})? "]"'

    def _names_at_hand(self) -> int:
        """About how many names the article has; a guess where the script has no capitals."""
        text = self._grounding.source.text
        if main_script(text) not in _CASED:
            return _MOST_NAMES
        return max(3, len(set(names(text))))

    def _quotations(self) -> list[str]:
        return [
            f"q{i}" for i, quotation in enumerate(self._grounding.offered, 1) if quotation.kind == "speech"
        ]

    def _piece(self, *, named: bool) -> str:
        """A piece of the article; a name is short and, where scripts have capitals, begins with one."""
        text = " ".join(_NOT_IN_JSON.sub(" ", self._grounding.source.text).split())
        kind = "substring_chars" if UNSPACED_CHARACTER.search(text) else "substring_words"
        piece = self._rule("PIECE", "%regex " + json.dumps({kind: text}, ensure_ascii=False))
        if named:
            # A text may have no capital, and then no other name could be written.
            first = r"\p{Lu}" if main_script(text) in _CASED and _CAPITAL.search(text) else "."
            piece = self._rule("NAME", f"{piece} & /{first}.{{0,{_NAME_LENGTH - 1}}}/")
        return rf'"\"" {piece} "\""'

    def _statement(self) -> str:
        source = self._grounding.source
        script = main_script(source.text)
        length = _DENSE_LENGTH if UNSPACED_CHARACTER.search(source.text) else _STATEMENT_LENGTH
        if script in (None, "Latin") or self._grounding.language != source.lang:
            return self._json({"type": "string", "minLength": 1, "maxLength": length})
        # In a text of another script, only its own Latin words: a small model drifts into English.
        words = sorted(set(_LATIN_WORD.findall(source.text)), key=lambda word: (-len(word), word))
        options = "|".join([r'[^"\\A-Za-z\x00-\x1f]', *words[:_MOST_LATIN_WORDS]])
        return rf'"\"" {self._rule("WRITTEN", f"/({options}){{1,{length}}}/")} "\""'

    def _choice(self, values: list[Any]) -> str:
        return "(" + " | ".join(_literal(json.dumps(value, ensure_ascii=False)) for value in values) + ")"

    def _json(self, node: JsonSchema) -> str:
        plain = {key: value for key, value in node.items() if key not in ("description", "x-briefing")}
        return self._rule("json", "%json " + json.dumps({"x-guidance": _COMPACT} | plain, ensure_ascii=False))

    def _rule(self, prefix: str, body: str) -> str:
        """Name of the rule with this body; it is written once."""
        if body not in self._named:
            number = len(self._named) + 1
            self._named[body] = f"{prefix}{number}" if prefix.islower() else f"{prefix}_{number}"
            self._rules.append(f"{self._named[body]}: {body}")
        return self._named[body]


def _is_quotation(node: JsonSchema) -> bool:
    return "quotation" in (inner.get("x-briefing") for inner in node.get("properties", {}).values())


def _literal(text: str) -> str:
    """A text as a literal of the grammar."""
    return json.dumps(text, ensure_ascii=False)
