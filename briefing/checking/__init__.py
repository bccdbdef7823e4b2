"""The check of any text against articles, without a model: quotations, speakers, numbers, dates and names.

Finds for each quotation and sentence of a draft the passage of the articles that it may rest on, and what is different
there. The input is a draft and articles, the output a `Checked`. It must not know of schemas, prompts or models.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
