"""Imported for what it does: once it is, a briefing takes no imports and no loading, which cost seconds.

Starts no thread that stays, so that processes may be forked from one that has imported it.
"""

from __future__ import annotations

import asyncio

from briefing import Briefer
from briefing.testing.fake_model import FakeModel

TEXT = "The ferry to Skarn was cancelled on Monday. “A gust tore the ramp off,” harbour master Ida Moe said."


def warm() -> None:
    """Make a briefing, with and without blocking."""
    with FakeModel() as fake:

        def briefer() -> Briefer:
            return Briefer(model="openai/fake", base_url=fake.url, api_key="test")

        with briefer() as waiting:
            waiting.summarize(TEXT)

        async def again() -> None:
            async with briefer() as asking:
                await asking.asummarize(TEXT)

        asyncio.run(again())


warm()
