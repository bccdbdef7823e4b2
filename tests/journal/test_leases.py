"""Leases: when claims of another owner are void. Time and processes are simulated."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest

from briefing.journal import leases
from briefing.journal.database import Database
from briefing.journal.leases import LEASE_SECONDS, TABLES, Owner

NOW = 1_000_000.0
#: Seconds, less than any difference that matters.
MOMENT = 0.001


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def time(self) -> float:
        """Return the time in seconds."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give the clock that leases are measured by."""
    clock = Clock()
    monkeypatch.setattr(leases, "time", clock)
    return clock


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """Give a database with the tables of leases."""
    with closing(sqlite3.connect(":memory:")) as db:
        for statement in TABLES:
            db.execute(statement)
        yield db


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Owner:
    """Give an owner on another host, whose process cannot be looked at."""
    with monkeypatch.context() as patch:
        patch.setattr(leases, "host_id", lambda: "elsewhere")
        return Owner()


def is_free(db: sqlite3.Connection, owner: Owner) -> bool:
    """Return whether the owner is granted a claim of "a", and release it."""
    free = owner.claim(db, ["a"], "") == {"a"}
    owner.release(db, ["a"], "")
    return free


@pytest.mark.parametrize(
    ("later", "free"),
    [
        (29.9, False),
        (30.1, True),
        (-30 + MOMENT, False),  # the clock was set back
        (-30 - MOMENT, True),
    ],
)
def test_a_lease_holds_for_half_a_minute(
    db: sqlite3.Connection, clock: Clock, elsewhere: Owner, later: float, free: bool
) -> None:
    """A claim is void when the lease has expired, or ends further in the future than any lease could."""
    elsewhere.claim(db, ["a"], "")
    clock.now += later

    assert free is is_free(db, Owner())


@pytest.mark.parametrize("renew", [lambda o, db: o.renew(db), lambda o, db: o.claim(db, ["b"], "")])
def test_a_renewal_extends_the_lease(
    db: sqlite3.Connection,
    clock: Clock,
    elsewhere: Owner,
    renew: Callable[[Owner, sqlite3.Connection], object],
) -> None:
    """By as much as a new lease, also where it is another claim that renews it."""
    elsewhere.claim(db, ["a"], "")
    clock.now += 20
    renew(elsewhere, db)
    clock.now += 29.9
    assert not is_free(db, Owner())
    clock.now += 0.2

    assert is_free(db, Owner())


def test_an_owner_keeps_its_own_claims(db: sqlite3.Connection, clock: Clock) -> None:
    """Also when it comes back after its lease, if nobody has taken them."""
    owner = Owner()
    owner.claim(db, ["a"], "")
    clock.now += 1000

    assert set() == owner.claim(db, ["a"], "")


def test_an_expired_owner_loses_all_claims_and_is_forgotten(
    db: sqlite3.Connection, clock: Clock, elsewhere: Owner
) -> None:
    """The next claim of anyone deletes them; those of other owners stay."""
    owner, other = Owner(), Owner()
    elsewhere.claim(db, ["a", "b"], "")
    clock.now += LEASE_SECONDS
    other.claim(db, ["d"], "")
    owner.claim(db, ["c"], "")

    assert {("c", owner.id), ("d", other.id)} == set(
        db.execute("SELECT fingerprint, owner FROM claims").fetchall()
    )
    assert {owner.id, other.id} == {row[0] for row in db.execute("SELECT id FROM owners")}


@pytest.mark.parametrize(
    ("error", "dead"), [(None, False), (ProcessLookupError(), True), (PermissionError(), False)]
)
def test_the_claims_of_a_dead_process_are_void(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, error: OSError | None, dead: bool
) -> None:
    """On the same host, at once; a process of another user is alive."""
    asked: list[tuple[int, int]] = []

    def kill(pid: int, number: int) -> None:
        asked.append((pid, number))
        if error is not None:
            raise error

    monkeypatch.setattr(leases.os, "kill", kill)
    monkeypatch.setattr(leases.os, "getpid", lambda: 4321)
    first = Owner()
    first.claim(db, ["a"], "")
    second = Owner()

    assert dead is is_free(db, second)
    assert (4321, 0) in asked


def test_no_signal_is_sent_where_it_would_do_something(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows the lease alone counts."""
    monkeypatch.setattr(leases, "os", SimpleNamespace(name="nt", getpid=lambda: 4321))
    monkeypatch.setattr(leases, "host_id", lambda: "here")
    Owner().claim(db, ["a"], "")

    assert not is_free(db, Owner())


def test_without_proc_the_host_is_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """On other systems than Linux there is no id of a boot."""

    class Nowhere:
        def __init__(self, path: str) -> None: ...

        def read_text(self, encoding: str) -> Any:
            raise FileNotFoundError

    monkeypatch.setattr(leases.platform, "node", lambda: "mole")
    assert "mole" not in leases.host_id()
    monkeypatch.setattr(leases, "Path", Nowhere)

    assert "mole" == leases.host_id()


def test_a_lease_survives_a_missed_heartbeat(tmp_path: Any) -> None:
    """A heartbeat may come late by as much as another: claims are not lost by a busy writer."""
    database = Database(tmp_path / "run.db", TABLES, 1, "rwc")
    database.close()

    assert 2 * database.heartbeat_interval < LEASE_SECONDS
