"""Messages and a status line on standard error."""

from __future__ import annotations

import contextlib
import re
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from briefing.errors import BriefingError, ModelFileError, ProviderError, one_line

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live
    from rich.spinner import Spinner

    from briefing.meta import Meta

USAGE, PROVIDER, PARTIAL, INTERRUPTED = 2, 3, 4, 130
#: Seconds between lines of progress where standard error is no terminal.
PLAIN_INTERVAL = 30.0

#: Options by the name of the Python argument.
_OPTIONS = {
    name: "--" + name.replace("_", "-")
    for name in (
        *("model", "base_url", "judge", "timeout", "deadline", "language", "prompt", "plan", "journal"),
        *("max_tokens_total", "allow_private", "style", "focus", "length", "on_unsupported"),
        *("encoding", "processes"),
    )
} | {
    "lang": "--language",
    "max_cost_usd": "--max-cost",
    "max_concurrency": "--concurrency",
    "requests_per_minute": "--rpm",
    "tokens_per_minute": "--tpm",
}
#: Names of arguments: those with an underscore, with or without `=` and a value; plain words only with `=`.
_ARGUMENT = re.compile(
    rf"(?<![\w-])(?P<name>{'|'.join(name for name in _OPTIONS if '_' in name)}|(?:{'|'.join(_OPTIONS)})(?==))\b"
    r"(?:=(?P<value>'[^']*'|[^\s,;]+?(?=[,;.]?(?:\s|$)))?)?"
)
#: Advice for Python, and what is possible here instead.
_ADVICE = (
    (re.compile(r"use Source\.from_file\(path, encoding='?([\w.-]+?)'?\)"), r"use --encoding \1"),
    (re.compile(r"--encoding \.\.\."), "--encoding NAME"),
    (re.compile(r"use Source\.from_feed\(…, pages=True\)"), "use --feed-pages"),
    (re.compile(r"Use Source\.from_feed, or give"), "Use --feed, or give"),
    (re.compile(r"use Source\.from_feed\b"), "use --feed"),
    (re.compile(r"For a page, use Source\.from_url\."), "Give a page or a text without --feed."),
    (re.compile(r"use Source\.from_url\b"), "give it with both slashes, as in https://news.example/article"),
    (re.compile(r"For a file, use Source\.from_file"), "For a file, give its path"),
    (re.compile(r"and use Source\.from_html\b"), "and give the file"),
    (re.compile(r"Give its password= to Source\.from_pdf\b"), "Save it without a password, and give that"),
    (re.compile(r" in sources=$"), " with --source"),
    (re.compile(r"\bor raise timeout=\."), "or save the page, and give the file."),
    (
        re.compile(r" Raise max_bytes= if it is an article\."),
        " If it is an article, save it, and give the file.",
    ),
    (re.compile(r", or raise max_attempts=| \(retry_failed=True\)"), ""),
)
_API_KEY = re.compile(r"api_key=, or |,? \(?or (?:pass )?api_key=\)?")


def say(message: str) -> None:
    """Print one line on standard error. What cannot be said there, as on a full disk, is not said."""
    with contextlib.suppress(OSError):
        print(one_line(message), file=sys.stderr)


def describe(error: BaseException) -> str:
    """Return an error's message with names of Python arguments replaced by command-line options."""

    def option(found: re.Match[str]) -> str:
        value = (found["value"] or "").strip("'").removeprefix("True")
        return _OPTIONS[found["name"]] + (f" {value}" if value else "")

    # There is no option for a key: an argument would show it in the list of processes.
    text = _API_KEY.sub("", str(error))
    for pattern, advice in _ADVICE:
        text = pattern.sub(advice, text)
    return _ARGUMENT.sub(option, text)


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


class LiveLine:
    """A line on standard error that is redrawn five times per second; silent if that is not a terminal.

    `render` returns the line, for a width in columns.
    """

    def __init__(self, render: Callable[[int], RenderableType]) -> None:
        self._render = render
        self._live: Live | None = None
        self.is_terminal = sys.stderr.isatty()

    def show(self) -> None:
        if not self.is_terminal or self._live is not None:
            return
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True, highlight=False)
        self._live = Live(
            get_renderable=lambda: self._render(console.width),
            console=console,
            refresh_per_second=5,
            transient=True,
            redirect_stdout=False,  # it may be a pipe
            redirect_stderr=False,
        )
        self._live.start()

    def hide(self) -> None:
        """Remove the line, so that the terminal can be written to."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def print(self, text: str) -> None:
        """Print a line on standard output, above the live line if both are on a terminal."""
        if self._live is not None and sys.stdout.isatty():
            self._live.console.print(text, markup=False, soft_wrap=True)
        else:
            print(text, flush=True)


class ProgressLine:
    """A context manager that shows a spinner with a title, a note and the elapsed seconds on standard error.

    If that is no terminal, the note is printed at intervals.

    Attributes:
        preview: shown above the spinner, if it is set.
    """

    def __init__(self) -> None:
        self.preview: RenderableType | None = None
        self._title, self._note, self._started = "", "", time.monotonic()
        self._line = LiveLine(self._render)
        self._last_line = self._started
        self._spinner: Spinner | None = None

    def begin(self, title: str) -> None:
        """Set the title, restart the clock and show the line."""
        self._title, self._note, self._started = one_line(title), "", time.monotonic()
        self._line.show()

    def note(self, text: str) -> None:
        self._note = one_line(text)
        now = time.monotonic()
        if not self._line.is_terminal and now - self._last_line >= PLAIN_INTERVAL:
            self._last_line = now
            say(f"briefing: {self._title}: {self._note}")

    @property
    def is_terminal(self) -> bool:
        """Whether somebody can see the line."""
        return self._line.is_terminal

    def end(self) -> None:
        self._line.hide()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.end()

    def _render(self, _width: int) -> RenderableType:
        from rich.console import Group
        from rich.spinner import Spinner
        from rich.text import Text

        parts = filter(None, (self._note, local_tokens(), f"{time.monotonic() - self._started:.0f} s"))
        self._spinner = self._spinner or Spinner("dots")
        self._spinner.update(text=Text(f"{self._title}: {', '.join(parts)}"))
        return self._spinner if self.preview is None else Group(self.preview, "", self._spinner)


def local_tokens() -> str:
    """Return the tokens that the local model has read or written, as `N tokens read`; empty if none runs."""
    # Importing the module only to find that no local server runs would cost time.
    local = sys.modules.get("briefing.local.server")
    progress = local.running_progress() if local is not None else None
    if progress is None:
        return ""
    read, written = progress
    return f"{written} tokens written" if written else f"{read} tokens read"
