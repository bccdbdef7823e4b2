"""Quotation extraction and attribution, without a model.

Groups the pieces of text in any language's quotation marks to quotations, classifies them as speech or other, and
attributes them to the speaker that the reporting clause names. The input is a string and a language code, the output
are offsets into it. It must not know where a text came from, nor of schemas, prompts or models.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
