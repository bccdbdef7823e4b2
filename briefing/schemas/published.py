"""The JSON Schemas of what the library returns, with a version."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from briefing.meta import FORMAT_VERSION
from briefing.schemas.base import EXTRACTIVE
from briefing.schemas.json_schema import MARK

#: Incremented when a schema in `docs/schemas` changes; begins at 0 with each `FORMAT_VERSION`.
_REVISION = 0
SCHEMA_VERSION = f"{FORMAT_VERSION}.{_REVISION}"


def published_schema(kind: Any, name: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of results of a type, as `model_dump_json` writes them.

    Args:
        kind: a pydantic model, or another type of which it has a schema.
        name: of the schema; with the version it is its `$id`.

    Raises:
        pydantic.errors.PydanticInvalidForJsonSchema: the type has none.
    """
    schema = TypeAdapter(kind).json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{name}-{SCHEMA_VERSION}.json",
        "version": SCHEMA_VERSION,
        **_bare(schema),
    }


def _bare(node: Any) -> Any:
    """Return a schema without what is only for the requests to a model."""
    if isinstance(node, dict):
        return {key: _bare(value) for key, value in node.items() if key not in (MARK, EXTRACTIVE)}
    return [_bare(item) for item in node] if isinstance(node, list) else node
