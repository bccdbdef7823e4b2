"""What benchmarks/long_run.py compares: that it finds what would be wrong. Nothing is killed here."""

import copy
import json
from collections import Counter

import pytest
from conftest import benchmarks

from briefing.testing.fake_model import FakeModel

_NAMES = (
    "fault_callers",
    "fault_cases",
    "long_run_articles",
    "long_run_server",
    "long_run_checks",
    "long_run_job",
    "long_run",
)


@pytest.fixture(scope="module")
def scripts():
    with benchmarks(*_NAMES) as imported:
        yield imported


@pytest.fixture
def long_run(scripts):
    return scripts["long_run_checks"]


@pytest.fixture(scope="module")
def finished(scripts, tmp_path_factory):
    """Two starts of the program; the first is counted as killed, with nothing under way."""
    checks, served, job = (scripts[f"long_run_{name}"] for name in ("checks", "server", "job"))
    folder = tmp_path_factory.mktemp("long-run")
    texts = scripts["long_run_articles"].articles(20, 0)
    run = checks.Run(folder, folder / "run.db", texts, served.Server(0.0, 0))
    given = folder / "articles.jsonl"
    given.write_text("".join(json.dumps(article) + "\n" for article in enumerate(run.texts)), "utf-8")
    with FakeModel() as fake:
        player = scripts["long_run"].Player(run, fake.url, None, small=False)
        for n, ended in enumerate((checks.KILLED, checks.BY_ITSELF)):
            output = folder / f"results-{n}.jsonl"
            with output.open("w", encoding="utf-8") as out:
                code = job.main(str(given), str(run.journal), fake.url, "test", "20", out=out, signals=())
            assert code == 0
            for line in checks.lines(output):
                if "briefing" in line:
                    usage = line["briefing"]["meta"]["usage"]
                    run.server.counts[checks.number_in(run.texts[line["index"]])] = served.Count(
                        1, Counter(briefing=1), tokens=(usage["input_tokens"], usage["output_tokens"])
                    )
            took = (1.0, 100.0, 20, 0, 0)
            run.starts.append(checks.Start("first", ended, output, *took, set(), set(), 0, player._state()))
    assert fake.calls == len(run.distinct)
    run.server.requests = fake.calls
    return run


@pytest.fixture
def tampered(finished, tmp_path):
    """The same run, to be tampered with."""
    run = copy.copy(finished)
    run.starts, run.server = copy.deepcopy(finished.starts), copy.copy(finished.server)
    run.server.counts = copy.deepcopy(finished.server.counts)
    for start in run.starts:
        start.output = tmp_path / start.output.name
        start.output.write_bytes((finished.folder / start.output.name).read_bytes())
    return run


def rewrite(long_run, start, change):
    """Change the lines of a start's output."""
    lines = list(long_run.lines(start.output))
    change(lines)
    start.output.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")


def test_nothing_is_found_where_all_is_well(long_run, finished):
    """Each article, a repeated and an empty one too, has an outcome that holds."""
    checks = long_run.checked(finished)
    assert checks.errors == Counter(InputError=1)
    assert checks.wrong() == {}
    assert "| **lost** | **0** |" in long_run.report(finished, checks)


def test_a_lost_and_a_doubled_article_are_found(long_run, tampered):
    """A line that is missing from the output, and one that is there twice."""
    given = [line["index"] for line in long_run.lines(tampered.starts[-1].output)]

    def double(lines):
        lines[5] = lines[7]

    rewrite(long_run, tampered.starts[-1], double)
    checks = long_run.checked(tampered)
    assert (checks.lost, checks.doubled) == ([given[5]], [given[7]])


def test_a_briefing_that_does_not_hold_is_found(long_run, tampered):
    """A word that the article lacks counts as lost, as other than what the journal has, and as other than before."""
    found = []

    def invent(lines):
        line = next(line for line in lines if "briefing" in line)
        line["briefing"]["summary"]["sentences"][0]["evidence"][0]["text"] = "Nobody said this."
        found.append(line["index"])

    rewrite(long_run, tampered.starts[-1], invent)
    checks = long_run.checked(tampered)
    assert checks.lost == checks.not_recorded == checks.changed == found


def test_a_second_payment_is_found(long_run, tampered):
    """Of an article that was not under way at the kill, which was answered, and whose answer the journal has not."""
    first = next(line for line in long_run.lines(tampered.starts[0].output) if "briefing" in line)
    number = long_run.number_in(tampered.texts[first["index"]])
    count = tampered.server.counts[number]
    [what] = count.good
    count.good[what] += 1
    last = tampered.starts[-1].state
    last.good[number] += 1
    last.missing[number] = (100, 10)
    checks = long_run.checked(tampered)
    assert checks.paid_twice_elsewhere == [number]
    assert checks.tokens_elsewhere == [number]
    assert first["index"] in checks.returned_and_asked


def test_an_article_that_a_stop_left_under_way_is_found(long_run, tampered):
    """A kill may leave some, the end after SIGTERM may not."""
    for start, ended in zip(tampered.starts, (long_run.KILLED, "SIGTERM"), strict=True):
        start.ended, start.under_way = ended, {4 if ended == "SIGTERM" else 3}
    assert long_run.checked(tampered).wrong() == {"left_under_way": [4]}


def test_the_program_is_ended_in_turn(scripts):
    """Kills and stops alternate, and the disk is full in the middle."""
    ends = scripts["long_run"].endings(3, 2, full_disk=True)
    assert [ended for _, ended in ends] == ["SIGKILL", "SIGINT", "full disk", "SIGKILL", "SIGTERM", "SIGKILL"]
    assert [round(at, 2) for at, _ in ends] == [0.15, 0.29, 0.43, 0.57, 0.71, 0.85]
    assert scripts["long_run"].endings(1, 0, full_disk=False) == [(0.5, "SIGKILL")]
