"""What is logged: enough to run a service by, and nothing of the text."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import Any

import pytest

from briefing import AuthenticationError
from briefing.testing.fake_model import Fault


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Give what is logged under "briefing", at DEBUG."""
    caplog.set_level(logging.DEBUG, logger="briefing")
    return caplog


def ours(log: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """Level and message of each of our records."""
    return [(record.levelno, record.getMessage()) for record in log.records if record.name == "briefing"]


def test_asks_and_articles_are_logged(serve: Any, bridge: str, log: pytest.LogCaptureFixture) -> None:
    """Begun at DEBUG; ended at INFO with model, calls, tokens and seconds."""
    _, briefer = serve()
    result = briefer.summarize(bridge)

    (_, begun), (_, asking), (_, asked), (_, ended) = found = ours(log)
    usage = result.meta.usage
    tokens = f"input_tokens={usage.input_tokens} output_tokens={usage.output_tokens} cached_tokens=0"
    assert [logging.DEBUG, logging.DEBUG, logging.INFO, logging.INFO] == [level for level, _ in found]
    assert ("article begun: model=openai/fake", "ask begun: label=joint model=openai/fake") == (begun, asking)
    assert asked.startswith(f"ask ended: label=joint model=openai/fake calls=1 {tokens} seconds=")
    assert ended.startswith(f"article ended: model=openai/fake calls=1 {tokens} warnings=")


def test_a_retry_is_a_warning(serve: Any, bridge: str, log: pytest.LogCaptureFixture) -> None:
    """It says how long and why."""
    _, briefer = serve([Fault(status=429, headers={"retry-after": "0"})])
    briefer.summarize(bridge)

    (warning,) = [message for level, message in ours(log) if level == logging.WARNING]
    assert warning.startswith("retry in 0.")
    assert warning.endswith(" s after RateLimitError (429): label=joint model=openai/fake")


def test_a_failure_is_told_by_its_kind(serve: Any, bridge: str, log: pytest.LogCaptureFixture) -> None:
    """The error itself is raised; a provider's message, which may repeat the request, is not logged."""
    _, briefer = serve([Fault(status=401, body={"error": {"message": f"bad: {bridge}"}})])
    with pytest.raises(AuthenticationError):
        briefer.summarize(bridge)

    told = [message for level, message in ours(log) if level == logging.INFO]
    assert ["ask failed with AuthenticationError (401)", "article failed with AuthenticationError (401)"] == [
        message.partition(":")[0] for message in told
    ]
    assert "Harwick" not in "".join(told)


@pytest.mark.parametrize("plan", ["joint", "staged"])
def test_neither_the_article_nor_an_answer_is_logged(
    serve: Any, bridge: str, log: pytest.LogCaptureFixture, plan: str
) -> None:
    """At DEBUG, with retries and repairs."""
    _, briefer = serve([Fault(status=500), Fault(content="Harwick, no JSON")], plan=plan)
    result = briefer.summarize(bridge)

    told = "\n".join(message for _, message in ours(log))
    for piece in ("Harwick", "Tern", result.headline, result.summary.text):
        assert piece not in told


def test_silent_by_default(bridge: str) -> None:
    """Without any set-up nothing is printed, not even a warning of a retry."""
    code = (
        "import sys\n"
        "from briefing import summarize\n"
        "from briefing.testing.fake_model import FakeModel, Fault\n"
        "with FakeModel(faults=[Fault(status=429, headers={'retry-after': '0'})]) as fake:\n"
        "    summarize(sys.argv[1], model='openai/fake', base_url=fake.url, api_key='test')\n"
        "    print(fake.calls)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, bridge], capture_output=True, text=True, check=False)
    assert ("2\n", "") == (done.stdout, done.stderr)
