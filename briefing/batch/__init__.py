"""Briefings by the provider's batch API: half the price, within a day. See docs/BATCH.md.

Submits, polls and collects batches; runs the plans of `pipeline` on recorded answers, and keeps all state in the
journal's SQLite file, so that a process may end at any point. It must not know of the command line.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
