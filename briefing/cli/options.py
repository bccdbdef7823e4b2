"""Options that several commands have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Plan(StrEnum):
    """What is asked at once."""

    auto = "auto"
    joint = "joint"
    staged = "staged"


Sources = Annotated[
    list[str], typer.Argument(metavar="SOURCE", help="Files, folders, URLs, or - for standard input.")
]
Prompt = Annotated[str, typer.Option(metavar="NAME", help="Name of a prompt, or path of a YAML file.")]
Language = Annotated[
    str | None, typer.Option(metavar="TAG", help="Language to write in, such as en; default: the article's.")
]
Plans = Annotated[
    Plan, typer.Option(help="Ask for all at once (joint), or for one field at a time (staged).")
]
AllowPrivate = Annotated[
    bool, typer.Option("--allow-private", help="Fetch URLs on this machine and in private networks, too.")
]
BaseUrl = Annotated[str | None, typer.Option(metavar="URL", help="Address of an OpenAI-compatible server.")]
MaxCost = Annotated[
    float | None,
    typer.Option(
        metavar="USD", help="US dollars for the whole run; needs a model whose price is known.", min=0
    ),
]
MaxTokens = Annotated[
    int | None,
    typer.Option(metavar="N", help="Tokens for the whole run, read and written, all calls together.", min=1),
]
RunDb = Annotated[Path, typer.Argument(metavar="RUN.db", help="A journal.")]
