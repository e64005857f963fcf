"""``fullText``: an item in, whether its texts have what is searched for out (facts A4).

Searched are name, description, indexable text, what a document says, and small blobs that are text. Larger blobs and
those that are not text are found by their names and descriptions only.
"""

from collections.abc import Callable, Iterator

from google_drive_emulator.grammar.expressions import Comparison, Expression, leaves
from google_drive_emulator.grammar.words import wanted_words
from google_drive_emulator.world.items import Item

_SEARCHED_BYTES = 65_536
_TEXT_TYPES = frozenset(
    {
        "application/json",
        "application/javascript",
        "application/rtf",
        "application/sql",
        "application/toml",
        "application/x-ndjson",
        "application/x-sh",
        "application/xml",
        "application/yaml",
    }
)


def full_text_test(text: str) -> Callable[[Item], bool]:
    """Return a test for items whose texts have all words and phrases of a search."""
    wanted = wanted_words(text)

    def test(item: Item) -> bool:
        texts = list(_texts(item))
        if wanted.in_all(texts):
            return True
        content = _content_text(item)
        return content is not None and wanted.in_all([*texts, content])

    return test


def relevance(expression: Expression | None) -> Callable[[Item], int]:
    """Return how far down an item comes among the results of a query that searches for text.

    What the name has counts for more than what is said elsewhere: each search that the name answers lifts an item.
    """
    searches = [
        wanted_words(str(leaf.value))
        for leaf in leaves(expression)
        if isinstance(leaf, Comparison) and leaf.term == "fullText"
    ]
    return lambda item: -sum(wanted.in_all([item.name]) for wanted in searches)


def _texts(item: Item) -> Iterator[str]:
    yield item.name
    yield from filter(None, (item.description, item.traits.indexable_text, item.traits.text))


def _content_text(item: Item) -> str | None:
    """Return what a small blob of text says; None for all other items, and for what can no longer be read."""
    content = item.content
    if content is None or content.size > _SEARCHED_BYTES or not _is_text(item.mime_type):
        return None
    try:
        return content.read(0, content.size).decode("utf-8", "replace")
    except OSError:
        return None


def _is_text(mime_type: str) -> bool:
    return mime_type.startswith("text/") or mime_type in _TEXT_TYPES or mime_type.endswith(("+json", "+xml"))
