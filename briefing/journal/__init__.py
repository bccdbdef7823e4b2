"""The durable record of finished work, by fingerprint: one SQLite file.

Group commit from one writer thread, leases so that two processes do not pay for the same article twice, totals of
cost and usage. It stores and returns JSON; it must not know of schemas, prompts or models.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
