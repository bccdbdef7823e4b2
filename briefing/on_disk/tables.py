"""`OnDiskDict` and `in_order`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING, Generic, TypeVar

from briefing.errors import InputError

if TYPE_CHECKING:
    from sqlite3 import Connection

V = TypeVar("V", int, bytes)
#: Most values in memory.
IN_MEMORY = 10_000


class OnDiskDict(Generic[V]):
    """Values by text, of which memory holds at most `IN_MEMORY`. Methods raise an `InputError` if the disk is full."""

    def __init__(self) -> None:
        self._first: dict[str, V] = {}
        self._database: Connection | None = None

    def get(self, key: str) -> V | None:
        """Return the value of a key; `None` without one."""
        if self._database is None:
            return self._first.get(key)
        with _errors():
            found = self._database.execute(
                "SELECT value FROM entries WHERE key = ?", (_bytes(key),)
            ).fetchone()
        return None if found is None else found[0]

    def __setitem__(self, key: str, value: V) -> None:
        with _errors():
            if self._database is not None:
                self._insert([(key, value)])
                return
            self._first[key] = value
            if len(self._first) > IN_MEMORY:
                self._database = _temporary(
                    "CREATE TABLE entries (key BLOB PRIMARY KEY, value) WITHOUT ROWID"
                )
                self._insert(self._first.items())
                self._first = {}

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def add(self, key: str, value: V) -> bool:
        """Set the value of a key that has none; return whether it had none."""
        if key in self:
            return False
        self[key] = value
        return True

    def close(self) -> None:
        """Delete all values."""
        self._first = {}
        if self._database is not None:
            self._database.close()
            self._database = None

    def __del__(self) -> None:
        self.close()  # Python 3.13 warns of connections that are not closed

    def _insert(self, items: Iterable[tuple[str, V]]) -> None:
        assert self._database is not None
        rows = ((_bytes(key), value) for key, value in items)
        self._database.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?)", rows)


def in_order(items: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Read all items, and return an iterator over them in the order of their texts, which are all different.

    Raises:
        InputError: there are more than `IN_MEMORY`, and the disk is full.
    """
    rest = iter(items)
    first = list(islice(rest, IN_MEMORY))
    following = list(islice(rest, 1))
    if not following:
        return iter(sorted(first))
    with _errors():
        database = _temporary("CREATE TABLE items (text BLOB, number INTEGER)")
        rows = ((_bytes(text), number) for text, number in chain(first, following, rest))
        database.executemany("INSERT INTO items VALUES (?, ?)", rows)
    return _in_order_of(database)


def _in_order_of(database: Connection) -> Iterator[tuple[str, int]]:
    with closing(database), _errors():
        for text, number in database.execute("SELECT text, number FROM items ORDER BY text"):
            yield text.decode("utf-8", "surrogatepass"), number


def _temporary(table: str) -> Connection:
    """Return a connection to a new database, which uses a few MB of memory."""
    import sqlite3  # not needed for a few articles

    # A generator that is not exhausted may be closed in any thread.
    database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "BEGIN", table):
        database.execute(statement)
    return database


def _bytes(text: str) -> bytes:
    """Return bytes that sort as the text does; names of files may have lone surrogates."""
    return text.encode("utf-8", "surrogatepass")


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        import sqlite3

        if isinstance(error, sqlite3.Error):
            raise InputError(
                f"cannot write a temporary file: {error}; free some space, or set TMPDIR"
            ) from error
        raise
