"""The documents are true, as far as a test can tell."""

from __future__ import annotations

import asyncio
import io
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from patience import until
from project_processes import run_pytest

import briefing
from briefing import Briefer, Briefing, Source
from briefing.cli.render import to_page
from briefing.schemas.json_schema import wire_schema
from briefing.testing.fake_model import FakeModel, Fault

if TYPE_CHECKING:
    from conftest import Forked

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
README = (ROOT / "README.md").read_text("utf-8")


def test_the_readme_is_short() -> None:
    """Under 120 lines."""
    assert len(README.splitlines()) < 120


def test_names_in_the_readme_exist() -> None:
    """Every `briefing.X` that the README uses is public."""
    used = set(re.findall(r"\bbriefing\.([A-Za-z_]+)\b(?!\.(?:py|html))", README)) - {"json", "invalid"}

    assert set() == {name for name in used if not hasattr(briefing, name)}


def test_files_in_the_readme_exist() -> None:
    """Every seed and document that the README names is there."""
    named = set(re.findall(r"seeds/[\w-]+\.\w+", README)) | set(re.findall(r"\]\((\w+\.md)\)", README))

    for name in named:
        if name.startswith("seeds/") or (ROOT / "ARCHITECTURE.md").exists():
            assert (ROOT / name).exists(), name


def test_modules_in_the_documents_exist() -> None:
    """Every `briefing/X.py`, `benchmarks/X.py` and `tests/X.py` that a document names is a file."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    named = {
        (page.name, name)
        for page in pages
        for name in re.findall(r"\b(?:briefing|benchmarks|tests)/[\w/]+\.py\b", page.read_text("utf-8"))
    }
    package = Path(briefing.__file__).parent

    assert named
    assert set() == {
        (page, name)
        for page, name in named
        if not ((package.parent if name.startswith("briefing/") else ROOT) / name).exists()
    }


def test_commands_in_the_documents_exist() -> None:
    """Every option of a command line in the documents is one of the command's."""
    from typer.main import get_command

    from briefing.cli.app import app

    lines = [
        line.partition("#")[0].split()
        for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "CONTRIBUTING.md")
        if page.exists()
        for block in re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
        for line in re.findall(r"^briefing (.*)$", block, re.MULTILINE)
    ]
    for words in lines:
        command: Any = get_command(app)
        while words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts}
        assert not hasattr(command, "commands"), words
        assert set() == {word for word in words if re.fullmatch(r"--?[a-z][a-z-]*", word)} - known

    assert len(lines) > 20


def test_no_text_installs_the_other_briefing() -> None:
    """Install lines name `grounded-briefing`: the index has another project under the name of our import package."""
    texts = [ROOT / name for name in ("pyproject.toml", "Makefile", ".ci/run", ".pre-commit-config.yaml")]
    texts += [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    for folder in (Path(briefing.__file__).parent, ROOT / "tests", ROOT / "benchmarks", ROOT / "prompts"):
        texts += [path for ending in ("py", "pyi", "yaml") for path in folder.rglob(f"*.{ending}")]
    old = re.compile(
        r"""\b(?:pipx?|uv|poetry)\b[^\n`&;|]*\b(?:install|add)\b[^\n`&;|]*[\s"'=](?<![\w-])briefing(?=["'\s`\[.=<>~]|$)"""
        r"""|(?<![\w-])briefing\[(?:local|parquet|ray|record|otel|test|dev)\b""",
        re.MULTILINE,
    )

    assert all(map(old.search, ("pip install briefing", "needs briefing[otel]")))
    assert [] == [
        (path.name, found.group())
        for path in texts
        if path.exists() and path != Path(__file__)
        for found in old.finditer(path.read_text("utf-8"))
    ]


def test_a_project_with_recorded_answers(tmp_path: Path, forked: Forked) -> None:
    """As docs/TESTING.md has it: recorded once, replayed without network or key, and the server is not asked again."""
    page = ROOT / "docs" / "TESTING.md"
    unrecorded, *recorded = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    for block in recorded:
        (tmp_path / block.split()[1]).write_text(block)
    ours = "def our_page(briefer, text):\n    return briefer.summarize(text).headline\n"
    (tmp_path / "test_page.py").write_text(unrecorded + ours)
    with FakeModel() as fake:
        recording = forked(run_pytest, tmp_path, "--record-mode=once", OPENAI_BASE_URL=fake.url)
        [(code, printed)] = recording.rest()
        assert (0, 1) == (code, fake.calls), printed

    assert ["test_a_briefing.yaml"] == [path.name for path in (tmp_path / "cassettes").rglob("*.*")]
    offline = ("--block-network", "--allowed-hosts=127.0.0.1")
    replay = forked(run_pytest, tmp_path, *offline, OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    [(code, printed)] = replay.rest()
    assert 0 == code, printed


def test_the_schemas_and_prompts_of_the_docs(tmp_path: Path, briefer: Briefer, bridge: str) -> None:
    """docs/SCHEMAS.md as it is, and what it says: limits and descriptions are seen, what is skipped is not asked for."""
    page = ROOT / "docs" / "SCHEMAS.md"
    [code] = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    [prompt] = re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    (tmp_path / "house.yaml").write_text(prompt, "utf-8")
    names: dict[str, Any] = {"__name__": "documented"}
    exec(compile(code, str(page), "exec", dont_inherit=True), names)  # our own page

    report = briefer.summarize(bridge, schema=names["Report"], prompt=tmp_path / "house.yaml")
    longer = briefer.summarize(bridge, schema=names["Longer"])

    assert ("house", [], []) == (
        report.meta.prompt_name,
        briefing.verify(report, bridge),
        longer.verify(bridge),
    )
    assert {"made", "meta"} == set(names["Report"].model_fields) - set(
        wire_schema(names["Report"])["properties"]
    )


async def test_the_service_of_the_docs(briefer: Briefer, bridge: str) -> None:
    """docs/SERVICE.md as it is: statuses by the kind of error, and what it says of threads and meta."""
    brief = _service()["brief"]
    with FakeModel(faults=lambda _request: Fault(status=429)) as busy:
        async with Briefer("openai/fake", base_url=busy.url, api_key="test", max_attempts=1) as refused:
            (status, _), (empty, _) = await asyncio.gather(brief(refused, bridge), brief(refused, ""))
    (good, one), (_, other) = await asyncio.gather(brief(briefer, bridge), brief(briefer, bridge))
    await briefer.aclose()

    assert (503, 422, 200) == (status, empty, good)
    assert one | {"meta": None} == other | {"meta": None}


def _service() -> dict[str, Any]:
    """The names in the code of docs/SERVICE.md."""
    page = ROOT / "docs" / "SERVICE.md"
    code = "".join(re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL))
    names: dict[str, Any] = {}
    exec(compile(code, str(page), "exec", dont_inherit=True), names)  # our own page
    return names


class _Client:
    """A client of an ASGI application that posts an article.

    Attributes:
        received: the body of the response so far.
        begun: set when a statement has come.
        gone: set when the client goes away.
    """

    def __init__(self, app: Any, article: str) -> None:
        self.received = b""
        self.begun, self.gone = asyncio.Event(), asyncio.Event()
        self._app, self._article, self._sent = app, article, False

    async def post(self, path: str) -> None:
        """Make the request, and receive the response to its end."""
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},  # as uvicorn has it
            "http_version": "1.1",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [],
        }
        await self._app(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        if not self._sent:
            self._sent = True
            return {"type": "http.request", "body": self._article.encode(), "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        self.received += message.get("body", b"")
        if b"sentences[0]" in self.received:
            self.begun.set()
        await asyncio.sleep(0)


async def test_the_streaming_service_of_the_docs(briefer: Briefer, bridge: str) -> None:
    """Each part is an event, and the last one is the briefing, or says what failed."""
    app = _service()["app"]
    app.state.briefer = briefer
    client, empty = _Client(app, bridge), _Client(app, "")
    await client.post("/briefings/stream")
    await empty.post("/briefings/stream")
    await briefer.aclose()

    *parts, last = (block.split(b"\n") for block in client.received.strip().split(b"\n\n"))
    told = [json.loads(data.removeprefix(b"data: ")) for _, data in parts]
    assert {name for name, _ in parts} == {b"event: part"}
    assert (told[0]["path"], told[0]["corrects"]) == ("headline", False)
    assert last[0] == b"event: result"
    assert Briefing.model_validate_json(last[1].removeprefix(b"data: ")).headline == told[0]["value"]
    assert empty.received.startswith(b"event: failed\n")


async def test_a_client_that_goes_away_ends_the_call(bridge: str) -> None:
    """The connection to the model's server is closed in the middle of the answer."""
    app = _service()["app"]
    with FakeModel(faults=[Fault(after=16, hang=True)]) as fake:
        async with Briefer("openai/fake", base_url=fake.url, api_key="test") as app.state.briefer:
            client = _Client(app, bridge)
            request = asyncio.create_task(client.post("/briefings/stream"))
            await client.begun.wait()
            client.gone.set()
            await request
            assert await asyncio.to_thread(until, lambda: (fake.abandoned, fake.in_flight) == (1, 0))
        assert fake.calls == 1


@dataclass
class Tensor:
    """A number as torch gives it."""

    value: float

    def __ge__(self, other: float) -> bool:
        return self.value >= other

    def __float__(self) -> float:
        return self.value


def _stated(document: str, claim: str) -> bool:
    """What the stubs of the libraries below find true."""
    assert document.startswith("The council")
    return "Monday" not in claim


class Hhem:
    """HHEM, as transformers loads it."""

    @staticmethod
    def from_pretrained(name: str, *, trust_remote_code: bool) -> Hhem:
        """Return the model."""
        assert ("vectara/hallucination_evaluation_model", True) == (name, trust_remote_code)
        return Hhem()

    def predict(self, pairs: Sequence[tuple[str, str]]) -> list[Tensor]:
        """Return a score for each pair of premise and hypothesis."""
        return [Tensor(0.98 if _stated(premise, hypothesis) else 0.03) for premise, hypothesis in pairs]


class MiniCheck:
    """MiniCheck's scorer."""

    def __init__(self, *, model_name: str) -> None: ...

    def score(self, *, docs: list[str], claims: list[str]) -> tuple[list[int], list[float], Any, Any]:
        """Return labels and probabilities, and two more lists."""
        labels = [int(_stated(doc, claim)) for doc, claim in zip(docs, claims, strict=True)]
        return labels, [0.98 if label else 0.03 for label in labels], [[]], [[]]


class HallucinationDetector:
    """LettuceDetect's detector."""

    def __init__(self, *, method: str, model_path: str) -> None: ...

    def predict(
        self, *, context: list[str], question: str, answer: str, output_format: str
    ) -> Iterator[dict[str, Any]]:
        """Return the passages of the answer that the context does not say."""
        assert "spans" == output_format
        if not _stated(context[0], answer):
            start = answer.index("Monday")
            yield {"start": start, "end": start + len("Monday"), "confidence": 0.9, "text": "Monday"}


@pytest.mark.parametrize(("name", "words"), [("Hhem", None), ("Mini", None), ("Lettuce", "Monday")])
def test_the_judges_of_the_docs(
    name: str, words: str | None, serve: Any, bridge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The adapters of docs/JUDGE.md as they are, with stubs that have the call shapes of the libraries."""
    page = ROOT / "docs" / "JUDGE.md"
    libraries = {
        "transformers": SimpleNamespace(AutoModelForSequenceClassification=Hhem),
        "minicheck.minicheck": SimpleNamespace(MiniCheck=MiniCheck),
        "lettucedetect.models.inference": SimpleNamespace(HallucinationDetector=HallucinationDetector),
    }
    for path, library in libraries.items():
        for end in (i for i, char in enumerate(path) if char == "."):
            monkeypatch.setitem(sys.modules, path[:end], ModuleType(path[:end]))
        monkeypatch.setitem(sys.modules, path, library)
    [code] = (
        block
        for block in re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
        if f"class {name}:" in block
    )
    names: dict[str, Any] = {"briefing": briefing}
    exec(compile(code, str(page), "exec", dont_inherit=True), names)  # our own page
    good = {"headline": "Harwick closes the bridge", "key_quotes": [], "entities": []}
    good["summary"] = [
        {"text": "The council of Harwick closed the Tern bridge on Monday.", "evidence": [1]},
        {"text": "Harwick closed the Tern bridge.", "evidence": [1]},
    ]
    _, briefer = serve([Fault(content=json.dumps(good)), Fault(status=400)], judge=names[name]())
    result = briefer.summarize(bridge)
    wrong, right = result.summary.sentences

    assert ("supported", "unsupported", "supported") == (
        result.headline_support,
        wrong.support,
        right.support,
    )
    assert [words or wrong.text] == [finding.text for finding in wrong.findings]


def test_the_samples_of_the_readme() -> None:
    """The pages in the README are those of the saved briefings; "..." stands for what is left out."""
    samples = [code for kind, code in re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL) if not kind]
    results = (SEEDS / "library-notice.briefing.json", SEEDS / "library-notice.written.briefing.json")
    source = Source.from_file(SEEDS / "library-notice.html")

    assert 2 == len(samples)
    for sample, result in zip(samples, results, strict=True):
        page = io.StringIO()
        to_page(Briefing.model_validate_json(result.read_bytes()), source, page)
        shown = [line.rstrip() for line in page.getvalue().splitlines()]
        for piece in re.split(r"^\.\.\.\n", sample, flags=re.MULTILINE):
            lines = piece.splitlines()
            assert any(lines == shown[at : at + len(lines)] for at in range(len(shown))), piece
