"""Grammar of the wire form for one article, so that a local model can only write answers that resolve.

Sentence and quotation ids are those of the article, names are substrings of its text, statements are in its script and
quote by id only, and the JSON has no white space. The syntax is that of llguidance, the constrained decoder of llama.cpp; see "substring" and
"JSON schema" in its documentation. For local servers only: providers cache schemas, and one per article would always miss.
"""

from __future__ import annotations

import json
from typing import Any

import regex

from briefing.grounding import Grounding, main_script, names
from briefing.schemas import JsonSchema, essentials, marked_schema
from briefing.text import QUOTE_MARKS, UNSPACED_CHARACTER

#: Characters that JSON strings escape.
_ESCAPED_IN_JSON = regex.compile(r"[\"\\\p{Cc}]+")
_CAPITAL = regex.compile(r"(?<![\p{L}\p{M}\p{N}_])\p{Lu}")
_LATIN_WORD = regex.compile(r"[A-Za-z]+")
_COMPACT = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
#: Names in a list, at most.
_MAX_NAMES = 12
#: Characters of a name, of a statement, and of one in a script without spaces, at most: a small model may not stop by itself.
_NAME_LENGTH, _STATEMENT_LENGTH, _DENSE_LENGTH = 80, 400, 200
#: Scripts with capital letters.
_CASED = frozenset(("Latin", "Cyrillic", "Greek", "Armenian"))
#: What a statement must not have, as a part of a character class: characters that JSON escapes, and quotation marks.
_UNWRITTEN = r'"\\\x00-\x1f<>«»‹›｢｣﹁﹂﹃﹄〝〞〟ʺ˝❛-❠' + QUOTE_MARKS.replace('"', "")
#: Apostrophes, which are written behind a letter only, and signs of Hebrew acronyms.
_APOSTROPHES = "'’ʼ׳״"
#: Latin words that a statement in another script may use, at most.
_MAX_LATIN_WORDS = 200


def grammar(schema: type[Any], grounding: Grounding, *, essential: bool = False) -> str:
    """Return the grammar of the wire form of `schema` for the article of `grounding`.

    An `essential` one leaves out the fields that small models answer badly.
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
                return self._sentence()
            case "quotation":
                # Without quotations, an id that does not resolve is still valid JSON.
                return self._choice(self._quotations() or ["q1"])
            case "name":
                return self._substring(named=True)
            case "copy":
                return self._substring(named=False)
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
        fields = (f"{_literal(json.dumps(k) + ':')} {self._expression(v)}" for k, v in properties.items())
        return '"{" ' + ' "," '.join(fields) + ' "}"'

    def _array(self, node: JsonSchema) -> str:
        least, most = node.get("minItems", 0), node.get("maxItems")
        items = node["items"]
        if _is_quotation(items):
            known = len(self._quotations())
            least, most = min(1, known), min(known, most or known)
        elif "name" in _kinds(items):
            # Without these bounds, a small model returns an empty list or repeats names.
            least = max(least, 1)
            most = min(most or _MAX_NAMES, self._name_count())
        elif "statement" in _kinds(items):
            # An article of one sentence does not fill two statements.
            least = min(least, len(self._grounding.sentences))
        if most == 0:
            return '"[]"'
        item = self._rule("item", self._expression(items))
        listed = item
        if most is None:
            listed += f' ("," {item})*'
        elif most > 1:
            listed += f' ("," {item}){{{max(least - 1, 0)},{most - 1}}}'
        return f'"[" {listed} "]"' if least else f'"[" ({listed})? "]"'

    def _name_count(self) -> int:
        """Number of names in the article, at least 3; `_MAX_NAMES` for scripts without capitals."""
        text = self._grounding.text
        if main_script(text) not in _CASED:
            return _MAX_NAMES
        return max(3, len(set(names(text))))

    def _quotations(self) -> list[str]:
        offered = self._grounding.quotations.items()
        return [f"q{number}" for number, quotation in offered if quotation.kind == "speech"]

    def _sentence(self) -> str:
        numbers = list(self._grounding.sentences)
        if numbers[-1] - numbers[0] != len(numbers) - 1:
            return self._choice(numbers)
        return self._json({"type": "integer", "minimum": numbers[0], "maximum": numbers[-1]})

    def _substring(self, *, named: bool) -> str:
        """Rule for a substring of the article; a name is short and, in scripts with capitals, begins with one."""
        text = " ".join(_ESCAPED_IN_JSON.sub(" ", self._grounding.text).split())
        kind = "substring_chars" if UNSPACED_CHARACTER.search(text) else "substring_words"
        piece = self._rule("PIECE", "%regex " + json.dumps({kind: text}, ensure_ascii=False))
        if named:
            # In a text without capitals, any character may begin a name.
            first = r"\p{Lu}" if main_script(text) in _CASED and _CAPITAL.search(text) else "."
            piece = self._rule("NAME", f"{piece} & /{first}.{{0,{_NAME_LENGTH - 1}}}/")
        return rf'"\"" {piece} "\""'

    def _statement(self) -> str:
        source, text = self._grounding.source, self._grounding.text
        script = main_script(text)
        length = _DENSE_LENGTH if UNSPACED_CHARACTER.search(text) else _STATEMENT_LENGTH
        letter = r"[\p{L}\p{M}]"
        options = [f"[^{_UNWRITTEN}]"]
        if script not in (None, "Latin") and self._grounding.language == source.lang:
            # In another script, only the Latin words of the article: a small model drifts into English.
            letter, options = r"[[\p{L}\p{M}]&&[^A-Za-z]]", [f"[^{_UNWRITTEN}A-Za-z]"]
            words = sorted(set(_LATIN_WORD.findall(text)), key=lambda word: (-len(word), word))
            if words:
                options.append(f"({'|'.join(words[:_MAX_LATIN_WORDS])})[{_APOSTROPHES}]?")
        options.append(f"{letter}[{_APOSTROPHES}]")
        if quotations := self._quotations():
            options.append(f"‹({'|'.join(quotations)})›")
        characters = "|".join(options)
        return rf'"\"" {self._rule("WRITTEN", f"/({characters}){{1,{length}}}/")} "\""'

    def _choice(self, values: list[Any]) -> str:
        return "(" + " | ".join(_literal(json.dumps(value, ensure_ascii=False)) for value in values) + ")"

    def _json(self, node: JsonSchema) -> str:
        plain = {key: value for key, value in node.items() if key not in ("description", "x-briefing")}
        return self._rule("json", "%json " + json.dumps({"x-guidance": _COMPACT} | plain, ensure_ascii=False))

    def _rule(self, prefix: str, body: str) -> str:
        """Return the name of the rule with this body, adding it once."""
        if body not in self._named:
            number = len(self._named) + 1
            self._named[body] = f"{prefix}{number}" if prefix.islower() else f"{prefix}_{number}"
            self._rules.append(f"{self._named[body]}: {body}")
        return self._named[body]


def _is_quotation(node: JsonSchema) -> bool:
    return "quotation" in _kinds(node)


def _kinds(node: JsonSchema) -> set[str | None]:
    return {inner.get("x-briefing") for inner in node.get("properties", {}).values()}


def _literal(text: str) -> str:
    """Quote a text as a literal of the grammar."""
    return json.dumps(text, ensure_ascii=False)
