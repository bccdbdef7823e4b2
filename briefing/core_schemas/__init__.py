"""Validators for values that the validators of a schema's author have seen already.

They are made from pydantic's core schema of a model. It must not know of articles or of the grounded types.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
