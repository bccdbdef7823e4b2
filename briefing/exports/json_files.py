"""JSON as the formats write it: characters that a terminal obeys are escaped."""

from __future__ import annotations

import json
from typing import Any

from briefing.errors import escape_json


def encoded(value: object) -> bytes:
    """Return a value as JSON on one line, in UTF-8."""
    return escape_json(json.dumps(value, ensure_ascii=False, separators=(",", ":"))).encode()


def filled(**members: Any) -> dict[str, Any]:
    """Return the members that have a value: not `None`, no empty text, list or object."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}
