"""Analysis of plain text in one language, without a model.

Language identification, sentences, quotation marks and their pairs, Unicode normalization with offsets, names and their
mentions, numbers, dates, negation, word diffs. Every list of words of a language is here, but for those about reported
speech. The package must not know of speakers, sources, prompts or models: its input is a string and a language code.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
