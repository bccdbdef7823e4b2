"""`briefing summarize`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from briefing.briefer import Briefer
from briefing.cli.console import PARTIAL, ProgressLine, exit_code, say, spent
from briefing.cli.render import to_json, to_markdown, to_page
from briefing.errors import BriefingError, InputError, JournalError
from briefing.regenerate import write_whole
from briefing.schemas import Briefing
from briefing.source import Source

_SUFFIXES = {"text": ".txt", "json": ".json", "md": ".md"}


@dataclass(frozen=True)
class Options:
    """Options of the command, as given."""

    model: str | None
    base_url: str | None
    timeout: float
    deadline: float | None
    max_cost_usd: float | None
    max_tokens_total: int | None
    plan: Literal["auto", "joint", "staged"]
    prompt: str
    language: str | None
    format: str | None
    output: Path | None
    allow_private: bool
    journal: Path | None


def run(sources: list[str], options: Options) -> int:
    """Brief each source in turn; the exit code."""
    several = len(sources) > 1
    if several and options.output is not None and not options.output.is_dir():
        raise InputError(
            f"{options.output} is not a folder; several briefings need an existing folder to be written to"
        )
    if options.output is not None and not options.output.parent.is_dir():
        # Said now, not after the model has worked for minutes.
        raise InputError(f"cannot write {options.output}: there is no folder {options.output.parent}")
    failures: list[BriefingError] = []
    stems = _stems(sources)
    with ProgressLine() as line, _briefer(options, line) as briefer:
        for name, stem in zip(sources, stems, strict=True):
            line.begin(name if "://" in name else Path(name).name)
            try:
                source = _source(name, options)
                briefing = briefer.summarize(source, prompt=options.prompt, language=options.language)
                line.end()
                _write(briefing, source, stem, options, several)
            except BriefingError as error:
                if isinstance(error, JournalError) and isinstance(error.result, Briefing):
                    # It could not be recorded, but it is paid for.
                    line.end()
                    _write(error.result, source, stem, options, several)
                if not several:
                    raise
                line.end()
                say(f"briefing: {name}: {error}{spent(error)}")
                failures.append(error)
    if not failures:
        return 0
    return exit_code(failures[0]) if len(failures) == len(sources) else PARTIAL


def _briefer(options: Options, line: ProgressLine) -> Briefer:
    return Briefer(
        options.model,
        base_url=options.base_url,
        timeout=options.timeout,
        deadline=options.deadline,
        max_cost_usd=options.max_cost_usd,
        max_tokens_total=options.max_tokens_total,
        plan=options.plan,
        journal=options.journal,
        on_progress=line.note,
    )


def _source(name: str, options: Options) -> Source:
    if name == "-":
        return Source.from_bytes(sys.stdin.buffer.read())
    if "://" in name:
        return Source.from_url(name, allow_private=options.allow_private)
    if not name:
        raise InputError("a SOURCE is empty; give the name of a file, a URL, or - for standard input")
    return Source.from_file(Path(name))


def _stems(sources: Sequence[str]) -> list[str]:
    """Names for the files to write into a folder: no two alike, so that none takes another's place."""
    stems: list[str] = []
    for name in sources:
        # A URL is called after the last part of its path.
        path = urlsplit(name).path if "://" in name else name
        stem = "stdin" if name == "-" else Path(path.rstrip("/")).stem or "article"
        number, candidate = 1, stem
        while candidate in stems:
            number += 1
            candidate = f"{stem}-{number}"
        stems.append(candidate)
    return stems


def _kind(options: Options) -> str:
    if options.format:
        return options.format
    if options.output is None:
        return "text" if sys.stdout.isatty() else "json"
    return {suffix: kind for kind, suffix in _SUFFIXES.items()}.get(options.output.suffix.lower(), "json")


def _write(briefing: Briefing, source: Source, stem: str, options: Options, several: bool) -> None:
    kind = _kind(options)
    if options.output is None:
        if kind == "text":
            to_page(briefing, source)
        elif kind == "json":
            sys.stdout.write(to_json(briefing, lines=several) + "\n")
        else:
            sys.stdout.write(to_markdown(briefing, source) + "\n")
        sys.stdout.flush()
        if sys.stderr.isatty() and (bill := spent(briefing.meta)):
            # For people; a program finds it in the JSON.
            say(f"{briefing.meta.model if briefing.meta else ''}{bill}")
        return
    if options.output.is_dir():
        target = options.output / f"{stem}.briefing{_SUFFIXES[kind]}"
    else:
        target = options.output
    if kind == "text":
        from io import StringIO

        page = StringIO()
        to_page(briefing, source, file=page)
        write_whole(target, page.getvalue())
    else:
        write_whole(target, (to_json(briefing) if kind == "json" else to_markdown(briefing, source)) + "\n")
    say(f"{target}: written{spent(briefing.meta)}")
