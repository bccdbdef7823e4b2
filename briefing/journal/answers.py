"""Answers about parts of articles that are under way, so that a run goes on where one before it was ended.

They are in a table of their own, which the first of them makes, and are deleted when the article's result is recorded.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from briefing.meta import Usage

if TYPE_CHECKING:
    from briefing.journal.database import Database

_EXISTS = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'answers'"
_CREATE = """
    CREATE TABLE IF NOT EXISTS answers (
        fingerprint TEXT NOT NULL, ask TEXT NOT NULL, text TEXT NOT NULL,
        input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL,
        attempts INTEGER NOT NULL, PRIMARY KEY (fingerprint, ask))"""
_SELECT = """
    SELECT text, input_tokens, output_tokens, cached_tokens, attempts FROM answers
    WHERE fingerprint = ? AND ask = ? AND typeof(text) = 'text'"""
_INSERT = "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True)
class KeptAnswer:
    """What a model wrote about a part of an article, and what it took.

    Attributes:
        text: the answer.
        usage: tokens of all attempts.
        attempts: HTTP calls.
    """

    text: str
    usage: Usage
    attempts: int


def find_answer(database: Database, fingerprint: str, ask: str) -> KeptAnswer | None:
    """Return the answer to an ask of an article that is under way; `None` without one."""
    if not database.query(_EXISTS):
        return None
    for text, *tokens, attempts in database.query(_SELECT, (fingerprint, ask)):
        names = ("input_tokens", "output_tokens", "cached_tokens")
        return KeptAnswer(text, Usage(**dict(zip(names, tokens, strict=True))), attempts)
    return None


def insert_answer(db: sqlite3.Connection, fingerprint: str, ask: str, answer: KeptAnswer) -> None:
    """Write an answer."""
    used = answer.usage
    tokens = used.input_tokens, used.output_tokens, used.cached_tokens
    db.execute(_CREATE)
    db.execute(_INSERT, (fingerprint, ask, answer.text, *tokens, answer.attempts))


def delete_answers(db: sqlite3.Connection, fingerprint: str | None = None) -> None:
    """Delete the answers of an article, or all."""
    if db.execute(_EXISTS).fetchone():
        db.execute("DELETE FROM answers WHERE ? IN (fingerprint, '')", (fingerprint or "",))
