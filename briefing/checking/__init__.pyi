from .checked import Checked as Checked
from .checked import CheckedQuote as CheckedQuote
from .checked import CheckedStatement as CheckedStatement
from .drafts import check as check
