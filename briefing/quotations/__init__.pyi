from .coreference import antecedent as antecedent
from .coreference import reporting_subjects as reporting_subjects
from .cue_lexicon import cues_for as cues_for
from .cue_lexicon import is_pronoun as is_pronoun
from .extraction import Quotation as Quotation
from .extraction import read_quotations as read_quotations
from .marks import find_marks as find_marks
from .reports import reports_speech as reports_speech
