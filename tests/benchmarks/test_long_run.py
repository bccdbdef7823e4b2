"""What benchmarks/long_run.py compares: that it finds what would be wrong. Nothing is killed here."""

import copy
import json
from collections import Counter

import pytest
from conftest import benchmarks

from briefing.testing.fake_model import FakeModel

_NAMES = ("fault_callers", "fault_cases", "long_run_articles", "long_run_server", "long_run_job", "long_run")


@pytest.fixture(scope="module")
def scripts():
    with benchmarks(*_NAMES) as imported:
        yield imported


@pytest.fixture
def long_run(scripts):
    return scripts["long_run"]


@pytest.fixture(scope="module")
def finished(scripts, tmp_path_factory):
    """Two starts of the program; the first is counted as killed, with nothing under way."""
    long_run, served = scripts["long_run"], scripts["long_run_server"]
    folder = tmp_path_factory.mktemp("long-run")
    run = long_run.Run(folder, long_run.articles(20, 0), served.Server(0.0, 0))
    given, output = folder / "articles.jsonl", folder / "results.jsonl"
    given.write_text("".join(json.dumps(text) + "\n" for text in run.texts), "utf-8")
    with FakeModel() as fake:
        for killed in (True, False):
            scripts["long_run_job"].main(str(given), str(run.journal), str(output), fake.url, "20")
            lines = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
            for line in lines:
                if "briefing" in line:
                    usage = line["briefing"]["meta"]["usage"]
                    run.server.counts[long_run.number_in(run.texts[line["index"]])] = served.Count(
                        1, Counter(briefing=1), tokens=(usage["input_tokens"], usage["output_tokens"])
                    )
            run.starts.append(long_run.Start(killed, 1.0, 100.0, 20, 0, 0, set(), run.state(), lines))
    assert fake.calls == len(run.distinct)
    return run


@pytest.fixture
def tampered(finished):
    """The same run, to be tampered with."""
    run = copy.copy(finished)
    run.starts, run.server = copy.deepcopy(finished.starts), copy.copy(finished.server)
    run.server.counts = copy.deepcopy(finished.server.counts)
    return run


def test_nothing_is_found_where_all_is_well(long_run, finished):
    """Each article, a repeated and an empty one too, has an outcome that holds."""
    errors = [line["error"] for line in finished.starts[-1].lines if "error" in line]
    assert errors == ["InputError"]
    assert long_run.checked(finished).wrong() == {}


def test_a_lost_and_a_doubled_article_are_found(long_run, tampered):
    """A line that is missing from the output, and one that is there twice."""
    lines = tampered.starts[-1].lines
    index, other = lines[5]["index"], lines[7]["index"]
    lines[5] = lines[7]
    checks = long_run.checked(tampered)
    assert (checks.lost, checks.doubled) == ([index], [other])


def test_a_briefing_that_does_not_hold_is_found(long_run, tampered):
    """A word that the article lacks counts as lost, and as other than what the journal has."""
    line = next(line for line in tampered.starts[-1].lines if "briefing" in line)
    line["briefing"]["summary"]["sentences"][0]["evidence"][0]["text"] = "Nobody said this."
    checks = long_run.checked(tampered)
    assert (checks.lost, checks.not_recorded) == ([line["index"]], [line["index"]])


def test_a_second_payment_is_found(long_run, tampered):
    """Of an article that was not under way at the kill, which was answered, and whose answer the journal has not."""
    first = next(line for line in tampered.starts[0].lines if "briefing" in line)
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
