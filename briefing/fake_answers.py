"""What a `FakeModel` answers: ids and names that it reads in the prompt, in the shape that is asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import regex

from briefing.languages import detect_language
from briefing.nonnames import is_date

_LINE = regex.compile(r"^\[(\d+)\] (.*)$", regex.MULTILINE)
_MARK = regex.compile(r"‹(q\d+)›")
_CUE = regex.compile(r"^(q\d+): (.+)$", regex.MULTILINE)
_NAME = regex.compile(r"\p{Lu}\p{L}+(?: \p{Lu}\p{L}+)*")
_WORDS = regex.compile(r"[\p{L}\p{N}]+")


def answer(request: dict[str, Any]) -> Any:
    """A good answer to a request of this library: the JSON value that its schema asks for."""
    if tools := request.get("tools"):
        schema = tools[0]["function"]["parameters"]
    else:
        schema = request.get("response_format", {}).get("json_schema", {}).get("schema", {"type": "object"})
    prompt = "\n".join(str(m.get("content")) for m in request.get("messages", ()) if m.get("role") == "user")
    return _answerer(prompt).value(schema, "")


@lru_cache(maxsize=64)
def _answerer(prompt: str) -> _Answerer:
    return _Answerer(prompt)


class _Answerer:
    """Fills a schema with ids and names that a prompt holds."""

    def __init__(self, prompt: str) -> None:
        self._sentences = {int(number): _MARK.sub("", text) for number, text in _LINE.findall(prompt)}
        self._cues = dict(_CUE.findall(prompt))
        self._marks = list(dict.fromkeys(_MARK.findall(prompt)))
        text = "\n".join(self._sentences.values())
        lang = detect_language(text, None)
        names = dict.fromkeys(_NAME.findall(text))
        self._names = [name for name in names if not is_date(name, lang)]
        self._words = _WORDS.findall("\n".join(self._sentences.values()))

    def value(self, schema: dict[str, Any], key: str, number: int = 0) -> Any:
        """A value for a schema; `key` is its field's name, `number` its place in a list."""
        if "anyOf" in schema:
            return self.value(schema["anyOf"][0], key, number)
        if "enum" in schema:
            return schema["enum"][number % len(schema["enum"])]
        match schema.get("type"):
            case "object":
                return self._object(schema, number)
            case "array":
                return self._array(schema, key, number)
            case "integer" | "number":
                return number
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return self._text(key, number)

    def _object(self, schema: dict[str, Any], number: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        value = {name: self.value(inner, name, number) for name, inner in properties.items()}
        if "id" in value and "speaker" in value:
            value["speaker"] = self._cues.get(value["id"])
        if "evidence" in value:
            sentence = self._sentence(number)
            value["evidence"] = [sentence]
            for name in ("text", "value"):
                if isinstance(value.get(name), str):
                    value[name] = self._sentences.get(sentence, "Nothing.")
        return value

    def _array(self, schema: dict[str, Any], key: str, number: int) -> list[Any]:
        items = schema.get("items", {})
        if items.get("type") == "integer":
            return [self._sentence(number)]
        available = 3
        if "id" in items.get("properties", {}):
            available = len(self._marks)
        elif "name" in items.get("properties", {}):
            available = len(self._names)
        wanted = max(schema.get("minItems", 0), min(3, available))
        return [self.value(items, key, i) for i in range(min(wanted, schema.get("maxItems", wanted)))]

    def _sentence(self, number: int) -> int:
        ids = sorted(self._sentences)
        return ids[number % len(ids)] if ids else 1

    def _text(self, key: str, number: int) -> str:
        if key == "id":
            return str(self._marks[number % len(self._marks)]) if self._marks else "q1"
        if key == "name" and self._names:
            return str(self._names[number % len(self._names)])
        return " ".join(map(str, self._words[:8])) or "Nothing"
