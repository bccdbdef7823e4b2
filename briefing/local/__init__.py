"""A model on this machine: its weights, and a llama.cpp server with the OpenAI protocol.

Finds or downloads the weights, starts the server in a process of its own, and stops it. It must not know what the
server is asked.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
