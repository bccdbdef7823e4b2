"""Claims with a lease, so that processes that share a journal do not pay for the same article twice.

A claim belongs to an owner (an open journal in one process) and to a holder within it (one call). The owner renews its
lease periodically. Claims of a killed process are void once its process id is gone; where that cannot be checked, as on
another host, when the lease expires.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

#: Seconds after which an owner's claims are void unless it renews its lease.
LEASE_SECONDS = 30.0

TABLES = (
    "CREATE TABLE owners (id TEXT PRIMARY KEY, machine TEXT NOT NULL, pid INTEGER NOT NULL, expires REAL NOT NULL)",
    "CREATE TABLE claims (fingerprint TEXT PRIMARY KEY, owner TEXT NOT NULL, holder TEXT NOT NULL) WITHOUT ROWID",
)


class Owner:
    """The claims of one open journal. Call every method in a write transaction."""

    def __init__(self) -> None:
        self.id, self._host, self._pid = uuid.uuid4().hex, host_id(), os.getpid()

    def claim(self, db: sqlite3.Connection, fingerprints: Iterable[str], holder: str) -> set[str]:
        """Claim the fingerprints that are free, and return them."""
        self._delete_expired(db)
        db.execute(
            "INSERT INTO owners VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET expires = excluded.expires",
            (self.id, self._host, self._pid, time.time() + LEASE_SECONDS),
        )
        insert = "INSERT INTO claims VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        return {given for given in fingerprints if db.execute(insert, (given, self.id, holder)).rowcount}

    def release(self, db: sqlite3.Connection, fingerprints: Iterable[str], holder: str) -> None:
        """Release claims of this owner and holder; ignore others."""
        db.executemany(
            "DELETE FROM claims WHERE fingerprint = ? AND owner = ? AND holder = ?",
            [(fingerprint, self.id, holder) for fingerprint in fingerprints],
        )

    def renew(self, db: sqlite3.Connection) -> None:
        """Extend this owner's lease."""
        db.execute("UPDATE owners SET expires = ? WHERE id = ?", (time.time() + LEASE_SECONDS, self.id))

    def release_all(self, db: sqlite3.Connection) -> None:
        """Release all claims of this owner, and its lease."""
        db.execute("DELETE FROM claims WHERE owner = ?", (self.id,))
        db.execute("DELETE FROM owners WHERE id = ?", (self.id,))

    def _delete_expired(self, db: sqlite3.Connection) -> None:
        for number, owner in left_over(db, self._host):
            if owner != self.id:
                db.execute("DELETE FROM owners WHERE rowid = ?", (number,))
        db.execute(f"DELETE FROM claims WHERE {WITHOUT_OWNER}")  # noqa: S608  # of our own names


#: Condition on claims that nobody will release.
WITHOUT_OWNER = "owner NOT IN (SELECT id FROM owners WHERE id IS NOT NULL)"


def left_over(db: sqlite3.Connection, host: str) -> list[tuple[int, Any]]:
    """Return row and id of the owners whose lease is void: their process has ended, or has not renewed it."""
    now, void = time.time(), []
    for number, owner, machine, pid, expires in db.execute("SELECT rowid, * FROM owners").fetchall():
        # A lease that ends too far in the future was made before the clock was set back.
        valid = isinstance(expires, int | float) and now < expires < now + 2 * LEASE_SECONDS
        if not valid or (machine == host and not _is_alive(pid)):
            void.append((number, owner))
    return void


def host_id() -> str:
    """Return an id of the process id namespace: a boot of a machine, or a container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return platform.node()


def _is_alive(pid: object) -> bool:
    if not isinstance(pid, int) or pid <= 0:
        return False  # not written by this library; for os.kill, a group of processes
    if os.name != "posix":
        # On Windows, signal 0 is Ctrl+C, not a probe. Rely on the lease.
        return True
    try:
        os.kill(pid, 0)
    except OverflowError:
        return False
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True
