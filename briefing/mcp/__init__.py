"""A server of the Model Context Protocol (MCP): agents summarize, read, locate quotations and check drafts.

It bounds what a result holds and what may be read. It must not know of the command line, which starts it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
