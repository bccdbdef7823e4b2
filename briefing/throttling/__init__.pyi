from .headers import retry_after as retry_after
from .limiter import FIRST_CALL as FIRST_CALL
from .limiter import RESPONSE_HEADERS as RESPONSE_HEADERS
from .limiter import Limiter as Limiter
from .options import ThrottlingOptions as ThrottlingOptions
from .options import limit_from_options as limit_from_options
