"""`briefing summarize`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from briefing.briefer import Briefer
from briefing.cli.console import PARTIAL, ProgressLine, exit_code, say
from briefing.cli.render import to_json, to_markdown, to_page
from briefing.errors import BriefingError, InputError
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
    plan: Literal["auto", "joint", "staged"]
    prompt: str
    language: str | None
    format: str | None
    output: Path | None


def run(sources: list[str], options: Options) -> int:
    """Brief each source in turn; the exit code."""
    several = len(sources) > 1
    if several and options.output is not None and not options.output.is_dir():
        raise InputError(
            f"{options.output} is not a folder; several briefings need an existing folder to be written to"
        )
    failures: list[BriefingError] = []
    with ProgressLine() as line, _briefer(options, line) as briefer:
        for name in sources:
            line.begin(name if "://" in name else Path(name).name)
            try:
                source = _source(name)
                briefing = briefer.summarize(source, prompt=options.prompt, language=options.language)
            except BriefingError as error:
                if not several:
                    raise
                line.end()
                say(f"briefing: {name}: {error}")
                failures.append(error)
                continue
            line.end()
            _write(briefing, source, name, options, several)
    if not failures:
        return 0
    return exit_code(failures[0]) if len(failures) == len(sources) else PARTIAL


def _briefer(options: Options, line: ProgressLine) -> Briefer:
    return Briefer(
        options.model,
        base_url=options.base_url,
        timeout=options.timeout,
        deadline=options.deadline,
        plan=options.plan,
        on_progress=line.note,
    )


def _source(name: str) -> Source:
    if name == "-":
        data = sys.stdin.buffer.read()
        try:
            return Source.from_text(data.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise InputError(
                "standard input is not UTF-8 text; convert it, or give the file's name"
            ) from error
    if name.startswith(("http://", "https://")):
        return Source.from_url(name)
    return Source.from_file(Path(name))


def _write(briefing: Briefing, source: Source, name: str, options: Options, several: bool) -> None:
    kind = options.format or ("text" if options.output is None and sys.stdout.isatty() else "json")
    if options.output is None:
        if kind == "text":
            to_page(briefing, source)
        elif kind == "json":
            sys.stdout.write(to_json(briefing, lines=several) + "\n")
        else:
            sys.stdout.write(to_markdown(briefing, source) + "\n")
        sys.stdout.flush()
        return
    if options.output.is_dir():
        stem = "stdin" if name == "-" else Path(name.rstrip("/")).name.rsplit(".", 1)[0] or "article"
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
    say(f"{target}: written")
