"""What the packages promise each other, beside the import contracts in pyproject.toml."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

import briefing

CHECKOUT = Path(__file__).parents[1]
ROOT = Path(briefing.__file__).parent
PACKAGES = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))


@cache
def imported_modules(path: Path) -> list[str]:
    """Absolute names of the modules that a file imports from."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    froms = [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return froms + [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_what_it_is_for(package: str) -> None:
    """The docstring of a package has a summary line, and says what the package must not know."""
    docstring = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text("utf-8"))) or ""

    assert re.match(r"[A-Z`].+\.\n\n", docstring)
    assert re.search(r"\bmust (not (know|import)|hold nothing)\b", docstring)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_exports_only_what_is_there(package: str) -> None:
    """Every name that a package re-exports can be imported."""
    module = importlib.import_module(f"briefing.{package}")

    assert [] == [name for name in module.__all__ if not hasattr(module, name)]


@pytest.mark.parametrize("package", PACKAGES)
def test_other_packages_use_only_what_a_package_exports(package: str) -> None:
    """Modules outside a package import from the package, not from the modules inside it."""
    outside = (path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] != package)

    assert [] == [
        (path.name, module)
        for path in outside
        for module in imported_modules(path)
        if module.startswith(f"briefing.{package}.")
    ]


def test_the_picture_of_the_architecture_is_the_contract() -> None:
    """The layers in ARCHITECTURE.md are those of the import contract, in the same order."""
    picture, contracts = CHECKOUT / "ARCHITECTURE.md", CHECKOUT / "pyproject.toml"
    drawn = re.findall(r"```\n(.*?)```", picture.read_text("utf-8"), re.DOTALL)[0].splitlines()
    layers = tomllib.loads(contracts.read_text("utf-8"))["tool"]["importlinter"]["contracts"][0]["layers"]

    assert layers == [re.split(r"\s{2,}", line)[0] for line in drawn]


def test_few_modules_stand_beside_the_packages() -> None:
    """A reader of the top folder sees packages first: at most 12 modules stand beside `__init__`."""
    assert len([path for path in ROOT.glob("*.py") if path.name != "__init__.py"]) <= 12
