"""`import_annotations`: what people labelled in an annotation tool."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from briefing.atomic_write import open_to_read
from briefing.errors import ConfigurationError, InputError
from briefing.exports.gold import GoldArticle
from briefing.exports.label_studio import read_label_studio
from briefing.exports.prodigy import read_prodigy

#: The tools whose exports are read.
TOOLS = ("label-studio", "prodigy")


def import_annotations(path: str | os.PathLike[str], tool: str) -> list[GoldArticle]:
    """Return what people labelled in an annotation tool, as data to evaluate with.

    Args:
        path: of the tool's export: of Label Studio the one called "JSON", of Prodigy that of `db-out`.
        tool: "label-studio" or "prodigy".

    Returns:
        An item for each article and annotator, in the order of the file. Cancelled, rejected and ignored ones are left out.

    Raises:
        ConfigurationError: there is no such tool.
        InputError: the file cannot be read, is no such export, or a label is not where its text stands.
    """
    _check(tool)
    try:
        with open_to_read(Path(path)) as file:
            data = file.read()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    return list(read_annotations(data, tool, str(path)))


def read_annotations(data: bytes, tool: str, name: str) -> Iterator[GoldArticle]:
    """Yield what people labelled, from the bytes of a tool's export; `name` is that of the file, for messages.

    Raises:
        ConfigurationError: there is no such tool.
        InputError: as of `import_annotations`.
    """
    _check(tool)
    try:
        text = data.decode("utf-8-sig")
        if tool == "label-studio":
            yield from read_label_studio(json.loads(text))
        else:
            yield from read_prodigy([json.loads(line) for line in text.split("\n") if line.strip()])
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is not JSON as {tool} exports it: {error}") from error
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def _check(tool: str) -> None:
    if tool not in TOOLS:
        raise ConfigurationError(f"{tool!r} is no tool to import from; give one of {', '.join(TOOLS)}")
