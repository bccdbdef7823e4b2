"""The durable record of finished work, by fingerprint, in a SQLite file; and `Store`, the protocol of such records.

Group commit by one writer thread; claims with a lease, so that processes do not pay for the same article twice; totals of
cost and usage. It stores and returns JSON. It must not know of schemas, prompts or models.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
