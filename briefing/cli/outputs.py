"""Outputs of a run: standard output, a folder, JSON lines, Parquet."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, TypeVar

from typing_extensions import override

from briefing.atomic_write import AtomicFile, is_stream, remove_leftovers, write_atomic
from briefing.cli.inputs import Place
from briefing.cli.render import to_json, to_page
from briefing.errors import BriefingError, InputError, printable
from briefing.exports import CsvWriter, Rows, document, encoded
from briefing.journal import escape_surrogates
from briefing.reports import PageWriter, View, briefing_view, failed_view
from briefing.schemas import Briefing
from briefing.sources import Source, Unread

SUFFIXES = {"text": ".txt", "json": ".json", "md": ".md", "html": ".html", "csv": ".csv"}
_LINES, _PARQUET, _PAGE, _CSV = ".jsonl", ".parquet", SUFFIXES["html"], SUFFIXES["csv"]
#: Formats that show the article beside its briefing.
_WITH_SOURCE = frozenset(("text", "html", "csv"))
#: Most folders that are remembered, of those that were created.
_MOST_FOLDERS = 10_000
T = TypeVar("T")
_COLUMNS = (
    *("source", "fingerprint", "headline", "summary", "model", "input_tokens", "output_tokens", "cost_usd"),
    *("error_type", "error_message", "briefing"),
)


class Output:
    """Writes the outcome of each article; may raise an `InputError`.

    Attributes:
        ordered: whether the output needs outcomes in the order of the articles.
        shows_source: whether it shows more of an article than its briefing holds, so that `write` would read it.
    """

    ordered = False
    shows_source = False

    def write(self, place: Place, source: Source | Unread, briefing: Briefing) -> None:
        raise NotImplementedError

    def write_error(self, place: Place, fingerprint: Callable[[], str | None], error: BriefingError) -> None:
        """Write the error of an article; `fingerprint` is called only if the output stores it."""

    def checked(self, place: Place) -> Place:
        """Return the place; with a problem, if its briefing could not be written. Called before the model is."""
        return place

    def close(self, *, complete: bool, recorded: bool) -> str | None:
        """Complete the output, and return where it is, for the closing line.

        If not all articles were tried, so that it is not `complete`, a single file is discarded if its results
        are `recorded` in a journal, and else written to `NAME.partial.SUFFIX`.
        """
        return None


def is_table(output: Path | None) -> bool:
    """Return whether `--output` is a file with one row for each article, by its suffix."""
    return output is not None and output.suffix.lower() in {_LINES, _PARQUET}


def is_single_file(output: Path | None) -> bool:
    """Return whether `--output` is one file for all briefings, by its suffix, and no folder of such a name."""
    is_held = output is not None and output.suffix.lower() in {_PAGE, _CSV} and not output.is_dir()
    return is_held or is_table(output)


def output_for(
    output: Path | None, format: str | None, paused: Callable[[], AbstractContextManager[None]]
) -> Output:
    """Return the output for options that `check_output` has passed; raise an `InputError` if it cannot be written.

    `paused` returns a context in which the terminal can be written to.
    """
    if output is None:
        return _Standard(format or ("text" if sys.stdout.isatty() else "json"), paused)
    if is_single_file(output) or is_stream(output):
        kinds: dict[str, type[_SingleFile]] = {_PARQUET: _Parquet, _PAGE: _Page, _CSV: _Passages}
        return kinds.get(output.suffix.lower(), _Lines)(output)
    return _Folder(output, format or "json")


def check_output(output: Path | None, format: str | None) -> None:
    """Raise an `InputError` if `--output` and `--format` cannot be for several briefings; touches nothing."""
    if output is None:
        if format in {"html", "csv"}:
            raise InputError(
                f"one {'page' if format == 'html' else 'table'} has several briefings; give a file to --output, "
                f"such as report{SUFFIXES[format]}"
            )
        return
    if is_single_file(output) or is_stream(output):
        suffix = output.suffix.lower()
        kind = {_PAGE: "html", _CSV: "csv"}.get(suffix, "json")
        if format not in {None, kind}:
            held = {"html": "a page", "csv": "a table", "json": "JSON"}[kind]
            raise InputError(f"{output} holds {held}; for --format {format} give a folder to --output")
        return
    check_parent(output)
    if output.is_dir():
        return
    if output.exists() or output.suffix.lower() in SUFFIXES.values():
        raise InputError(
            f"{output} is not a folder; several briefings need a folder, or one file that ends in "
            ".jsonl, .parquet, .csv or .html"
        )
    refuse_unknown_suffix(output, (*SUFFIXES.values(), _LINES, _PARQUET))


def check_standard_output() -> None:
    """Raise an `InputError` if standard output is closed, or cannot be written to."""
    closed = getattr(sys.stdout, "name", None) == os.devnull  # in place of one that the caller has closed
    with suppress(ImportError, OSError, ValueError):  # Windows; no file behind it
        import fcntl

        flags = fcntl.fcntl(sys.stdout.fileno(), fcntl.F_GETFL)
        closed = closed or flags & os.O_ACCMODE == os.O_RDONLY
    if closed:
        raise InputError("standard output is closed or cannot be written to; give --output or --journal")


def refuse_unknown_suffix(output: Path, known: Iterable[str], *, given: str | None = None) -> None:
    """Raise an `InputError` if the suffix of a path is that of no format that is written, or of another than is given.

    A suffix without a letter is none, and with a given format any unknown one is right.
    """
    suffix = output.suffix.lower()
    if given is not None and suffix in SUFFIXES.values() and SUFFIXES[given] != suffix:
        raise InputError(f"{output} ends in {suffix}, but --format is {given}; change one of them")
    if given is None and any(map(str.isalpha, suffix)) and suffix not in known:
        raise InputError(
            f"{output}: {suffix} is no format that is written here; end the name in {', '.join(known)}, "
            "or create a folder of that name"
        )


def check_parent(path: Path) -> None:
    """Raise an `InputError` if the folder of an output folder is missing: before the first call of the model."""
    if not path.parent.is_dir():
        raise InputError(f"cannot write {path}: the folder {path.parent} does not exist")


def check_folder(folder: Path) -> None:
    """Raise an `InputError` if files cannot be created in a folder, or in the one that it would be created in."""
    found = next((path for path in (folder, *folder.absolute().parents) if path.exists()), folder)
    if not found.is_dir() or not os.access(found, os.W_OK | os.X_OK):
        raise InputError(
            f"cannot write to the folder {found}; check its permissions, and that it is a folder"
        )


def create_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot create the folder {path}: {error.strerror}") from error


def rendered(briefing: Briefing, source: Source | Unread, format: str, *, lines: bool = False) -> str:
    """Return the text of an output file; JSON is on one line if `lines`."""
    if format == "text":
        page = StringIO()
        to_page(briefing, Source.of(source), file=page)
        return page.getvalue()
    if format == "html":
        return briefing.to_html(Source.of(source))
    if format == "csv":
        table = BytesIO()
        CsvWriter(table).add(document(briefing, Source.of(source)))
        return table.getvalue().decode()
    return to_json(briefing, lines=lines) + "\n" if format == "json" else briefing.to_markdown()


def print_briefing(briefing: Briefing, source: Source | Unread, format: str, *, lines: bool = False) -> None:
    """Print a briefing on standard output."""
    try:
        if format == "text":
            to_page(briefing, Source.of(source))  # in colour
        else:
            sys.stdout.write(rendered(briefing, source, format, lines=lines))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(f"cannot write standard output: {error.strerror}") from error


class _Standard(Output):
    ordered = True

    def __init__(self, format: str, paused: Callable[[], AbstractContextManager[None]]) -> None:
        self._format, self._paused = format, paused
        self.shows_source = format in _WITH_SOURCE

    @override
    def write(self, place: Place, source: Source | Unread, briefing: Briefing) -> None:
        with self._paused():
            print_briefing(briefing, source, self._format, lines=True)


class _Folder(Output):
    """A folder of files. Links that somebody has put into it are replaced, or refused if they lead to a folder."""

    def __init__(self, folder: Path, format: str) -> None:
        self._folder, self._format = folder, format
        self.shows_source = format in _WITH_SOURCE
        self._created: set[Path] = set()
        self._has_files = False
        self._create(folder)
        check_folder(folder)

    @override
    def checked(self, place: Place) -> Place:
        target = self._target(place)
        problem = self._link(target)
        if problem is None and target.is_dir() and not target.is_symlink():
            problem = f"cannot write {target}: it is a folder"
        return place if problem is None or place.problem else replace(place, problem=problem)

    @override
    def write(self, place: Place, source: Source | Unread, briefing: Briefing) -> None:
        target = self._target(place)
        text = rendered(briefing, source, self._format)
        if problem := self._link(target):
            raise InputError(problem)
        self._create(target.parent)
        self._has_files = True
        # A continued run finds most of its files unchanged.
        if not _holds(target, text):
            write_atomic(target, text, follow=False)

    def _target(self, place: Place) -> Path:
        return self._folder / f"{place.target}.briefing{SUFFIXES[self._format]}"

    def _link(self, target: Path) -> str | None:
        """Return what is wrong with the folders between the output folder and the target; `None` if nothing is."""
        for parent in target.parents:
            if parent == self._folder:
                break
            if parent.is_symlink():
                return f"cannot write {target}: {parent} is a symbolic link; remove it"
        return None

    @override
    def close(self, *, complete: bool, recorded: bool) -> str | None:
        return f"written to {self._folder}" if self._has_files else None

    def _create(self, folder: Path) -> None:
        if folder not in self._created:
            create_folder(folder)
            remove_leftovers(folder)
            if len(self._created) == _MOST_FOLDERS:
                self._created.clear()
            self._created.add(folder)


def _holds(path: Path, text: str) -> bool:
    data = text.encode()
    try:
        found = path.lstat()
        return stat.S_ISREG(found.st_mode) and found.st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def partial_name(output: Path) -> Path:
    """Return where a single file is written if the run ends early."""
    return output.with_suffix(f".partial{output.suffix}")


class _SingleFile(Output):
    """One file for all articles, which appears at its path when it is complete."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows = 0
        self._file = AtomicFile(path)
        remove_leftovers(Path(os.path.realpath(path)).parent)

    @override
    def write(self, place: Place, source: Source | Unread, briefing: Briefing) -> None:
        self._add(place, briefing.meta.fingerprint or None, briefing, None)

    @override
    def write_error(self, place: Place, fingerprint: Callable[[], str | None], error: BriefingError) -> None:
        self._add(place, fingerprint(), None, error)

    @override
    def close(self, *, complete: bool, recorded: bool) -> str | None:
        try:
            if not complete and (recorded or not self._rows):
                return None
            with self._file.translating_errors():
                self._finish()
            return f"written to {self._file.commit(None if complete else partial_name(self._path))}"
        finally:
            self._file.discard()

    def _add(
        self, place: Place, fingerprint: str | None, briefing: Briefing | None, error: BriefingError | None
    ) -> None:
        self._write_row(
            {
                "source": escape_surrogates(place.shown),
                "fingerprint": fingerprint,
                "briefing": None if briefing is None else briefing.model_dump(mode="json"),
                "error": error and {"type": type(error).__name__, "message": str(error)},
            }
        )
        self._rows += 1

    def _begun(self, begin: Callable[[], T]) -> T:
        """Return what `begin` does; discard the file if it fails."""
        try:
            with self._file.translating_errors():
                return begin()
        except BaseException:
            self._file.discard()
            raise

    def _write_row(self, row: dict[str, Any]) -> None:
        raise NotImplementedError

    def _finish(self) -> None:
        """Write buffered rows."""


class _Lines(_SingleFile):
    @override
    def _write_row(self, row: dict[str, Any]) -> None:
        self._file.write(encoded(row) + b"\n")


class _Parquet(_SingleFile):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._table = self._begun(lambda: Rows(self._file.file, _COLUMNS))

    @override
    def _write_row(self, row: dict[str, Any]) -> None:
        briefing, error = row.pop("briefing"), row.pop("error")
        if briefing is not None:
            meta = briefing["meta"] or {}
            row |= {"headline": briefing["headline"], "summary": briefing["summary"]["text"]}
            row |= {name: meta.get(name) for name in ("model", "cost_usd")}
            row |= {name: meta.get("usage", {}).get(name) for name in ("input_tokens", "output_tokens")}
            row["briefing"] = encoded(briefing).decode()
        else:
            row |= {f"error_{name}": value for name, value in error.items()}
        with self._file.translating_errors():
            self._table.add(row)

    @override
    def _finish(self) -> None:
        self._table.close()


class _Page(_SingleFile):
    """One HTML page, in the order of the articles; those that failed come last."""

    ordered = True
    shows_source = True

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._failed: list[View] = []
        self._page = self._begun(
            lambda: PageWriter(lambda text: self._file.write(text.encode()), "Briefings")
        )

    @override
    def write(self, place: Place, source: Source | Unread, briefing: Briefing) -> None:
        data = briefing.model_dump(mode="json", exclude={"source"})
        self._page.add(briefing_view(data, Source.of(source), printable(place.shown)))
        self._rows += 1

    @override
    def write_error(self, place: Place, fingerprint: Callable[[], str | None], error: BriefingError) -> None:
        self._failed.append(failed_view(type(error).__name__, str(error), printable(place.shown)))
        self._rows += 1

    @override
    def _finish(self) -> None:
        for view in self._failed:
            self._page.add(view)
        self._page.close()


class _Passages(_SingleFile):
    """A CSV with a row for each passage, in the order of the articles; those that failed are not in it."""

    ordered = True
    shows_source = True

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._table = self._begun(lambda: CsvWriter(self._file.file))

    @override
    def write(self, place: Place, source: Source | Unread, briefing: Briefing) -> None:
        with self._file.translating_errors():
            self._table.add(document(briefing, Source.of(source), place.shown))
        self._rows += 1

    @override
    def write_error(self, place: Place, fingerprint: Callable[[], str | None], error: BriefingError) -> None:
        pass
