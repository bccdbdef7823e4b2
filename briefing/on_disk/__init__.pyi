from .tables import OnDiskDict as OnDiskDict
from .tables import in_order as in_order
