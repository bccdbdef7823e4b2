"""Assembles the result and its `Meta` from a plan's outcome."""

from __future__ import annotations

from typing import Any

import regex
from pydantic import BaseModel, ValidationError

from briefing._version import __version__
from briefing.errors import GroundingError
from briefing.grounding import backing_of, check_quotations, discrepancies, finding_in, names
from briefing.meta import Meta
from briefing.pipeline.drivers import RunState
from briefing.pipeline.plans import Job, Outcome
from briefing.schemas import Briefing, schema_sha256
from briefing.text import primary_subtag

# In a headline in title case, lowercase words are shorter than this, or one of those below.
_LONG_WORD = regex.compile(r"(?<!\p{L}['’])\p{L}{5,}")
_SMALL_WORDS = frozenset(
    [
        "about",
        "above",
        "across",
        "after",
        "against",
        "along",
        "among",
        "around",
        "before",
        "behind",
        "below",
        "beneath",
        "between",
        "beyond",
        "despite",
        "during",
        "inside",
        "outside",
        "since",
        "their",
        "through",
        "toward",
        "towards",
        "under",
        "underneath",
        "until",
        "where",
        "which",
        "while",
        "within",
        "without",
    ]
)


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
    if job.target.warning:
        warnings.insert(0, job.target.warning)
    if issubclass(job.schema, Briefing):
        values |= _checked_headline(values["headline"], job, warnings)
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
        "schema": job.schema.__name__,
        "prompt.name": prompt.name,
        "prompt.version": prompt.version,
        "source.sha256": job.source.sha256,
        "source.characters": len(job.source.text),
        "source.language": job.source.lang,
    }


def _checked_headline(headline: str, job: Job, warnings: list[str]) -> dict[str, Any]:
    lang = primary_subtag(job.language or job.source.lang)
    # In title case, a capital does not mark a name.
    title_case = len(" ".join(names(headline, lang)).split()) * 2 > len(headline.split()) and not any(
        word.islower() and word not in _SMALL_WORDS for word in _LONG_WORD.findall(headline)
    )
    lacking = discrepancies(headline, backing_of(job.source), lang)
    missing = list(dict.fromkeys(item.text for item in lacking if not (title_case and item.kind == "name")))
    if missing:
        warnings.append(f"not backed: the headline has what the article lacks: {', '.join(missing)}")
    kinds = {item.text: item.kind for item in reversed(lacking)}
    headline, quoted = check_quotations(headline, job.source, lang)
    found = [
        *(
            finding_in(headline, kinds[words], words, f"the article does not have: {words}")
            for words in missing
        ),
        *(finding for one in quoted for finding in one.findings),
    ]
    for finding in found[len(missing) :]:
        warnings.append(f"not backed: the headline: {finding.message}")
        missing.append(finding.text)
    return {
        "headline": headline,
        "headline_support": "unsupported" if missing else "supported",
        "headline_missing": list(dict.fromkeys(missing)),
        "headline_findings": sorted(found, key=lambda finding: finding.start),
    }
