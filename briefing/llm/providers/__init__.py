"""Adapters: what differs between providers, behind one interface.

An `Adapter` makes the SDK's client, completes the requests that instructor makes, and reads answers, usage, endings and errors
into one form. A new provider is a module with a subclass of `Adapter` and an entry in `registry`: it has to say how a client is
made (`connect`, `create`, `configure`), how options are passed (`option_names`, `limit_names`, `parameters`,
`set_output_limit`), and how a response (`read_text`, `write_text`, `stop_reason`, `read_usage`) and an exception (`read_error`) are
read. Its counterpart is a `Protocol` in `briefing.testing.protocols`, so that the fault matrix runs over it. Adapters import their SDK
when a client is made. This package must not know of retries, budgets, deadlines or articles.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
