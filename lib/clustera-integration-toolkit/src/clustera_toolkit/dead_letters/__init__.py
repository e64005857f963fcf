"""Dead letters: what could not be applied, looked at and sent again.

In: a cluster and its `.dlq` topics. Out: letters, and messages on the topics that they were first sent to.
"""

from clustera_toolkit.dead_letters.letter import ATTEMPTS, Letter, LetterId, attempts_of, marked_by, read_letter
from clustera_toolkit.dead_letters.shelf import NewestLetters, Shelf, TooManyLettersError, Wanted, value_of

__all__ = [
    "ATTEMPTS",
    "Letter",
    "LetterId",
    "NewestLetters",
    "Shelf",
    "TooManyLettersError",
    "Wanted",
    "attempts_of",
    "marked_by",
    "read_letter",
    "value_of",
]
