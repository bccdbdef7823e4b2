"""What `help()` says of the entry points."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

import briefing
from briefing import Briefer
from briefing.api import ManyOptions, Options, SummarizeOptions
from briefing.briefer import ManyArticlesOptions
from briefing.pipeline import StyleOptions


def documented(value: Callable[..., Any]) -> set[str]:
    """Names under ``Args:`` in a docstring."""
    arguments = (inspect.getdoc(value) or "").partition("Args:\n")[2]
    listed = re.split(r"\n(?=\S)", arguments)[0]
    return set(re.findall(r"^    (\w+): ", listed, re.MULTILINE))


def parameters(value: Callable[..., Any]) -> set[str]:
    """Names in a signature, without `self` and ``**``."""
    found = inspect.signature(value).parameters.values()
    return {p.name for p in found if p.kind is not p.VAR_KEYWORD} - {"self"}


@pytest.mark.parametrize(
    ("value", "more"),
    [
        (briefing.summarize, SummarizeOptions.__annotations__),
        (briefing.summarize_many, {**ManyArticlesOptions.__annotations__, "options": None}),
        (Briefer, {}),
        (Briefer.summarize, StyleOptions.__annotations__),
        (Briefer.summarize_many, ManyArticlesOptions.__annotations__),
    ],
)
def test_every_keyword_is_documented(value: Callable[..., Any], more: dict[str, Any]) -> None:
    """The docstring of an entry point lists exactly the keywords it takes."""
    assert parameters(value) | set(more) == documented(value)


def test_the_keywords_of_the_functions_are_those_of_the_briefer() -> None:
    """A keyword of `Briefer` is one of the module functions, too."""
    assert parameters(Briefer) == set(Options.__annotations__)
    assert {*Options.__annotations__, *ManyArticlesOptions.__annotations__} == set(
        ManyOptions.__annotations__
    )


def test_the_repr_shows_settings_and_no_key() -> None:
    """What a briefer does can be read in a log, which must not hold the key."""
    briefer = Briefer("openai/gpt-5-mini", api_key="key-of-the-house", deadline=30.0, max_cost_usd=0.05)

    assert (
        "Briefer('openai/gpt-5-mini', plan='auto', timeout=60.0, deadline=30.0, max_attempts=4, max_cost_usd=0.05)"
        == repr(briefer)
    )
