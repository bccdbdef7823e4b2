"""Rate and concurrency limits of calls to one server.

`AdaptiveLimit` learns the server's limits from latencies, 429 responses and rate-limit headers, and never waits;
`Limiter` is the queue in which calls wait. This package must not know what a call asks.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
