"""Arguments and schemas that cannot work: told at once, by an error of ours that says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel, field_validator, model_validator

from briefing import (
    Briefer,
    BriefingError,
    ConfigurationError,
    GroundingError,
    InputError,
    Mention,
    SchemaError,
    Source,
    Span,
    locate_all,
    summarize,
    verify,
)
from briefing.testing.fake_model import FakeModel


@pytest.mark.parametrize(
    "key", ["sk-secret1\n", " sk-secret1", "clé-secret1", "sk secret1", "\x00secret1", b"secret1", 5]
)
def test_a_key_that_is_none(key: Any) -> None:
    """As when a file was read with its line end; the message does not hold it."""
    with pytest.raises(ConfigurationError, match="read with its line end") as caught:
        Briefer("openai/fake", api_key=key)
    assert "secret1" not in str(caught.value)


def test_a_key_of_the_environment_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, where the SDK would read it."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret1\n")
    with pytest.raises(ConfigurationError, match="read with its line end"):
        Briefer("openai/fake")


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "https:///v1",
        "http://exa mple/v1",
        "http://host:99999/v1",
        "http://host:x/v1",
        "http://[::1/v1",
        "http://h\n/v1",
        5,
    ],
)
def test_an_address_that_is_none(url: Any) -> None:
    """Rather than four tries to reach it."""
    with pytest.raises(ConfigurationError, match="is not an http or https URL"):
        Briefer("openai/fake", base_url=url, api_key="test")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/v1",
        "https://[::1]:8000/v1",
        "https://user:pass@example.org/v1",
        "http://bücher.example/v1",
    ],
)
def test_addresses(url: str) -> None:
    """Numbers, names in any script, and credentials are fine."""
    assert "openai/fake" == Briefer("openai/fake", base_url=url, api_key="test").model


@pytest.mark.parametrize("option", ["timeout", "deadline"])
@pytest.mark.parametrize("seconds", [10**400, 1e300, float("inf"), float("nan"), 0, -1, "5"])
def test_a_time_that_is_none(option: str, seconds: Any) -> None:
    """Nor can a clock wait longer than it counts."""
    with pytest.raises(ConfigurationError, match=f"{option} must be a positive number of seconds"):
        Briefer("openai/fake", api_key="test", **{option: seconds})


def test_progress_is_told_to_a_function() -> None:
    """Found out before anything is paid for."""
    with pytest.raises(ConfigurationError, match="on_progress must be callable"):
        Briefer("openai/fake", api_key="test", on_progress=5)  # type: ignore[arg-type]


def test_a_result_is_verified_against_a_text(briefer: Briefer, bridge: str) -> None:
    """Or a source."""
    with pytest.raises(InputError, match="source must be a Source or a str, not bytes"):
        verify(briefer.summarize(bridge), bridge.encode())  # type: ignore[arg-type]


class Broken(BaseModel):
    """Its own validator fails in a way of its own."""

    number: int

    @field_validator("number")
    @classmethod
    def _divided(cls, value: int) -> int:
        return value // 0


class Never(BaseModel):
    """Its own validator accepts nothing."""

    who: list[Mention]

    @model_validator(mode="after")
    def _refused(self) -> Never:
        raise ValueError("nothing is good enough")


@pytest.mark.parametrize("plan", ["joint", "staged"])
@pytest.mark.parametrize(
    ("schema", "said"), [(Broken, "ZeroDivisionError"), (Never, "nothing is good enough")]
)
def test_a_validator_of_ones_own_that_fails(
    bridge: str, plan: Any, schema: type[BaseModel], said: str
) -> None:
    """Ends as an error of ours with its reason and the bill."""
    with FakeModel() as fake, pytest.raises(BriefingError, match=said) as caught:
        summarize(bridge, schema=schema, plan=plan, model="openai/fake", base_url=fake.url, api_key="test")
    assert fake.calls == caught.value.attempts > 0
    assert not str(caught.value).endswith("; ")


def test_a_validator_that_fails_after_the_repair(bridge: str) -> None:
    """The staged plan reads field by field, so that it comes to a validator of the whole at the end."""
    with (
        FakeModel() as fake,
        pytest.raises(GroundingError, match="result: Value error, nothing is good enough"),
    ):
        summarize(bridge, schema=Never, plan="staged", model="openai/fake", base_url=fake.url, api_key="test")


class Custom(BaseModel):
    """Made by an `__init__` of its own."""

    who: Mention

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)


class Plain(BaseModel):
    """The same, without grounded types."""

    title: str

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)


class Outer(BaseModel):
    """One below."""

    inner: list[Custom]


@pytest.mark.parametrize("schema", [Custom, Outer])
def test_an_init_of_ones_own_gets_no_article(bridge: str, schema: type[BaseModel]) -> None:
    """Three calls would be paid for before an error that says nothing."""
    with (
        FakeModel() as fake,
        pytest.raises(SchemaError, match=r"Custom has a custom __init__, .*that Mention is resolved against"),
    ):
        summarize(bridge, schema=schema, model="openai/fake", base_url=fake.url, api_key="test")
    assert 0 == fake.calls


def test_an_init_of_ones_own_without_grounded_types(briefer: Briefer, bridge: str) -> None:
    """Nothing there needs the article."""
    assert "" != briefer.summarize(bridge, schema=Plain).title


class Shares(BaseModel):
    """Names its fields as ours are named, for other things."""

    name: str
    mentions: int
    aliases: list[str]
    spans: int = 0
    claimed: bool = False


def test_an_own_schema_may_use_our_names() -> None:
    """`verify` knows the grounded types by their class."""
    assert [] == verify(Shares(name="a", mentions=3, aliases=["b"]), "text")


@dataclass
class Held:
    """A dataclass of the user's, which pydantic takes as a field."""

    who: Mention


class Holding(BaseModel):
    """Grounded types in other holders."""

    held: Held
    kinds: frozenset[Span] = frozenset()


def test_spans_in_dataclasses_and_sets_are_verified() -> None:
    """Wherever pydantic lets a grounded type stand."""
    span = Span(start=0, end=3, text="Ann")
    holding = Holding(held=Held(who=Mention(name="Ann", spans=[span])), kinds=frozenset([span]))
    assert [] == verify(holding, "Ann left.")
    assert ["held.who.spans[0]", "kinds[0]"] == [found.path for found in verify(holding, "Bob left.")]


@pytest.mark.parametrize("result", [{"headline": "a"}, [], "text", None, InputError("no article")])
def test_what_is_no_result_is_not_verified(result: Any) -> None:
    """Rather than "all spans hold", of a dump or of a failure."""
    with pytest.raises(InputError, match=f"not {type(result).__name__}; read a saved one"):
        verify(result, "text")


def test_several_quotes_are_no_text() -> None:
    """Rather than a match for each of its letters."""
    with pytest.raises(InputError, match="use locate for a single quote"):
        locate_all("Ann", "Ann left.")


@pytest.mark.parametrize("page", ["<!DOCTYPE html><html><body>a</body></html>", "\n<html lang='en'><p>a"])
def test_a_page_as_text(page: str, briefer: Briefer) -> None:
    """As `requests.get(url).text` gives it: its tags and menus would be the article."""
    with pytest.raises(InputError, match=r"Use Source\.from_html\(page\)"):
        briefer.summarize(page)
    assert page.removeprefix("\ufeff") == Source.from_text(page).text


def test_an_unknown_keyword_of_many(briefer: Briefer) -> None:
    """Told by the function's own name, and what there is."""
    with pytest.raises(
        TypeError, match=r"^summarize_many\(\) .* 'concurrency'; there are: .*max_concurrency"
    ):
        briefer.summarize_many([], concurrency=5)  # type: ignore[call-arg]


def test_a_result_is_no_schema(briefer: Briefer, bridge: str) -> None:
    """The message does not hold the whole result."""
    with pytest.raises(SchemaError, match=r"not an instance of Briefing$"):
        briefer.summarize(bridge, schema=briefer.summarize(bridge))  # type: ignore[call-overload]
