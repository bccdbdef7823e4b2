"""`briefing mcp`."""

from __future__ import annotations

import re
import signal
import sys

from briefing.cli.call_options import McpOptions
from briefing.cli.console import describe, say
from briefing.errors import BriefingError, ConfigurationError, MissingExtraError

#: Advice for the command line, and what an agent can do instead.
_ADVICE = (
    (re.compile(r"\bpass --allow-private\b"), "ask the user to start the server with --allow-private"),
    (re.compile(r"\buse --encoding [\w.-]*\w"), "give its text, or ask the user to save it as UTF-8"),
)


def _describe(error: BriefingError) -> str:
    """Return an error's message for an agent, which cannot give options."""
    text = describe(error)
    for pattern, advice in _ADVICE:
        text = pattern.sub(advice, text)
    return text


def run(options: McpOptions) -> int:
    """Serve until the client closes standard input, and return the exit code."""
    try:
        from briefing.mcp import Access, note, serve
    except ImportError as error:
        raise MissingExtraError("briefing mcp", "mcp") from error
    if options.allow_private and not options.allow_urls:
        raise ConfigurationError("--allow-private needs --allow-urls")
    access = Access.of(options.allow_path or (), urls=options.allow_urls, allow_private=options.allow_private)
    briefer = options.briefer(note, options.journal)
    if sys.stdin.isatty():
        say("briefing: waiting for messages of an MCP client on standard input; Ctrl-C ends")
    # Python's own handling would wait for a line of standard input, which the client may never send.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    serve(briefer, access, _describe)
    return 0
