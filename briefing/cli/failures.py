"""What failed and why: told at the end, the like together; all of it in a file for programs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from briefing.atomic_write import AtomicFile
from briefing.cli.console import say, spent
from briefing.errors import BriefingError, InputError
from briefing.journal import escape_surrogates

#: So many are told one by one; of more, the like together.
_EACH = 20
#: Reasons that are told apart, and names given for each.
_REASONS, _NAMES = 20, 3


@dataclass
class _Reason:
    message: str
    count: int = 0
    names: list[str] = field(default_factory=list)


class Failures:
    """Collects failures, in little memory.

    Args:
        listed: file for all of them, as JSON lines; `None` for none.

    Attributes:
        count: so many.
        first: the first of them.

    Raises:
        InputError: the file cannot be written.
    """

    def __init__(self, listed: Path | None) -> None:
        self.count = 0
        self.first: BriefingError | None = None
        self._each: list[str] = []
        self._reasons: dict[tuple[str, str], _Reason] = {}
        if listed is not None and not listed.parent.is_dir():
            raise InputError(f"cannot write {listed}: there is no folder {listed.parent}")
        self._listed = listed and AtomicFile(listed)

    def add(self, name: str, error: BriefingError) -> None:
        """Another one.

        Raises:
            InputError: the file cannot be written.
        """
        self.count += 1
        self.first = self.first or error
        kind, message = type(error).__name__, str(error)
        if self._listed:
            line = {"source": escape_surrogates(name), "type": kind}
            self._listed.write(json.dumps(line | {"message": message}, ensure_ascii=False).encode() + b"\n")
        if len(self._each) < _EACH:
            self._each.append(f"briefing: {name}: {message}{spent(error)}")
        # Messages that differ in numbers and in names only say the same.
        alike = re.sub(r"\d+", "0", message.replace(name, "").replace(Path(name).name, ""))
        key = kind, alike
        if key not in self._reasons and len(self._reasons) >= _REASONS:
            key = "", ""
        reason = self._reasons.setdefault(key, _Reason(f"{kind}: {message}" if key[0] else "other reasons"))
        reason.count += 1
        if len(reason.names) < _NAMES:
            reason.names.append(name)

    def tell(self) -> None:
        """Say what failed and why, on standard error."""
        if self.count <= _EACH:
            for line in self._each:
                say(line)
            return
        for reason in sorted(self._reasons.values(), key=lambda reason: -reason.count):
            say(f"briefing: {reason.count:,} failed: {reason.message}")
            more = reason.count - len(reason.names)
            say(f"briefing: ... {', '.join(reason.names)}{f' and {more:,} more' if more else ''}")

    def close(self) -> None:
        """Put the file in its place.

        Raises:
            InputError: it cannot be written.
        """
        if self._listed:
            self._listed.commit()

    def discard(self) -> None:
        """Leave nothing of a file that was not put in its place."""
        if self._listed:
            self._listed.discard()
