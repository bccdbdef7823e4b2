"""Saved briefings: JSON of one, or JSON lines of a run."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from briefing.atomic_write import open_to_read
from briefing.errors import InputError
from briefing.meta import Meta
from briefing.on_disk import OnDiskDict
from briefing.schemas import Briefing
from briefing.sources import Source


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
    found = 0
    for where, value in _parsed(_lines(name), name):
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


class ArticlesByHash:
    """Articles by the SHA-256 of their texts, of which most are in a temporary file if there are many.

    Args:
        first: whether the first of equal articles counts, not the last.

    Attributes:
        count: how many were given.
    """

    def __init__(self, articles: Iterable[Source], *, first: bool = False) -> None:
        self._pickled = OnDiskDict[bytes]()
        self._found: Source | None = None
        self.count = self._different = 0
        for article in articles:
            self.count += 1
            is_new = article.sha256 not in self._pickled
            self._different += is_new
            if is_new or not first:
                self._pickled[article.sha256] = pickle.dumps(article)
                self._found = article

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._pickled

    def get(self, sha256: str) -> Source | None:
        """Return the article with this hash, or the only article if the hash is empty; `None` if no article matches."""
        if not sha256 and self._different == 1:
            return self._found
        if self._found is None or self._found.sha256 != sha256:
            data = self._pickled.get(sha256)
            if data is None:
                return None
            self._found = pickle.loads(data)  # noqa: S301  # written above
        return self._found


def article_of(result: BaseModel, articles: ArticlesByHash) -> Source | None:
    """Return the article that a result was made of; the only one if it does not say."""
    sha256, held = article_hash(result), getattr(result, "source", None)
    return held if sha256 not in articles and isinstance(held, Source) else articles.get(sha256)


def article_hash(result: BaseModel) -> str:
    """Return the SHA-256 of the article that a result was made of; "" if it does not say."""
    return next((value.source_sha256 for _, value in result if isinstance(value, Meta)), "")


def _failure(error: Any) -> tuple[str, str]:
    known = error if isinstance(error, dict) else {}
    return str(known.get("type") or "failed"), str(known.get("message") or "")


def _parsed(lines: Iterator[tuple[int, str]], name: str) -> Iterator[tuple[str, Any]]:
    """Yield the value of each line with its place, or the only value of the file.

    Raises:
        InputError: it is not JSON; behind the values of the lines above.
    """
    number, text = next(lines, (0, ""))
    first = f"{name}:{number}"
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        # It is the beginning of the only value.
        rest = [line for _, line in lines]
        yield name, _value("".join((text, *rest)), first if rest else name)
        return
    following = next(lines, None)
    yield name if following is None else first, value
    for i, line in chain([following] if following else [], lines):
        yield f"{name}:{i}", _value(line, f"{name}:{i}")


def _value(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where} is not JSON; give a saved briefing, or JSON lines of them") from error


def _lines(name: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file or of standard input that are not empty, by their numbers."""
    try:
        with nullcontext(sys.stdin.buffer) if name == "-" else open_to_read(Path(name)) as file:
            for i, line in enumerate(file, 1):
                text = line.decode("utf-8-sig" if i == 1 else "utf-8")
                if text.strip():
                    yield i, text
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {name}: {getattr(error, 'strerror', None) or error}") from error
