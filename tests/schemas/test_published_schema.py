"""The published JSON Schemas of results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from commands import Run, runner
from report_cases import BRIDGE, SEEDS, faulty_briefing

import briefing
from briefing import Briefing, Checked, Finding
from briefing.schemas import SCHEMA_VERSION, published_schema

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas"
KINDS = {"result": Briefing, "findings": list[Finding], "checked": Checked}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `briefing ARGS`."""
    return runner(monkeypatch, capfd)


def published(name: str) -> dict[str, Any]:
    """The schema of this version, as it was published."""
    loaded: dict[str, Any] = json.loads((PUBLISHED / f"{name}-{SCHEMA_VERSION}.json").read_text("utf-8"))
    return loaded


@pytest.mark.parametrize("name", KINDS)
def test_a_schema_does_not_change_without_its_version(name: str) -> None:
    """If this fails, raise `_REVISION` in briefing/schemas/published.py, and publish NAME-VERSION.json by `briefing schema NAME`."""
    assert published(name) == published_schema(KINDS[name], name)


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.briefing.json")), ids=lambda path: path.stem)
def test_saved_briefings_have_the_schema(path: Path) -> None:
    """With every key that they hold named in it."""
    schema = published("result")
    for node in (schema, *schema["$defs"].values()):
        if node.get("type") == "object":
            node["additionalProperties"] = False
    jsonschema.validate(json.loads(path.read_text("utf-8")), schema)


def test_findings_and_checks_have_theirs() -> None:
    """As they are written to JSON."""
    made = faulty_briefing()
    found = [f.model_dump(mode="json") for s in made.summary.sentences for f in s.findings]
    checked = briefing.check("The bridge costs 9 crowns. “No,” said Holt.", [BRIDGE])
    jsonschema.validate(found, published("findings"))
    jsonschema.validate(checked.model_dump(mode="json"), published("checked"))
    assert found


def test_the_command_prints_them(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The result's without an argument; that of a class in the current folder as well."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "house_schema.py").write_text(
        "import briefing, pydantic\n\nclass House(pydantic.BaseModel):\n    by: briefing.Mention\n"
    )
    assert published("result") == json.loads(run("schema").out)
    house = json.loads(run("schema", "house_schema:House").out)
    assert (f"House-{SCHEMA_VERSION}.json", ["by"]) == (house["$id"], house["required"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resutl", "'resutl' is no schema; give result, findings, checked, or MODULE:CLASS"),
        ("no_such_module_here:A", "cannot import no_such_module_here:A: ModuleNotFoundError"),
        ("json:loads", "json:loads is not a pydantic model"),
        ("json:nothing", "cannot import json:nothing: AttributeError"),
    ],
)
def test_a_name_of_no_schema_is_told(run: Run, name: str, message: str) -> None:
    """With exit code 2."""
    ended = run("schema", name)
    assert (2, True) == (ended.code, message in ended.err)
