"""The state of batches. A process may end after any transaction: the next one goes on."""

from __future__ import annotations

from briefing.batch.articles import ArticleTables
from briefing.batch.files import RequestTables


class Store(ArticleTables, RequestTables):
    """Articles and files of one journal. Closed by `with`.

    Raises:
        JournalError: from any method: the file cannot be opened, read or written.
    """
