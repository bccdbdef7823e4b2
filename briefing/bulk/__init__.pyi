from .iterators import AsyncResults as AsyncResults
from .iterators import Results as Results
from .iterators import check_articles as check_articles
from .run import ArticlesRun as ArticlesRun
from .run import LimiterRoom as LimiterRoom
from .run import PreparedArticle as PreparedArticle
from .run import Room as Room
from .run import most_waiting as most_waiting
