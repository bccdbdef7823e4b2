"""Protocols of a `FakeModel`: what a request asks for, and the forms of answers and errors.

A new protocol is a subclass of `Protocol` and an entry in `PROTOCOLS` of `registry`. It needs no SDK. This package must not
know of sockets.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
