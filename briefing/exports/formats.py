"""The table of the formats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import IO, Any, Protocol, cast

from briefing.errors import ConfigurationError
from briefing.exports.annotations import Document
from briefing.exports.folders import Folder


class Writer(Protocol):
    """Writes documents in a format; may raise an `InputError` or an `OSError`."""

    def add(self, document: Document) -> None:
        """Write a document, or keep it for the end."""

    def close(self) -> None:
        """Write what is left."""


@dataclass(frozen=True)
class Format:
    """A format.

    Attributes:
        summary: what it is, in a phrase.
        writer: module and name of its writer, which is made with a file or, for several files, with a `Folder`.
        is_folder: whether it is several files.
        is_text: whether a terminal can show it.
        needs_text: whether the text of the article is needed.
    """

    summary: str
    writer: tuple[str, str]
    is_folder: bool = False
    is_text: bool = True
    needs_text: bool = True

    def opened(self, target: IO[bytes] | Folder) -> Writer:
        """Return a writer to a file or folder.

        Raises:
            MissingExtraError: a package that it needs is not installed.
        """
        module, name = self.writer
        # Only now: spaCy and pyarrow take long to import.
        make = cast(Callable[[Any], Writer], getattr(import_module(f"briefing.exports.{module}"), name))
        return make(target)


FORMATS = {
    "brat": Format("brat standoff, a folder of .txt and .ann", ("brat", "BratWriter"), is_folder=True),
    "conll": Format("CoNLL columns with IOB2 tags", ("conll", "ConllWriter")),
    "csv": Format("table of passages for spreadsheets", ("table", "CsvWriter"), needs_text=False),
    "label-studio": Format(
        "Label Studio tasks with predictions, and the labeling configuration, in a folder",
        ("label_studio", "LabelStudioWriter"),
        is_folder=True,
    ),
    "ninjs": Format("IPTC ninjs 3.2, JSON lines", ("ninjs", "NinjsWriter")),
    "parquet": Format("table of passages", ("table", "ParquetWriter"), is_text=False, needs_text=False),
    "prodigy": Format("Prodigy examples, JSON lines", ("prodigy", "ProdigyWriter")),
    "schema-org": Format("schema.org NewsArticle and Quotation, JSON-LD", ("schema_org", "SchemaOrgWriter")),
    "spacy": Format("spaCy DocBin", ("spacy_docs", "SpacyWriter"), is_text=False),
    "web-annotation": Format("W3C Web Annotation, JSON-LD", ("web_annotation", "WebAnnotationWriter")),
    "web-annotation-utf16": Format(
        "the same with offsets in UTF-16 units, as Recogito counts", ("web_annotation", "Utf16Writer")
    ),
}


def format_named(name: str) -> Format:
    """Return the format of a name.

    Raises:
        ConfigurationError: there is none.
    """
    found = FORMATS.get(name)
    if found is None:
        raise ConfigurationError(f"{name!r} is no format to export to; give one of {', '.join(FORMATS)}")
    return found
