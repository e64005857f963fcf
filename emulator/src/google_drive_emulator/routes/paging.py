"""Page tokens of listings: a call in, where its page starts out; where a page stopped in, a token out (facts A4)."""

from collections.abc import Sequence
from typing import TypeVar

from msgspec.structs import replace

from google_drive_emulator.grammar.pages import InvalidPageTokenError, PageToken, read_token, write_token
from google_drive_emulator.http.calls import Call
from google_drive_emulator.http.errors import invalid_value, page_token_expired
from google_drive_emulator.state import EmulatorState

ElementT = TypeVar("ElementT")

_HOUR_MS = 3_600_000


def start_of(state: EmulatorState, call: Call, listing: str) -> PageToken | None:
    """Return where the page that a call wants starts; None at the beginning.

    ``listing`` names what tokens are bound to. Raises ``DriveError`` for a token of another listing (400) and for one
    that is too old (403).
    """
    text = call.params.text("pageToken")
    if not text:
        return None
    try:
        token = read_token(text, listing)
    except InvalidPageTokenError:
        raise invalid_value("pageToken") from None
    if state.world.clock() > token.issued_ms + state.pages.token_hours * _HOUR_MS:
        raise page_token_expired()
    return token


def token_text(state: EmulatorState, token: PageToken, listing: str) -> str:
    """Write a token that is good from now on."""
    return write_token(replace(token, issued_ms=state.world.clock()), listing)


def slice_of(
    state: EmulatorState, call: Call, elements: Sequence[ElementT], size: int, listing: str
) -> tuple[Sequence[ElementT], str | None]:
    """Return a page of a short list, and the token of the next one, or None. Raises ``DriveError``."""
    listing = f"{listing} for {call.user.email}"
    token = start_of(state, call, listing)
    start = 0 if token is None else token.position
    stop = start + size
    following = token_text(state, PageToken(stop), listing) if stop < len(elements) else None
    return elements[start:stop], following
