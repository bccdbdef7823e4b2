"""A second look at what a model wrote, by a model or an object: `Judge`, its claims and its verdicts."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, get_args, get_origin, runtime_checkable

from pydantic import BaseModel, Field

from briefing.errors import (
    AnswerError,
    ConfigurationError,
    DeadlineError,
    ProviderError,
    ProviderTimeoutError,
)
from briefing.grounding import Finding, Problem, finding_in
from briefing.llm import Answer, Ask, Deadline, Target, target_of
from briefing.prompts import builtin_prompt
from briefing.redaction import scrub
from briefing.schemas import Cited, HeadlineText, Statement, texts_of
from briefing.sources import Source
from briefing.spans import Span

Label = Literal["supported", "unsupported", "contradicted"]
Stated = Statement | HeadlineText | Cited[Any]
#: Longest part of a judge's error in a warning, in characters.
_LONGEST_ERROR = 300


@dataclass(frozen=True)
class Claim:
    """A written statement, headline or value, to be compared with its evidence.

    Attributes:
        text: what the model wrote; before a value that is no free text, such as a number, the name of its field.
        evidence: the sentences of the article that it rests on; for a headline, all sentences.
    """

    text: str
    evidence: tuple[Span, ...]


@dataclass(frozen=True)
class Verdict:
    """What a judge says of a claim.

    Attributes:
        label: "supported"; "unsupported": the evidence does not say it; "contradicted": the evidence says otherwise.
        words: the words of the claim that are wrong, as the claim has them, or several passages of it; empty for all of it.
        score: how sure the judge is, on a scale of its own; only shown.
    """

    label: Label
    words: str | Sequence[str] = ()
    score: float | None = None


@runtime_checkable
class Judge(Protocol):
    """An object that judges claims."""

    def judge(self, claims: Sequence[Claim], /) -> Sequence[Verdict]:
        """Judge the claims of one article.

        Args:
            claims: the written statements and values of an article, and its headline.

        Returns:
            One verdict for each claim, in the same order.

        Raises:
            Exception: any; the briefing is made without verdicts, and a warning says why.
        """


@runtime_checkable
class AsyncJudge(Protocol):
    """An object that judges claims without blocking the event loop."""

    async def ajudge(self, claims: Sequence[Claim], /) -> Sequence[Verdict]:
        """Judge the claims of one article: argument, result and errors as for `Judge.judge`."""


class Judgement(BaseModel):
    """The verdict about one statement."""

    label: Label
    words: list[str] = Field(json_schema_extra={"maxItems": 3})


class Judgements(BaseModel):
    """A model's answer: a verdict for each claim."""

    verdicts: list[Judgement] = Field(description="one for each statement, in order")


@dataclass(frozen=True)
class Judging:
    """Who judges.

    Attributes:
        judge: "same" for the model that writes, another model's name, or an object.
        timeout: seconds that an object may take.
        target: the other model.
    """

    judge: str | Judge | AsyncJudge
    timeout: float
    target: Target | None = None

    @classmethod
    def of(cls, judge: object, timeout: float) -> Judging | None:
        """Return the judging that a user has asked for; `None` if none.

        Raises:
            ConfigurationError: `judge` cannot judge.
        """
        if judge is None:
            return None
        if isinstance(judge, str) and judge.strip():
            return cls(judge, timeout, None if judge == "same" else target_of(judge))
        if isinstance(judge, type) or not isinstance(judge, Judge | AsyncJudge):
            raise ConfigurationError(
                f'judge must be "same", provider/name, or an object with a method judge(claims) or ajudge(claims), not {judge!r}'
            )
        if inspect.iscoroutinefunction(getattr(judge, "judge", None)):
            raise ConfigurationError(f"{_name_of(judge)}.judge is a coroutine function; name it ajudge")
        return cls(judge, timeout)

    @property
    def name(self) -> str:
        """Name for people and for the fingerprint."""
        return self.judge if isinstance(self.judge, str) else _name_of(self.judge)

    @property
    def identity(self) -> list[str]:
        """The part of the fingerprint that says who judges, and with which prompt."""
        by_model = isinstance(self.judge, str)
        return [self.name, builtin_prompt("judge").sha256 if by_model else "object"]

    def warning(self, model: Target) -> str | None:
        """A warning if the judge, the writing `model` or another, is too small to judge."""
        judge = model if self.judge == "same" else self.target
        if judge is None or not judge.local or judge.spec.startswith("local:"):
            return None
        return (
            f"the judge {judge.model} is a small local model, whose verdicts hold no information: "
            "asked about 102 sentences, true and false, the 1.5B model said yes to each of them"
        )

    def check_sync(self) -> None:
        """Check that sync code can call the judge.

        Raises:
            ConfigurationError: it has only `ajudge`.
        """
        if not isinstance(self.judge, str | Judge):
            raise ConfigurationError(
                f"the judge {self.name} has only ajudge, which summarize() cannot await. Use asummarize() or "
                "summarize_many(), or give it a method judge(claims)"
            )


@dataclass(frozen=True)
class JudgeAsk(Ask):
    """A request to judge claims: to a model, or to an object, for which messages and schema have no meaning.

    Attributes:
        claims: what is to be judged.
        judging: who judges.
        model: the model that writes.
    """

    claims: tuple[Claim, ...] = ()
    judging: Judging = field(kw_only=True)
    model: str = ""

    @property
    def name(self) -> str:
        """Name of the judge in messages."""
        return self.model if self.judging.judge == "same" else self.judging.name

    @property
    def performer(self) -> Any:
        """The object that judges; `None` if a model does."""
        return None if isinstance(self.judging.judge, str) else self.judging.judge

    @contextmanager
    def time_left(self, deadline: Deadline) -> Iterator[float]:
        """Yield the seconds that an object may take, and raise what fails in the context as a `ProviderError`.

        Raises:
            ProviderError: the judge failed, or was late.
        """
        left = deadline.remaining()
        if left == 0:
            raise DeadlineError("the deadline has passed")
        seconds = self.judging.timeout if left is None else min(self.judging.timeout, left)
        try:
            yield seconds
        except TimeoutError as error:
            late = DeadlineError if seconds == left else ProviderTimeoutError
            raise late(f"no verdicts within {seconds:.3g} s") from error
        except Exception as error:
            if isinstance(error, ProviderError) and self.performer is None:
                raise
            said = scrub(str(error))[:_LONGEST_ERROR]
            raise AnswerError(f"{type(error).__name__}: {said}" if said else type(error).__name__) from error


def findings_of(ask: JudgeAsk, answer: Answer) -> list[list[Finding]]:
    """Return the findings that a judge's verdicts are, for each claim.

    Raises:
        AnswerError: there is not one valid verdict for each claim.
    """
    value = answer.value.verdicts if isinstance(answer.value, Judgements) else answer.value
    try:
        verdicts = list(value)
    except Exception as error:  # of an iterator of the user's
        raise AnswerError(f"it gave {type(value).__name__}, not a list of verdicts") from error
    if len(verdicts) != len(ask.claims):
        raise AnswerError(f"it gave {len(verdicts)} verdicts on {len(ask.claims)} statements")
    return [
        _findings(claim.text, verdict, ask.name) for claim, verdict in zip(ask.claims, verdicts, strict=True)
    ]


def is_stated(item: object) -> bool:
    """Whether an item of an answer is written and can be judged: a headline, or a statement or value with evidence."""
    if isinstance(item, Statement):
        return item.kind == "written" and bool(item.evidence)
    if isinstance(item, Cited):
        return bool(item.evidence) and item.plain_value() not in (None, "", [], {})
    return isinstance(item, HeadlineText) and item.sentence is None and bool(item)


def claim_of(item: Stated, field: str, source: Source) -> Claim:
    """Return what a judge is asked about an item of a field."""
    if isinstance(item, Statement):
        return Claim(item.text, tuple(item.evidence))
    if not isinstance(item, Cited):
        return Claim(str(item), tuple(source.sentences))
    annotation, value = type(item).model_fields["value"].annotation, item.plain_value()
    if type(item.value) is str and get_origin(annotation) is not Literal:
        return Claim(value, tuple(item.evidence))
    # A label, number or list says nothing by itself; the keys of an object do.
    return Claim(_listed(value if isinstance(value, dict) else {field: value}), tuple(item.evidence))


def with_findings(item: Stated, judged: Sequence[Finding], source: Source) -> tuple[Stated, Any]:
    """Return an item with a judge's findings, which are errors, and its wire form."""
    if isinstance(item, Cited):
        written = {"value": item.plain_value()}
        texts = list(dict.fromkeys(texts_of(written["value"]))) or [_listed(written["value"])]
        judged = [placed for finding in judged for placed in _placed(finding, texts)]
    findings = sorted([*item.findings, *judged], key=lambda finding: finding.start)
    if isinstance(item, HeadlineText):
        return HeadlineText(item, findings, item.sentence), str(item)
    if isinstance(item, Statement):
        written = {"text": item.text}
    missing = list(dict.fromkeys([*item.missing, *(finding.text for finding in judged)]))
    update = {"support": "unsupported", "missing": missing, "findings": findings}
    evidence = [i for i, sentence in enumerate(source.sentences, 1) if sentence in item.evidence]
    return item.model_copy(update=update), {**written, "evidence": evidence}


def with_problem(
    problems: Sequence[Problem], item: Stated, marked: Stated, wire: Any, judged: Sequence[Finding]
) -> list[Problem]:
    """Return the problems with those of `item` about `marked`, and the judged ones: in one that is there, or in a new one."""
    reason = "; ".join(dict.fromkeys(finding.message for finding in judged))
    found = [replace(p, item=marked) if p.item is item else p for p in problems]
    for i, problem in enumerate(found):
        if problem.item is marked and problem.worth_asking:  # a repair ask has one problem of each item
            found[i] = replace(problem, reason=f"{problem.reason}; {reason}")
            return found
    return [*found, Problem(marked, wire, reason, fatal=False)]


def _findings(text: str, verdict: object, name: str) -> list[Finding]:
    if not isinstance(verdict, Verdict | Judgement):
        raise AnswerError(f"it gave {type(verdict).__name__}, not a Verdict")
    if verdict.label not in get_args(Label):
        raise AnswerError(
            f"unknown label {str(verdict.label)[:80]!r}; there are: {', '.join(get_args(Label))}"
        )
    given = [verdict.words] if isinstance(verdict.words, str) else verdict.words
    score = getattr(verdict, "score", None)
    try:
        passages = [word if word.strip() and word in text else text for word in given] or [text]
        scored = "" if score is None else f" (score {float(score):.3g})"
    except (TypeError, ValueError, AttributeError) as error:
        raise AnswerError(f"words or score of a verdict are not valid: {verdict!r:.200}") from error
    if verdict.label == "supported":
        return []
    said = "the article does not say" if verdict.label == "unsupported" else "the article says otherwise than"
    return [
        finding_in(text, "judge", words, f"the judge {name}: {said} {words!r}{scored}")
        for words in dict.fromkeys(passages)
    ]


def _listed(value: Any) -> str:
    """Return JSON data as a phrase."""
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_listed(held)}" for key, held in value.items() if held is not None)
    if isinstance(value, list):
        return ", ".join(map(_listed, value))
    return next(texts_of(value), str(value).lower())


def _placed(finding: Finding, texts: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding in the first of a value's texts that has its words; about each text if none has."""
    for text in [text for text in texts if finding.text in text][:1] or texts:
        words = finding.text if finding.text in text else text
        yield finding_in(text, finding.kind, words, finding.message)


def _name_of(judge: object) -> str:
    name = getattr(judge, "name", None)
    if isinstance(name, str) and name.strip():
        return name
    return f"{type(judge).__module__}.{type(judge).__qualname__}"
