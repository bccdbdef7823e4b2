"""Worker processes that make the briefings of one run over many articles, while one parent decides.

Workers read articles, call the model and check its answers. The parent owns the limits of the server, the budget, the
journal and the order: a worker asks it before each call, and reports how the call ended. A worker is a fresh interpreter,
connected by sockets. multiprocessing is not used, since its `spawn` imports the program's main module again, and its `fork`
copies threads' locks. This package must not know how a briefing is made: workers are sent an object that makes them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
