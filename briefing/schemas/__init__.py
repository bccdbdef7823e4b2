"""Grounded pydantic types and the default result, `Briefing`.

Each grounded type has two JSON schemas: the validation schema is the wire form that the model writes (ids, short
names), the serialization schema is the result (spans). Also: wire schemas for providers, verification of a result
against a text, pickling of generic models. It must not know of plans, prompts, providers or the journal.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
