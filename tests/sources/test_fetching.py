"""Fetching from a real server on the loopback interface."""

from __future__ import annotations

import gzip
import pickle
import random
import socket
import threading
from collections.abc import Iterator

import httpx2
import pytest
from web_site import Answer, Site, drip, raw, redirect, reply, serving

from briefing.errors import FetchError, ForbiddenUrlError
from briefing.sources.fetching import Fetched, _decoded, fetch, is_public
from briefing.sources.source import Source

PAGE = (
    "<html lang='en'><body><p>The harbour of Eastwick reopened on Monday, said Ada Quill.</p></body></html>"
)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def get(url: str, timeout: float = 5.0, max_bytes: int = 100_000) -> Fetched:
    """`fetch` as the tests need it: with the loopback interface allowed."""
    return fetch(url, timeout, max_bytes, allow_private=True)


def test_a_page_comes_with_its_type_and_charset(site: Site) -> None:
    """Body, media type, charset and address are what the server sent."""
    site.answers["/a"] = reply(b"caf\xe9", 'Text/HTML; Charset="iso-8859-1"')
    assert get(f"{site.url}/a?b=c#d") == Fetched(b"caf\xe9", "text/html", "iso-8859-1", f"{site.url}/a?b=c")


def test_loopback_is_refused_unless_allowed(site: Site) -> None:
    """Without `allow_private`, the server is not even connected to."""
    site.answers["/"] = reply(b"secret")
    with pytest.raises(ForbiddenUrlError, match="allow_private=True"):
        fetch(f"{site.url}/")
    assert site.asked == []


@pytest.mark.parametrize(
    "host", ["localhost", "127.1", "2130706433", "0x7f.0.0.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_other_spellings_of_loopback_are_refused(site: Site, host: str) -> None:
    """The address is checked after resolving, so no spelling gets around it."""
    with pytest.raises((ForbiddenUrlError, FetchError)) as caught:
        fetch(f"http://{host}:{site.port}/", timeout=5)
    assert "not known" in str(caught.value) or isinstance(caught.value, ForbiddenUrlError)
    assert site.asked == []


def test_a_name_with_one_private_address_is_refused(site: Site) -> None:
    """One internal address among public ones is enough to refuse the name."""
    with pytest.raises(ForbiddenUrlError, match=r"news\.example"):
        fetch("http://news.example/", resolver=lambda host, port: ["93.184.215.14", "10.0.0.7"])


def test_the_checked_address_is_the_one_connected_to(site: Site) -> None:
    """A name is resolved once per connection, the socket goes to that address, and Host keeps the name."""
    site.answers["/"] = reply(b"ok", "text/plain")
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    fetched = fetch(f"http://news.example:{site.port}/", 5.0, allow_private=True, resolver=resolver)
    assert (fetched.body, asked) == (b"ok", ["news.example"])
    assert site.asked == [("/", f"news.example:{site.port}")]


def test_tls_asks_for_the_name_and_not_the_address() -> None:
    """The TLS greeting of a pinned connection carries the host name."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        greeting: list[bytes] = []

        def accept() -> None:
            connection, _ = server.accept()
            with connection:
                greeting.append(connection.recv(4096))

        thread = threading.Thread(target=accept)
        thread.start()
        url = f"https://news.example:{server.getsockname()[1]}/"
        with pytest.raises(FetchError, match="cannot be reached"):
            fetch(url, 5.0, allow_private=True, resolver=lambda host, port: ["127.0.0.1"])
        thread.join()
    assert b"news.example" in greeting[0]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "198.18.0.1",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "::127.0.0.1",
        "2001:0:a00:1::1",
        "2001:db8::1",
        "100::1",
        "0.1.2.3",
        "192.0.0.8",
        "192.88.99.1",
        "3fff::1",
        "5f00::1",
        "fe80::1%eth0",
        "::1%lo",
        "::ffff:0:10.0.0.1",
        "2606:4700::5efe:10.0.0.1",
        "2606:4700::200:5efe:10.0.0.1",
        "fe80::5efe:8.8.8.8",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "no address",
        "",
    ],
)
def test_internal_addresses_are_not_public(address: str) -> None:
    """Every special-purpose range is recognized, also inside IPv6 transition addresses."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_public_addresses_are_public(address: str) -> None:
    """Ordinary addresses pass, also through NAT64."""
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::"),
        *("fe80::1", "fe80::a9fe:a9fe%eth0", "0.0.0.0", "::", "224.0.0.1", "ff02::1"),
        *("fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "192.0.0.192", "168.63.129.16"),
        *("::ffff:168.63.129.16", "no address"),
    ],
)
def test_allow_private_does_not_open_link_local(address: str) -> None:
    """Where clouds serve credentials, at link-local or other addresses, stays closed, and nothing else is said."""
    for allow in (True, False):
        with pytest.raises(ForbiddenUrlError) as caught:
            fetch("http://news.example/", 1.0, allow, resolver=lambda host, port: [address])
        assert "allow_private" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["file:///etc/hosts", "ftp://x.example/a", "javascript:alert(1)", "", "x", "http://"]
)
def test_only_http_urls_are_fetched(url: str) -> None:
    """Other schemes, and what is no URL, are refused."""
    with pytest.raises(ForbiddenUrlError, match=r"Only http and https|no scheme or no host"):
        fetch(url)


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://a b/", "http://x:99999/", "http://x\r\nHost: y/", "http://x:q/"]
)
def test_malformed_urls_are_refused(url: str) -> None:
    """A URL that does not parse is an error of ours, not of a library."""
    with pytest.raises((ForbiddenUrlError, FetchError)):
        fetch(url, 1.0, resolver=lambda host, port: [])


@pytest.mark.parametrize("allow", [True, False])
@pytest.mark.parametrize("port", [0, 22, 25, 110, 6379, 6667, 11211])
def test_ports_of_other_services_are_refused(port: int, allow: bool) -> None:
    """No request reaches a mail server or a cache, which might take it for commands; nor does a redirect's."""
    with pytest.raises(ForbiddenUrlError, match="port"):
        fetch(
            f"http://news.example:{port}/", 1.0, allow_private=allow, resolver=lambda host, port: ["8.8.8.8"]
        )


def test_the_highest_port_is_allowed() -> None:
    """The last of the valid ports reaches the name server."""
    with pytest.raises(FetchError, match="no address"):
        fetch("http://news.example:65535/", 1.0, resolver=lambda host, port: [])


def test_a_redirect_to_a_port_of_another_service_is_refused(site: Site) -> None:
    """The port is checked at each step."""
    site.answers["/"] = redirect("http://127.0.0.1:6379/")
    with pytest.raises(ForbiddenUrlError, match="port"):
        get(f"{site.url}/")


def test_a_name_that_changes_its_address_is_checked_again(site: Site) -> None:
    """A name server that answers with a public address first and an internal one then gains nothing."""
    site.answers |= {"/": redirect("/b"), "/b": reply(b"secret", "text/plain")}
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    with pytest.raises(ForbiddenUrlError, match="internal address"):
        fetch(
            f"http://news.example:{site.port}/",
            5.0,
            allow_private=True,
            resolver=lambda host, port: next(answers),
        )
    assert [("/", f"news.example:{site.port}")] == site.asked


@pytest.mark.parametrize(
    "host", ["①②⑦.⓪.⓪.①", "127。0。0。1", "0177.0.0.1", "017700000001", "0x7f000001", "localhost."]
)
def test_disguised_loopback_is_refused(site: Site, host: str) -> None:
    """Wide digits, other dots, octal and hexadecimal forms are looked at as the addresses they become."""
    with pytest.raises((ForbiddenUrlError, FetchError)) as caught:
        fetch(f"http://{host}:{site.port}/", timeout=5)
    assert isinstance(caught.value, ForbiddenUrlError) or "not known" in str(caught.value)
    assert site.asked == []


@pytest.mark.parametrize(
    "url", ["http://u:hunter2secret@x:q/", "http://u:hunter2secret@[::1", "http://a b:hunter2secret@/"]
)
def test_a_malformed_url_leaves_no_trace_in_the_error(url: str) -> None:
    """The parser's own message, which may hold a password, is not among the causes, not even the hidden ones."""
    with pytest.raises(ForbiddenUrlError) as caught:
        fetch(url)
    assert (None, None) == (caught.value.__cause__, caught.value.__context__)
    assert "hunter2secret" not in str(caught.value)


def test_a_key_in_the_path_is_not_shown(site: Site) -> None:
    """Some services put it there."""
    key = "ghp_" + "0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R"
    with pytest.raises(FetchError) as caught:
        get(f"{site.url}/hooks/{key}/a")
    assert f"{site.url}/hooks/[redacted]/a answered with HTTP status 404. Check the URL." == str(caught.value)


def test_a_bomb_of_many_members_is_refused(site: Site) -> None:
    """The limit holds over all members of gzip data together, and for what stands behind them."""
    site.answers |= {
        "/a": reply(gzip.compress(bytes(30_000)) * 10, Content_Encoding="gzip"),
        "/b": reply(gzip.compress(b"a") + bytes(200_000), Content_Encoding="gzip"),
    }
    for path in site.answers:
        with pytest.raises(FetchError, match="larger than"):
            get(f"{site.url}{path}")


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
def test_proxies_from_the_environment_are_not_used(
    site: Site, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A proxy would resolve the name unchecked."""
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    site.answers["/"] = reply(b"direct", "text/plain")
    assert b"direct" == get(f"{site.url}/").body


def test_a_password_in_the_url_is_refused_and_not_shown() -> None:
    """User names and passwords are neither sent nor printed."""
    with pytest.raises(ForbiddenUrlError) as caught:
        fetch("http://ann:hunter2@news.example/a?token=abc123")
    assert "http://news.example/a" in str(caught.value)
    assert not any(secret in str(caught.value) for secret in ("ann", "hunter2", "abc123"))


def test_a_token_in_the_query_is_not_shown(site: Site) -> None:
    """Messages show scheme, host and path only."""
    with pytest.raises(FetchError) as caught:
        get(f"{site.url}/gone?token=abc123")
    assert str(caught.value) == f"{site.url}/gone answered with HTTP status 404. Check the URL."
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize("status", [403, 429, 500, 304])
def test_error_statuses_are_named(site: Site, status: int) -> None:
    """Whatever is not a success says its status."""
    site.answers["/"] = reply(b"", status=status)
    with pytest.raises(FetchError, match=f"HTTP status {status}"):
        get(f"{site.url}/")


def test_redirects_are_followed(site: Site) -> None:
    """Relative and absolute redirects lead to the page, whose address is the last one."""
    site.answers |= {
        "/a": redirect("b?x=1"),
        "/b": redirect(f"{site.url}/c"),
        "/c": reply(b"there", "text/plain"),
    }
    assert get(f"{site.url}/a") == Fetched(b"there", "text/plain", None, f"{site.url}/c")


def test_endless_redirects_end(site: Site) -> None:
    """After five redirects it is enough."""
    site.answers["/"] = redirect("/")
    with pytest.raises(FetchError, match="more than 5 times"):
        get(f"{site.url}/")
    assert len(site.asked) == 6


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "http://169.254.169.254/latest/meta-data/", "http://u:p@127.0.0.1/", "//[::]/"],
)
def test_a_redirect_is_checked_like_the_first_url(site: Site, location: str) -> None:
    """A public page cannot send the client inside."""
    site.answers["/"] = redirect(location)
    with pytest.raises(ForbiddenUrlError):
        get(f"{site.url}/")


@pytest.mark.parametrize(
    "answer",
    [
        drip(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"a"),
        drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["body", "headers", "informational"],
)
def test_slow_bytes_do_not_outlast_the_timeout(site: Site, answer: Answer) -> None:
    """The timeout is for everything together, not for each read."""
    site.answers["/"] = answer
    with pytest.raises(FetchError, match=r"within 0\.3 s"):
        get(f"{site.url}/", timeout=0.3)


def test_a_slow_name_server_does_not_outlast_the_timeout() -> None:
    """Resolving is within the timeout, too."""
    release, resolved = threading.Event(), []

    def resolver(host: str, port: int) -> list[str]:
        release.wait(20)
        resolved.append(host)
        return ["127.0.0.1"]

    with pytest.raises(FetchError, match=r"within 0\.2 s"):
        fetch("http://news.example/", 0.2, resolver=resolver)
    assert [] == resolved
    release.set()


def test_an_unknown_name_is_a_fetch_error() -> None:
    """A name that does not resolve is said to be unknown."""

    def resolver(host: str, port: int) -> list[str]:
        raise socket.gaierror("no such name")

    with pytest.raises(FetchError, match="host name is not known"):
        fetch("http://news.example/", 5.0, resolver=resolver)


def test_a_closed_port_is_a_fetch_error() -> None:
    """A refused connection names the URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(FetchError, match=f"http://127.0.0.1:{port}/ cannot be reached"):
        get(f"http://127.0.0.1:{port}/")


def test_a_server_that_speaks_no_http_is_a_fetch_error(site: Site) -> None:
    """Garbage instead of headers does not surface as a library's exception."""
    site.answers["/"] = raw(b"\x00\x01garbage\r\n\r\n")
    with pytest.raises(FetchError):
        get(f"{site.url}/")


def test_a_body_that_is_cut_off_is_a_fetch_error(site: Site) -> None:
    """Fewer bytes than announced are no page."""
    site.answers["/"] = raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99\r\n\r\nab")
    with pytest.raises(FetchError):
        get(f"{site.url}/")


@pytest.mark.parametrize("announced", [True, False])
def test_large_pages_are_refused(site: Site, announced: bool) -> None:
    """The limit holds with and without a Content-Length."""
    for path, body in (("/most", b"a" * 100_000), ("/more", b"a" * 100_001)):
        site.answers[path] = (
            reply(body) if announced else raw(b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + body)
        )
    assert len(get(f"{site.url}/most").body) == 100_000
    with pytest.raises(FetchError, match="larger than 100,000 bytes"):
        get(f"{site.url}/more")


def test_gzip_is_undone(site: Site) -> None:
    """A compressed page is what it was, also in several members."""
    page = PAGE.encode() * 2000
    site.answers["/"] = reply(gzip.compress(page) + gzip.compress(b"end"), Content_Encoding="gzip")
    assert get(f"{site.url}/", max_bytes=10**6).body == page + b"end"


def test_gzip_is_undone_in_steps_of_64_kib() -> None:
    """A small body never becomes one large allocation."""
    url = httpx2.URL("https://news.example/")
    steps = list(_decoded(url, [gzip.compress(bytes(1_000_000))], "gzip", 1_000_000))
    assert (65_536, 1_000_000) == (max(map(len, steps)), sum(map(len, steps)))


def test_a_gzip_bomb_is_refused(site: Site) -> None:
    """The limit holds before and after decompression."""
    page = random.Random(1).randbytes(1000)
    site.answers["/noise"] = reply(gzip.compress(page), Content_Encoding="gzip")
    most = len(gzip.compress(page))
    assert get(f"{site.url}/noise", max_bytes=most).body == page
    with pytest.raises(FetchError, match="larger than"):
        get(f"{site.url}/noise", max_bytes=most - 1)
    site.answers["/"] = reply(gzip.compress(bytes(30_000_000)), Content_Encoding="gzip")
    with pytest.raises(FetchError, match="larger than"):
        get(f"{site.url}/")


@pytest.mark.parametrize(
    ("body", "encoding", "problem"),
    [
        (gzip.compress(b"abc" * 99, mtime=0)[:-12], "gzip", "truncated"),
        (b"abc", "gzip", "damaged"),
        (b"abc", "br", "only gzip"),
    ],
)
def test_broken_compression_is_a_fetch_error(site: Site, body: bytes, encoding: str, problem: str) -> None:
    """Cut, damaged and unasked-for compression are told apart."""
    site.answers["/"] = reply(body, Content_Encoding=encoding)
    with pytest.raises(FetchError, match=problem):
        get(f"{site.url}/")


@pytest.mark.parametrize(
    ("content_type", "advice"),
    [
        ("application/zip", "not a text page"),
        ("image/png", "URL of the article"),
        ("application/json", "not a text page"),
    ],
)
def test_other_content_is_refused(site: Site, content_type: str, advice: str) -> None:
    """What is not text is refused by its type, with advice."""
    site.answers["/"] = reply(b"%PDF-1.7", content_type)
    with pytest.raises(FetchError, match=advice):
        get(f"{site.url}/")


def test_source_from_url_reads_html(site: Site) -> None:
    """A page becomes its main text, with the address it came from."""
    site.answers |= {"/a": redirect("/b"), "/b": reply(PAGE.encode())}
    source = Source.from_url(f"{site.url}/a", allow_private=True)
    assert source.text == "The harbour of Eastwick reopened on Monday, said Ada Quill."
    assert (source.url, source.lang) == (f"{site.url}/b", "en")


def test_source_from_url_reads_plain_text(site: Site) -> None:
    """Text is kept as sent, tags and all, in the encoding that the header names."""
    site.answers["/"] = reply("Über <b>Brücken</b>\r\n".encode("cp1252"), "text/plain; charset=windows-1252")
    source = Source.from_url(f"{site.url}/", allow_private=True, lang="de")
    assert (source.text, source.encoding, source.lang) == ("Über <b>Brücken</b>\r\n", "cp1252", "de")


def test_source_from_url_sniffs_what_has_no_type(site: Site) -> None:
    """Without a Content-Type the content decides."""
    site.answers["/"] = reply(b"<!doctype html>" + PAGE.encode(), None)
    assert Source.from_url(f"{site.url}/", allow_private=True).text.startswith("The harbour")
