"""Results for people: an HTML page beside the article, Markdown with footnotes, a page for a terminal.

Everything is made from a result as JSON data, as `model_dump(mode="json")` gives it, and from the article's text if it is
there; `briefing.report` writes one page for any number of articles. It must not know of schemas, models or prompts.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
