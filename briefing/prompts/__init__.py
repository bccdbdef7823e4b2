"""Prompt templates, and the view of the article that they show.

Loads and renders prompt files (YAML with Jinja templates, sandboxed); numbers the sentences and marks the
quotations of an article. The templates that ship with the library are the YAML files in the repository's top-level
``prompts/`` folder, which the wheel holds in this package. It must not know of providers or plans.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
