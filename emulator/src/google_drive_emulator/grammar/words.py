"""Words of names and texts: text in, the words that a search compares out (facts A4).

A word is a run of letters and digits, whatever else stands between; case does not count.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

_WORD = re.compile(r"[^\W_]+")
_PHRASE = re.compile(r'"([^"]*)"')

TextTest: TypeAlias = Callable[[str], bool]


def words(text: str) -> list[str]:
    """Return the words of a text, in order and without their case."""
    return _WORD.findall(text.casefold())


def prefix_test(wanted: str) -> TextTest:
    """Return a test for texts in which each word of ``wanted`` is the beginning of some word."""
    prefixes = words(wanted)

    def test(text: str) -> bool:
        lowered = text.casefold()
        if not all(prefix in lowered for prefix in prefixes):
            return False
        found = _WORD.findall(lowered)
        return all(any(word.startswith(prefix) for word in found) for prefix in prefixes)

    return test


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search for text wants: words anywhere, and phrases of words that follow each other."""

    words: frozenset[str]
    phrases: Sequence[Sequence[str]]

    def in_all(self, texts: Sequence[str]) -> bool:
        """Tell whether several texts together have every word, and each phrase is in one of them."""
        lowered = [text.casefold() for text in texts]
        if not self._may_hold(lowered):
            return False
        found = [_WORD.findall(text) for text in lowered]
        if not all(any(word in each for each in found) for word in self.words):
            return False
        return all(any(_follows(phrase, each) for each in found) for phrase in self.phrases)

    def _may_hold(self, lowered: Sequence[str]) -> bool:
        """Spare texts that do not even have the letters the work of taking them apart."""
        pieces = self.words.union(*self.phrases)
        return all(any(piece in text for text in lowered) for piece in pieces)


def wanted_words(text: str) -> Wanted:
    """Read what is searched for: words, and phrases in double quotes."""
    phrases = [phrase for quoted in _PHRASE.findall(text) if (phrase := words(quoted))]
    return Wanted(frozenset(words(_PHRASE.sub(" ", text))), phrases)


def _follows(phrase: Sequence[str], found: Sequence[str]) -> bool:
    size = len(phrase)
    return any(found[start : start + size] == phrase for start in range(len(found) - size + 1))
