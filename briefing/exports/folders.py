"""The folder that a format of several files is written to."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

from briefing.atomic_write import AtomicFile
from briefing.errors import InputError

#: Characters that a file's name may not have on some system.
_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST_NAME = 80


class Folder:
    """A folder for the files of a format; it is created if it is missing.

    Raises:
        InputError: it cannot be created, or is a file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # The last number of each name, so that ten thousand pages called index are numbered without looking at all of them.
        self._numbers: dict[str, int] = {}
        try:
            path.mkdir(exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot create the folder {path}: {error.strerror}") from error

    def write(self, name: str, data: bytes) -> None:
        """Write a file. A link that stands in its place is replaced."""
        file = AtomicFile(self.path / name, follow=False)
        try:
            file.write(data)
            file.commit()
        finally:
            file.discard()

    def free_name(self, article: str, otherwise: str) -> str:
        """Return a name without suffix for the files of an article that no other one has.

        Args:
            article: the article's name, such as its path or URL.
            otherwise: the name of one whose name has no letter.
        """
        stem = Path(os.path.basename(article.rstrip("/"))).stem  # noqa: PTH119  # also of a URL
        name = _UNSAFE.sub("_", unicodedata.normalize("NFC", stem)).strip("._-")[:_LONGEST_NAME] or otherwise
        free, number = name, self._numbers.get(name.casefold(), 0)
        while free.casefold() in self._numbers:
            number += 1
            free = f"{name}-{number}"
        self._numbers[name.casefold()] = max(number, 1)
        self._numbers.setdefault(free.casefold(), 1)
        return free
