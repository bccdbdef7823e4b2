"""`briefing schema`, and classes that are named on the command line."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module

from pydantic import BaseModel
from pydantic.errors import PydanticUserError

from briefing.checking import Checked
from briefing.errors import SchemaError, one_line
from briefing.grounding import Finding
from briefing.schemas import Briefing, published_schema

_KINDS = {"result": Briefing, "findings": list[Finding], "checked": Checked}


def run(name: str) -> None:
    """Print a schema."""
    if name not in _KINDS and ":" not in name:
        raise SchemaError(f"{name!r} is no schema; give {', '.join(_KINDS)}, or MODULE:CLASS")
    kind = _KINDS.get(name) or load_model(name)
    try:
        schema = published_schema(kind, name.rpartition(":")[2])
    except PydanticUserError as error:
        raise SchemaError(f"{name} has no JSON Schema: {one_line(error.message)}") from error
    print(json.dumps(schema, indent=2))


def load_model(name: str) -> type[BaseModel]:
    """Return a pydantic model by MODULE:CLASS; the module may stand in the current folder.

    Raises:
        SchemaError: there is none of this name.
    """
    module, _, cls = name.partition(":")
    if not module or not cls:
        raise SchemaError(f"{name!r} names no class; give MODULE:CLASS")
    sys.path.insert(0, os.getcwd())  # noqa: PTH109  # as text
    try:
        found = getattr(import_module(module), cls)
    except Exception as error:  # the module is the user's, and may raise anything
        raise SchemaError(f"cannot import {name}: {type(error).__name__}: {one_line(str(error))}") from error
    finally:
        sys.path.pop(0)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise SchemaError(f"{name} is not a pydantic model")
    return found
