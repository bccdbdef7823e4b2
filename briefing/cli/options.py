"""Options of the commands, as dataclasses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from inspect import Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import typer
from typer.core import TyperCommand
from typing_extensions import override

from briefing.cli.arguments import (
    AllowPrivate,
    BaseUrl,
    DryRun,
    Encoding,
    Focus,
    Language,
    Lengths,
    Model,
    ModelOption,
    OnUnsupportedChoice,
    Plans,
    ProcessCount,
    Prompt,
    SavedSchema,
    Styles,
    positive,
)
from briefing.cli.call_options import CallOptions

if TYPE_CHECKING:
    from briefing.pipeline import StyleOptions
    from briefing.throttling import ThrottlingOptions


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Replace the parameter `options` of a command, a dataclass, by one option for each field."""
    parameters = dict(signature(command, eval_str=True).parameters)
    kind = parameters.pop("options").annotation
    fields = signature(kind, eval_str=True).parameters

    @wraps(command)
    def run(**given: Any) -> None:
        options = kind(**{name: given.pop(name) for name in fields})
        command(**given, options=options)

    # In --help, the fields of a subclass come before those that it inherits.
    own = sorted(fields.values(), key=lambda field: field.name not in kind.__annotations__)
    run.__signature__ = Signature([*parameters.values(), *own])  # type: ignore[attr-defined]
    return run


@dataclass(frozen=True, kw_only=True)
class RunOptions(CallOptions):
    """Options that `summarize` and `regenerate` share; `None` for the default, or for no limit."""

    encoding: Encoding = None
    dry_run: DryRun = False
    max_concurrency: Annotated[
        int | None,
        typer.Option(
            "--concurrency",
            "--max-concurrency",
            metavar="N",
            help="Process at most N articles at a time; below N, the number adapts to the server. "
            "Default: 512; 1 for a local model.",
            callback=positive,
        ),
    ] = None
    requests_per_minute: Annotated[
        float | None,
        typer.Option(
            "--rpm",
            "--requests-per-minute",
            metavar="N",
            help="Send at most N requests per minute. Default: adapts to the server.",
            callback=positive,
        ),
    ] = None
    tokens_per_minute: Annotated[
        float | None,
        typer.Option(
            "--tpm",
            "--tokens-per-minute",
            metavar="N",
            help="Use at most N tokens per minute, input and output together. Default: adapts to the server.",
            callback=positive,
        ),
    ] = None
    processes: ProcessCount = "1"
    grace: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            help="After an interrupt (Ctrl-C), wait at most SECONDS for the articles under way.",
            min=0,
        ),
    ] = 30.0
    failed_list: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the failed articles and their errors to FILE, as JSON lines."
        ),
    ] = None

    def without(self, tokens: int, cost_usd: float) -> Self:
        """Return the options with the limits of the run reduced by what it has spent."""
        most_tokens, most_cost = self.max_tokens_total, self.max_cost_usd
        return replace(
            self,
            max_tokens_total=None if most_tokens is None else max(most_tokens - tokens, 1),
            max_cost_usd=None if most_cost is None else max(most_cost - cost_usd, 1e-9),
        )

    def throttling(self, *, ordered: bool) -> ThrottlingOptions:
        """Return the keywords of `Briefer.summarize_many`."""
        return {
            "ordered": ordered,
            "max_concurrency": self.max_concurrency,
            "requests_per_minute": self.requests_per_minute,
            "tokens_per_minute": self.tokens_per_minute,
            "processes": "auto" if self.processes == "auto" else int(self.processes),
        }


@dataclass(frozen=True, kw_only=True)
class WritingOptions(RunOptions):
    """Options that say how to write, besides those of `RunOptions`."""

    style: Styles = "auto"
    focus: Focus = None
    length: Lengths = "standard"
    on_unsupported: OnUnsupportedChoice = "replace"

    @property
    def writing(self) -> StyleOptions:
        """The keywords of `Briefer.summarize` for them."""
        return {
            "style": self.style,
            "focus": self.focus,
            "length": self.length,
            "on_unsupported": self.on_unsupported,
        }


@dataclass(frozen=True, kw_only=True)
class SummarizeOptions(WritingOptions):
    """Options of `briefing summarize`."""

    format: Annotated[
        Literal["text", "json", "md", "html", "csv"] | None,
        typer.Option(
            "--format",
            "-f",
            help="Write this format. Default: by the suffix of --output (.json, .txt, .md, .html, .csv); "
            "else text on a terminal, json elsewhere.",
        ),
    ] = None
    prompt: Prompt = "briefing"
    language: Language = None
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="Write to PATH: a file for one source (.json, .txt, .md, .html or .csv); for several sources, a folder (created if "
            "missing) or one file that ends in .jsonl, .parquet, .csv or .html. Default, or -: standard output.",
        ),
    ] = None
    allow_private: AllowPrivate = False
    feed: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL|FILE",
            help="Also summarize the entries of this RSS, Atom or JSON feed: the text that the feed has of them. May be "
            "repeated.",
        ),
    ] = None
    feed_pages: Annotated[
        bool, typer.Option("--feed-pages", help="Fetch the pages that the entries of --feed link to instead.")
    ] = False
    plan: Plans = "auto"
    retry_failed: Annotated[
        bool,
        typer.Option(
            "--retry-failed",
            help="Retry the articles that failed according to --journal, and skip those that were never tried.",
        ),
    ] = False

    @property
    def request(self) -> dict[str, Any]:
        """Keywords of `Briefer.summarize`."""
        return {"prompt": self.prompt, "language": self.language, **self.writing}


@dataclass(frozen=True, kw_only=True)
class RegenerateOptions(WritingOptions):
    """Options of `briefing regenerate`."""

    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="List new and stale articles only, without a model; exit with code 1 if there are any.",
        ),
    ] = False
    record: Annotated[
        bool,
        typer.Option(
            "--record", help="Record the exchanges with the model in cassettes/FOLDER/ beside the folder."
        ),
    ] = False
    replay: Annotated[
        bool,
        typer.Option(
            "--replay", help="Make all briefings again from the recorded exchanges, without a model."
        ),
    ] = False
    force: Annotated[
        bool, typer.Option("--force", help="Make all briefings again, including fresh ones.")
    ] = False
    format: Annotated[
        Literal["text", "json"], typer.Option("--format", "-f", help="Format of what --dry-run prints.")
    ] = "text"


@dataclass(frozen=True, kw_only=True)
class CheckOptions:
    """Options of `briefing check`."""

    against: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE...",
            help="Articles: files, folders, URLs, or - for standard input; all words up to the next option.",
        ),
    ] = None
    format: Annotated[
        Literal["text", "json", "md", "html", "github"] | None,
        typer.Option(
            "--format",
            "-f",
            help="Write this format. html: a page that shows DRAFT beside the articles. github: one line FILE:LINE: MESSAGE "
            "per problem. Default: by the suffix of --output (.txt, .json, .md, .html), else text.",
        ),
    ] = None
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to this file. Default, or -: standard output.",
        ),
    ] = None
    language: Annotated[
        str | None,
        typer.Option(metavar="TAG", help="Language of DRAFT, a BCP 47 tag such as en. Default: detected."),
    ] = None
    encoding: Encoding = None
    allow_private: AllowPrivate = False


@dataclass(frozen=True, kw_only=True)
class VerifyOptions:
    """Options of `briefing verify`."""

    schema: SavedSchema = None
    format: Annotated[
        Literal["text", "json"],
        typer.Option(
            "--format", "-f", help="Write this format; json on one line for each of several briefings."
        ),
    ] = "text"
    encoding: Encoding = None
    allow_private: AllowPrivate = False


@dataclass(frozen=True, kw_only=True)
class DoctorOptions:
    """Options of `briefing doctor`."""

    model: Model = None
    base_url: BaseUrl = None
    model_option: ModelOption = None
    timeout: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="Give each check SECONDS, retries included.", callback=positive),
    ] = 60.0
    offline: Annotated[
        bool,
        typer.Option(
            "--offline",
            help="Check the installation only: packages, weights, whether there is a key and a price. Make no call.",
        ),
    ] = False


@dataclass(frozen=True, kw_only=True)
class ReadingOptions:
    """Options that `report` and `export` share: what was saved, and its articles."""

    schema: SavedSchema = None
    source: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE",
            help="The article of a briefing: a file, a folder, a URL, or - for standard input. Repeat it for several; each "
            "briefing goes with the one that it was made of.",
        ),
    ] = None
    encoding: Encoding = None
    allow_private: AllowPrivate = False


@dataclass(frozen=True, kw_only=True)
class ReportOptions(ReadingOptions):
    """Options of `briefing report`."""

    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to this file: a web page (.html), or Markdown (.md).",
        ),
    ] = None
    title: Annotated[str, typer.Option(metavar="TEXT", help="Title of the page.")] = "Briefings"


@dataclass(frozen=True, kw_only=True)
class ExportOptions(ReadingOptions):
    """Options of `briefing export`."""

    to: Annotated[
        Literal[
            "brat",
            "conll",
            "csv",
            "label-studio",
            "ninjs",
            "parquet",
            "prodigy",
            "schema-org",
            "spacy",
            "web-annotation",
            "web-annotation-utf16",
        ],
        typer.Option("--to", "-t", help="Write this format."),
    ]
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="Write to this file; for brat and label-studio a folder. Default, or -: standard output.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """Options of `briefing import`."""

    tool: Annotated[
        Literal["label-studio", "prodigy"], typer.Option("--from", "-f", help="The tool that exported FILE.")
    ]
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE.jsonl",
            help="Write to this file. Default: standard output.",
        ),
    ] = None


class DraftCommand(TyperCommand):
    """A command whose option `--against` takes several values: all words up to the next option or `--`."""

    @override
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        spread: list[str] = []
        rest = iter(args)
        several = False
        for word in rest:
            if word == "--":
                return list(super().parse_args(ctx, [*spread, word, *rest]))
            if word == "--against":
                several = True
                continue
            if word.startswith("-") and word != "-":
                several = False
            spread += ["--against", word] if several else [word]
        return list(super().parse_args(ctx, spread))
