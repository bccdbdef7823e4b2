"""Many articles concurrently: a scheduler, and iterators over its results.

Articles are read as they are needed, a bounded number is in progress, results come in order or as they finish, and an
article's error is yielded as its result. It must not know how a result is made: the caller passes a function.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
