"""What `import briefing` gives, and what it costs."""

from __future__ import annotations

import inspect
import os
import pickle
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import briefing
from briefing import BriefingError, Usage, errors
from briefing._version import damage

ERRORS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]


def run(code: str) -> str:
    """Run code in a fresh interpreter that finds the same package."""
    folder = str(Path(briefing.__file__).parent.parent)
    paths = os.pathsep.join([folder, os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    return done.stdout.strip()


def test_all_is_sorted_and_complete() -> None:
    """`__all__` is in order, holds each name once, and `dir()` shows it."""
    assert sorted(set(briefing.__all__)) == briefing.__all__ == dir(briefing)


@pytest.mark.parametrize("name", briefing.__all__)
def test_every_name_is_there_and_documented(name: str) -> None:
    """Each name can be had; classes and functions say what they are."""
    value = getattr(briefing, name)
    if name == "__version__":
        assert value[0].isdigit()
    elif name in ("errors", "testing"):
        assert inspect.ismodule(value)
    else:
        assert (inspect.getdoc(value) or "").strip()
        assert value.__module__.startswith("briefing.")


@pytest.mark.parametrize("name", ["Briefer", "Source", "Briefing", "Journal", "FakeModel"])
def test_public_methods_are_documented(name: str) -> None:
    """Every method of the main classes has a docstring of its own."""
    kind = getattr(briefing, name, None) or getattr(briefing.testing, name)
    own = [
        method
        for key, method in vars(kind).items()
        if not key.startswith(("_", "model_"))
        and (callable(method) or isinstance(method, classmethod | property))
    ]
    assert [] == [method for method in own if not inspect.getdoc(method)]


def test_an_unknown_name_is_an_attribute_error() -> None:
    """Lazy loading hides no typing error."""
    with pytest.raises(AttributeError, match="briefing attribute sumarize"):
        _ = briefing.sumarize  # type: ignore[attr-defined]


def test_star_import_gives_all() -> None:
    """`from briefing import *` works with lazy names."""
    assert str(len(briefing.__all__)) == run(
        "from briefing import *; import briefing; print(sum(name in globals() for name in briefing.__all__))"
    )


@pytest.mark.parametrize(
    "code", ["import briefing", "import briefing.errors", "from briefing import BriefingError"]
)
def test_importing_is_cheap(code: str) -> None:
    """Nothing large is imported before it is used."""
    large = [
        "openai",
        "instructor",
        "pydantic",
        "jinja2",
        "httpx2",
        "yaml",
        "sentencex",
        "babel",
        "lxml",
        "rapidfuzz",
        "sqlite3",
    ]
    assert "[]" == run(f"{code}\nimport sys\nprint([name for name in {large} if name in sys.modules])")


@pytest.fixture(params=["beside", "instead"])
def damaged(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, dict[str, str]]:
    """Our package with files of the other `briefing`: without and with its `__init__`."""
    package = tmp_path / "briefing"
    package.mkdir()
    for path in Path(briefing.__file__).parent.iterdir():
        if path.name != "__init__.py" or request.param == "beside":
            (package / path.name).symlink_to(path)
    (package / "blocks").mkdir()
    (package / "blocks" / "__init__.py").touch()
    if request.param == "instead":
        (package / "__init__.py").write_text("from briefing import blocks\n\nclass Briefing: ...\n")
    return request.param, {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}


def test_files_of_the_other_distribution_are_reported_in_one_line(
    damaged: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    """The command ends with code 2 and one line that names both distributions and the repair; so does our `__init__`."""
    how, env = damaged

    def failed(*arguments: str) -> tuple[int, list[str]]:
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, check=False, env=env, cwd=tmp_path
        )
        return done.returncode, done.stderr.splitlines()

    message = (
        f"{tmp_path / 'briefing'} is damaged: the distribution briefing, another project, installs into the same "
        f"folder as grounded-briefing, and only one of the two can be installed. "
        f"Run: pip uninstall -y briefing grounded-briefing && pip install grounded-briefing"
    )
    assert (2, [f"briefing: {message}"]) == failed("-m", "briefing", "--version")
    if how == "beside":
        code, lines = failed("-c", "from briefing import summarize")
        assert (1, f"ImportError: {message}") == (code, lines[-1])


def test_a_removed_init_is_damage_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Removing the other distribution takes `__init__.py` along; a whole package is not damaged."""
    assert damage() is None
    monkeypatch.setitem(sys.modules, "briefing", ModuleType("briefing"))
    assert "is damaged" in str(damage())


def test_reading_a_saved_briefing_needs_no_client() -> None:
    """Checking what was saved imports no provider's SDK."""
    code = "from briefing import Briefing, Source, locate, verify; import sys; print({'openai', 'instructor'} & {*sys.modules})"
    assert "set()" == run(code)


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_is_ours_and_public(kind: type[Exception]) -> None:
    """One root for all; each can be imported from `briefing`, and is documented."""
    assert issubclass(kind, BriefingError)
    assert kind is getattr(briefing, kind.__name__)
    assert inspect.getdoc(kind)


def made(kind: type[BriefingError]) -> BriefingError:
    if kind is briefing.MissingExtraError:
        return kind("Recording", "record")  # type: ignore[call-arg]
    if issubclass(kind, briefing.ProviderError):
        usage = Usage(input_tokens=5, output_tokens=2)
        return kind("what", attempts=3, usage=usage, provider_message="no", status=429, retry_after=1.5)
    return kind("what")


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_error_pickles(kind: Any, protocol: int) -> None:
    """Type, message and evidence survive."""
    error = made(kind)
    error.add_note("on article 7")
    again = pickle.loads(pickle.dumps(error, protocol))
    assert (type(error), str(error), error.args, vars(error)) == (
        type(again),
        str(again),
        again.args,
        vars(again),
    )


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    """The tree of errors that readers see is the one that is there."""
    drawn: dict[str, str | None] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        bare = line.lstrip("│├└─ ")
        if bare and (bare != line or bare == "BriefingError"):
            depth = (len(line) - len(bare)) // 4
            name = bare.split()[0]
            above[depth:] = [name]
            drawn[name] = above[depth - 1] if depth else None
    assert {kind.__name__: kind.__base__.__name__ for kind in ERRORS if kind.__base__ is not Exception} == {
        name: parent for name, parent in drawn.items() if parent
    }
