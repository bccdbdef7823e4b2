"""Functions that tests of batches run in child processes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from briefing import batch

LIMITS = batch.Limits(requests=2)


def die(journal: Path, connection: Any, url: str, articles: list[str]) -> None:
    """Run `work` with temporary files in the journal's folder."""
    tempfile.tempdir = str(journal.parent)
    work(journal, connection, url, articles)


def work(journal: Path, _connection: Any, url: str, articles: list[str]) -> None:
    """Submit and collect until all articles are finished."""
    where: Any = {"base_url": url, "api_key": "test"}
    batch.submit(articles, journal=journal, model="openai/fake", limits=LIMITS, **where)
    batch.collect(journal, wait=True, poll=0.0, limits=LIMITS, **where)
