from .adaptive_limit import PaceOptions as PaceOptions
from .adaptive_limit import pace_of as pace_of
from .headers import retry_after as retry_after
from .limiter import HEADERS as HEADERS
from .limiter import Gate as Gate
