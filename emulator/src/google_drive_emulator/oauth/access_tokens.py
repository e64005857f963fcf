"""Access tokens: what a token stands for in, sealed text out, and back.

A token carries its grant, the generation it was given in, its expiry and its scopes, and is sealed. So nothing is
stored for each one, and it can still expire, die with its grant, or be out of date all at once.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

import msgspec

PREFIX = "ya29.emulator."


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """What an access token says; ``scopes`` is None for all that its grant has."""

    grant: str
    generation: int
    expires_ms: int
    scopes: tuple[str, ...] | None
    nonce: str


class AccessTokens:
    """Makes access tokens and reads them; those of another process are none."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._generation = 0

    def outdate(self) -> None:
        """Outdate all tokens made so far."""
        self._generation += 1

    def make(self, grant: str, expires_ms: int, scopes: tuple[str, ...] | None = None) -> str:
        """Return a new token of a grant."""
        ticket = Ticket(grant, self._generation, expires_ms, scopes, secrets.token_hex(4))
        text = urlsafe_b64encode(msgspec.msgpack.encode(ticket)).decode().rstrip("=")
        return f"{PREFIX}{text}.{self._seal(text)}"

    def read(self, token: str, now_ms: int) -> Ticket | None:
        """Return what a token says; None for one that was not made here, has expired or is outdated."""
        text, _, seal = token.removeprefix(PREFIX).rpartition(".")
        if not token.startswith(PREFIX) or seal != self._seal(text):
            return None
        ticket = msgspec.msgpack.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Ticket)
        fresh = ticket.generation == self._generation and now_ms < ticket.expires_ms
        return ticket if fresh else None

    def _seal(self, text: str) -> str:
        return blake2b(text.encode(errors="surrogatepass"), key=self._key, digest_size=12).hexdigest()
