"""Decode files and pages: formats by suffix and media type, detection of encodings, refusal of binary data."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from briefing.atomic_write import open_to_read
from briefing.errors import ConfigurationError, InputError
from briefing.sources.formats import READ_AS, refuse_binary, refuse_other_formats
from briefing.text import detect_language

MAX_FILE_BYTES = 50_000_000

Kind = Literal["text", "markdown", "html"]

#: Formats by file suffix and by media type. Code that finds none looks at the content.
KINDS: dict[str, Kind] = {
    **dict.fromkeys((".txt", ".text", "text/plain"), "text"),
    **dict.fromkeys((".md", ".markdown", "text/markdown"), "markdown"),
    **dict.fromkeys((".html", ".htm", ".xhtml", "text/html", "application/xhtml+xml"), "html"),
}
SUFFIXES = (*(name for name in KINDS if name.startswith(".")), *READ_AS)
_BYTE_ORDER_MARKS = (  # UTF-32 before UTF-16, whose little-endian mark is its prefix
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"""<meta[^>]{1,200}charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]+encoding\s*=\s*["']([\w.:-]+)""",
    re.IGNORECASE,
)


#: Valid sequences of several bytes for each damaged one, from which on a text is UTF-8 whatever is declared.
_CERTAIN_UTF8 = 10
_SEQUENCES = re.compile(rb"[\xc2-\xf4][\x80-\xbf]{1,3}")
#: Of so many characters, one may be damaged; and of so many bytes, one may be NUL.
_DAMAGED, _NULS = 200, 1000


class Decoded(NamedTuple):
    """An article's text, Python's name of its encoding (`None` for UTF-8), and what was wrong with the bytes."""

    text: str
    encoding: str | None
    warnings: tuple[str, ...] = ()


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Return the content of a file.

    Raises:
        InputError: the file does not exist, is a folder, cannot be read, or is larger than `MAX_FILE_BYTES`.
    """
    try:
        with open_to_read(Path(path)) as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        # Path collapses the slashes of "https://".
        is_url = re.match(r"https?:/", os.fsdecode(path), re.IGNORECASE)
        advice = (
            "It is a URL: use Source.from_url." if is_url else "Check the path and the working directory."
        )
        raise InputError(f"There is no file {os.fsdecode(path)!r}. {advice}") from error
    except (IsADirectoryError, PermissionError) as error:
        problem = "cannot be read. Check its permissions."
        if Path(path).is_dir():  # Windows reports folders as PermissionError
            problem = "is a folder. Pass the files in it, one by one."
        raise InputError(f"{os.fsdecode(path)!r} {problem}") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        raise InputError(f"{os.fsdecode(path)!r} cannot be read: {error}.") from error
    except TypeError as error:
        raise InputError(f"Source.from_file takes a path, not {type(path).__name__}.") from error
    if len(data) > MAX_FILE_BYTES:
        raise InputError(
            f"{os.fsdecode(path)!r} is larger than {MAX_FILE_BYTES // 10**6} MB. Split it into single articles."
        )
    return data


def decode(
    data: bytes,
    kind: Kind | None,
    *,
    encoding: str | None = None,
    charset: str | None = None,
    suffix: str = "",
) -> Decoded:
    """Return an article's text, its encoding and warnings.

    In this order: the caller's `encoding`, a byte order mark, ISO-2022 escape sequences, UTF-8 with few damaged bytes, the
    declared encodings (`charset` of an HTTP header, which is often wrong, then the page's own), detection.

    Raises:
        InputError: binary data, a feed, a mail or other XML than a page, bytes that are not in `encoding`, or an
            encoding that cannot be detected.
        ConfigurationError: Python has no text encoding of that name.
    """
    refuse_binary(data, suffix)
    decoded = decode_text(data, kind, encoding=encoding, charset=charset)
    refuse_other_formats(decoded.text, html=kind == "html")
    return decoded


def decode_text(
    data: bytes, kind: Kind | None, *, encoding: str | None = None, charset: str | None = None
) -> Decoded:
    """As `decode`, for data that is known to be text: not refused if it looks like another format."""
    if encoding is not None:
        return _decode_as(data, encoding)
    for mark, marked in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            try:
                return Decoded(data.decode(marked), _unless_utf8(marked))
            except UnicodeDecodeError as error:
                if marked == "utf-8" and (text := _damaged_utf8(data)):
                    return text
                raise InputError(
                    f"The article has the byte order mark of {marked} and is damaged: {error.reason}. "
                    "Save it as UTF-8."
                ) from error
    data, warnings = _without_nuls(data)
    _refuse_nul(data)
    found = _decode_unmarked(data, kind, charset)
    return found._replace(warnings=warnings + found.warnings)


def _decode_as(data: bytes, encoding: str) -> Decoded:
    try:
        return Decoded(data.decode(encoding), _unless_utf8(encoding))
    except UnicodeDecodeError as error:
        raise InputError(
            f"The article is not in {encoding}: {error.reason} at byte {error.start}. "
            "Give its encoding, or none to have it detected."
        ) from error
    except (LookupError, ValueError) as error:
        raise ConfigurationError(
            f"encoding={encoding!r}: Python has no text encoding of that name. Use 'utf-8' or 'cp1252', for example."
        ) from error


def _decode_unmarked(data: bytes, kind: Kind | None, charset: str | None) -> Decoded:
    declared = [charset] if charset else []
    if kind in ("html", None) and (found := _DECLARED.search(data[:4096])):
        declared.append((found[1] or found[2]).decode("ascii"))
    if b"\x1b$" in data:  # text in ISO-2022 encodings is also valid ASCII
        for label in (*declared, "iso2022_jp"):
            if label.lower().startswith("iso") and (text := _decode_declared(data, label)):
                return text
    with contextlib.suppress(UnicodeDecodeError):
        return Decoded(data.decode("utf-8"), None)
    damaged = _damaged_utf8(data)
    if damaged and len(_SEQUENCES.findall(data)) >= _CERTAIN_UTF8 * damaged.text.count("\ufffd"):
        return damaged
    for label in declared:
        if text := _decode_declared(data, label):
            return text
    if detected := _detect_encoding(data):
        return Decoded(data.decode(detected), _unless_utf8(detected))
    if damaged:
        return damaged
    raise InputError(
        "The article's encoding cannot be detected. Convert it to UTF-8, or use Source.from_file(path, encoding=...)."
    )


def utf8_of_marked(data: bytes) -> bytes:
    """Return data that begins with a byte order mark in UTF-8, without the mark; other data as it is."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").removeprefix("\ufeff").encode(errors="replace")
    return data


def _damaged_utf8(data: bytes) -> Decoded | None:
    """Decode as UTF-8, with U+FFFD for invalid bytes; `None` if more than one character in 200 becomes one."""
    text = data.decode("utf-8", "replace")
    count = text.count("\ufffd") - data.count("\ufffd".encode())
    if count > max(1, len(text) // _DAMAGED):
        return None
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        where = f"byte {error.start} (0x{data[error.start]:02x}) is not valid UTF-8"
        others = f", nor are {count - 1} others" if count > 1 else ""
        return Decoded(text, None, (f"{where}{others}; read as U+FFFD",))
    return Decoded(text, None)


def _without_nuls(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Remove NUL bytes if there are few; text in UTF-16 and binary data have many."""
    count = data.count(b"\0")
    if not 0 < count <= max(1, len(data) // _NULS) or len(data) < _DAMAGED:
        return data, ()
    return data.replace(b"\0", b""), (f"{count} NUL byte{'s were' if count > 1 else ' was'} removed",)


def _decode_declared(data: bytes, label: str) -> Decoded | None:
    """Decode as declared, with U+FFFD for invalid bytes; `None` if more than one character in 200 becomes one."""
    import webencodings  # type: ignore[import-untyped, unused-ignore]

    # Browsers read "iso-8859-1" as its superset cp1252, "gb2312" as GBK and so on (WHATWG Encoding Standard).
    known = webencodings.lookup(label)
    encoding = known.codec_info.name if known else label
    encoding = "gb18030" if encoding == "gbk" else encoding
    if encoding == "utf-8":
        return _damaged_utf8(data)
    try:
        text = data.decode(encoding, "replace")
    except (LookupError, ValueError):
        return None
    count = text.count("\ufffd")
    if count > len(text) // _DAMAGED:
        return None
    told = (f"{count} byte{'s are' if count > 1 else ' is'} not valid {encoding}; read as U+FFFD",)
    return Decoded(text, _unless_utf8(encoding), told if count else ())


# Evidence against a Western European encoding: characters that Western European prose does not use, or an accented
# capital right after a lower-case letter, as in "donÕt".
_ODD_IN_WESTERN = re.compile(
    "[^\x00-\x7fßà-öø-ÿÀ-ÖØ-ÞŒœŸŠšŽž«»‹›“”„‘’‚–—…€£§©®°·•¿¡ªº²³½¼´×\xa0\xad]|(?<=[a-zßà-öø-ÿ])[À-ÖØ-Þ‚§]|[žš](?=[a-z])"
)
_WESTERN_ENCODINGS = ("cp1252", "iso8859-15", "mac_roman", "cp850")
# Accented letters of languages whose encodings differ in few letters only, and those encodings, most frequent first.
_ALPHABETS = {
    "pl": ("ąćęłńóśźż", ("cp1250", "iso8859-2", "cp852")),
    "cs": ("áčďéěíňóřšťúůýž", ("cp1250", "iso8859-2", "cp852")),
    "sk": ("áäčďéíĺľňóôŕšťúýž", ("cp1250", "iso8859-2", "cp852")),
    **dict.fromkeys(("sl", "hr", "bs", "sr"), ("čćđšž", ("cp1250", "iso8859-2", "cp852"))),
    "hu": ("áéíóöőúüű", ("cp1250", "iso8859-2", "cp852")),
    "ro": ("ăâîşţ", ("cp1250", "iso8859-2", "cp852")),
    "tr": ("âçğıİîöşûü", ("cp1254", "cp857")),
    "lt": ("ąčęėįšųūž", ("cp1257", "iso8859-4")),
    "lv": ("āčēģīķļņšūž", ("cp1257", "iso8859-4")),
    "et": ("äõöšüž", ("cp1257", "cp1252", "iso8859-15")),
}
_TYPOGRAPHY = frozenset("„“”‚‘’«»‹›–—…€£§©®°·•\xa0\xad")
_WESTERN_LANGUAGES = frozenset(
    ("af", "ca", "da", "de", "en", "es", "eu", "fi", "fr", "ga", "gl", "is", "it", "lb", "nl", "nn", "no", "oc",
     "pt", "sq", "sv")
)  # fmt: skip


def _detect_encoding(data: bytes) -> str | None:
    """Detect the encoding of undeclared 8-bit text; `None` where the evidence is thin."""
    from charset_normalizer import from_bytes

    letters = sum(data.count(bytes((byte,))) for byte in b"abcdefghijklmnopqrstuvwxyz")
    high = len(data) - len(data.translate(None, bytes(range(128, 256))))
    if letters > 5 * high and detect_language(data.decode("cp1252", "replace"), None) in _WESTERN_LANGUAGES:
        # charset-normalizer takes much Spanish text for Central European; counting odd characters is safer.
        return _least_odd(data, _WESTERN_ENCODINGS, lambda text: len(_ODD_IN_WESTERN.findall(text)), high)
    if letters > 3 * high and (known := _by_alphabet(data, high)):
        return known
    match = from_bytes(data[:50_000]).best()
    # A short text in no recognized language fits too many encodings.
    if match is None or match.chaos > 0.2 or (match.coherence == 0 and high < 100):
        return None
    # Mac Cyrillic shares its lower-case letters with cp1251, and is hardly used.
    encoding = "cp1251" if match.encoding == "mac_cyrillic" else match.encoding
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return encoding


def _by_alphabet(data: bytes, high: int) -> str | None:
    """The encoding in which at least nine in ten non-ASCII characters fit the text's language; `None` without one."""
    # A language is recognized with nearly all of its letters, which the first encoding of it gives.
    for first in ("cp1250", "cp1257", "cp1254"):
        alphabet, encodings = _ALPHABETS.get(
            detect_language(data.decode(first, "replace"), None), (frozenset[str](), ())
        )

        def strange(text: str, alphabet: Collection[str] = alphabet) -> int:
            return sum(
                c > "\x7f" and c not in alphabet and c.lower() not in alphabet and c not in _TYPOGRAPHY
                for c in text
            )

        if first in encodings and (found := _least_odd(data, encodings, strange, high)):
            return found
    return None


def _least_odd(data: bytes, encodings: Iterable[str], odd: Callable[[str], int], high: int) -> str | None:
    """Return the encoding with the fewest odd characters, if they are at most a tenth of the `high` non-ASCII bytes."""
    counts: dict[str, int] = {}
    for encoding in encodings:
        with contextlib.suppress(UnicodeDecodeError):
            counts[encoding] = odd(data.decode(encoding))
    best = min(counts, key=counts.__getitem__, default="")
    return best if best and counts[best] <= high // 10 else None


def _unless_utf8(encoding: str) -> str | None:
    name = codecs.lookup(encoding).name
    return None if name in ("utf-8", "utf-8-sig", "ascii") else name


def _refuse_nul(data: bytes) -> None:
    if b"\0" in data:
        raise InputError(
            "The article is binary data, not text: it contains NUL bytes. If it is UTF-16 without a byte order mark, "
            "use Source.from_file(path, encoding='utf-16-le')."
        )
