"""`Source`: an article's text, and where it came from. No model is asked here.

text, file, page, URL -> decode -> (markdown: front matter | HTML: hidden parts out, main text) -> `Source`
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import ConfigDict, Field, field_validator

from briefing.errors import InputError
from briefing.sources.encodings import KINDS, SUFFIXES, decode, read_file
from briefing.sources.markup import LONE_SURROGATES, Page, is_page, read_page
from briefing.spans import Made
from briefing.text import detect_language, has_letter, primary_subtag

if TYPE_CHECKING:
    from briefing.quotations import Quotation
    from briefing.spans import Span

_BARE_URL = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*://|www\.)\S+\s*", re.IGNORECASE)
_BARE_FILE_NAME = re.compile(
    rf"\s*\S*[^\s.]({'|'.join(map(re.escape, (*SUFFIXES, '.pdf', '.docx')))})\s*", re.IGNORECASE
)


class Source(Made):
    """An article: its text, and where it came from.

    Make one with `from_text`, `from_file`, `from_html` or `from_url`. All offsets in `briefing` count code
    points of `text`. Immutable; two sources with equal fields are equal; pickles; JSON round-trips.

    Attributes:
        text: the article. Holds at least one letter.
        title: headline, if known.
        url: where it was published, if known.
        site: name of the publication, if known.
        date: day of publication as ISO 8601, like "2025-03-31", if known.
        lang: primary language subtag of BCP 47, like "en" or "de"; "und" if it cannot be told.
        path: name of the file, without its folder.
        encoding: Python's name of the encoding the bytes were in, if it was not UTF-8.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(repr=False)
    title: str | None = None
    url: str | None = None
    site: str | None = None
    date: str | None = None
    lang: str = "und"
    path: str | None = None
    encoding: str | None = None

    @field_validator("text")
    @classmethod
    def _has_letters(cls, text: str) -> str:
        if not has_letter(text):
            raise ValueError("the text has no letters")
        return text

    @functools.cached_property
    def sentences(self) -> list[Span]:
        """The numbered sentences; sentence 1 is `sentences[0]`."""
        from briefing.text import read_sentences

        return read_sentences(self.text, self.lang)

    @functools.cached_property
    def quotations(self) -> list[Quotation]:
        """What stands between quotation marks, in order."""
        from briefing.quotations import read_quotations

        return read_quotations(self.text, self.lang)

    @functools.cached_property
    def sha256(self) -> str:
        """SHA-256 of the text's UTF-8, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def __copy__(self) -> Self:
        copied = super().__copy__()
        # `model_copy(update={"text": ...})` must not inherit what was computed from the old text.
        for computed in copied.__dict__.keys() - type(self).model_fields.keys():
            del copied.__dict__[computed]
        return copied

    def __getstate__(self) -> dict[Any, Any]:
        fields = type(self).model_fields
        state = super().__getstate__()
        return {**state, "__dict__": {name: value for name, value in self.__dict__.items() if name in fields}}

    @classmethod
    def of(cls, value: str | os.PathLike[str] | Source, lang: str | None = None) -> Source:
        """What `summarize` takes: a `str` is text, a `Path` is a file, a `Source` is itself.

        Raises:
            InputError: any other type, a bare URL or file name, or what `from_text` and `from_file` refuse.
            ConfigurationError: `lang` is not a language tag.
        """
        if isinstance(value, Source):
            return value if lang is None else value.model_copy(update={"lang": primary_subtag(lang)})
        if isinstance(value, str):
            if _BARE_URL.fullmatch(value):
                raise InputError("A str is always text, and this one is a URL. Use Source.from_url(url).")
            if _BARE_FILE_NAME.fullmatch(value):
                raise InputError(
                    f"A str is always text, and {value.strip()[:200]!r} looks like the name of a file. "
                    "Use pathlib.Path(name), or Source.from_text if that is the article."
                )
            if is_page(value):
                raise InputError(
                    "A str is always text, and this one is a web page. Use Source.from_html(page), "
                    "or Source.from_text if its tags are the article."
                )
            return cls.from_text(value, lang=lang)
        if isinstance(value, os.PathLike):
            return cls.from_file(value, lang=lang)
        raise InputError(
            f"An article is a str (its text), a pathlib.Path (a file) or a briefing.Source, not {_type_name(value)}. "
            "For the bytes of a web page, use Source.from_html."
        )

    @classmethod
    def from_text(
        cls, text: str, lang: str | None = None, title: str | None = None, url: str | None = None
    ) -> Self:
        """Take a text as it is.

        Only a leading byte order mark is removed, and lone surrogates become U+FFFD one for one: everything
        else, line ends included, stays where it was.

        Args:
            text: the article.
            lang: language tag, like "en" or "pt-BR"; detected if `None`.
            title: headline.
            url: where it was published; nothing is fetched.

        Raises:
            InputError: not a `str`, empty, or without a single letter.
            ConfigurationError: `lang` is not a language tag.
        """
        if not isinstance(text, str):
            raise InputError(f"Source.from_text takes a str, not {_type_name(text)}.")
        return cls._build(Page(text, title=title, url=url), lang)

    @classmethod
    def from_file(
        cls, path: str | os.PathLike[str], lang: str | None = None, encoding: str | None = None
    ) -> Self:
        """Read a .txt, .md or .html file; files with other names are taken for what they hold.

        YAML front matter of markdown is removed, its title and date used; the rest stays as written.

        Args:
            path: the file.
            lang: language tag; detected if `None`.
            encoding: name of the encoding; detected if `None`.

        Raises:
            InputError: missing, a folder, not readable, binary, larger than 50 MB, of an encoding that
                cannot be told, or without text.
            ConfigurationError: no such encoding, or `lang` is not a language tag.
        """
        data = read_file(path)
        file = Path(os.fsdecode(path))
        kind = KINDS.get(file.suffix.lower())
        text, found = decode(data, kind, said=encoding)
        return cls._build(read_page(text, kind)._replace(path=file.name, encoding=found), lang)

    @classmethod
    def from_bytes(cls, data: bytes, lang: str | None = None, encoding: str | None = None) -> Self:
        """Read what came without a name, as from standard input: a text, or a web page if it begins like one.

        Args:
            data: the content.
            lang: language tag; detected if `None`.
            encoding: name of the encoding; detected if `None`.

        Raises:
            InputError: not `bytes`, binary, of an encoding that cannot be told, or without text.
            ConfigurationError: no such encoding, or `lang` is not a language tag.
        """
        if not isinstance(data, bytes):
            raise InputError(f"Source.from_bytes takes bytes, not {_type_name(data)}.")
        text, found = decode(data, None, said=encoding)
        return cls._build(read_page(text, None)._replace(encoding=found), lang)

    @classmethod
    def from_html(cls, html: str | bytes, url: str | None = None, lang: str | None = None) -> Self:
        """Take the main text of a web page, one paragraph per line, without what a reader would not see.

        Args:
            html: the page.
            url: where it was published; nothing is fetched. The page's own canonical URL if `None`.
            lang: language tag; detected if `None`.

        Raises:
            InputError: neither `str` nor `bytes`, of an encoding that cannot be told, or without text.
            ConfigurationError: `lang` is not a language tag.
        """
        if not isinstance(html, str | bytes):
            raise InputError(f"Source.from_html takes a str or bytes, not {_type_name(html)}.")
        text, encoding = (html, None) if isinstance(html, str) else decode(html, "html")
        return cls._build(read_page(text, "html", url)._replace(encoding=encoding), lang)

    @classmethod
    def from_url(
        cls,
        url: str,
        timeout: float = 20.0,
        max_bytes: int = 10_000_000,
        allow_private: bool = False,
        lang: str | None = None,
    ) -> Self:
        """Fetch a web page or a text from a public address; see `briefing.sources.fetching` for what is refused.

        Args:
            url: http or https. Proxies from the environment are not used.
            timeout: seconds for everything together.
            max_bytes: limit for the page, after decompression.
            allow_private: also fetch from loopback and private networks.
            lang: language tag; detected if `None`.

        Raises:
            ForbiddenUrlError: not http(s), with a password, or at an internal address.
            FetchError: no answer in time, an error status, too large, or not a text page.
            InputError: what came holds no text, or its encoding cannot be told.
            ConfigurationError: `lang` is not a language tag.
        """
        from briefing.sources.fetching import fetch

        if not isinstance(url, str):
            raise InputError(f"Source.from_url takes a str, not {_type_name(url)}.")
        fetched = fetch(url.strip(), timeout, max_bytes, allow_private)
        kind = KINDS.get(fetched.content_type) or ("text" if fetched.content_type else None)
        text, encoding = decode(fetched.body, kind, hint=fetched.charset)
        page = read_page(text, kind, fetched.url)
        return cls._build(page._replace(url=fetched.url, encoding=encoding), lang)

    @classmethod
    def _build(cls, page: Page, lang: str | None) -> Self:
        """The one door that every source comes in by."""
        text = LONE_SURROGATES.sub("\ufffd", page.text.removeprefix("\ufeff"))
        if not has_letter(text):
            problem = "has no letters" if text.strip() else "is empty"
            raise InputError(f"The article {problem}: there is nothing to brief. {page.advice}")
        return cls(
            text=text,
            title=_line(page.title),
            url=page.url,
            site=_line(page.site),
            date=_iso_date(page.date),
            lang=detect_language(text, page.lang) if lang is None else primary_subtag(lang),
            path=page.path,
            encoding=page.encoding,
        )


def _line(text: str | None) -> str | None:
    """A title or a name on one line, of a length that fits one."""
    return " ".join(text.split())[:300] or None if text else None


def _iso_date(text: str | None) -> str | None:
    try:
        return datetime.date.fromisoformat(text[:10]).isoformat() if text else None
    except ValueError:
        return None


def _type_name(value: object) -> str:
    return "None" if value is None else type(value).__name__
