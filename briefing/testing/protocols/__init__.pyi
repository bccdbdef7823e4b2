from .protocol import Protocol as Protocol
from .protocol import Question as Question
from .protocol import Written as Written
from .registry import PROTOCOLS as PROTOCOLS
from .registry import ProtocolName as ProtocolName
