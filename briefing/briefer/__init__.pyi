from .briefer import Articles as Articles
from .briefer import Briefer as Briefer
from .briefer import ManyArticlesOptions as ManyArticlesOptions
from .briefer import T as T
from .connections import Progress as Progress
from .making import Article as Article
from .making import PromptLike as PromptLike
