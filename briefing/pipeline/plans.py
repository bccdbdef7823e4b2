"""Plans: generators of asks that decide what to request from the model; no I/O.

A plan yields lists of asks, is sent their answers, and returns an `Outcome`. The error of a failed ask is thrown in where
the ask was yielded.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import types
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Field, create_model

from briefing.errors import PromptError, ProviderError, TruncatedError
from briefing.grounding import Grounding, Problem
from briefing.llm import Answer, Ask, Target, with_effect
from briefing.meta import FORMAT_VERSION
from briefing.pipeline.draft import Draft
from briefing.pipeline.judging import Claim, JudgeAsk, Judgements, Judging, findings_of
from briefing.pipeline.style import Style
from briefing.prompts import (
    Prompt,
    builtin_prompt,
    language_name,
    render_article,
    render_claims,
    render_cues,
    render_focus,
    render_title,
)
from briefing.schemas import (
    Briefing,
    Cited,
    Headline,
    HeadlineText,
    Summary,
    WireForm,
    field_description,
    in_form,
    models_of,
    outline,
    part,
    points_at_quotations,
    schema_sha256,
    wire_fields,
)
from briefing.sources import Source
from briefing.text import primary_subtag

PlanName = Literal["auto", "joint", "staged"]
_DEFAULT, _JUDGE, _REPAIR, _STAGED = "briefing", "judge", "repair", "staged"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """One article to brief with one model.

    Attributes:
        source: the article.
        schema: class of the result.
        prompt: the user's prompt or the library's; a staged plan uses its own instead, where this one asks for the whole.
        language: BCP-47 tag of the language to write in; `None` for the article's.
        plan: "joint" asks for all fields at once, "staged" for one at a time.
        target: the model.
        style: how to write.
        judge: who judges what the model has written; `None` for nobody.
    """

    source: Source
    schema: type[BaseModel]
    prompt: Prompt
    language: str | None
    plan: Literal["joint", "staged"]
    target: Target
    style: Style = Style()  # noqa: RUF009  # frozen
    judge: Judging | None = None

    @property
    def judging(self) -> Judging | None:
        """Who judges; `None` also where the model writes nothing that can be judged."""
        writes = not self.form.extractive or any(issubclass(kind, Cited) for kind in models_of(self.schema))
        return self.judge if writes else None

    @functools.cached_property
    def form(self) -> WireForm:
        """The wire form of the answers.

        Raises:
            InputError: the style does not go with the language.
        """
        extractive = self.style.is_extractive(
            small=self.target.local, language=self.language, article_language=self.source.lang
        )
        return WireForm(extractive, self.style.length)

    @functools.cached_property
    def ranked(self) -> list[str]:
        """Those of headline and summary that are chosen without the model.

        Asked for the sentences of a summary, the local model answered 1, 2, 3, 4, 5 for each of 16 articles.
        """
        if not (self.form.extractive and self.target.local and issubclass(self.schema, Briefing)):
            return []
        annotations = {name: field.annotation for name, field in self.schema.model_fields.items()}
        kinds: list[tuple[str, type]] = [("headline", str), ("summary", Summary)]
        # A subclass may have fields of other types by these names.
        return [name for name, kind in kinds if _is_a(annotations[name], kind)]

    @property
    def is_scored(self) -> bool:
        """Whether written statements get a score: a small model writes them, in the article's language."""
        return self.target.local and (
            self.language is None or primary_subtag(self.language) == primary_subtag(self.source.lang)
        )

    @property
    def fields(self) -> list[str]:
        """Names of the fields that the model fills."""
        return [name for name in wire_fields(self.schema) if name not in self.ranked]

    @functools.cached_property
    def asks(self) -> list[Ask]:
        """The first step of the plan."""
        return _staged_asks(self, essential=True) if self.plan == "staged" else [_joint_ask(self)]

    @property
    def prompts(self) -> list[Prompt]:
        """The prompts of the plan: that of the first step, and that of repairs."""
        return [_staged_prompt(self) if self.plan == "staged" else self.prompt, builtin_prompt(_REPAIR)]

    @functools.cached_property
    def fingerprint(self) -> str:
        """Hash of everything that the result depends on."""
        parts: dict[str, Any] = {
            "source": self.source.sha256,
            "prompts": [prompt.sha256 for prompt in self.prompts],
            # The messages depend on how the article is analyzed, which a later version may do differently.
            "asked": [ask.messages for ask in self.asks],
            "schema": schema_sha256(self.schema),
            "model": self.target.model,
            "plan": self.plan,
            "language": self.language,
            "extractive": self.form.extractive,
            "focus": self.style.focus,
            "length": self.style.length,
            "on_unsupported": self.style.on_unsupported,
            "format": FORMAT_VERSION,
        }
        if self.source.title and (self.form.extractive or self.style.on_unsupported != "mark"):
            parts["title"] = self.source.title  # may be the headline
        if options := with_effect(self.target.options):
            parts["options"] = options
        if self.judging is not None:
            parts["judge"] = self.judging.identity
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Outcome:
    """The return value of a plan.

    Attributes:
        values: the fields of the result.
        warnings: about them.
        whole: the answer that has all fields, if one ask was about all of them. The schema's validators have seen it.
        validated: runs the validators that have waited for an answer to be corrected, given it and what became of it.
    """

    values: dict[str, Any]
    warnings: list[str]
    whole: BaseModel | None = None
    validated: Callable[[Any, Any], Any] = lambda _answer, final: final


Plan = Generator[list[Ask], list[Answer], Outcome]


def plan_for(job: Job) -> Plan:
    """The plan of a job, not yet started."""
    return _staged(job, job.asks) if job.plan == "staged" else _joint(job)


def plan_name(requested: PlanName, prompt: Prompt, *, small: bool) -> Literal["joint", "staged"]:
    """Choose the plan for a prompt.

    Args:
        requested: the user's choice; "auto" is "staged" for a small model, if the prompt allows that, else "joint".
        prompt: the user's prompt or the library's.
        small: whether the model is too small to answer all fields at once.

    Raises:
        PromptError: the prompt does not show the article, or the user chose "staged" and it cannot ask for single fields.
    """
    if "article" not in prompt.variables:
        raise PromptError(
            f"prompt {prompt.name!r} does not contain {{{{ article }}}}; add it to the user text"
        )
    if requested == "auto":
        return "staged" if small and _can_stage(prompt) else "joint"
    if requested == "staged" and not _can_stage(prompt):
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


def _can_stage(prompt: Prompt) -> bool:
    return "question" in prompt.variables or prompt == builtin_prompt(_DEFAULT)


def _staged_prompt(job: Job) -> Prompt:
    return job.prompt if "question" in job.prompt.variables else builtin_prompt(_STAGED)


def _joint(job: Job) -> Plan:
    try:
        answers = yield job.asks
    except TruncatedError as error:
        if not _can_stage(job.prompt):
            raise
        # A single field may fit into the output limit.
        outcome = yield from _staged(job, _staged_asks(job, essential=False))
        return Outcome(outcome.values, [f"asked for one field at a time: {error}", *outcome.warnings])
    draft = Draft(zip(job.asks, answers, strict=True))
    return (yield from _repaired(job, draft, whole=None if job.ranked else answers[0].value))


def _staged(job: Job, asks: list[Ask]) -> Plan:
    answers = yield asks
    return (yield from _repaired(job, Draft(zip(asks, answers, strict=True))))


def _repaired(job: Job, draft: Draft, whole: BaseModel | None = None) -> Plan:
    """Ask once more for the items that have problems, a judge's included, and take over the corrections."""
    is_judged = yield from _judged(job, draft)
    for ask, answer, problems in draft.to_repair():
        repair = _repair_ask(job, ask, answer, problems)
        try:
            [repaired] = yield [repair]
        except ProviderError as error:
            # The items without problems make a result all the same.
            draft.warnings.append(f"repair failed: {error}")
            continue
        for name, group in problems.items():
            draft.repair(group, getattr(repaired.value, name), repair.grounding.problems)
    if is_judged and any(warning.startswith("repaired:") for warning in draft.warnings):
        draft.warnings.append("what was repaired was not judged again")
    values = draft.final_values(job.style.on_unsupported, scored=job.is_scored)
    return Outcome(values, draft.warnings, whole, draft.validated)


def _judged(job: Job, draft: Draft) -> Generator[list[Ask], list[Answer], bool]:
    """Have what is written judged, if that is asked for, and mark what is wrong. Returns whether it was judged."""
    stated = draft.claims() if job.judging else []
    if not job.judging or not stated:
        return False
    if small := job.judging.warning(job.target):
        _log.warning("%s", small)
        draft.warnings.append(small)
    ask = judge_ask(job, job.judging, tuple(claim for _, claim in stated))
    try:
        [answer] = yield [ask]
        found = findings_of(ask, answer)
    except ProviderError as error:
        draft.warnings.append(f"the judge {ask.name} did not judge: {error}")
        return False
    for (item, _), findings in zip(stated, found, strict=True):
        if findings:
            draft.mark(item, findings)
    return True


def judge_ask(job: Job, judging: Judging, claims: tuple[Claim, ...]) -> JudgeAsk:
    """Return the ask for verdicts about claims."""
    grounding = _grounding(job)
    messages = builtin_prompt(_JUDGE).render(
        article=render_article(grounding),
        claims=render_claims(claim.text for claim in claims),
        fields=outline(Judgements),
    )
    return JudgeAsk(
        _JUDGE, messages, Judgements, grounding, claims=claims, judging=judging, model=job.target.model
    )


def _joint_ask(job: Job) -> Ask:
    grounding = _grounding(job)
    schema = part(job.schema, tuple(job.fields)) if job.ranked else job.schema
    schema = in_form(schema, job.form)
    return Ask("joint", job.prompt.render(**_variables(job, grounding, schema)), schema, grounding)


def _staged_asks(job: Job, *, essential: bool) -> list[Ask]:
    prompt, asks = _staged_prompt(job), []
    for name in job.fields:
        schema, grounding = in_form(part(job.schema, (name,)), job.form), _grounding(job)
        variables = _variables(job, grounding, schema, essential=essential)
        variables["question"] = field_description(schema, name)
        if not points_at_quotations(schema):
            variables["cues"] = ""
        asks.append(Ask(name, prompt.render(**variables), schema, grounding, essential=essential))
    return asks


def _repair_ask(job: Job, ask: Ask, answer: Answer, problems: dict[str, list[Problem]]) -> Ask:
    """The ask that goes on after an answer with problems."""
    wrong = tuple((name, type(ps[0].item), len(ps)) for name, ps in problems.items())
    schema, grounding = in_form(_repair_model(wrong), job.form), _grounding(job)
    variables = _variables(job, grounding, schema, essential=ask.essential)
    variables["problems"] = "\n".join(
        f"- {name}: {p.wire!r}: {p.reason}" for name, ps in problems.items() for p in ps
    )
    messages = (
        *ask.messages,
        {"role": "assistant", "content": answer.text},
        *(message for message in builtin_prompt(_REPAIR).render(**variables) if message["content"]),
    )
    return Ask("repair", messages, schema, grounding, essential=ask.essential)


def _grounding(job: Job) -> Grounding:
    return Grounding(job.source, job.language, extractive=job.form.extractive)


def _variables(
    job: Job, grounding: Grounding, schema: type[BaseModel], *, essential: bool = False
) -> dict[str, str]:
    return {
        "article": render_article(grounding),
        "cues": render_cues(grounding),
        "title": render_title(grounding.source),
        "language": language_name(grounding.language),
        "focus": render_focus(job.style.focus),
        "fields": outline(schema, essential=essential),
    }


@functools.lru_cache(maxsize=256)
def _repair_model(wrong: tuple[tuple[str, type, int], ...]) -> type[BaseModel]:
    """The schema of a repair, from the name of each field, the type of its items, and how many were wrong.

    Cached: problems are much alike from article to article, and making a class with its schemas takes longer than the
    rest of an ask.
    """
    definitions: dict[str, Any] = {
        # Without the limit, a small model lists items until it is cut off. The type is known at run time only.
        name: (list[_annotation(kind)], Field(json_schema_extra={"maxItems": count}))  # type: ignore[misc]
        for name, kind, count in wrong
    }
    model: type[BaseModel] = create_model("Repair", **definitions)
    return model


def _is_a(annotation: Any, kind: type) -> bool:
    """Whether a field may hold a `kind`, alone or in a union."""
    union = get_origin(annotation) in (Union, types.UnionType)
    options = get_args(annotation) if union else [annotation]
    return any(isinstance(option, type) and issubclass(option, kind) for option in options)


def _annotation(kind: type) -> Any:
    """The annotation of a field whose values are of this type."""
    return Headline if kind is HeadlineText else kind
