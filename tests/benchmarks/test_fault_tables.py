"""The tables of benchmarks/faults.py, without a server."""

import pytest
from conftest import benchmarks

_NAMES = ("fault_callers", "fault_cases", "faults")


@pytest.fixture(scope="module")
def scripts():
    with benchmarks(*_NAMES) as imported:
        yield imported


@pytest.fixture
def cells(scripts):
    """One fault that heals with us, is not survived by a peer, and hangs another for ever."""
    faults, outcome = scripts["faults"], scripts["fault_callers"].Outcome
    case = scripts["fault_cases"].Case("a | b", "try again", lambda *_: None, paid=True, says=True)
    failed = outcome("ServerError", 1.25, error=True, tokens=2200, says=True, pickles=True)
    return [case], {
        ("a | b", "ours", False): faults.Cell(2, outcome("briefing", 0.5)),
        ("a | b", "ours", True): faults.Cell(2, failed),
        ("a | b", "theirs", False): faults.Cell(1, outcome("KeyError", 0.1, error=True)),
        ("a | b", "theirs", True): faults.Cell(3, None),
    }


def test_a_fault_played_once_is_a_line(scripts, cells):
    """Calls, outcome and seconds of each library; the sum says how many came through."""
    expected = [
        "| fault | what we do | ours | theirs |",
        "|---|---|---|---|",
        "| a \\| b | try again | 2, briefing, 0.5 s | 1, KeyError, 0.1 s |",
        "| all 1 |  | 2 calls, 1 results, 0.5 s at most | 1 calls, 0 results, 0.1 s at most |",
    ]
    assert expected == list(scripts["faults"].table(*cells, ["ours", "theirs"], forever=False))


def test_a_call_that_was_stopped_is_no_result(scripts, cells):
    """It counts with the time until it was stopped, and its calls until then."""
    expected = [
        "| fault | ours | theirs |",
        "|---|---|---|",
        "| a \\| b | 2, ServerError, 1.2 s | 3, still going, 20 s |",
        "| all 1 | 2 calls, 0 results, 1.2 s at most | 3 calls, 0 results, over 20.0 s at most |",
    ]
    assert expected == list(scripts["faults"].table(*cells, ["ours", "theirs"], forever=True))


def test_only_errors_are_asked_what_they_carry(scripts, cells):
    """A call that was stopped raised nothing; tokens count as known when all of them are."""
    rows = list(scripts["faults"].carried(*cells, ["ours", "theirs"]))[2:]
    expected = [["1 of 1", "0 of 0"]] * 3 + [["0 of 0", "0 of 0"]] * 2
    assert expected == [row.strip("| ").split(" | ")[1:] for row in rows]


def test_the_tables_name_each_fault_once(scripts):
    """Cells are kept by the fault's name."""
    names = [case.name for case in scripts["fault_cases"].CASES]
    assert sorted(set(names)) == sorted(names)


def test_options_are_played_to_faults_that_exist(scripts):
    """A misspelt name would leave its line out in silence."""
    known = {case.name for case in scripts["fault_cases"].CASES}
    assert set() == {name for names in scripts["fault_callers"].OPTIONS.values() for name in names} - known
