"""Plans: generators of asks that decide what to request from the model; no I/O.

A plan yields lists of asks, is sent their answers, and returns an `Outcome`. The error of a failed ask is thrown in where
the ask was yielded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from briefing.errors import ContextWindowError, PromptError, TruncatedError
from briefing.llm import Ask
from briefing.pipeline.draft import Draft
from briefing.pipeline.job import Job, PlanKind, can_stage, staged_asks
from briefing.pipeline.long import long
from briefing.pipeline.outcomes import Outcome, Plan
from briefing.pipeline.repairs import repaired
from briefing.prompts import Prompt

PlanName = Literal["auto", "joint", "staged", "long"]


def plan_for(job: Job) -> Plan:
    """The plan of a job, not yet started."""
    if job.plan == "long":
        return long(job)
    return _staged(job, job.asks) if job.plan == "staged" else _joint(job)


def plan_name(requested: PlanName, prompt: Prompt, *, small: bool, beyond: bool = False) -> PlanKind:
    """Choose the plan for a prompt.

    Args:
        requested: the user's choice; "auto" is "long" for an article that is too long to be read at once, "staged" for a small
            model, if the prompt allows that, else "joint".
        prompt: the user's prompt or the library's.
        small: whether the model is too small to answer all fields at once.
        beyond: whether the article is longer than what the model reads well at once.

    Raises:
        PromptError: the prompt does not show the article, or the user chose "staged" and it cannot ask for single fields.
    """
    if "article" not in prompt.variables:
        raise PromptError(
            f"prompt {prompt.name!r} does not contain {{{{ article }}}}; add it to the user text"
        )
    if requested == "auto":
        if beyond:
            return "long"
        return "staged" if small and can_stage(prompt) else "joint"
    if requested == "staged" and not can_stage(prompt):
        raise PromptError(
            f"prompt {prompt.name!r} does not contain {{{{ question }}}}, which plan='staged' needs; add it, or use plan='joint'"
        )
    return requested


def check_style(job: Job) -> None:
    """Check that a job's style can be had.

    Raises:
        InputError: the style does not go with the language.
        PromptError: a focus is given, and the prompt does not show it.
    """
    ranked = job.ranked  # raises if the style does not go with the language
    if job.style.focus and not ranked and "focus" not in job.prompts[0].variables:
        raise PromptError(
            f"prompt {job.prompts[0].name!r} does not contain {{{{ focus }}}}; add it to the user text, or leave out focus"
        )


def _joint(job: Job) -> Plan:
    try:
        answers = yield job.asks
    except ContextWindowError as error:
        return (yield from _in_parts(job, error))
    except TruncatedError as error:
        if not can_stage(job.prompt):
            raise
        # A single field may fit into the output limit.
        outcome = yield from _staged(job, staged_asks(job, essential=False))
        return Outcome(outcome.values, [f"asked for one field at a time: {error}", *outcome.warnings])
    draft = Draft(zip(job.asks, answers, strict=True))
    return (yield from repaired(job, draft, whole=None if job.ranked else answers[0].value))


def _staged(job: Job, asks: list[Ask]) -> Plan:
    try:
        answers = yield asks
    except ContextWindowError as error:
        return (yield from _in_parts(job, error))
    return (yield from repaired(job, Draft(zip(asks, answers, strict=True))))


def _in_parts(job: Job, error: ContextWindowError) -> Plan:
    """Read an article in parts that the model could not read at once."""
    if not job.may_be_cut:
        raise error
    return (yield from long(replace(job, plan="long"), error))
