"""Many articles concurrently: iterators of results over a scheduler.

A bounded number of articles is in progress; results come in order or as they finish; an article's error is a result
like any other. It must not know what is done with an article: it is given a function that makes a result.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
