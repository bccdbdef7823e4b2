from .antecedents import opening_antecedent as opening_antecedent
from .centrality import SentenceVectors as SentenceVectors
from .centrality import content_words as content_words
from .headline import extract_headline as extract_headline
from .headline import is_title as is_title
from .summary import extract_summary as extract_summary
