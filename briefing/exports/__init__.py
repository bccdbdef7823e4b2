"""Results in the formats of other tools, and people's corrections back from annotation tools.

Each format has a module, and all are made from a `Document`: an article and the spans of it that a result points at.
`formats` is their table. It must not know of models, prompts or plans.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
