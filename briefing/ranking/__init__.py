"""Choice of the sentences that tell what an article is about, without a model.

Ranks the sentences of a `Source` by centrality, position, repetition and whether they can be understood alone, chooses a
headline among its lines, and finds the name that a sentence's first pronoun stands for. The input is a source, the output
are slices of it. It must not know of schemas, prompts or models.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
