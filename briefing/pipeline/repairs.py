"""The end of every plan: what is wrong in its answers is judged, asked for once more, and taken over."""

from __future__ import annotations

import logging
from collections.abc import Generator

from pydantic import BaseModel

from briefing.errors import ProviderError
from briefing.grounding import View
from briefing.llm import Answer, Ask
from briefing.pipeline.draft import Draft
from briefing.pipeline.job import Job, judge_ask, repair_ask
from briefing.pipeline.judging import findings_of
from briefing.pipeline.outcomes import Outcome, Plan

_log = logging.getLogger(__name__)


def repaired(job: Job, draft: Draft, whole: BaseModel | None = None, view: View | None = None) -> Plan:
    """Ask once more for the items that have problems, a judge's included, and take over the corrections."""
    is_judged = yield from _judged(job, draft, view)
    for ask, answer, problems in draft.to_repair():
        repair = repair_ask(job, ask, answer, problems)
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


def _judged(job: Job, draft: Draft, view: View | None) -> Generator[list[Ask], list[Answer], bool]:
    """Have what is written judged, if that is asked for, and mark what is wrong. Returns whether it was judged."""
    stated = draft.claims() if job.judging else []
    if not job.judging or not stated:
        return False
    if small := job.judging.warning(job.target):
        _log.warning("%s", small)
        draft.warnings.append(small)
    ask = judge_ask(job, job.judging, tuple(claim for _, claim in stated), view)
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
