"""Runs over many articles in a process of their own."""

from __future__ import annotations

import resource
from multiprocessing.connection import Connection

import briefing


def brief_without_space(url: str, told: Connection, articles: list[str]) -> None:
    """Brief articles where no file can be written, and tell the names of the results' types."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    for result in briefing.summarize_many(articles, model="openai/fake", base_url=url, api_key="test"):
        told.send(type(result).__name__)
