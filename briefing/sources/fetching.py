"""Fetch one page over http(s), from public addresses only.

A name is resolved once per connection, every address it has is checked, and the socket is opened to one of
those very addresses: a DNS server that answers differently the second time changes nothing. The host name
still goes into the `Host` header and into TLS (SNI and certificate check).

Proxies from the environment are not used: behind a proxy, the proxy resolves the name, and the check would
check nothing. Where only a proxy leads out, fetch with a client of your own and use `Source.from_html`.
"""

from __future__ import annotations

import ipaddress
import socket
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpcore2
import httpx2

from briefing.errors import FetchError, ForbiddenUrlError
from briefing.redaction import scrub
from briefing.timeouts import DeadlineStream, call_with_timeout, remaining, total_timeout

if TYPE_CHECKING:
    import ssl

MAX_REDIRECTS = 5

Resolver = Callable[[str, int], Sequence[str]]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Special-purpose networks of IANA's registries that `is_global` takes for public in some versions of Python.
_SPECIAL = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20")))
# Where clouds serve credentials and settings of the machine, beside link-local addresses: Alibaba, Oracle,
# Azure (a public address), AWS, Google.
_METADATA = frozenset(
    map(
        ipaddress.ip_address,
        ("100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254"),
    )
)
# Ports of other services, which might take a request for commands of theirs: those that browsers refuse
# (the "bad ports" of the Fetch standard), and what databases and caches listen on.
_BAD_PORTS = frozenset(
    {1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104}
    | {
        109,
        110,
        111,
        113,
        115,
        117,
        119,
        123,
        135,
        137,
        139,
        143,
        161,
        179,
        389,
        427,
        465,
        512,
        513,
        514,
        515,
    }
    | {526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049}
    | {3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080}
    | {3306, 5432, 6379, 11211, 27017}
)
_HEADERS = (
    ("User-Agent", "Mozilla/5.0 (compatible; briefing)"),
    ("Accept", "text/html, application/xhtml+xml, text/plain;q=0.9, text/*;q=0.8"),
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
    """A page as it came.

    Attributes:
        body: the content, decompressed.
        content_type: media type in lower case without parameters, "" if the server named none.
        charset: `charset` of the Content-Type header, if there was one.
        url: the address the body came from, after redirects.
    """

    body: bytes
    content_type: str
    charset: str | None
    url: str


def fetch(
    url: str,
    timeout: float = 20.0,
    max_bytes: int = 10_000_000,
    allow_private: bool = False,
    *,
    resolver: Resolver | None = None,
    ssl_context: ssl.SSLContext | None = None,
) -> Fetched:
    """Fetch a text page, following at most five redirects.

    Args:
        url: http or https, without user name and password.
        timeout: seconds for everything together: DNS, redirects, the last byte of the body.
        max_bytes: limit for the body, before and after decompression.
        allow_private: also go to loopback and private networks. Link-local and other addresses where clouds
            keep their credentials, and multicast, stay forbidden.
        resolver: takes host and port and returns IP addresses; the system's if `None`.
        ssl_context: the system's trust store if `None`.

    Raises:
        ForbiddenUrlError: the URL, or one it redirects to, is not to be fetched.
        FetchError: no answer in time, an error status, too large, or not text.
    """
    target = _parse(url)
    backend = _CheckedBackend(allow_private, resolver or _resolve)
    context = ssl_context or httpcore2.default_ssl_context()
    with total_timeout(timeout):
        for _ in range(MAX_REDIRECTS + 1):
            try:
                with httpcore2.ConnectionPool(ssl_context=context, network_backend=backend) as pool:
                    answer = _get(pool, target, max_bytes)
            except (httpcore2.TimeoutException, TimeoutError) as error:
                raise FetchError(f"{_shown(target)} did not answer in full within {timeout:g} s.") from error
            except _TRANSPORT_ERRORS as error:
                raise FetchError(f"{_shown(target)} cannot be reached: {_reason(error)}.") from error
            if isinstance(answer, Fetched):
                return answer
            target = answer
    raise FetchError(f"{_shown(_parse(url))} redirects more than {MAX_REDIRECTS} times.")


def _get(pool: httpcore2.ConnectionPool, url: httpx2.URL, max_bytes: int) -> Fetched | httpx2.URL:
    """One request: the page, or where it redirects to."""
    target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    headers = [("Host", url.netloc.decode("ascii")), *_HEADERS]
    with pool.stream("GET", target, headers=headers) as response:
        fields = httpx2.Headers(response.headers)
        if response.status in _REDIRECTS and "location" in fields:
            return _redirected(url, fields["location"])
        if not 200 <= response.status < 300:
            raise FetchError(_status_message(url, response.status))
        content_type, charset = _media_type(fields.get("content-type", ""))
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
    """Undo gzip in bounded steps, so that a small bomb never becomes a large allocation."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        yield from stream
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(f"{_shown(url)} is compressed as {encoding[:40]!r}, though only gzip was asked for.")
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
                raise FetchError(f"{_shown(url)} sent damaged gzip data.") from error
            chunk = inflate.unconsumed_tail
            if inflate.eof and inflate.unused_data.startswith(
                b"\x1f\x8b"
            ):  # gzip data may have several members
                chunk = inflate.unused_data
                inflate = zlib.decompressobj(wbits=47)
    yield inflate.flush()  # what zlib held back at the last 65,536: less than one more step
    if not inflate.eof:
        raise FetchError(f"{_shown(url)} was cut off before its end.")


# --- what may be fetched ----------------------------------------------------------------------------------


def _parse(url: str) -> httpx2.URL:
    parsed = _read(url)
    if parsed is None:
        # Neither the URL nor the parser's message is shown: both may hold a password or a token.
        raise ForbiddenUrlError("That is not a valid URL. Give one like https://example.org/article")
    if parsed.scheme not in ("http", "https") or not parsed.raw_host:
        if not parsed.scheme or parsed.scheme in ("http", "https"):
            raise ForbiddenUrlError("That is not a whole URL. Give one like https://example.org/article")
        raise ForbiddenUrlError(
            f"Only http and https URLs are fetched, not {parsed.scheme!r}. For a file, use Source.from_file."
        )
    port = 80 if parsed.port is None else parsed.port
    if not 0 < port < 65_536 or port in _BAD_PORTS:
        raise ForbiddenUrlError(f"{_shown(parsed)} has a port that is none of a web server's.")
    if parsed.userinfo:
        raise ForbiddenUrlError(
            f"{_shown(parsed)} holds a user name or password. Fetch it yourself and use Source.from_html."
        )
    return parsed


def _read(url: str, base: httpx2.URL | None = None) -> httpx2.URL | None:
    try:
        return httpx2.URL(url) if base is None else base.join(url)
    except (httpx2.InvalidURL, UnicodeError, TypeError):
        return None


def _redirected(url: httpx2.URL, location: str) -> httpx2.URL:
    joined = _read(location, url)
    if joined is None:
        raise FetchError(f"{_shown(url)} redirects to an invalid URL.")
    return _parse(str(joined))


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet, also where it carries an IPv4 address inside."""
    ip = _ip(address)
    if ip is None or ip in _METADATA or any(ip in network for network in _SPECIAL):
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast and not ip.is_reserved
    if embedded := _embedded(ip):
        return all(is_public(str(inner)) for inner in embedded)
    # Everything else that is routed is in 2000::/3; `is_global` alone lets fec0::/10 through.
    # ISATAP addresses, in any network, lead to an IPv4 address behind the network's router.
    isatap = (int(ip) >> 32) & 0xFDFFFFFF == 0x5EFE
    return ip in _GLOBAL_UNICAST and ip.is_global and not isatap


def _allowed(address: str, allow_private: bool) -> bool:
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
        return ipaddress.ip_address(
            address.partition("%")[0]
        )  # without the zone: it changes no address's kind
    except ValueError:
        return None


def _embedded(ip: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """IPv4 addresses that a packet to this IPv6 address ends up at."""
    if ip.ipv4_mapped is not None:
        return [ip.ipv4_mapped]
    if ip.sixtofour is not None:
        return [ip.sixtofour]
    if ip.teredo is not None:
        return list(ip.teredo)
    if ip in _NAT64 or (ip in _IPV4_COMPATIBLE and int(ip) > 0xFFFF):  # :: and ::1 are no IPv4 addresses
        return [ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)]
    return []


# --- the network ------------------------------------------------------------------------------------------


class _CheckedBackend(httpcore2.NetworkBackend):
    """Opens every socket; nothing is connected to that was not checked here."""

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
        addresses = self._addresses(host, port)
        failure: Exception = httpcore2.ConnectError("the name has no address")
        for address in addresses:
            if not _allowed(address, self._allow_private):
                # Only where it would help: some addresses stay forbidden.
                helps = not self._allow_private and _allowed(address, allow_private=True)
                raise ForbiddenUrlError(
                    f"{host} is at a private, loopback or otherwise internal address, and such are not fetched."
                    + (" If you trust the URL, pass allow_private=True (--allow-private)." if helps else "")
                )
        for address in addresses:
            try:
                stream = self._sockets.connect_tcp(
                    address, port, remaining(timeout), local_address, socket_options or ()
                )
            except httpcore2.ConnectError as error:
                failure = error
            else:
                return DeadlineStream(stream)
        raise failure

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:  # `getaddrinfo` takes no timeout
            return call_with_timeout(remaining(), lambda: self._resolver(host, port))
        except TimeoutError:
            raise
        except (OSError, UnicodeError) as error:  # UnicodeError: a label of more than 63 characters
            raise httpcore2.ConnectError("the host name is not known") from error


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


# --- headers and messages ---------------------------------------------------------------------------------


def _media_type(header: str) -> tuple[str, str | None]:
    media, *parameters = header.split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return media.strip().lower(), value.strip().strip("\"'") or None
    return media.strip().lower(), None


def _check_type(url: httpx2.URL, content_type: str) -> None:
    if not content_type or content_type.startswith("text/") or content_type == "application/xhtml+xml":
        return
    if content_type == "application/pdf":
        raise FetchError(
            f"{_shown(url)} is a PDF. Extract its text (pdftotext does) and use Source.from_text."
        )
    raise FetchError(
        f"{_shown(url)} is {content_type[:80]!r}, not a text page. Give the URL of the article itself."
    )


def _digits(value: str | None) -> str:
    return value if value and value.isascii() and value.isdigit() and len(value) < 19 else "0"


def _shown(url: httpx2.URL) -> str:
    """The URL for a message: without user name, password, query and fragment, which may be secret."""
    path = url.raw_path.partition(b"?")[0].decode("ascii")
    return scrub(f"{url.scheme}://{url.netloc.decode('ascii')}{path[:200]}")


def _status_message(url: httpx2.URL, status: int) -> str:
    advice = ""
    if status in (401, 402, 403, 429, 451):
        advice = (
            " The site does not serve this page to programs: save it in a browser and pass the file's Path."
        )
    elif status in (404, 410):
        advice = " Check the URL."
    elif status >= 500:
        advice = " Try again later."
    return f"{_shown(url)} answered with HTTP status {status}.{advice}"


def _too_large(url: httpx2.URL, max_bytes: int) -> str:
    return f"{_shown(url)} is larger than {max_bytes:,} bytes. Raise max_bytes= if it is an article."


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
