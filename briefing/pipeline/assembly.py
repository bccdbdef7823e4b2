"""Assembles the result and its `Meta` from a plan's outcome."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from briefing._version import __version__
from briefing.errors import GroundingError
from briefing.meta import Meta
from briefing.pipeline.claims import headline_and_summary
from briefing.pipeline.drivers import RunState
from briefing.pipeline.plans import Job, Outcome
from briefing.schemas import Briefing, schema_sha256


def assemble(
    job: Job, outcome: Outcome, state: RunState, warnings: list[str], *, keep_source: bool
) -> tuple[BaseModel, Meta]:
    """Assemble the result of a plan, and its `Meta`.

    Args:
        job: the job.
        outcome: what its plan returned.
        state: usage, cost and time so far.
        warnings: extended by those of the job and the outcome; `Meta.warnings`.
        keep_source: store the source in a `Briefing`.

    Raises:
        GroundingError: the values that the article backs do not validate as the schema.
    """
    values = dict(outcome.values)
    warnings += outcome.warnings
    warnings[:0] = job.source.warnings
    if job.target.warning:
        warnings.insert(0, job.target.warning)
    if issubclass(job.schema, Briefing):
        values |= headline_and_summary(values, job, warnings)
        values["source"] = job.source if keep_source else None
    meta = build_meta(job, state, warnings)
    values |= {
        name: meta for name, info in job.schema.model_fields.items() if info.annotation in (Meta, Meta | None)
    }
    try:
        return job.schema.model_validate(values, by_alias=False, by_name=True), meta
    except ValidationError as error:
        reasons = "; ".join(
            ": ".join((".".join(map(str, e["loc"])) or "result", e["msg"]))
            for e in error.errors(include_input=False)
        )
        raise GroundingError(_no_result(job, reasons, warnings)) from error
    except Exception as error:  # raised by a validator of a user-defined schema
        raise GroundingError(_no_result(job, f"{type(error).__name__}: {error}", warnings)) from error


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
