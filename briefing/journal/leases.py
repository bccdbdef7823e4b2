"""Who is making what: so that two processes that share a journal do not both pay for one article.

A claim belongs to an owner (an open journal in some process) and to a holder in it (one call). An
owner's lease is renewed while it lives. A process that is killed leaves its claims behind; they are
void when its process id is gone, and where that cannot be told, when the lease runs out.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import time
import uuid
from collections.abc import Iterable
from pathlib import Path

#: Seconds for which a claim holds when its owner is not heard of.
LEASE_SECONDS = 30.0

TABLES = (
    "CREATE TABLE owners (id TEXT PRIMARY KEY, machine TEXT NOT NULL, pid INTEGER NOT NULL, expires REAL NOT NULL)",
    "CREATE TABLE claims (fingerprint TEXT PRIMARY KEY, owner TEXT NOT NULL, holder TEXT NOT NULL) WITHOUT ROWID",
)


class Owner:
    """One open journal's claims. All methods are run in a transaction."""

    def __init__(self) -> None:
        self.id, self._machine, self._pid = uuid.uuid4().hex, _host_id(), os.getpid()

    def take(self, db: sqlite3.Connection, fingerprints: Iterable[str], holder: str) -> set[str]:
        """Claim what nobody has; returns what is the holder's now and was not before."""
        self._bury(db)
        db.execute(
            "INSERT INTO owners VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET expires = excluded.expires",
            (self.id, self._machine, self._pid, time.time() + LEASE_SECONDS),
        )
        return {
            fingerprint
            for fingerprint in fingerprints
            if db.execute(
                "INSERT INTO claims VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (fingerprint, self.id, holder)
            ).rowcount
        }

    def release(self, db: sqlite3.Connection, fingerprints: Iterable[str], holder: str) -> None:
        """Give claims back; those of others stay."""
        db.executemany(
            "DELETE FROM claims WHERE fingerprint = ? AND owner = ? AND holder = ?",
            [(fingerprint, self.id, holder) for fingerprint in fingerprints],
        )

    def renew(self, db: sqlite3.Connection) -> None:
        """Say that this process lives."""
        db.execute("UPDATE owners SET expires = ? WHERE id = ?", (time.time() + LEASE_SECONDS, self.id))

    def leave(self, db: sqlite3.Connection) -> None:
        """Give all claims back."""
        _delete_owner(db, self.id)

    def _bury(self, db: sqlite3.Connection) -> None:
        now = time.time()
        for owner, machine, pid, expires in db.execute("SELECT * FROM owners").fetchall():
            # A lease from the far future is of a clock that was set back since.
            in_time = now < expires < now + 2 * LEASE_SECONDS
            gone = machine == self._machine and not _is_alive(pid)
            if owner != self.id and (gone or not in_time):
                _delete_owner(db, owner)


def _delete_owner(db: sqlite3.Connection, owner: str) -> None:
    db.execute("DELETE FROM claims WHERE owner = ?", (owner,))
    db.execute("DELETE FROM owners WHERE id = ?", (owner,))


def _host_id() -> str:
    """Where process ids mean the same: one boot of one machine, one container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return platform.node()


def _is_alive(pid: int) -> bool:
    if os.name != "posix":
        # There, signal 0 is not a question but an order. The lease decides.
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
