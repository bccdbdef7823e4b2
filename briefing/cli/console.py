"""What goes to the terminal beside results: messages and the progress line."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Self

from briefing.errors import BriefingError, ModelFileError, ProviderError
from briefing.meta import Meta

USAGE, PROVIDER, PARTIAL, INTERRUPTED = 2, 3, 4, 130


def say(message: str) -> None:
    """One line on standard error. What names and servers may hold to command a terminal is taken out."""
    line = " ".join(message.split())
    print("".join(c if c.isprintable() else "\ufffd" for c in line), file=sys.stderr)


def spent(on: Meta | BriefingError | None) -> str:
    """Tokens and dollars that something took, to end a line with; empty where nothing is known."""
    if on is None or on.usage is None or not (on.usage.input_tokens or on.usage.output_tokens):
        return ""
    cost = "" if on.cost_usd is None else f", ${on.cost_usd:.4f}"
    return f" ({on.usage.input_tokens:,} tokens in, {on.usage.output_tokens:,} out{cost})"


def clock(seconds: float) -> str:
    """Minutes and seconds, and hours if need be."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def exit_code(error: BriefingError) -> int:
    """2 for usage and input, a URL that cannot be fetched included; 3 for the model's server and weights."""
    return PROVIDER if isinstance(error, ProviderError | ModelFileError) else USAGE


class ProgressLine:
    """A line on standard error that shows that something lives; nothing where that is no terminal."""

    def __init__(self) -> None:
        self._title, self._note, self._started = "", "", time.monotonic()
        self._live = sys.stderr.isatty()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, title: str) -> None:
        """Name what comes next; its time starts now."""
        self._title, self._note, self._started = title, "", time.monotonic()
        self._start()

    def note(self, text: str) -> None:
        """What is being done now."""
        self._note = text

    def end(self) -> None:
        """Take the line away, so that something can be printed."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.end()

    def _start(self) -> None:
        if self._live and self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._show, daemon=True)
            self._thread.start()

    def _show(self) -> None:
        from rich.console import Console
        from rich.text import Text

        with Console(stderr=True).status("") as status:
            while not self._stop.wait(0.2):
                seconds = time.monotonic() - self._started
                status.update(Text(f"{self._title}: {self._note}{local_tokens()}, {seconds:.0f} s"))


def local_tokens() -> str:
    """What a model on this machine is at; empty where none runs."""
    # Only where a local server runs: importing its module would start nothing, but costs time.
    local = sys.modules.get("briefing.local.server")
    progress = local.running_progress() if local is not None else None
    if progress is None:
        return ""
    read, written = progress
    return f", {written} tokens written" if written else f", {read} tokens read"
