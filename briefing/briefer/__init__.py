"""`Briefer`: settings, connections and journal, and the methods that make briefings with them.

`connections` holds the models and what connects to them, `making` runs an article's plan with one of them, `briefer` is the
public class. This package must not know of commands, clusters or batches.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
