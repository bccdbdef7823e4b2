"""`Job`: one article to brief with one model, and what is asked about it."""

from __future__ import annotations

import functools
import hashlib
import json
import types
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Field, create_model

from briefing.grounding import Grounding, Problem, View
from briefing.llm import Answer, Ask, Target, with_effect
from briefing.meta import FORMAT_VERSION
from briefing.pipeline.focus import Choice, choose_parts
from briefing.pipeline.judging import Claim, JudgeAsk, Judgements, Judging
from briefing.pipeline.parts import cutter, reading_length
from briefing.pipeline.style import Style
from briefing.prompts import (
    Prompt,
    builtin_prompt,
    language_name,
    render_article,
    render_claims,
    render_cues,
    render_focus,
    render_notes,
    render_title,
)
from briefing.schemas import (
    Briefing,
    Cited,
    Grounded,
    Headline,
    HeadlineText,
    Statement,
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
from briefing.threads import cached_property

PlanKind = Literal["joint", "staged", "long"]
_DEFAULT, _JUDGE, _REPAIR, _STAGED = "briefing", "judge", "repair", "staged"
_PART, _REDUCE, _SECTIONS = "part", "reduce", "sections"
#: The field of an answer about a part that has the notes on it.
NOTES = "notes"
#: Notes, each with the numbers of the sentences that it rests on.
Notes = Iterable[tuple[str, Iterable[int]]]
#: Notes on a part: one for so many tokens, and the fewest and most that are asked for.
_TOKENS_PER_NOTE, _FEWEST_NOTES, _MOST_NOTES = 2000, 5, 24


@dataclass(frozen=True)
class Job:
    """One article to brief with one model.

    Attributes:
        source: the article.
        schema: class of the result.
        prompt: the user's prompt or the library's; a staged plan uses its own instead, where this one asks for the whole.
        language: BCP-47 tag of the language to write in; `None` for the article's.
        plan: "joint" asks for all fields at once, "staged" for one at a time, "long" reads the article in parts.
        target: the model.
        style: how to write.
        judge: who judges what the model has written; `None` for nobody.
        may_be_cut: whether the article is read in parts after all, if the model says that it is too long.
    """

    source: Source
    schema: type[BaseModel]
    prompt: Prompt
    language: str | None
    plan: PlanKind
    target: Target
    style: Style = Style()  # noqa: RUF009  # frozen
    judge: Judging | None = None
    may_be_cut: bool = False

    @property
    def judging(self) -> Judging | None:
        """Who judges; `None` also where the model writes nothing that can be judged."""
        writes = not self.form.extractive or any(issubclass(kind, Cited) for kind in models_of(self.schema))
        return self.judge if writes else None

    @cached_property
    def form(self) -> WireForm:
        """The wire form of the answers.

        Raises:
            InputError: the style does not go with the language.
        """
        extractive = self.style.is_extractive(
            small=self.target.local, language=self.language, article_language=self.source.lang
        )
        doublings = self.chosen.doublings if self.plan == "long" else 0
        return WireForm(extractive, self.style.length, doublings)

    @cached_property
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

    @cached_property
    def gathered(self) -> tuple[str, ...]:
        """Names of the fields that are put together from what the parts of a long article say, without the model."""
        kinds = {name: _item_type(self.schema.model_fields[name].annotation) for name in self.fields}
        return tuple(n for n, kind in kinds.items() if kind and not issubclass(kind, Statement))

    @property
    def reduced(self) -> list[str]:
        """Names of the fields that the model fills at last, from notes on the parts of a long article."""
        return [name for name in self.fields if name not in self.gathered]

    @property
    def is_staged(self) -> bool:
        """Whether one ask is for one field; in parts, if the model is small and the prompt can do so."""
        return self.plan == "staged" or (self.plan == "long" and self.target.local and can_stage(self.prompt))

    @property
    def reading_length(self) -> int:
        """Tokens of an article that the model is shown at once."""
        return reading_length(self.target)

    @cached_property
    def chosen(self) -> Choice:
        """The parts of a long article that are read, and what is left out for the focus."""
        return choose_parts(self.source, cutter(self.source).cut(self.reading_length), self.style.focus)

    @cached_property
    def asks(self) -> list[Ask]:
        """The first step of the plan; of a long one, the asks about all parts."""
        if self.plan == "long":
            return [ask for view in self.chosen.parts for ask in part_asks(self, view)]
        return staged_asks(self, essential=True) if self.plan == "staged" else [_joint_ask(self)]

    @property
    def prompts(self) -> list[Prompt]:
        """The prompts of the plan: first that of the first step, and last that of repairs."""
        added = [_PART, _REDUCE, _SECTIONS, _REPAIR] if self.plan == "long" else [_REPAIR]
        return [_staged_prompt(self) if self.is_staged else self.prompt, *map(builtin_prompt, added)]

    @cached_property
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
        if self.plan == "long":
            parts["reading_length"] = self.reading_length
        if options := with_effect(self.target.options):
            parts["options"] = options
        if self.judging is not None:
            parts["judge"] = self.judging.identity
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def can_stage(prompt: Prompt) -> bool:
    """Whether a prompt can ask for one field at a time."""
    return "question" in prompt.variables or prompt == builtin_prompt(_DEFAULT)


def _staged_prompt(job: Job) -> Prompt:
    return job.prompt if "question" in job.prompt.variables else builtin_prompt(_STAGED)


def _is_a(annotation: Any, kind: type) -> bool:
    """Whether a field may hold a `kind`, alone or in a union."""
    union = get_origin(annotation) in (Union, types.UnionType)
    options = get_args(annotation) if union else [annotation]
    return any(isinstance(option, type) and issubclass(option, kind) for option in options)


def judge_ask(job: Job, judging: Judging, claims: tuple[Claim, ...], view: View | None = None) -> JudgeAsk:
    """Return the ask for verdicts about claims, which shows what the asks for these showed."""
    grounding = _grounding(job, view)
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
    messages = job.prompt.render(**_variables(job, grounding, schema))
    return Ask("joint", messages, schema, grounding, fills=True)


def staged_asks(job: Job, *, essential: bool) -> list[Ask]:
    """Return an ask for each field."""
    models = [part(job.schema, (name,)) for name in job.fields]
    return [replace(_field_ask(job, model, essential=essential), fills=True) for model in models]


def _field_ask(job: Job, model: type[BaseModel], view: View | None = None, *, essential: bool) -> Ask:
    """The ask for the one field of a model."""
    [name], schema, grounding = model.model_fields, in_form(model, job.form), _grounding(job, view)
    variables = _variables(job, grounding, schema, essential=essential)
    variables["question"] = field_description(schema, name)
    if not points_at_quotations(schema):
        variables["cues"] = ""
    messages = _staged_prompt(job).render(**variables)
    return Ask(name, messages, schema, grounding, essential=essential)


def _view_asks(job: Job, model: type[BaseModel], view: View) -> list[Ask]:
    """The asks for the fields of a model that show a part of the article."""
    if job.is_staged:
        models = [part(model, (name,)) for name in model.model_fields]
        return [_field_ask(job, one, view, essential=True) for one in models]
    schema, grounding = in_form(model, job.form), _grounding(job, view)
    return [Ask("joint", job.prompt.render(**_variables(job, grounding, schema)), schema, grounding)]


def part_asks(job: Job, view: View) -> list[Ask]:
    """Return the asks about a part of a long article: for notes on it, and for the fields that are gathered."""
    notes = _note_count(cutter(job.source).length(view))
    first, last, end = view.sentences[0], view.sentences[-1], len(job.source.sentences)
    said = {"part": f"{first} to {last} of {end}"}
    model = _part_model(job.schema, job.gathered, tuple(job.reduced), notes, job.form.extractive)
    asks = _view_asks(job, model, view)
    label = f"sentences {first}-{last} of {end}"
    labels = [f"{label}: {ask.label}" if job.is_staged else label for ask in asks]
    asks = [_with_preface(ask, name, _PART, **said) for ask, name in zip(asks, labels, strict=True)]
    return [*asks[:-1], replace(asks[-1], ends_part=True)]


def note_asks(job: Job, notes: Notes, view: View, most: int) -> list[Ask]:
    """Return the ask for at most so many notes in the place of these; `view` has what they cite."""
    model = _part_model(job.schema, (), tuple(job.reduced), most, job.form.extractive)
    asks = _view_asks(job, model, view)
    return [_with_preface(ask, "notes", _REDUCE, notes=render_notes(notes)) for ask in asks]


def reduce_asks(job: Job, notes: Notes, view: View) -> list[Ask]:
    """Return the asks for the fields that are not gathered, from notes on all parts; `view` has what they cite."""
    asks = _view_asks(job, part(job.schema, tuple(job.reduced)), view)
    told = render_notes(notes)
    prefaced = (_with_preface(ask, f"all parts: {ask.label}", _REDUCE, notes=told) for ask in asks)
    return [replace(ask, fills=True) for ask in prefaced]


def _with_preface(ask: Ask, label: str, name: str, **variables: str) -> Ask:
    """The ask with the text of a prompt before the article, where all questions about the article share it."""
    preface = builtin_prompt(name).render(**variables)[-1]["content"]
    *others, user = ask.messages
    messages = (*others, user | {"content": f"{preface}\n\n{user['content']}"})
    return replace(ask, label=label, messages=messages, kept=True)


def _note_count(length: int) -> int:
    return max(_FEWEST_NOTES, min(_MOST_NOTES, length // _TOKENS_PER_NOTE))


@functools.lru_cache(maxsize=256)
def _part_model(
    schema: type[BaseModel],
    gathered: tuple[str, ...],
    reduced: tuple[str, ...],
    most: int,
    extractive: bool,  # cached by position
) -> type[BaseModel]:
    """The schema of an answer about a part: `notes`, if any field is `reduced`, and the `gathered` fields.

    These have no limits and validators of the author, which are about the whole.
    """
    definitions: dict[str, Any] = {}
    if reduced:
        wanted = "; ".join(field_description(schema, name) for name in reduced)
        what = "the numbers of the sentences" if extractive else "complete sentences, each about one fact,"
        definitions[NOTES] = (
            list[Statement],
            Field(
                description=f"{what} that somebody needs who writes from them, without the text: {wanted}",
                json_schema_extra={"minItems": 1, "maxItems": most},
            ),
        )
    for name in gathered:
        info = schema.model_fields[name]
        limits = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        described = Field(description=field_description(schema, name), json_schema_extra=limits)
        definitions[name] = (info.annotation, described)
    model: type[BaseModel] = create_model("Part", **definitions)
    return model


def _item_type(annotation: Any) -> type[Grounded] | None:
    """The type of the items of a list of grounded items; `None` for another annotation."""
    [kind] = get_args(annotation) if get_origin(annotation) is list else [None]
    return kind if isinstance(kind, type) and issubclass(kind, Grounded) else None


def repair_ask(job: Job, ask: Ask, answer: Answer, problems: dict[str, list[Problem]]) -> Ask:
    """Return the ask that goes on after an answer with problems."""
    wrong = tuple((name, type(ps[0].item), len(ps)) for name, ps in problems.items())
    schema, grounding = in_form(_repair_model(wrong), job.form), _grounding(job, ask.grounding.view)
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


def _grounding(job: Job, view: View | None = None) -> Grounding:
    return Grounding(job.source, job.language, extractive=job.form.extractive, view=view)


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


def _annotation(kind: type) -> Any:
    """The annotation of a field whose values are of this type."""
    return Headline if kind is HeadlineText else kind
