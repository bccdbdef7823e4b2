"""No key in anything that is raised or stored."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing import Briefer, ProviderError
from briefing.models import target_of
from briefing.secrets import REDACTED, scrub
from briefing.testing import FakeModel, Fault

# A digit or a star among its characters tells a key from a word such as "key_quotes".
KEYS = st.from_regex(r"[A-Za-z0-9]{10,20}[0-9][A-Za-z0-9]{10,20}", fullmatch=True)
FRAMES = [
    "Incorrect API key provided: {}.",
    "Authorization: Bearer {}",
    "bearer {}",
    '{{"api_key": "{}"}}',
    "api-key={}&model=x",
    "https://user:{}@host.example/v1",
    "https://:{}@host.example/v1",
    "cannot reach https://{}@host.example/v1",
    "token = '{}'",
    "password:{}",
    "?key={}",
    "x-api-key: {}",
    "({})",
]
PREFIXES = ["sk-", "sk-proj-", "sk-ant-api03-", "gsk_", "hf_", "xai-", "ghp_", "AIza"]


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(FRAMES), st.sampled_from(PREFIXES), KEYS)
def test_keys_are_taken_out(frame: str, prefix: str, rest: str) -> None:
    """A provider's key goes wherever it stands."""
    shown = scrub(frame.format(prefix + rest))
    assert rest not in shown
    assert REDACTED in shown


@pytest.mark.parametrize("frame", [frame for frame in FRAMES if ":" in frame or "=" in frame][1:-2])
def test_keys_without_a_known_prefix(frame: str) -> None:
    """What stands where a key stands is one."""
    assert "0a1b2c3d4e5f6a7b" not in scrub(frame.format("0a1b2c3d4e5f6a7b"))


@pytest.mark.parametrize(
    "text",
    [
        "The bridge opens again in 2027.",
        "input_tokens: 1234567, output_tokens: 89",
        "https://harwick.example:8080/v1/chat?model=gpt",
        "The key to the tower is missing, said Holt.",
        "task-force skirmish risk-averse",
        "key_quotes, key-holders and hf-radio",
        "ask-anything",
        "«Токен: потерян»",
        "",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    """What only looks a little like a secret is left alone."""
    assert text == scrub(text)


@settings(deadline=None)
@given(st.text())
def test_scrubbing_twice_changes_nothing(text: str) -> None:
    """Stored texts are scrubbed again when they are raised."""
    assert scrub(text) == scrub(scrub(text))


def test_a_masked_key_goes_too() -> None:
    """Servers repeat a wrong key with stars in it; the ends that they show are still the key's."""
    assert "Wxyz" not in scrub("Incorrect API key provided: sk-proj-****************Wxyz. Find your key at")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_errors_hold_no_key(bridge: str, status: int) -> None:
    """A server that repeats the key does not put it into our error, nor into its causes' text as we show it."""
    key = "sk-proj-Zm9vYmFyYmF6cXV4"
    body = {"error": {"message": f"Bad key {key} in Bearer {key}", "code": None}}
    with FakeModel(faults=[Fault(status=status, body=body, headers={"retry-after": "0"})] * 2) as fake:
        briefer = Briefer(model="openai/fake", base_url=fake.url, api_key=key, max_attempts=1)
        with pytest.raises(ProviderError) as caught:
            briefer.summarize(bridge)
        briefer.close()
    assert key not in f"{caught.value}{vars(caught.value)}{caught.value!r}"


def test_a_target_does_not_show_its_key() -> None:
    """Nor does the `repr` of what holds it."""
    assert "sk-secret-1" not in repr(target_of("openai/x", api_key="sk-secret-1"))


def test_an_address_with_a_password_is_not_shown(bridge: str) -> None:
    """A password in `base_url` is not in the error that says what could not be reached."""
    briefer = Briefer(
        model="openai/x", base_url="http://me:hunter2secret@127.0.0.1:9/v1", api_key="k", max_attempts=1
    )
    with pytest.raises(ProviderError) as caught:
        briefer.summarize(bridge)
    briefer.close()
    assert "hunter2secret" not in f"{caught.value}{vars(caught.value)}"
