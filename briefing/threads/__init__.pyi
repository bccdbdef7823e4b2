from .calls import call_in_thread as call_in_thread
from .calls import call_with_timeout as call_with_timeout
from .exits import computing as computing
from .exits import waiting as waiting
from .forks import Lock as Lock
from .forks import cached_property as cached_property
