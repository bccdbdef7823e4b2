"""`Estimate`: what a briefing will take, from the prompts that its plan would send. Makes no call."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from briefing.grounding import View
from briefing.llm import Ask, Target, cost_usd, output_range, token_range
from briefing.meta import Usage
from briefing.pipeline.job import Job, PlanKind, judge_ask, reduce_asks
from briefing.pipeline.sections import heading_ask, is_sectioned
from briefing.schemas import sent_schema, wire_fields

#: Tokens that a note and the sentences that it cites have in the prompt about the whole, for each that was written.
_CITED_PER_WRITTEN = 4


@dataclass(frozen=True)
class Estimate:
    """What a briefing will take, from the fewest tokens to the most.

    The fewest are those of a plan without a repair, and the most those of a plan with a repair of each answer. Calls that
    fail and are made again come on top; a provider's prompt cache makes input cheaper.

    Attributes:
        plan: "joint" (all fields in one call), "staged" (one call per field) or "long" (in parts).
        calls: HTTP calls of the plan without a repair; 0 if the journal has the briefing.
        max_calls: the same with a repair of each answer.
        input_tokens: fewest and most.
        output_tokens: fewest and most.
        cost_usd: US dollars for the fewest and the most tokens; `None` if a price is unknown, and for a local model.
        parts: parts in which the article is read; 1 unless the plan is "long", 0 if the journal has the briefing.
    """

    plan: PlanKind
    calls: int
    max_calls: int
    input_tokens: tuple[int, int]
    output_tokens: tuple[int, int]
    cost_usd: tuple[float, float] | None
    parts: int = 1

    @classmethod
    def of(cls, job: Job) -> Estimate:
        """Return the estimate of a job."""
        calls = [_Call.of(ask, job.target) for ask in job.asks]
        if job.plan == "long":
            calls += _reduction(job, calls)
        repairs = [call.repair(job) for call in calls if job.plan != "long" or call.is_last]
        if is_sectioned(job) and not job.form.extractive:
            # If the article has no headings of its own, about what the summary says and cites.
            headings = _Call.of(heading_ask(job, ()), job.target)
            cited = Usage(input_tokens=headings.most.output_tokens * _CITED_PER_WRITTEN)
            repairs.append(replace(headings, most=headings.most + cited))
        if job.judging is not None and isinstance(job.judging.judge, str):
            judge = _Call.of(judge_ask(job, job.judging, ()), job.judging.target or job.target)
            claims = sum(call.most.output_tokens for call in calls)
            calls.append(_Call(judge.target, judge.fewest, judge.most + Usage(input_tokens=claims)))
        fewest, most = (
            [(call.target, call.fewest) for call in calls],
            [(call.target, call.most) for call in calls + repairs],
        )
        least, greatest = _tokens(fewest), _tokens(most)
        cost = _cost(fewest), _cost(most)
        return cls(
            job.plan,
            len(fewest),
            len(most),
            (least.input_tokens, greatest.input_tokens),
            (least.output_tokens, greatest.output_tokens),
            None if cost[0] is None or cost[1] is None else (cost[0], cost[1]),
            sum(ask.ends_part for ask in job.asks) or 1,
        )

    @classmethod
    def of_recorded(cls, job: Job) -> Estimate:
        """Return the estimate of a job whose result the journal has: nothing."""
        return cls(job.plan, 0, 0, (0, 0), (0, 0), (0.0, 0.0), 0)


@dataclass(frozen=True)
class _Call:
    """One call of a model, with the fewest and the most tokens."""

    target: Target
    fewest: Usage
    most: Usage
    is_last: bool = False

    @classmethod
    def of(cls, ask: Ask, target: Target) -> _Call:
        texts = "".join(message["content"] for message in ask.messages)
        body = json.dumps(ask.messages, ensure_ascii=False)
        if not target.local:  # a local model has a grammar instead of a schema
            body += json.dumps(sent_schema(ask.schema), ensure_ascii=False)
        written = output_range(
            len(wire_fields(ask.schema)),
            reasons=target.reasons,
            cap=target.options.get("max_output_tokens"),
        )
        return cls(
            target,
            Usage(input_tokens=token_range(texts).fewest, output_tokens=written.fewest),
            Usage(input_tokens=token_range(body).most, output_tokens=written.most),
        )

    def repair(self, job: Job) -> _Call:
        """Return the call that asks again for all of the answer: it repeats the ask, the answer, and what is wrong with it."""
        asked = token_range(job.prompts[-1].user).most
        repeated = self.most.input_tokens + 2 * self.most.output_tokens
        most = Usage(input_tokens=repeated + asked, output_tokens=self.most.output_tokens)
        return _Call(self.target, Usage(), most)


def _reduction(job: Job, parts: list[_Call]) -> list[_Call]:
    """The calls about the notes on all parts."""
    if not job.reduced:
        return []
    # The view of one sentence stands for those that will be cited.
    asks = reduce_asks(job, (), View((1,), ()))
    cited = sum(call.most.output_tokens for call in parts) * _CITED_PER_WRITTEN
    most = Usage(input_tokens=min(cited, job.reading_length))
    return [
        _Call(call.target, call.fewest, call.most + most, is_last=True)
        for call in (_Call.of(ask, job.target) for ask in asks)
    ]


def _tokens(calls: list[tuple[Target, Usage]]) -> Usage:
    return sum((usage for _, usage in calls), Usage())


def _cost(calls: list[tuple[Target, Usage]]) -> float | None:
    costs = [cost_usd(target, usage) for target, usage in calls]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None
