"""A dict and a sort for as many values as there are articles: from some number on, they are in a temporary file.

The file is a SQLite database without a name, which is gone when its process ends. It must not know what is stored.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
