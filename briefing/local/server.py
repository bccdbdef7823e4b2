"""The embedded model: llama.cpp's OpenAI-compatible server, on this machine, started when it is first needed.

It runs in a process of its own. Inside ours, loading would hold the interpreter lock for seconds, so that
neither Ctrl-C nor an event loop got a turn, and every forked child would hang at its exit on threads that
it does not have. The child lives as long as the pipe to it is open, so it cannot outlive us.
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
import threading
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from briefing.errors import ConfigurationError, MissingExtraError, ModelFileError
from briefing.local.weights import Progress, resolve

_CONTEXT = 16_384
_STOP_SECONDS = 2.0


@dataclass(frozen=True)
class Endpoint:
    """Where a local model answers.

    Attributes:
        base_url: for an OpenAI client; ends with ``/v1``.
        model: the model's name.
        context: tokens that prompt and answer may have together.
        warning: why it is another model than the one asked for; `None` if it is not.
        api_key: random; other users of this machine do not know it.
    """

    base_url: str
    model: str
    context: int
    warning: str | None = None
    api_key: str = field(default="", repr=False)


class LocalServer:
    """One running server for one file of weights."""

    def __init__(self, path: Path, name: str) -> None:
        """Start the server; returns when the model is loaded.

        Raises:
            MissingExtraError: `xllamacpp` is not installed.
            ModelFileError: the file cannot be loaded.
        """
        if importlib.util.find_spec("xllamacpp") is None:
            raise MissingExtraError("The local model", "local")
        key = secrets.token_urlsafe(24)
        settings = {"path": str(path), "name": name, "key": key, "context": _context(), "threads": _cores()}
        quiet = not os.environ.get("BRIEFING_LOCAL_LOG")
        self._process = subprocess.Popen(
            # -P: nothing in the working directory is imported; what we import from, the child does too.
            [sys.executable, "-P", "-m", "briefing.local.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else None,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            # Its own group: Ctrl-C in the terminal is for us, not for it.
            start_new_session=True,
        )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            # The key goes through the pipe: a command line can be read by everyone.
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
                f"{path} could not be loaded: {ready['error']}. Set BRIEFING_LOCAL_LOG=1 to see why."
            )
        self.endpoint = Endpoint(f"{ready['url']}/v1", name, ready["context"], api_key=key)

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the server, also in the middle of an answer."""
        self._close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def abandon(self) -> None:
        """In a forked child: let go of the parent's server without ending it."""
        self._close()
        # Not our child, so there is nothing to wait for; without this, Popen would complain that we did not.
        self._process.returncode = 0

    def _close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


_lock = threading.Lock()
_servers: dict[Path, LocalServer] = {}


def serve(spec: str, progress: Progress | None = None) -> Endpoint:
    """Return the endpoint of a local model, pulling its weights and starting its server where needed.

    One server per file and process, however many threads ask; it runs until `shutdown` or exit.

    Args:
        spec: ``local``, ``local/NAME`` or ``local:FILE.gguf``.
        progress: called while weights are pulled and loaded.

    Raises:
        MissingExtraError: `xllamacpp` is not installed.
        UnknownModelError: there is no such name.
        ModelFileError: the weights cannot be had or loaded.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        # Before a gigabyte is pulled for nothing.
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
        known = server.endpoint
    return Endpoint(known.base_url, found.name, known.context, found.warning, known.api_key)


def shutdown() -> None:
    """Stop all servers that this process started."""
    with _lock:
        while _servers:
            _servers.popitem()[1].stop()


def progress_of(endpoint: Endpoint) -> tuple[int, int] | None:
    """Tokens read and written so far by the running request; `None` if there is none, or on any failure."""
    try:
        slots = _get(endpoint.base_url.removesuffix("/v1") + "/slots", endpoint.api_key, timeout=0.5)
        slot = next(slot for slot in slots if slot["is_processing"])
        read = slot["n_prompt_tokens_cache"] + slot["n_prompt_tokens_processed"]
        return read, slot["next_token"][0]["n_decoded"]
    except Exception:
        # A progress line is not worth an error, whatever the reason.
        return None


def running_progress() -> tuple[int, int] | None:
    """As `progress_of`, for whichever server of this process is at work."""
    for server in list(_servers.values()):
        if progress := progress_of(server.endpoint):
            return progress
    return None


def _get(url: str, key: str, timeout: float) -> Any:
    # Only ever our own loopback server's address.
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})  # noqa: S310
    # No proxies: the server is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=timeout) as response:
        return json.load(response)


def _context() -> int:
    """How much context to reserve; the server itself caps it at what the model was trained for."""
    value = os.environ.get("BRIEFING_LOCAL_CTX")
    if not value:
        return _CONTEXT
    if not value.isdecimal() or int(value) < 1:
        raise ConfigurationError(f"BRIEFING_LOCAL_CTX must be a positive number of tokens, not {value!r}.")
    return int(value)


def _cores() -> int:
    """Physical cores that we may use: llama.cpp gets slower, not faster, with more threads than that."""
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
    global _lock  # noqa: PLW0603
    # Another thread may have held the lock at the fork, and is not there to release it.
    _lock = threading.Lock()
    while _servers:
        _servers.popitem()[1].abandon()


atexit.register(shutdown)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon)


def _main() -> None:
    """Be the server process: settings on stdin, address on stdout, end when stdin ends."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What C++ prints goes to stderr, so that stdout holds our one line only.
    answer = os.fdopen(os.dup(1), "w")
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
        params.cpuparams.n_threads = settings["threads"]
        # Small steps, so that reading a long article shows progress.
        params.n_batch = 256
        # Old prompts' states would take gigabytes; the common beginning is reused without them.
        params.cache_ram_mib = 0
        params.ui = False
        params.verbosity = 3 if os.environ.get("BRIEFING_LOCAL_LOG") else 0
        server = xllamacpp.Server(params)
        url = server.listening_address
        context = _get(f"{url}/props", settings["key"], 30)["default_generation_settings"]["n_ctx"]
        ready: dict[str, Any] = {"url": url, "context": context}
    except Exception as error:
        ready = {"error": str(error)}
    print(json.dumps(ready), file=answer, flush=True)
    sys.stdin.read()
    # Not sys.exit: that would wait for an answer that nobody wants any more.
    os._exit(0)


if __name__ == "__main__":
    _main()
