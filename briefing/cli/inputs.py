"""What is to be briefed: files, folders, URLs and standard input, found one after the other."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from briefing.errors import InputError
from briefing.sources import Source

ENDINGS = (".txt", ".md", ".html", ".htm")
#: Pages that are fetched at a time.
_FETCHED = 8
#: Bytes of a stem; names of files have 255 on most systems, and an ending and a random part come to it.
_STEM = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article is.

    Attributes:
        name: as it is shown: a path, a URL, or "-" for standard input.
        target: where its briefing belongs in a folder, without an ending; no two places have the same.
        problem: why it cannot be read, if that is known already.
    """

    name: str
    target: str
    problem: str | None = None

    @property
    def shown(self) -> str:
        return self.name

    @property
    def is_url(self) -> bool:
        return "://" in self.name

    def source(self, *, allow_private: bool) -> Source:
        """Read it.

        Raises:
            BriefingError: it cannot be read.
        """
        if self.problem is not None:
            raise InputError(self.problem)
        if self.name == "-":
            return Source.from_bytes(sys.stdin.buffer.read())
        if self.is_url:
            return Source.from_url(self.name, allow_private=allow_private)
        if not self.name:
            raise InputError("a SOURCE is empty; give the name of a file, a URL, or - for standard input")
        return Source.from_file(Path(self.name))


def is_folder(name: str) -> bool:
    return bool(name) and name != "-" and "://" not in name and Path(name).is_dir()


def places(names: Iterable[str], *, output: Path | None = None) -> Iterator[Place]:
    """The articles that were named, folders walked.

    Args:
        names: of files, folders, URLs, or "-".
        output: a folder in one of them that is not walked.
    """
    names = list(names)
    taken: dict[str, int] = {}
    folders = sum(map(is_folder, names))
    for name in names:
        if not is_folder(name):
            yield Place(name, _unique(stem(name), taken))
            continue
        # Of several folders, each has its own in the output.
        within = PurePosixPath(Path(name).resolve().name if folders > 1 else "")
        for path, problem in _walk(Path(name), output):
            relative = PurePosixPath(path.relative_to(name).as_posix())
            yield Place(str(path), _unique(within / relative.parent / stem(path.name), taken), problem)


def count(names: Iterable[str], *, output: Path | None, stopped: Callable[[], bool]) -> int:
    """How many `places` there are; wrong if `stopped`."""
    total = 0
    for name in names:
        for _ in _walk(Path(name), output) if is_folder(name) else [name]:
            total += 1
            if stopped():
                return total
    return total


def fetched_ahead(
    found: Iterable[Place], *, allow_private: bool
) -> Iterator[tuple[Place, Callable[[], Source]]]:
    """Each place and what reads it. Of URLs that follow each other, a few are fetched at a time."""
    ahead: deque[tuple[Place, Future[Source]]] = deque()
    with ThreadPoolExecutor(_FETCHED, thread_name_prefix="fetch") as pool:
        try:
            for place in found:
                while ahead and (not place.is_url or len(ahead) >= _FETCHED):
                    earlier, future = ahead.popleft()
                    yield earlier, future.result
                if place.is_url:
                    ahead.append((place, pool.submit(place.source, allow_private=allow_private)))
                else:
                    yield place, lambda place=place: place.source(allow_private=allow_private)  # type: ignore[misc]
            while ahead:
                earlier, future = ahead.popleft()
                yield earlier, future.result
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _walk(folder: Path, output: Path | None) -> Iterator[tuple[Path, str | None]]:
    """The articles in a folder and below it, in the order of their names; each folder once, also where links meet."""
    seen = {_identity(folder)}
    if output is not None:
        seen.add(_identity(output))
    listings = [_listing(folder)]
    while listings:
        found = next(listings[-1], None)
        if found is None:
            listings.pop()
            continue
        path, is_folder, problem = found
        if not is_folder:
            yield path, problem
        elif (identity := _identity(path)) not in seen:
            seen.add(identity)
            listings.append(_listing(path))


def _listing(folder: Path) -> Iterator[tuple[Path, bool, str | None]]:
    try:
        with os.scandir(folder) as entries:
            found = sorted((e.name, _is(e.is_dir)) for e in entries if _is_wanted(e))
    except OSError as error:
        yield folder, False, f"cannot read the folder {folder}: {error.strerror}"
        return
    for name, is_folder in found:
        yield folder / name, is_folder, None


def _is_wanted(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith("."):
        return False
    return (is_article(entry.name) and _is(entry.is_file)) or _is(entry.is_dir)


def _is(kind: Callable[[], bool]) -> bool:
    try:
        return kind()
    except OSError:  # a link to itself, for one; a link to nothing is no article either
        return False


def is_article(name: str) -> bool:
    """Whether a file is one, by its name: not hidden, no briefing, of a known ending."""
    stem, ending = os.path.splitext(name)  # noqa: PTH122  # tens of thousands of names
    return ending.lower() in ENDINGS and not name.startswith(".") and not stem.endswith(".briefing")


def _identity(path: Path) -> tuple[int, int] | Path:
    try:
        found = path.stat()
    except OSError:
        return path
    return found.st_dev, found.st_ino


def stem(name: str) -> str:
    """What the briefing of a file or URL is called, without an ending: as long as file systems take it."""
    # A URL is called after the last part of its path.
    path = urlsplit(name).path if "://" in name else name
    whole = "stdin" if name == "-" else Path(path.rstrip("/")).stem or "article"
    short = os.fsencode(whole)[:_STEM]
    return whole if len(short) < _STEM else short.decode("utf-8", "ignore")


def _unique(wanted: str | PurePosixPath, taken: dict[str, int]) -> str:
    """A name that no other place has, so that no briefing takes another's place; nor where case does not count."""
    candidate = str(wanted)
    while (key := unicodedata.normalize("NFC", candidate).casefold()) in taken:
        taken[key] += 1
        candidate = f"{candidate}-{taken[key]}"
    taken[key] = 1
    return candidate
