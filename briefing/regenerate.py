"""Update the briefings of a folder: `NAME.briefing.json` beside `NAME.txt`, `.md` or `.html`.

Where there is a `NAME.written.briefing.json` or `NAME.extractive.briefing.json`, an empty one included, the article has a
briefing in this style as well.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Unpack, cast

from briefing.atomic_write import remove_leftovers, write_atomic
from briefing.briefer import Briefer
from briefing.errors import InputError
from briefing.meta import Meta
from briefing.pipeline import StyleName, StyleOptions
from briefing.schemas import Briefing
from briefing.sources import SUFFIXES, Source, missing_extra
from briefing.testing import RECORDED_HOST, cassette

_RESULT = ".briefing.json"
State = Literal["fresh", "new", "stale"]
_STYLES: tuple[StyleName, ...] = ("extractive", "written")


@dataclass(frozen=True, slots=True)
class Seed:
    """An article of a folder, with its briefing and its cassette.

    Attributes:
        article: the article's file.
        style: style of the briefing if it is one besides `NAME.briefing.json`; else `None`.
        encoding: of the article's file; `None` to detect it.
    """

    article: Path
    style: StyleName | None = None
    encoding: str | None = None

    @property
    def name(self) -> str:
        """The article's file name without its suffix, and the style if it is set."""
        return self.article.stem if self.style is None else f"{self.article.stem}.{self.style}"

    @property
    def shown(self) -> str:
        """The article's path and the style if it is set, for messages."""
        return str(self.article) if self.style is None else f"{self.article} ({self.style})"

    @property
    def result(self) -> Path:
        """`NAME.briefing.json` or `NAME.STYLE.briefing.json` beside the article."""
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
        return Source.from_file(self.article, encoding=self.encoding)

    def saved(self) -> Briefing | None:
        """Return the saved briefing; `None` if it is missing or cannot be read."""
        try:
            return Briefing.model_validate_json(self.result.read_bytes())
        except (OSError, ValueError):
            return None

    def options(self, given: StyleOptions) -> StyleOptions:
        """The given keywords of `Briefer.summarize`, with this seed's style if it has one."""
        return given if self.style is None else {**given, "style": self.style}

    def recorded_options(self, meta: Meta) -> StyleOptions:
        """The keywords of `Briefer.summarize` with which a saved briefing was made."""
        names = ("style", "focus", "length", "on_unsupported")
        recorded = {name: value for name in names if (value := getattr(meta, name))}
        return self.options(cast("StyleOptions", recorded))

    def state(self, briefer: Briefer, source: Source | None = None, **style: Unpack[StyleOptions]) -> State:
        """Compare the fingerprint of the saved briefing with that of a new one; makes no call.

        Args:
            briefer: would make the new briefing.
            source: the article, if it was read before.
            style: keywords of `Briefer.summarize`; this seed's own style goes before.

        Returns:
            "fresh" if the fingerprints are equal, "new" if there is no briefing, else "stale".

        Raises:
            InputError: the article cannot be read.
        """
        saved = self.saved()
        if saved is None:
            return "stale" if self.result.exists() else "new"
        fingerprint = briefer.fingerprint(source or self.source(), **self.options(style))
        return "fresh" if saved.meta.fingerprint == fingerprint else "stale"

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
            briefing = briefer.summarize(self.source(), **self.recorded_options(saved.meta))
        # The replay has no time of its own: keep the recorded one.
        meta = briefing.meta.model_copy(update={"elapsed": saved.meta.elapsed})
        briefing = briefing.model_copy(update={"meta": meta})
        self.save(briefing)
        return briefing

    def regenerate(
        self, briefer: Briefer, *, record: bool = False, **style: Unpack[StyleOptions]
    ) -> Briefing:
        """Make the briefing and save it; with `record`, also the exchange. Both files are replaced atomically.

        `style` is as for `state`.

        Raises:
            BriefingError: the briefing cannot be made or saved.
        """
        options = self.options(style)
        if not record:
            briefing = briefer.summarize(self.source(), **options)
        else:
            briefing = self._recorded(briefer, options)
        self.save(briefing)
        return briefing

    def _recorded(self, briefer: Briefer, options: StyleOptions) -> Briefing:
        """Make the briefing and record the exchange; if that cannot be written, save the briefing all the same."""
        source = self.source()
        recorded = self.cassette.with_suffix(".recording.yaml")
        briefing = None
        try:
            self.cassette.parent.mkdir(parents=True, exist_ok=True)
            recorded.touch()  # fails now if the folder is read-only
            with cassette(recorded, "all"):
                briefing = briefer.summarize(source, **options)
            recorded.replace(self.cassette)
        except (OSError, InputError) as error:
            if briefing is not None:
                self.save(briefing)
            if isinstance(error, InputError):
                raise
            raise InputError(f"cannot write {self.cassette}: {error.strerror}") from error
        finally:
            with suppress(OSError):
                recorded.unlink(missing_ok=True)
        return briefing

    def save(self, briefing: Briefing) -> None:
        """Write the briefing to `result`.

        Raises:
            InputError: the file cannot be written.
        """
        write_atomic(self.result, briefing.model_dump_json(indent=1) + "\n", follow=False)


def seeds(folder: Path, *, encoding: str | None = None) -> list[Seed]:
    """Return the articles of a folder, sorted by name, once for each briefing that they have or should have.

    `encoding` is that of their files; `None` to detect it.

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
        raise InputError(f"no articles found in {folder}; their names must end in {', '.join(SUFFIXES)}")
    remove_leftovers(folder)
    articles = [folder / name for name in names]
    besides = (
        seed
        for article in articles
        for style in _STYLES
        # "a.written.briefing.json" may be the briefing of an article "a.written.txt".
        if (seed := Seed(article, style, encoding)).result.exists() and seed.name not in stems
    )
    return sorted([*(Seed(a, encoding=encoding) for a in articles), *besides], key=lambda seed: seed.name)


def _is_article(entry: os.DirEntry[str]) -> bool:
    name = entry.name.lower()
    try:
        is_read = name.endswith(SUFFIXES) and missing_extra(Path(name).suffix) is None
        return is_read and not name.startswith(".") and entry.is_file()
    except OSError:  # a circular link
        return False
