"""Answers of a `FakeModel`: values of the requested schema, with ids and names from the prompt."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import regex

from briefing.schemas import MARK
from briefing.testing.grammar_reader import SUBSTRING_OF
from briefing.testing.protocols import PROTOCOLS, ProtocolName, Question
from briefing.text import QUOTE_MARKS, detect_language, is_date

_LINE = regex.compile(r"^\[(\d+)\] (.*)$", regex.MULTILINE)
_CLAIMS = regex.compile(r"^<statements>\n(.*)^</statements>$", regex.MULTILINE | regex.DOTALL)
_MARK = regex.compile(r"‹(q\d+)›")
_CUE = regex.compile(r"^(q\d+): (.+)$", regex.MULTILINE)
_NAME = regex.compile(r"(?<![\p{L}\p{M}\p{N}_])\p{Lu}\p{L}+(?: \p{Lu}\p{L}+)*(?![\p{L}\p{M}\p{N}_])")
_CAPITAL = regex.compile(r"(?<![\p{L}\p{M}\p{N}_])\p{Lu}")
#: What a grammar's statements do not have: escaped characters, quotation marks, apostrophes that are not behind a letter.
_UNWRITTEN = regex.compile(
    rf"(?<![\p{{L}}\p{{M}}])['’ʼ׳״]|(?!['’ʼ׳״])[{regex.escape(QUOTE_MARKS)}«»‹›<>｢｣﹁﹂﹃﹄〝〞〟ʺ˝❛-❠\\\p{{Cc}}]"
)
#: In the description of an integer: it is the number of a sentence.
_SENTENCE = regex.compile(r"\bnumber of (?:a|the) sentence\b")
#: Example values by the `format` of a JSON schema.
_FORMATS = {
    "date": "2024-02-29",
    "date-time": "2024-02-29T12:00:00Z",
    "time": "12:00:00",
    "duration": "PT1H",
    "email": "name@example.org",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
#: Longest substring of the article in an answer: words, and characters.
_WORDS, _CHARACTERS = 8, 80
#: Punctuation around a name.
_PUNCTUATION = " .,:;!?\"'“”„«»‘’()[]"


def answer(request: dict[str, Any], protocol: ProtocolName = "openai", *, path: str = "") -> Any:
    """Return a good answer to a request of this library: a JSON value that fits its schema.

    Args:
        request: the body of the request.
        protocol: that the request is made by.
        path: of the request's URL, which some protocols look at.
    """
    return answer_to(PROTOCOLS[protocol].question(path, request))


def answer_to(question: Question) -> Any:
    """Return a good answer: a JSON value that fits the schema, with ids and names from the prompt."""
    return _answerer(question.prompt).value(question.schema, "")


class _Answerer:
    """Makes values for schemas from the ids and names of one prompt."""

    def __init__(self, prompt: str) -> None:
        lines = _LINE.findall(prompt)
        self._sentences = {int(number): _MARK.sub("", text) for number, text in lines}
        found = _CLAIMS.search(prompt)
        self._claims = len(found[1].splitlines()) if found else 0
        self._cues = dict(_CUE.findall(prompt))
        self._marks = list(dict.fromkeys(mark for _, text in lines for mark in _MARK.findall(text)))
        text = "\n".join(self._sentences.values())
        lang = detect_language(text, None)
        self._names = [name for name in dict.fromkeys(_NAME.findall(text)) if not is_date(name, lang)]

    def value(self, schema: dict[str, Any], key: str, number: int = 0) -> Any:
        """Return a value for a schema; `key` is the name of its field, `number` its position in a list."""
        if "anyOf" in schema:
            return self.value(schema["anyOf"][0], key, number)
        if SUBSTRING_OF in schema:
            return self._substring(schema, number)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][number % len(schema["enum"])]
        description = schema.get("description", "")
        match schema.get("type"):
            case "object":
                return self._object(schema, number)
            case "array":
                return self._array(schema, key, number)
            case "integer" | "number":
                return _bounded(self._sentence(number) if _SENTENCE.search(description) else number, schema)
            case "boolean":
                return True
            case "null":
                return None
        return _fitting(self._text(key, number), schema)

    def _object(self, schema: dict[str, Any], number: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        value = {name: self.value(inner, name, number) for name, inner in properties.items()}
        if "id" in value and "speaker" in value:
            value["speaker"] = self._cues.get(value["id"])
        if "evidence" in value:
            sentence = self._sentence(number)
            value["evidence"] = [sentence]
            for name in ("text", "value"):
                if isinstance(value.get(name), str) and not properties[name].keys() & {"enum", "const"}:
                    value[name] = _fitting(self._sentences.get(sentence, "Nothing."), properties[name])
        return value

    def _array(self, schema: dict[str, Any], key: str, number: int) -> list[Any]:
        if key == "verdicts" and self._claims:
            return [{"label": "supported", "words": []}] * self._claims
        if "prefixItems" in schema:
            return [self.value(item, key, i) for i, item in enumerate(schema["prefixItems"])]
        items = schema.get("items", {})
        if items.get("type") == "integer":
            wanted = max(1, schema.get("minItems", 1))
            return [self._sentence(number + i) for i in range(min(wanted, max(len(self._sentences), 1)))]
        available = 3
        if "id" in items.get("properties", {}):
            available = len(self._marks)
        elif "name" in items.get("properties", {}):
            available = len(self._names)
        wanted = max(schema.get("minItems", 0), min(3, available))
        return [self.value(items, key, i) for i in range(min(wanted, schema.get("maxItems", wanted)))]

    def _substring(self, schema: dict[str, Any], number: int) -> str:
        """Return a substring of the article, as a grammar requires it: a name, or its first words."""
        text = schema[SUBSTRING_OF]
        if schema[MARK] == "name" and self._names:
            return str(self._names[number % len(self._names)])
        starts = [match.start() for match in _CAPITAL.finditer(text)] if schema[MARK] == "name" else []
        words = text[starts[number % len(starts)] if starts else 0 :].split()
        return " ".join(words[:_WORDS])[:_CHARACTERS].rstrip()

    def _sentence(self, number: int) -> int:
        ids = sorted(self._sentences)
        return ids[number % len(ids)] if ids else 1

    def _text(self, key: str, number: int) -> str:
        if key == "id":
            return str(self._marks[number % len(self._marks)]) if self._marks else "q1"
        if key == "name" and self._names:
            return str(self._names[number % len(self._names)])
        # From a single sentence, as the text may have to occur in the article.
        words = self._sentences.get(self._sentence(number), "").split()
        return " ".join(words[:_WORDS]).strip(_PUNCTUATION) or "Nothing"


_answerer = lru_cache(maxsize=64)(_Answerer)


def _fitting(text: str, schema: dict[str, Any]) -> str:
    """Return the text, made to fit a schema."""
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    if schema.get(MARK) == "statement":
        text = _UNWRITTEN.sub("", text)
    return text[: schema.get("maxLength")].ljust(schema.get("minLength", 0), ".")


def _bounded(number: int, schema: dict[str, Any]) -> float:
    """Return the number, made to fit a schema's limits."""
    least = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf) + 1)
    most = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf) - 1)
    found: float = min(max(number, least), most)
    return found
