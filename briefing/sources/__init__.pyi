from .encodings import MAX_FILE_BYTES as MAX_FILE_BYTES
from .encodings import SUFFIXES as SUFFIXES
from .feed_entries import FeedEntry as FeedEntry
from .feed_entries import feed_entries as feed_entries
from .fetching import certificates_error as certificates_error
from .formats import UNREAD as UNREAD
from .source import Source as Source
from .yaml_text import load_yaml as load_yaml
