"""Update the briefings of a folder: `NAME.briefing.json` beside `NAME.txt`, `.md` or `.html`."""

from __future__ import annotations

import os
from collections import Counter
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
    """An article of a folder, with its briefing and its cassette.

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
        """The recorded exchange: `cassettes/FOLDER/NAME.yaml` beside the folder."""
        folder = self.article.parent.resolve()
        return folder.parent / "cassettes" / folder.name / f"{self.name}.yaml"

    def source(self) -> Source:
        """Read the article.

        Raises:
            InputError: it cannot be read.
        """
        return Source.from_file(self.article)

    def saved(self) -> Briefing | None:
        """Return the saved briefing; `None` if it is missing or cannot be read."""
        try:
            return Briefing.model_validate_json(self.result.read_bytes())
        except (OSError, ValueError):
            return None

    def state(self, briefer: Briefer, source: Source | None = None) -> State:
        """Compare the fingerprint of the saved briefing with that of a new one; makes no call.

        Args:
            briefer: would make the new briefing.
            source: the article, if it was read before.

        Returns:
            "fresh" if the fingerprints are equal, "new" if there is no briefing, else "stale".

        Raises:
            InputError: the article cannot be read.
        """
        saved = self.saved()
        if saved is None:
            return "stale" if self.result.exists() else "new"
        return "fresh" if saved.meta.fingerprint == briefer.fingerprint(source or self.source()) else "stale"

    def replay(self) -> Briefing:
        """Make the briefing again from its cassette, without a model, and save it.

        Raises:
            InputError: the briefing or the cassette is missing.
            StaleCassetteError: the request differs from the recorded one.
        """
        saved = self.saved()
        if saved is None or not saved.meta.model or not self.cassette.exists():
            raise InputError("no exchange is recorded for this article; record it with --record")
        with (
            cassette(self.cassette),
            Briefer(saved.meta.model, base_url=f"{RECORDED_HOST}/v1", api_key="replayed") as briefer,
        ):
            briefing = briefer.summarize(self.source())
        # The replay has no time of its own: keep the recorded one.
        meta = briefing.meta.model_copy(update={"elapsed": saved.meta.elapsed})
        briefing = briefing.model_copy(update={"meta": meta})
        self.save(briefing)
        return briefing

    def regenerate(self, briefer: Briefer, *, record: bool = False) -> Briefing:
        """Make the briefing and save it; with `record`, also the exchange. Both files are replaced atomically.

        Raises:
            BriefingError: the briefing cannot be made or saved.
        """
        if not record:
            briefing = briefer.summarize(self.source())
        else:
            self.cassette.parent.mkdir(parents=True, exist_ok=True)
            recorded = self.cassette.with_suffix(".recording.yaml")
            try:
                with cassette(recorded, "all"):
                    briefing = briefer.summarize(self.source())
                recorded.replace(self.cassette)
            finally:
                recorded.unlink(missing_ok=True)
        self.save(briefing)
        return briefing

    def save(self, briefing: Briefing) -> None:
        """Write the briefing to `result`.

        Raises:
            InputError: the file cannot be written.
        """
        write_atomic(self.result, briefing.model_dump_json(indent=1) + "\n")


def seeds(folder: Path) -> list[Seed]:
    """Return the articles of a folder, sorted by name.

    Raises:
        InputError: the folder does not exist or has no articles, or two articles have the same stem.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give the folder with the articles")
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if _is_article(entry))
    except OSError as error:
        raise InputError(f"cannot read the folder {folder}: {error.strerror}") from error
    stems = Counter(Path(name).stem for name in names)
    if twice := sorted(stem for stem, count in stems.items() if count > 1):
        raise InputError(f"several articles would share one briefing; rename all but one: {', '.join(twice)}")
    if not names:
        raise InputError(f"no articles found in {folder}; their names must end in {', '.join(_ARTICLES)}")
    remove_leftovers(folder)
    return [Seed(folder / name) for name in names]


def _is_article(entry: os.DirEntry[str]) -> bool:
    name = entry.name.lower()
    try:
        return name.endswith(_ARTICLES) and not name.startswith(".") and entry.is_file()
    except OSError:  # a circular link
        return False
