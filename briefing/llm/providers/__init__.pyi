from .adapter import Adapter as Adapter
from .adapter import Ending as Ending
from .adapter import ErrorFacts as ErrorFacts
from .adapter import missing_key_message as missing_key_message
from .adapter import usage_of as usage_of
from .openai_chat import OPENAI_CHAT as OPENAI_CHAT
from .registry import adapter_of as adapter_of
from .registry import adapters as adapters
