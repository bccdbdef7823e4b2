"""Rules for tests that no linter has."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).parent


def test_every_test_has_a_sentence_as_its_docstring() -> None:
    """A docstring says what behaviour a test holds, and ends as sentences do."""
    functions = (
        (path, node)
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )

    assert [] == [
        f"{path.name}::{node.name}"
        for path, node in functions
        if not (ast.get_docstring(node) or "").rstrip("\"”»'").endswith((".", "?", "!"))
    ]
