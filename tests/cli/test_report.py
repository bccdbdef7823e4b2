"""`briefing report`, and pages of `summarize` and `check`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import Run, runner
from lxml import html
from report_cases import BRIDGE, SEEDS, faulty_briefing

import briefing
from briefing.testing import FakeModel


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `briefing ARGS`."""
    return runner(monkeypatch, capfd)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A folder with a briefing, its article, and a run with a failure."""
    (tmp_path / "bridge.txt").write_text(BRIDGE.text, "utf-8")
    made = faulty_briefing().model_dump(mode="json")
    (tmp_path / "bridge.briefing.json").write_text(json.dumps(made), "utf-8")
    failed = {
        "source": "no.txt",
        "briefing": None,
        "error": {"type": "InputError", "message": "no.txt is empty"},
    }
    rows = [{"source": "bridge.txt", "briefing": made, "error": None}, failed]
    (tmp_path / "run.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return tmp_path


def entries(page: Path) -> list[Any]:
    """The data of a page's entries."""
    found = html.fromstring(page.read_text("utf-8")).xpath("//script[@type='application/json']")
    return [json.loads(script.text) for script in found]


def test_saved_briefings_beside_their_articles(run: Run, saved: Path) -> None:
    """Of files with one and with several; each article is the one that the briefing was made of."""
    page = saved / "page.html"
    names = [saved / "bridge.briefing.json", saved / "run.jsonl"]
    seeds = ["--source", SEEDS / "library-notice.html"]

    ended = run("report", *names, "-o", page, "--source", saved / "bridge.txt", *seeds, "--title", "Bridges")

    assert (0, "", f"{page} written: 3 articles\n") == ended
    one, two, failed = entries(page)
    assert [BRIDGE.text] * 2 == [entry["articles"][0]["text"] for entry in (one, two)]
    assert "InputError: no.txt is empty" == failed["failure"]
    assert "Bridges" == html.fromstring(page.read_text("utf-8")).xpath("//h1")[0].text


def test_files_that_are_not_read_are_told_once(run: Run, saved: Path) -> None:
    """With one advice."""
    (saved / "other.rtf").touch()

    ended = run("report", saved / "bridge.briefing.json", "-o", saved / "page.html", "--source", saved)

    told = f"briefing: not read: 1 .rtf ({saved / 'other.rtf'}); give them as text, Markdown or HTML"
    assert (0, told) == (ended.code, ended.err.splitlines()[0])


def test_without_the_article_the_page_says_so(run: Run, saved: Path) -> None:
    """And the command, if another article was given."""
    page = saved / "page.html"
    assert 0 == run("report", saved / "bridge.briefing.json", "-o", page).code
    assert "text" not in entries(page)[0]["articles"][0]

    ended = run(
        "report", saved / "bridge.briefing.json", "-o", page, "--source", SEEDS / "library-notice.html"
    )

    assert (0, True) == (ended.code, "no --source has the article of" in ended.err)
    assert "text" not in entries(page)[0]["articles"][0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bridge.briefing.json"], "needs --output"),
        (["bridge.briefing.json", "-o", "page.pdf"], "needs --output FILE.html"),
        (["bridge.briefing.json", "-o", "-"], "needs --output FILE.html"),
        (["bridge.txt", "-o", "page.html"], "is not JSON"),
        (["missing.json", "-o", "page.html"], "cannot read missing.json"),
        (["other.json", "-o", "page.html"], "is no briefing"),
        (["broken.json", "-o", "page.html"], "broken.json is no briefing: summary"),
        (["-", "-o", "page.html", "--source", "-"], "only once"),
        (["bridge.briefing.json", "-o", "bridge.briefing.json"], "same file"),
        (["bridge.briefing.json", "-o", "page.html", "--source", "no.txt"], "no.txt"),
        (["bridge.briefing.json", "-o", "nowhere/page.html"], "cannot write nowhere/page.html"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_wrong_usage_leaves_no_page(
    run: Run, saved: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    """Code 2, one line, nothing written."""
    monkeypatch.chdir(saved)
    (saved / "other.json").write_text('{"figures": []}')
    (saved / "broken.json").write_text('{"headline": "x", "summary": 5, "key_quotes": [], "entities": []}')
    before = {path: path.read_bytes() for path in saved.iterdir()}

    ended = run("report", *words)

    assert (2, 1) == (ended.code, len(ended.err.splitlines()))
    assert said in ended.err
    assert before == {path: path.read_bytes() for path in saved.iterdir()}


@pytest.mark.parametrize("several", [False, True], ids=["one article", "several"])
def test_summarize_writes_a_page(
    run: Run, saved: Path, monkeypatch: pytest.MonkeyPatch, several: bool
) -> None:
    """Each briefing beside its article, in their order; those that failed come last."""
    page = saved / "out.html"
    (saved / "empty.txt").write_text("…")
    others = [saved / "empty.txt", saved / "bridge.txt"] if several else []
    with FakeModel() as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        ended = run("summarize", saved / "bridge.txt", *others, "-o", page)

    assert 4 * several == ended.code
    shown = entries(page)
    assert BRIDGE.text == shown[0]["articles"][0]["text"]
    if several:
        assert [False, False, True] == ["failure" in entry for entry in shown]


def test_a_page_in_a_folder_and_on_standard_output(
    run: Run, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--format html`: a file for each article in a folder; one article alone on standard output."""
    with FakeModel() as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        assert 0 == run("summarize", saved / "bridge.txt", "-f", "html", "-o", saved).code
        printed = run("summarize", saved / "bridge.txt", "-f", "html").out
        refused = run("summarize", saved / "bridge.txt", saved / "bridge.txt", "-f", "html")
        mixed = run(
            "summarize", saved / "bridge.txt", saved / "bridge.txt", "-f", "json", "-o", saved / "x.html"
        )

    assert BRIDGE.text == entries(saved / "bridge.briefing.html")[0]["articles"][0]["text"]
    assert printed.startswith("<!DOCTYPE html>")
    assert (2, True) == (refused.code, "give a file to --output" in refused.err)
    assert (2, True) == (mixed.code, "holds a page" in mixed.err)


def test_a_checked_draft_is_shown_beside_its_articles(run: Run, saved: Path) -> None:
    """Its quotations marked, each beside the article that has the passage; the exit code is that of the check."""
    lind = "Oskar Lind, a baker, called the news “a disaster for the whole of our street.” Nobody else did."
    (saved / "lind.txt").write_text(lind)
    (saved / "draft.md").write_text(
        "“We had no other choice,” said Maren Holt. Lind called it 🌉 “a disaster for the whole of our street.”\n"
    )
    ended = run(
        "check", saved / "draft.md", "--against", saved / "bridge.txt", saved / "lind.txt", "-f", "html"
    )
    page = saved / "page.html"
    page.write_text(ended.out, "utf-8")

    [entry] = entries(page)
    draft, quotes = (part["claims"] for part in entry["parts"])
    assert 1 == ended.code
    assert [["quoted", "error"], ["quoted"]] == [[mark[2] for mark in claim["marks"]] for claim in draft]
    assert ["error", "ok"] == [claim["look"] for claim in quotes]
    assert ["adds “other”"] == quotes[0]["said"]
    lights = [entry["passages"][row] for claim in quotes for row in claim["lights"]]
    texts = [entry["articles"][row[0]]["text"][row[1] : row[2]] for row in lights]
    assert ["We had no choice,", "a disaster for the whole of our street."] == texts


def test_the_page_of_an_installed_package_has_its_files() -> None:
    """Style and script are in the package, not beside it."""
    folder = Path(briefing.__file__).parent / "reports" / "assets"

    assert {"page.html", "page.css", "page.js", "entry.html", "notebook.html"} <= {
        p.name for p in folder.iterdir()
    }


def test_a_report_in_markdown(run: Run, saved: Path) -> None:
    """A file that ends in .md: each briefing with its footnotes, and what failed."""
    page = saved / "report.md"

    ended = run(
        "report", saved / "run.jsonl", "-o", page, "--source", saved / "bridge.txt", "--title", "All *of* it"
    )

    text = page.read_text("utf-8")
    assert (0, f"{page} written: 2 articles\n") == (ended.code, ended.err)
    assert text.startswith("# All \\*of\\* it\n\n# Harwick closes the Tern bridge")
    assert "on Tuesday.[^1-1]" in text
    assert text.endswith("# no.txt\n\nInputError: no.txt is empty\n")
