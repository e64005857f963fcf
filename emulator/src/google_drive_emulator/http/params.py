"""Query parameters: pairs of text in, typed values out, with Google's errors for what does not parse (facts A1)."""

from collections.abc import Iterable, Mapping

from google_drive_emulator.http.errors import mistyped, out_of_range

_TRUE = frozenset({"true", "1", "t", "y", "yes"})
_FALSE = frozenset({"false", "0", "f", "n", "no"})


class Params:
    """The parameters of a request; of a repeated one the first counts."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: Mapping[str, str] = dict(reversed(list(pairs)))

    def text(self, name: str) -> str | None:
        """Return a parameter as it was sent, or None."""
        return self._values.get(name)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean parameter. Raises ``DriveError`` for what is none."""
        text = self._values.get(name)
        if text is None:
            return default
        if text.lower() not in _TRUE | _FALSE:
            raise mistyped(_wire_name(name), "TYPE_BOOL", text)
        return text.lower() in _TRUE

    def page_size(self, default: int, maximum: int) -> int:
        """Return ``pageSize``. Raises ``DriveError`` for no number and for one out of range."""
        text = self._values.get("pageSize")
        if text is None:
            return default
        if not text.removeprefix("-").isdecimal() or not text.isascii() or len(text) > 10:
            raise mistyped("page_size", "TYPE_INT32", text)
        size = int(text)
        if not 1 <= size <= maximum:
            raise out_of_range("page_size", text, 1, maximum)
        return size


def _wire_name(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)
