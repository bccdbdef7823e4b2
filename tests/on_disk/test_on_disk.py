"""A dict and a sort that go to a temporary file."""

from __future__ import annotations

import gc
import sqlite3
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.errors import InputError
from briefing.on_disk import OnDiskDict, in_order, tables

#: Names of files, which may have lone surrogates.
NAMES = st.text(st.characters(exclude_characters="\0"), max_size=4)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most values are on disk."""
    monkeypatch.setattr(tables, "IN_MEMORY", 3)


@given(st.lists(st.tuples(NAMES, st.integers(0, 9))))
def test_it_is_a_dict(items: list[tuple[str, int]]) -> None:
    """The last value counts, on both sides of the limit."""
    expected: dict[str, int] = {}
    found = OnDiskDict[int]()

    for key, value in items:
        assert (key in expected, expected.get(key)) == (key in found, found.get(key))
        found[key] = expected[key] = value

    assert expected == {key: found.get(key) for key, _ in items}
    found.close()


@given(st.lists(NAMES))
def test_a_key_is_added_once(keys: list[str]) -> None:
    """And then keeps its value."""
    found = OnDiskDict[bytes]()

    added = [found.add(key, str(i).encode()) for i, key in enumerate(keys)]

    assert [key not in keys[:i] for i, key in enumerate(keys)] == added
    assert [str(keys.index(key)).encode() for key in keys] == [found.get(key) for key in keys]
    found.close()


def test_values_are_gone_when_it_is_closed() -> None:
    """On both sides of the limit."""
    for count in (2, 5):
        found = OnDiskDict[int]()
        for number in range(count):
            found[str(number)] = number
        found.close()
        assert "0" not in found


@given(st.lists(NAMES, unique=True))
def test_the_order_is_that_of_texts(names: list[str]) -> None:
    """By code points, also those that UTF-8 cannot encode."""
    items = [(name, i) for i, name in enumerate(names)]

    assert sorted(items) == list(in_order(iter(items)))


def _filled() -> None:
    found = OnDiskDict[int]()
    for number in range(5000):
        found[f"articles/{number:07}"] = number
    found.close()


def _sorted() -> None:
    assert 5000 == sum(1 for _ in in_order((f"articles/{number:07}", 0) for number in range(5000)))


@pytest.mark.parametrize("use", [_filled, _sorted])
def test_memory_does_not_grow_with_the_values(use: Callable[[], None]) -> None:
    """5,000 texts would take 500 kB."""
    use()
    tracemalloc.start()
    try:
        use()
        assert 50_000 > tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_full_disk_is_an_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where there is no folder for temporary files."""

    def fail(*args: object, **options: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sqlite3, "connect", fail)
    found = OnDiskDict[int]()
    for number in range(3):
        found[str(number)] = number

    with pytest.raises(InputError, match="disk is full; free some space, or set TMPDIR"):
        found["3"] = 3
    with pytest.raises(InputError, match="disk is full"):
        in_order((str(number), 0) for number in range(4))


def test_what_raises_while_items_are_read_is_raised() -> None:
    """As a folder that cannot be read."""

    def items() -> Iterator[tuple[str, int]]:
        yield from ((str(number), 0) for number in range(5))
        raise PermissionError

    with pytest.raises(PermissionError):
        in_order(items())


def test_what_is_not_used_any_more_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.13 warns of connections that are not closed."""
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def noted(*args: Any, **options: Any) -> sqlite3.Connection:
        opened.append(connect(*args, **options))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", noted)
    found = OnDiskDict[int]()
    for number in range(10):
        found[str(number)] = number
    del found
    gc.collect()

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].execute("SELECT 1")
