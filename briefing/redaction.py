"""Taking secrets out of texts that may be logged, raised or stored.

Two ways: by shape, what looks like somebody's key (`_SHAPES`); and by value, the keys that are in use here,
whatever they look like and however they are written: as they are, percent-encoded, in base64, masked or cut.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import os
import threading
import traceback
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, TypeGuard
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

import regex

#: What stands in place of a secret.
REDACTED = "[redacted]"

# A value that was taken out already is not taken out again.
_VALUE = r"(?!\[redacted\])[^\s\"'&,;<>\\]"
_BETWEEN = r"\\?[\"']?\s*[=:]\s*\\?[\"']?"
# Repetitions that another attempt may begin within are bounded: a server's text may be made to be slow.
_SHAPES = (
    # URLs: user name and password; parameters that are named like secrets.
    regex.compile(r"(?<=://)[^/?#\s\"'<>]+(?=@)"),
    regex.compile(rf"(?i)(?<=[?&;](?:key|token|secret|password|sig|signature|auth|code)=){_VALUE}{{6,}}"),
    regex.compile(rf"(?i)(?<=x-amz-(?:credential|signature|security-token)=){_VALUE}+"),
    # Names that stand for nothing but secrets, and whatever stands behind them.
    regex.compile(
        r"(?i)(?<=(?:api[_-]?key|(?:access|auth|refresh|session|id)[_-]?token|client[_-]?secret|"
        rf"secret[_-]?(?:access[_-]?)?key|subscription-key|private[_-]?key){_BETWEEN}){_VALUE}{{6,}}"
    ),
    # Words that prose has, too: what stands behind them must look like a secret.
    regex.compile(
        rf"(?i)(?<=\b(?:key|token|secret|password|passwd|pwd)\\?[\"']?\s*=\s*\\?[\"']?)(?=[^\s\"'&,;]{{0,99}}\d){_VALUE}{{6,}}"
    ),
    regex.compile(rf"(?i)(?<=\b(?:password|passwd|pwd){_BETWEEN})(?=[^\s\"'&,;]{{0,99}}\d){_VALUE}{{6,}}"),
    regex.compile(
        r"(?i)(?<=\b(?:key|token|secret)\\?[\"']?\s*:\s*\\?[\"']?)(?=[a-z_]*\d)(?=[\d_]*[a-z])[a-z0-9_]{12,}"
    ),
    # HTTP authentication.
    regex.compile(r"(?i)(?<=\bbearer(?:\s|%20))(?=[^\s\"']{0,99}\d|\S{24})[a-z0-9._~+/=-]{16,}"),
    regex.compile(
        r"(?i)(?<=\bauthorization\\?[\"']?\s*[:=]\s*\\?[\"']?(?:basic|bearer|token|digest)\s+)[^\s\"',;<>]+"
    ),
    regex.compile(r"(?i)(?<=\bbasic\s)(?=[a-z+/]*[\d=])[a-z0-9+/]{12,}={0,2}"),
    # Keys by their prefixes. A long run with a digit tells a key from a word such as "key_quotes" or a slug.
    regex.compile(
        r"\b(?:sk|pk|rk|key|gsk|csk|xai|hf|pplx|nvapi|fw|r8|tgp|jina|pa|gh[oprsu]|github_pat|glpat|npm|xox[abposr])"
        r"[-_](?=[A-Za-z_-]{0,99}[0-9])(?=[A-Za-z0-9_-]{0,99}[A-Za-z0-9]{16}|[a-z0-9_-]{0,99}[A-Z][A-Za-z0-9_-]{30})"
        r"[A-Za-z0-9_-]{16,}"
    ),
    regex.compile(r"\bsk-(?:proj|ant|or|svcacct|admin)-[A-Za-z0-9_-]{6,}"),
    # Short ones, of servers of one's own: letters and digits in one piece.
    regex.compile(
        r"\b(?:sk|pk|rk|gsk|xai)[-_](?:[A-Za-z0-9]{1,12}[-_]){0,3}?(?=[A-Za-z]{0,99}\d)(?=\d{0,99}[A-Za-z])[A-Za-z0-9]{8,}[A-Za-z0-9_-]*"
    ),
    regex.compile(r"\bAIza[A-Za-z0-9_-]{20,}"),
    regex.compile(r"\bya29\.[A-Za-z0-9_-]{16,}"),
    regex.compile(r"\bA(?:KI|SI)A[A-Z0-9]{16}\b"),
    regex.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
    regex.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", regex.DOTALL
    ),
    # The masked form in which servers repeat a wrong key: the ends that they show are still the key's.
    regex.compile(r"\b(?:sk|pk|rk|key|gsk|xai|hf)[-_][A-Za-z0-9_-]{0,99}\*{3,}[A-Za-z0-9*_-]*"),
    regex.compile(r"\b[A-Za-z0-9_-]{2,99}\*{6,}[A-Za-z0-9_-]{2,}"),
    # Accounts: no secrets, but nobody else's business.
    regex.compile(r"\b(?:org-|proj_)(?=[A-Za-z]*\d)[A-Za-z0-9]{16,}"),
)
#: Environment variables that hold secrets, by the ends of their names.
_NAMED = regex.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$")
_FOREIGN_LIMIT = 10_000  # characters of a foreign error's text that are looked at; the rest is cut
_KEY_LIMIT = 4_096  # no key is longer
_HEADERS = ("authorization", "proxy-authorization", "api-key", "x-api-key", "x-goog-api-key", "cookie")


def scrub(text: str) -> str:
    """`text` with what looks like a key, and what is one that is in use, replaced."""
    for value in _known():
        text = _without(text, value)
    for shape in _SHAPES:
        text = shape.sub(REDACTED, text)
    return text


def excerpt(text: str, limit: int) -> str:
    """The beginning of `text` in one line, without secrets, none cut in two included.

    Args:
        text: as it came, of any size.
        limit: characters.
    """
    taken = text[: 4 * limit + _KEY_LIMIT]
    line = " ".join(taken.split())
    if len(taken) < len(text):
        line = line.rpartition(" ")[0] or line[:-_KEY_LIMIT]  # the last word may be half a key
    return scrub(line)[:limit]


def scrubbed(value: Any) -> Any:
    """A copy of a value of JSON's types, or of bytes, in which every text is scrubbed."""
    if isinstance(value, str):
        return scrub(value if len(value) <= _FOREIGN_LIMIT else excerpt(value, _FOREIGN_LIMIT))
    if isinstance(value, bytes):
        clean = scrubbed(text := value.decode("latin-1"))
        return value if clean == text else clean.encode()
    if isinstance(value, Mapping):
        return {scrubbed(key): scrubbed(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([scrubbed(inner) for inner in value]) if type(value) in (list, tuple) else value
    return value


# --- keys in use ------------------------------------------------------------------------------------------


class InUse:
    """Keys that are scrubbed by value for as long as this object lives.

    Args:
        api_key: a provider's key.
        base_url: an address; its user name, password and parameters are secrets, too.
    """

    def __init__(self, api_key: str | None = None, base_url: str | None = None) -> None:
        self.values = frozenset(filter(_is_secret, (api_key, *_in_url(base_url))))
        with _lock:
            _in_use.add(self)


_in_use: weakref.WeakSet[InUse] = weakref.WeakSet()
_lock = threading.Lock()


def _in_url(url: str | None) -> Iterable[str | None]:
    try:
        parts = urlsplit(url or "")
        parameters = parse_qsl(parts.query)
    except ValueError:
        return ()
    return (
        *(unquote(part) for part in (parts.username, parts.password) if part),
        *(value for _, value in parameters),
    )


def _is_secret(value: str | None) -> TypeGuard[str]:
    """Whether a value can be told from an ordinary word, such as the "none" that stands for no key."""
    if not isinstance(value, str) or value in REDACTED:
        return False
    return len(value) >= 8 or (len(value) >= 5 and any(map(str.isdigit, value)))


def _known() -> list[str]:
    """Keys in use and in the environment; longer ones first, as one may hold the other."""
    with _lock:
        found = {value for user in _in_use for value in user.values}
    for name, value in os.environ.items():
        if len(value) < 8 or not _NAMED.search(name) or value[0] in "/~.":
            continue
        # A short word is hardly a secret, unless its name says so.
        if name.endswith("API_KEY") or len(value) >= 20 or any(map(str.isdigit, value)):
            found.add(value)
    return sorted(found, key=len, reverse=True)


def _without(text: str, value: str) -> str:
    if len(value) < 16:
        # Not within a word.
        for form in _forms(value):
            if form in text:
                text = regex.sub(rf"(?<![A-Za-z0-9]){regex.escape(form)}(?![A-Za-z0-9])", REDACTED, text)
        return text
    for form in _forms(value):
        text = text.replace(form, REDACTED)
    if value[:3] in text:
        # Cut off after 12 characters or more; or masked: the beginning, dots or stars, the end.
        text = _cut_or_masked(value).sub(REDACTED, text)
    return text


@lru_cache(maxsize=64)
def _cut_or_masked(value: str) -> regex.Pattern[str]:
    start, head = regex.escape(value[:12]), regex.escape(value[:3])
    return regex.compile(
        rf"{start}[A-Za-z0-9_-]*|(?<![A-Za-z0-9]){head}[A-Za-z0-9_-]{{0,60}}(?:\*{{3,}}|\.{{3}}|…)[A-Za-z0-9_-]{{0,60}}"
    )


@lru_cache(maxsize=64)
def _forms(value: str) -> tuple[str, ...]:
    """How a key may be written, longest first."""
    forms = {
        value,
        quote(value),
        quote(value, safe=""),
        quote_plus(value),
        html.escape(value),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
    }
    forms |= {regex.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), form) for form in forms}
    raw = value.encode("utf-8", "surrogatepass")
    if len(raw) >= 8:
        for offset in range(3):  # within other bytes, as in "user:key", it may begin at any of three places
            first, end = (offset * 8 + 5) // 6, (offset + len(raw)) * 8 // 6
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                forms.add(encode(bytes(offset) + raw).decode()[first:end])
    return tuple(sorted(forms, key=len, reverse=True))


# --- errors and logs --------------------------------------------------------------------------------------


class RedactedError(Exception):
    """Stands in a chain of causes for a foreign error whose text holds a secret."""


@contextmanager
def cleansed() -> Iterator[None]:
    """Let no error out that holds a secret, or whose causes do."""
    try:
        yield
    except Exception as error:
        cleanse(error)
        raise


def cleanse(error: BaseException) -> None:
    """Take secrets out of an error, and of all that it came from.

    Foreign errors keep their type where their text can be changed; where it cannot, another error stands for
    them. What an error came from is told once: a wrapper that holds the whole request is let go.
    """
    seen: set[int] = set()
    todo = [error]
    while todo:
        current = todo.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        _clean_in_place(current)
        cause, suppressed = current.__cause__, current.__suppress_context__
        if cause is not None:
            current.__cause__ = _shareable(cause)
            current.__context__ = current.__cause__
            todo.append(current.__cause__)
        elif current.__context__ is not None:
            current.__context__ = _shareable(current.__context__)
            todo.append(current.__context__)
        current.__suppress_context__ = suppressed
        if isinstance(current, BaseExceptionGroup):
            todo.extend(current.exceptions)


def _shareable(error: BaseException) -> BaseException:
    """The error itself if its text is clean or can be made so, else one that stands for it."""
    _clean_in_place(error)
    told = _told(error)
    if (clean := scrub(told)) == told:
        return error
    other = RedactedError(f"{type(error).__name__}: {excerpt(clean, 1000)}")
    other.__cause__, other.__context__ = error.__cause__, error.__context__
    other.__suppress_context__ = error.__suppress_context__
    return other.with_traceback(error.__traceback__)


def _told(error: BaseException) -> str:
    try:
        return f"{error}\n{error!r}"
    except Exception:  # an error that cannot tell itself tells nothing
        return ""


def _clean_in_place(error: BaseException) -> None:
    error.args = scrubbed(error.args)
    for name, value in list(vars(error).items()):
        if isinstance(value, str | bytes | list | tuple | dict) and (clean := scrubbed(value)) != value:
            setattr(error, name, clean)
    for request in (vars(error).get("request"), getattr(vars(error).get("response"), "_request", None)):
        if request is not None:
            _clean_request(request)


def _clean_request(request: Any) -> None:
    """Take the key out of an HTTP library's request, which errors carry along."""
    for header in _HEADERS:
        with suppress(Exception):  # no headers that one may change
            request.headers.pop(header, None)
    address = str(getattr(request, "url", ""))
    if scrub(address) != address:
        with suppress(Exception):  # no URL of httpx
            request.url = request.url.copy_with(userinfo=b"", query=None)


class ScrubbingFilter(logging.Filter):
    """Lets every record through, without secrets in its message and its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Scrub a record where there is something to scrub."""
        message = record.getMessage()
        if (clean := scrub(message)) != message:
            record.msg, record.args = clean, None
        if record.exc_info and record.exc_info[1]:
            record.exc_text = scrub("".join(traceback.format_exception(record.exc_info[1])).rstrip())
            record.exc_info = None  # what formats it anew would show the secret again
        return True
