"""`briefing check`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from io import StringIO
from pathlib import Path

from briefing.atomic_write import atomic_file, is_stream
from briefing.checking import check
from briefing.cli.check_report import LINE_END, Report, print_report
from briefing.cli.clashes import Named, refuse_clashes
from briefing.cli.console import say
from briefing.cli.inputs import ENDINGS, PassedOver, Place, places
from briefing.cli.options import CheckOptions, ReadingOptions, VerifyOptions
from briefing.errors import BriefingError, ConfigurationError, InputError
from briefing.sources import Source

#: The formats of files, by their suffixes.
_FORMATS = {".txt": "text", ".json": "json", ".jsonl": "json", ".md": "md", ".html": "html"}


def run(drafts: list[str] | None, options: CheckOptions) -> int:
    """Check the drafts, print the reports, and return the exit code."""
    against = options.against or []
    if not against:
        raise ConfigurationError("check needs --against SOURCE: the articles that DRAFT is about")
    if not drafts:
        raise ConfigurationError(
            "check needs a DRAFT: give it before --against SOURCE, or behind it after --, as in: "
            "briefing check --against SOURCE -- DRAFT"
        )
    if [*drafts, *against].count("-") > 1:
        raise ConfigurationError("standard input (-) can be read only once")
    output = None if options.output == Path("-") else options.output
    form = _format(output, options.format)
    passed_over = PassedOver()
    texts = list(read_articles(drafts, options, passed_over))
    articles = list(read_articles(against, options, passed_over))
    if passed_over:
        say(f"briefing: {passed_over}")
    read = (("the article", Path(place.name)) for place, _ in (*texts, *articles))
    refuse_clashes([("--output", output)] if output else (), read, printed=output is None)
    ok = True
    pages: list[Report] = []
    with nullcontext() if output is None else atomic_file(output) as file:
        printed = sys.stdout if file is None else StringIO()
        for place, draft in texts:
            # A draft in the folder of its sources is left out of them.
            used = [(other, source) for other, source in articles if not _is_same(place, other)]
            if not used:
                raise InputError(
                    f"no articles to check {place.name} against: --against names only the draft itself"
                )
            checked = check(draft, [source for _, source in used], options.language)
            report = Report(place.name, draft, _lines_before(place, draft), checked, used)
            if form == "html":
                pages.append(report)
            else:
                print_report(report, form, printed, lines=len(texts) > 1)
            ok = ok and checked.ok
        if pages:
            from briefing.cli.check_page import check_page

            print(check_page(pages), end="", file=printed)
        if file is not None and isinstance(printed, StringIO):
            file.write(printed.getvalue().encode())
    return 0 if ok else 1


def _format(output: Path | None, given: str | None) -> str:
    """Return the format to write.

    Raises:
        InputError: the suffix of the file is that of another format, or of none.
    """
    if output is None or is_stream(output):
        return given or "text"
    suffix = output.suffix.lower()
    named = _FORMATS.get(suffix)
    if given is None and named is None and any(map(str.isalpha, suffix)):
        raise InputError(f"{output}: end the name in {', '.join(_FORMATS)}, or give --format")
    if given is not None and named is not None and named != given and (given, suffix) != ("github", ".txt"):
        raise InputError(f"{output} ends in {suffix}, but --format is {given}; change one of them")
    return given or named or "text"


def read_articles(
    names: Sequence[str], options: CheckOptions | VerifyOptions | ReadingOptions, passed_over: PassedOver
) -> Iterator[tuple[Place, Source]]:
    """Yield the articles of files, folders, URLs and standard input, each with its place.

    Raises:
        InputError: an article cannot be read, or none was found.
    """
    found = False
    for place in places(names, passed_over=passed_over):
        try:
            source = place.source(allow_private=options.allow_private, encoding=options.encoding)
        except BriefingError as error:
            message = str(error)
            raise InputError(message if place.name in message else f"{place.name}: {message}") from error
        found = True
        yield place, source
    if not found:
        raise InputError(
            f"no articles found in {', '.join(names)}; their names must end in {', '.join(ENDINGS)}"
        )


def named_articles(names: Sequence[str]) -> Iterator[Named]:
    """Yield the files and standard inputs of articles, also those in folders, without reading them."""
    found = (place.name for place in places(names) if not place.is_url)
    return (("the article", Path(name)) for name in found)


def _is_same(one: Place, other: Place) -> bool:
    if "-" in (one.name, other.name) or one.is_url or other.is_url:
        return False
    return Path(one.name).resolve() == Path(other.name).resolve()


def _lines_before(place: Place, draft: Source) -> int:
    """Return the number of lines that the file has above the text that was read: those of YAML front matter."""
    if place.name == "-" or place.is_url:
        return 0
    data = Path(place.name).read_bytes().decode(draft.encoding or "utf-8", "replace")
    return len(LINE_END.findall(data, 0, max(data.find(draft.text), 0)))
