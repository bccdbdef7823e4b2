"""`briefing verify`."""

from __future__ import annotations

import json
from itertools import chain, islice

from pydantic import BaseModel, ValidationError

from briefing.cli.check import read_articles
from briefing.cli.console import say
from briefing.cli.inputs import PassedOver
from briefing.cli.options import VerifyOptions
from briefing.cli.saved import ArticlesByHash, Saved, article_hash, read_saved
from briefing.cli.schema import load_model
from briefing.errors import InputError, one_line
from briefing.schemas import Briefing, Violation, verify
from briefing.spans import Span

_NOTHING = Span(start=0, end=0, text="")


def run(result: str, sources: list[str], options: VerifyOptions) -> int:
    """Check the briefings of a file, print what is wrong, and return the exit code."""
    if [result, *sources].count("-") > 1:
        raise InputError("standard input (-) can be read only once")
    schema = load_model(options.schema) if options.schema else Briefing
    saved = (one for one in read_saved(result, schema) if one.value is not None)
    first = list(islice(saved, 2))
    passed_over = PassedOver()
    read = read_articles(sources, options, passed_over)
    articles = ArticlesByHash((source for _, source in read), first=True)
    if passed_over:
        say(f"briefing: {passed_over}")
    ok = True
    for one in chain(first, saved):
        violations = _violations(one, schema, articles)
        ok = ok and not violations
        _print(one, violations, as_json=options.format == "json", lines=len(first) > 1)
    return 0 if ok else 1


def _violations(saved: Saved, schema: type[BaseModel], articles: ArticlesByHash) -> list[Violation]:
    try:
        result = schema.model_validate(saved.value)
    except ValidationError as error:
        return [
            Violation(path=".".join(map(str, wrong["loc"])), span=_NOTHING, found="", message=wrong["msg"])
            for wrong in error.errors(include_url=False, include_input=False, include_context=False)
        ]
    of = articles.get("" if articles.count == 1 else article_hash(result))
    if of is None:
        message = "none of the articles has the text that this result was made of"
        return [Violation(path="meta.source_sha256", span=_NOTHING, found="", message=message)]
    return verify(result, of)


def _print(saved: Saved, violations: list[Violation], *, as_json: bool, lines: bool) -> None:
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
