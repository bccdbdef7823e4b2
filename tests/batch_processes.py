"""What tests of batches run in processes of their own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from briefing import batch

LIMITS = batch.Limits(requests=2)


def die(journal: Path, told: Any, url: str, articles: list[str]) -> None:
    """As `work`; nothing that the killed process leaves is outside of the journal's folder."""
    tempfile.tempdir = str(journal.parent)
    work(journal, told, url, articles)


def work(journal: Path, _told: Any, url: str, articles: list[str]) -> None:
    """Submit and collect, as far as it goes."""
    where: Any = {"base_url": url, "api_key": "test"}
    batch.submit(articles, journal=journal, model="openai/fake", limits=LIMITS, **where)
    batch.collect(journal, wait=True, poll=0.0, limits=LIMITS, **where)
