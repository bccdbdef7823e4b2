"""The guard that counts instructions, without valgrind."""

import json
import platform

import pytest
from conftest import benchmarks

PYTHON = "{}.{}".format(*platform.python_version_tuple())


@pytest.fixture
def script(monkeypatch, tmp_path):
    """The script with ratios of its own, as if valgrind were installed and had measured them."""
    with benchmarks("instructions") as scripts:
        module = scripts["instructions"]
        monkeypatch.setattr(module, "RECORD", tmp_path / "instructions.json")
        monkeypatch.setattr(module.shutil, "which", lambda name: name)
        yield module


def _run(script, monkeypatch, ratio: float, *options: str) -> int:
    monkeypatch.setattr(script, "measured", lambda: {"reading": ratio})
    monkeypatch.setattr("sys.argv", ["instructions.py", *options])
    return script.main()


@pytest.mark.parametrize(("ratio", "status"), [(1.04, 0), (1.06, 1), (0.5, 0)])
def test_more_than_five_percent_fails(script, monkeypatch, ratio, status):
    """A ratio that is 5 % above the recorded one is an error; a smaller one is none."""
    assert _run(script, monkeypatch, 1.0, "--record") == 0
    assert json.loads(script.RECORD.read_text()) == {PYTHON: {"reading": 1.0}}
    assert status == _run(script, monkeypatch, ratio, "--check")


def test_what_is_not_recorded_does_not_fail(script, monkeypatch, capsys):
    """Another version of Python has no ratios yet."""
    assert _run(script, monkeypatch, 9.0, "--check") == 0
    assert "none is recorded" in capsys.readouterr().out


def test_without_valgrind_nothing_is_measured(script, monkeypatch, capsys):
    """The script says so and succeeds."""
    monkeypatch.setattr(script.shutil, "which", lambda _name: None)
    assert _run(script, monkeypatch, 9.0, "--check") == 0
    assert "valgrind is not installed" in capsys.readouterr().out
