"""Entry point of the command."""

from __future__ import annotations

import signal
import sys
import threading

from briefing.gc_pause import collector_paused


def main() -> None:
    """Run the command. A Ctrl-C while its modules are imported ends the process without a traceback."""
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if ours:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    with collector_paused():
        from briefing.cli.app import main as run

    if ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run()
    except KeyboardInterrupt:  # before the command catches it, or behind it
        sys.exit(130)
