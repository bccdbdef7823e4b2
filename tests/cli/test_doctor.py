"""`briefing doctor`: what works with a model, told by three small calls."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from commands import Ended, Run

from briefing.testing import FakeModel, Fault, known_faults, without_waiting

#: Written in two parts, so that no scanner takes it for a real one.
KEY = "sk-" + "kalmund0harwick1tern2"
PRICED = ("--model", "openai/gpt-4o-mini")


@pytest.fixture
def doctor(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a function that runs the command on a server with these faults; the key is in the environment."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)

    def command(*args: str, faults: Any = (), protocol: Any = "openai") -> tuple[Ended, FakeModel]:
        with FakeModel(faults=faults, protocol=protocol) as fake, without_waiting():
            monkeypatch.setenv("OPENAI_API_KEY", KEY)
            return run("doctor", "--base-url", fake.url, *args), fake

    return command


def lines(ended: Ended) -> list[tuple[str, str, str]]:
    """Level, subject and text of each line that has them."""
    found = (
        line for line in ended.out.splitlines() if line.startswith(("ok ", "note ", "FAILED ", "skipped "))
    )
    return [(line[:8].strip(), line[8:27].strip(), line[27:]) for line in found]


def levels(ended: Ended) -> dict[str, str]:
    """The level of each subject; of several, the last."""
    return {what: level for level, what, _ in lines(ended)}


def test_a_good_model_works(doctor: Any) -> None:
    """Three calls, announced before the first; exit code 0."""
    ended, fake = doctor(*PRICED)

    assert (0, "", 3) == (ended.code, ended.err, fake.calls)
    ok = ("installed", "model", "package", "key", "price", "address", "plain answer", "structured answer")
    assert dict.fromkeys((*ok, "briefing", "usage"), "ok") | {
        "cached tokens": "note",
        "rate limits": "note",
    } == (levels(ended))
    told = ended.out.splitlines()
    announced = next(i for i, line in enumerate(told) if line.startswith("3 calls of openai/gpt-4o-mini"))
    assert announced < next(i for i, line in enumerate(told) if "plain answer  " in line)
    assert "for about $0.0001 to $0.00" in told[announced]
    assert "all of it works" == told[-1]
    assert ("ok", "structured answer") in [line[:2] for line in lines(ended)]
    assert "the schema is kept, in the mode JSON_SCHEMA" in ended.out
    assert "in 3 calls" in ended.out
    assert KEY not in ended.out
    plain, structured, small = fake.requests
    assert "response_format" not in plain
    assert "response_format" in structured
    assert "Tern bridge" in str(small["messages"])


@pytest.mark.parametrize("model", ["anthropic/x", "local"])
def test_other_protocols_work(doctor: Any, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the same three calls."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    protocol = "anthropic" if model.startswith("anthropic") else "openai"
    ended, fake = doctor("--model", model, protocol=protocol)

    assert (0, 3) == (ended.code, fake.calls)
    assert {"plain answer", "structured answer", "briefing"} <= levels(ended).keys()


@pytest.mark.parametrize(
    ("fault", "about", "advice", "calls"),
    [
        ("401", "key", "check the environment variable", 1),
        ("404 model", "model", "openai has no model 'gpt-4o-mini', or --base-url is wrong", 1),
        ("429 quota", "account", "Add credit", 1),
        ("HTML with 200", "address", "--base-url is probably wrong", 2),
        ("hang", "time", "raise --timeout", 1),
        ("redirect", "plain answer", "pass it as --base-url", 3),
        ("503", "plain answer", "Try again later", 9),
        ("refusal", "plain answer", "use another model", 3),
        ("length", "plain answer", "-O max_output_tokens=8000", 8),
    ],
)
def test_each_failure_says_what_to_do(doctor: Any, fault: str, about: str, advice: str, calls: int) -> None:
    """In a line of its own; what would fail for the same reason is not tried. Exit code 1."""
    timeout = ("--timeout", "0.5") if fault == "hang" else ()
    ended, fake = doctor(*PRICED, *timeout, faults=lambda _request: known_faults()[fault])

    assert (1, calls) == (ended.code, fake.calls)
    [said, *_] = [text for level, what, text in lines(ended) if (level, what) == ("FAILED", about)]
    assert advice in said
    skipped = ["skipped"] * 2 if calls < 3 else ["FAILED"] * 2
    assert skipped == [levels(ended)[what] for what in ("structured answer", "briefing")]
    assert ended.out.splitlines()[-1].endswith(("failure", "failures"))


def test_a_server_that_is_not_there_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its address, but without what it may hold of a password."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        ended = run("doctor", "--base-url", f"http://user:pass-word@127.0.0.1:{port}/v1")

    assert 1 == ended.code
    assert "FAILED" == levels(ended)["address"]
    assert f"http://127.0.0.1:{port}/v1" in ended.out
    assert "pass-word" not in ended.out + ended.err


def test_a_model_that_does_not_keep_to_a_schema_is_told(doctor: Any) -> None:
    """Plain answers work."""
    ended, _ = doctor(
        *PRICED,
        faults=lambda request: known_faults()["wrong shape"] if "response_format" in request else None,
    )

    found = levels(ended)
    assert (1, "ok", "FAILED") == (ended.code, found["plain answer"], found["structured answer"])
    assert "use another one, or a server that enforces schemas" in ended.out
    assert "ok" == found["usage"]


def test_a_rejected_output_mode_is_learnt(doctor: Any) -> None:
    """The next best is used, and told."""
    rejected = Fault(status=400, message="response_format is not supported by this server.")
    ended, fake = doctor(*PRICED, faults=lambda request: rejected if "response_format" in request else None)

    assert (0, 4) == (ended.code, fake.calls)
    assert ("note", "schema", "kept at call 2 only, in the mode TOOLS") in lines(ended)
    assert "tools" in fake.requests[-1]


def test_what_the_server_reports_is_told(doctor: Any) -> None:
    """Cached tokens and rate limits; usage and prices that are missing are told as well."""
    headers = {"x-ratelimit-remaining-requests": "499", "x-ratelimit-remaining-tokens": "29000"}
    ended, _ = doctor(*PRICED, faults=lambda _request: Fault(headers=headers, cached_tokens=7))
    assert ("ok", "cached tokens", "21 tokens") in lines(ended)
    assert ("ok", "rate limits", "499 requests left, 29000 tokens left") in lines(ended)

    def without_usage(_request: dict[str, Any]) -> Fault:
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "ready"}}
        return Fault(
            body={"id": "x", "object": "chat.completion", "created": 0, "model": "x", "choices": [choice]}
        )

    ended, _ = doctor("--model", "openai/own", faults=without_usage)
    found = levels(ended)
    assert ("note", "note", "ok") == (found["usage"], found["price"], found["plain answer"])


def test_the_key_is_never_shown(doctor: Any) -> None:
    """Also where the server repeats it."""
    fault = Fault(status=401, message=f"Incorrect API key provided: {KEY}.")
    ended, _ = doctor(*PRICED, faults=lambda _request: fault)
    assert KEY not in ended.out + ended.err


def test_offline_makes_no_call(doctor: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The installation is checked; a missing key is noted, and fails only where calls would be made."""
    ended, fake = doctor(*PRICED, "--offline")
    assert (0, 0) == (ended.code, fake.calls)
    assert ["installed", "model", "package", "key", "price"] == list(levels(ended))
    assert "no failure; no call was made" == ended.out.splitlines()[-1]

    monkeypatch.delenv("OPENAI_API_KEY")
    ended = run("doctor", *PRICED, "--offline")
    assert (0, "note") == (ended.code, levels(ended)["key"])
    assert "OPENAI_API_KEY" in ended.out
    ended = run("doctor", *PRICED, "--base-url", "")
    assert (1, "FAILED") == (ended.code, levels(ended)["key"])
    assert "3 calls" not in ended.out
    ended = run("doctor", "--model", "no-such-form", "--offline")
    assert (1, "FAILED") == (ended.code, levels(ended)["settings"])


def test_a_missing_package_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    ended = run("doctor", "--model", "local", "--offline")
    assert 1 == ended.code
    assert 'pip install "grounded-briefing[local]"' in ended.out


def test_options_reach_the_model(doctor: Any) -> None:
    """A wrong one is told before a call."""
    _, fake = doctor(*PRICED, "-O", "temperature=0.7")
    assert [0.7] * 3 == [request["temperature"] for request in fake.requests]
    ended, fake = doctor(*PRICED, "-O", "warmth=1")
    assert (1, 0) == (ended.code, fake.calls)
    assert "there is no option 'warmth'" in ended.out
