"""No control character of an article, a file's name, a model or a server reaches a terminal, a page or a log line."""

from __future__ import annotations

import json
import logging
import unicodedata
from pathlib import Path

import pytest
from commands import Run

from briefing import Briefer, BriefingError, InputError
from briefing.errors import escape_json, one_line, printable
from briefing.testing.fake_model import FakeModel, Fault

#: Terminal sequences (CSI, OSC, DCS), C1, backspaces, a bell, bidirectional overrides and isolates, hidden tags, line ends.
EVIL = "\x1b[31mred\x1b]0;title\x07 \x1bPq\x1b\\ \x9b31m a\x08b \u202egnp.exe\u202c \u2066x\u2069 \U000e0041 \x85 \u2028 \r"
#: Characters that languages need.
GOOD = "a\u200db \u200f\u200e ש\u05b0 می\u200cروم 👩\u200d🚒 so\u00adft\u00a0x\tz"
ARTICLE = (
    f"The ferry{EVIL} to Skarn was cancelled on Monday.\n"
    f"“A gust tore the ramp{EVIL} off and dropped it in the harbour,” harbour master Ida Moe said.\n"
)


def obeyed(text: str) -> list[str]:
    """The characters of a text that a terminal would obey."""
    return [
        c
        for c in text
        if (unicodedata.category(c) in ("Cc", "Zl", "Zp") or c in "\u202e\u202c\u2066\u2069\U000e0041")
        and c not in "\n\t"
    ]


def test_control_characters_are_replaced_and_others_stay() -> None:
    """Also those that no terminal obeys, but a reader's eye."""
    assert (
        []
        == obeyed(printable(EVIL))
        == obeyed(one_line(EVIL))
        == obeyed(escape_json(json.dumps(EVIL, ensure_ascii=False)))
    )
    assert GOOD == printable(GOOD)
    assert "a\nb\n" == printable("a\r\nb\n")
    assert EVIL == json.loads(escape_json(json.dumps(EVIL, ensure_ascii=False)))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with an evil article of an evil name in the folder `in`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"a{EVIL.replace('/', '')}.txt").write_text(ARTICLE, newline="")
    (tmp_path / "in" / f"p{EVIL}.rtf").touch()
    (tmp_path / "draft.txt").write_text(ARTICLE.replace("Monday", "Friday"), newline="")
    return tmp_path


@pytest.mark.parametrize(
    "args",
    [
        *(["summarize", "in", "-f", kind] for kind in ("text", "md", "json")),
        *(["check", "draft.txt", "--against", "in", "-f", kind] for kind in ("text", "md", "json", "github")),
        ["check", "in", "--against", "draft.txt", "-f", "github"],
        ["regenerate", "in", "--check"],
        ["regenerate", "in"],
        ["summarize", EVIL],
        ["summarize", "in", "-o", EVIL + "/x"],
        ["summarize", "in", "--prompt", EVIL],
        ["summarize", "in", "--model", EVIL],
        ["summarize", "in", "--" + EVIL],
        ["summarize", "in", "--style", EVIL],
        ["journal", "ls", EVIL],
    ],
)
def test_no_command_prints_them(run: Run, here: Path, args: list[str]) -> None:
    """Neither on standard output nor on standard error."""
    ended = run(*args)

    assert ended.out + ended.err
    assert [] == obeyed(ended.out + ended.err)


def test_files_and_the_journal_do_not_hold_them(run: Run, here: Path) -> None:
    """Markdown, text and JSON lines; `journal ls` and `export`."""
    for kind in ("md", "text", "json"):
        assert 0 == run("summarize", "in", "-o", f"out-{kind}", "-f", kind, "--journal", "run.db").code
    assert 0 == run("summarize", "in", "-o", "out.jsonl", "--journal", "run.db").code
    written = [path.read_text() for path in (*here.glob("out*/*"), here / "out.jsonl")]
    listed = [run("journal", *args, "run.db").out for args in (["ls"], ["ls", "--json"], ["export"])]

    assert (4, 3) == (len(written), len(list(filter(None, listed))))
    assert [] == obeyed("".join(written + listed))


def test_errors_of_a_server_do_not_hold_them(run: Run, here: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the message, nor the list of failures, nor a log record; a model's answer neither."""
    caplog.set_level(logging.DEBUG)
    body = json.dumps({"error": {"message": EVIL}})
    with FakeModel(faults=lambda _request: Fault(status=400, body=body)) as fake:
        ended = run(
            "summarize", "in", "--base-url", fake.url, "--failed-list", "failed.jsonl", "--journal", "j.db"
        )
        failed = run("journal", "ls", "--failed", "j.db").out
        with (
            Briefer("openai/fake", base_url=fake.url, api_key="x") as briefer,
            pytest.raises(BriefingError) as raised,
        ):
            briefer.summarize("The ferry to Skarn was cancelled on Monday.")

    assert 3 == ended.code
    assert [] == obeyed(
        ended.err + failed + (here / "failed.jsonl").read_text() + str(raised.value) + caplog.text
    )


def test_an_error_prints_without_them() -> None:
    """Its arguments are as they were given."""
    assert ("\ufffd[31m", "\x1b[31m") == (str(InputError("\x1b[31m")), InputError("\x1b[31m").args[0])


def test_a_flag_is_shown_and_hidden_tags_are_not() -> None:
    """Three flags are spelled in characters that nobody sees; elsewhere these could hide a text."""
    scotland = "\U0001f3f4" + "".join(chr(0xE0000 + ord(char)) for char in "gbsct") + "\U000e007f"
    hidden = "".join(chr(0xE0000 + ord(char)) for char in "gbsct obey") + "\U000e007f"
    assert f"Up {scotland} " + "\ufffd" * 11 == printable(f"Up {scotland} {hidden}")
    assert "\ufffd" * 6 == printable(scotland[1:])
    assert scotland == json.loads(escape_json(json.dumps(scotland, ensure_ascii=False)))
