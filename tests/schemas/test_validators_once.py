"""Schemas with validators of their own: each runs once on an answer, and what was recorded is read back equal."""

# ruff: noqa: D101, D102  # what the schemas have is in their names

from __future__ import annotations

import json
import pickle
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

import pytest
from conftest import BRIDGE, Serve
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import (
    AfterValidator,
    Base64Bytes,
    BaseModel,
    BeforeValidator,
    Field,
    Json,
    PlainValidator,
    PrivateAttr,
    RootModel,
    SecretStr,
    WrapValidator,
    computed_field,
    create_model,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)
from stub_driver import brief, stub_briefer
from typing_extensions import TypedDict

from briefing import (
    Briefer,
    GroundingError,
    JournalError,
    Mention,
    Quote,
    SchemaError,
    Source,
    Statement,
    verify,
)
from briefing.core_schemas import read_recorded
from briefing.journal import Journal
from briefing.testing import Fault

SOURCE = Source.from_text(BRIDGE, lang="en")
#: What the validators below were given.
seen: list[Any] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    seen.clear()


def hundredth(value: Any) -> float:
    seen.append(value)
    return float(value) / 100


def wrapped(value: Any, handler: Any) -> float:
    return hundredth(handler(value))


class After(BaseModel):
    share: Annotated[float, AfterValidator(hundredth)]
    who: list[Mention]


class Before(After):
    share: Annotated[float, BeforeValidator(hundredth)]


class Plain(After):
    share: Annotated[float, PlainValidator(hundredth, json_schema_input_type=float)]


class Wrap(After):
    share: Annotated[float, WrapValidator(wrapped)]


class Limited(After):
    share: Annotated[float, Field(ge=1), AfterValidator(hundredth)]


class Decorated(BaseModel):
    share: float
    who: list[Mention]

    @field_validator("share")
    @classmethod
    def _share(cls, value: float) -> float:
        return hundredth(value)


class Whole(BaseModel):
    share: float
    who: list[Mention]

    @model_validator(mode="after")
    def _share(self) -> Whole:
        self.share = hundredth(self.share)
        return self


class WholeBefore(BaseModel):
    share: float
    who: list[Mention]

    @model_validator(mode="before")
    @classmethod
    def _share(cls, data: Any) -> Any:
        return {**data, "share": hundredth(data["share"])}


class Initialized(BaseModel):
    share: float
    who: list[Mention]
    _count: int = PrivateAttr(default=0)

    def model_post_init(self, _context: Any) -> None:
        self.share, self._count = hundredth(self.share), len(self.who)


class Nested(BaseModel):
    whole: Whole
    parts: list[After]


ONCE = [After, Before, Plain, Wrap, Limited, Decorated, Whole, WholeBefore, Initialized]
KNOWN, UNKNOWN = {"share": 50, "who": ["Harwick"]}, {"share": 50, "who": ["Harwick", "Tom Berg"]}


def answers(*values: Any) -> list[Fault]:
    return [Fault(content=json.dumps(value)) for value in values]


@pytest.mark.parametrize("schema", ONCE)
@pytest.mark.parametrize(
    "given",
    [
        answers(KNOWN),
        answers(UNKNOWN, {"who": ["Ann Ode"]}),
        answers(UNKNOWN, {"who": ["Maren Holt"]}),
    ],
    ids=["good", "dropped", "repaired"],
)
def test_a_validator_runs_once(
    serve: Serve, tmp_path: Path, schema: type[BaseModel], given: list[Fault]
) -> None:
    """Whatever becomes of its neighbours; the journal gives back what it was given, and so does pickle."""
    fake, briefer = serve(given, journal=tmp_path / "run.db")
    made: Any = briefer.summarize(SOURCE, schema=schema)
    assert (0.5, [50]) == (made.share, seen)
    assert [] == verify(made, SOURCE)
    calls = fake.calls
    again = briefer.summarize(SOURCE, schema=schema)
    assert (made, calls) == (again, fake.calls)
    assert made == pickle.loads(pickle.dumps(made))
    assert schema is Initialized or [50] == seen


@pytest.mark.parametrize("schema", ONCE)
def test_a_validator_runs_once_where_fields_are_asked_for_one_by_one(
    serve: Serve, schema: type[BaseModel]
) -> None:
    """Those of a field with its answer, those of the model in the end."""
    _, briefer = serve(answers({"share": 50}, {"who": ["Harwick"]}), plan="staged")
    made: Any = briefer.summarize(SOURCE, schema=schema)
    assert (0.5, [50]) == (made.share, seen)


def test_a_validator_inside_runs_once(serve: Serve, tmp_path: Path) -> None:
    """What is dropped from an object makes another object of it, and no other values."""
    given = answers({"whole": UNKNOWN, "parts": [UNKNOWN, KNOWN]}, {"whole": ["Al Ox"], "parts": ["Al Ox"]})
    _, briefer = serve(given, journal=tmp_path / "run.db")
    for _ in range(2):
        made = briefer.summarize(SOURCE, schema=Nested)
        assert [0.5] * 3 == [made.whole.share, *(part.share for part in made.parts)]
        assert [50] * 3 == seen


class Copying(BaseModel):
    quotes: Annotated[
        list[Quote], AfterValidator(lambda qs: seen.append(len(qs)) or [q.model_copy() for q in qs])
    ]


class Rebuilding(BaseModel):
    quotes: Annotated[
        list[Quote],
        AfterValidator(lambda qs: [Quote(**dict(q) | {"text": q.text or "I am a crook"}) for q in qs]),
    ]


class Around(BaseModel):
    quotes: Annotated[list[Quote], WrapValidator(lambda v, h: [q.model_copy() for q in h(v)])]


class Inventing(BaseModel):
    quotes: Annotated[
        list[Quote],
        AfterValidator(
            lambda qs: [
                *qs,
                Quote(text="I am a crook", spans=[], speaker=None, speaker_span=None, kind="direct"),
            ]
        ),
    ]


@pytest.mark.parametrize("schema", [Copying, Rebuilding, Around])
def test_no_copy_of_nothing_comes_out(serve: Serve, schema: type[BaseModel]) -> None:
    """A validator is given what the article backs, and what it invents is dropped."""
    wrong, right = {"id": "q9", "speaker": None}, {"id": "q1", "speaker": None}
    again = {"quotes": [right] if schema is Around else [wrong]}
    _, briefer = serve(answers({"quotes": [wrong, right]}, again))
    made: Any = briefer.summarize(SOURCE, schema=schema)
    assert ["q1"] == ["q1" for quote in made.quotes if quote.spans]
    assert len(made.quotes) == 1
    assert schema is not Copying or [1] == seen


def test_what_a_validator_invents_is_dropped(serve: Serve) -> None:
    """With a warning, or an error where it stands alone."""
    made: Any = serve(answers({"quotes": [{"id": "q1", "speaker": None}]}))[1].summarize(
        SOURCE, schema=Inventing
    )
    assert ["a disaster for the whole of our street."] == [quote.text for quote in made.quotes]


class Named(BaseModel):
    names: Annotated[list[Mention], AfterValidator(lambda found: [mention.name for mention in found])]
    labels: list[Annotated[Mention, AfterValidator(lambda mention: mention.name)]]


def test_no_invented_name_leaves_through_a_validator(serve: Serve) -> None:
    """Not as a plain text either; a corrected one does."""
    given = answers(
        {"names": ["Harwick", "Tom Berg"], "labels": ["Al Ox", "Harwick"]},
        {"names": ["Bo Elk"], "labels": ["Maren Holt"]},
    )
    made: Any = serve(given)[1].summarize(SOURCE, schema=Named)
    assert (["Harwick"], ["Maren Holt", "Harwick"]) == (made.names, made.labels)


class AtLeastTwo(BaseModel):
    who: list[Mention]

    @model_validator(mode="after")
    def _two(self) -> AtLeastTwo:
        seen.append(len(self.who))
        if len(self.who) < 2:
            raise ValueError("two names at least")
        return self


def test_a_validator_has_the_last_word(serve: Serve) -> None:
    """On an answer without problems the model is asked again; on what is left of one, it is an error."""
    made = serve(answers({"who": ["Harwick"]}, {"who": ["Harwick", "Tern"]}))[1].summarize(
        SOURCE, schema=AtLeastTwo
    )
    assert ([1, 2], 2) == (seen, len(made.who))
    seen.clear()
    with pytest.raises(GroundingError, match="two names at least"):
        serve(answers(UNKNOWN, {"who": ["Al Ox"]}))[1].summarize(SOURCE, schema=AtLeastTwo)
    assert [1] == seen


class Row(NamedTuple):
    first: Mention
    second: Mention | None = None


class Typed(TypedDict):
    who: Mention


@dataclass
class Pair:
    first: Mention
    second: Mention | None = None


class Root(RootModel[list[Mention]]):
    pass


T = TypeVar("T")


class Box(BaseModel, Generic[T]):
    item: T


class Cat(BaseModel):
    kind: Literal["cat"]
    name: Mention


class Dog(BaseModel):
    kind: Literal["dog"]
    name: list[Mention]


@pytest.mark.parametrize(
    ("annotation", "wrong", "left"),
    [
        (deque[Mention], ["Tom Berg", "Harwick"], 1),
        (Sequence[Mention], ["Tom Berg", "Harwick"], 1),
        (tuple[Mention, ...], ["Tom Berg", "Harwick"], 1),
        (Mapping[str, Mention], {"a": "Tom Berg", "b": "Harwick"}, 1),
        (dict[str, list[Mention]], {"a": ["Tom Berg", "Harwick"]}, 1),
        (Row, ["Harwick", "Tom Berg"], 1),
        (Pair, {"first": "Harwick", "second": "Tom Berg"}, 1),
        (Root, ["Tom Berg", "Harwick"], 1),
        (list[Root], [["Tom Berg"], ["Harwick"]], 1),
        (list[Typed], [{"who": "Harwick"}], 1),
        (Box[list[Mention]], {"item": ["Tom Berg", "Harwick"]}, 1),
        (list[Annotated[Cat | Dog, Field(discriminator="kind")]], [{"kind": "cat", "name": "Tom Berg"}, {"kind": "dog", "name": ["Al Ox", "Tern"]}], 1),
        (list[Mention] | None, ["Tom Berg", "Harwick"], 1),
    ],
    ids=str,
)  # fmt: skip
def test_no_invented_name_leaves_in_a_container(annotation: Any, wrong: Any, left: int) -> None:
    """It is left out of any container that a schema may have, and what is left reads back equal."""
    schema = create_model("Holding", held=(annotation, ...))

    def model(ask: Any) -> str:
        return json.dumps({"held": wrong} if ask.label == "joint" else {"held": ["Nobody Else"] * 3})

    result, asked = brief(stub_briefer(), SOURCE, model, schema)
    assert left == result.model_dump_json().count('"spans":')
    assert "joint" == asked[0].label
    assert [] == verify(result, SOURCE)
    assert result == schema.model_validate_json(result.model_dump_json())


class Excluded(BaseModel):
    text: str = Field("", exclude=True)


class Serialized(BaseModel):
    text: str

    @field_serializer("text")
    def _shown(self, text: str) -> str:
        return text.upper()


class WholeSerialized(BaseModel):
    text: str

    @model_serializer
    def _shown(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True)
class FrozenHolder:
    who: Mention


class Tree(BaseModel):
    name: Mention
    children: list[Tree]


@pytest.mark.parametrize(
    ("annotation", "instead"),
    [
        (Iterable[Mention], "use list"),
        (set[Mention], "use list"),
        (frozenset[FrozenHolder], "use list"),
        (dict[Mention, int], "use list"),
        (list[set[Pair]], "use list"),
        (SecretStr, "use str"),
        (list[SecretStr | None], "use str"),
        (Json[list[int]], "use the type inside"),
        (Excluded, "model_dump"),
        (Serialized, "computed_field"),
        (WholeSerialized, "computed_field"),
        (list[Serialized], "computed_field"),
        (Tree, "as many levels as you need"),
    ],
    ids=str,
)
def test_what_could_not_be_checked_or_read_back_is_refused(
    briefer: Briefer, annotation: Any, instead: str
) -> None:
    """Before a call, with what to write instead."""
    with pytest.raises(SchemaError, match=instead):
        briefer.summarize(SOURCE, schema=create_model("Refused", held=(annotation, ...)))


def test_numbers_are_finite(serve: Serve) -> None:
    """JSON has no others, so that they could not be read back: the model is asked again."""
    schema = create_model("Number", number=(float, ...))
    for written in ("NaN", "Infinity", "-Infinity", '"inf"', "1e999"):
        fake, briefer = serve([Fault(content=f'{{"number": {written}}}'), *answers({"number": 1.5})])
        assert (1.5, 2) == (briefer.summarize(SOURCE, schema=schema).number, fake.calls)  # type: ignore[attr-defined]


class Converting(BaseModel):
    path: Annotated[str, AfterValidator(lambda text: Path(text, "."))]


def test_what_would_not_read_back_is_not_recorded(serve: Serve, tmp_path: Path) -> None:
    """A validator that returns another type than its field's: the error has the result."""
    _, briefer = serve(answers({"path": "a/b"}), journal=tmp_path / "run.db")
    with pytest.raises(JournalError, match="BeforeValidator") as caught:
        briefer.summarize(SOURCE, schema=Converting)
    assert Converting.model_construct(path=Path("a/b")) == caught.value.result


def test_a_forged_row_is_made_again(serve: Serve, tmp_path: Path) -> None:
    """Whatever was put into the journal, the next call makes the result again."""
    fake, briefer = serve(answers(KNOWN, KNOWN), journal=tmp_path / "run.db")
    made = briefer.summarize(SOURCE, schema=After)
    with Journal(tmp_path / "run.db") as journal:
        [entry] = journal.entries()
        forged = made.model_copy(update={"who": [Mention.model_construct(name="Tom Berg", spans=[])]})
    assert entry.result is not None
    assert made == read_recorded(After, entry.result)
    import sqlite3

    with sqlite3.connect(tmp_path / "run.db") as connection:
        connection.execute("UPDATE entries SET result = ?", (forged.model_dump_json(),))
    connection.close()
    assert (made, 2) == (briefer.summarize(SOURCE, schema=After), fake.calls)


PLAIN: list[tuple[Any, Any]] = [
    (int, 7), (float, 1.5), (str, "a"), (bool, True), (Decimal, "1.10"), (bytes, "ab"), (Path, "a/b"),
    (datetime, "2024-02-29T12:00:00Z"), (Base64Bytes, "YWI="), (Literal["x"], "x"), (Any, {"a": [1, None]}),
]  # fmt: skip
GROUNDED: list[tuple[Any, Any]] = [
    (Mention, "Harwick"),
    (Quote, {"id": "q1", "speaker": None}),
    (Statement, {"text": "The bridge is closed.", "evidence": [1]}),
]


def once(kind: tuple[Any, Any]) -> tuple[Any, Any]:
    annotation, wire = kind

    def validate(value: Any) -> Any:
        seen.append(value)
        return value

    return Annotated[annotation, AfterValidator(validate)], wire


def nested(inner: st.SearchStrategy[tuple[Any, Any]]) -> st.SearchStrategy[tuple[Any, Any]]:
    made = st.sampled_from(["list", "tuple", "deque", "dict", "optional", "model", "root", "once"])
    return st.tuples(made, inner).map(lambda pair: within(*pair))


def within(container: str, kind: tuple[Any, Any]) -> tuple[Any, Any]:
    annotation, wire = kind
    match container:
        case "list":
            return list[annotation], [wire, wire]  # type: ignore[valid-type]
        case "tuple":
            return tuple[annotation, int], [wire, 1]  # type: ignore[valid-type]
        case "deque":
            return deque[annotation], [wire]  # type: ignore[valid-type]
        case "dict":
            return dict[str, annotation], {"k": wire}  # type: ignore[valid-type]
        case "optional":
            return annotation | None, wire
        case "model":
            return create_model("Inner", held=(annotation, Field(alias="heldInside"))), {"heldInside": wire}
        case "root":
            return RootModel[annotation], wire  # type: ignore[valid-type]
    return once(kind)


@settings(max_examples=40)
@given(
    st.lists(st.recursive(st.sampled_from(PLAIN + GROUNDED), nested, max_leaves=3), min_size=1, max_size=3)
)
def test_any_schema_works_once_or_is_refused(kinds: list[tuple[Any, Any]]) -> None:
    """Validators see the answer's values once, and the result reads back equal as the journal reads it."""
    seen.clear()
    schema = create_model("Any", **{f"f{i}": (annotation, ...) for i, (annotation, _) in enumerate(kinds)})  # type: ignore[call-overload]
    wire = json.dumps({f"f{i}": wire for i, (_, wire) in enumerate(kinds)})
    result, asked = brief(stub_briefer(), SOURCE, lambda _ask: wire, schema)
    assert 1 == len(asked)
    assert [] == verify(result, SOURCE)
    calls = len(seen)
    assert result == read_recorded(schema, result.model_dump_json(by_alias=False, round_trip=True))
    assert calls == len(seen)


class Doubled(BaseModel):
    number: float
    who: list[Mention]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> float:
        return self.number * 2


def test_computed_fields_are_not_read_back(serve: Serve, tmp_path: Path) -> None:
    """They are computed again."""
    fake, briefer = serve(answers({"number": 2, "who": []}), journal=tmp_path / "run.db")
    assert [4.0, 4.0] == [briefer.summarize(SOURCE, schema=Doubled).double for _ in range(2)]
    assert 1 == fake.calls
