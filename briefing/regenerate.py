"""Keeping the briefings of a folder up to date: `NAME.txt|md|html` and `NAME.briefing.json`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from briefing.briefer import Briefer
from briefing.cassettes import RECORDED_HOST, cassette
from briefing.errors import InputError
from briefing.schemas import Briefing
from briefing.source import Source

_ARTICLES = (".txt", ".md", ".html", ".htm")
_RESULT = ".briefing.json"
State = Literal["fresh", "new", "stale"]


@dataclass(frozen=True)
class Seed:
    """An article of a folder, and where its briefing and its recorded exchange are.

    Attributes:
        article: the article's file.
        result: `NAME.briefing.json` beside it.
        cassette: `cassettes/FOLDER/NAME.yaml` beside the folder.
    """

    article: Path
    result: Path
    cassette: Path

    @property
    def name(self) -> str:
        """The article's file name without its suffix."""
        return self.article.stem

    def source(self) -> Source:
        """The article."""
        return Source.from_file(self.article)

    def saved(self) -> Briefing | None:
        """The briefing as it was saved; `None` where there is none, or none that can be read."""
        try:
            return Briefing.model_validate_json(self.result.read_bytes())
        except (OSError, ValueError):
            return None

    def state(self, briefer: Briefer) -> State:
        """Whether the briefing is there, and is what `briefer` would make now; makes no call."""
        saved = self.saved()
        if saved is None or saved.meta is None:
            return "stale" if self.result.exists() else "new"
        return "fresh" if saved.meta.fingerprint == briefer.fingerprint(self.source()) else "stale"

    def replay(self) -> Briefing:
        """Make the briefing again from its cassette and save it; asks no model.

        Raises:
            InputError: there is no briefing or no cassette to begin with.
            StaleCassetteError: the exchange would be another one now.
        """
        saved = self.saved()
        if saved is None or saved.meta is None or not self.cassette.exists():
            raise InputError(f"{self.article.name} has not been recorded; use --record")
        with (
            cassette(self.cassette),
            Briefer(saved.meta.model, base_url=f"{RECORDED_HOST}/v1", api_key="replayed") as briefer,
        ):
            briefing = briefer.summarize(self.source())
        assert briefing.meta is not None  # `Briefer` sets it
        # How long the model took is a fact about the recording.
        meta = briefing.meta.model_copy(update={"elapsed": saved.meta.elapsed})
        briefing = briefing.model_copy(update={"meta": meta})
        self._save(briefing)
        return briefing

    def regenerate(self, briefer: Briefer, *, record: bool = False) -> Briefing:
        """Make the briefing and save it; with `record`, the exchange too. Nothing half-written stays."""
        if record:
            self.cassette.parent.mkdir(parents=True, exist_ok=True)
            recorded = self.cassette.with_suffix(".recording.yaml")
        try:
            with cassette(recorded, "all") if record else nullcontext():
                briefing = briefer.summarize(self.source())
            if record:
                recorded.replace(self.cassette)
        finally:
            if record:
                recorded.unlink(missing_ok=True)
        self._save(briefing)
        return briefing

    def _save(self, briefing: Briefing) -> None:
        write_whole(self.result, briefing.model_dump_json(indent=1) + "\n")


def seeds(folder: Path) -> list[Seed]:
    """The articles of a folder, in the order of their names.

    Raises:
        InputError: no such folder, no articles in it, or two articles with one name.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give the folder that the articles are in")
    found = list(_seeds(folder))
    names = [seed.name for seed in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"two articles would share one briefing; rename one: {', '.join(twice)}")
    if not found:
        raise InputError(f"{folder} holds no articles; they end in {', '.join(_ARTICLES)}")
    return found


def _seeds(folder: Path) -> Iterator[Seed]:
    cassettes = folder.resolve().parent / "cassettes" / folder.resolve().name
    for article in sorted(folder.iterdir()):
        if article.suffix.lower() in _ARTICLES and article.is_file():
            result = article.with_name(article.stem + _RESULT)
            yield Seed(article, result, cassettes / f"{article.stem}.yaml")


def write_whole(path: Path, text: str) -> None:
    """Write a file wholly or not at all, also when interrupted. A link is followed; a device is written to.

    Raises:
        InputError: the place cannot be written to.
    """
    # Not in place of a link, and never in place of something like /dev/null.
    given, path = path, Path(os.path.realpath(path))
    if path.exists() and not path.is_file() and not path.is_dir():
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot write {given}: {error.strerror}") from error
        return
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(f"cannot write {given}: {error.strerror}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files for their owner only; these are the user's ordinary files.
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(f"cannot write {given}: {error.strerror}") from error
        raise
