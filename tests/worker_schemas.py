"""Schemas and judges that worker processes import, and programs that start such processes."""

from __future__ import annotations

import gc
import logging
import os
import signal
from pathlib import Path
from threading import Lock
from typing import Any

from pydantic import BaseModel, field_validator

import briefing
from briefing import Cited


class Fragile(BaseModel):
    """Its validator kills the process if the text is "fatal", or names a file that exists, which is removed; "halt" stops it."""

    topic: Cited[str]

    @field_validator("topic")
    @classmethod
    def _kill(cls, topic: Cited[str]) -> Cited[str]:
        words = " ".join(span.text for span in topic.evidence)
        if "fatal" in words:
            os.kill(os.getpid(), signal.SIGKILL)
        for word in words.split():
            if word.startswith("/") and (once := Path(word.rstrip("."))).exists():
                once.unlink()
                os.kill(os.getpid(), signal.SIGSTOP if once.name == "halt" else signal.SIGKILL)
        return topic


class Talking(BaseModel):
    """Its validator logs a warning and an error."""

    topic: Cited[str]

    @field_validator("topic")
    @classmethod
    def _log(cls, topic: Cited[str]) -> Cited[str]:
        logger = logging.getLogger("briefing.worker_test")
        logger.warning("quiet")
        logger.error("loud")
        return topic


class Frozen(BaseModel):
    """Its validator logs the process, and how much there the collector never looks through."""

    topic: Cited[str]

    @field_validator("topic")
    @classmethod
    def _log(cls, topic: Cited[str]) -> Cited[str]:
        logging.getLogger("briefing.worker_test").error("%s %s", os.getpid(), gc.get_freeze_count())
        return topic


class HoldingJudge:
    """A judge that cannot be pickled."""

    def __init__(self) -> None:
        self.lock = Lock()

    def judge(self, claims: Any) -> list[Any]:
        """Judge nothing."""
        return []


def brief_in_workers(url: str, told: Any, articles: list[str]) -> None:
    """Brief articles in two worker processes, and tell the names of the results' types."""
    results = briefing.summarize_many(
        articles, model="openai/fake", base_url=url, api_key="test", processes=2
    )
    told.send([type(result).__name__ for result in results])
