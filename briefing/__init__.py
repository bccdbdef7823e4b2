"""Typed briefings of articles by an LLM: the model points, the library slices.

Every quote, mention and cited sentence of a `Briefing` is a span of the source; what cannot be
backed is marked.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from briefing import testing as testing
    from briefing._version import __version__ as __version__
    from briefing.align import Match as Match
    from briefing.align import locate as locate
    from briefing.align import locate_all as locate_all
    from briefing.briefer import Briefer as Briefer
    from briefing.differences import Change as Change
    from briefing.errors import AnswerError as AnswerError
    from briefing.errors import AuthenticationError as AuthenticationError
    from briefing.errors import BriefingError as BriefingError
    from briefing.errors import BudgetError as BudgetError
    from briefing.errors import ConfigurationError as ConfigurationError
    from briefing.errors import ContextWindowError as ContextWindowError
    from briefing.errors import DeadlineError as DeadlineError
    from briefing.errors import FetchError as FetchError
    from briefing.errors import FilteredError as FilteredError
    from briefing.errors import ForbiddenUrlError as ForbiddenUrlError
    from briefing.errors import GroundingError as GroundingError
    from briefing.errors import InputError as InputError
    from briefing.errors import JournalError as JournalError
    from briefing.errors import MissingExtraError as MissingExtraError
    from briefing.errors import MissingKeyError as MissingKeyError
    from briefing.errors import ModelFileError as ModelFileError
    from briefing.errors import OversizedError as OversizedError
    from briefing.errors import PromptError as PromptError
    from briefing.errors import ProviderError as ProviderError
    from briefing.errors import ProviderTimeoutError as ProviderTimeoutError
    from briefing.errors import QuotaError as QuotaError
    from briefing.errors import RateLimitError as RateLimitError
    from briefing.errors import RefusalError as RefusalError
    from briefing.errors import RequestError as RequestError
    from briefing.errors import SchemaError as SchemaError
    from briefing.errors import ServerError as ServerError
    from briefing.errors import StaleCassetteError as StaleCassetteError
    from briefing.errors import TlsError as TlsError
    from briefing.errors import TruncatedError as TruncatedError
    from briefing.errors import UnknownModelError as UnknownModelError
    from briefing.errors import UnreachableError as UnreachableError
    from briefing.errors import WebPageError as WebPageError
    from briefing.functions import asummarize as asummarize
    from briefing.functions import asummarize_many as asummarize_many
    from briefing.functions import summarize as summarize
    from briefing.functions import summarize_many as summarize_many
    from briefing.journal import Journal as Journal
    from briefing.meta import Meta as Meta
    from briefing.meta import Usage as Usage
    from briefing.passages import Entity as Entity
    from briefing.passages import Mention as Mention
    from briefing.passages import Quote as Quote
    from briefing.passages import Verbatim as Verbatim
    from briefing.prompt import Prompt as Prompt
    from briefing.reader import Quotation as Quotation
    from briefing.schemas import Briefing as Briefing
    from briefing.source import Source as Source
    from briefing.spans import Span as Span
    from briefing.statements import Cited as Cited
    from briefing.statements import Statement as Statement
    from briefing.statements import Summary as Summary
    from briefing.violations import Violation as Violation
    from briefing.violations import verify as verify

_HOMES = {
    "briefing._version": ("__version__",),
    "briefing.align": ("Match", "locate", "locate_all"),
    "briefing.differences": ("Change",),
    "briefing.errors": (
        "AnswerError", "AuthenticationError", "BriefingError", "BudgetError", "ConfigurationError",
        "ContextWindowError", "DeadlineError", "FetchError", "FilteredError", "ForbiddenUrlError", "GroundingError", "InputError",
        "JournalError", "MissingExtraError", "MissingKeyError", "ModelFileError", "OversizedError", "PromptError",
        "ProviderError", "ProviderTimeoutError", "QuotaError", "RateLimitError", "RefusalError", "RequestError", "SchemaError",
        "ServerError", "StaleCassetteError", "TlsError", "TruncatedError", "UnknownModelError", "UnreachableError",
        "WebPageError",
    ),
    "briefing.journal": ("Journal",),
    "briefing.meta": ("Meta", "Usage"),
    "briefing.prompt": ("Prompt",),
    "briefing.reader": ("Quotation",),
    "briefing.passages": ("Entity", "Mention", "Quote", "Verbatim"),
    "briefing.statements": ("Cited", "Statement", "Summary"),
    "briefing.schemas": ("Briefing",),
    "briefing.source": ("Source",),
    "briefing.spans": ("Span",),
    "briefing.violations": ("Violation", "verify"),
    "briefing.briefer": ("Briefer",),
    "briefing.functions": ("asummarize", "asummarize_many", "summarize", "summarize_many"),
}  # fmt: skip
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)  # noqa: PLE0605  # one list, not two


def __getattr__(name: str) -> Any:
    # Lazy: openai alone takes seconds to import, and reading a saved briefing needs none of it.
    import importlib

    if name == "testing":
        return importlib.import_module("briefing.testing")
    if (module := _HOME_OF.get(name)) is None:
        raise AttributeError(f"module 'briefing' has no attribute {name!r}")
    value = getattr(importlib.import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "testing"]
