"""Messages of the command line: names of options, groups of failures."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Run

from briefing import (
    AuthenticationError,
    Briefing,
    BriefingError,
    ConfigurationError,
    InputError,
    JournalError,
    MissingExtraError,
    ModelFileError,
    ProviderError,
    QuotaError,
    Source,
    UnreachableError,
    Usage,
)
from briefing.cli.bulk_run import BulkRun
from briefing.cli.console import describe, format_duration
from briefing.cli.failures import Failures
from briefing.cli.inputs import Place, places
from briefing.cli.progress import RunProgress, Tally

SAVED = Briefing.model_validate_json(
    (Path(__file__).parents[2] / "seeds" / "library-notice.briefing.json").read_bytes()
)


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
        ("to UTF-8, or use Source.from_file(path, encoding=...).", "to UTF-8, or use --encoding NAME."),
        ("mark, use Source.from_file(path, encoding='utf-16-le').", "use --encoding utf-16-le."),
        (
            "is encrypted. Give its password= to Source.from_pdf.",
            "encrypted. Save it without a password, and give that.",
        ),
        ("For a file, use Source.from_file.", "For a file, give its path."),
        ("Fetch it with another client and use Source.from_html.", "client and give the file."),
        ("to read its page, use Source.from_feed(…, pages=True).", "its page, use --feed-pages."),
        ("articles. Use Source.from_feed, or give the URL.", "articles. Use --feed, or give the URL."),
        ("If it is a feed, use Source.from_feed.", "If it is a feed, use --feed."),
        ("Try again, or raise timeout=.", "Try again, or save the page, and give the file."),
        ("try again later, or raise max_attempts=", "try again later"),
        ("lang='xx' is not a language tag", "--language xx is not a language tag"),
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


def test_a_message_that_begins_with_the_name_has_it_once(capsys: pytest.CaptureFixture[str]) -> None:
    """As those about URLs do; others get it put before them."""
    failures = Failures(None)
    failures.add("https://news.example/a", BriefingError("https://news.example/a cannot be reached"))
    failures.add("https://news.example/a", BriefingError("https://news.example/ab moved"))

    failures.report()

    assert [
        "briefing: https://news.example/a cannot be reached",
        "briefing: https://news.example/a: https://news.example/ab moved",
    ] == capsys.readouterr().err.splitlines()


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


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        (ConfigurationError, 1),
        (ModelFileError, 1),
        (AuthenticationError, 3),
        (QuotaError, 3),
        (JournalError, 3),
        (UnreachableError, 20),
    ],
)
def test_a_run_stops_after_consecutive_failures_that_will_repeat(
    kind: type[BriefingError], limit: int
) -> None:
    """One failure fewer does not stop it, nor do many failures of another kind."""
    place = Place("a.txt", "a")

    def stopped_after(error: BriefingError, count: int) -> bool:
        def read() -> Source:
            raise error

        run = BulkRun[Place](
            lambda _stopped: count,
            journal=None,
            failed_list=None,
            on_result=lambda *_result: None,
            on_error=lambda *_error: None,
            grace=0.0,
        )
        assert [] == list(run.read([(place, read)] * count))
        return run.stopped is not None

    assert (False, True, False) == (
        stopped_after(kind("no"), limit - 1),
        stopped_after(kind("no"), limit),
        stopped_after(InputError("no"), 30),
    )


def test_plain_progress_lines_come_every_thirty_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If standard error is not a terminal."""
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    tally = Tally()
    progress = RunProgress(tally, lambda _stopped: 0)
    printed = 0
    for seconds, lines in [(29.9, 0), (30.0, 1), (59.9, 1), (60.0, 2)]:
        now = 1000.0 + seconds
        tally.made += 1
        progress.article_ended()
        printed += len(capsys.readouterr().err.splitlines())
        assert lines == printed


def test_the_rate_is_that_of_the_last_thirty_seconds() -> None:
    """Earlier articles do not count once newer ones have ended."""
    tally = Tally()
    progress = RunProgress(tally, lambda _stopped: 0)
    rates = []
    for now, made in [(0.0, 0), (0.4, 1), (10.0, 100), (30.0, 110), (40.0, 120), (41.0, 121)]:
        tally.made = made
        rates.append(round(progress._rate(now), 2))

    assert [0.0, 0.0, 10.0, 3.67, 0.67, 1.0] == rates


def test_a_result_between_failures_lets_the_run_go_on() -> None:
    """Only consecutive failures stop it."""
    place, source = Place("a.txt", "a"), Source(text="The mill closed.")
    run = BulkRun[Place](
        lambda _stopped: 5,
        journal=None,
        failed_list=None,
        on_result=lambda *_result: None,
        on_error=lambda *_error: None,
        grace=0.0,
    )

    for outcome in (QuotaError("no"), QuotaError("no"), SAVED, QuotaError("no"), QuotaError("no")):
        run._handle(place, source, outcome)

    assert (None, 1, 4) == (run.stopped, run.tally.made, run.tally.failed)


def test_a_folder_without_results_is_not_named(run: Run, tmp_path: Path) -> None:
    """The closing line names the output only if something was written to it."""
    (tmp_path / "a.txt").touch()

    ended = run("summarize", tmp_path, "-o", tmp_path / "out")

    assert "briefing: 0 made, 1 failed, 0:00" == ended.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("option", "value"), [("--timeout", "0"), ("--max-cost", "0"), ("--concurrency", "0"), ("--rpm", "-1")]
)
def test_limits_must_be_positive(run: Run, tmp_path: Path, option: str, value: str) -> None:
    """Zero is refused, with the option's name."""
    (tmp_path / "a.txt").write_text("The mill closed on Monday.")

    ended = run("summarize", tmp_path / "a.txt", option, value)

    assert 2 == ended.code
    assert f"Invalid value for '{option}'" in ended.err
    assert f"must be a positive number, not {value}" in ended.err


@pytest.mark.parametrize(
    ("spent", "shown"),
    [
        ([], ""),
        ([(5, 2, 0.25), (5, 2, 0.25)], "10 tokens in, 4 out, $0.5000"),
        ([(5, 2, 0.25), (5, 2, None)], "10 tokens in, 4 out, at least $0.2500"),
        ([(5, 2, None)], "5 tokens in, 2 out"),
    ],
)
def test_the_cost_of_a_run_is_a_lower_bound_if_a_price_is_unknown(
    spent: list[tuple[int, int, float | None]], shown: str
) -> None:
    """It says so; without any price there is no cost."""
    tally = Tally()
    for read, written, cost in spent:
        usage = Usage(input_tokens=read, output_tokens=written)
        tally.add(ProviderError("no", usage=usage, cost_usd=cost))

    assert shown == tally.usage()
