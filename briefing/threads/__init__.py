"""Threads that are abandoned, threads at a fork, and threads at the interpreter's exit.

Locks that a forked child can use, whoever held them in its parent, and calls in daemon threads that the interpreter's exit
does not cut off in compiled code. It must not know what the threads do.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
