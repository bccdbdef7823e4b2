"""Keeping the briefings of a folder up to date: `NAME.txt|md|html` and `NAME.briefing.json`."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from briefing.atomic_write import remove_leftovers, write_atomic
from briefing.briefer import Briefer
from briefing.errors import InputError
from briefing.schemas import Briefing
from briefing.sources import Source
from briefing.testing import RECORDED_HOST, cassette

_ARTICLES = (".txt", ".md", ".html", ".htm")
_RESULT = ".briefing.json"
State = Literal["fresh", "new", "stale"]


@dataclass(frozen=True, slots=True)
class Seed:
    """An article of a folder.

    Attributes:
        article: the article's file.
    """

    article: Path

    @property
    def name(self) -> str:
        """The article's file name without its suffix."""
        return self.article.stem

    @property
    def shown(self) -> str:
        """The article's path, for messages."""
        return str(self.article)

    @property
    def result(self) -> Path:
        """`NAME.briefing.json` beside the article."""
        return self.article.with_name(self.name + _RESULT)

    @property
    def cassette(self) -> Path:
        """Where the exchange is recorded: `cassettes/FOLDER/NAME.yaml` beside the folder."""
        folder = self.article.parent.resolve()
        return folder.parent / "cassettes" / folder.name / f"{self.name}.yaml"

    def source(self) -> Source:
        """The article."""
        return Source.from_file(self.article)

    def saved(self) -> Briefing | None:
        """The briefing as it was saved; `None` where there is none, or none that can be read."""
        try:
            return Briefing.model_validate_json(self.result.read_bytes())
        except (OSError, ValueError):
            return None

    def state(self, briefer: Briefer, source: Source | None = None) -> State:
        """Whether the briefing is there, and is what `briefer` would make now; makes no call.

        Args:
            briefer: would make it.
            source: the article, if it was read.

        Raises:
            InputError: the article cannot be read.
        """
        saved = self.saved()
        if saved is None:
            return "stale" if self.result.exists() else "new"
        return "fresh" if saved.meta.fingerprint == briefer.fingerprint(source or self.source()) else "stale"

    def replay(self) -> Briefing:
        """Make the briefing again from its cassette and save it; asks no model.

        Raises:
            InputError: there is no briefing or no cassette to begin with.
            StaleCassetteError: the exchange would be another one now.
        """
        saved = self.saved()
        if saved is None or not saved.meta.model or not self.cassette.exists():
            raise InputError(f"{self.article.name} has not been recorded; use --record")
        with (
            cassette(self.cassette),
            Briefer(saved.meta.model, base_url=f"{RECORDED_HOST}/v1", api_key="replayed") as briefer,
        ):
            briefing = briefer.summarize(self.source())
        # How long the model took is a fact about the recording.
        meta = briefing.meta.model_copy(update={"elapsed": saved.meta.elapsed})
        briefing = briefing.model_copy(update={"meta": meta})
        self.save(briefing)
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
        self.save(briefing)
        return briefing

    def save(self, briefing: Briefing) -> None:
        """Save the briefing.

        Raises:
            InputError: it cannot be written.
        """
        write_atomic(self.result, briefing.model_dump_json(indent=1) + "\n")


def seeds(folder: Path) -> list[Seed]:
    """The articles of a folder, in the order of their names.

    Raises:
        InputError: no such folder, no articles in it, or two articles with one name.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give the folder that the articles are in")
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if _is_article(entry))
    except OSError as error:
        raise InputError(f"cannot read the folder {folder}: {error.strerror}") from error
    stems = Counter(Path(name).stem for name in names)
    if twice := sorted(stem for stem, count in stems.items() if count > 1):
        raise InputError(f"two articles would share one briefing; rename one: {', '.join(twice)}")
    if not names:
        raise InputError(f"{folder} holds no articles; they end in {', '.join(_ARTICLES)}")
    remove_leftovers(folder)
    return [Seed(folder / name) for name in names]


def _is_article(entry: os.DirEntry[str]) -> bool:
    name = entry.name.lower()
    try:
        return name.endswith(_ARTICLES) and not name.startswith(".") and entry.is_file()
    except OSError:  # a link to itself
        return False
