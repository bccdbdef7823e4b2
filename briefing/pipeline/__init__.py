"""From one article to its result: plans, their drivers, and the assembly of the result.

A plan is a generator of asks and does no I/O; a driver runs it, sync or async. A draft is repaired, its entities are
merged, and the result is assembled with its metadata, or read back from the journal. It must not know of many
articles, batches or the command line.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
