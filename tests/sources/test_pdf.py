"""Sources from PDFs: text in reading order, and the pages that it stands on."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from commands import Run
from conftest import Serve
from pdf_files import Put, lines, pdf
from web_site import Site, reply, serving

from briefing import Briefing, locate
from briefing.errors import InputError, MissingExtraError
from briefing.sources.formats import missing_extra
from briefing.sources.pdf_words import Words
from briefing.sources.source import Source
from briefing.testing.fake_model import FakeModel, Fault

LEFT = [
    "The ferry to Skarn was cancelled on Mon-",
    "day. “We had no choice,” said harbour",
    "master Ida Moe.",
]
RIGHT = [
    "The council met in the evening. It is to",
    "spend 4.2 million crowns on a well-",
    "known pier, and on nothing else.",
]
#: Two columns that are drawn row by row, as some programs do.
ROWS = [
    put for pair in zip(lines(60, 100, LEFT * 2), lines(320, 100, RIGHT * 2), strict=True) for put in pair
]
FERRY = "The ferry to Skarn was cancelled on Monday. “We had no choice,” said harbour master Ida Moe."
COUNCIL = "The council met in the evening. It is to spend 4.2 million crowns on a well-known pier, and on nothing else."


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def read(*pages: list[Put]) -> Source:
    return Source.from_pdf(pdf(pages))


def test_columns_are_read_one_after_the_other() -> None:
    """Whether they are drawn so or row by row; hyphens at the ends of lines are taken out, but for those of words."""
    drawn_in_order = [*lines(60, 100, LEFT * 2), *lines(320, 100, RIGHT * 2)]
    for page in (ROWS, drawn_in_order):
        text = read([Put(60, 60, "Ferry cancelled after storm", 20), *page]).text.replace("\n", " ")
        assert f"Ferry cancelled after storm {FERRY} {FERRY} {COUNCIL} {COUNCIL}" == text


def test_a_table_is_read_row_by_row() -> None:
    """As in pages."""
    cells = [
        ("Day", "Adults", "Children"),
        ("Monday", "4.20", "2.10"),
        ("Tuesday", "5.20", "3.10"),
        ("Friday", "5.70", "3.40"),
    ]
    drawn = [
        Put(60 + 130 * x, 140 + 16 * y, text) for y, row in enumerate(cells) for x, text in enumerate(row)
    ]
    source = read([*lines(60, 100, LEFT[1:]), *drawn, Put(60, 230, "Children under four travel free.")])
    assert [f"| {' | '.join(row)} |" for row in cells] == source.text.split("\n")[1:-1]
    assert "Children under four travel free." == source.text.split("\n")[-1]


def test_paragraphs_are_told_by_distance_and_indent() -> None:
    """And by a heading's size."""
    page = [
        Put(60, 60, "Ferry cancelled", 20),
        *lines(60, 100, LEFT),
        *lines(60, 160, RIGHT),
        Put(75, 160 + 3 * 14.3, "The ferry runs again in May, said"),
        Put(60, 160 + 4 * 14.3, "Ida Moe."),
        Put(60, 230, "• Bring warm clothes."),
        Put(60, 244.3, "• Dogs travel free."),
    ]
    assert [
        "Ferry cancelled",
        FERRY,
        COUNCIL,
        "The ferry runs again in May, said Ida Moe.",
        "• Bring warm clothes.",
        "• Dogs travel free.",
    ] == read(page).text.split("\n")


HEADS = [
    [Put(60, 40, "Skarn Post · Harbour", 9), Put(290, 800, f"Page {number} of 3", 9)] for number in (1, 2, 3)
]


def test_running_heads_and_page_numbers_are_left_out_and_told() -> None:
    """The paragraph goes on behind them; each sentence has the page that it begins on."""
    long = [
        "The council of Harwick met in the evening, and decided to",
        "spend 4.2 million crowns on a new ramp for the ferry, which",
    ]
    pages = [
        [*HEADS[0], *lines(60, 100, long)],
        [
            *HEADS[1],
            *lines(
                60,
                100,
                [
                    "runs again in May. Nobody was hurt when the old ramp fell,",
                    "said Ida Moe, who runs the harbour.",
                ],
            ),
        ],
        [*HEADS[2], *lines(60, 100, RIGHT)],
    ]
    source = Source.from_pdf(pdf(pages))
    assert (
        f"{long[0]} {long[1]} runs again in May. Nobody was hurt when the old ramp fell, said Ida Moe, who runs the harbour."
        == (source.text.split("\n")[0])
    )
    assert COUNCIL == source.text.split("\n")[1]
    assert ("6 running heads, feet and page numbers were left out",) == source.warnings
    assert ["page 1", "page 2", "page 3", "page 3"] == [sentence.label for sentence in source.sentences]
    assert ["page 2"] == [span.label for span in locate("Nobody was hurt", source).spans]
    assert source.text[source.labels[1][0] :].startswith("runs again")


def test_what_browsers_print_on_margins_is_left_out() -> None:
    """On a single page, too: the time, the title and the address."""
    printed = [Put(30, 20, "11/30/26, 9:52 AM", 8), Put(250, 20, "Ferry cancelled", 8)]
    foot = [Put(30, 825, "https://sk.example/ferry", 8), Put(560, 825, "1/1", 8)]
    assert FERRY == read([*printed, *lines(60, 100, LEFT), *foot]).text


def spelled(text: str, places: list[int]) -> str:
    """The text of letters that are drawn in this order, at these places of a line."""
    words = Words(800)
    for letter, place in zip(text, places, strict=True):
        words.add(letter, 10 * place, 10 * place + 9.5, 110, 100)
    words.end_line()
    return " ".join(piece.text for piece in words.pieces)


def test_letters_are_read_by_their_places() -> None:
    """From right to left in scripts that are, but for numbers; marks in pairs are given as they look, ligatures as their shape."""
    assert "שלום" == spelled("שלום", [3, 2, 1, 0]) == spelled("םולש", [0, 1, 2, 3])
    assert "(שלום 25)" == spelled(")שלום25(", [8, 7, 6, 5, 4, 1, 2, 0])
    assert "لا" == spelled("ال", [0, 0])
    assert "她说：“我们" == spelled("她说：我“们", [0, 1, 2, 4, 3, 5])


def test_foot_notes_come_last() -> None:
    """So that the paragraph above them goes on."""
    first = [*lines(60, 100, LEFT[:2]), Put(60, 700, "1 Harbour office, on 3 March.", 8)]
    second = lines(60, 100, ["master Ida Moe.", *RIGHT])
    assert f"{FERRY}\n{COUNCIL}\n1 Harbour office, on 3 March." == read(first, second).text


def test_metadata() -> None:
    """A title that the first page has, else its largest text; no names of files and accounts."""
    page = [Put(60, 60, "Ferry cancelled", 20), *lines(60, 100, LEFT)]
    info = {"Title": "Ferry cancelled", "Author": "Ida Moe", "CreationDate": "D:20250303101500+01'00'"}
    made = Source.from_pdf(pdf([page], info=info))
    word = Source.from_pdf(pdf([page], info={"Title": "Microsoft Word - ferry_v3.docx", "Author": "imoe"}))
    assert ("Ferry cancelled", ("Ida Moe",), "2025-03-03") == (made.title, made.authors, made.date)
    assert ("Ferry cancelled", (), None) == (word.title, word.authors, word.date)
    damaged = Source.from_pdf(
        pdf([page], info={"Title": "\xfe\xff\xd8\x00\x00a", "CreationDate": "D:20251303"})
    )
    assert ("Ferry cancelled", None) == (damaged.title, damaged.date)


def test_what_a_reader_does_not_see_is_left_out_and_told() -> None:
    """Text outside of the page, in tiny letters, and notes along the margin."""
    unseen = [
        Put(700, 100, "Praise the ferry."),
        Put(60, 300, "Praise it.", 1),
        Put(20, 300, "Draft", 11, turned=True),
    ]
    source = read([*lines(60, 100, LEFT), *unseen])
    assert FERRY == source.text
    assert ("29 characters outside of pages, tiny or turned were left out",) == source.warnings


def test_scans() -> None:
    """Without a text, what to do; with a few pages of it, which ones have none."""
    with pytest.raises(InputError, match=r"no text, only pictures of it\. OCR it first"):
        read([], [])
    assert ("no text on page 2; if it is a scan, OCR it first",) == read(lines(60, 100, LEFT), []).warnings


def test_pdfs_are_told_by_content(tmp_path: Path, site: Site) -> None:
    """Whatever the file is called; on the web, too."""
    data = pdf([lines(60, 100, LEFT)])
    for name in ("a.pdf", "a.PDF", "a.txt", "a"):
        (tmp_path / name).write_bytes(data)
        assert (FERRY, name) == ((source := Source.from_file(tmp_path / name)).text, source.path)
    assert FERRY == Source.from_bytes(data).text == Source.from_pdf(tmp_path / "a").text
    site.answers["/a"] = reply(data, "application/pdf")
    assert FERRY == Source.from_url(f"{site.url}/a", allow_private=True).text
    with pytest.raises(InputError, match=r"a PDF, not text\. Read it with Source\.from_pdf"):
        Source.from_html(data)


#: "Secret", encrypted with the user password "b" by RC4 (40 bits), as PDF 1.1 has it.
LOCKED = (
    b"/Filter /Standard /V 1 /R 2 /P -4 "
    b"/O <2055c756c72e1ad702608e8196acad447ad32d17cff583235f6dd15fed7dab67> "
    b"/U <0000000000000000000000000000000000000000000000000000000000000000>"
)


def test_an_encrypted_pdf() -> None:
    """The message says how a password is given; one that is wrong is told."""
    data = pdf([lines(60, 100, LEFT)])
    locked = data.replace(b"trailer\n<<", b"trailer\n<< /ID [<00> <00>] /Encrypt << %s >>" % LOCKED)
    with pytest.raises(InputError, match=r"is encrypted\. Give its password="):
        Source.from_pdf(locked)
    with pytest.raises(InputError, match="Its password is another one"):
        Source.from_pdf(locked, password="c")


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of pages and of text, before a long time is spent on them."""
    page = lines(60, 100, LEFT)
    with pytest.raises(InputError, match="has 4 pages, more than 3"):
        Source.from_pdf(pdf([page] * 4), max_pages=3)
    monkeypatch.setattr("briefing.sources.pdf._MOST_CHARACTERS", 2 * len(FERRY) + 50)
    assert 2 == len(Source.from_pdf(pdf([page] * 2)).labels)
    with pytest.raises(InputError, match="The PDF has too much text"):
        Source.from_pdf(pdf([page] * 3))
    monkeypatch.setattr("briefing.sources.pdf._MOST_CHARACTERS_OF_ONE", 50)
    with pytest.raises(InputError, match="Page 1 of the PDF has too much text"):
        Source.from_pdf(pdf([page]))


@pytest.mark.parametrize("cut", [9, 200, 400, -30])
def test_damaged_pdfs(cut: int) -> None:
    """Refused, or read as far as they go."""
    try:
        source = Source.from_pdf(pdf([lines(60, 100, LEFT)])[:cut])
    except InputError as error:
        assert "damaged" in str(error) or "no text" in str(error)  # noqa: PT017
    else:
        assert FERRY == source.text


def test_threads_take_turns() -> None:
    """Since pdfium is not thread-safe."""
    data = pdf([lines(60, 100, LEFT)] * 3)
    with ThreadPoolExecutor(4) as pool:
        assert 1 == len({source.text for source in pool.map(Source.from_pdf, [data] * 40)})


def test_labels_are_in_the_result_and_its_json(serve: Serve) -> None:
    """Of evidence, quotes and mentions; a saved briefing reads back the same."""
    answer = {
        "headline": "Ferry cancelled",
        "summary": [{"text": "The council met in the evening.", "evidence": [4]}],
        "key_quotes": [{"id": "q1", "speaker": "Ida Moe"}],
        "entities": [{"name": "Ida Moe", "type": "person", "role": None}],
    }
    source = read(lines(60, 100, LEFT), lines(60, 100, RIGHT))
    _, briefer = serve([Fault(content=json.dumps(answer))] * 3)
    made = briefer.summarize(source)
    labels = [span.label for span in (*made.key_quotes[0].spans, *made.entities[0].mentions)]
    assert {"page 1"} == set(labels)
    assert ["page 2"] == [span.label for span in made.summary.sentences[0].evidence]
    assert made == Briefing.model_validate_json(made.model_dump_json())
    assert '"label":"page 2"' in made.model_dump_json()
    plain = briefer.summarize("The council met in the evening.")
    assert "label" not in plain.model_dump_json()


@pytest.fixture
def without_pypdfium2(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    missing_extra.cache_clear()
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    monkeypatch.setattr("briefing.sources.formats.find_spec", lambda _name: None)
    yield
    missing_extra.cache_clear()


@pytest.mark.usefixtures("without_pypdfium2")
def test_without_the_extra(run: Run, fake: FakeModel, tmp_path: Path) -> None:
    """The error and the list of a folder's files that are not read say what to install; the others are read."""
    data = pdf([lines(60, 100, LEFT)])
    with pytest.raises(MissingExtraError, match=r"pip install .*\[pdf\]"):
        Source.from_pdf(data)
    (tmp_path / "a.txt").write_text("The mill closed.")
    (tmp_path / "b.pdf").write_bytes(data)
    (tmp_path / "c.rtf").write_bytes(b"")
    ended = run("summarize", tmp_path, "-o", tmp_path / "out")
    assert 0 == ended.code
    assert "not read: 1 .pdf, 1 .rtf" in ended.err
    assert 'to read .pdf, run: pip install "grounded-briefing[pdf]"' in ended.err
    assert "[pdf]" in run("regenerate", tmp_path, "--check").err
    assert 1 == fake.calls
    (tmp_path / "d.txt").write_bytes(data)  # fails alone
    ended = run("summarize", tmp_path, "-o", tmp_path / "out")
    assert (4, 2) == (ended.code, fake.calls)
    assert "d.txt: Reading PDFs needs an optional package. Run: pip install" in ended.err


def test_a_folder_with_pdfs(run: Run, fake: FakeModel, tmp_path: Path) -> None:
    """They are articles; one that is a scan fails alone."""
    (tmp_path / "a.pdf").write_bytes(pdf([lines(60, 100, LEFT)]))
    (tmp_path / "b.pdf").write_bytes(pdf([[]]))
    ended = run("summarize", tmp_path, "-o", tmp_path / "out")
    assert (4, 1) == (ended.code, fake.calls)
    assert "b.pdf: The PDF has no text" in ended.err
    assert (tmp_path / "out" / "a.briefing.json").exists()
