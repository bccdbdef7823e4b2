"""The articles of a command: files, folders, URLs and standard input."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from typing_extensions import override

from briefing._version import DISTRIBUTION
from briefing.atomic_write import descriptor
from briefing.cli.clashes import journal_files
from briefing.errors import InputError, MissingExtraError
from briefing.on_disk import OnDiskDict, in_order
from briefing.sources import (
    MAX_FILE_BYTES,
    SUFFIXES,
    UNREAD,
    FeedEntry,
    Source,
    Unread,
    feed_entries,
    missing_extra,
)

T = TypeVar("T")
ENDINGS = SUFFIXES
#: Suffixes of files in folders that may hold articles, and are not read.
_NOT_READ = frozenset((*UNREAD, ".xml", *ENDINGS))
#: Those of feeds; a file .xml may be one.
_FEEDS = frozenset((".atom", ".rss"))
#: Most names in a note.
_EXAMPLES = 3
#: Pages fetched concurrently.
_FETCHES = 8
#: Most bytes of an output file's stem: most file systems allow 255, and suffixes and a random part are added.
_MAX_STEM = 200
#: User name and password in a URL.
_USER_INFO = re.compile(r"(?<=://)[^/?#\s]*@")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article comes from, and where its briefing goes.

    Attributes:
        name: a path, a URL, or "-" for standard input.
        target: unique path of the briefing in an output folder, without suffix.
        problem: why the article cannot be read; `None` if no problem is known.
        entry: the article's entry in a feed, if it has one.
    """

    name: str
    target: str
    problem: str | None = None
    entry: FeedEntry | None = None

    @property
    def shown(self) -> str:
        """The name for messages and outputs: a URL without user name and password, for which it is refused."""
        return _USER_INFO.sub("…@", self.name)

    @property
    def is_url(self) -> bool:
        return "://" in self.name

    def source(self, *, allow_private: bool, encoding: str | None = None) -> Source:
        """Return the article, or raise a `BriefingError` if it cannot be read.

        `encoding` is that of files and of standard input; `None` to detect it.
        """
        if self.problem is not None:
            raise InputError(self.problem)
        if self.entry is not None:
            return self.entry.source()
        if self.name == "-":
            return _readable(lambda: Source.from_bytes(_standard_input(), encoding=encoding))
        if self.is_url:
            return _readable(lambda: Source.from_url(self.name, allow_private=allow_private))
        if not self.name:
            raise InputError(
                "SOURCE must not be empty; give a file, a folder, a URL, or - for standard input"
            )
        return _readable(lambda: Source.from_file(Path(self.name), encoding=encoding))

    def unread(self, *, encoding: str | None = None) -> Unread | None:
        """Return the article in a form that other processes can read; `None` for pipes, URLs and files that only this process can name."""
        if self.problem or self.entry or self.is_url or not os.path.isfile(self.name):  # noqa: PTH113  # raises no error
            return None
        return _UnreadPlace(self, encoding) if descriptor(Path(self.name)) is None else None


@dataclass(frozen=True, slots=True)
class _UnreadPlace(Unread):
    """A place with the encoding of its file."""

    place: Place
    encoding: str | None

    @override
    def __fspath__(self) -> str:
        return self.place.name

    @override
    def source(self) -> Source:
        return self.place.source(allow_private=False, encoding=self.encoding)


def _readable(read: Callable[[], Source]) -> Source:
    """Return a source; a missing package that would read it fails this article alone, not all of a run."""
    try:
        return read()
    except MissingExtraError as error:
        raise InputError(str(error)) from error


def _standard_input() -> bytes:
    if getattr(sys.stdin, "name", None) == os.devnull:  # in place of one that the caller has closed
        raise InputError("standard input is closed; give the article's text or its file")
    try:
        data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read standard input: {error.strerror}") from error
    if len(data) > MAX_FILE_BYTES:
        raise InputError(f"standard input is larger than {MAX_FILE_BYTES // 10**6} MB; give a single article")
    return data


def is_folder(name: str) -> bool:
    try:
        return bool(name) and name != "-" and "://" not in name and Path(name).is_dir()
    except OSError:  # such as a name that is too long
        return False


class PassedOver:
    """Files of folders that may hold articles and are not read: other formats, broken links, pipes; true if there are any."""

    def __init__(self) -> None:
        self._endings: Counter[str] = Counter()
        self._examples: list[str] = []

    def consider(self, path: str) -> None:
        """Add a file of a folder that cannot be read as an article, if it may hold one."""
        name = os.path.basename(path)  # noqa: PTH119  # a million names
        start, ending = os.path.splitext(name.lower())  # noqa: PTH122  # same
        if ending in _NOT_READ and not name.startswith(".") and not start.endswith(".briefing"):
            self._endings[ending] += 1
            if len(self._examples) < _EXAMPLES:
                self._examples.append(path)

    def __bool__(self) -> bool:
        return bool(self._endings)

    def __str__(self) -> str:
        kinds = ", ".join(f"{number:,} {ending}" for ending, number in sorted(self._endings.items()))
        more = self._endings.total() - len(self._examples)
        shown = f"{', '.join(self._examples)}{f' and {more:,} more' if more else ''}"
        return "; ".join((f"not read: {kinds} ({shown})", *self._advice()))

    def _advice(self) -> Iterator[str]:
        """What to do, for each kind."""
        needed = {ending: extra for ending in sorted(self._endings) if (extra := missing_extra(ending))}
        if needed:
            extras = ",".join(sorted(set(needed.values())))
            yield f'to read {" or ".join(needed)}, run: pip install "{DISTRIBUTION}[{extras}]"'
        if feeds := self._endings.keys() & (_FEEDS | {".xml"}):
            yield "feeds are read by briefing summarize --feed FILE"
        if self._endings.keys() - needed.keys() - _FEEDS:
            yield f"give {'others' if needed or feeds else 'them'} as text, Markdown or HTML"


def places(
    names: Iterable[str],
    *,
    output: Path | None = None,
    passed_over: PassedOver | None = None,
    entries: Iterable[FeedEntry] = (),
) -> Iterator[Place]:
    """Yield the articles of files, folders (searched recursively, but not the output folder), URLs and "-", and of feeds.

    Files in other formats that may hold articles, such as PDFs, are added to `passed_over`.
    """
    names = list(names)
    taken = OnDiskDict[int]()
    folders = sum(map(is_folder, names))
    for name in names:
        if not is_folder(name):
            yield Place(name, _unique(stem(name), taken))
            continue
        # With several folders, each has a subfolder in the output.
        root = Path(name).resolve().name if folders > 1 else ""
        for found in _walk(name, output, passed_over):
            target = "/".join(filter(None, (root, found.within, stem(os.path.basename(found.path)))))  # noqa: PTH119
            yield Place(found.path, _unique(target, taken), found.problem)
    for entry in entries:
        yield Place(entry.name, _unique(stem(entry.name), taken), entry=entry)


def feed_items(feeds: Iterable[str], *, pages: bool, allow_private: bool) -> Iterator[FeedEntry]:
    """Yield the entries of feeds, given by their URLs or files; with `pages`, their pages are fetched when they are read.

    Raises:
        BriefingError: a feed cannot be read.
    """
    for name in feeds:
        feed = name if "://" in name else Path(name)
        yield from feed_entries(feed, pages=pages, allow_private=allow_private)


def count(names: Iterable[str], *, output: Path | None, stopped: Callable[[], bool]) -> int:
    """Return the number of `places`, or a lower number once `stopped` returns true."""
    found = (_ for name in names for _ in (_walk(name, output) if is_folder(name) else [name]))
    return sum(1 for _ in takewhile(lambda _: not stopped(), found))


def fetched_ahead(
    found: Iterable[Place], read: Callable[[Place], T]
) -> Iterator[tuple[Place, Callable[[], T]]]:
    """Yield each place with a function that returns what `read` does of it, which is called ahead for consecutive URLs."""
    ahead: deque[tuple[Place, Callable[[], T]]] = deque()
    with ThreadPoolExecutor(_FETCHES, thread_name_prefix="fetch") as pool:
        try:
            for place in found:
                while ahead and (not place.is_url or len(ahead) >= _FETCHES):
                    yield ahead.popleft()
                if place.is_url:
                    ahead.append((place, pool.submit(read, place).result))
                else:
                    yield place, partial(read, place)
            yield from ahead
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def may_be_one_of(
    files: Iterable[Path], names: Iterable[str], *, journal: Path | None, output: Path | None = None
) -> Iterator[str]:
    """Yield the articles of `places` that may be one of some files: those of its name, and links. Opens no article.

    All articles are yielded if one of the files has several names. Folders are not read if none of the files can be an article.
    An existing SQLite journal and the files that SQLite puts beside it cannot be: they are not text.
    """
    databases = {path for _, path in journal_files(journal)} if _is_database(journal) else set[Path]()
    real = [Path(os.path.realpath(file)) for file in files if file not in databases and file.is_file()]
    wanted = {_folded(file.name) for file in real}
    every = any(file.stat().st_nlink > 1 for file in real)
    for name in names:
        if not is_folder(name):
            yield name
            continue
        for found in _walk(name, output) if real else ():
            if every or found.is_link or _folded(os.path.basename(found.path)) in wanted:  # noqa: PTH119
                yield found.path


def _is_database(file: Path | None) -> bool:
    if file is None:
        return False
    try:
        with file.open("rb") as opened:
            return opened.read(16) == b"SQLite format 3\0"
    except OSError:
        return False


class _Found(NamedTuple):
    """An article of a folder, by its path, its folder within that one, and its problem."""

    path: str
    within: str
    problem: str | None = None
    is_link: bool = False


def _walk(folder: str, output: Path | None, passed_over: PassedOver | None = None) -> Iterator[_Found]:
    """Yield the articles of a folder and its subfolders, sorted by name; links are followed once."""
    folder = str(Path(folder))
    seen = OnDiskDict[int]()
    for path in (folder, output):
        if path is not None:
            seen.add(_identity(path), 1)
    with_others = passed_over is not None
    listings = [(folder, "", _listing(folder, with_others=with_others))]
    while listings:
        parent, within, listing = listings[-1]
        try:
            name, kind = next(listing, ("", _END))
        except OSError as error:
            problem = f"cannot read the folder {parent}: {error.strerror}"
            yield _Found(parent, within.rpartition("/")[0], problem)
            kind = _END
        path = name if parent == "." else os.path.join(parent, name)  # noqa: PTH118  # a million names
        if kind == _END:
            listings.pop()
        elif kind == _OTHER and passed_over is not None:
            passed_over.consider(path)
        elif kind != _FOLDER:
            yield _Found(path, within, is_link=kind == _LINK)
        elif seen.add(_identity(path), 1):
            below = f"{within}/{name}" if within else name
            listings.append((path, below, _listing(path, with_others=with_others)))


#: Kinds of the entries of a folder: an article, a link to an article, a folder, another file, an entry to ignore; `_END`: no entry is left.
_ARTICLE, _LINK, _FOLDER, _OTHER, _UNWANTED, _END = range(6)


def _listing(folder: str, *, with_others: bool) -> Iterator[tuple[str, int]]:
    """Yield names and kinds of what is in a folder, sorted by name; raise an `OSError` if it cannot be read."""
    with os.scandir(folder) as entries:
        kinds = ((entry.name, _kind(entry)) for entry in entries)
        found = in_order(item for item in kinds if item[1] <= (_OTHER if with_others else _FOLDER))
    yield from found


def _kind(entry: os.DirEntry[str]) -> int:
    """Return what an entry is: an article has a known suffix, and is not hidden, not a briefing, no pipe."""
    if entry.name.startswith("."):
        return _UNWANTED
    if _is(entry.is_dir):
        return _FOLDER
    start, ending = os.path.splitext(entry.name)  # noqa: PTH122  # a million names
    is_read = ending.lower() in ENDINGS and missing_extra(ending) is None
    if is_read and not start.endswith(".briefing") and _is(entry.is_file):
        return _LINK if entry.is_symlink() else _ARTICLE
    return _OTHER


def _is(kind: Callable[[], bool]) -> bool:
    try:
        return kind()
    except OSError:  # a broken or circular link
        return False


def _identity(path: str | Path) -> str:
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return str(path)
    return f"{found.st_dev} {found.st_ino}"


def stem(name: str) -> str:
    """Return the stem of a file name, or of the last part of a URL's path, truncated to `_MAX_STEM` bytes."""
    try:
        path = urlsplit(name).path if "://" in name else name
    except ValueError:  # not a URL, which the attempt to fetch it will report
        path = ""
    whole = "stdin" if name == "-" else Path(path.rstrip("/")).stem or "article"
    short = os.fsencode(whole)[:_MAX_STEM]
    return whole if len(short) < _MAX_STEM else short.decode("utf-8", "ignore")


def _unique(wanted: str, taken: OnDiskDict[int]) -> str:
    """Return `wanted`, with a number if it is taken. Case is ignored, as some file systems do."""
    candidate = wanted
    while not taken.add(key := _folded(candidate), 1):
        times = (taken.get(key) or 0) + 1
        taken[key] = times
        candidate = f"{candidate}-{times}"
    return candidate


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
