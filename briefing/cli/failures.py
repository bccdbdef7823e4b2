"""Failed articles: reported at the end of a run, grouped by reason, and listed in a file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from briefing.atomic_write import AtomicFile
from briefing.cli.console import describe, format_usage, say
from briefing.errors import BriefingError, escape_json
from briefing.journal import escape_surrogates

#: Up to this many failures are reported one by one; more are grouped by reason.
_ONE_BY_ONE = 20
#: Most groups, and most names in each.
_REASONS, _NAMES = 20, 3


@dataclass
class _Reason:
    message: str
    count: int = 0
    names: list[str] = field(default_factory=list)


class Failures:
    """Collects failures in bounded memory, and writes all of them to the file `path` as JSON lines."""

    def __init__(self, path: Path | None) -> None:
        self.count = 0
        self.first: BriefingError | None = None
        self._lines: list[str] = []
        self._reasons: dict[tuple[str, str], _Reason] = {}
        self._file = path and AtomicFile(path)

    def add(self, name: str, error: BriefingError) -> None:
        self.count += 1
        self.first = self.first or error
        kind, message = type(error).__name__, describe(error)
        if self._file:
            line = {"source": escape_surrogates(name), "type": kind}
            text = json.dumps(line | {"message": message}, ensure_ascii=False)
            self._file.write(f"{escape_json(text)}\n".encode())
        if len(self._lines) < _ONE_BY_ONE:
            told = message if message.startswith(f"{name} ") else f"{name}: {message}"
            self._lines.append(f"briefing: {told}{format_usage(error)}")
        # Messages that differ only in numbers and names of files are one reason.
        pattern = re.sub(r"\d+", "0", message.replace(name, "").replace(Path(name).name, ""))
        key = kind, pattern
        if key not in self._reasons and len(self._reasons) >= _REASONS:
            key = "", ""
        reason = self._reasons.setdefault(key, _Reason(f"{kind}: {message}" if key[0] else "other reasons"))
        reason.count += 1
        if len(reason.names) < _NAMES:
            reason.names.append(name)

    def report(self) -> None:
        if self.count <= _ONE_BY_ONE:
            for line in self._lines:
                say(line)
            return
        for reason in sorted(self._reasons.values(), key=lambda reason: -reason.count):
            say(f"briefing: {reason.count:,} failed: {reason.message}")
            more = reason.count - len(reason.names)
            say(f"briefing: ... {', '.join(reason.names)}{f' and {more:,} more' if more else ''}")

    def close(self) -> None:
        """Complete the file, which appears at its path now."""
        if self._file:
            self._file.commit()

    def discard(self) -> None:
        """Remove the file unless it was completed."""
        if self._file:
            self._file.discard()
