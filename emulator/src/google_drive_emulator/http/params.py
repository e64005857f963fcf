"""Query parameters: pairs of text in, typed values out, with Google's errors for what does not parse (facts A1)."""

from collections.abc import Iterable, Iterator, Mapping

from google_drive_emulator.http.errors import mistyped, out_of_range

GLOBAL = frozenset(
    {
        "$.xgafv",
        "access_token",
        "alt",
        "callback",
        "fields",
        "key",
        "oauth_token",
        "prettyPrint",
        "quotaUser",
        "uploadType",
        "upload_protocol",
        "userIp",
    }
)
"""What every method takes, whatever else it declares."""

_TRUE = frozenset({"true", "1", "t", "y", "yes"})
_FALSE = frozenset({"false", "0", "f", "n", "no"})
_INT32_CHARACTERS = 11


class Params:
    """The parameters of a request; of a repeated one the first counts, but ``texts`` gives all.

    ``read`` holds the names that were asked for so far.
    """

    __slots__ = ("_pairs", "_values", "read")

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs = tuple(pairs)
        self._values: Mapping[str, str] = dict(reversed(self._pairs))
        self.read: set[str] = set()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._pairs)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str | None:
        """Return a parameter as it was sent, or None."""
        self.read.add(name)
        return self._values.get(name)

    def texts(self, name: str) -> list[str]:
        """Return all values of a parameter that may be repeated, in their order."""
        self.read.add(name)
        return [value for key, value in self._pairs if key == name]

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean parameter. Raises ``DriveError`` for what is none."""
        text = self.text(name)
        if text is None:
            return default
        lowered = text.lower()
        if lowered in _TRUE:
            return True
        if lowered in _FALSE:
            return False
        raise mistyped(_wire_name(name), "TYPE_BOOL", text)

    def is_true(self, name: str) -> bool:
        """Tell whether a boolean is the word ``true``, the only text that switches a check on (facts A1).

        Raises ``DriveError`` for what is no boolean.
        """
        self.flag(name)
        return self._values.get(name, "").lower() == "true"

    def integer(self, name: str) -> int | None:
        """Return a 32-bit number, or None. Raises ``DriveError`` for what is none."""
        text = self.text(name)
        if text is None:
            return None
        is_whole = text.isascii() and text.removeprefix("-").isdecimal() and len(text) <= _INT32_CHARACTERS
        if not is_whole or not -(2**31) <= int(text) < 2**31:
            raise mistyped(_wire_name(name), "TYPE_INT32", text)
        return int(text)

    def bounded(self, name: str, default: int, low: int, high: int) -> int:
        """Return a number within its range. Raises ``DriveError`` for no number and for one out of range."""
        number = self.integer(name)
        if number is None:
            return default
        if not low <= number <= high:
            raise out_of_range(_wire_name(name), str(number), low, high)
        return number

    def page_size(self, default: int, maximum: int) -> int:
        """Return ``pageSize``. Raises ``DriveError`` for no number and for one out of range."""
        return self.bounded("pageSize", default, 1, maximum)


def _wire_name(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)
