"""`Unread`: a file with how it is to be read."""

from __future__ import annotations

import os
from abc import abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from briefing.sources.source import Source


class Unread(os.PathLike[str]):
    """A file that is read as an article when that is worked on, which may be in another process. Picklable."""

    @abstractmethod
    def source(self) -> Source:
        """Read the article.

        Raises:
            BriefingError: it cannot be read.
        """
