"""Write rows to a Parquet file in groups, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import IO, Any

from briefing.errors import MissingExtraError

#: Rows of a group, which is held in memory.
_GROUP_SIZE = 200
#: Arrow types of the columns that are not strings.
_TYPES = dict.fromkeys(
    (
        *("input_tokens", "output_tokens", "cached_tokens", "attempts", "format_version"),
        *("speaker_start", "speaker_end", "passage", "segment", "start", "end"),
    ),
    "int64",
) | dict.fromkeys(("cost_usd", "elapsed"), "float64")
#: Columns with few distinct values, which dictionary encoding makes smaller.
_DICTIONARY_COLUMNS = {
    *("model", "schema", "schema_sha256", "briefing_version", "error_type"),
    *("article", "title", "url", "source_sha256", "kind", "label"),
}


class Rows:
    """Writes rows with the columns `names` to a file, which is left open. Any method may raise an `OSError`."""

    def __init__(self, file: IO[bytes], names: Iterable[str]) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError as error:
            raise MissingExtraError("Parquet output", "parquet") from error
        self._arrow = pa
        self._schema = pa.schema([(name, getattr(pa, _TYPES.get(name, "string"))()) for name in names])
        repeated = [name for name in self._schema.names if name in _DICTIONARY_COLUMNS]
        self._writer = pq.ParquetWriter(file, self._schema, use_dictionary=repeated)
        self._group: list[Mapping[str, Any]] = []

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a row; columns that it lacks are null."""
        self._group.append(row)
        if len(self._group) == _GROUP_SIZE:
            self._flush()

    def close(self) -> None:
        """Write the last group and the footer."""
        if self._group:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        columns = {name: [row.get(name) for row in self._group] for name in self._schema.names}
        self._group = []
        self._writer.write_table(self._arrow.Table.from_pydict(columns, schema=self._schema))
        # Otherwise Arrow keeps the memory of its largest group, some 25 MB, for the next one.
        self._arrow.default_memory_pool().release_unused()
