"""`briefing verify`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from briefing.cli.check import read_articles
from briefing.cli.console import say
from briefing.cli.inputs import PassedOver
from briefing.cli.options import VerifyOptions
from briefing.errors import InputError, one_line
from briefing.schemas import Briefing, Violation
from briefing.sources import Source
from briefing.spans import Span

_NOTHING = Span(start=0, end=0, text="")


@dataclass(frozen=True)
class _Saved:
    """A briefing of a file, as it was read.

    Attributes:
        name: of the file, with the line if it has several.
        value: its JSON.
    """

    name: str
    value: Any


def run(result: str, sources: list[str], options: VerifyOptions) -> int:
    """Check the briefings of a file, print what is wrong, and return the exit code."""
    if [result, *sources].count("-") > 1:
        raise InputError("standard input (-) can be read only once")
    saved = list(_read(result))
    passed_over = PassedOver()
    articles = [source for _, source in read_articles(sources, options, passed_over)]
    if passed_over:
        say(f"briefing: {passed_over}")
    ok = True
    for one in saved:
        violations = _violations(one, articles)
        ok = ok and not violations
        _print(one, violations, as_json=options.format == "json", lines=len(saved) > 1)
    return 0 if ok else 1


def _read(name: str) -> Iterator[_Saved]:
    """Yield the briefings of a JSON or JSON lines file; failed articles of a run have none."""
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        text = data.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {name}: {getattr(error, 'strerror', None) or error}") from error
    values = _parsed(text, name)
    found = 0
    for where, value in values:
        if isinstance(value, dict) and "briefing" in value:
            if value["briefing"] is None:
                continue
            value = value["briefing"]
        if not isinstance(value, dict) or not {"headline", "summary"} <= value.keys():
            raise InputError(
                f"{where} is no briefing; results of other schemas are checked with briefing.verify in Python"
            )
        found += 1
        yield _Saved(where, value)
    if not found:
        raise InputError(f"{name} has no briefing")


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


def _violations(saved: _Saved, articles: Sequence[Source]) -> list[Violation]:
    try:
        briefing = Briefing.model_validate(saved.value)
    except ValidationError as error:
        return [
            Violation(path=".".join(map(str, wrong["loc"])), span=_NOTHING, found="", message=wrong["msg"])
            for wrong in error.errors(include_url=False, include_input=False, include_context=False)
        ]
    if len(articles) == 1:
        return briefing.verify(articles[0])
    of = next((a for a in articles if a.sha256 == briefing.meta.source_sha256), None)
    if of is None:
        message = "none of the articles has the text that this briefing was made of"
        return [Violation(path="meta.source_sha256", span=_NOTHING, found="", message=message)]
    return briefing.verify(of)


def _print(saved: _Saved, violations: list[Violation], *, as_json: bool, lines: bool) -> None:
    if as_json:
        found = [violation.model_dump(mode="json") for violation in violations]
        data = {"result": saved.name, "ok": not violations, "violations": found}
        print(json.dumps(data, ensure_ascii=False, indent=None if lines else 1))
        return
    for violation in violations:
        text = f": {one_line(violation.span.text)!r}" if violation.span.text else ""
        print(f"{saved.name}: {one_line(violation.path) or 'result'}: {one_line(violation.message)}{text}")
    count = len(violations)
    summary = f"{count} violation{'s' * (count != 1)}" if count else "holds"
    print(f"{saved.name}: {summary}")
