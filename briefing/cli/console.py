"""Messages and a status line on standard error."""

from __future__ import annotations

import re
import sys
import threading
import time
from types import TracebackType
from typing import Self

from briefing.errors import BriefingError, ModelFileError, ProviderError
from briefing.meta import Meta

USAGE, PROVIDER, PARTIAL, INTERRUPTED = 2, 3, 4, 130

_OPTIONS = {
    "base_url": "--base-url",
    "max_cost_usd": "--max-cost",
    "max_tokens_total": "--max-tokens-total",
    "max_concurrency": "--concurrency",
    "requests_per_minute": "--rpm",
    "tokens_per_minute": "--tpm",
    "allow_private": "--allow-private",
    "model": "--model",
    "timeout": "--timeout",
    "deadline": "--deadline",
    "language": "--language",
    "prompt": "--prompt",
    "plan": "--plan",
    "journal": "--journal",
}
#: Names of arguments: those with an underscore, with or without `=` and a value; plain words only with `=`.
_ARGUMENT = re.compile(
    rf"(?<![\w-])(?P<name>{'|'.join(name for name in _OPTIONS if '_' in name)}|(?:{'|'.join(_OPTIONS)})(?==))\b"
    r"(?:=(?P<value>'[^']*'|[^\s,;]+?(?=[,;.]?(?:\s|$)))?)?"
)
_API_KEY = re.compile(r"api_key=, or |,? \(?or (?:pass )?api_key=\)?")


def say(message: str) -> None:
    """Print one line on standard error, without line breaks and terminal control characters."""
    line = " ".join(message.split())
    print("".join(c if c.isprintable() else "\ufffd" for c in line), file=sys.stderr)


def describe(error: BaseException) -> str:
    """Return an error's message with names of Python arguments replaced by command-line options."""

    def option(found: re.Match[str]) -> str:
        value = (found["value"] or "").strip("'").removeprefix("True")
        return _OPTIONS[found["name"]] + (f" {value}" if value else "")

    # There is no option for a key: an argument would show it in the list of processes.
    return _ARGUMENT.sub(option, _API_KEY.sub("", str(error)))


def format_usage(on: Meta | BriefingError | None) -> str:
    """Return tokens and cost in parentheses, to be appended to a line; empty if they are unknown or zero."""
    if on is None or on.usage is None or not (on.usage.input_tokens or on.usage.output_tokens):
        return ""
    cost = "" if on.cost_usd is None else f", ${on.cost_usd:.4f}"
    return f" ({on.usage.input_tokens:,} tokens in, {on.usage.output_tokens:,} out{cost})"


def format_duration(seconds: float) -> str:
    """Return `M:SS`, or `H:MM:SS` from one hour on."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def exit_code(error: BriefingError) -> int:
    """Return 3 for errors of the model's server and of model files, 2 for all others."""
    return PROVIDER if isinstance(error, ProviderError | ModelFileError) else USAGE


class ProgressLine:
    """A spinner with a title, a note and the elapsed seconds on standard error; silent if that is not a terminal."""

    def __init__(self) -> None:
        self._title, self._note, self._started = "", "", time.monotonic()
        self._live = sys.stderr.isatty()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, title: str) -> None:
        """Set the title, restart the clock and show the line."""
        self._title, self._note, self._started = title, "", time.monotonic()
        self._start()

    def note(self, text: str) -> None:
        """Set the note shown after the title."""
        self._note = text

    def end(self) -> None:
        """Remove the line, so that results can be printed."""
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
                parts = filter(None, (self._note, local_tokens(), f"{seconds:.0f} s"))
                status.update(Text(f"{self._title}: {', '.join(parts)}"))


def local_tokens() -> str:
    """Return the tokens that the local model has read or written, as `N tokens read`; empty if none runs."""
    # Importing the module only to find that no local server runs would cost time.
    local = sys.modules.get("briefing.local.server")
    progress = local.running_progress() if local is not None else None
    if progress is None:
        return ""
    read, written = progress
    return f"{written} tokens written" if written else f"{read} tokens read"
