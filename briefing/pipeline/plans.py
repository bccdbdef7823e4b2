"""Plans: what is asked of the model, and what becomes of the answers. No I/O.

A plan is a generator. It yields lists of asks, is sent their answers, and returns an `Outcome`.
A failed ask is thrown in where it was yielded.
"""

from __future__ import annotations

import functools
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from briefing.errors import PromptError, ProviderError, TruncatedError
from briefing.grounding import Grounding, Problem
from briefing.llm import Answer, Ask
from briefing.pipeline.draft import Draft
from briefing.prompts import Prompt, builtin_prompt, language_name, render_article, render_cues, render_title
from briefing.schemas import outline, part, points_at_quotations, wire_fields
from briefing.sources import Source

PlanName = Literal["auto", "joint", "staged"]
Messages = tuple[dict[str, str], ...]
_DEFAULT, _REPAIR, _STAGED = "briefing", "repair", "staged"


@dataclass(frozen=True)
class Job:
    """One article to brief.

    Attributes:
        source: the article.
        schema: what to return.
        prompt: what is asked with; a staged plan has one of its own, where this asks for the whole.
        language: tag of the language to write in; the article's own where `None`.
        plan: "joint" asks for all at once, "staged" for one field at a time.
    """

    source: Source
    schema: type[BaseModel]
    prompt: Prompt
    language: str | None
    plan: Literal["joint", "staged"]

    @functools.cached_property
    def asked(self) -> list[Messages]:
        """What its plan begins with: the messages of each first ask. Its fingerprint holds them, too."""
        return _staged_messages(self, essential=True) if self.plan == "staged" else [_joint_messages(self)]


@dataclass(frozen=True)
class Outcome:
    """What a plan returns: the fields of the result, and what is to be said about them."""

    values: dict[str, Any]
    warnings: list[str]


Plan = Generator[list[Ask], list[Answer], Outcome]


def plan_for(job: Job) -> Plan:
    """The plan that a job asks for, not yet begun."""
    return _staged(job) if job.plan == "staged" else _joint(job)


def prompts_of(job: Job) -> list[Prompt]:
    """The prompts that a job's plan may use; its result depends on them."""
    return [_staged_prompt(job) if job.plan == "staged" else job.prompt, builtin_prompt(_REPAIR)]


def plan_name(asked: PlanName, prompt: Prompt, *, small: bool) -> Literal["joint", "staged"]:
    """The plan for a prompt.

    Args:
        asked: what the user wants.
        prompt: the one that they gave, or the library's.
        small: whether the model needs small questions.

    Raises:
        PromptError: the prompt does not show the article, or cannot ask for one field at a time.
    """
    if "article" not in prompt.variables:
        raise PromptError(f"prompt {prompt.name!r} never shows {{{{ article }}}}; put it into its user text")
    if asked == "auto":
        return "staged" if small and _can_stage(prompt) else "joint"
    if asked == "staged" and not _can_stage(prompt):
        raise PromptError(
            f"prompt {prompt.name!r} has no {{{{ question }}}}, which plan='staged' asks with; use plan='joint'"
        )
    return asked


def _can_stage(prompt: Prompt) -> bool:
    return "question" in prompt.variables or prompt == builtin_prompt(_DEFAULT)


def _staged_prompt(job: Job) -> Prompt:
    return job.prompt if "question" in job.prompt.variables else builtin_prompt(_STAGED)


def _variables(
    job: Job, grounding: Grounding, schema: type[BaseModel], *, essential: bool = False
) -> dict[str, str]:
    return {
        "article": render_article(grounding),
        "cues": render_cues(grounding),
        "title": render_title(job.source),
        "language": language_name(grounding.language),
        "fields": outline(schema, essential=essential),
    }


def _joint(job: Job) -> Plan:
    grounding = Grounding(job.source, job.language)
    [messages] = job.asked
    try:
        [answer] = yield [Ask("joint", messages, job.schema, grounding)]
    except TruncatedError as error:
        if not _can_stage(job.prompt):
            raise
        # Parts of the answer fit where the whole does not.
        outcome = yield from _staged(job, essential=False)
        return Outcome(outcome.values, [f"asked for one field at a time: {error}", *outcome.warnings])
    draft = Draft(_values(answer.value, job.schema), list(grounding.problems), job.source)
    dialogue = _Dialogue(messages, answer.text)
    yield from _repaired(job, draft, dict.fromkeys(draft.values, dialogue), essential=False)
    return Outcome(draft.settled(job.schema), draft.warnings)


def _joint_messages(job: Job) -> Messages:
    return job.prompt.render(**_variables(job, Grounding(job.source, job.language), job.schema))


def _staged_messages(job: Job, *, essential: bool) -> list[Messages]:
    prompt, asked = _staged_prompt(job), []
    for name in wire_fields(job.schema):
        schema = part(job.schema, (name,))
        variables = _variables(job, Grounding(job.source, job.language), schema, essential=essential)
        variables["question"] = job.schema.model_fields[name].description or name.replace("_", " ")
        if not points_at_quotations(schema):
            variables["cues"] = ""
        asked.append(prompt.render(**variables))
    return asked


def _staged(job: Job, *, essential: bool = True) -> Plan:
    asked = job.asked if essential else _staged_messages(job, essential=False)
    asks = [
        Ask(
            name,
            messages,
            part(job.schema, (name,)),
            Grounding(job.source, job.language),
            essential=essential,
        )
        for name, messages in zip(wire_fields(job.schema), asked, strict=True)
    ]
    answers = yield asks
    values = {ask.label: getattr(answer.value, ask.label) for ask, answer in zip(asks, answers, strict=True)}
    problems = [problem for ask in asks for problem in ask.grounding.problems]
    draft = Draft(values, problems, job.source)
    dialogues = {
        ask.label: _Dialogue(ask.messages, answer.text) for ask, answer in zip(asks, answers, strict=True)
    }
    yield from _repaired(job, draft, dialogues, essential=essential)
    return Outcome(draft.settled(job.schema), draft.warnings)


def _values(value: BaseModel, schema: type[BaseModel]) -> dict[str, Any]:
    return {name: getattr(value, name) for name in wire_fields(schema)}


@dataclass(frozen=True)
class _Dialogue:
    """What was asked and answered, for a repair ask to go on from."""

    messages: tuple[dict[str, str], ...]
    answer: str

    def then(self, asked: Iterable[dict[str, str]]) -> tuple[dict[str, str], ...]:
        return (
            *self.messages,
            {"role": "assistant", "content": self.answer},
            *(m for m in asked if m["content"]),
        )


def _repaired(
    job: Job, draft: Draft, dialogues: dict[str, _Dialogue], *, essential: bool
) -> Generator[list[Ask], list[Answer], None]:
    """Ask once more for what is wrong, and put in what came back right."""
    for dialogue, wrong in _by_dialogue(draft, dialogues):
        schema = _repair_schema(wrong)
        grounding = Grounding(job.source, job.language)
        variables = _variables(job, grounding, schema, essential=essential)
        variables["problems"] = "\n".join(
            f"- {name}: {p.wire!r}: {p.reason}" for name, ps in wrong.items() for p in ps
        )
        messages = dialogue.then(builtin_prompt(_REPAIR).render(**variables))
        try:
            [answer] = yield [Ask("repair", messages, schema, grounding, essential=essential)]
        except ProviderError as error:
            # What the first answer got right is worth keeping, whatever became of the second.
            draft.warnings.append(f"repair failed: {error}")
            continue
        for name, group in wrong.items():
            draft.replace(group, getattr(answer.value, name), grounding.problems)


def _by_dialogue(
    draft: Draft, dialogues: dict[str, _Dialogue]
) -> list[tuple[_Dialogue, dict[str, list[Problem]]]]:
    """The problems by the dialogue that they came up in."""
    groups: dict[int, tuple[_Dialogue, dict[str, list[Problem]]]] = {}
    for (field, name), problems in draft.wrong().items():
        dialogue = dialogues[field]
        groups.setdefault(id(dialogue), (dialogue, {}))[1][name] = problems
    return list(groups.values())


def _repair_schema(wrong: dict[str, list[Problem]]) -> type[BaseModel]:
    return _repair_model(tuple((name, type(group[0].item), len(group)) for name, group in wrong.items()))


@functools.lru_cache(maxsize=256)
def _repair_model(wrong: tuple[tuple[str, type, int], ...]) -> type[BaseModel]:
    """What a repair is answered with: for each field the type of its items, and how many were wrong.

    Kept, as articles have much the same faults, and a class with its schemas takes longer than the rest of an ask.
    """
    definitions: dict[str, Any] = {
        # No more items than were wrong: a small model would go on for ever. The type is known at run time only.
        name: (list[kind], Field(json_schema_extra={"maxItems": count}))  # type: ignore[valid-type]
        for name, kind, count in wrong
    }
    model: type[BaseModel] = create_model("Repair", **definitions)
    return model
