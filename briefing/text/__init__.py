"""Analysis of plain text in one language, without quotations and without a model.

Sentence-level facts: language identification, Unicode normalization with offsets, names and where they occur,
numbers, dates, negation, word diffs. Every list of words of a language that is not about quotations has its home
here. It must not know of quotations, sources, prompts or models: the input is a string and a language code.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
