from .server import context_length as context_length
from .server import serve as serve
from .startup import OneTimeStart as OneTimeStart
from .weights import find as find
from .weights import known as known
from .weights import pull as pull
