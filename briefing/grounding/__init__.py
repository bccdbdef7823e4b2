"""From ids and free text to spans of the source, and checks of claims against their evidence.

Resolves sentence and quotation ids, names and copied text to spans, and reports what a statement says that its
evidence lacks. `Grounding` is the state of one such resolution. It must not know of pydantic schemas, prompts or
models.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
