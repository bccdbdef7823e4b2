"""Bytes to text, for files and pages: encodings are told, never guessed silently."""

from __future__ import annotations

import codecs
import os
import re
from pathlib import Path
from typing import Literal

from briefing.errors import ConfigurationError, InputError
from briefing.text import detect_language

MAX_FILE_BYTES = 50_000_000

Kind = Literal["text", "markdown", "html"]

# By file suffix and by media type; `None` stands for "look at the content".
KINDS: dict[str, Kind] = {
    **dict.fromkeys((".txt", ".text", "text/plain"), "text"),
    **dict.fromkeys((".md", ".markdown", "text/markdown"), "markdown"),
    **dict.fromkeys((".html", ".htm", ".xhtml", "text/html", "application/xhtml+xml"), "html"),
}
SUFFIXES = tuple(name for name in KINDS if name.startswith("."))
_SAVE_AS_TEXT = "Save it as .txt or .html first."
_UNPACK = "Unpack it and name the article inside."
_BINARY = (
    (b"%PDF-", "a PDF", "Extract its text (pdftotext does) and use Source.from_text."),
    (b"\xd0\xcf\x11\xe0", "an old Office document", _SAVE_AS_TEXT),
    (b"{\\rtf", "an RTF document", _SAVE_AS_TEXT),
    (b"PK\x03\x04", "a ZIP archive or an Office document such as .docx", _SAVE_AS_TEXT),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"BZh91AY&SY", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ\x00", "an xz archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
    (b"\x89PNG", "a PNG image", "Only text can be briefed."),
    (b"\xff\xd8\xff", "a JPEG image", "Only text can be briefed."),
    (b"GIF87a", "a GIF image", "Only text can be briefed."),
    (b"GIF89a", "a GIF image", "Only text can be briefed."),
    (b"\x7fELF", "a program", "Only text can be briefed."),
)
_BYTE_ORDER_MARKS = (  # the longer ones first: UTF-32's begins like UTF-16's
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
# Pages that declare the encoding on the left are in the superset on the right (WHATWG Encoding Standard).
_SUPERSETS = {
    **dict.fromkeys(("iso8859-1", "ascii"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
}


def read_file(path: str | os.PathLike[str]) -> bytes:
    """Bytes of a file, or an `InputError` that says what to do."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        # A Path makes one slash of "://".
        is_url = re.match(r"https?:/", os.fsdecode(path), re.IGNORECASE)
        advice = (
            "That is a URL: use Source.from_url." if is_url else "Check the path and the working directory."
        )
        raise InputError(f"There is no file {os.fsdecode(path)!r}. {advice}") from error
    except IsADirectoryError as error:
        raise InputError(f"{os.fsdecode(path)!r} is a folder. Name the files in it, one by one.") from error
    except PermissionError as error:
        if Path(path).is_dir():  # what Windows says about folders
            raise InputError(
                f"{os.fsdecode(path)!r} is a folder. Name the files in it, one by one."
            ) from error
        raise InputError(f"{os.fsdecode(path)!r} may not be read. Check its permissions.") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise InputError(f"{os.fsdecode(path)!r} cannot be read: {error}.") from error
    except TypeError as error:
        raise InputError(f"Source.from_file takes a path, not {type(path).__name__}.") from error
    if len(data) > MAX_FILE_BYTES:
        raise InputError(
            f"{os.fsdecode(path)!r} is larger than {MAX_FILE_BYTES // 10**6} MB. Split it into its articles."
        )
    return data


def decode(  # noqa: C901, PLR0912  # rules in their order, each of two lines
    data: bytes, kind: Kind | None, *, said: str | None = None, hint: str | None = None
) -> tuple[str, str | None]:
    """Bytes to text, and the encoding's name unless it is UTF-8.

    `said` comes from the user and is binding; `hint` from an HTTP header, which is often wrong.
    """
    if said is not None:
        try:
            return data.decode(said), _unless_utf8(said)
        except UnicodeDecodeError as error:
            raise InputError(
                f"The article is not in {said}: {error.reason} at byte {error.start}."
            ) from error
        except (LookupError, ValueError) as error:
            raise ConfigurationError(
                f"There is no text encoding {said!r}. Try 'utf-8' or 'cp1252'."
            ) from error
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding), _unless_utf8(encoding)
            except UnicodeDecodeError as error:
                raise InputError(
                    f"The article begins like {encoding} and is damaged: {error.reason}."
                ) from error
    _refuse_binary(data)
    declared = [hint] if hint else []
    if kind in ("html", None) and (found := _DECLARED.search(data[:4096])):
        declared.append((found[1] or found[2]).decode("ascii"))
    if b"\x1b$" in data:  # ISO-2022-JP and its kin are valid, and meaningless, ASCII
        for label in (*declared, "iso2022_jp"):
            if label.lower().startswith("iso") and (text := _decode_declared(data, label)):
                return text
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError:
        pass
    for label in declared:
        if text := _decode_declared(data, label):
            return text
    if encoding_found := _guess_encoding(data):
        return data.decode(encoding_found), _unless_utf8(encoding_found)
    raise InputError(
        "The encoding cannot be told. Convert the article to UTF-8, or use Source.from_file(path, encoding=...)."
    )


def _decode_declared(data: bytes, label: str) -> tuple[str, str | None] | None:
    """Decode as declared; a few bad bytes, as cut or merged pages have, become U+FFFD."""
    try:
        encoding = _SUPERSETS.get(codecs.lookup(label).name, label)
        text = data.decode(encoding, "replace")
    except (LookupError, ValueError):
        return None
    return None if text.count("\ufffd") > len(text) // 200 else (text, _unless_utf8(encoding))


# Letters and marks of Western European prose, and what betrays a wrong guess: anything else, or a capital
# with an accent right after a small letter, as in "donÕt".
_ODD_IN_WESTERN = re.compile(
    "[^\x00-\x7fßà-öø-ÿÀ-ÖØ-ÞŒœŸŠšŽž«»‹›“”„‘’‚–—…€£§©®°·•¿¡ªº²³½¼´×\xa0\xad]|(?<=[a-zßà-öø-ÿ])[À-ÖØ-Þ‚§]|[žš](?=[a-z])"
)
_WESTERN_ENCODINGS = ("cp1252", "iso8859-15", "mac_roman", "cp850")
# Letters with accents of languages whose encodings differ in a few letters only, which tell best. Each language
# has its encodings in the order of their use.
_ALPHABETS = {
    "pl": ("ąćęłńóśźż", ("cp1250", "iso8859-2", "cp852")),
    "cs": ("áčďéěíňóřšťúůýž", ("cp1250", "iso8859-2", "cp852")),
    "sk": ("áäčďéíĺľňóôŕšťúýž", ("cp1250", "iso8859-2", "cp852")),
    "sl": ("čćđšž", ("cp1250", "iso8859-2", "cp852")),
    "hr": ("čćđšž", ("cp1250", "iso8859-2", "cp852")),
    "bs": ("čćđšž", ("cp1250", "iso8859-2", "cp852")),
    "sr": ("čćđšž", ("cp1250", "iso8859-2", "cp852")),
    "hu": ("áéíóöőúüű", ("cp1250", "iso8859-2", "cp852")),
    "ro": ("ăâîşţ", ("cp1250", "iso8859-2", "cp852")),
    "tr": ("âçğıİîöşûü", ("cp1254", "cp857")),
    "lt": ("ąčęėįšųūž", ("cp1257", "iso8859-4")),
    "lv": ("āčēģīķļņšūž", ("cp1257", "iso8859-4")),
    "et": ("äõöšüž", ("cp1257", "cp1252", "iso8859-15")),
}
_TYPOGRAPHY = frozenset("„“”‚‘’«»‹›–—…€£§©®°·•\xa0\xad")
_WESTERN_LANGUAGES = frozenset(
    [
        "af",
        "ca",
        "da",
        "de",
        "en",
        "es",
        "eu",
        "fi",
        "fr",
        "ga",
        "gl",
        "is",
        "it",
        "lb",
        "nl",
        "nn",
        "no",
        "oc",
        "pt",
        "sq",
        "sv",
    ]
)


def _guess_encoding(data: bytes) -> str | None:
    """The encoding of undeclared 8-bit text, or `None` if it would be a gamble."""
    from charset_normalizer import from_bytes

    letters = sum(data.count(bytes((byte,))) for byte in b"abcdefghijklmnopqrstuvwxyz")
    high = len(data) - len(data.translate(None, bytes(range(128, 256))))
    if letters > 5 * high and detect_language(data.decode("cp1252", "replace"), None) in _WESTERN_LANGUAGES:
        # charset-normalizer takes much Spanish for Central European; the letters tell better.
        oddness: dict[str, int] = {}
        for encoding in _WESTERN_ENCODINGS:
            try:
                oddness[encoding] = len(_ODD_IN_WESTERN.findall(data.decode(encoding)))
            except UnicodeDecodeError:
                continue
        best = min(oddness, key=oddness.__getitem__, default="")
        return best if best and oddness[best] <= high // 10 else None
    if letters > 3 * high and (known := _by_alphabet(data, high)):
        return known
    match = from_bytes(data[:50_000]).best()
    # Without a language recognized, a short text fits too many encodings.
    if match is None or match.chaos > 0.2 or (match.coherence == 0 and high < 100):
        return None
    # Mac Cyrillic has the small letters where Windows has them, and hardly exists.
    encoding = "cp1251" if match.encoding == "mac_cyrillic" else match.encoding
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return encoding


def _by_alphabet(data: bytes, high: int) -> str | None:
    """The encoding in which nearly every letter beyond ASCII belongs to the text's language, if there is one."""
    # Whatever the encoding, most letters are ASCII, and the language shows.
    known = _ALPHABETS.get(detect_language(data.decode("cp1250", "replace"), None))
    if known is None:
        return None
    alphabet, encodings = known
    strange: dict[str, int] = {}
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        strange[encoding] = sum(
            c > "\x7f" and c not in alphabet and c.lower() not in alphabet and c not in _TYPOGRAPHY
            for c in text
        )
    best = min(strange, key=strange.__getitem__, default="")
    return best if best and strange[best] <= high // 10 else None


def _unless_utf8(encoding: str) -> str | None:
    name = codecs.lookup(encoding).name
    return None if name in ("utf-8", "utf-8-sig", "ascii") else name


def _refuse_binary(data: bytes) -> None:
    for magic, kind, advice in _BINARY:
        if data.startswith(magic):
            raise InputError(f"That is {kind}, not text. {advice}")
    if b"\0" in data:
        raise InputError(
            "That is binary data, not text: it holds NUL bytes. If it is UTF-16 without a byte order mark, "
            "use Source.from_file(path, encoding='utf-16-le')."
        )
