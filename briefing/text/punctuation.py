"""Marks that end a sentence, and marks that may stand behind them."""

import re

#: Marks that end a sentence.
TERMINAL_MARKS = ".!?…؟।。！？"
#: Marks that may stand behind them, escaped for a character class.
CLOSING_MARKS = r"\"'”“’»«)\]」』"
#: Ends of sentences, found fast: some are abbreviations, and "…" is not among them, as it may stand for words left out.
#: White space behind the marks is not part of a match.
SENTENCE_END = re.compile(rf"[.!?؟।][{CLOSING_MARKS}]*(?=\s)|[。！？][{CLOSING_MARKS}]*|\n\s*\n")
