"""`briefing mcp`."""

from __future__ import annotations

import signal
import sys

from briefing.cli.call_options import McpOptions
from briefing.cli.console import describe, say
from briefing.errors import MissingExtraError


def run(options: McpOptions) -> int:
    """Serve until the client closes standard input, and return the exit code."""
    try:
        from briefing.mcp import Access, note, serve
    except ImportError as error:
        raise MissingExtraError("briefing mcp", "mcp") from error
    access = Access.of(options.allow_path or (), urls=options.allow_urls, allow_private=options.allow_private)
    briefer = options.briefer(note, options.journal)
    if sys.stdin.isatty():
        say("briefing: waiting for messages of an MCP client on standard input; Ctrl-C ends")
    # Python's own handling would wait for a line of standard input, which the client may never send.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    serve(briefer, access, describe)
    return 0
