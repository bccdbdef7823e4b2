"""Options of the commands that make briefings."""

# No annotations as strings: those of a subclass are read in its own module.

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from briefing.cli.arguments import (
    AllowPrivate,
    BaseUrl,
    Judge,
    MaxCost,
    MaxTokens,
    Model,
    ModelOption,
    Plan,
    model_options,
    positive,
)

if TYPE_CHECKING:
    from briefing.briefer import Briefer
    from briefing.journal import Journal
    from briefing.llm import ModelOptions


@dataclass(frozen=True, kw_only=True)
class CallOptions:
    """Options of all commands that make briefings; `None` for the default, or for no limit."""

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
    journal: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN.db",
            help="Record results in this file, and reuse results that it already has. Created if missing.",
        ),
    ] = None

    def briefer(
        self, note: Callable[[str], None], journal: "Path | Journal | None", *, plan: Plan = "auto"
    ) -> "Briefer":
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


@dataclass(frozen=True, kw_only=True)
class McpOptions(CallOptions):
    """Options of `briefing mcp`."""

    allow_path: Annotated[
        list[Path] | None,
        typer.Option(
            "--allow-path",
            metavar="FOLDER",
            help="Let clients read the articles in FOLDER and the folders below, except hidden ones. Repeat it for several. "
            "Default: no files.",
        ),
    ] = None
    allow_urls: Annotated[
        bool, typer.Option("--allow-urls", help="Let clients have web pages fetched, from public addresses.")
    ] = False
    allow_private: AllowPrivate = False
    max_cost_usd: Annotated[
        float | None,
        typer.Option(
            "--max-cost",
            metavar="USD",
            help="Spend at most USD dollars on each article; needs a model with a known price. Default: no limit.",
            callback=positive,
        ),
    ] = None
    max_tokens_total: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Use at most N tokens for each article, input and output together. Default: no limit.",
            callback=positive,
        ),
    ] = None
