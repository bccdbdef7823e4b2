"""`Source`: the text of an article and where it was published. Reading it needs no model.

file, bytes, URL -> reader of the format, else decode -> (Markdown: remove front matter | HTML: remove hidden elements,
extract the main text) -> `Source`
"""

from __future__ import annotations

import bisect
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import ConfigDict, field_validator

from briefing.errors import InputError
from briefing.sources.arguments import iso_date, one_title, refuse_names_and_pages, type_name
from briefing.sources.documents import read_document, read_text
from briefing.sources.encodings import KINDS, read_file
from briefing.sources.markup import LONE_SURROGATES, Page, read_page
from briefing.sources.origins import FromPage
from briefing.sources.unread import Unread
from briefing.text import detect_language, has_letter, primary_subtag
from briefing.threads import cached_property

if TYPE_CHECKING:
    from briefing.errors import BriefingError
    from briefing.quotations import Quotation
    from briefing.spans import Span

#: Most characters of the title or text in a `repr`.
_REPR_CHARACTERS = 60


class Source(FromPage):
    """The text of an article and where it was published.

    Create one with `from_text`, `from_file`, `from_html`, `from_bytes`, `from_url`, `from_pdf` or `from_feed`. Offsets
    anywhere in `briefing` count code points of `text`. Immutable and picklable. Sources with equal fields are equal, also after a round trip
    through JSON.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    text: str
    """The article. Contains at least one letter."""

    title: str | None = None
    """Headline, if known."""

    url: str | None = None
    """URL the article was published at, if known."""

    site: str | None = None
    """Name of the publication, if known."""

    date: str | None = None
    """Date of publication in ISO 8601, such as "2025-03-31", if known."""

    authors: tuple[str, ...] = ()
    """Names of the authors or, of a mail, of its sender, if known."""

    lang: str = "und"
    """Primary language subtag (BCP 47), such as "en" or "de"; "und" if it could not be detected."""

    path: str | None = None
    """Name of the file that was read, without its folder."""

    encoding: str | None = None
    """Python's name of the encoding of the bytes that were read; `None` for UTF-8 and for a `str`."""

    warnings: tuple[str, ...] = ()
    """What was doubtful when the article was read, such as damaged bytes or hidden text."""

    labels: tuple[tuple[int, str], ...] = ()
    """Offsets at which parts of the text begin, in order, each with the part's label, such as "page 3"."""

    @field_validator("text")
    @classmethod
    def _has_letters(cls, text: str) -> str:
        if not has_letter(text):
            raise ValueError("the text has no letters")
        return text

    @cached_property
    def sentences(self) -> list[Span]:
        """The sentences as `Span`s of `text`, in order. Sentence number 1 of a prompt is `sentences[0]`.

        Computed on first use and cached. Takes no arguments and raises no errors.
        """
        from briefing.text import read_sentences

        return self.label_spans(read_sentences(self.text, self.lang))

    @cached_property
    def quotations(self) -> list[Quotation]:
        """The quotations between quotation marks of any language, in order, with their speakers.

        If the text is a transcript, so is what its speakers say ("MR LIND: …"), long turns in pieces of a few sentences.
        A quotation nested in another one is part of the outer one. Computed on first use and cached. Takes no
        arguments and raises no errors.
        """
        from briefing.quotations import read_quotations, with_turns

        found = with_turns(read_quotations(self.text, self.lang), self.text, self.sentences)
        for quotation in found if self.labels else ():
            self.label_spans(filter(None, (*quotation.spans, quotation.speaker_span)))
        return found

    def label_of(self, offset: int) -> str | None:
        """Return the label of the part that a place of `text` is in; `None` if it is in none."""
        number = bisect.bisect_right(self.labels, offset, key=lambda label: label[0])
        return self.labels[number - 1][1] if number else None

    def label_spans(self, spans: Iterable[Span]) -> list[Span]:
        """Set the labels of spans of `text` that nobody else has yet, and return them."""
        found = list(spans)
        for span in found if self.labels else ():
            object.__setattr__(span, "label", self.label_of(span.start))
        return found

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of `text` in UTF-8, as 64 hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        opening = " ".join((self.title or self.text[:200]).split())
        yield None, opening if len(opening) <= _REPR_CHARACTERS else f"{opening[:_REPR_CHARACTERS]}…"
        yield "lang", self.lang
        yield "characters", len(self.text)

    @classmethod
    def of(cls, value: str | os.PathLike[str] | Source, lang: str | None = None) -> Source:
        """Convert an article in any form that `summarize` accepts to a `Source`.

        Args:
            value: a `str` is the text itself, a `pathlib.Path` a file, a `Source` is returned as it is.
            lang: `str`, BCP 47 language tag, such as ``en`` or ``pt-BR``. Default `None`: detected; for a `Source`,
                unchanged.

        Raises:
            InputError: `value` has another type, is a `str` that holds only a URL or file name or a whole web page,
                or is refused by `from_text` or `from_file`.
            ConfigurationError: `lang` is not a language tag.
        """
        if isinstance(value, Source):
            return value if lang is None else value.model_copy(update={"lang": primary_subtag(lang)})
        if isinstance(value, str):
            refuse_names_and_pages(value)
            return cls.from_text(value, lang=lang)
        if isinstance(value, Unread):
            return cls.of(value.source(), lang)
        if isinstance(value, os.PathLike):
            return cls.from_file(value, lang=lang)
        raise InputError(
            "An article must be a str (its text), a pathlib.Path (a file) or a briefing.Source, "
            f"not {type_name(value)}. For the bytes of a web page, use Source.from_html."
        )

    @classmethod
    def from_text(
        cls, text: str, lang: str | None = None, title: str | None = None, url: str | None = None
    ) -> Self:
        """Create a source from a string.

        The text stays unchanged, line ends included, so that offsets are those of the caller's string. Exceptions: a
        leading byte order mark is removed, and every lone surrogate is replaced by U+FFFD.

        Args:
            text: `str`, the article.
            lang: `str`, BCP 47 language tag, such as ``en`` or ``pt-BR``. Default `None`: detected.
            title: `str`, the headline. Default `None`: unknown.
            url: `str`, URL the article was published at; it is not fetched. Default `None`: unknown.

        Raises:
            InputError: `text` is not a `str`, is empty, or has no letters.
            ConfigurationError: `lang` is not a language tag.
        """
        if not isinstance(text, str):
            raise InputError(f"Source.from_text takes a str, not {type_name(text)}.")
        return cls._build(Page(text, title=title, url=url), lang)

    @classmethod
    def from_file(
        cls, path: str | os.PathLike[str], lang: str | None = None, encoding: str | None = None
    ) -> Self:
        """Read a file: text, Markdown, HTML, a mail, a PDF (as `from_pdf`), a Word document, an ODT or an EPUB.

        Mails (``.eml``, ``.mht``, ``.mhtml``), PDFs, DOCX, ODT and EPUB are told by their content, too, whatever the suffix:
        `warnings` name what was left out of them. The format of others follows from the suffix (``.txt``, ``.text``, ``.md``, ``.markdown``,
        ``.html``, ``.htm``, ``.xhtml``). A file with another suffix is read as HTML if it begins like a web page, otherwise
        as text. YAML front matter of Markdown is removed from the text; title and date are taken from it.

        Args:
            path: `str` or `pathlib.Path`, path of the file, of at most 50 MB.
            lang: `str`, BCP 47 language tag, such as ``en`` or ``pt-BR``. Default `None`: detected.
            encoding: `str`, Python's name of the file's encoding, such as ``cp1252``. Default `None`: detected.

        Raises:
            InputError: the file does not exist, is a folder, cannot be read, is binary, a feed or other XML than
                a page, is an encrypted or damaged document, is larger than 50 MB, is not in
                `encoding`, has an encoding that cannot be
                detected, or has no letters.
            ConfigurationError: Python has no encoding named `encoding`, or `lang` is not a language tag.
        """
        data = read_file(path)
        file = Path(os.fsdecode(path))
        kind = KINDS.get(file.suffix.lower())
        page = read_document(data, kind, encoding=encoding, suffix=file.suffix)
        return cls._build(page._replace(path=file.name), lang)

    @classmethod
    def from_bytes(cls, data: bytes, lang: str | None = None, encoding: str | None = None) -> Self:
        """Read content that has no file name, for example from standard input.

        It is read as HTML if it begins like a web page, as a mail, a PDF, a Word document or an
        EPUB if it is one, otherwise as text.

        Args:
            data: `bytes`, the content.
            lang: `str`, BCP 47 language tag, such as ``en`` or ``pt-BR``. Default `None`: detected.
            encoding: `str`, Python's name of the encoding, such as ``cp1252``. Default `None`: detected.

        Raises:
            InputError: `data` is not `bytes`, is binary, a feed or other XML than a page, an encrypted mail, is not in
                `encoding`, has an encoding that cannot be detected, or has no letters.
            ConfigurationError: Python has no encoding named `encoding`, or `lang` is not a language tag.
        """
        if not isinstance(data, bytes):
            raise InputError(f"Source.from_bytes takes bytes, not {type_name(data)}.")
        return cls._build(read_document(data, None, encoding=encoding), lang)

    @classmethod
    def from_html(cls, html: str | bytes, url: str | None = None, lang: str | None = None) -> Self:
        """Extract the main text of a web page, one paragraph per line.

        Navigation, footers and elements that a browser would not display are removed. Title, site and date are taken
        from the page's metadata.

        Args:
            html: `str` or `bytes`, the page.
            url: `str`, URL the page was published at; it is not fetched. Default `None`: the canonical URL that the
                page names, if it names one.
            lang: `str`, BCP 47 language tag, such as ``en`` or ``pt-BR``. Default `None`: detected.

        Raises:
            InputError: `html` is neither `str` nor `bytes`, has an encoding that cannot be detected, is larger than 50 MB,
                nests more than 2,000 elements, has more than 150,000 elements, 300,000 attributes or 1,000 attributes
                in one element, or has no letters in its visible text.
            ConfigurationError: `lang` is not a language tag.
        """
        if not isinstance(html, str | bytes):
            raise InputError(f"Source.from_html takes a str or bytes, not {type_name(html)}.")
        if isinstance(html, str):
            return cls._build(read_page(html, "html", url), lang)
        return cls._build(read_text(html, "html", url=url), lang)

    @classmethod
    def from_url(
        cls,
        url: str,
        timeout: float = 20.0,
        max_bytes: int = 10_000_000,
        allow_private: bool = False,
        lang: str | None = None,
    ) -> Self:
        """Fetch a web page, a text or a PDF from a public address.

        Follows at most five redirects. Proxies from the environment are not used, because the check of addresses
        could not see through them.

        Args:
            url: `str`, an http or https URL without user name and password.
            timeout: `float`, seconds for the whole fetch, from DNS to the last byte, default 20.
            max_bytes: `int`, largest size of the body in bytes, compressed and decompressed, default 10,000,000.
            allow_private: `bool`, also fetch from loopback and private networks, default `False`.
            lang: `str`, BCP 47 language tag, such as ``en`` or ``pt-BR``. Default `None`: detected.

        Raises:
            ForbiddenUrlError: `url`, or a URL it redirects to, is not http or https, contains a password, has the port
                of another service, or leads to an internal address.
            FetchError: the server cannot be reached, did not answer in time, or answered with an error status, with
                too many bytes, with a sixth redirect, or with another media type.
            InputError: `url` is not a `str`, the PDF is refused by `from_pdf`, or the page has an encoding that cannot be detected or no letters.
            ConfigurationError: `lang` is not a language tag.
        """
        from briefing.sources.fetching import fetch

        if not isinstance(url, str):
            raise InputError(f"Source.from_url takes a str, not {type_name(url)}.")
        fetched = fetch(url.strip(), timeout, max_bytes, allow_private)
        kind = KINDS.get(fetched.content_type) or ("text" if fetched.content_type else None)
        page = read_document(fetched.body, kind, charset=fetched.charset, url=fetched.url)
        return cls._build(page._replace(url=fetched.url), lang)

    @classmethod
    def from_pdf(
        cls,
        pdf: str | os.PathLike[str] | bytes,
        *,
        password: str | None = None,
        max_pages: int = 500,
        lang: str | None = None,
    ) -> Self:
        """Read a PDF in reading order, without running heads and page numbers; spans have its pages as labels.

        Args:
            pdf: `str` or `pathlib.Path`, path of the file, of at most 50 MB; or `bytes`, its content.
            password: `str`, the password of an encrypted file. Default `None`.
            max_pages: `int`, most pages to read, default 500.
            lang: `str`, BCP 47 language tag, such as ``en`` or ``pt-BR``. Default `None`: detected.

        Raises:
            InputError: the file cannot be read, is damaged, is encrypted with another password, has more pages than
                `max_pages`, or has no text, as a scan before OCR.
            MissingExtraError: the extra `pdf` is not installed.
            ConfigurationError: `lang` is not a language tag.
        """
        from briefing.sources.pdf import read_pdf

        if isinstance(pdf, bytes):
            return cls._build(read_pdf(pdf, password, max_pages), lang)
        page = read_pdf(read_file(pdf), password, max_pages)
        return cls._build(page._replace(path=Path(os.fsdecode(pdf)).name), lang)

    @classmethod
    def from_feed(
        cls,
        feed: str | os.PathLike[str] | bytes,
        *,
        pages: bool = False,
        timeout: float = 20.0,
        max_bytes: int = 10_000_000,
        allow_private: bool = False,
        lang: str | None = None,
        on_error: Callable[[BriefingError], None] | None = None,
    ) -> list[Source]:
        """Read the entries of a feed: RSS, Atom, RDF or JSON Feed.

        Args:
            feed: `str`, URL of the feed; `pathlib.Path`, its file; or `bytes`, its content.
            pages: `bool`, fetch the page that each entry links to. Default `False`: the text that the feed has of it.
            timeout: `float`, seconds for each fetch, default 20.
            max_bytes: `int`, largest size of the feed and of each page in bytes, default 10,000,000.
            allow_private: `bool`, also fetch from loopback and private networks, default `False`.
            lang: `str`, BCP 47 language tag, such as ``en`` or ``pt-BR``. Default `None`: detected.
            on_error: called with the error of each entry that cannot be read, because the feed has no text of it, or
                its page cannot be fetched. Default `None`: a warning is logged (logger ``briefing``).

        Returns:
            The entries that can be read, in the order of the feed.

        Raises:
            ForbiddenUrlError, FetchError: the feed cannot be fetched; as for `from_url`.
            InputError: `feed` is no feed, has more than 1,000 entries, or has none that can be read.
            ConfigurationError: `lang` is not a language tag.
        """
        from briefing.sources.feed_entries import feed_entries, read_entries

        entries = feed_entries(
            feed, pages=pages, timeout=timeout, max_bytes=max_bytes, allow_private=allow_private, lang=lang
        )
        return read_entries(entries, on_error)

    @classmethod
    def _build(cls, page: Page, lang: str | None) -> Self:
        """Clean and check what was read. Every constructor ends here."""
        text = LONE_SURROGATES.sub("\ufffd", page.text.removeprefix("\ufeff"))
        if not has_letter(text):
            problem = "has no letters" if text.strip() else "is empty"
            raise InputError(f"The article {problem}. {page.advice}")
        source = cls(
            text=text,
            title=one_title(page.title),
            url=page.url,
            site=one_title(page.site),
            date=iso_date(page.date),
            authors=tuple(filter(None, map(one_title, page.authors))),
            lang=detect_language(text, page.lang) if lang is None else primary_subtag(lang),
            path=page.path,
            encoding=page.encoding,
            warnings=page.warnings,
            labels=page.labels,
        )
        source.keep_html(page.html)
        return source
