"""The state of batches. A process may end after any transaction: the next one goes on."""

from __future__ import annotations

from briefing.batch.articles import Articles
from briefing.batch.files import Files


class Store(Articles, Files):
    """Articles and files of one journal. Closed by `with`.

    Raises:
        JournalError: from any method: the file cannot be opened, read or written.
    """
