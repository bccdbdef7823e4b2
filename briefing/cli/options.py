"""Options of the commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from inspect import Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar, cast

import typer
from typer.core import TyperCommand
from typing_extensions import override

if TYPE_CHECKING:
    from briefing.briefer import Briefer
    from briefing.journal import Journal
    from briefing.llm import ModelOptions
    from briefing.pipeline import StyleOptions
    from briefing.throttling import ThrottlingOptions

N = TypeVar("N", int, float, int | None, float | None)
Plan = Literal["auto", "joint", "staged"]
StyleName = Literal["auto", "written", "extractive"]
Length = Literal["brief", "standard", "detailed"]
OnUnsupported = Literal["mark", "replace", "drop"]


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


def positive(value: N) -> N:
    """Return an option's value if it is positive or not given.

    Raises:
        typer.BadParameter: it is not.
    """
    if value is not None and not value > 0:
        raise typer.BadParameter(f"must be a positive number, not {value}")
    return value


def model_options(given: list[str] | None) -> dict[str, Any]:
    """Return options of the model by name; each value is JSON, or else a text.

    Raises:
        typer.BadParameter: one has not the form NAME=VALUE.
    """
    options: dict[str, Any] = {}
    for word in given or ():
        name, equals, value = word.partition("=")
        if not name or not equals:
            raise typer.BadParameter(f"must have the form NAME=VALUE, not {word!r}")
        try:
            options[name] = json.loads(value)
        except ValueError:
            options[name] = value
    return options


def known_encoding(value: str | None) -> str | None:
    """Return an option's value if Python has a text encoding of this name, or if it is not given.

    Raises:
        typer.BadParameter: it has none.
    """
    try:
        if value is not None:
            b"some text.".decode(value, "ignore")
    except (LookupError, ValueError) as error:
        raise typer.BadParameter(
            f"there is no text encoding {value!r}; give one such as utf-8 or cp1252"
        ) from error
    return value


_SOURCES = (
    "Files, folders, URLs, or - for standard input. Folders are searched recursively for text, Markdown, HTML, mails, "
    "PDF, DOCX and EPUB files."
)
Sources = Annotated[list[str], typer.Argument(metavar="SOURCE", help=_SOURCES)]
SourcesOrFeed = Annotated[
    list[str] | None, typer.Argument(metavar="SOURCE", help=f"{_SOURCES} None is needed with --feed.")
]
Drafts = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="DRAFT",
        help="Texts to check: files, folders, URLs, or - for standard input. Behind --against SOURCE, put -- before DRAFT.",
    ),
]
Prompt = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Use this prompt: a name from `briefing prompts list`, or the path of a YAML file.",
    ),
]
Language = Annotated[
    str | None,
    typer.Option(
        metavar="TAG",
        help="Write in this language, a BCP 47 tag such as en or pt-BR. Default: the language of the article.",
    ),
]
Plans = Annotated[
    Plan,
    typer.Option(
        help="Request all fields in one call (joint), or one field per call (staged, for small models). "
        "auto chooses by the model."
    ),
]
Styles = Annotated[
    StyleName,
    typer.Option(
        help="written: the model writes headline and summary. extractive: they are the article's title and sentences. "
        "auto: extractive for a local model."
    ),
]
Focus = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="Look for this: what the reader wants to know, in a phrase."),
]
Lengths = Annotated[Length, typer.Option(help="Length of the summary.")]
OnUnsupportedChoice = Annotated[
    OnUnsupported,
    typer.Option(
        help="Of written statements that the article does not back: mark them, replace them by the sentences of the "
        "article that they cite, or drop them."
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Read files and standard input in this encoding, such as cp1252. Default: detected.",
        callback=known_encoding,
    ),
]
AllowPrivate = Annotated[
    bool, typer.Option("--allow-private", help="Also fetch URLs of this machine and of private networks.")
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Send requests to the OpenAI-compatible server at URL. Default: $OPENAI_BASE_URL, else the provider's.",
    ),
]
MaxCost = Annotated[
    float | None,
    typer.Option(
        "--max-cost",
        metavar="USD",
        help="Make no call that could raise the cost of the run above USD dollars; needs a model with a known price. "
        "Default: no limit.",
        callback=positive,
    ),
]
MaxTokens = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Make no call that could raise the tokens of the run, input and output together, above N. "
        "Default: no limit.",
        callback=positive,
    ),
]


Judge = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="Have what the model wrote judged, before the repair: same (the model itself, asked once more), or another "
        "PROVIDER/NAME with the key in its environment variable. Default: nobody judges.",
    ),
]


Model = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="Use this model: PROVIDER/NAME (such as openai/gpt-5-mini), local, local/NAME or local:FILE.gguf. "
        "Default: $BRIEFING_MODEL; else OpenAI's if $OPENAI_API_KEY is set; else local.",
    ),
]
ModelOption = Annotated[
    list[str] | None,
    typer.Option(
        "--model-option",
        "-O",
        metavar="NAME=VALUE",
        help="Option of the model, such as temperature=0.3 or max_output_tokens=4000. Repeat it for several. "
        "VALUE is JSON or a text.",
        callback=lambda value: model_options(value) and value,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Print what the run would take: calls, tokens and dollars of each article and in all. Makes no call of the "
        "model and writes no file.",
    ),
]


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Options that `summarize` and `regenerate` share; `None` for the default, or for no limit."""

    model: Model = None
    base_url: BaseUrl = None
    model_option: ModelOption = None
    judge: Judge = None
    fallback: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL",
            help="Try this model if the one before is down, refuses, is out of credit, or gives no usable answer: PROVIDER/NAME with the "
            "key in its environment variable. Repeat it for several.",
        ),
    ] = None
    encoding: Encoding = None
    timeout: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", help="Wait at most SECONDS for each answer of the model.", callback=positive
        ),
    ] = 60.0
    deadline: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Spend at most SECONDS on each article, including retries. Default: no limit.",
            callback=positive,
        ),
    ] = None
    max_cost_usd: MaxCost = None
    max_tokens_total: MaxTokens = None
    dry_run: DryRun = False
    journal: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN.db",
            help="Record results in this file, and reuse results that it already has. Created if missing.",
        ),
    ] = None
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

    def briefer(
        self, note: Callable[[str], None], journal: Path | Journal | None, *, plan: Plan = "auto"
    ) -> Briefer:
        """Return a briefer that passes notes of progress to `note`."""
        from briefing.briefer import Briefer

        return Briefer(
            self.model,
            base_url=self.base_url,
            options=cast("ModelOptions", model_options(self.model_option)),
            judge=self.judge,
            fallback=self.fallback or (),
            timeout=self.timeout,
            deadline=self.deadline,
            max_cost_usd=self.max_cost_usd,
            max_tokens_total=self.max_tokens_total,
            plan=plan,
            journal=journal,
            on_progress=note,
        )

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
        Literal["text", "json", "md"] | None,
        typer.Option(
            "--format",
            "-f",
            help="Write this format. Default: by the suffix of --output (.json, .txt, .md); "
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
            help="Write to PATH: a file for one source (.json, .txt or .md); for several sources, a folder (created if "
            "missing) or one file that ends in .jsonl or .parquet. Default, or -: standard output.",
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
        Literal["text", "json", "md", "github"],
        typer.Option(
            "--format", "-f", help="Write this format. github: one line FILE:LINE: MESSAGE per problem."
        ),
    ] = "text"
    language: Annotated[
        str | None,
        typer.Option(metavar="TAG", help="Language of DRAFT, a BCP 47 tag such as en. Default: detected."),
    ] = None
    encoding: Encoding = None
    allow_private: AllowPrivate = False


@dataclass(frozen=True, kw_only=True)
class VerifyOptions:
    """Options of `briefing verify`."""

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
        typer.Option("--offline", help="Check the installation, the key and the price only; make no call."),
    ] = False


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
