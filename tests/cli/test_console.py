"""Messages of the command line: names of options, groups of failures."""

from __future__ import annotations

from pathlib import Path

import pytest

from briefing import BriefingError, MissingExtraError
from briefing.cli.console import describe, format_duration
from briefing.cli.failures import Failures
from briefing.cli.inputs import places


@pytest.mark.parametrize(
    ("message", "described"),
    [
        ("openai did not answer in time; a larger timeout= may help", "a larger --timeout may help"),
        ("100 of max_cost_usd=0.05, which is left", "100 of --max-cost 0.05, which is left"),
        ("tokens of max_tokens_total=100.", "tokens of --max-tokens-total 100."),
        ("base_url='localhost:1' is not an address", "--base-url localhost:1 is not an address"),
        ("is base_url right?", "is --base-url right?"),
        ("If so, pass allow_private=True.", "If so, pass --allow-private."),
        ("use plan='joint'", "use --plan joint"),
        ("the model has no prompt; give --model=x", "the model has no prompt; give --model=x"),
        ("set X_API_KEY or pass api_key=. Then", "set X_API_KEY. Then"),
        ("set X_API_KEY (or pass api_key=)", "set X_API_KEY"),
        ("check api_key=, or the environment variable", "check the environment variable"),
    ],
)
def test_advice_names_options_of_the_command_line(message: str, described: str) -> None:
    """Arguments of the Python API become options; other words, and options, stay."""
    assert describe(BriefingError(message)).endswith(described)


def test_a_missing_package_is_named_with_the_command_that_installs_it() -> None:
    """The advice for the local model names options, too."""
    described = describe(MissingExtraError("The local model", "local"))

    assert 'pip install "grounded-briefing[local]"' in described
    assert "model=" not in described


@pytest.mark.parametrize(("seconds", "shown"), [(59.9, "0:59"), (3599, "59:59"), (3600, "1:00:00")])
def test_durations(seconds: float, shown: str) -> None:
    """Minutes and seconds; hours from one hour on."""
    assert shown == format_duration(seconds)


@pytest.mark.parametrize(("count", "lines"), [(20, 20), (21, 2)])
def test_more_than_twenty_failures_are_grouped_by_reason(
    capsys: pytest.CaptureFixture[str], count: int, lines: int
) -> None:
    """Messages that differ only in numbers and file names are one reason."""
    failures = Failures(None)
    for number in range(count):
        failures.add(f"in/a{number}.txt", BriefingError(f"cannot read a{number}.txt, line {number}"))

    failures.report()

    assert lines == len(capsys.readouterr().err.splitlines())


def test_groups_and_their_names_are_limited(capsys: pytest.CaptureFixture[str]) -> None:
    """Twenty reasons with three names each; all further reasons are one."""
    failures = Failures(None)
    for number in range(26):
        for copy in range(5 if number == 7 else 1):
            failures.add(f"{number}-{copy}", BriefingError("reason " + "x" * number))

    failures.report()

    lines = capsys.readouterr().err.splitlines()
    assert "briefing: 6 failed: other reasons" == lines[0]
    assert "briefing: 5 failed: BriefingError: reason xxxxxxx" == lines[2]
    assert "briefing: ... 7-0, 7-1, 7-2 and 2 more" == lines[3]
    assert 2 * 21 == len(lines)


@pytest.mark.parametrize(("length", "cut"), [(199, 199), (200, 200), (201, 200)])
def test_long_names_of_articles_are_cut(length: int, cut: int) -> None:
    """The stem of an output file has at most 200 bytes, so that suffixes fit into the limits of file systems."""
    [place] = places([f"https://news.example/{'n' * length}.html"])

    assert cut == len(Path(place.target).name)
