"""Articles in: from strings, files, bytes, web pages and URLs to one `Source`; from feeds to several.

Decodes, extracts the visible text of HTML, Markdown, mails, feeds, PDFs and other documents, and fetches URLs safely. `Source` computes its language,
sentences and quotations on first use. It must not know of prompts, schemas or models.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
