"""Rows into a Parquet file, a group at a time: flat in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import IO, Any

from briefing.errors import MissingExtraError

#: Rows of a group: what is held in memory.
_GROUP = 200
#: Arrow's types of the columns that are no text.
_KINDS = {
    "input_tokens": "int64",
    "output_tokens": "int64",
    "cached_tokens": "int64",
    "attempts": "int64",
    "format_version": "int64",
    "cost_usd": "float64",
    "elapsed": "float64",
}
#: Columns with few values. A dictionary of the others would be as large as they are.
_REPEATED = {"model", "schema", "schema_sha256", "briefing_version", "error_type"}


class Rows:
    """A Parquet file in the making.

    Args:
        file: to write to; stays open.
        names: of the columns.

    Raises:
        MissingExtraError: pyarrow is not installed.
        OSError: from any method: the file cannot be written.
    """

    def __init__(self, file: IO[bytes], names: Iterable[str]) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError as error:
            raise MissingExtraError("Parquet", "parquet") from error
        self._arrow = pa
        self._form = pa.schema([(name, getattr(pa, _KINDS.get(name, "string"))()) for name in names])
        repeated = [name for name in self._form.names if name in _REPEATED]
        self._writer = pq.ParquetWriter(file, self._form, use_dictionary=repeated)
        self._group: list[Mapping[str, Any]] = []

    def add(self, row: Mapping[str, Any]) -> None:
        """Write a row; what it has no value of is null."""
        self._group.append(row)
        if len(self._group) == _GROUP:
            self._flush()

    def close(self) -> None:
        """Write what is still to be written."""
        if self._group:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        columns = {name: [row.get(name) for row in self._group] for name in self._form.names}
        self._group = []
        self._writer.write_table(self._arrow.Table.from_pydict(columns, schema=self._form))
        # Else Arrow keeps the memory of its largest group for the next one: 25 MB.
        self._arrow.default_memory_pool().release_unused()
