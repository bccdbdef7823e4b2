"""The `briefing` command: parses options, calls the library, prints.

It must hold nothing that a user of the Python API would need.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
