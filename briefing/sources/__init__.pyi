from .source import Source as Source
