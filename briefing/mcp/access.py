"""What a client may have read: articles that it sends, files below folders, URLs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from briefing.errors import ConfigurationError, InputError
from briefing.sources import SUFFIXES, Source

#: Most characters of an article: a long book.
MAX_ARTICLE = 2_000_000

_FORMS = '{"text": "…"}, {"path": "…"} or {"url": "…"}'


def parsed(value: Any, bracket: str) -> Any:
    """Return what a string of JSON that begins with this bracket says: some clients send objects and lists so. Else the value."""
    if isinstance(value, str) and value.lstrip().startswith(bracket):
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(value)
    return value


class Article(BaseModel):
    """An article: exactly one of text, path and url."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=MAX_ARTICLE)] | None = Field(
        None, description="The whole text of the article, as it is. Not a file name, not a URL."
    )
    path: Annotated[str, Field(max_length=4_000)] | None = Field(
        None,
        description="A file below a folder that the server's user has allowed: text, Markdown, HTML, mail, PDF, DOCX, ODT or "
        "EPUB. Absolute, or relative to that folder.",
    )
    url: Annotated[str, Field(max_length=4_000)] | None = Field(
        None, description="A public http or https page. Only if the server's user has allowed URLs."
    )

    @model_validator(mode="before")
    @classmethod
    def _is_object(cls, value: Any) -> Any:
        value = parsed(value, "{")
        if not isinstance(value, dict | Article):
            raise ValueError(f"an article is an object: {_FORMS}")  # noqa: TRY004  # as pydantic expects
        return value

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(form is not None for form in (self.text, self.path, self.url)) != 1:
            raise ValueError(f"an article has exactly one of text, path and url: {_FORMS}")
        return self


@dataclass(frozen=True)
class Access:
    """What the server's user lets a client read.

    Args:
        folders: folders whose articles may be read, with those in folders below.
        urls: whether pages may be fetched, from public addresses.
        allow_private: whether pages of this machine and of private networks may be fetched, too.

    Raises:
        ConfigurationError: a folder does not exist.
    """

    folders: tuple[Path, ...] = ()
    urls: bool = False
    allow_private: bool = False

    @classmethod
    def of(cls, folders: Iterable[Path], *, urls: bool = False, allow_private: bool = False) -> Self:
        """Return the access to these folders, with links in their names resolved."""
        resolved = []
        for folder in folders:
            if not folder.is_dir():
                raise ConfigurationError(f"there is no folder {str(folder)!r} to allow")
            resolved.append(folder.resolve())
        return cls(tuple(resolved), urls, allow_private)

    def read(self, article: Article) -> Source:
        """Return the article as a source.

        Raises:
            InputError: it may not be read, cannot be read, or is too long.
            FetchError: the page cannot be fetched.
        """
        if article.text is not None:
            source = Source.from_text(article.text)
        elif article.path is not None:
            source = Source.from_file(self._file(article.path))
        else:
            source = self._page(article.url or "")
        if len(source.text) > MAX_ARTICLE:
            raise InputError(
                f"The article has {len(source.text):,} characters; at most {MAX_ARTICLE:,} are read. Give a part of it as text."
            )
        return source

    def _page(self, url: str) -> Source:
        if not self.urls:
            raise InputError(
                "This server does not fetch URLs. Give the text of the article, or ask the user to start the server with "
                "--allow-urls."
            )
        return Source.from_url(url, allow_private=self.allow_private)

    def _file(self, path: str) -> Path:
        """Return the file, with links resolved, if it may be read.

        Hidden files and those that are no articles stay closed: a folder may also hold keys.
        """
        if not self.folders:
            raise InputError(
                "This server reads no files. Give the text of the article, or ask the user to start the server with "
                "--allow-path FOLDER."
            )
        for folder in self.folders:
            try:
                file = (folder / path).resolve()
                inside = file.relative_to(folder)
                is_file = file.is_file()
            # Another folder or NUL; a name that is too long; circular links.
            except (ValueError, OSError, RuntimeError):
                continue
            if any(part.startswith(".") for part in inside.parts) or file.suffix.lower() not in SUFFIXES:
                raise InputError(
                    f"{path!r} is no article: hidden files are not read, and names must end in {', '.join(SUFFIXES)}."
                )
            if is_file:
                return file
        shown = ", ".join(map(str, self.folders))
        raise InputError(
            f"There is no article {path!r} in a folder that this server may read ({shown}). Give its path below one of these "
            "folders, or the text of the article."
        )
