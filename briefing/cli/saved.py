"""Saved briefings: JSON of one, or JSON lines of a run."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from briefing.atomic_write import open_to_read
from briefing.errors import InputError
from briefing.meta import Meta
from briefing.schemas import Briefing
from briefing.sources import Source, source_with_hash


@dataclass(frozen=True)
class Saved:
    """A briefing of a file, as it was read.

    Attributes:
        name: of the file, with the line if it has several.
        value: its JSON; `None` for an article of a run that failed.
        article: where the article was read from; "" if the file does not say so.
        error: type and message of what failed.
    """

    name: str
    value: Any
    article: str = ""
    error: tuple[str, str] = ("", "")


def read_saved(name: str, schema: type[BaseModel] = Briefing) -> Iterator[Saved]:
    """Yield the results, and the failed articles, of a JSON or JSON lines file, or of standard input ("-").

    Raises:
        InputError: the file cannot be read, has something else in it, or has no briefing.
    """
    try:
        data = sys.stdin.buffer.read() if name == "-" else _read_file(Path(name))
        text = data.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {name}: {getattr(error, 'strerror', None) or error}") from error
    found = 0
    for where, value in _parsed(text, name):
        article = ""
        # A line of a run has its result in "briefing"; a schema of the user's may have a field of this name.
        if isinstance(value, dict) and "briefing" in value and "briefing" not in schema.model_fields:
            article = str(value.get("source") or "")
            if value["briefing"] is None:
                yield Saved(where, None, article, _failure(value.get("error")))
                continue
            value = value["briefing"]
        if not isinstance(value, dict) or (
            schema is Briefing and not {"headline", "summary"} <= value.keys()
        ):
            raise InputError(
                f"{where} is no briefing; for a result of another schema, give --schema MODULE:CLASS"
            )
        found += 1
        yield Saved(where, value, article)
    if not found:
        raise InputError(f"{name} has no briefing")


def result_of(saved: Saved, schema: type[BaseModel]) -> BaseModel:
    """Return what was saved as an instance of its schema.

    Raises:
        InputError: it is none.
    """
    try:
        return schema.model_validate(saved.value)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, wrong["loc"]))
        what = "briefing" if schema is Briefing else schema.__name__
        raise InputError(f"{saved.name} is no {what}: {where}: {wrong['msg']}") from error


def article_of(result: BaseModel, articles: Mapping[str, Source]) -> Source | None:
    """Return the article that a result was made of, of articles by their hash; the only one if it does not say."""
    sha256, held = article_hash(result), getattr(result, "source", None)
    if sha256 not in articles and isinstance(held, Source):
        return held
    return source_with_hash(sha256, articles)


def article_hash(result: BaseModel) -> str:
    """Return the SHA-256 of the article that a result was made of; "" if it does not say."""
    return next((value.source_sha256 for _, value in result if isinstance(value, Meta)), "")


def _failure(error: Any) -> tuple[str, str]:
    known = error if isinstance(error, dict) else {}
    return str(known.get("type") or "failed"), str(known.get("message") or "")


def _parsed(text: str, name: str) -> list[tuple[str, Any]]:
    try:
        return [(name, json.loads(text))]
    except (ValueError, RecursionError):
        lines = [(i, line) for i, line in enumerate(text.split("\n"), 1) if line.strip()]
    if len(lines) < 2:
        raise InputError(f"{name} is not JSON")
    values = []
    for i, line in lines:
        try:
            values.append((f"{name}:{i}", json.loads(line)))
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"{name}:{i} is not JSON; give a saved briefing, or JSON lines of them"
            ) from error
    return values


def _read_file(path: Path) -> bytes:
    with open_to_read(path) as file:
        return file.read()
