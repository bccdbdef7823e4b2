"""Typed briefings of articles by an LLM: the model points, the library slices.

Every quote, mention and cited sentence of a `Briefing` is a span of the source; what cannot be
backed is marked.
"""

import lazy_loader

from briefing._version import damage, refuse

# Lazy: openai alone takes seconds to import, and reading a saved briefing needs none of it.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
if damage():
    __getattr__ = refuse
