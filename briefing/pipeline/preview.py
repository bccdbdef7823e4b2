"""`Preview`: the parts of a result that are told before it is there, from answers that still arrive.

A part is told early if it is whole, checked, and nothing that follows can move it: the next one has begun, everything in it is
backed or marked, and it is not of a kind that is merged, ordered or renamed at the end (entities, names, quotes whose speaker
an entity may rename, statements before a judge). The others are told with the result. So an early part differs from the result
only where it is repaired, or the answer that it is from fails afterwards; the part of the result then follows as a correction.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_origin

import regex
from pydantic import BaseModel
from pydantic_core import from_json
from typing_extensions import override

from briefing.core_schemas import authors_function, core_schema_of, field_validator, nodes_of
from briefing.grounding import Grounding
from briefing.llm import Answer, Ask, Deadline, Watcher
from briefing.meta import Meta
from briefing.pipeline.claims import headline_and_summary
from briefing.pipeline.draft import Draft, is_finished
from briefing.pipeline.job import Job
from briefing.pipeline.sections import is_sectioned
from briefing.schemas import (
    Briefing,
    Entity,
    HeadlineText,
    Mention,
    Quote,
    Statement,
    Summary,
    Verbatim,
    answer_validator,
    models_of,
    part,
    parts_of,
    verify,
)
from briefing.sources import Source
from briefing.spans import Span

#: An answer is parsed again when it has grown by this share: so the work for all of it is proportional to its length.
_GROWTH = 1 / 64
#: Where the JSON begins: at once, or in a code fence. What comes after other words may be no answer yet.
_OPENING = regex.compile(r"\s*(?:```(?:json)?\s*)?(?=\{)")
#: Characters in which it must begin.
_MOST_OPENING = 100


@dataclass(frozen=True)
class Part:
    """A part of a result, told as soon as it is whole and checked.

    Attributes:
        path: its place in the result, such as ``headline``, ``summary.sentences[0]``, ``key_quotes[1]``; of an own schema, a
            field, or an item of a list.
        value: the value at this place, an instance of its type; `None` if a correction takes the part away.
        corrects: whether it takes the place of an earlier part with the same path.
    """

    path: str
    value: Any
    corrects: bool = False


class Preview:
    """The parts of one result that have been told.

    Args:
        tell: called with each part, perhaps in a thread.
    """

    def __init__(self, tell: Callable[[Part], object]) -> None:
        self._tell = tell
        self._told: dict[str, Any] = {}

    def tell_early(self, path: str, value: Any) -> bool:
        """Tell a part before the result is there. Returns False if another value was told in its place."""
        if path in self._told:
            return bool(self._told[path] == value)
        self._told[path] = value
        self._tell(Part(path, value))
        return True

    def tell_rest(self, result: BaseModel) -> None:
        """Tell the parts of the result that have not been told, and correct those that have become others."""
        final = dict(result_parts(result))
        for path, value in final.items():
            if path not in self._told:
                self._tell(Part(path, value))
            elif self._told[path] != value:
                self._tell(Part(path, value, corrects=True))
        for path in self._told.keys() - final.keys():
            self._tell(Part(path, None, corrects=True))

    def tell_chosen(self, job: Job) -> None:
        """Tell what the library chooses without the model."""
        if not job.ranked or _has_functions(job.schema):
            return
        for name, value in headline_and_summary({}, job, []).items():
            self.tell_field(job.source, name, field_validator(job.schema, name).validate_python(value))

    def watch(self, job: Job, deadline: Deadline, ask: Ask) -> Watcher | None:
        """Return what is told of the answer to an ask while it arrives; `None` if its fields are not those of the result."""
        return (
            AnswerPreview(self, job, ask, deadline) if ask.fills and not _has_functions(job.schema) else None
        )

    def tell_field(self, source: Source, name: str, value: Any) -> None:
        """Tell all of a field, if it is the article's."""
        if _is_sound(value, source):
            for path, held in _parts_of_field(name, value):
                self.tell_early(path, held)


class AnswerPreview(Watcher):
    """Reads an answer while it arrives.

    Args:
        preview: is given the parts.
        job: the job.
        ask: what is answered; its fields are those of the result.
        deadline: of the job.
    """

    def __init__(self, preview: Preview, job: Job, ask: Ask, deadline: Deadline) -> None:
        self._preview, self._job, self._ask, self._deadline = preview, job, ask, deadline

    @override
    def begin(self) -> None:
        view = self._ask.grounding.view
        # Its own: the answer is validated once more when it is complete.
        self._grounding = Grounding(
            self._job.source, self._job.language, extractive=self._job.form.extractive, view=view
        )
        self._grounding.reset(until=self._deadline.at)
        fields = (_Field.of(name, self._ask.schema, self._job) for name in self._ask.schema.model_fields)
        self._fields = {field.wire: field for field in fields if field is not None}
        self._pieces: list[str] = []
        self._length, self._due = 0, 1.0

    @override
    def add(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)
        if self._length < self._due or not self._fields:
            return
        self._pieces = ["".join(self._pieces)]
        self._due = self._length * (1 + _GROWTH)
        opening = _OPENING.match(self._pieces[0])
        if opening is None:
            if self._length > _MOST_OPENING:
                self._fields = {}
            return
        try:
            answer = from_json(self._pieces[0][opening.end() :], allow_partial="trailing-strings")
        except ValueError:  # not JSON, or it has ended and something else follows
            return
        self._read(answer, unfinished=next(reversed(answer), None))

    @override
    def end(self, text: str) -> None:
        try:
            answer = from_json(text)
        except ValueError:  # instructor has read it in another way
            return
        if isinstance(answer, dict):
            self._read(answer, unfinished=None)

    def _read(self, answer: dict[str, Any], *, unfinished: str | None) -> None:
        """Tell what is new of an answer so far, in which one field may still go on."""
        for name, value in answer.items():
            field = self._fields.get(name)
            if field is not None and not self._take(field, value, whole=name != unfinished):
                del self._fields[name]

    def _take(self, field: _Field, value: Any, *, whole: bool) -> bool:
        """Tell what is new of a field. Returns False if nothing more of it can be told."""
        if not field.listed:
            if whole:
                self._tell_whole(field, value)
            return not whole
        if not isinstance(value, list):
            return False
        end = len(value) if whole else len(value) - 1  # the last one may still go on
        while field.read < end:
            if field.most is not None and field.index >= field.most:
                return False
            wire, field.read = value[field.read], field.read + 1
            if not self._tell_item(field, wire):
                return False
        return not whole

    def _tell_whole(self, field: _Field, wire: Any) -> None:
        value = self._final(field, wire)
        fields = {field.name: str(value) if isinstance(value, HeadlineText) else value}
        if field.name == "headline" and isinstance(value, str) and issubclass(self._job.schema, Briefing):
            is_kept = self._job.style.on_unsupported == "mark" and not self._job.form.extractive
            if self._grounding.problems and not is_kept:
                return
            fields = headline_and_summary({"headline": value}, self._job, [])
        for name, held in fields.items():
            if held is not None and self._is_settled(held):
                self._preview.tell_field(self._job.source, name, held)

    def _tell_item(self, field: _Field, wire: Any) -> bool:
        """Tell an item of a list. Returns False if the place of those after it is not certain."""
        value = self._final(field, [wire])
        items = value.sentences if isinstance(value, Summary) else value
        if not isinstance(items, list) or len(items) != 1:
            return False
        [item] = items
        if (key := _identity(item)) is not None:
            if key in field.seen:
                return True  # left out
            field.seen.add(key)
        path, field.index = f"{field.path}[{field.index}]", field.index + 1
        if not self._is_settled(item):
            return True
        return _is_sound(item, self._job.source) and self._preview.tell_early(path, item)

    def _final(self, field: _Field, wire: Any) -> Any:
        """What becomes of a field's value; `None` if it is not certain."""
        schema, grounding = part(self._ask.schema, (field.name,)), self._grounding
        grounding.problems, grounding.waiting = [], []
        try:
            value = answer_validator(schema).validate_python(
                {field.wire: wire}, strict=False, context=grounding
            )
            if any(problem.fatal for problem in grounding.problems):
                return None
            draft = Draft([(Ask("", (), schema, grounding), Answer(value, ""))])
            return draft.final_values(self._job.style.on_unsupported, scored=self._job.is_scored)[field.name]
        except Exception:  # the whole answer will be refused, too, or asked for again
            return None

    def _is_settled(self, value: Any) -> bool:
        """Whether nothing in a value can become something else at the end."""
        renames = any(issubclass(kind, Entity) for kind in models_of(self._job.schema))
        return not any(
            (isinstance(held, Statement) and not is_finished(held))
            or (renames and isinstance(held, Quote) and held.speaker_span is not None)
            for _, held in parts_of(value)
        )


@dataclass
class _Field:
    """A field of an answer that may be told before the answer has ended.

    Attributes:
        name: in the result.
        wire: in the answer.
        listed: whether its items are told one by one.
        path: of the list of its items.
        most: most items that the result has.
        read: items of the answer that were looked at.
        index: items of the result so far.
        seen: identities of these items, where equal ones are left out.
    """

    name: str
    wire: str
    listed: bool
    path: str
    most: int | None
    read: int
    index: int
    seen: set[Hashable]

    @classmethod
    def of(cls, name: str, schema: type[BaseModel], job: Job) -> _Field | None:
        """The field of an answer; `None` if it is told only with the result."""
        info = schema.model_fields[name]
        wire = info.validation_alias or info.alias or name
        kind, models = info.annotation, models_of(info.annotation)
        merged = (m for m in models if issubclass(m, Entity | Mention) and m is not kind)
        judged = job.judging is not None and not (
            models and all(issubclass(m, Quote | Verbatim | Span) for m in models)
        )
        is_summary = isinstance(kind, type) and issubclass(kind, Summary)
        ordered = is_summary and (job.form.extractive or is_sectioned(job))  # by their place in the article
        if not isinstance(wire, str) or judged or ordered or any(merged):
            return None
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        most = job.form.sentences[1] if is_summary else extra.get("maxItems")
        listed = is_summary or get_origin(kind) is list
        path = f"{name}.sentences" if is_summary else name
        return cls(name, wire, listed, path, most if isinstance(most, int) else None, 0, 0, set())


def result_parts(result: BaseModel) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a result, each with its path: all but `Meta` and the source."""
    for name in type(result).model_fields:
        yield from _parts_of_field(name, getattr(result, name))


def _parts_of_field(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Summary):
        for held, items in (("sentences", value.sentences), ("sections", value.sections)):
            yield from ((f"{name}.{held}[{index}]", item) for index, item in enumerate(items))
    elif isinstance(value, list):
        yield from ((f"{name}[{index}]", item) for index, item in enumerate(value))
    elif value is not None and not isinstance(value, Meta | Source):
        yield name, value


class _Holder(BaseModel):
    """A result with one value, for `verify`."""

    value: Any


def _is_sound(value: Any, source: Source) -> bool:
    """Whether every span in a value is the article's; the spans get their labels."""
    if source.labels:
        source.label_spans(held for _, held in parts_of(value) if isinstance(held, Span))
    return not verify(_Holder.model_construct(value=value), source)


def _identity(item: object) -> Hashable:
    """What equal items of a list have in common, of which the result has the first one; `None` if it has all of them."""
    if isinstance(item, Statement):
        return item.text
    return tuple((span.start, span.end) for span in item.spans) if isinstance(item, Quote) else None


@lru_cache(maxsize=256)
def _has_functions(schema: type[BaseModel]) -> bool:
    """Whether the author of a schema has written validators, which see the whole answer, and once."""
    nodes = nodes_of(core_schema_of(schema))
    return any(authors_function(node) or node.get("post_init") for node in nodes)
