"""Reader of the grammars of `briefing.llm.grammar`: returns the JSON schema behind one, so that a `FakeModel` can answer.

It reads no other Lark grammars.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, NamedTuple

import regex

from briefing.schemas import MARK, JsonSchema

#: Schema keyword: the text of which a value must be a substring.
SUBSTRING_OF = "x-substring-of"
_TOKEN = regex.compile(r'\s*("(?:[^"\\]|\\.)*"|/(?:[^/\\]|\\.)*/|\{\d+,\d+\}|[()|&?*]|\w+)')
_LONGEST = regex.compile(r"\{1,(\d+)\}/$")


@lru_cache(maxsize=256)
def schema_of(grammar: str) -> JsonSchema:
    """Return the JSON schema of a grammar's answers; names and copies are marked as by `briefing.schemas.marked_schema`.

    Raises:
        ValueError: the grammar was not written by this library.
    """
    rules = dict(line.split(": ", 1) for line in grammar.splitlines() if ": " in line)
    if "start" not in rules:
        raise ValueError("the grammar has no rule start")
    return _Reader(rules).rule("start")


class _Text(NamedTuple):
    text: str  # a literal in quotation marks


class _Name(NamedTuple):
    name: str  # of a rule, or a regular expression


class _Group(NamedTuple):
    """Alternatives in brackets with a quantifier; `most` is `None` for no upper bound."""

    options: list[list[Any]]
    least: int = 1
    most: int | None = 1


class _Reader:
    def __init__(self, rules: dict[str, str]) -> None:
        self._rules = rules

    def rule(self, name: str) -> JsonSchema:
        body = self._rules[name]
        if body.startswith("%json "):
            loaded: JsonSchema = json.loads(body.removeprefix("%json "))
            loaded.pop("x-guidance", None)
            return loaded
        [option] = _parsed(_TOKEN.findall(body))
        schema, rest = self._value(option)
        if rest:
            raise ValueError(f"the rule {name} has more than one value")
        return schema

    def _value(self, parts: list[Any]) -> tuple[JsonSchema, list[Any]]:
        """Return the schema of the value at the beginning of `parts`, and the remaining parts."""
        first, *rest = parts
        match first:
            case _Text("{"):
                return self._object(rest)
            case _Text("["):
                return self._array(rest)
            case _Text("[]"):
                return {"type": "array", "items": {}, "maxItems": 0}, rest
            case _Text('"'):
                return self._string(rest[0].name), rest[2:]
            case _Text(text):
                return {"enum": [json.loads(text)]}, rest
            case _Name(name):
                return self.rule(name), rest
            case _Group(options):
                schemas = [self._value(option)[0] for option in options]
                if all("enum" in schema for schema in schemas):
                    return {"enum": [value for schema in schemas for value in schema["enum"]]}, rest
                return {"anyOf": schemas}, rest
        raise ValueError(f"not a grammar of this library: {first}")

    def _object(self, parts: list[Any]) -> tuple[JsonSchema, list[Any]]:
        properties = {}
        while True:
            name = json.loads(parts[0].text.removesuffix(":"))
            properties[name], parts = self._value(parts[1:])
            end, *parts = parts
            if end == _Text("}"):
                return {"type": "object", "properties": properties}, parts

    def _array(self, parts: list[Any]) -> tuple[JsonSchema, list[Any]]:
        least = 1
        if isinstance(parts[0], _Group) and parts[0].least == 0:
            [listed] = parts[0].options
            least, parts = 0, [*listed, *parts[1:]]
        items, parts = self._value(parts)
        schema: JsonSchema = {"type": "array", "items": items, "minItems": least, "maxItems": 1}
        if isinstance(parts[0], _Group):
            more, *parts = parts
            schema["minItems"] += more.least
            if more.most is None:
                del schema["maxItems"]
            else:
                schema["maxItems"] += more.most
        return schema, parts[1:]

    def _string(self, name: str) -> JsonSchema:
        body = self._rules[name]
        if body.startswith("%regex "):
            [text] = json.loads(body.removeprefix("%regex ")).values()
            return {"type": "string", MARK: "copy", SUBSTRING_OF: text}
        if longest := _LONGEST.search(body):
            return {"type": "string", MARK: "statement", "minLength": 1, "maxLength": int(longest[1])}
        return self._string(body.partition(" & ")[0]) | {MARK: "name"}


def _parsed(tokens: list[str]) -> list[list[Any]]:
    """Return the alternatives of an expression; consumes the tokens up to its closing bracket."""
    options: list[list[Any]] = [[]]
    while tokens:
        sign = tokens.pop(0)
        if sign == ")":
            break
        if sign == "(":
            options[-1].append(_Group(_parsed(tokens), *_quantifier(tokens)))
        elif sign == "|":
            options.append([])
        elif sign.startswith('"'):
            options[-1].append(_Text(json.loads(sign)))
        else:
            options[-1].append(_Name(sign))
    return options


def _quantifier(tokens: list[str]) -> tuple[int, int | None]:
    sign = tokens[0] if tokens else ""
    if not sign.startswith(("?", "*", "{")):
        return 1, 1
    del tokens[0]
    if sign in "?*":
        return 0, 1 if sign == "?" else None
    least, most = sign.strip("{}").split(",")
    return int(least), int(most)
