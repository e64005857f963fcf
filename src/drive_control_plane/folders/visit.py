"""Calls to Drive for one connection while one request is answered.

In: a path and parameters. Out: decoded answers. A token is asked for once; one that Google refuses is replaced once. A
call that fails for a passing cause is made once more.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from drive_control_plane.audit.log import Actor
from drive_control_plane.connections.access_tokens import AccessTokens, Request
from drive_control_plane.context import Context
from drive_control_plane.folders.answers import Answer, TokenRefusedError, later, read
from drive_control_plane.http.outbound import NoAnswerError, OversizeError, call
from drive_control_plane.http.problems import Problem
from drive_control_plane.security.secrets import hash_of

TRY_SECONDS: Final = 8.0
PAUSE_SECONDS: Final = 0.5
MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
_PICKER: Final = Actor("system", "folder picker")


class Visit:
    """Asks Drive as a connection's account."""

    def __init__(self, context: Context, tokens: AccessTokens, connection_id: str) -> None:
        self._context = context
        self._tokens = tokens
        self._connection_id = connection_id
        self._token: str | None = None
        self._turn = asyncio.Lock()

    async def get(self, path: str, params: Mapping[str, str], kind: type[Answer]) -> Answer:
        """Ask Drive. Raises what `answers.read` and `AccessTokens.grant` raise, but no `TokenRefusedError`."""
        token = await self._token_after(None)
        try:
            return await self._twice(token, path, params, kind)
        except TokenRefusedError:
            token = await self._token_after(token)
        try:
            return await self._twice(token, path, params, kind)
        except TokenRefusedError:
            raise Problem(
                502,
                "access_token_refused",
                "Google refuses the token that it has just given. Try again in some minutes; if it stays so, connect "
                "the account again.",
            ) from None

    async def _token_after(self, refused: str | None) -> str:
        """The token, another one than `refused`; calls that run at the same time share it."""
        async with self._turn:
            if self._token is None or self._token == refused:
                refused_hash = None if refused is None else hash_of(refused)
                wanted = Request(_PICKER, self._connection_id, refused_hash=refused_hash)
                self._token = (await self._tokens.grant(wanted)).access_token
            return self._token

    async def _twice(self, token: str, path: str, params: Mapping[str, str], kind: type[Answer]) -> Answer:
        try:
            return await self._once(token, path, params, kind)
        except Problem as problem:
            if problem.status != 503:
                raise
        await self._context.clock.sleep(PAUSE_SECONDS)
        return await self._once(token, path, params, kind)

    async def _once(self, token: str, path: str, params: Mapping[str, str], kind: type[Answer]) -> Answer:
        url = f"{self._context.settings.gdrive_api_base_url}/{path}"
        sent = {"params": params, "headers": {"Authorization": f"Bearer {token}"}}
        try:
            status, body = await call(self._context.http, "GET", url, TRY_SECONDS, MAX_ANSWER_BYTES, **sent)
        except NoAnswerError:
            raise later() from None
        except OversizeError:
            told = "An answer is larger than any that Google sends: see proxies."
            raise Problem(502, "unreadable_answer", told) from None
        return read(status, body, kind)
