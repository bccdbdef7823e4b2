"""How fast many calls may go to one server.

An adaptive concurrency and rate limit that learns from latencies, 429 responses and rate-limit headers
(`adaptive_limit`, which never waits), and the limiter at which calls wait. It must not know what is asked.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
