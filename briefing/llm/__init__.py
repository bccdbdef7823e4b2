"""One ask of a language model: messages and a schema in, a validated answer out.

Wraps instructor and the providers' SDKs: HTTP calls, retries, deadlines, error mapping, usage, prices and spending
limits, grammars for local models, logging and tracing. What differs between providers is in `llm.providers`. Only those adapters and
`llm.sdk` import instructor and the SDKs. This package must not know of plans, journals or bulk runs.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
