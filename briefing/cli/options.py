"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

N = TypeVar("N", int, float, int | None, float | None)


class Plan(StrEnum):
    """Names of the plans."""

    auto = "auto"
    joint = "joint"
    staged = "staged"


def positive(value: N) -> N:
    """Return an option's value if it is positive or not given.

    Raises:
        typer.BadParameter: it is not.
    """
    if value is not None and not value > 0:
        raise typer.BadParameter(f"must be a positive number, not {value}")
    return value


Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE",
        help="Files, folders, URLs, or - for standard input. Folders are searched recursively for .txt, .md, .html "
        "and .htm files.",
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
RunDb = Annotated[Path, typer.Argument(metavar="RUN.db", help="Journal file.")]
