"""The ``query`` of the Admin Directory: text in, a test over named texts out (facts D).

Clauses divided by spaces, which must all hold: ``name:Jane`` (a part of it), ``email:jane*`` (its beginning),
``name='Jane Doe'`` (all of it), or a word alone, which any of the fields may begin with. Case does not count.
"""

import re
from collections.abc import Collection, Iterator, Mapping

import msgspec

_CLAUSE = re.compile(
    r"""\s*(?:(?P<field>[A-Za-z]\w*)(?P<sign>[:=]))?(?:'(?P<quoted>[^']*)'|(?P<word>[^\s':=]+))(?=\s|$)"""
)


class InvalidDirectoryQueryError(ValueError):
    """The text is no query, or names a field that there is not."""


class Clause(msgspec.Struct, frozen=True):
    """One condition; ``field`` is empty for a word that any field may begin with. ``text`` is casefolded."""

    field: str
    is_exact: bool
    text: str

    def holds(self, values: Mapping[str, str]) -> bool:
        """Tell whether the values of the fields meet this."""
        if not self.field:
            return any(value.casefold().startswith(self.text) for value in values.values())
        value = values[self.field].casefold()
        if self.text.endswith("*"):
            return value.startswith(self.text.removesuffix("*"))
        return value == self.text if self.is_exact else self.text in value


def parse_directory_query(text: str, fields: Collection[str]) -> tuple[Clause, ...]:
    """Parse a query over some fields. Raises ``InvalidDirectoryQueryError``; an empty text has no clauses."""
    return tuple(_clauses(text, fields))


def _clauses(text: str, fields: Collection[str]) -> Iterator[Clause]:
    place, end = 0, len(text.rstrip())
    while place < end:
        found = _CLAUSE.match(text, place)
        if found is None or (found["field"] and found["field"] not in fields):
            raise InvalidDirectoryQueryError(text[place:].strip())
        value = found["word"] if found["quoted"] is None else found["quoted"]
        yield Clause(found["field"] or "", found["sign"] == "=", value.casefold())
        place = found.end()
