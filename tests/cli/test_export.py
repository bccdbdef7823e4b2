"""`briefing export`, `briefing import`, and passages as CSV."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Run, runner
from export_cases import ARTICLE, ledger_briefing, span

from briefing.exports import FORMATS
from briefing.testing import FakeModel


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `briefing ARGS`."""
    return runner(monkeypatch, capfd)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A folder with an article and a run that has its briefing and a failure."""
    (tmp_path / "ledger.txt").write_bytes(ARTICLE.text.encode())
    made = ledger_briefing(keep_source=False).model_dump(mode="json")
    rows = [{"source": "ledger.txt", "briefing": made}, {"source": "no.txt", "briefing": None, "error": {}}]
    (tmp_path / "run.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return tmp_path


@pytest.mark.parametrize("to", sorted(set(FORMATS) - {"spacy"}))
def test_every_format_by_its_name(run: Run, saved: Path, to: str) -> None:
    """To a file or a folder; what failed is told."""
    output = saved / "out"
    ended = run("export", saved / "run.jsonl", "--to", to, "-o", output, "--source", saved / "ledger.txt")
    assert (0, f"briefing: 1 that failed left out\n{output} written: 1 article\n") == (ended.code, ended.err)
    assert output.is_dir() == FORMATS[to].is_folder


def test_a_text_format_is_printed(run: Run, saved: Path) -> None:
    """Without --output; csv needs no article."""
    ended = run("export", saved / "run.jsonl", "--to", "csv")
    assert 0 == ended.code
    rows = list(csv.DictReader(io.StringIO(ended.out.removeprefix("\ufeff"))))
    assert {"ledger.txt"} == {row["article"] for row in rows}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "brat"), "the format brat needs a folder: give --output PATH"),
        (("--to", "parquet"), "the format parquet needs a file: give --output PATH"),
        (
            ("--to", "conll"),
            "the text of ledger.txt is needed: give the article that the result was made of with --source",
        ),
        (("--to", "docx"), "'docx' is not one of"),
    ],
)
def test_what_is_missing_is_told(run: Run, saved: Path, arguments: tuple[str, ...], message: str) -> None:
    """With exit code 2."""
    ended = run("export", saved / "run.jsonl", *arguments)
    assert 2 == ended.code
    assert message in " ".join(ended.err.split())


def test_a_reader_that_is_gone_ends_it_in_silence(saved: Path) -> None:
    """With the exit code of a broken pipe, as other commands."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "briefing", "export", saved / "run.jsonl", "--to", "csv"]
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, check=False)
    # What failed is told before.
    assert (141, b"") == (done.returncode, done.stderr.replace(b"briefing: 1 that failed left out\n", b""))


def test_corrections_as_json_lines(run: Run, saved: Path) -> None:
    """Out of the predictions of an export, as if they had been accepted."""
    run(
        "export",
        saved / "run.jsonl",
        "-t",
        "prodigy",
        "-o",
        saved / "p.jsonl",
        "--source",
        saved / "ledger.txt",
    )
    printed = run("import", saved / "p.jsonl", "--from", "prodigy")
    written = run("import", saved / "p.jsonl", "--from", "prodigy", "-o", saved / "gold.jsonl")
    assert (0, f"{saved / 'gold.jsonl'} written: 1 labelled article\n") == (written.code, written.err)
    assert printed.out == (saved / "gold.jsonl").read_text("utf-8")
    assert ARTICLE.sha256 == json.loads(printed.out)["source_sha256"]
    refused = run("import", saved / "p.jsonl", "--from", "label-studio")
    assert (2, True) == (refused.code, "is not a list" in refused.err)


def test_summarize_writes_passages(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--format csv` and `-o x.csv`: one article alone, a file for each in a folder, one file for all."""
    articles = tmp_path / "articles"
    articles.mkdir()
    for name in ("a", "b"):
        (articles / f"{name}.txt").write_bytes(ARTICLE.text.encode())

    def rows(text: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))

    with FakeModel() as fake:
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        printed = run("summarize", articles / "a.txt", "--format", "csv")
        run("summarize", articles / "a.txt", "-o", tmp_path / "one.csv")
        run("summarize", articles, "-o", tmp_path / "all.csv")
        run("summarize", articles, "-o", tmp_path / "out", "--format", "csv")
        refused = run("summarize", articles, "--format", "csv")
        other = run("summarize", articles, "--format", "md", "-o", tmp_path / "all.csv")

    one = rows(printed.out)
    assert {"a.txt"} == {row["article"] for row in one}
    assert one == rows((tmp_path / "one.csv").read_text("utf-8"))
    assert one == rows((tmp_path / "out" / "a.briefing.csv").read_text("utf-8"))
    every = rows((tmp_path / "all.csv").read_text("utf-8"))
    assert ["a.txt", "b.txt"] == list(dict.fromkeys(Path(row["article"]).name for row in every))
    assert (2, 2) == (refused.code, other.code)
    assert "one table has several briefings; give a file to --output, such as report.csv" in refused.err
    assert "holds a table; for --format md give a folder" in other.err


def test_results_of_another_schema(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--schema MODULE:CLASS` of a module in the current folder, for export and report; another result is told."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "harbour_schema.py").write_text(
        "import briefing, pydantic\n\nclass Harbour(pydantic.BaseModel):\n    by: briefing.Mention\n"
    )
    (tmp_path / "ledger.txt").write_bytes(ARTICLE.text.encode())
    by = {"name": "Harwick", "spans": [span("Harwick").model_dump()]}
    (tmp_path / "one.json").write_text(json.dumps({"by": by}), "utf-8")
    options = ("one.json", "--schema", "harbour_schema:Harbour", "--source", "ledger.txt")

    printed = run("export", *options, "--to", "csv")
    written = run("report", *options, "-o", "page.html")
    (tmp_path / "one.json").write_text("{}", "utf-8")
    wrong = run("report", *options, "-o", "page.html")
    unnamed = run("report", "one.json", "--schema", "result", "-o", "page.html")

    [row] = csv.DictReader(io.StringIO(printed.out.removeprefix("\ufeff")))
    assert ("ledger.txt", "mention", "Harwick") == (row["article"], row["kind"], row["passage_text"])
    assert (0, "page.html written: 1 article\n") == (written.code, written.err)
    assert (2, True) == (wrong.code, "one.json is no Harbour: by: Field required" in wrong.err)
    assert (2, True) == (unnamed.code, "'result' names no class; give MODULE:CLASS" in unnamed.err)


@pytest.mark.parametrize(
    "args",
    [
        "export run.jsonl -t csv --source news -o news/ledger.txt",
        "export run.jsonl -t csv --source news -o link.csv",
        "export run.jsonl -t csv --source news/ledger.txt -o missing/../news/ledger.txt",
        "export run.jsonl -t brat --source news -o news",
        "export run.jsonl -t brat --source news/ledger.txt -o linked",
        "export run.jsonl -t label-studio --source news -o .",
        "report run.jsonl --source news -o news/note.md",
        "report run.jsonl --source . -o link.html",
    ],
)
def test_an_article_of_a_folder_is_not_overwritten(
    run: Run, saved: Path, monkeypatch: pytest.MonkeyPatch, args: str
) -> None:
    """Nor is the run, by any name that a format gives its files."""
    monkeypatch.chdir(saved)
    news = saved / "news"
    news.mkdir()
    (saved / "ledger.txt").rename(news / "ledger.txt")
    (news / "note.md").write_text("# Note\n\nThe mill is shut.", "utf-8")
    (saved / "linked").symlink_to(news)
    for name in ("link.csv", "link.html"):
        (saved / name).symlink_to(news / "ledger.txt")
    before = {path: path.read_bytes() for path in saved.rglob("*") if path.is_file()}

    ended = run(*args.split())

    assert (2, "") == (ended.code, ended.out)
    assert "overwritten" in ended.err
    assert before == {path: path.read_bytes() for path in saved.rglob("*") if path.is_file()}
