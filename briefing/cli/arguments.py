"""Arguments and options that several commands have, each with its help and its check."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, TypeVar

import typer

N = TypeVar("N", int, float, int | None, float | None)
Plan = Literal["auto", "joint", "staged", "long"]
StyleName = Literal["auto", "written", "extractive"]
Length = Literal["brief", "standard", "detailed"]
OnUnsupported = Literal["mark", "replace", "drop"]


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


def process_count(value: str) -> str:
    """Return the value of --processes if it is a positive integer or "auto".

    Raises:
        typer.BadParameter: it is not.
    """
    if value != "auto" and not (value.isdecimal() and int(value)):
        raise typer.BadParameter(f"must be a positive integer or auto, not {value}")
    return value


_SOURCES = (
    "Files, folders, URLs, or - for standard input. Folders are searched recursively for text, Markdown, HTML, mails, "
    "PDF, DOCX, ODT and EPUB files."
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
        help="Request all fields in one call (joint), or one field per call (staged, for small models), or read the article in "
        "parts (long). auto chooses by the model and the length of the article."
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
SavedSchema = Annotated[
    str | None,
    typer.Option(
        "--schema", metavar="MODULE:CLASS", help="Read results of this class of yours. Default: briefings."
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
        help="Send requests to the server at URL, which speaks the protocol of the model's provider, such as OpenAI's. Default: that of "
        "the provider's environment variable, such as $OPENAI_BASE_URL, else the provider's own.",
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
ProcessCount = Annotated[
    str,
    typer.Option(
        metavar="N|auto",
        help="Read, ask and check in N processes, of which each takes a core. auto: one for each core, once one core is the "
        "limit; never for a local model.",
        callback=process_count,
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
