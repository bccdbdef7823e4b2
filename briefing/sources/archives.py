"""ZIP archives that are documents: read within bounds, and their XML without entities."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any, Literal

from briefing.errors import InputError

#: Most entries of an archive, bytes that are unpacked of it, and elements of one of its XML files.
_MOST_ENTRIES, _MOST_BYTES, _MOST_ELEMENTS = 10_000, 50_000_000, 300_000
#: An entry of more than a megabyte that is packed to less than this share is a bomb.
_LARGE, _PACKED = 1_000_000, 1 / 200
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, KeyError)
_TYPES: dict[bytes, Literal["epub", "odt"]] = {
    b"application/epub+zip": "epub",
    b"application/vnd.oasis.opendocument.text": "odt",
}


class Archive:
    """The entries of a ZIP archive. `what` is what messages call it.

    Raises:
        InputError: the archive is damaged, or has too many entries.
    """

    def __init__(self, data: bytes, what: str) -> None:
        self._what = what
        self._left = _MOST_BYTES
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGE as error:
            raise self._damaged() from error
        self.names = self._zip.namelist()
        if len(self.names) > _MOST_ENTRIES:
            raise InputError(
                f"{what} has more than {_MOST_ENTRIES:,} files in it. Give the article's text instead."
            )

    def read(self, name: str) -> bytes:
        """Return an entry, unpacked.

        Raises:
            InputError: it is missing, damaged or encrypted, or the archive unpacks to too much.
        """
        try:
            entry = self._zip.getinfo(name)
            if entry.flag_bits & 1:
                raise InputError(f"{self._what} is encrypted. Save it without a password.")
            is_bomb = entry.file_size > _LARGE and entry.compress_size < _PACKED * entry.file_size
            if is_bomb or entry.file_size > self._left:
                raise self._too_large()
            with self._zip.open(entry) as file:
                data = file.read(self._left + 1)
        except _DAMAGE as error:
            raise self._damaged() from error
        self._left -= len(data)
        if self._left < 0:
            raise self._too_large()
        return data

    def read_xml(self, name: str) -> Any:
        """Return the root element of an entry that is XML.

        Raises:
            InputError: as for `read`, or it is not valid XML, declares a document type, or has too many elements.
        """
        return parse_xml(self.read(name), self._what)

    def _damaged(self) -> InputError:
        return InputError(f"{self._what} is damaged. Open it in its program, and save it again.")

    def _too_large(self) -> InputError:
        return InputError(
            f"{self._what} unpacks to more than {_MOST_BYTES // 10**6} MB, or to 200 times its size. Give the article's text."
        )


def parse_xml(data: bytes, what: str) -> Any:
    """Return the root element of XML without a document type, so that there are no entities to expand or fetch.

    Raises:
        InputError: it is not valid XML, declares a document type, or has too many elements.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_pis=True, remove_comments=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError(f"{what} is damaged. Open it in its program, and save it again.") from error
    if root.getroottree().docinfo.doctype:
        raise InputError(f"{what} declares a document type, as none that a program has saved does.")
    if sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        raise InputError(f"{what} has more than {_MOST_ELEMENTS:,} elements. Split it into single articles.")
    return root


def document_format(data: bytes) -> Literal["docx", "epub", "odt"] | None:
    """Return which document a ZIP archive is; `None` if it is another archive, or damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "mimetype" in names:
                with archive.open("mimetype") as file:
                    return _TYPES.get(file.read(100).strip())
    except (*_DAMAGE, RuntimeError):  # RuntimeError: an encrypted entry
        return None
    return "docx" if "word/document.xml" in names else None
