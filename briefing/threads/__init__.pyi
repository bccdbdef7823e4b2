from .exits import computing as computing
from .exits import waiting as waiting
from .forks import Lock as Lock
from .forks import cached_property as cached_property
