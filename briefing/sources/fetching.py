"""Fetch one page over http(s), from public addresses only.

Against server-side request forgery and DNS rebinding, a host name is resolved once per connection, all its addresses
are checked, and the socket is opened to one of the checked addresses. The host name is still used for the `Host` header
and for TLS (SNI and certificate verification).

Proxies from the environment are not used, because a proxy resolves the name itself and the check would have no effect.
Where a proxy is required, fetch with another client and use `Source.from_html`.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpcore2
import httpx2

from briefing.errors import ConfigurationError, FetchError, ForbiddenUrlError
from briefing.redaction import scrub
from briefing.threads import call_with_timeout
from briefing.timeouts import DeadlineStream, remaining, total_timeout

if TYPE_CHECKING:
    import ssl

MAX_REDIRECTS = 5

Resolver = Callable[[str, int], Sequence[str]]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Special-purpose networks (IANA registries) that `is_global` treats as public in some versions of Python.
_SPECIAL = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20")))
# Metadata services of clouds, which serve credentials, outside the link-local networks: Alibaba, Oracle, Azure (a
# public address), AWS, Google.
_METADATA = frozenset(map(ipaddress.ip_address, (
    "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254",
)))  # fmt: skip
# Ports of other services, which may interpret a request as their own commands: the "bad ports" of the Fetch standard,
# and the ports of databases and caches.
_BAD_PORTS = frozenset((
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
    109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
    526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
    3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080, 3306, 5432,
    6379, 11211, 27017,
))  # fmt: skip
_DOCUMENTS = frozenset(
    (
        "application/xhtml+xml",
        "application/pdf",
        "application/epub+zip",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    )
)
_PAGES = "text/html, application/xhtml+xml, text/plain;q=0.9, text/*;q=0.8, application/pdf;q=0.5"
_FEEDS = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/*;q=0.8"
)
_FEED_TYPES = frozenset(
    f"application/{name}" for name in ("atom+xml", "feed+json", "json", "rdf+xml", "rss+xml", "xml")
)
_HEADERS = (
    ("User-Agent", "Mozilla/5.0 (compatible; briefing)"),
    ("Accept-Encoding", "gzip"),
    ("Connection", "close"),
)
_TRANSPORT_ERRORS = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.UnsupportedProtocol,
    OSError,
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """The body of an HTTP answer, decompressed, and where it came from."""

    body: bytes
    content_type: str  # the media type in lower case without parameters, "" if the server sent none
    charset: str | None
    url: str  # after redirects


def fetch(
    url: str,
    timeout: float = 20.0,
    max_bytes: int = 10_000_000,
    allow_private: bool = False,
    *,
    feed: bool = False,
    resolver: Resolver | None = None,
    ssl_context: ssl.SSLContext | None = None,
) -> Fetched:
    """Fetch a text page, or, with `feed`, a feed, following at most five redirects.

    The other arguments and errors are those of `Source.from_url`. With `allow_private`, link-local addresses, metadata services
    of clouds and multicast stay forbidden. `resolver` takes host and port, and returns IP addresses.
    """
    target = _parse(url)
    backend = _CheckedBackend(allow_private, resolver or _resolve)
    try:
        context = ssl_context or httpcore2.default_ssl_context()
    except OSError as error:
        raise certificates_error(error) from error
    with total_timeout(timeout):
        for _ in range(MAX_REDIRECTS + 1):
            try:
                with httpcore2.ConnectionPool(ssl_context=context, network_backend=backend) as pool:
                    answer = _get(pool, target, max_bytes, feed=feed)
            except (httpcore2.TimeoutException, TimeoutError) as error:
                raise FetchError(
                    f"{_shown(target)} did not answer completely within {timeout:g} s. Try again, or raise timeout=."
                ) from error
            except _TRANSPORT_ERRORS as error:
                reason = str(error).rstrip(".") or type(error).__name__
                raise FetchError(
                    f"{_shown(target)} cannot be reached: {reason}. Check the URL and the network."
                ) from error
            if isinstance(answer, Fetched):
                return answer
            target = answer
    raise FetchError(
        f"{_shown(_parse(url))} redirects more than {MAX_REDIRECTS} times. Give the URL of the article itself."
    )


def certificates_error(error: OSError) -> ConfigurationError:
    """Return the error for certificates that cannot be loaded."""
    named = " and ".join(
        f"{n}={os.environ[n]!r}" for n in ("SSL_CERT_FILE", "SSL_CERT_DIR") if n in os.environ
    )
    return ConfigurationError(
        f"the certificates of {named or 'this system'} cannot be read: {error.strerror or error}. "
        "Name a file of certificates in PEM form, or unset the variable"
    )


def _get(
    pool: httpcore2.ConnectionPool, url: httpx2.URL, max_bytes: int, *, feed: bool
) -> Fetched | httpx2.URL:
    """Send one request. Return the page, or the URL it redirects to."""
    target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    headers = [("Host", url.netloc.decode("ascii")), ("Accept", _FEEDS if feed else _PAGES), *_HEADERS]
    with pool.stream("GET", target, headers=headers) as response:
        fields = httpx2.Headers(response.headers)
        if response.status in _REDIRECTS and "location" in fields:
            joined = _parse_leniently(fields["location"], url)
            if joined is None:
                raise FetchError(
                    f"{_shown(url)} redirects to an invalid URL. Give the URL of the article itself."
                )
            return _parse(str(joined))
        if not 200 <= response.status < 300:
            raise FetchError(_status_message(url, response.status))
        content_type, charset = _media_type(fields.get("content-type", ""))
        if not (feed and content_type in _FEED_TYPES):
            _check_type(url, content_type)
        if int(_digits(fields.get("content-length"))) > max_bytes:
            raise FetchError(_too_large(url, max_bytes))
        body = bytearray()
        for piece in _decoded(url, response.iter_stream(), fields.get("content-encoding", ""), max_bytes):
            body += piece
            if len(body) > max_bytes:
                raise FetchError(_too_large(url, max_bytes))
    return Fetched(bytes(body), content_type, charset, str(url.copy_with(fragment=None)))


def _decoded(url: httpx2.URL, stream: Iterable[bytes], encoding: str, max_bytes: int) -> Iterator[bytes]:
    """Decompress in steps of at most 64 KiB, so that a decompression bomb never becomes a large allocation."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        yield from stream
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(
            f"{_shown(url)} is compressed as {encoding[:40]!r}, but only gzip was requested. "
            "Save the page in a browser and give the saved file."
        )
    received = 0
    inflate = zlib.decompressobj(wbits=47)  # 47: gzip or zlib, by its header
    for chunk in stream:
        received += len(chunk)
        if received > max_bytes:
            raise FetchError(_too_large(url, max_bytes))
        while chunk:
            try:
                yield inflate.decompress(chunk, 65_536)
            except zlib.error as error:
                raise FetchError(f"{_shown(url)} sent damaged gzip data. Try again later.") from error
            chunk = inflate.unconsumed_tail
            # gzip data may have several members.
            if inflate.eof and inflate.unused_data.startswith(b"\x1f\x8b"):
                chunk = inflate.unused_data
                inflate = zlib.decompressobj(wbits=47)
    yield inflate.flush()  # the rest of the last step, less than 64 KiB
    if not inflate.eof:
        raise FetchError(f"{_shown(url)} was truncated: the connection ended early. Try again later.")


def _parse(url: str) -> httpx2.URL:
    """Parse and check a URL, or raise `ForbiddenUrlError`."""
    parsed = _parse_leniently(url)
    if parsed is None:
        # The URL and the parser's message are left out: both may contain a password or a token.
        raise ForbiddenUrlError("The URL is not valid. Give one like https://example.org/article")
    if parsed.scheme not in ("http", "https") or not parsed.raw_host:
        if not parsed.scheme or parsed.scheme in ("http", "https"):
            raise ForbiddenUrlError(
                "The URL has no scheme or no host. Give one like https://example.org/article"
            )
        raise ForbiddenUrlError(
            f"Only http and https URLs are fetched, not {parsed.scheme!r}. For a file, use Source.from_file."
        )
    port = 80 if parsed.port is None else parsed.port
    if not 0 < port < 65_536 or port in _BAD_PORTS:
        raise ForbiddenUrlError(f"{_shown(parsed)} has a port that web servers do not use. Remove the port.")
    if parsed.userinfo:
        raise ForbiddenUrlError(
            f"{_shown(parsed)} contains a user name or password. Fetch it with another client and use Source.from_html."
        )
    return parsed


def _parse_leniently(url: str, base: httpx2.URL | None = None) -> httpx2.URL | None:
    """Parse a URL, relative to `base` if there is one; `None` if it is invalid."""
    try:
        return httpx2.URL(url) if base is None else base.join(url)
    except (httpx2.InvalidURL, UnicodeError, TypeError):
        return None


def is_public(address: str) -> bool:
    """Whether an IP address is public; for an IPv6 address that embeds IPv4 addresses, whether these are."""
    ip = _ip(address)
    if ip is None or ip in _METADATA or any(ip in network for network in _SPECIAL):
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast and not ip.is_reserved
    if embedded := _embedded(ip):
        return all(is_public(str(inner)) for inner in embedded)
    # All other routed addresses are in 2000::/3; `is_global` alone accepts fec0::/10.
    # An ISATAP address, which any network may have, leads to an IPv4 address behind that network's router.
    isatap = (int(ip) >> 32) & 0xFDFFFFFF == 0x5EFE
    return ip in _GLOBAL_UNICAST and ip.is_global and not isatap


def _allowed(address: str, allow_private: bool) -> bool:
    """Whether an address may be connected to."""
    if is_public(address):
        return True
    ip = _ip(address)
    if ip is None or ip in _METADATA:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and (embedded := _embedded(ip)):
        return all(_allowed(str(inner), allow_private) for inner in embedded)
    if not allow_private or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    return ip.is_loopback or not ip.is_reserved


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(address.partition("%")[0])  # without the zone
    except ValueError:
        return None


def _embedded(ip: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """IPv4 addresses to which a packet to this IPv6 address is delivered."""
    if ip.ipv4_mapped is not None:
        return [ip.ipv4_mapped]
    if ip.sixtofour is not None:
        return [ip.sixtofour]
    if ip.teredo is not None:
        return list(ip.teredo)
    if ip in _NAT64 or (ip in _IPV4_COMPATIBLE and int(ip) > 0xFFFF):  # :: and ::1 embed no IPv4 address
        return [ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)]
    return []


class _CheckedBackend(httpcore2.NetworkBackend):
    """Opens the sockets, to checked addresses only."""

    def __init__(self, allow_private: bool, resolver: Resolver) -> None:
        self._allow_private = allow_private
        self._resolver = resolver
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        try:  # `getaddrinfo` takes no timeout
            addresses = call_with_timeout(remaining(), lambda: self._resolver(host, port))
        except TimeoutError:
            raise
        except (OSError, UnicodeError) as error:  # UnicodeError: a label of more than 63 characters
            raise httpcore2.ConnectError("the host name is not known") from error
        for address in addresses:
            if not _allowed(address, self._allow_private):
                # Some addresses stay forbidden with allow_private=True.
                helps = not self._allow_private and _allowed(address, allow_private=True)
                raise ForbiddenUrlError(
                    f"{host} has a private, loopback or other internal address, which is not fetched by default."
                    + (" If you trust the URL, pass allow_private=True." if helps else "")
                )
        failure: Exception = httpcore2.ConnectError("the host name has no address")
        for address in addresses:
            try:
                return DeadlineStream(
                    self._sockets.connect_tcp(
                        address, port, remaining(timeout), local_address, socket_options or ()
                    )
                )
            except httpcore2.ConnectError as error:
                failure = error
        raise failure


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def _media_type(header: str) -> tuple[str, str | None]:
    media, *parameters = header.split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return media.strip().lower(), value.strip().strip("\"'") or None
    return media.strip().lower(), None


def _check_type(url: httpx2.URL, content_type: str) -> None:
    if not content_type or content_type.startswith("text/") or content_type in _DOCUMENTS:
        return
    if content_type.endswith(("xml", "feed+json")):
        raise FetchError(f"{_shown(url)} is {content_type!r}. If it is a feed, use Source.from_feed.")
    raise FetchError(
        f"{_shown(url)} is {content_type[:80]!r}, not a text page. Give the URL of the article itself."
    )


def _digits(value: str | None) -> str:
    """A decimal number of a header; "0" if it is missing or invalid."""
    return value if value and value.isascii() and value.isdigit() and len(value) < 19 else "0"


def _shown(url: httpx2.URL) -> str:
    """The URL for a message, without user name, password, query and fragment, which may be secret."""
    path = url.raw_path.partition(b"?")[0].decode("ascii")
    return scrub(f"{url.scheme}://{url.netloc.decode('ascii')}{path[:200]}")


def _status_message(url: httpx2.URL, status: int) -> str:
    advice = ""
    if status in (401, 402, 403, 429, 451):
        advice = (
            " The site does not serve this page to programs: save it in a browser and give the saved file."
        )
    elif status in (404, 410):
        advice = " Check the URL."
    elif status >= 500:
        advice = " Try again later."
    return f"{_shown(url)} answered with HTTP status {status}.{advice}"


def _too_large(url: httpx2.URL, max_bytes: int) -> str:
    return f"{_shown(url)} is larger than {max_bytes:,} bytes. Raise max_bytes= if it is an article."
