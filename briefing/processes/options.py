"""The option `processes`."""

from __future__ import annotations

import os
from typing import Literal

from briefing.errors import ConfigurationError

Processes = int | Literal["auto"]
#: Most workers of "auto": one parent serves some ten.
_MOST = 8


def check_processes(processes: object) -> Processes:
    """Return the option if it is valid.

    Raises:
        ConfigurationError: it is not a positive integer or "auto".
    """
    if processes == "auto":
        return "auto"
    if not isinstance(processes, int) or isinstance(processes, bool) or processes < 1:
        raise ConfigurationError(f'processes must be a positive integer or "auto", not {processes!r}')
    return processes


def automatic_count() -> int:
    """Return the number of workers of "auto": one for each core that this process may use, up to a limit."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MOST)
