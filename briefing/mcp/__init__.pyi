from .access import Access as Access
from .server import make_server as make_server
from .server import note as note
from .server import serve as serve
