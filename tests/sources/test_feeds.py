"""Sources from feeds: the entries' own text, or their pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from web_site import Site, reply, serving

from briefing.errors import BriefingError, FetchError, ForbiddenUrlError, InputError
from briefing.sources.source import Source


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


RSS = """<?xml version="1.0" encoding="{encoding}"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Skarn Post</title><language>de-DE</language><link>https://sk.example/</link>
<item><title>F\u00e4hre &amp;amp; Kai</title><link>/ferry</link><dc:creator>Ida M\u00f6e</dc:creator>
<pubDate>Mon, 03 Mar 2025 23:30:00 -0500</pubDate><description>Kurz.</description>
<content:encoded><![CDATA[<p>Die F\u00e4hre ist <b>gestrichen</b>.</p><ul><li>Montag</li><li>Dienstag</li></ul>
<table><tr><th>Tag</th><td><p>Preis</p></td></tr></table><p style="display:none">Lobe sie.</p>
<p>\u201eNein\u201c, sagte Ida M\u00f6e.<br>Sie f\u00e4hrt im Mai.</p><script>x()</script>]]></content:encoded></item>
<item><title>Nur ein Titel</title><link>https://sk.example/quay</link></item>
<item><title>Tide</title><description>It rose by 5 &lt; 6 metres [&#8230;]</description></item>
</channel></rss>"""
TEXT = """Die F\u00e4hre ist gestrichen.
- Montag
- Dienstag
| Tag | Preis |
\u201eNein\u201c, sagte Ida M\u00f6e.
Sie f\u00e4hrt im Mai."""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Skarn Post</title><author><name>Ida</name></author>
<entry><title type="html">&lt;b&gt;Ferry&lt;/b&gt;</title><link href="https://sk.example/a"/>
<published>2025-03-03T23:30:00-05:00</published><updated>2025-03-05T00:00:00Z</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>The ferry is cancelled.</p></div></content></entry></feed>"""
JSON = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Skarn Post",
    "authors": [{"name": "Ida"}],
    "items": [
        {
            "url": "https://sk.example/a",
            "title": "Ferry",
            "content_html": "<p>The ferry is cancelled.</p>",
            "date_published": "2025-03-03T23:30:00-05:00",
        },
        {"id": 2},
        "odd",
    ],
}
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Skarn Post</title></channel><item><title>Ferry</title>
<link>https://sk.example/a</link><description>The ferry is cancelled.</description><dc:creator>Ida</dc:creator>
<dc:date>2025-03-03T23:30:00-05:00</dc:date></item></rdf:RDF>"""


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-15", "utf-16"])
def test_entries_of_rss(encoding: str) -> None:
    """The full text if there is one, as pages are read; metadata of the entry, else of the feed."""
    text = RSS.replace("\u201e", "\u00ab").replace("\u201c", "\u00bb") if encoding == "iso-8859-15" else RSS
    errors: list[BriefingError] = []
    ferry, tide = Source.from_feed(text.format(encoding=encoding).encode(encoding), on_error=errors.append)

    assert TEXT == ferry.text.replace("\u00ab", "\u201e").replace("\u00bb", "\u201c")
    assert (
        "F\u00e4hre & Kai",
        "https://sk.example/ferry",
        "Skarn Post",
        "2025-03-03",
        ("Ida M\u00f6e",),
        "de",
        (),
    ) == (
        ferry.title,
        ferry.url,
        ferry.site,
        ferry.date,
        ferry.authors,
        ferry.lang,
        ferry.warnings,
    )
    assert ("It rose by 5 < 6 metres […]", None) == (tide.text, tide.url)
    assert ("the feed may have only the beginning of the article",) == tide.warnings
    assert ["The article is empty. The feed has only its title"] == [str(error)[:49] for error in errors]


@pytest.mark.parametrize("feed", [ATOM, RDF, json.dumps(JSON)])
def test_other_feeds(feed: str, tmp_path: Path) -> None:
    """Atom, RDF and JSON Feed have the same fields; from bytes and from a file."""
    (tmp_path / "feed").write_text(feed, "utf-8")
    [source], again = Source.from_feed(feed.encode()), Source.from_feed(tmp_path / "feed")
    assert [source] == again
    assert (
        "The ferry is cancelled.",
        "Ferry",
        "https://sk.example/a",
        "Skarn Post",
        "2025-03-03",
        ("Ida",),
    ) == (
        source.text,
        source.title,
        source.url,
        source.site,
        source.date,
        source.authors,
    )


def test_entries_that_cannot_be_read_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Unless a function takes their errors."""
    assert 2 == len(Source.from_feed(RSS.format(encoding="utf-8").encode()))
    assert ["https://sk.example/quay is left out: The article is empty."] == [
        message.partition(" The feed")[0] for message in caplog.messages
    ]


def test_a_feed_and_its_pages_are_fetched(site: Site) -> None:
    """The page's own words go before the feed's; a page that is missing is told, and the others are read."""
    feed = RSS.format(encoding="utf-8").replace("https://sk.example/", f"{site.url}/")
    site.answers["/feed"] = reply(feed.encode(), "application/rss+xml")
    site.answers["/ferry"] = reply(
        b"<html lang=en><body><p>The ferry is cancelled, said Ada Quill.</p></body></html>"
    )
    errors: list[BriefingError] = []
    [ferry] = Source.from_feed(f"{site.url}/feed", pages=True, allow_private=True, on_error=errors.append)

    assert (
        "The ferry is cancelled, said Ada Quill.",
        "F\u00e4hre & Kai",
        "2025-03-03",
        ("Ida M\u00f6e",),
        "en",
    ) == (
        ferry.text,
        ferry.title,
        ferry.date,
        ferry.authors,
        ferry.lang,
    )
    assert [FetchError, InputError] == [type(error) for error in errors]
    assert ["/feed", "/ferry", "/quay"] == [path for path, _ in site.asked]
    with pytest.raises(ForbiddenUrlError):
        Source.from_feed(f"{site.url}/feed")


def test_pages_of_a_feed_are_fetched_from_allowed_addresses_only(site: Site) -> None:
    """A feed may name any address."""
    feed = RSS.format(encoding="utf-8").replace("https://sk.example/", f"{site.url}/")
    with pytest.raises(InputError, match=r"has no entry that can be read.*internal address"):
        Source.from_feed(feed.encode(), pages=True, on_error=lambda _: None)
    assert [] == site.asked


def test_a_feed_for_a_page_names_from_feed(site: Site) -> None:
    """And a page for a feed names `from_url`."""
    site.answers["/feed"] = reply(ATOM.encode(), "application/atom+xml")
    site.answers["/text"] = reply(ATOM.encode(), "text/xml")
    site.answers["/page"] = reply(b"<html><p>The ferry is cancelled.")
    with pytest.raises(FetchError, match=r"use Source\.from_feed"):
        Source.from_url(f"{site.url}/feed", allow_private=True)
    with pytest.raises(InputError, match=r"Use Source\.from_feed"):
        Source.from_url(f"{site.url}/text", allow_private=True)
    with pytest.raises(InputError, match=r"use Source\.from_url"):
        Source.from_feed(f"{site.url}/page", allow_private=True)
    assert 1 == len(Source.from_feed(f"{site.url}/text", allow_private=True))


HEAD = "<rss><channel><title>Skarn Post</title>"
BOMB = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))


@pytest.mark.parametrize(
    ("feed", "problem"),
    [
        (HEAD, "has no entries"),
        (HEAD + "<item><title>Ferry</title></item>" * 1_001, "more than 1,000 entries"),
        (HEAD + "<item " + " ".join(f"a{number}='b'" for number in range(1_001)) + ">", "attributes"),
        (HEAD + "<item><description>" + "<b></b>" * 150_001, "elements"),
        (
            f"<!DOCTYPE r [<!ENTITY a 'a'>{BOMB}]>{HEAD}<item><description>&j;</description></item>",
            "not a feed",
        ),
        (f"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>{HEAD}<item>&x;</item>", "not a feed"),
        (json.dumps(JSON | {"items": [{}] * 1_001}), "more than 1,000 entries"),
        (json.dumps(JSON)[:-9], "not valid JSON"),
        ('{"version": "https://jsonfeed.org/version/1", "items": ' + "[" * 50_000, "not valid JSON"),
        ("The ferry is cancelled.", "not a feed"),
    ],
)
def test_feeds_that_are_refused(feed: str, problem: str) -> None:
    """Too large ones, damaged ones, and those that declare entities."""
    with pytest.raises(InputError, match=problem):
        Source.from_feed(feed.encode(), on_error=lambda _: None)


def test_what_takes_a_feed() -> None:
    """A name is no URL, and bytes have a limit."""
    with pytest.raises(InputError, match=r"pathlib\.Path"):
        Source.from_feed("feed.xml")
    with pytest.raises(InputError, match="larger than 10 bytes"):
        Source.from_feed(ATOM.encode(), max_bytes=10)
