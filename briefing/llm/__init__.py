"""One ask of a language model: messages and a schema in, a validated answer out.

Wraps instructor and the providers' SDKs: HTTP calls, retries, deadlines, error mapping, usage, prices and spending
limits, grammars for local models, logging and tracing. `llm.sdk` is the only module that imports openai and instructor.
This package must not know of plans, journals or bulk runs.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
