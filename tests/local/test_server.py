"""The embedded server. What needs no model runs everywhere; the rest uses the smallest one, if it is here."""

from __future__ import annotations

import http.server
import importlib.util
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar

import pytest

from briefing.errors import ConfigurationError, MissingExtraError, ModelFileError, UnknownModelError
from briefing.local import server as local
from briefing.local import weights
from briefing.local.server import Endpoint, progress_of, serve, shutdown

Test = TypeVar("Test", bound=Callable[..., None])


def smallest() -> Path | None:
    """The weights of the smallest model, if they are on this machine."""
    return weights.find(weights.FALLBACK)


def local_model(test: Test) -> Test:
    here = importlib.util.find_spec("xllamacpp") is not None and smallest() is not None
    skipped = pytest.mark.skipif(not here, reason="needs xllamacpp and the weights of SmolLM2")
    marked: Test = pytest.mark.local_model(skipped(test))
    return marked


@pytest.fixture(scope="module", autouse=True)
def stopped() -> Iterator[None]:
    """Tests share a server where they can: starting one takes seconds."""
    yield
    shutdown()


@pytest.fixture
def spec() -> str:
    return f"local:{smallest()}"


def chat(endpoint: Endpoint, tokens: int, key: str | None = None) -> str:
    body = {
        "messages": [{"role": "user", "content": "Count from 1 to one million."}],
        "max_tokens": tokens,
        "temperature": 0,
        "ignore_eos": True,
    }
    request = urllib.request.Request(
        f"{endpoint.base_url}/chat/completions",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key or endpoint.api_key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return str(json.load(response)["choices"][0]["message"]["content"])


def script(body: str, spec: str) -> subprocess.Popen[str]:
    """A process of its own that has started the server and then runs `body`."""
    head = (
        "import os, signal, sys, threading, time\n"
        f"sys.path[:0] = {[str(Path(local.__file__).parents[2]), str(Path(__file__).parent)]!r}\n"
        "from briefing.local.server import serve, shutdown\n"
        "from test_server import chat\n"
        f"spec = {spec!r}\n"
        "endpoint = serve(spec)\n"
        "print('ready', endpoint.base_url, flush=True)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", head + body], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def gone(base_url: str) -> bool:
    """Whether nothing answers at `base_url`, within the patience of a busy machine."""
    for _ in range(400):
        try:
            urllib.request.urlopen(base_url.removesuffix("/v1") + "/health", timeout=1).close()
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_endpoint_hides_its_key() -> None:
    """The key does not show in logs or tracebacks."""
    endpoint = Endpoint("http://127.0.0.1:1/v1", "tiny", 10, api_key="s3cret")

    assert "s3cret" not in repr(endpoint)
    assert pickle.loads(pickle.dumps(endpoint)) == endpoint


def test_missing_extra_is_named_before_anything_is_pulled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without xllamacpp the error says what to install, and no gigabyte is pulled first."""
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "xllamacpp" else real(name))
    monkeypatch.setattr(local, "resolve", lambda *_: pytest.fail("pulled"))

    with pytest.raises(MissingExtraError, match=r"briefing\[local\]"):
        serve("local")


@pytest.mark.parametrize("variable", ["BRIEFING_LOCAL_CTX", "BRIEFING_LOCAL_THREADS"])
@pytest.mark.parametrize("value", ["many", "-1", "0"])
def test_settings_are_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, value: str
) -> None:
    """A number that is not positive is an error that names its variable, before a process is started."""
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("started"))

    with pytest.raises(ConfigurationError, match=variable):
        local.LocalServer(tmp_path, "any")


@pytest.mark.parametrize(
    ("busy", "threads"),
    [
        ([0, 0, 0, 0], 4),
        ([20, 0, 0, 0], 4),
        ([100, 0, 0, 0], 3),
        ([50, 50, 0, 0], 3),
        ([100, 90, 80, 0], 1),
        ([100, 100, 100, 100], 1),
    ],
)
def test_cores_that_others_hold_are_left_to_them(
    monkeypatch: pytest.MonkeyPatch, busy: list[float], threads: int
) -> None:
    """A thread for each core that is free, or nearly so; one in any case."""
    # Not installed with the tests: it is needed where a model is loaded.
    monkeypatch.setitem(sys.modules, "psutil", SimpleNamespace(cpu_percent=lambda *_, **__: busy))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.setattr(local, "_cores", lambda: 4)

    assert threads == local._threads()


def test_at_least_one_core() -> None:
    """Some core is always used, and never more than there are."""
    assert 1 <= local._cores() <= (os.cpu_count() or 1)


def slots(**changes: object) -> object:
    slot = {
        "is_processing": True,
        "n_prompt_tokens_cache": 100,
        "n_prompt_tokens_processed": 50,
        "next_token": [{"n_decoded": 7}],
    }
    return [{"is_processing": False}, slot | changes]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (slots(), (150, 7)),
        (slots(is_processing=False), None),
        (slots(next_token=[]), None),
        ({"error": "no slots"}, None),
        ("nonsense", None),
    ],
)
def test_progress_is_read_from_the_slots(answer: object, expected: tuple[int, int] | None) -> None:
    """Tokens read count cached ones; anything unexpected is just no progress."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}/v1", "tiny", 10)
        actual = progress_of(endpoint)
        server.shutdown()

    assert expected == actual


def test_no_progress_without_a_server() -> None:
    """A server that is gone is no error."""
    assert progress_of(Endpoint("http://127.0.0.1:1/v1", "tiny", 10)) is None


def test_unknown_model() -> None:
    """An unknown name is refused before a process is started."""
    pytest.importorskip("xllamacpp")
    with pytest.raises(UnknownModelError):
        serve("local/nobody")


def test_file_that_llama_cannot_load(tmp_path: Path) -> None:
    """A file that only begins like a model is an error, not a crash."""
    pytest.importorskip("xllamacpp")
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + bytes(100))

    with pytest.raises(ModelFileError, match=r"broken\.gguf"):
        serve(f"local:{path}")
    assert path not in local._servers


@local_model
def test_answers_with_its_key_only(spec: str) -> None:
    """The endpoint answers an OpenAI request; without the key it refuses."""
    endpoint = serve(spec)

    assert endpoint.base_url.startswith("http://127.0.0.1:")
    assert endpoint.base_url.endswith("/v1")
    assert endpoint.context == 8192
    assert chat(endpoint, 3)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        chat(endpoint, 3, key="guessed")


@local_model
def test_context_setting_is_used(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """BRIEFING_LOCAL_CTX sets the context."""
    shutdown()
    monkeypatch.setenv("BRIEFING_LOCAL_CTX", "1024")

    assert serve(spec).context == 1024

    shutdown()


@local_model
def test_threads_share_one_server(spec: str) -> None:
    """However many threads ask at once, one server is started."""
    with ThreadPoolExecutor(8) as pool:
        endpoints = set(pool.map(lambda _: serve(spec), range(8)))

    assert len(endpoints) == 1


@local_model
def test_dead_server_is_replaced(spec: str) -> None:
    """A server whose process was killed is started anew."""
    first = serve(spec)
    (server,) = local._servers.values()
    server._process.kill()
    server._process.wait()

    assert serve(spec) != first


@local_model
def test_stop_in_the_middle_of_an_answer(spec: str) -> None:
    """`shutdown` does not wait for an answer; progress was to be seen until then."""
    endpoint = serve(spec)
    failed: list[BaseException] = []

    def ask() -> None:
        try:
            chat(endpoint, 4000)
        except OSError as error:
            failed.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while thread.is_alive() and not (progress_of(endpoint) or (0, 0))[1]:
        time.sleep(0.05)
    shutdown()
    thread.join()

    assert failed


@local_model
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (
            "threading.Thread(target=lambda: print(chat(endpoint, 4000)), daemon=True).start(); time.sleep(0.5)",
            0,
        ),
        pytest.param(
            "os.kill(os.getpid(), signal.SIGKILL)",
            -9,
            marks=pytest.mark.skipif(os.name != "posix", reason="signals"),
        ),
    ],
    ids=["busy", "killed"],
)
def test_exit_ends_the_server(spec: str, body: str, code: int) -> None:
    """However the process ends, it does not wait for an answer, and its server ends with it."""
    process = script(body, spec)
    assert process.stdout is not None
    base_url = process.stdout.readline().split()[1]
    out, _ = process.communicate(timeout=600)

    assert (code, "") == (process.returncode, out)
    assert gone(base_url)


@local_model
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_interrupt_during_a_request(spec: str) -> None:
    """Ctrl-C in the middle of an answer ends the process; the answer does not come."""
    process = script("print(chat(endpoint, 4000))", spec)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=600)

    assert "KeyboardInterrupt" in error
    assert (-signal.SIGINT, "") == (process.returncode, out)


@local_model
@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
def test_forked_child_starts_its_own(spec: str) -> None:
    """A forked child uses a server of its own, and leaves the parent's running when it exits."""
    process = script(
        "pid = os.fork()\n"
        "mine = serve(spec)\n"
        "chat(mine, 2)\n"
        "if pid == 0:\n"
        "    sys.exit(7 if mine.base_url != endpoint.base_url else 8)\n"
        "assert mine.base_url == endpoint.base_url\n"
        "assert os.waitpid(pid, 0)[1] >> 8 == 7\n"
        "chat(mine, 2)\n",
        spec,
    )
    _, error = process.communicate(timeout=600)

    assert process.returncode == 0, error


def test_who_never_asked_for_the_local_model_is_told_of_others() -> None:
    """It is what is used where no model is named and no key is set."""
    assert "set OPENAI_API_KEY, or give model=" in str(MissingExtraError("The local model", "local"))
    assert "OPENAI_API_KEY" not in str(MissingExtraError("Parquet", "parquet"))
