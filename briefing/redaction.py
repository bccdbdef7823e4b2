"""Redaction of secrets in texts that are logged, raised or stored.

By pattern: whatever looks like a key (`_SHAPES`). And by value: the keys in use in this process, also percent-encoded,
escaped, in base64, masked or truncated.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import os
import traceback
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, TypeGuard
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

import regex

from briefing.errors import one_line, printable
from briefing.threads import Lock

#: Replacement for a secret.
REDACTED = "[redacted]"

# The lookahead keeps a redacted value from being redacted again.
_VALUE = r"(?!\[redacted\])[^\s\"'&,;<>\\]"
_BETWEEN = r"\\?[\"']?\s*[=:]\s*\\?[\"']?"
# Repetitions inside lookarounds are bounded: the text comes from a server and may be crafted to be slow.
_SHAPES = (
    # URLs: user name and password; query parameters with a secret's name.
    regex.compile(r"(?<=://)[^/?#\s\"'<>]+(?=@)"),
    regex.compile(rf"(?i)(?<=[?&;](?:key|token|secret|password|sig|signature|auth|code)=){_VALUE}{{6,}}"),
    regex.compile(rf"(?i)(?<=x-amz-(?:credential|signature|security-token)=){_VALUE}+"),
    # Names used only for secrets: any value.
    regex.compile(
        r"(?i)(?<=(?:api[_-]?key|(?:access|auth|refresh|session|id)[_-]?token|client[_-]?secret|"
        rf"secret[_-]?(?:access[_-]?)?key|subscription-key|private[_-]?key){_BETWEEN}){_VALUE}{{6,}}"
    ),
    # Names that are also ordinary words: the value must look like a secret.
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
    # Keys by prefix. A long run with a digit distinguishes a key from a word such as "key_quotes" or a slug.
    regex.compile(
        r"\b(?:sk|pk|rk|key|gsk|csk|xai|hf|pplx|nvapi|fw|r8|tgp|jina|pa|gh[oprsu]|github_pat|glpat|npm|xox[abposr])"
        r"[-_](?=[A-Za-z_-]{0,99}[0-9])(?=[A-Za-z0-9_-]{0,99}[A-Za-z0-9]{16}|[a-z0-9_-]{0,99}[A-Z][A-Za-z0-9_-]{30})"
        r"[A-Za-z0-9_-]{16,}"
    ),
    regex.compile(r"\bsk-(?:proj|ant|or|svcacct|admin)-[A-Za-z0-9_-]{6,}"),
    # Short keys of self-hosted servers: letters and digits without a separator.
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
    # Masked keys in error messages of servers: the visible ends are still parts of the key.
    regex.compile(r"\b(?:sk|pk|rk|key|gsk|xai|hf)[-_][A-Za-z0-9_-]{0,99}\*{3,}[A-Za-z0-9*_-]*"),
    regex.compile(r"\b[A-Za-z0-9_-]{2,99}\*{6,}[A-Za-z0-9_-]{2,}"),
    # Account ids: not secret, but private.
    regex.compile(r"\b(?:org-|proj_)(?=[A-Za-z]*\d)[A-Za-z0-9]{16,}"),
)
#: Environment variables that hold secrets, by the end of their name.
_NAMED = regex.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$")
_SCRUB_LIMIT = 10_000  # characters; longer values of errors are truncated before they are scrubbed
_LONGEST_KEY = 4_096  # characters
_MOST_ITEMS = 100  # of a container in a frame
_HEADERS = ("authorization", "proxy-authorization", "api-key", "x-api-key", "x-goog-api-key", "cookie")


def scrub(text: str) -> str:
    """Return `text` with everything that looks like a key, and every key in use, replaced by `REDACTED`."""
    for value in _values_in_use():
        text = _redact_value(text, value)
    for shape in _SHAPES:
        text = shape.sub(REDACTED, text)
    return text


def excerpt(text: str, limit: int) -> str:
    """Return the beginning of `text`, up to `limit` characters, on one line and scrubbed; no key remains in part."""
    beginning = text[: 4 * limit + _LONGEST_KEY]
    line = one_line(beginning)
    if len(beginning) < len(text):
        line = line.rpartition(" ")[0] or line[:-_LONGEST_KEY]  # the last word may be part of a key
    return scrub(line)[:limit]


def scrubbed(value: Any) -> Any:
    """Return a copy of a JSON-like value, or of bytes, with every string in it scrubbed."""
    if isinstance(value, str):
        return scrub(value if len(value) <= _SCRUB_LIMIT else excerpt(value, _SCRUB_LIMIT))
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
    """Registers an API key, the user name, password and query parameters of a URL, and others, to be scrubbed by value.

    They are scrubbed as long as this object is alive.
    """

    def __init__(
        self, api_key: str | None = None, base_url: str | None = None, others: Iterable[str] = ()
    ) -> None:
        self.values = frozenset(filter(_is_secret, (api_key, *_in_url(base_url), *others)))
        with _lock:
            _in_use.add(self)


_in_use: weakref.WeakSet[InUse] = weakref.WeakSet()
_lock = Lock()


def _in_url(url: str | None) -> Iterable[str | None]:
    try:
        parts = urlsplit(url or "")
        values = [value for _, value in parse_qsl(parts.query)]
    except ValueError:
        return ()
    return (*(unquote(part) for part in (parts.username, parts.password) if part), *values)


def _is_secret(value: str | None) -> TypeGuard[str]:
    """Whether a value is distinct from an ordinary word, such as "none" as a placeholder for a key."""
    if not isinstance(value, str) or value in REDACTED:
        return False
    return len(value) >= 8 or (len(value) >= 5 and any(map(str.isdigit, value)))


def _values_in_use() -> list[str]:
    """Return the keys in use and those in the environment, longest first, as one may contain another."""
    with _lock:
        found = {value for user in _in_use for value in user.values}
    for name, value in os.environ.items():
        if len(value) < 8 or not _NAMED.search(name) or value[0] in "/~.":
            continue
        # A short word without a digit is a secret only in a variable named so.
        if name.endswith("API_KEY") or len(value) >= 20 or any(map(str.isdigit, value)):
            found.add(value)
    return sorted(found, key=len, reverse=True)


def _redact_value(text: str, value: str) -> str:
    for form in _forms(value):
        if len(value) >= 16:
            text = text.replace(form, REDACTED)
        elif form in text:  # only as a whole word: a short key may be part of one
            text = regex.sub(rf"(?<![A-Za-z0-9]){regex.escape(form)}(?![A-Za-z0-9])", REDACTED, text)
    if len(value) >= 16 and value[:3] in text:
        text = _truncated_or_masked(value).sub(REDACTED, text)
    return text


@lru_cache(maxsize=64)
def _truncated_or_masked(value: str) -> regex.Pattern[str]:
    """Return a pattern for the key truncated after 12 or more characters, or masked by dots or stars after 3 or more."""
    start, head = regex.escape(value[:12]), regex.escape(value[:3])
    return regex.compile(
        rf"{start}[A-Za-z0-9_-]*|(?<![A-Za-z0-9]){head}[A-Za-z0-9_-]{{0,60}}(?:\*{{3,}}|\.{{3}}|…)[A-Za-z0-9_-]{{0,60}}"
    )


@lru_cache(maxsize=64)
def _forms(value: str) -> tuple[str, ...]:
    """Return the encoded and escaped forms of a key, longest first."""
    forms = {value, quote(value), quote(value, safe=""), quote_plus(value), html.escape(value)}
    forms |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    forms |= {regex.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), form) for form in forms}
    raw = value.encode("utf-8", "surrogatepass")
    if len(raw) >= 8:
        for offset in range(3):  # after other bytes, as in "user:key", there are three alignments
            first, end = (offset * 8 + 5) // 6, (offset + len(raw)) * 8 // 6
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                forms.add(encode(bytes(offset) + raw).decode()[first:end])
    return tuple(sorted(forms, key=len, reverse=True))


# --- errors and logs --------------------------------------------------------------------------------------


class RedactedError(Exception):
    """Replaces, in a chain of causes, an error of another library whose text cannot be scrubbed in place."""


@contextmanager
def cleansed() -> Iterator[None]:
    """Scrub every error that leaves the block, its causes included."""
    try:
        yield
    except Exception as error:
        cleanse(error)
        raise


def cleanse(error: BaseException) -> None:
    """Scrub an error and the chain of its causes and contexts, in place; clear the frames whose variables hold a key.

    An error of another library keeps its type if its text can be changed, else a `RedactedError` replaces it. The
    context of an error with a cause is dropped: it often is a wrapper that holds the whole request.
    """
    seen: set[int] = set()
    todo = [error]
    while todo:
        current = todo.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        _clean_in_place(current)
        _clear_frames(current)
        cause, suppressed = current.__cause__, current.__suppress_context__
        if cause is not None:
            current.__cause__ = current.__context__ = _scrubbed_error(cause)
        elif current.__context__ is not None:
            current.__context__ = _scrubbed_error(current.__context__)
        if current.__context__ is not None:
            todo.append(current.__context__)
        current.__suppress_context__ = suppressed
        if isinstance(current, BaseExceptionGroup):
            todo.extend(current.exceptions)


def _clear_frames(error: BaseException) -> None:
    """Clear the variables of frames that have ended and hold a key, as an HTTP library's headers do."""
    values = tuple(_values_in_use())
    for frame, _line in traceback.walk_tb(error.__traceback__):
        if values and _holds(frame.f_locals, values):
            with suppress(RuntimeError):  # it has not ended
                frame.clear()


def _holds(value: Any, secrets: tuple[str, ...], depth: int = 3) -> bool:
    """Return whether strings in a container hold a secret."""
    if isinstance(value, str):
        return any(secret in value for secret in secrets)
    if isinstance(value, bytes | bytearray):
        return any(secret.encode() in value for secret in secrets)
    if depth and isinstance(value, Mapping):
        return any(_holds(inner, secrets, depth - 1) for inner in list(value.values())[:_MOST_ITEMS])
    if depth and isinstance(value, list | tuple | set | frozenset):
        return any(_holds(inner, secrets, depth - 1) for inner in list(value)[:_MOST_ITEMS])
    return False


def _scrubbed_error(error: BaseException) -> BaseException:
    """Return the error, scrubbed in place, or a `RedactedError` if its text still has a secret."""
    _clean_in_place(error)
    text = _text_of(error)
    if (clean := scrub(text)) == text:
        return error
    replacement = RedactedError(f"{type(error).__name__}: {excerpt(clean, 1000)}")
    replacement.__cause__, replacement.__context__ = error.__cause__, error.__context__
    replacement.__suppress_context__ = error.__suppress_context__
    return replacement.with_traceback(error.__traceback__)


def _text_of(error: BaseException) -> str:
    try:
        return f"{error}\n{error!r}"
    except Exception:  # of its `__str__` or `__repr__`
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
    """Remove the key from the HTTP request that an error of an HTTP library refers to."""
    for header in _HEADERS:
        with suppress(Exception):  # headers of an unknown type
            request.headers.pop(header, None)
    address = str(getattr(request, "url", ""))
    if scrub(address) != address:
        with suppress(Exception):  # not a URL of httpx
            request.url = request.url.copy_with(userinfo=b"", query=None)


class ScrubbingFilter(logging.Filter):
    """A logging filter that passes every record, with its message and traceback scrubbed and `printable`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Scrub the record in place and return True."""
        message = record.getMessage()
        if (clean := printable(scrub(message))) != message:
            record.msg, record.args = clean, None
        if record.exc_info and record.exc_info[1]:
            text = "".join(traceback.format_exception(record.exc_info[1]))
            record.exc_text = printable(scrub(text.rstrip()))
            record.exc_info = None  # else a formatter would format it again, with the secret
        return True
