"""Assembles the result and its `Meta` from a plan's outcome."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from briefing._version import __version__
from briefing.core_schemas import assembling_validator, field_validator, structure_validator
from briefing.errors import GroundingError
from briefing.meta import Meta
from briefing.pipeline.claims import headline_and_summary
from briefing.pipeline.drivers import RunState
from briefing.pipeline.job import Job
from briefing.pipeline.outcomes import Outcome
from briefing.schemas import Briefing, parts_of, schema_sha256, verify, with_fields_of
from briefing.spans import Span

#: Violations that an error names.
_SHOWN = 5
_NOTHING = object()


def assemble(
    job: Job, outcome: Outcome, state: RunState, warnings: list[str], *, keep_source: bool
) -> tuple[BaseModel, Meta]:
    """Assemble the result of a plan, whose `Meta` counts all calls, and return it with the `Meta` of this model's calls.

    Args:
        job: the job.
        outcome: what its plan returned.
        state: usage, cost and time so far.
        warnings: extended by those of the job and the outcome; `Meta.warnings`.
        keep_source: store the source in a `Briefing`.

    Raises:
        GroundingError: the values that the article backs do not validate as the schema, or `verify` finds a violation in it.
    """
    values = dict(outcome.values)
    warnings += outcome.warnings
    warnings[:0] = job.source.warnings
    if job.target.warning:
        warnings.insert(0, job.target.warning)
    made = set(outcome.made)
    if issubclass(job.schema, Briefing):
        ours = headline_and_summary(values, job, warnings, outcome.headings)
        # Not what the model has answered: validators of the headline or summary have not seen it.
        made |= {
            name
            for name in ("headline", "summary")
            if name in ours and _is_made(ours[name], values.get(name))
        }
        values |= ours
        values["source"] = job.source if keep_source else None
    own = build_meta(job, state, warnings)
    spent = state.earlier + state.costs
    total = {"usage": spent.usage, "cost_usd": spent.cost_usd, "attempts": spent.attempts}
    meta = own.model_copy(update=total) if state.earlier.attempts else own
    values |= {
        name: meta for name, info in job.schema.model_fields.items() if info.annotation in (Meta, Meta | None)
    }
    values = _validated(job, values, made, outcome, warnings)
    try:
        result = _result(job.schema, values, outcome)
    except ValidationError as error:
        raise GroundingError(_no_result(job, "; ".join(_reasons(error)), warnings)) from error
    except Exception as error:  # raised by a validator of a user-defined schema
        raise GroundingError(_no_result(job, f"{type(error).__name__}: {error}", warnings)) from error
    if job.source.labels:
        job.source.label_spans(part for _, part in parts_of(result) if isinstance(part, Span))
    # The same check that a reader of the result can make, whatever has happened on the way here.
    if violations := verify(result, job.source):
        wrong = "; ".join(": ".join((v.path or "result", v.message)) for v in violations[:_SHOWN])
        raise GroundingError(_no_result(job, wrong, warnings))
    return result, own


def _is_made(value: Any, answered: Any) -> bool:
    """Whether a headline or summary is the library's, and not what the model has answered."""
    return isinstance(value, dict) or (isinstance(value, str) and value != answered)


def _validated(
    job: Job, values: dict[str, Any], made: set[str], outcome: Outcome, warnings: list[str]
) -> dict[str, Any]:
    """The values in the form of their fields; those that the library has `made` go through the author's validators.

    Raises:
        GroundingError: a value does not have the form that the schema asks for, such as a length.
    """
    schema, answered = job.schema, {} if outcome.whole is None else vars(outcome.whole)
    checked: dict[str, Any] = {}
    reasons: list[str] = []
    for name, value in values.items():
        if value is answered.get(name, _NOTHING):
            checked[name] = value
            continue
        validator = field_validator(schema, name) if name in made else structure_validator(schema, name)
        try:
            checked[name] = validator.validate_python(value)
        except ValidationError as error:
            reasons += _reasons(error, name)
        except Exception as error:  # raised by a validator of a user-defined schema
            reasons.append(f"{name}: {type(error).__name__}: {error}")
    if reasons:
        raise GroundingError(_no_result(job, "; ".join(reasons), warnings))
    if "headline" in made and checked["headline"] != values["headline"]:
        warnings.append(
            f"not backed: a validator of {schema.__name__} has changed the headline, {values['headline']!r}"
        )
        shown = str(checked["headline"])
        checked |= {"headline_support": "unsupported", "headline_missing": [shown], "headline_span": None}
    return checked


def _reasons(error: ValidationError, *field: str) -> list[str]:
    found = error.errors(include_input=False)
    return [": ".join((".".join(map(str, (*field, *e["loc"]))) or "result", e["msg"])) for e in found]


def _result(schema: type[BaseModel], values: dict[str, Any], outcome: Outcome) -> BaseModel:
    """An instance of the schema. Its author's validators have run on the answers, and do not run again.

    Raises:
        Exception: of a validator that has waited for the final values.
    """
    whole = outcome.whole
    if whole is None:
        # The validators of the schema as a whole have not seen the parts.
        made: BaseModel = assembling_validator(schema, frozenset(values)).validate_python(
            values, by_alias=False, by_name=True
        )
        return made
    # Not a copy: the answer may be of a subclass that asks in another form.
    fields = {
        name: values[name] if name in values else info.get_default(call_default_factory=True)
        for name, info in schema.model_fields.items()
    }
    result = schema.__new__(schema)
    result.__setstate__(
        {
            "__dict__": fields,
            "__pydantic_fields_set__": set(values),
            "__pydantic_extra__": None if whole.__pydantic_extra__ is None else {},
            "__pydantic_private__": getattr(whole, "__pydantic_private__", None),
        }
    )
    validated: BaseModel = with_fields_of(schema, outcome.validated(whole, result))
    return validated


def _no_result(job: Job, reasons: str, warnings: list[str]) -> str:
    return "; ".join((f"what the article backs is not a valid {job.schema.__name__}: {reasons}", *warnings))


def build_meta(job: Job, state: RunState, warnings: list[str]) -> Meta:
    """The `Meta` of a result, or of a failure: what made it, and what it cost so far."""
    prompt = job.prompts[0]
    return Meta(
        model=job.target.model,
        prompt_name=prompt.name,
        prompt_version=prompt.version,
        prompt_sha256=prompt.sha256,
        schema_sha256=schema_sha256(job.schema),
        briefing_version=__version__,
        source_sha256=job.source.sha256,
        source_title=job.source.title,
        source_url=job.source.url,
        style="extractive" if job.form.extractive else "written",
        length=job.style.length,
        focus=job.style.focus,
        on_unsupported=job.style.on_unsupported,
        fingerprint=job.fingerprint,
        usage=state.costs.usage,
        cost_usd=state.costs.cost_usd,
        attempts=state.costs.attempts,
        elapsed=round(state.elapsed, 3),
        warnings=warnings,
    )


def trace_attributes(job: Job) -> dict[str, Any]:
    """Attributes of a job for a trace's span, without any of its text."""
    prompt = job.prompts[0]
    return {
        "plan": job.plan,
        "style": "extractive" if job.form.extractive else "written",
        "schema": job.schema.__name__,
        "prompt.name": prompt.name,
        "prompt.version": prompt.version,
        "source.sha256": job.source.sha256,
        "source.characters": len(job.source.text),
        "source.language": job.source.lang,
    }
