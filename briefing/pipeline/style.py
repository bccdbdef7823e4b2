"""`Style`: how a briefing says what the article states, and what becomes of statements that have an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, get_args

from briefing.errors import ConfigurationError, InputError
from briefing.schemas import Length
from briefing.sources import LONE_SURROGATES
from briefing.text import primary_subtag

StyleName = Literal["auto", "written", "extractive"]
OnUnsupported = Literal["mark", "replace", "drop"]
#: Longest `focus`, in characters.
_MAX_FOCUS = 1000


class StyleOptions(TypedDict, total=False):
    """Keywords of `Briefer.summarize` that say how to write."""

    style: StyleName
    focus: str | None
    length: Length
    on_unsupported: OnUnsupported


def split_options(options: Mapping[str, Any], kind: type[Any]) -> tuple[Any, Any]:
    """Return the keywords that the typed dict `kind` does not have, and those that it has."""
    chosen = {name: value for name, value in options.items() if name in kind.__annotations__}
    return {name: value for name, value in options.items() if name not in chosen}, chosen


@dataclass(frozen=True)
class Style:
    """The options as they were given.

    Args:
        style: "written": the model writes headline and summary; "extractive": they are sentences of the article; "auto":
            extractive for a small model.
        focus: what the reader wants to know, in any language; `None` for what is most important.
        length: "brief", "standard" or "detailed".
        on_unsupported: a statement or headline with an error, or a statement of a local model with a low score, is marked
            ("mark"), replaced by the sentences of the article that it cites ("replace"), or left out ("drop").

    Raises:
        ConfigurationError: a value is not one of these.
    """

    style: StyleName = "auto"
    focus: str | None = None
    length: Length = "standard"
    on_unsupported: OnUnsupported = "mark"

    def __post_init__(self) -> None:
        for name, kind in (("style", StyleName), ("length", Length), ("on_unsupported", OnUnsupported)):
            value, known = getattr(self, name), get_args(kind)
            if value not in known:
                raise ConfigurationError(f"{name} must be one of {', '.join(known)}, not {value!r}")
        if self.focus is not None:
            if not isinstance(self.focus, str) or not (focus := " ".join(self.focus.split())):
                raise ConfigurationError(f"focus must be a text or None, not {self.focus!r}")
            if len(focus) > _MAX_FOCUS:
                raise ConfigurationError(
                    f"focus has {len(focus)} characters; it may have {_MAX_FOCUS}. Say in a phrase what to look for"
                )
            if not focus.isascii() and LONE_SURROGATES.search(focus):
                raise ConfigurationError("focus has a lone surrogate, which is no character")
            object.__setattr__(self, "focus", focus)

    def is_extractive(self, *, small: bool, language: str | None, article_language: str) -> bool:
        """Whether a briefing is extractive.

        With "auto", that is so for a small model, unless another language than the article's is asked for.

        Raises:
            InputError: the style is "extractive", and another language than this article's is asked for.
        """
        other = language is not None and primary_subtag(language) != primary_subtag(article_language)
        if self.style == "extractive" and other:
            raise InputError(
                f"an extractive briefing is in the article's language ({article_language}); leave out "
                f"language={language!r}, or use style='written'"
            )
        return self.style == "extractive" or (self.style == "auto" and small and not other)
