"""Take a mail's text apart: its own words, quoted replies, and the signature."""

from __future__ import annotations

import re
from typing import NamedTuple

import regex

#: "From" in the headers that mail programs write above what they quote, in the languages of their users.
_FROM = (
    "From", "Von", "De", "Da", "Van", "Från", "Fra", "Od", "Lähettäjä", "Feladó", "Kimden", "Gönderen", "От", "Від", "Από",
    "发件人", "寄件者", "寄件人", "差出人", "보낸 사람", "מאת", "من",
)  # fmt: skip
#: Prefixes of a subject, by mail programs in several languages.
_REPLY = ("re", "aw", "sv", "antw", "ynt", "odp", "res", "回复", "答复", "回覆")
_FORWARD = ("fwd?", "wg", "tr", "rv", "enc", "i", "doorst", "转发", "轉寄", "пересл")
_PREFIX = re.compile(
    rf"\s*(?:(?P<forward>{'|'.join(_FORWARD)})|(?:{'|'.join(_REPLY)}))\s*(?:\[\d{{1,3}}\])?\s*[:：]\s*",
    re.IGNORECASE,
)
#: The headers of a quoted mail: "From: …" and at least two more, with or without a ruled line above.
_HEADERS = regex.compile(
    r"^(?:[ \t]*[-_]{5,}[^\n]*\n(?:[ \t]*\n)?)?"
    rf"[ \t]*\*?(?:{'|'.join(_FROM)})[ \t]?\*?[:：]\*?[ \t]?[^\n]{{1,300}}\n"
    r"(?:[ \t]*\*?\p{L}[\p{L} .\-]{0,24}\*?[:：]\*?[ \t]?[^\n]{0,1000}(?:\n|\Z)){2,10}+",
    regex.MULTILINE | regex.IGNORECASE,
)
_SIGNATURE = re.compile(r"^--[ \t]?\n", re.MULTILINE)
_LONGEST_SIGNATURE = 1_500
_QUOTED_LINE = re.compile(r"[ \t]{0,3}>")
#: Most lines and characters of "On 3 March 2025, Ida Moe <ida@…> wrote:" above a quotation.
_MOST_LINES, _LONGEST_INTRODUCTION = 3, 300


class OwnText(NamedTuple):
    """A mail's own text, and phrases that say what was left out."""

    text: str
    left_out: tuple[str, ...]


def bare_subject(subject: str) -> tuple[str, bool]:
    """Return a subject without "Re:", "Fwd:" and the like, and whether it is that of a forwarded mail."""
    forwarded = False
    while found := _PREFIX.match(subject):
        forwarded = forwarded or found["forward"] is not None
        subject = subject[found.end() :]
    return subject, forwarded


def own_text(text: str, *, forwarded: bool) -> OwnText:
    """Return a mail's text without what it quotes from other mails and without the signature.

    Of a forwarded mail, only the headers of the other mail are removed. If a mail only quotes, the quoted text is returned.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if forwarded:
        return OwnText(_HEADERS.sub("", text), ())
    kept, quoted = _without_replies(text)
    kept, signature = _without_signature(kept)
    if not any(map(str.isalpha, kept)) and any(map(str.isalpha, quoted)):
        return OwnText(_HEADERS.sub("", quoted), ("the mail only quotes another one, whose text was read",))
    left_out = []
    if quoted.strip():
        left_out.append(f"a quoted mail of {len(quoted.strip()):,} characters was left out")
    if signature.strip():
        left_out.append(f"a signature of {len(signature.strip()):,} characters was left out")
    return OwnText(kept, tuple(left_out))


def _without_replies(text: str) -> tuple[str, str]:
    """Return what is not quoted, and what is, without its marks."""
    quoted = ""
    if headers := _HEADERS.search(text):
        text, quoted = text[: headers.start()], text[headers.start() :]
    kept: list[str] = []
    replies: list[str] = []
    is_quoted = False
    for line in text.split("\n"):
        was_quoted, is_quoted = is_quoted, _QUOTED_LINE.match(line) is not None
        if not is_quoted:
            kept.append(line)
            continue
        if not was_quoted:
            replies += _take_introduction(kept)
        replies.append(line.lstrip(" \t>"))
    return "\n".join(kept), "\n".join([*replies, quoted])


def _take_introduction(kept: list[str]) -> list[str]:
    """Remove who wrote what is quoted next from the end of the lines, and return it: "On 3 March, Ida Moe wrote:"."""
    end = len(kept)
    while end and len(kept) - end < 2 and not kept[end - 1].strip():
        end -= 1
    if not end or not kept[end - 1].rstrip().endswith((":", "：")):
        return []
    start = end - 1
    while start and end - start < _MOST_LINES and kept[start - 1].strip():
        start -= 1
    lines = kept[start:end]
    # A date or an address tells it from "He said:".
    if len("".join(lines)) > _LONGEST_INTRODUCTION or not re.search(r"\d|@", "".join(lines)):
        return []
    del kept[start:]
    return lines


def _without_signature(text: str) -> tuple[str, str]:
    """Cut off what stands below the last line "-- " (RFC 3676), unless that is long."""
    marks = list(_SIGNATURE.finditer(text))
    if not marks or len(text) - marks[-1].end() > _LONGEST_SIGNATURE:
        return text, ""
    return text[: marks[-1].start()], text[marks[-1].end() :]
