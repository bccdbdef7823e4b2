"""No key in anything that is raised, logged, shown or stored."""

from __future__ import annotations

import base64
import contextlib
import gc
import io
import json
import logging
import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from conftest import Ask
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing import (
    Briefer,
    BriefingError,
    ConfigurationError,
    ProviderError,
    Source,
    UnknownModelError,
    cli,
    summarize,
    summarize_many,
)
from briefing.llm.client import Client
from briefing.llm.targets import target_of
from briefing.redaction import _SHAPES as SHAPES_SOUGHT
from briefing.redaction import REDACTED, InUse, cleanse, excerpt, scrub, scrubbed
from briefing.testing.cassettes import cassette, vcr_config
from briefing.testing.fake_model import FakeModel, Fault, without_waiting

#: One of each shape; none was ever valid. Pieces, so that no scanner takes them for leaks.
SHAPES = {
    "openai": "sk-" + "T3BlbkFJ0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3",
    "openai-project": "sk-proj-" + "a-B1_c2-D3e4_F5g6-H7i8_J9k0T3BlbkFJl1-M2n3_O4p5",
    "anthropic": "sk-ant-api03-" + "Qw3rTy_Ui0p-As4dFg5hJk6lZx7cVb8nM9-qWe1rT2y3UiOAA",
    "openrouter": "sk-or-v1-" + "0123456789abcdef0123456789abcdef0123456789abcdef",
    "google": "AIza" + "SyD3m0K3yF0rT3st1ngPurp0s3s0nlyXYZ",
    "groq": "gsk_" + "x1Y2z3A4b5C6d7E8f9G0h1I2j3K4l5M6n7O8p9Q0r1S2t3U4v5W6",
    "xai": "xai-" + "x1Y2z3A4b5C6d7E8f9G0h1I2j3K4l5M6n7O8p9Q0r1S2t3U4v5W6x7Y8",
    "huggingface": "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZ12345678",
    "github": "ghp_" + "0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R",
    "github-fine": "github_pat_" + "11ABCDEFG0aB1cD2eF3gH4_iJ5kL6mN7oP8qR9sT0uV1wX2yZ3",
    "aws-id": "AKIA" + "IOSFODNN7EXAMPLF",
    "jwt": "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiJicmllZmluZyJ9" + ".c2lnbmF0dXJlLW5ldmVyLXZhbGlk",
    "google-oauth": "ya29." + "a0AfH6SMBx1Y2z3A4b5C6d7E8f9G0",
    "nvidia": "nvapi-" + "x1Y2z3A4b5C6d7E8f9G0h1I2j3K4l5M6n7O8p9Q0",
}
#: What no pattern can tell from a hash, a name or a word: only the value in use can.
SHAPELESS = {
    "aws-secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEZ",
    "azure": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    "mistral": "Zx3Kq9Lw2Vb7Nm4Rt8Yp1Hs6Df5Gj0Ac",
    "cohere": "qWertyUiopAsdfGhjklZxcvBnmqWertyUiopAsdf",
    "uuid": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "passphrase": "correct-horse-battery-staple",
    "odd": "pass/w+rd&=%\"'<a>\\9x",
    "short": "hunter2",
    "litellm": "sk-1234",
}
KEYS = SHAPES | SHAPELESS


def written(key: str) -> dict[str, str]:
    """Each way in which a server may repeat a key; the value is what must not be left of it."""
    found = {
        f"Incorrect API key provided: {key}. Find yours at": key,
        f"Authorization: Bearer {key}": key,
        f"POST /v1?api_key={quote_plus(key)}&x=1 and ?key={quote(key, safe='')}": quote(key, safe=""),
    }
    if len(key) >= 12:
        for user in ("", "u", "us", "user"):
            basic = base64.b64encode(f"{user}:{key}".encode()).decode()
            found[f"sent Authorization: Basic {basic}"] = basic[12:-6]
        found[f"key {key[:16]}... is not valid"] = key[:16]
    return found


def echo(key: str) -> str:
    """All of these in one message."""
    return " | ".join(written(key))


def leaks(text: str, key: str) -> list[str]:
    """What is left of a key in a text."""
    forms = {key, quote(key, safe=""), quote(key), quote_plus(key), json.dumps(key)[1:-1], repr(key)[1:-1]}
    return [form for form in {*forms, *written(key).values()} if form in text]


FAULTS = {
    "401": lambda key: Fault(status=401, body={"error": {"message": echo(key), "code": "invalid_api_key"}}),
    "400": lambda key: Fault(
        status=400, body={"error": {"message": echo(key)}, "headers": {"authorization": key}}
    ),
    "500 text": lambda key: Fault(status=500, body=echo(key), headers={"content-type": "text/plain"}),
    "429": lambda key: Fault(status=429, body={"error": echo(key)}, headers={"retry-after": "0"}),
    "403 HTML": lambda key: Fault(
        status=403, body=f"<html><p>{echo(key)}</p></html>", headers={"content-type": "text/html"}
    ),
    "200 HTML": lambda key: Fault(body=f"<html>{echo(key)}</html>", headers={"content-type": "text/html"}),
    "200 broken": lambda key: Fault(body='{"error": "' + json.dumps(echo(key))[1:-1]),
    "200 error": lambda key: Fault(body={"error": {"message": echo(key)}, "choices": []}),
    "long": lambda key: Fault(status=400, body={"error": {"message": "x" * 480 + " " + echo(key)}}),
    "huge": lambda key: Fault(
        status=400, body=f"{echo(key)} " * 20_000, headers={"content-type": "text/plain"}
    ),
    "refusal": lambda key: Fault(refusal=f"I will not use {echo(key)}"),
    "answer": lambda key: Fault(content=json.dumps({"headline": [echo(key)]})),
    "no JSON": lambda key: Fault(content=f"The key is {echo(key)}"),
    "headers": lambda key: Fault(status=401, headers={"x-echo": quote(key), "set-cookie": f"k={quote(key)}"}),
}
#: Answers with a good envelope: their text is the model's own, and the SDK logs what goes to the next ask.
OF_THE_MODEL = ("answer", "no JSON")


def chain(error: BaseException | None, depth: int = 0) -> Iterator[BaseException]:
    """Give an error and all that it came from, shown or not."""
    if error is not None and depth < 20:
        yield error
        for inner in {id(e): e for e in (error.__cause__, error.__context__) if e is not None}.values():
            yield from chain(inner, depth + 1)


def all_of(error: BaseException) -> str:
    """Return all that an error tells, in every way that one may ask it."""
    told = ["".join(traceback.format_exception(error)), repr(pickle.dumps(error))]
    for link in chain(error):
        told += [str(link), repr(link), repr(link.args), repr(vars(link)), repr(getattr(link, "doc", None))]
        told += ["".join(traceback.format_exception(link))]
        request = vars(link).get("request")
        told += [repr(list(request.headers.items())), str(request.url)] if request is not None else []
    return "\n".join(told)


@contextlib.contextmanager
def debugging() -> Iterator[io.StringIO]:
    """Everything that any library logs, at DEBUG, as an application's root handler shows it."""
    stream = io.StringIO()
    handler, root = logging.StreamHandler(stream), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


@pytest.fixture(autouse=True)
def _no_keys_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.endswith(("_KEY", "_TOKEN")):
            monkeypatch.delenv(name)


#: Keys of every kind: with a shape, with none, one that is written otherwise in JSON and addresses, one too short for parts.
OF_ALL_KINDS = ("openai-project", "mistral", "odd", "short")


def met(shape: str) -> list[str]:
    """The faults that a key meets.

    How a message gets into an error does not hang on the key in it: keys of all kinds meet all faults, and the others
    four each, in turn. That they are found in any text is tested without a server.
    """
    first = 3 * list(KEYS).index(shape)
    return [
        name
        for number, name in enumerate(FAULTS)
        if shape in OF_ALL_KINDS or (number - first) % len(FAULTS) < 4
    ]


@pytest.mark.parametrize("shape", KEYS)
def test_a_server_that_repeats_the_key(bridge: str, shape: str) -> None:
    """It is in no error, no cause of one, no pickle and no log, at DEBUG and of whatever library."""
    key, faults = KEYS[shape], met(shape)
    with FakeModel(faults=[FAULTS[name](key) for name in faults]) as fake:
        briefer = Briefer(model="openai/fake", base_url=fake.url, api_key=key, max_attempts=1)
        for name in faults:
            with debugging() as log, pytest.raises(ProviderError) as caught:
                briefer.summarize(bridge)
            told = all_of(caught.value) + ("" if name in OF_THE_MODEL else log.getvalue())
            assert (name, []) == (name, leaks(told, key))
        briefer.close()


async def test_a_server_that_repeats_the_key_to_an_async_caller(bridge: str) -> None:
    """The same holds without blocking."""
    key = KEYS["mistral"]
    with FakeModel(faults=[FAULTS["401"](key)]) as fake, debugging() as log:
        async with Briefer(model="openai/fake", base_url=fake.url, api_key=key) as briefer:
            with pytest.raises(ProviderError) as caught:
                await briefer.asummarize(bridge)
    assert [] == leaks(all_of(caught.value) + log.getvalue(), key)
    assert REDACTED in str(caught.value)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_command_line_shows_no_key(
    bridge: str,
    fault: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither on standard error nor on standard output, with a key from the environment that has no shape."""
    key = KEYS["mistral"]
    article = tmp_path / "a.txt"
    article.write_text(bridge)
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with FakeModel(faults=[FAULTS[fault](key)] * 20) as fake, debugging() as log, without_waiting():
        command = ["briefing", "summarize", str(article), "--model", "openai/fake", "--base-url", fake.url]
        monkeypatch.setattr(sys, "argv", [*command, "--deadline", "5"])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    shown = capsys.readouterr()
    told = shown.err + shown.out + ("" if fault in OF_THE_MODEL else log.getvalue())
    assert (3, []) == (ended.value.code, leaks(told, key))


def test_the_command_line_shows_no_key_when_the_sdk_logs(bridge: str, tmp_path: Path) -> None:
    """`OPENAI_LOG=debug` makes the SDK log all it does; it knows the key, in a process of its own."""
    key = KEYS["cohere"]
    article = tmp_path / "a.txt"
    article.write_text(bridge)
    with FakeModel(faults=[FAULTS["401"](key)] * 9) as fake:
        address = fake.url.replace("http://", f"http://user:{key}@") + f"?api_key={key}"
        done = subprocess.run(
            [sys.executable, "-c", "from briefing.cli import main; main()", "summarize", str(article)],
            env={**os.environ, "OPENAI_LOG": "debug", "OPENAI_API_KEY": key, "BRIEFING_MODEL": "openai/fake"}
            | {"OPENAI_BASE_URL": address},
            capture_output=True,
            text=True,
            check=False,
        )
    assert "Request options" in done.stderr
    assert [] == leaks(done.stderr + done.stdout, key)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "frame",
    [
        "Incorrect API key provided: {}.",
        "Bearer {}",
        '{{"api_key": "{}"}}',
        "token = '{}'",
        "({})",
        "/v1/{}/x",
    ],
)
def test_a_key_of_a_known_shape_goes_whosever_it_is(shape: str, frame: str) -> None:
    """Also one that is not in use here."""
    key = SHAPES[shape]
    assert frame.format(REDACTED) == scrub(frame.format(key)).replace("{{", "{").replace("}}", "}")


@pytest.mark.parametrize("shape", KEYS)
@pytest.mark.parametrize(
    "frame",
    [
        "x-api-key: {}",
        "?api_key={}",
        "AWS_SECRET_ACCESS_KEY={}",
        "api-key={}&model=x",
        "https://user:{}@host.example/v1",
        "https://:{}@host.example/v1",
        "cannot reach https://{}@host.example/v1",
        "Ocp-Apim-Subscription-Key: {}",
        r"{{\"access_token\": \"{}\"}}",
    ],
)
def test_what_stands_where_a_key_stands_is_one(shape: str, frame: str) -> None:
    """Whatever it looks like, and whosever it is."""
    key = quote(KEYS[shape], safe="")
    assert key not in scrub(frame.format(key))


@pytest.mark.parametrize("name", ["MISTRAL_API_KEY", "AWS_SECRET_ACCESS_KEY", "HF_TOKEN", "DB_PASSWORD"])
def test_a_key_in_the_environment_goes_by_its_value(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDKs take keys from there by themselves."""
    monkeypatch.setenv(name, KEYS["mistral"])
    for text in written(KEYS["mistral"]):
        assert [] == leaks(scrub(text), KEYS["mistral"])


def test_a_key_is_known_as_long_as_its_client_lives() -> None:
    """A service with many customers does not gather their keys."""
    key = KEYS["mistral"].swapcase()  # that of no other test: a client with it may still be there
    client = Client(target_of("openai/x", api_key=key), timeout=1, max_attempts=1)
    text = f"used {key} here"
    assert f"used {REDACTED} here" == scrub(text)
    del client
    gc.collect()
    assert text == scrub(text)


@pytest.mark.parametrize("placeholder", ["none", "test", "k", "ollama", "EMPTY", ""])
def test_a_placeholder_is_no_secret(placeholder: str) -> None:
    """Servers of one's own often want no key; the word given instead is not taken out of messages."""
    user = InUse(placeholder)
    assert f"a test of {placeholder}, none passed" == scrub(f"a test of {placeholder}, none passed"), user


@pytest.mark.parametrize(
    "text",
    [
        "The bridge opens again in 2027.",
        "input_tokens: 1234567, output_tokens: 89",
        "https://harwick.example:8080/v1/chat?model=gpt",
        "https://harwick.example/2024/05/sk-hynix-reports-record-profit-in-2024-for-all?page=2",
        "The key to the tower is missing, said Holt.",
        "The key: patience. The secret: practice, the password: swordfish!",
        "Key: COVID-19 and the 2024 budget. Token: 2027-03-01.",
        "The flag bearer yesterday carried the flag; the ring bearer 12 rings.",
        "Authorization: required by the council. Basic necessities, basic training.",
        "task-force skirmish risk-averse",
        "key_quotes, key-holders and hf-radio, key-2024-elections",
        "ask-anything, pk-35s, rk-1",
        "«Токен: потерян»",
        "sha256 cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        "What the f****, he said; a ****** line.",
        "Write to ann@harwick.example or https://social.example/@ann",
        "",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    """What only looks a little like a secret is left alone."""
    assert text == scrub(text)


WORDS = st.sampled_from(
    [
        "the",
        "key",
        "token",
        "secret",
        "password",
        "of",
        "bearer",
        "basic",
        "authorization",
        "Holt",
        "said",
        "2027",
        "12,5",
        "%",
        "and",
        "–",
        "“quoted”",
        "sk",
        "hynix",
        "org",
        "chart:",
        "=",
        "?",
        "&",
        "https://harwick.example/a-b-c/2024",
        "ann@harwick.example",
        "key-holder",
        "API",
        "Токен",
        "東京",
        "مفتاح",
        "COVID-19",
        "B-52",
        "A380",
        "F16",
        "G20",
        "H5N1",
        "E=mc²",
        "3.14",
        "$4.2m",
        "#budget2027",
    ]
)


@settings(deadline=None, max_examples=300)
@given(st.lists(WORDS, max_size=30))
def test_ordinary_sentences_stay(words: list[str]) -> None:
    """Words that stand near secrets make no secret of ordinary words, names, numbers and addresses."""
    text = " ".join(words)
    assert text == scrub(text)


@settings(deadline=None)
@given(st.text())
def test_scrubbing_twice_changes_nothing(text: str) -> None:
    """Stored texts are scrubbed again when they are raised."""
    assert scrub(text) == scrub(scrub(text))


@settings(deadline=None)
@given(st.text(), st.sampled_from(sorted(KEYS.values())), st.text(), st.integers(0, 200))
def test_no_key_is_cut_in_two(before: str, key: str, after: str, limit: int) -> None:
    """A key at the limit is taken out before the text is cut."""
    user = InUse(key)
    text = f"{before} {key} {after}"
    assert user.values
    assert key not in excerpt(text, limit)
    assert len(excerpt(text, limit)) <= limit


@pytest.mark.parametrize("shape", ["openai", "mistral"])
@pytest.mark.parametrize("size", [100, 5_000, 200_000])
def test_the_end_of_a_large_text_holds_no_half_key(shape: str, size: int) -> None:
    """Wherever the reading of a large text stops, it does not stop in a key."""
    key = KEYS[shape]
    user = InUse(key)
    shown = excerpt(f"{key} " * (size // len(key)), 500)
    assert user.values
    assert [] == [n for n in range(8, len(key)) if key[:n] in shown]


@pytest.mark.parametrize(
    "piece",
    ["sk-a1-", "sk-", "a-", "https://", "key = ", "Bearer ", "authorization: basic ", "eyJa.", "*", "a@:"],
)
def test_a_text_made_to_be_slow_is_not(piece: str) -> None:
    """Scrubbing takes no longer than the size warrants: the search gives up by a timeout of its own, else."""
    text = f"{piece * 20_000}*******"
    for shape in SHAPES_SOUGHT:
        shape.sub("", text, timeout=20)


def test_a_masked_key_goes_too() -> None:
    """Servers repeat a wrong key with stars in it; the ends that they show are still the key's."""
    for text in (
        "Incorrect API key provided: sk-proj-****************Wxyz. Find your key at",
        "Incorrect API key provided: abcd1234****************Wxyz.",
    ):
        assert "Wxyz" not in scrub(text)


@pytest.mark.parametrize(
    ("secret", "ordinary"),
    [
        ("?key=abcdef", "?key=abcde"),
        ("api_key=abcdef", "api_key=abcde"),
        ("pwd = abcde1", "pwd = abcd1"),
        ("password: abcde1", "password: abcd1"),
        ("token: abcdefghijk1", "token: abcdefghij1"),
        ("Bearer abcdefghijklmno1", "Bearer abcdefghijklmn1"),
        ("Bearer abcdefghijklmnopqrstuvwx", "Bearer abcdefghijklmnopqrstuvw"),
        ("basic abcdefghijk1", "basic abcdefghij1"),
        ("hf_abcdefghijklmno1", "hf_abcdefghijklmn1"),
        ("sk-proj-abcdef", "sk-proj-abcde"),
        ("sk-abcdefg1", "sk-abcdef1"),
        ("AIzaabcdefghijklmnopqrst", "AIzaabcdefghijklmnopqrs"),
        ("ya29.abcdefghijklmnop", "ya29.abcdefghijklmno"),
        ("AKIAABCDEFGHIJKLMNOP", "AKIAABCDEFGHIJKLMNO"),
        ("AKIAABCDEFGHIJKLMNOP", "AKIAABCDEFGHIJKLMNOPQ"),
        ("eyJabcdefgh.abcdefgh", "eyJabcdefg.abcdefgh"),
        ("eyJabcdefgh.abcdefgh", "eyJabcdefgh.abcdefg"),
        ("sk-abc***", "sk-abc**"),
        ("ab******cd", "ab*****cd"),
        ("ab******cd", "a******cd"),
        ("org-abcdefghijklmno1", "org-abcdefghijklmn1"),
    ],
)
def test_where_the_patterns_begin(secret: str, ordinary: str) -> None:
    """The shortest secret of a pattern, and a text that is just none."""
    assert secret != scrub(secret)
    assert ordinary == scrub(ordinary)


@pytest.mark.parametrize(
    ("value", "secret"), [("abcdefgh", True), ("abcdefg", False), ("abcd1", True), ("abc1", False)]
)
def test_how_short_a_key_in_use_may_be(value: str, secret: bool) -> None:
    """Eight characters, or five with a digit; what is shorter may be an ordinary word."""
    user = InUse(value)
    assert (secret, f"({REDACTED})" if secret else f"({value})") == (bool(user.values), scrub(f"({value})"))


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("X_TOKEN", "wordsofa", False),
        ("X_TOKEN", "wordsof1", True),
        ("X_TOKEN", "words-1", False),
        ("X_TOKEN", "long-words-of-a-kind", True),
        ("X_TOKEN", "long-words-of-a-kin", False),
        ("X_API_KEY", "wordsofa", True),
        ("X_API_KEY", "wordsof", False),
        ("X_TOKEN", "/run/token-1", False),
        ("X_TOKENS", "wordsof1", False),
    ],
)
def test_which_environment_variables_hold_keys(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, secret: bool
) -> None:
    """By name and value: long ones, ones with a digit, and all of eight characters that are named an API key."""
    monkeypatch.setenv(name, value)
    assert (REDACTED if secret else value) == scrub(value)


@pytest.mark.parametrize(
    ("key", "text", "redacted"),
    [
        ("abcdefghijklmno", "xabcdefghijklmnox", False),
        ("abcdefghijklmnop", "xabcdefghijklmnopx", True),
        ("abcdefghijklmnop", "abcdefghijkl", True),
        ("abcdefghijklmnop", "abcdefghijk", False),
        ("abcdefghijklmnop", "abc...nop", True),
        ("abcdefghijklmnop", "ab...nop", False),
        ("abcdefghijklmnop", "abc***nop", True),
        ("abcdefghijklmnop", "abc**nop", False),
        ("abcde1", base64.b64encode(b"abcde1").decode(), False),
        ("abcdefgh1", base64.b64encode(b"abcdefgh1").decode(), True),
    ],
)
def test_how_much_of_a_key_in_use_is_recognized(key: str, text: str, redacted: bool) -> None:
    """Within a word from 16 characters, truncated from 12, masked from 3, in base64 if it is long enough."""
    user = InUse(key)
    assert user.values
    assert redacted == (text != scrub(text))


@pytest.mark.parametrize(("length", "kept"), [(10_000, 10_000), (10_001, 10_000)])
def test_long_values_of_errors_are_truncated(length: int, kept: int) -> None:
    """To 10,000 characters."""
    assert "x" * kept == scrubbed("x" * length)


def test_nested_values_are_scrubbed() -> None:
    """What goes into a journal is scrubbed in depth, and its other parts stay."""
    key = SHAPES["anthropic"]
    value = {"a": [1, None, {"b": f"key {key}"}], "n": 1.5, key: "x", "raw": f"k {key}".encode()}
    assert {
        "a": [1, None, {"b": f"key {REDACTED}"}],
        "n": 1.5,
        REDACTED: "x",
        "raw": f"k {REDACTED}".encode(),
    } == scrubbed(value)


def test_an_error_that_cannot_be_changed_is_stood_for() -> None:
    """A cause keeps its type where it can; where its text is made anew each time, another stands for it."""

    class StubbornError(Exception):
        def __str__(self) -> str:
            return f"no {SHAPES['openai']} here"

    error = BriefingError("failed")
    error.__cause__ = StubbornError()
    cleanse(error)
    assert f"StubbornError: no {REDACTED} here" in str(error.__cause__)
    assert SHAPES["openai"] not in all_of(error)


def test_a_clean_cause_stays_as_it_is(bridge: str) -> None:
    """Errors are raised from what the SDK raised, where that tells no secret."""
    with FakeModel(faults=[Fault(status=400)]) as fake:
        briefer = Briefer(model="openai/fake", base_url=fake.url, api_key="test", max_attempts=1)
        with pytest.raises(ProviderError) as caught:
            briefer.summarize(bridge)
        briefer.close()
    assert "BadRequestError" == type(caught.value.__cause__).__name__


@pytest.mark.parametrize("shape", KEYS)
def test_nothing_shows_its_key(shape: str) -> None:
    """The `repr` of whatever holds it."""
    key = KEYS[shape]
    address = f"http://user:{quote(key, safe='')}@127.0.0.1:9/v1?api_key={quote(key, safe='')}"
    target = target_of("openai/x", api_key=key, base_url=address)
    briefer = Briefer(model="openai/x", api_key=key, base_url=address)
    client = Client(target, timeout=1, max_attempts=1)
    assert [] == leaks(f"{target!r}{briefer!r}{client!r}{briefer.model}{InUse(key)!r}", key)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_key_in_the_wrong_place_is_not_shown(shape: str) -> None:
    """Given as the model or as the address, it is not in the error that says so."""
    with pytest.raises(UnknownModelError) as model:
        Briefer(model=SHAPES[shape])
    with pytest.raises(ConfigurationError) as address:
        Briefer(model="openai/x", base_url=SHAPES[shape])
    assert [] == leaks(all_of(model.value) + all_of(address.value), SHAPES[shape])


def test_an_address_with_a_password_is_not_shown(bridge: str) -> None:
    """A password in `base_url` is not in the error that says what could not be reached."""
    with debugging() as log:
        briefer = Briefer(
            model="openai/x",
            base_url="http://me:hunter2secret@127.0.0.1:9/v1?key=q1w2e3r4t5",
            api_key="k",
            max_attempts=1,
        )
        with pytest.raises(ProviderError) as caught:
            briefer.summarize(bridge)
        briefer.close()
    told = all_of(caught.value) + log.getvalue()
    assert [] == [line for line in told.splitlines() if "hunter2secret" in line or "q1w2e3r4t5" in line]


@pytest.mark.parametrize("shape", KEYS)
def test_a_cassette_holds_no_key(bridge: str, shape: str, tmp_path: Path) -> None:
    """Neither of a good exchange nor of a bad one: headers, parameters, bodies, reason phrases, accounts."""
    key = KEYS[shape]
    if not key.isascii():
        key = quote(key)
    headers = {
        "set-cookie": f"session={quote(key)}",
        "openai-organization": "org-Kx81jQ0aB1cD2eF3g",
        "x-echo": quote(key),
    }
    told = f"{echo(key)} in organization org-Kx81jQ0aB1cD2eF3gH on proj_Kx81jQ0aB1cD2eF3gH"
    faults = [Fault(status=400, body={"error": {"message": told}}, headers=headers)]
    with FakeModel(faults=faults) as fake, cassette(tmp_path / "a.yaml", "all"):
        briefer = Briefer(
            model="openai/fake", base_url=f"{fake.url}?api_key={quote(key)}", api_key=key, max_attempts=1
        )
        with pytest.raises(ProviderError):
            briefer.summarize(bridge)
        briefer.summarize(bridge)
        briefer.close()
    text = (tmp_path / "a.yaml").read_text()
    assert 2 == text.count("- request:")
    assert [] == leaks(text, key)
    assert [] == [word for word in ("org-Kx", "proj_Kx", "session=", "user-agent") if word in text]


def test_a_reason_phrase_in_a_cassette_is_scrubbed() -> None:
    """What stands behind the status is text like any other."""
    response: dict[str, Any] = {
        "status": {"code": 401, "message": f"Bad {SHAPES['groq']}"},
        "headers": {"Content-Type": ["text/plain"], "Set-Cookie": ["a=b"], "OpenAI-Organization": ["o"]},
        "body": {"string": b""},
    }
    kept = vcr_config()["before_record_response"](response)
    assert ({"code": 401, "message": f"Bad {REDACTED}"}, {"Content-Type": ["text/plain"]}) == (
        kept["status"],
        kept["headers"],
    )


#: Invented. In two parts, so that scanners for leaked keys do not report it.
FRAME_KEY = "sk-" + "Frame1234567890abcdefXYZ"


@pytest.mark.parametrize("fault", ["refused", Fault(status=401), Fault(drop=True), Fault(hang=True)], ids=str)
def test_no_frame_of_a_traceback_holds_the_key(ask: Ask, bridge: str, fault: Fault | str) -> None:
    """A debugger or error tracker that reports local variables does not see it."""
    with FakeModel(faults=lambda _request: None if fault == "refused" else fault) as fake:  # type: ignore[arg-type, return-value]
        url = fake.refused_url if fault == "refused" else fake.url
        briefer = Briefer("openai/fake", base_url=url, api_key=FRAME_KEY, max_attempts=1, timeout=0.5)
        with pytest.raises(ProviderError) as raised:
            ask(briefer, bridge)

    shown = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    assert FRAME_KEY not in "".join(shown.format())


def _echo(_request: Any) -> Fault:
    return Fault(status=401, message=f"Incorrect API key provided: {FRAME_KEY}")


def test_no_frame_of_a_traceback_holds_a_key_that_the_server_has_quoted(ask: Ask, bridge: str) -> None:
    """The exception of the SDK quotes it, and is in no local variable."""
    with FakeModel(faults=_echo) as fake:
        briefer = Briefer("openai/fake", base_url=fake.url, api_key=FRAME_KEY, max_attempts=1)
        with pytest.raises(ProviderError) as raised:
            ask(briefer, bridge)

    shown = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    assert FRAME_KEY not in "".join(shown.format())


@pytest.mark.parametrize(
    "wrong", [{"base_url": "nonsense"}, {"plan": "nonsense"}, {"model": "nonsense"}, {}], ids=str
)
def test_no_frame_of_a_wrong_call_holds_the_key(wrong: dict[str, Any]) -> None:
    """The functions of the module and the constructor forget it first."""
    for function in (
        lambda **keywords: summarize("", **keywords),
        lambda **keywords: list(summarize_many([""], **keywords)),
    ):
        try:
            [error] = function(**{"model": "openai/fake", "api_key": FRAME_KEY} | wrong) or [None]
        except BriefingError as raised:
            error = raised
        assert error is not None
        # Without this test's own frames, which hold the key.
        inside = error.__traceback__ and error.__traceback__.tb_next and error.__traceback__.tb_next.tb_next
        shown = traceback.TracebackException(type(error), error, inside, capture_locals=True)
        assert FRAME_KEY not in "".join(shown.format())


@pytest.mark.parametrize("content", [None, "x"])
def test_certificates_that_cannot_be_read_are_a_configuration_error(
    ask: Ask, bridge: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    """A missing or damaged file in SSL_CERT_FILE is named, for the model's server and for pages."""
    if content is not None:
        (tmp_path / "certificates").write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificates"))

    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        ask(Briefer("openai/fake", base_url="https://127.0.0.1:9/v1", api_key="x"), bridge)
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        Source.from_url("https://news.example/article")
