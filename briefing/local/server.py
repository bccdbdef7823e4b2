"""The embedded model: llama.cpp's OpenAI-compatible server on this machine, started at first use.

The server is a child process. Inside this process, loading would hold the interpreter lock for seconds, so that neither
Ctrl-C nor an event loop would be served, and every forked child would hang at its exit on the server's threads. The child
ends when the pipe to it is closed, so that it cannot outlive its parent.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import json
import os
import secrets
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from briefing.errors import ConfigurationError, MissingExtraError, ModelFileError
from briefing.local.weights import Progress, resolve
from briefing.threads import Lock

_CONTEXT = 16_384  # tokens
_STOP_SECONDS = 2.0  # until the process is killed
#: How long the use of the cores is looked at before a model is loaded, and how much of a core may be in use that counts as free.
_SAMPLE_SECONDS, _MOSTLY_FREE = 0.3, 0.25


@dataclass(frozen=True)
class Endpoint:
    """Address of a running local model.

    Attributes:
        base_url: base URL for an OpenAI client; ends with ``/v1``.
        context: size of the context window in tokens, for prompt and answer together.
        warning: the reason why it is not the requested model; `None` if it is.
        api_key: random key that keeps other users of this machine out.
    """

    base_url: str
    model: str
    context: int
    warning: str | None = None
    api_key: str = field(default="", repr=False)


class LocalServer:
    """A running server process for one file of weights; made as soon as the model is loaded.

    Raises:
        ModelFileError: the file cannot be loaded.
    """

    def __init__(self, path: Path, name: str) -> None:
        key = secrets.token_urlsafe(24)
        settings = {
            "path": str(path),
            "name": name,
            "key": key,
            "context": context_length(),
            "threads": _setting("BRIEFING_LOCAL_THREADS", "threads"),
        }
        quiet = not os.environ.get("BRIEFING_LOCAL_LOG")
        self._process = subprocess.Popen(
            # -P: import nothing from the working directory. PYTHONPATH: the child has the same import path.
            [sys.executable, "-P", "-m", "briefing.local.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else None,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            # A new process group: Ctrl-C in the terminal does not reach the server.
            start_new_session=True,
        )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            # The key goes through the pipe: command lines are visible to other users.
            stdin.write(json.dumps(settings).encode() + b"\n")
            stdin.flush()
            ready: dict[str, Any] = json.loads(stdout.readline() or b'{"error": "the server process ended"}')
        except BrokenPipeError:
            ready = {"error": "the server process did not start"}
        except BaseException:
            self.stop()
            raise
        if "error" in ready:
            self.stop()
            raise ModelFileError(
                f"{path} could not be loaded: {ready['error']}. Set BRIEFING_LOCAL_LOG=1 to see its log."
            )
        self.endpoint = Endpoint(f"{ready['url']}/v1", name, ready["context"], api_key=key)

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the server process, also during an answer."""
        self._close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def abandon(self) -> None:
        """Close the pipes in a forked child, without ending the parent's server."""
        self._close()
        # It is not a child of this process and cannot be waited for; unset, Popen would warn about that.
        self._process.returncode = 0

    def _close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


_lock = Lock()
_servers: dict[Path, LocalServer] = {}


def serve(spec: str, progress: Progress | None = None) -> Endpoint:
    """Return the endpoint of a local model; download its weights and start its server if needed.

    There is one server per file and process, shared by all threads; it runs until `shutdown` or the end of the process.

    Raises:
        MissingExtraError: `xllamacpp` is not installed.
        UnknownModelError: as `resolve`, which reads `spec`.
        ModelFileError: the weights cannot be downloaded, stored or loaded.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        # Checked before a gigabyte is downloaded.
        raise MissingExtraError("The local model", "local")
    found = resolve(spec, progress)
    with _lock:
        server = _servers.get(found.path)
        if server is None or not server.running:
            if server is not None:
                server.stop()
            if progress:
                progress(0, 0, f"loading {found.name}")
            server = _servers[found.path] = LocalServer(found.path, found.name)
    return replace(server.endpoint, model=found.name, warning=found.warning)


def shutdown() -> None:
    """Stop all servers of this process."""
    with _lock:
        while _servers:
            _servers.popitem()[1].stop()


def progress_of(endpoint: Endpoint) -> tuple[int, int] | None:
    """Return the tokens read and written so far by the running request; `None` without one, or on any failure."""
    try:
        slots = _get(endpoint.base_url.removesuffix("/v1") + "/slots", endpoint.api_key, timeout=0.5)
        slot = next(slot for slot in slots if slot["is_processing"])
        read = slot["n_prompt_tokens_cache"] + slot["n_prompt_tokens_processed"]
        return read, slot["next_token"][0]["n_decoded"]
    except Exception:
        # Progress is optional: no failure to read it may end a briefing.
        return None


def running_progress() -> tuple[int, int] | None:
    """Return `progress_of` the first busy server of this process; `None` if all are idle."""
    found = (progress_of(server.endpoint) for server in list(_servers.values()))
    return next(filter(None, found), None)


def _get(url: str, key: str, timeout: float) -> Any:
    # The address is always that of our loopback server.
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})  # noqa: S310
    # Without proxies: the server is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=timeout) as response:
        return json.load(response)


def context_length() -> int:
    """Return the context window to reserve, in tokens; the server limits it to the model's training context.

    Raises:
        ConfigurationError: BRIEFING_LOCAL_CTX is not a positive integer.
    """
    return _setting("BRIEFING_LOCAL_CTX", "tokens") or _CONTEXT


def _setting(variable: str, unit: str) -> int | None:
    """Return the number in an environment variable, which must be positive; `None` if it is not set."""
    value = os.environ.get(variable)
    if not value:
        return None
    if not value.isdecimal() or int(value) < 1:
        raise ConfigurationError(f"{variable} must be a positive integer ({unit}), not {value!r}.")
    return int(value)


def _threads() -> int:
    """Return the number of cores that are free now, at least 1: all threads wait for one that has to share its core."""
    import psutil

    busy = psutil.cpu_percent(_SAMPLE_SECONDS, percpu=True)
    try:
        usable = os.sched_getaffinity(0)
    except AttributeError:
        usable = set(range(len(busy)))
    free = len(usable) - sum(busy[cpu] for cpu in usable) / 100
    return max(1, min(_cores(), int(free + _MOSTLY_FREE)))


def _cores() -> int:
    """Return the number of usable physical cores: llama.cpp is slower with more threads than that."""
    try:
        usable = os.sched_getaffinity(0)
    except AttributeError:
        return max(1, (os.cpu_count() or 2) // 2)
    siblings = set()
    for cpu in usable:
        try:
            place = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
            siblings.add(place.read_text())
        except OSError:
            siblings.add(str(cpu))
    return max(1, len(siblings))


def _abandon() -> None:
    while _servers:
        _servers.popitem()[1].abandon()


atexit.register(shutdown)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon)


def _main() -> None:
    """Run the server process: settings come on stdin, the address goes to stdout, the end of stdin ends it."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Output of the C++ code goes to stderr, so that stdout has only the line with the address.
    stdout = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    settings = json.loads(sys.stdin.readline())
    try:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = settings["path"]
        params.model_alias = {settings["name"]}
        params.api_keys = [settings["key"]]
        params.hostnames = ["127.0.0.1"]
        params.port = 0
        params.n_ctx = settings["context"]
        params.n_parallel = 1
        params.cpuparams.n_threads = settings["threads"] or _threads()
        # Small batches, so that progress is visible while a long prompt is read.
        params.n_batch = 256
        # Cached states of earlier prompts take gigabytes; a common prefix is reused without them.
        params.cache_ram_mib = 0
        params.ui = False
        params.verbosity = 3 if os.environ.get("BRIEFING_LOCAL_LOG") else 0
        server = xllamacpp.Server(params)
        url = server.listening_address
        context = _get(f"{url}/props", settings["key"], 30)["default_generation_settings"]["n_ctx"]
        ready: dict[str, Any] = {"url": url, "context": context}
    except Exception as error:
        ready = {"error": str(error)}
    print(json.dumps(ready), file=stdout, flush=True)
    sys.stdin.read()
    # Not sys.exit: that would wait for the answer in progress.
    os._exit(0)


if __name__ == "__main__":
    _main()
