"""What files of the Docs editors say: an item in, its text out.

A document that nobody wrote says what follows from its id and its name, about as much as its size. A spreadsheet's text
is its first sheet as CSV.
"""

import random
from collections.abc import Iterator
from itertools import count

from google_drive_emulator.world.items import SPREADSHEET, Item

MAX_TEXT_BYTES = 64 * 2**20
"""No text is longer, whatever size its document has."""

_BANK = 64
_VOCABULARY = """
account agenda amount annual answer archive autumn balance board branch brief budget campaign careful client
comment contract copy council credit current customer deadline decision delivery design detail draft early
estimate event export figure final follow forecast future goal growth handbook harbour history invoice journey
kitchen lesson letter library machine market meeting method minutes monthly museum north notice offer office
order outline paper partner payment picture planning policy price printer project proposal quarter question
receipt record region release report request result review river salary sample schedule season section service
shipment signal southern spring staff station summary supplier survey table team template ticket travel update
vendor version visit weekly winter workshop
"""
_WORDS = _VOCABULARY.split()


def document_text(item: Item) -> str:
    """Return what a file of the Docs editors says."""
    if item.traits.text is not None:
        return item.traits.text
    size = min(item.size or 0, MAX_TEXT_BYTES)
    lines = _rows(item) if item.mime_type == SPREADSHEET else _paragraphs(item)
    return _first_bytes(_joined(lines, size), size)


def _paragraphs(item: Item) -> Iterator[str]:
    yield item.name
    bank = [_sentence(words) for words in _samples(item, 14)]
    for number in count(1):
        yield f"{number}. {bank[number % _BANK]}"


def _sentence(words: list[str]) -> str:
    return " ".join(words).capitalize() + "."


def _rows(item: Item) -> Iterator[str]:
    yield "number,item,place,amount"
    bank = [",".join(words) for words in _samples(item, 2)]
    for number in count(1):
        yield f"{number},{bank[number % _BANK]},{number * 37 % 1000}"


def _samples(item: Item, length: int) -> list[list[str]]:
    chance = random.Random(item.id)
    return [chance.choices(_WORDS, k=length) for _ in range(_BANK)]


def _joined(lines: Iterator[str], size: int) -> str:
    """Join lines until there are at least so many bytes."""
    parts, length = [], 0
    for line in lines:
        parts.append(line)
        length += len(line) + 1
        if length > size:
            break
    return "\n".join(parts)


def _first_bytes(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")
