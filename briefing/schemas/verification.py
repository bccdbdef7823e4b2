"""`verify`: re-check every span of a result against a text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from enum import Enum
from functools import lru_cache
from itertools import chain
from types import FunctionType, ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict

from briefing.errors import InputError
from briefing.meta import Meta
from briefing.schemas.promises import Checked, broken_promise, is_slice, parted_words
from briefing.sources import Source
from briefing.spans import Span

#: Deepest nesting that is checked, and what is said of deeper values.
DEEPEST = 100
TOO_DEEP = f"values more than {DEEPEST} levels deep, or that hold themselves, are not checked"
_PLAIN = frozenset((str, int, float, bool, bytes, type(None)))
#: What holds no part of a result, or is checked as a whole.
OPAQUE = (str, bytes, bytearray, memoryview, range, type, Enum, FunctionType, ModuleType, Span, Source, Meta)


class Violation(BaseModel):
    """A span, or a text beside spans, that the source does not have."""

    model_config = ConfigDict(frozen=True)

    path: str
    """Place in the result, such as ``key_quotes[0].spans[0]``."""
    span: Span
    """The span; for a text, the first of its spans, or an empty one."""
    found: str
    """The text that the source has at the span's offsets."""
    message: str
    """A phrase that says what is wrong."""


def verify(result: BaseModel, source: Source | str) -> list[Violation]:
    """Check that every span of `result` is a slice of a text, and that the fields copied from spans equal them.

    Args:
        result: a `Briefing`, or an instance of a custom schema.
        source: the source, or its text.

    Returns:
        The violations, in the order of the fields; empty if there are none.

    Raises:
        InputError: `result` is not an instance of a pydantic model, or `source` is neither a `Source` nor a `str`.
    """
    if not isinstance(result, BaseModel):
        # An empty list for a dump or an error would claim that its spans were checked.
        raise InputError(
            f"result must be an instance of a pydantic model, not {type(result).__name__}; "
            "read a saved one with Briefing.model_validate_json, or that of your schema"
        )
    if not isinstance(source, Source | str):
        raise InputError(f"source must be a Source or a str, not {type(source).__name__}")
    text = source.text if isinstance(source, Source) else source
    found: list[Violation] = []

    def note(place: _Place, value: Any, message: str) -> None:
        span = value if isinstance(value, Span) else _first_span(value)
        there = text[max(span.start, 0) : max(span.end, 0)] if value is span else span.text
        found.append(Violation(path=_path(place), span=span, found=there, message=message))

    if message := _unlike_the_source(result, source):
        note(((), "headline"), None, message)
    extractive = any(isinstance(held, Meta) and held.style == "extractive" for _, held in _inside(result))
    checked = Checked(text, extractive)
    for place, value in _parts_of(result):
        if isinstance(value, _Unreadable):
            note(place, None, value.why)
        elif (
            message := _unlike(value, source, text)
            if isinstance(value, Span)
            else broken_promise(value, checked)
        ):
            note(place, value, message)
    return found


def _unlike(span: Span, source: Source | str, text: str) -> str | None:
    """Return what is wrong with a span; `None` if nothing is."""
    if not is_slice(span, text):
        return "the text differs here"
    if span.start == span.end:
        return "the span is empty"
    if (parted := parted_words(span, text)) and not parted <= _borders(source):
        return "the span begins or ends inside a word"
    return None


def _borders(source: Source | str) -> set[int]:
    """Return where sentences and quotations of a source begin and end, whatever stands there."""
    try:
        read = source if isinstance(source, Source) else Source.from_text(source)
    except InputError:  # it has no letters
        return set()
    quoted = (span for quotation in read.quotations for span in quotation.spans)
    return {end for span in chain(read.sentences, quoted) for end in (span.start, span.end)}


def _unlike_the_source(result: BaseModel, source: Source | str) -> str | None:
    """Return a message if the headline of a briefing claims to be the source's and is not, else `None`."""
    meta, span = getattr(result, "meta", None), getattr(result, "headline_span", None)
    support, missing = getattr(result, "headline_support", None), getattr(result, "headline_missing", None)
    if not isinstance(meta, Meta):
        return None
    if missing and support == "supported":
        return "it is called supported and has errors"
    headline = getattr(result, "headline", None)
    if isinstance(span, Span):
        return (
            None
            if headline == " ".join(span.text.split())
            else "the headline is not the text of headline_span"
        )
    if support == "unsupported":
        return None
    from briefing.ranking import is_title

    title = " ".join(((source.title if isinstance(source, Source) else meta.source_title) or "").split())
    if meta.style == "extractive" and isinstance(headline, str) and not is_title(headline, title):
        return "the headline is neither of the source's title nor of its text"
    return None


def _first_span(value: Any) -> Span:
    held = (getattr(value, name, None) for name in ("spans", "mentions", "evidence"))
    spans: list[Span] = next(filter(None, held), [])
    return spans[0] if spans else Span(start=0, end=0, text="")


class _Unreadable:
    """Stands for a part of a result that cannot be looked into."""

    def __init__(self, why: str) -> None:
        self.why = why


#: A place in a result: that of the value around it, and the step from there: a text, or the index of an item.
_Place = tuple["_Place", str | int] | tuple[()]


def parts_of(whole: Any) -> Iterator[tuple[str, Any]]:
    """Yield a value and all objects in it, each with its path, in the order of the fields.

    No object is left out because it was met before: what is checked is what each place holds.
    """
    return ((_path(place), value) for place, value in _parts_of(whole))


def _parts_of(whole: Any) -> Iterator[tuple[_Place, Any]]:
    """Yield what `parts_of` yields, with places in place of paths, which take longer to make."""
    waiting: list[tuple[_Place, int, Any]] = [((), 0, whole)]
    while waiting:
        place, depth, value = waiting.pop()
        yield place, value
        if depth == DEEPEST:
            yield place, _Unreadable(TOO_DEEP)
            return  # a value that holds itself twice has more places than can be looked at
        if inside := _reader_of(type(value)):  # type: ignore[arg-type]  # a class can be hashed
            steps = [
                ((place, step), depth + 1, held) for step, held in inside(value) if type(held) not in _PLAIN
            ]
            waiting += reversed(steps)


def _path(place: _Place) -> str:
    steps: list[str] = []
    while place:
        place, step = place
        steps.append(f"[{step}]" if isinstance(step, int) else step)
    return "".join(reversed(steps)).lstrip(".")


@lru_cache(maxsize=1024)
def _reader_of(kind: type) -> Callable[[Any], Iterable[tuple[str | int, Any]]] | None:
    """A function that returns the parts of a value of this type, each with its step; `None` for a type without parts."""
    if issubclass(kind, OPAQUE):
        return None
    if kind in (list, tuple):
        return enumerate
    if issubclass(kind, BaseModel) and not issubclass(kind, Collection | Iterator):
        return _of_model
    return _inside


def _of_model(value: BaseModel) -> Iterable[tuple[str, Any]]:
    """The parts of a pydantic model, each with its step."""
    parts = [(f".{name}", part) for name, part in vars(value).items()]
    for attributes in ("__pydantic_extra__", "__pydantic_private__"):
        if held := getattr(value, attributes, None):
            parts += ((f".{name}", part) for name, part in held.items())
    return parts


def _inside(value: Any) -> Iterator[tuple[str | int, Any]]:
    """The parts of a value of any type, each with its step."""
    if isinstance(value, Mapping):
        for key, held in value.items():
            yield f"[key {key!r:.80}]", key
            yield f"[{key!r:.80}]", held
    elif isinstance(value, Collection):
        yield from enumerate(value)
    elif isinstance(value, Iterator):
        yield "", _Unreadable("it can be read only once and is not checked; use a list")
    if isinstance(value, BaseModel):
        yield from _of_model(value)
    else:
        yield from ((f".{name}", held) for name, held in getattr(value, "__dict__", {}).items())
        for name in _slots(type(value)):  # type: ignore[arg-type]  # a class can be hashed
            if (held := getattr(value, name, None)) is not None:
                yield f".{name}", held


@lru_cache(maxsize=256)
def _slots(kind: Any) -> tuple[str, ...]:
    """Return the names of the attributes that instances of a class hold outside of their `__dict__`."""
    slots = (getattr(base, "__slots__", ()) for base in kind.__mro__)
    return tuple(name for names in slots for name in ((names,) if isinstance(names, str) else names))
