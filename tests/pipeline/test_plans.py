"""What plans ask, and what a fingerprint depends on. No server: the answers are sent into the generators."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel

from briefing import Briefing, Mention, PromptError, RequestError, Source, TruncatedError
from briefing.llm.asks import Answer, Ask
from briefing.llm.targets import target_of
from briefing.pipeline.plans import Job, Outcome, Plan, PlanName, plan_for, plan_name
from briefing.prompts.template import Prompt, load_prompt

SOURCE = Source.from_text(
    "“We had no choice at all in this matter,” said Maren Holt. Harwick is shut.", lang="en"
)
JOB = Job(SOURCE, Briefing, load_prompt("briefing"), None, "joint", target_of("openai/x"))
STAGED = replace(JOB, plan="staged")
CUE = "q1: Maren Holt"


def own(user: str) -> Prompt:
    """A user-defined prompt with this text."""
    return Prompt(name="own", version="1", description="A prompt.", system="", user=user)


class Cast(BaseModel):
    """Names alone."""

    lead: Mention
    others: list[Mention] = []


def shown(ask: Ask) -> str:
    """All that an ask shows the model."""
    return "\n".join(message["content"] for message in ask.messages)


def answered(ask: Ask, **wire: Any) -> Answer:
    """The answer to an ask, read as a client reads it."""
    return Answer(ask.schema.model_validate(wire, context=ask.grounding), "as written")


def ended(plan: Plan, sent: list[Answer]) -> Outcome:
    """The outcome of a plan whose last answers these are."""
    with pytest.raises(StopIteration) as stop:
        plan.send(sent)
    outcome: Outcome = stop.value.value
    return outcome


def test_a_joint_plan_asks_once() -> None:
    """For all fields, with the cues."""
    [ask] = next(plan_for(JOB))
    assert ("joint", Briefing, False) == (ask.label, ask.schema, ask.essential)
    assert CUE in shown(ask)


def test_a_staged_plan_asks_for_each_field() -> None:
    """The cues are shown only where the field points at quotations."""
    asks = next(plan_for(STAGED))
    assert ["headline", "summary", "key_quotes", "entities"] == [ask.label for ask in asks]
    assert [False, False, True, False] == [CUE in shown(ask) for ask in asks]
    assert {True} == {ask.essential for ask in asks}
    assert 4 == len({id(ask.grounding) for ask in asks})


def test_a_field_without_description_is_asked_for_by_its_name() -> None:
    """With spaces for underscores."""

    class Named(BaseModel):
        first_speaker: Mention

    [ask] = next(plan_for(replace(STAGED, schema=Named)))
    assert "first speaker" in shown(ask)


def test_a_truncated_joint_answer_is_asked_for_field_by_field() -> None:
    """All fields of the wire form are asked for then; a prompt that cannot do that ends with the error."""
    plan = plan_for(JOB)
    next(plan)
    asks = plan.throw(TruncatedError("cut off"))
    assert (4, {False}) == (len(asks), {ask.essential for ask in asks})

    only_joint = replace(JOB, prompt=own("{{ article }}"))
    plan = plan_for(only_joint)
    next(plan)
    with pytest.raises(TruncatedError):
        plan.throw(TruncatedError("cut off"))


@pytest.mark.parametrize("job", [JOB, STAGED], ids=["joint", "staged"])
def test_a_repair_goes_on_after_the_answer(job: Job) -> None:
    """With the ask, what was written, and the problems; the correction takes the wrong item's place."""
    plan = plan_for(replace(job, schema=Cast))
    wires = {"lead": "Maren Holt", "others": ["Al Ox", "Harwick"]}
    asks = next(plan)
    [repair] = plan.send([answered(ask, **{n: wires[n] for n in ask.schema.model_fields}) for ask in asks])

    asked = asks[-1]
    assert (*asked.messages, {"role": "assistant", "content": "as written"}) == repair.messages[
        : len(asked.messages) + 1
    ]
    assert "- others: 'Al Ox': 'Al Ox' is not in the article" in repair.messages[-1]["content"]
    assert (asked.essential, ["others"]) == (repair.essential, list(repair.schema.model_fields))
    assert all(message["content"] for message in repair.messages)

    outcome = ended(plan, [answered(repair, others=["Maren Holt"])])
    assert ["Maren Holt", "Harwick"] == [mention.name for mention in outcome.values["others"]]
    assert ["repaired: 'Al Ox' is not in the article"] == outcome.warnings


def test_a_repair_that_fails_leaves_the_rest() -> None:
    """What was wrong is dropped, and both are warnings."""
    plan = plan_for(replace(JOB, schema=Cast))
    [ask] = next(plan)
    plan.send([answered(ask, lead="Maren Holt", others=["Al Ox"])])
    with pytest.raises(StopIteration) as stop:
        plan.throw(RequestError("no"))
    assert [] == stop.value.value.values["others"]
    assert ["repair failed: no", "dropped: 'Al Ox' is not in the article"] == stop.value.value.warnings


@pytest.mark.parametrize(
    "other",
    [
        {"source": Source.from_text("Harwick is shut.", lang="en")},
        {"schema": Cast},
        {"prompt": own("{{ article }}")},
        {"language": "de"},
        {"plan": "staged"},
        {"target": target_of("openai/y")},
    ],
    ids=str,
)
def test_a_fingerprint_depends_on(other: dict[str, Any]) -> None:
    """Everything that changes the result; the address and the key of the server do not."""
    assert JOB.fingerprint != replace(JOB, **other).fingerprint
    elsewhere = target_of("openai/x", base_url="http://127.0.0.1:9/v1", api_key="k" * 20)
    assert JOB.fingerprint == replace(JOB, target=elsewhere).fingerprint


FIELD_BY_FIELD = own("{{ article }} {{ question }}")
WHOLE = own("{{ article }}")


@pytest.mark.parametrize(
    ("requested", "prompt", "small", "plan"),
    [
        ("auto", load_prompt("briefing"), True, "staged"),
        ("auto", load_prompt("briefing"), False, "joint"),
        ("auto", FIELD_BY_FIELD, True, "staged"),
        ("auto", WHOLE, True, "joint"),
        ("joint", load_prompt("briefing"), True, "joint"),
        ("staged", load_prompt("briefing"), False, "staged"),
        ("staged", FIELD_BY_FIELD, False, "staged"),
    ],
)
def test_the_plan_for_a_prompt(requested: PlanName, prompt: Prompt, plan: str, *, small: bool) -> None:
    """A small model is asked field by field where the prompt can do that, and the user has not chosen."""
    assert plan == plan_name(requested, prompt, small=small)


def test_a_prompt_that_cannot_be_used() -> None:
    """It must show the article, and ask for single fields where the user wants that."""
    with pytest.raises(PromptError, match=r"does not contain \{\{ article \}\}"):
        plan_name("auto", own("{{ question }}"), small=False)
    with pytest.raises(PromptError, match=r"does not contain \{\{ question \}\}"):
        plan_name("staged", WHOLE, small=False)


def test_a_user_s_prompt_for_single_fields_is_used_for_them() -> None:
    """Where it asks for the whole, the library's asks for single fields."""
    assert "own" == replace(STAGED, prompt=FIELD_BY_FIELD).prompts[0].name
    assert ["staged", "repair"] == [prompt.name for prompt in replace(STAGED, prompt=WHOLE).prompts]
    assert ["own", "repair"] == [prompt.name for prompt in replace(JOB, prompt=WHOLE).prompts]
