"""`Tries`: the models that are tried for one article, one after the other, and what became of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from briefing.errors import (
    AnswerError,
    BriefingError,
    BudgetError,
    ConfigurationError,
    ContextWindowError,
    DeadlineError,
    GroundingError,
    JournalError,
    ModelFileError,
    ProviderTimeoutError,
    QuotaError,
    RateLimitError,
    ServerError,
    UnreachableError,
    one_line,
)
from briefing.llm import Budget, CostTracker, Deadline, ModelOptions, Target, target_of

_log = logging.getLogger(__name__)
#: Errors of a model or its server, where another model may do better. Not: a wrong key or request, which are to be mended.
_OF_THE_MODEL = (
    *(ServerError, UnreachableError, ProviderTimeoutError, RateLimitError, QuotaError),
    *(AnswerError, ContextWindowError, DeadlineError, ModelFileError),
)

#: Options that have the same meaning for every provider.
_PORTABLE = frozenset(("temperature", "top_p", "seed", "max_output_tokens", "reasoning_effort", "stop"))


@dataclass
class Tries:
    """The tries of one article.

    Attributes:
        models: full names of the models in the order in which they are tried.
        budget: limits on all tries together.
        deadline: of all tries together.
        failed: the models that have failed, each with its error.
        costs: calls, tokens and cost of the failed models.
        started: start of the first try in seconds on the monotonic clock.
    """

    models: Sequence[str]
    budget: Budget
    deadline: Deadline
    failed: list[tuple[str, BriefingError]] = field(default_factory=list)
    costs: CostTracker = field(default_factory=CostTracker)
    started: float = field(default_factory=time.monotonic)

    @contextmanager
    def next(self) -> Iterator[None]:
        """Try the next model in the context, which is left without an exception if the model after it may be tried.

        Raises:
            BriefingError: the model failed and none is tried after it: the error of the first model, with those of the others.
        """
        model = self.models[len(self.failed)]
        try:
            yield
        except JournalError:  # its result was made and could not be recorded
            raise
        except BriefingError as error:
            self.failed.append((model, error))
            self.costs += CostTracker.of(error)
            if len(self.failed) < len(self.models) and self._may_go_on(error):
                following = self.models[len(self.failed)]
                _log.warning("%s failed with %s; trying %s", model, type(error).__name__, following)
                return
            if len(self.failed) == 1:
                raise
            first = self._with_others()
            raise first from first.__cause__

    def warnings(self, model: str) -> list[str]:
        """Return the warnings of a result that `model` has made: why the models before it have not."""
        return [f"made by {model}: {failed} failed: {_said(error)}" for failed, error in self.failed]

    def _may_go_on(self, error: BriefingError) -> bool:
        if isinstance(error, BudgetError) or self.deadline.remaining() == 0:
            return False
        if len(self.failed) > 1:  # whatever is wrong with a fallback, the next one may do
            return True
        return isinstance(error, _OF_THE_MODEL) and not isinstance(error, GroundingError)

    def _with_others(self) -> BriefingError:
        """Return the error of the first model, with the sums of all, and with the errors of the others."""
        (_, first), *others = self.failed
        told = "; ".join(f"the fallback {model} failed too: {_said(error)}" for model, error in others)
        first.args = (f"{first}; {told}", *first.args[1:])
        first.fallback_errors = tuple(error for _, error in others)
        first.attempts, first.cost_usd = self.costs.attempts, self.costs.cost_usd
        first.usage = self.costs.usage if first.attempts else first.usage
        return first


def fallback_targets(fallback: object, first: Target) -> list[Target]:
    """Return the models to try if the `first` fails.

    Those of the same provider have its address, key and options; others have their provider's address, the key of its
    environment variable, and those of the options that are neither secrets nor the provider's own and that they take.

    Raises:
        ConfigurationError: `fallback` is not a list of names of other models.
    """
    if isinstance(fallback, str) or not isinstance(fallback, Sequence):
        raise ConfigurationError(f'fallback must be a list of names like "provider/name", not {fallback!r}')
    targets = [_fallback_target(name, first) for name in fallback]
    names = [first.model, *(target.model for target in targets)]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigurationError(f"fallback: {twice} is tried already; give each model once")
    return targets


def _fallback_target(name: object, first: Target) -> Target:
    if not isinstance(name, str) or not name.strip():
        raise ConfigurationError(f'fallback must be a list of names like "provider/name"; {name!r} is none')
    target = target_of(name)
    if (target.provider, target.local) == (first.provider, first.local):
        return target_of(name, base_url=first.base_url, api_key=first.api_key, options=first.options)
    taken: ModelOptions = {}
    for option in _PORTABLE & first.options.keys():
        one: dict[str, object] = {option: first.options[option]}  # type: ignore[literal-required]
        try:
            taken.update(target_of(name, options=one).options)
        except ConfigurationError:
            continue
    return target_of(name, options=taken)


def _said(error: BriefingError) -> str:
    return f"{type(error).__name__}: {one_line(str(error))}"
