"""A model on this machine: its weights, and a llama.cpp server that speaks the OpenAI protocol.

It finds or downloads the weights, and starts and stops the server, a child process. It must not know about prompts,
schemas or articles.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
