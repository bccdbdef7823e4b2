"""From an article to a briefing: arguments, plans, repair."""

from __future__ import annotations

import gc
import json
import pickle
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

import briefing
from briefing import (
    Briefer,
    Briefing,
    Cited,
    ConfigurationError,
    InputError,
    Mention,
    MissingKeyError,
    SchemaError,
    Source,
    UnknownModelError,
)
from briefing.testing.fake_model import FakeModel, Fault

NAMES = ["OPENAI_API_KEY", "OPENAI_BASE_URL", "BRIEFING_MODEL"]


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of this machine out."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def content(value: Any) -> Fault:
    return Fault(content=json.dumps(value, ensure_ascii=False))


def test_a_briefing_in_every_script(briefer: Briefer, article: str) -> None:
    """A good answer gives a briefing of true spans without a warning."""
    result = briefer.summarize(article)
    assert [] == result.verify(article)
    assert (1, []) == (result.meta.attempts, result.meta.warnings)
    assert all(quote.kind == "direct" for quote in result.key_quotes)
    assert [] != result.key_quotes


def test_meta_tells_how_it_came_to_be(fake: FakeModel, briefer: Briefer, bridge: str) -> None:
    """Model, prompt, schema, source, tokens and calls are in the result; an unknown price is none."""
    source = Source.from_text(bridge, title="Bridge", url="https://harwick.example/bridge")
    meta = briefer.summarize(source).meta
    assert ("openai/fake", "briefing", "Bridge", source.url) == (
        meta.model,
        meta.prompt_name,
        meta.source_title,
        meta.source_url,
    )
    assert (source.sha256, briefing.__version__, None) == (
        meta.source_sha256,
        meta.briefing_version,
        meta.cost_usd,
    )
    assert briefer.fingerprint(source) == meta.fingerprint
    assert meta.usage.input_tokens > meta.usage.output_tokens > 0
    assert fake.calls == meta.attempts


@pytest.mark.parametrize(
    "model", ["gpt", "openai/", "/gpt", "", " / ", "nonesuch/model", "http://x", 7, ["openai/x"], "locals"]
)
def test_unknown_models(bridge: str, model: Any) -> None:
    """A name that leads to no provider says what names there are."""
    with pytest.raises(UnknownModelError, match="Give provider/name"):
        briefing.summarize(bridge, model=model or "x", api_key="test")


def test_a_missing_key_is_named(bridge: str) -> None:
    """The error says which variable to set, and that `local` needs none."""
    with pytest.raises(MissingKeyError, match=r"OPENAI_API_KEY.*model='local'"):
        briefing.summarize(bridge, model="openai/gpt-5-mini")


async def test_a_missing_key_is_named_in_async_calls(bridge: str) -> None:
    """Async calls tell the same."""
    with pytest.raises(MissingKeyError, match="OPENAI_API_KEY"):
        await briefing.asummarize(bridge, model="openai/gpt-5-mini")


def test_a_server_of_one_s_own_needs_no_key(fake: FakeModel, bridge: str) -> None:
    """With `base_url` and no key the call is made."""
    result = briefing.summarize(bridge, model="openai/fake", base_url=fake.url)
    assert [] == result.verify(bridge)


def test_the_environment_names_the_model(
    fake: FakeModel, bridge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`BRIEFING_MODEL` and `OPENAI_BASE_URL` are used where nothing is said."""
    monkeypatch.setenv("BRIEFING_MODEL", "openai/named")
    monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
    assert "named" == (briefing.summarize(bridge), fake.requests[0]["model"])[1]


@pytest.mark.parametrize(
    ("key", "model"), [("sk-test", "openai/gpt-5-mini"), (None, "local/qwen2.5-coder-1.5b")]
)
def test_the_default_model(monkeypatch: pytest.MonkeyPatch, key: str | None, model: str) -> None:
    """OpenAI's where there is a key, the model in process elsewhere; nothing is started to tell."""
    if key:
        monkeypatch.setenv("OPENAI_API_KEY", key)
    assert model == Briefer().model


class NoModel:
    """Looks like an answer."""

    headline: str


@pytest.mark.parametrize(
    "schema", [NoModel, dict, str, None, list[Mention], "Briefing", Briefing | None, Mention]
)
def test_a_schema_that_is_none(fake: FakeModel, briefer: Briefer, bridge: str, schema: Any) -> None:
    """What is no pydantic model is refused before a call is made."""
    with pytest.raises(SchemaError):
        briefer.summarize(bridge, schema=schema)
    assert 0 == fake.calls


@pytest.mark.parametrize("text", ["", "  \n\t", "\ufeff", "12 + 30 = 42", "…", "🎉"])
def test_an_article_without_a_letter(fake: FakeModel, briefer: Briefer, text: str) -> None:
    """There is nothing to brief."""
    with pytest.raises(InputError, match=r"is empty|has no letters"):
        briefer.summarize(text)
    assert 0 == fake.calls


def test_a_url_as_text(fake: FakeModel, briefer: Briefer) -> None:
    """A bare URL is not fetched and not briefed; the error names what fetches."""
    with pytest.raises(InputError, match=r"Source\.from_url"):
        briefer.summarize("https://harwick.example/bridge")
    assert 0 == fake.calls


@pytest.mark.parametrize("article", [None, 7, b"text", ["text"], {"text": "x"}, Path("no/such/file.txt")])
def test_what_is_no_article(briefer: Briefer, article: Any) -> None:
    """Other types and missing files are refused with our error."""
    with pytest.raises(InputError):
        briefer.summarize(article)


@pytest.mark.parametrize("language", ["xx", "English", "", "e", 7, "en!"])
def test_unknown_languages(fake: FakeModel, briefer: Briefer, bridge: str, language: Any) -> None:
    """A language must be a tag that is known."""
    with pytest.raises(ConfigurationError, match="unknown language"):
        briefer.summarize(bridge, language=language)
    assert 0 == fake.calls


@pytest.mark.parametrize(
    "options",
    [
        {"plan": "fast"},
        {"plan": None},
        {"max_attempts": 0},
        {"timeout": 0},
        {"timeout": -1.0},
        {"deadline": 0},
        {"deadline": -5},
    ],
)
def test_options_that_cannot_be_used(options: dict[str, Any]) -> None:
    """A bad option is told when the briefer is made."""
    with pytest.raises(ConfigurationError):
        Briefer(model="openai/fake", **options)


def test_one_s_own_file(briefer: Briefer, bridge: str, tmp_path: Path) -> None:
    """A path is a file."""
    path = tmp_path / "bridge.txt"
    path.write_text(bridge, "utf-8")
    assert [] == briefer.summarize(path).verify(bridge)


def test_the_staged_plan_asks_field_by_field(serve: Any, article: str) -> None:
    """Small models get one small question at a time; the result is of the same kind."""
    fake, briefer = serve([], plan="staged")
    result = briefer.summarize(article)
    asked = [list(r["response_format"]["json_schema"]["schema"]["properties"]) for r in fake.requests]
    assert [["headline"], ["summary"], ["key_quotes"], ["entities"]] == asked
    assert ("staged", 4) == (result.meta.prompt_name, result.meta.attempts)
    assert [] == result.verify(article)


async def test_the_staged_plan_asks_at_once_in_async_calls(serve: Any, bridge: str) -> None:
    """The questions do not wait for each other, and the answers find their fields."""
    fake, briefer = serve([], plan="staged")
    result = await briefer.asummarize(bridge)
    await briefer.aclose()
    assert 4 == fake.calls
    assert [] == result.verify(bridge)


async def test_a_failed_question_carries_the_whole_bill(serve: Any, bridge: str) -> None:
    """Where one of several asks that are made at the same time fails, the error counts the calls and tokens of all."""

    def refuse(request: dict[str, Any]) -> Fault | None:
        names = request["response_format"]["json_schema"]["schema"]["properties"]
        return Fault(refusal="no") if "summary" in names else None

    fake, briefer = serve(refuse, plan="staged")
    with pytest.raises(briefing.RefusalError) as caught:
        await briefer.asummarize(bridge)
    await briefer.aclose()
    assert (4, 4) == (fake.calls, caught.value.attempts)


def test_fingerprints_differ_with_all_that_counts(bridge: str) -> None:
    """Text, model, plan, language, prompt and schema each change it; the key and the server's address do not."""
    first = Briefer(model="openai/a")
    prints = [
        first.fingerprint(bridge),
        first.fingerprint(bridge + " More."),
        first.fingerprint(bridge, language="de"),
        first.fingerprint(bridge, prompt="staged"),
        first.fingerprint(bridge, schema=Names),
        Briefer(model="openai/b").fingerprint(bridge),
        Briefer(model="openai/a", plan="staged").fingerprint(bridge),
    ]
    assert len(prints) == len(set(prints))
    assert prints[0] == Briefer(model="openai/a", api_key="k", base_url="http://x").fingerprint(bridge)


class Names(BaseModel):
    """A list of names and a number."""

    names: list[Mention]
    cost: Cited[float] | None = None


def test_a_wrong_name_is_repaired(serve: Any, bridge: str, good: dict[str, Any]) -> None:
    """One wrong name costs one more ask, which keeps all that was right; a warning says what was done."""
    good["entities"][1]["name"] = "Harvick"
    again = {"entities": [{"name": "Harwick", "type": "place", "role": None}]}
    fake, briefer = serve([content(good), content(again)])
    result = briefer.summarize(bridge)
    assert ["Maren Holt", "Harwick"] == [entity.name for entity in result.entities]
    assert good["headline"] == result.headline
    assert 1 == len(result.key_quotes)
    assert ["repaired: 'Harvick' is not in the article"] == result.meta.warnings
    assert 2 == fake.calls == result.meta.attempts


def test_the_repair_asks_only_for_what_is_wrong(serve: Any, bridge: str, good: dict[str, Any]) -> None:
    """It follows the first answer, names what is wrong, and its schema has no other field."""
    good["entities"][1]["name"] = "Harvick"
    fake, briefer = serve([content(good)])
    briefer.summarize(bridge)
    first, second = fake.requests
    assert first["messages"] == second["messages"][:2]
    assert ["assistant", "user"] == [message["role"] for message in second["messages"][2:]]
    assert "'Harvick' is not in the article" in second["messages"][-1]["content"]
    assert ["entities"] == list(second["response_format"]["json_schema"]["schema"]["properties"])


def test_repairs_of_the_same_faults_share_their_classes(
    serve: Any, bridge: str, good: dict[str, Any]
) -> None:
    """However many articles are repaired, the classes that answers are read with do not become more."""
    good["entities"][1]["name"] = "Harvick"
    classes = []
    for _ in range(3):
        fake, briefer = serve([content(good)])
        briefer.summarize(bridge)
        assert 2 == fake.calls
        classes.append(_repair_classes())
    assert classes[:1] * 3 == classes


def _repair_classes() -> int:
    gc.collect()
    return sum(isinstance(held, type) and held.__name__ == "Repair" for held in gc.get_objects())


def test_the_staged_plan_repairs_too(serve: Any, bridge: str, good: dict[str, Any]) -> None:
    """What one question got wrong is asked again after that question, and the others are left alone."""
    good["entities"][1]["name"] = "Harvick"
    parts = [content({name: good[name]}) for name in ("headline", "summary", "key_quotes", "entities")]
    again = content({"entities": [{"name": "Harwick", "type": "place", "role": None}]})
    fake, briefer = serve([*parts, again], plan="staged")
    result = briefer.summarize(bridge)
    assert ["Maren Holt", "Harwick"] == [entity.name for entity in result.entities]
    assert fake.requests[3]["messages"] == fake.requests[4]["messages"][:2]
    assert (5, ["repaired: 'Harvick' is not in the article"]) == (fake.calls, result.meta.warnings)


@pytest.mark.parametrize(
    "failure",
    [
        Fault(status=400),
        Fault(refusal="no"),
        Fault(content="{}"),
        Fault(drop=True),
        Fault(finish_reason="length", content="{"),
        Fault(status=429, headers={"retry-after": "9999"}),
    ],
)
def test_a_failing_repair_keeps_the_rest(
    serve: Any, bridge: str, good: dict[str, Any], failure: Fault
) -> None:
    """What the first answer got right is worth keeping; the wrong item is dropped, and both are said."""
    good["entities"][1]["name"] = "Harvick"
    fake, briefer = serve([content(good), failure, failure, failure], max_attempts=2)
    result = briefer.summarize(bridge)
    assert ["Maren Holt"] == [entity.name for entity in result.entities]
    failed, dropped = result.meta.warnings
    assert failed.startswith("repair failed: ")
    assert "dropped: 'Harvick' is not in the article" == dropped
    assert fake.calls == result.meta.attempts


def test_a_repair_that_is_wrong_again(serve: Any, bridge: str, good: dict[str, Any]) -> None:
    """It is not asked a third time; the item is dropped with a warning."""
    good["entities"][1]["name"] = "Harvick"
    fake, briefer = serve(
        [content(good), content({"entities": [{"name": "Har", "type": "place", "role": None}]})]
    )
    result = briefer.summarize(bridge)
    assert (2, ["Maren Holt"]) == (fake.calls, [entity.name for entity in result.entities])
    assert ["dropped: 'Harvick' is not in the article"] == result.meta.warnings


def test_everything_wrong_at_once(serve: Any, bridge: str, good: dict[str, Any]) -> None:
    """Wrong quotes and names go, unbacked sentences stay and are marked."""
    good["headline"] = "Mayor Tom Berg shuts 99 bridges"
    good["summary"] = [{"text": "It was Tom Berg.", "evidence": [99]}]
    good["key_quotes"] = [{"id": "q99", "speaker": "Tom Berg"}]
    good["entities"] = [{"name": "Tom Berg", "type": "person", "role": "chief"}]
    _, briefer = serve([content(good), Fault(status=400)])
    result = briefer.summarize(bridge)
    assert ([], []) == (result.key_quotes, result.entities)
    assert ("unsupported", "unsupported") == (result.headline_support, result.summary.sentences[0].support)
    assert ["99", "Tom Berg"] == sorted(result.headline_missing)
    assert 6 == len(result.meta.warnings)


def test_a_list_that_may_not_be_empty(serve: Any, bridge: str) -> None:
    """Where what is left does not make the schema, the error says so and carries the bill."""

    class Cast(BaseModel):
        """At least one."""

        names: Annotated[list[Mention], Field(min_length=1)]

    fake, briefer = serve([content({"names": ["Tom Berg"]}), content({"names": ["Ann Ode"]})])
    with pytest.raises(briefing.GroundingError, match="is not a valid Cast") as caught:
        briefer.summarize(bridge, schema=Cast)
    assert 2 == fake.calls == caught.value.attempts


def test_progress_is_told(fake: FakeModel, bridge: str, good: dict[str, Any]) -> None:
    """Each ask is named as it is made."""
    told: list[str] = []
    briefing.summarize(
        bridge, model="openai/fake", base_url=fake.url, api_key="test", plan="staged", on_progress=told.append
    )
    assert ["headline", "summary", "key_quotes", "entities"] == told


def test_the_source_comes_along_where_asked(serve: Any, bridge: str) -> None:
    """`keep_source` makes a briefing that verifies by itself."""
    _, briefer = serve([], keep_source=True)
    result = briefer.summarize(bridge)
    assert result.source is not None
    assert [] == result.verify(result.source)
    assert result == Briefing.model_validate_json(result.model_dump_json())
    assert result == pickle.loads(pickle.dumps(result))


def test_a_headline_of_names_is_checked(serve: Any, bridge: str, good: dict[str, Any]) -> None:
    """Where a long word has no capital, the headline is no shouted one, however many names it has."""
    good["headline"] = "Mayor Tom Berg defends Harwick"
    _, briefer = serve([content(good), Fault(status=400)])
    assert ["Tom Berg"] == briefer.summarize(bridge).headline_missing


def test_a_shouted_headline_is_not_all_names(serve: Any, bridge: str, good: dict[str, Any]) -> None:
    """Capitals throughout say nothing about names; numbers are checked all the same."""
    good["headline"] = "Harwick Council Shuts Its Bridge For 7 Years"
    _, briefer = serve([content(good), Fault(status=400)])
    assert ["7 Years"] == briefer.summarize(bridge).headline_missing


def test_closing_twice_and_going_on(fake: FakeModel, briefer: Briefer, bridge: str) -> None:
    """A closed briefer can be closed again and used again."""
    briefer.close()
    briefer.summarize(bridge)
    briefer.close()
    briefer.close()
    briefer.summarize(bridge)
    assert 2 == fake.calls


async def test_sync_and_async_give_the_same(fake: FakeModel, briefer: Briefer, article: str) -> None:
    """Both ways ask the same and answer the same, but for the time it took."""
    one, other = briefer.summarize(article), await briefer.asummarize(article)
    await briefer.aclose()
    assert fake.requests[0] == fake.requests[1]
    without = {"meta": {"elapsed"}}
    assert one.model_dump(exclude=without) == other.model_dump(exclude=without)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", "x"),
        ("timeout", 0),
        ("timeout", None),
        ("timeout", float("nan")),
        ("deadline", -1),
        ("deadline", float("inf")),
        ("max_attempts", 0),
        ("max_attempts", 1.5),
    ],
)
def test_numbers_that_cannot_be_used_are_refused(name: str, value: Any) -> None:
    """The error names the argument."""
    with pytest.raises(ConfigurationError, match=name):
        Briefer("openai/a", **{name: value})
