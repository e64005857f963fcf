"""A connection's access token while its channels are worked on.

In: where tokens come from. Out: calls of Google with it. One that Google refuses before its time (the password was
changed, the grant revoked) is replaced once, by whoever is refused first; where there is no other one, that is the end.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from drive_control_plane.http.problems import Problem
from drive_control_plane.security.secrets import hash_of
from drive_control_plane.webhooks.google import TokenRefusedError

Answer = TypeVar("Answer")
TokenOf = Callable[[str, str | None], Awaitable[str]]
"""A connection's access token by its id, and by the SHA-256 of one that Google refused. Raises `Problem`."""


class HeldToken:
    """One connection's token, for one turn."""

    def __init__(self, token: str, other: Callable[[str], Awaitable[str]]) -> None:
        self._token = token
        self._other = other
        self._turn = asyncio.Lock()
        self._is_second = False
        self._problem: Problem | None = None

    async def use(self, call: Callable[[str], Awaitable[Answer]]) -> Answer:
        """Call with the token, and once more with another one if it is refused. Raises `Problem`, and what calls do."""
        token = self._token
        try:
            return await call(token)
        except TokenRefusedError:
            async with self._turn:
                if self._token == token:
                    await self._replace()
        return await call(self._token)

    async def _replace(self) -> None:
        if self._problem is not None:
            raise self._problem
        if self._is_second:
            raise TokenRefusedError("Google refuses one access token after the other")
        try:
            self._token = await self._other(hash_of(self._token))
            self._is_second = True
        except Problem as problem:
            self._problem = problem
            raise


async def held_token(token_of: TokenOf, connection_id: str) -> HeldToken:
    """A connection's token, held. Raises `Problem`."""
    return HeldToken(await token_of(connection_id, None), lambda refused: token_of(connection_id, refused))
