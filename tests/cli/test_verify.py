"""`briefing verify`: saved briefings against their articles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import Run
from conftest import BRIDGE, QUAY

from briefing import Briefer, Cited, Mention, Meta, Source, Span


@pytest.fixture
def saved(briefer: Briefer, tmp_path: Path) -> Path:
    """Two articles in a folder, each with its briefing, and both in one file."""
    lines = []
    (tmp_path / "articles").mkdir()
    for name, text in (("bridge", BRIDGE), ("quay", QUAY)):
        (tmp_path / "articles" / f"{name}.txt").write_text(text, "utf-8")
        made = briefer.summarize(text).model_dump(mode="json")
        (tmp_path / f"{name}.briefing.json").write_text(json.dumps(made, indent=1), "utf-8")
        lines.append({"source": name, "fingerprint": "", "briefing": made, "error": None})
    lines.append({"source": "gone", "fingerprint": None, "briefing": None, "error": {"type": "InputError"}})
    (tmp_path / "out.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return tmp_path


def tampered(path: Path, **changes: Any) -> Path:
    data = json.loads(path.read_text("utf-8"))
    data["entities"][0] |= changes
    path.write_text(json.dumps(data), "utf-8")
    return path


def test_what_holds(run: Run, saved: Path) -> None:
    """One saved briefing, or the lines of a run; failed articles are passed over."""
    one = run("verify", saved / "bridge.briefing.json", saved / "articles" / "bridge.txt")
    assert (0, f"{saved / 'bridge.briefing.json'}: holds\n") == (one.code, one.out)
    many = run("verify", saved / "out.jsonl", saved / "articles", "--format", "json")
    assert (0, [True, True]) == (many.code, [json.loads(line)["ok"] for line in many.out.splitlines()])


def test_what_does_not_hold(run: Run, saved: Path) -> None:
    """Each violation is a line with its path; another article's text has none of the spans."""
    path = tampered(saved / "bridge.briefing.json", role="convicted \x1b[31mfraudster")
    ended = run("verify", path, saved / "articles" / "bridge.txt")
    assert (1, True, False) == (
        ended.code,
        "entities[0]: the role is not in the text" in ended.out,
        "\x1b" in ended.out,
    )
    assert 1 == run("verify", saved / "quay.briefing.json", saved / "articles" / "bridge.txt").code
    (saved / "articles" / "quay.txt").write_text(QUAY + " Ende.", "utf-8")
    ended = run("verify", saved / "out.jsonl", saved / "articles", "-f", "json")
    assert (1, ["meta.source_sha256"]) == (
        ended.code, [v["path"] for line in ended.out.splitlines() for v in json.loads(line)["violations"]]
    )  # fmt: skip


def test_a_span_that_is_none(run: Run, saved: Path) -> None:
    """A file that is no valid briefing any more has violations as well."""
    path = tampered(saved / "bridge.briefing.json", mentions=[{"start": 0, "end": 9, "text": "Bob"}])
    ended = run("verify", path, saved / "articles" / "bridge.txt")
    assert (1, True) == (ended.code, "entities.0.mentions.0" in ended.out)


@pytest.mark.parametrize(
    ("content", "message"),
    [("no JSON", "not JSON"), ("[]", "no briefing"), ('{"a": 1}', "no briefing"), ("x\n{}\n", "not JSON"), ("{}\nx\n", "no briefing"), (None, "cannot read")],
)  # fmt: skip
def test_what_is_no_briefing(run: Run, tmp_path: Path, content: str | None, message: str) -> None:
    """One line says so."""
    article = tmp_path / "a.txt"
    article.write_text(BRIDGE, "utf-8")
    if content is not None:
        (tmp_path / "r.json").write_text(content, "utf-8")
    ended = run("verify", tmp_path / "r.json", article)
    assert (2, 1) == (ended.code, len(ended.err.splitlines()))
    assert message in ended.err
    assert 2 == run("verify", "-", "-").code


def test_results_of_another_schema(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--schema MODULE:CLASS` of a module in the current folder; several articles are told apart by the hash."""
    (tmp_path / "tern_schema.py").write_text(
        "import briefing\nfrom pydantic import BaseModel\n\n\nclass Tern(BaseModel):\n"
        "    by: briefing.Mention\n    sums: list[briefing.Cited[int]]\n    made: briefing.Meta\n"
    )
    monkeypatch.chdir(tmp_path)
    source = Source.from_text(BRIDGE)
    word = Span.of(source.text, source.sentences[0].start, source.text.index(" "))
    made = {
        "by": Mention(name=word.text, spans=[word]).model_dump(),
        "sums": [],
        "made": Meta(source_sha256=source.sha256).model_dump(mode="json"),
    }
    Path("bridge.txt").write_text(BRIDGE, "utf-8")
    Path("quay.txt").write_text(QUAY, "utf-8")
    Path("one.json").write_text(json.dumps(made), "utf-8")
    command = ("verify", "one.json", "bridge.txt", "quay.txt", "--schema", "tern_schema:Tern")

    assert (0, "one.json: holds\n") == (run(*command).code, run(*command).out)
    invented: Cited[int] = Cited(value=3, evidence=[], support="supported", missing=[], findings=[])
    Path("one.json").write_text(json.dumps(made | {"sums": [invented.model_dump()]}), "utf-8")
    assert (1, True) == (run(*command).code, "sums[0]: " in run(*command).out)
    Path("one.json").write_text(json.dumps(made | {"sums": 7}), "utf-8")
    assert (1, True) == (run(*command).code, "one.json: sums: " in run(*command).out)
    told = run("verify", "one.json", "bridge.txt")
    assert (2, True) == (told.code, "--schema MODULE:CLASS" in told.err)
    assert 2 == run("verify", "one.json", "bridge.txt", "--schema", "tern_schema:Nobody").code


def test_a_schema_may_hold_a_briefing(run: Run, saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a field of this name, as the lines of a run have it."""
    (saved / "jobs_schema.py").write_text(
        "import briefing\nfrom pydantic import BaseModel\n\n\nclass Job(BaseModel):\n"
        "    number: int\n    briefing: briefing.Briefing\n"
    )
    monkeypatch.chdir(saved)
    made = json.loads(Path("bridge.briefing.json").read_text("utf-8"))
    Path("job.json").write_text(json.dumps({"number": 7, "briefing": made}), "utf-8")
    ended = run("verify", "job.json", Path("articles", "bridge.txt"), "--schema", "jobs_schema:Job")
    assert (0, "job.json: holds\n") == (ended.code, ended.out)
    Path("job.json").write_text(json.dumps({"number": 7, "briefing": made | {"headline": 3}}), "utf-8")
    ended = run("verify", "job.json", Path("articles", "bridge.txt"), "--schema", "jobs_schema:Job")
    assert (1, True) == (ended.code, "briefing.headline" in ended.out)
