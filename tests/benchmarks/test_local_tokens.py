"""The script `benchmarks/local_tokens.py`: what it counts in a cassette."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from briefing.testing.cassettes import Readable

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "local_tokens.py"


@pytest.fixture(scope="module")
def script():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("local_tokens", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def exchange(answer, *, messages=2, read=100, cached=40, written=12):
    """A recorded exchange."""
    usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    usage["prompt_tokens_details"] = {"cached_tokens": cached}
    body = {"choices": [{"message": {"content": json.dumps(answer)}}], "usage": usage}
    return {
        "request": {"json": {"messages": [{}] * messages}},
        "response": {"body": {"json": body}},
    }


def test_tokens_are_counted_by_question(script, tmp_path):
    """Per article; an item that begins like an earlier one is there again, as an object and as an array."""
    people = [{"name": "A", "type": "person"}, {"name": "B", "type": "person"}, {"name": "A", "type": "work"}]
    arrays = [list(person.values()) for person in people]
    recorded = [
        [exchange({"entities": people}), exchange({"x": 1}, messages=4)],
        [exchange({"entities": arrays})],
    ]
    paths = []
    for number, exchanges in enumerate(recorded):
        paths.append(tmp_path / f"{number}.yaml")
        paths[-1].write_text(Readable.serialize({"interactions": exchanges, "version": 1}))

    rows = script.table(paths)

    assert ["entities", "repair", "all"] == list(rows)
    assert {"calls": 1, "read": 100, "new": 60, "written": 12, "items": 3, "again": 1, "seconds": 2} == rows[
        "entities"
    ]
    assert (0.5, 1.5) == (rows["repair"]["calls"], rows["all"]["calls"])
