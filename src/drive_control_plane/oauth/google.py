"""Google's authorisation server and `about.get` over HTTP (facts F).

In: codes, refresh tokens, assertions. Out: grants and accounts, or `GoogleError`. What fails for a passing cause is
asked again some times, all of it within a deadline. Credentials never follow a redirect.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar
from urllib.parse import urlencode

from drive_control_plane.context import Context
from drive_control_plane.http.outbound import NoAnswerError, OversizeError, call
from drive_control_plane.oauth.answers import Account, Grant, GrantKind, check_revoked, read_account, read_grant
from drive_control_plane.oauth.errors import UnavailableError, error_of, unavailable

TRY_SECONDS: Final = 4.0
DEADLINE_SECONDS: Final = 12.0
"""For all tries together; less than what a statement of the database may take, for others wait behind a lock."""
PAUSES_SECONDS: Final = (0.5, 1.0)
MAX_ANSWER_BYTES: Final = 262_144

T = TypeVar("T")
Answer = tuple[int, bytes]


class Google:
    """Asks Google on behalf of one OAuth client."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._settings = context.settings

    def authorization_url(
        self, *, state: str, challenge: str, scopes: frozenset[str], login_hint: str | None = None
    ) -> str:
        """Where the browser is sent. A fresh consent each time, for only that gives a refresh token (facts F).

        Raises `ClientRefusedError` when no OAuth client is set.
        """
        client_id, _ = self._client()
        query = {
            "client_id": client_id,
            "redirect_uri": self._settings.redirect_uri,
            "response_type": "code",
            "scope": " ".join(sorted(scopes)),
            "access_type": "offline",
            "prompt": "consent",
            "include_granted_scopes": "false",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        } | ({"login_hint": login_hint} if login_hint else {})
        return f"{self._settings.google_auth_uri}?{urlencode(query)}"

    async def exchange(self, code: str, verifier: str) -> Grant:
        """Turn a code into a grant. Raises `GoogleError`.

        Codes are good once: a request that may have arrived is not sent again.
        """
        form = {"code": code, "code_verifier": verifier, "redirect_uri": self._settings.redirect_uri}
        return await self._grant(GrantKind.CODE, form | self._client_fields(), is_repeatable=False)

    async def refresh(self, refresh_token: str) -> Grant:
        """Turn a refresh token into an access token. Raises `GoogleError`."""
        return await self._grant(GrantKind.REFRESH, {"refresh_token": refresh_token} | self._client_fields())

    async def assert_grant(self, assertion: str) -> Grant:
        """Turn a service account's signed assertion into an access token. Raises `GoogleError`."""
        return await self._grant(GrantKind.ASSERTION, {"assertion": assertion})

    async def revoke(self, token: str) -> None:
        """End a grant by either of its tokens; all of the account's grants to this client end with it.

        Raises `GoogleError`.
        """

        async def call() -> None:
            status, _ = await self._ask("POST", self._settings.google_revoke_uri, form={"token": token})
            check_revoked(status)

        await self._repeated(call)

    async def account(self, access_token: str) -> Account:
        """Ask whose token it is. Raises `GoogleError`."""
        url = f"{self._settings.gdrive_api_base_url}/about?fields=user(permissionId,emailAddress,displayName)"

        async def call() -> Account:
            return read_account(*await self._ask("GET", url, headers={"Authorization": f"Bearer {access_token}"}))

        return await self._repeated(call)

    async def _grant(self, kind: GrantKind, fields: Mapping[str, str], *, is_repeatable: bool = True) -> Grant:
        form = {"grant_type": kind.value, **fields}

        async def call() -> Grant:
            asked_at = self._context.clock.now()
            return read_grant(*await self._ask("POST", self._settings.google_token_uri, form=form), asked_at, kind)

        return await self._repeated(call, is_repeatable=is_repeatable)

    async def _repeated(self, call: Callable[[], Awaitable[T]], *, is_repeatable: bool = True) -> T:
        pauses = PAUSES_SECONDS if is_repeatable else ()
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                for seconds in pauses:
                    try:
                        return await call()
                    except UnavailableError:
                        await self._context.clock.sleep(seconds * (1 + random.random()))  # noqa: S311 # no secret
                return await call()
        except TimeoutError:
            raise unavailable() from None

    async def _ask(
        self, method: str, url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        sent = {"Accept": "application/json", **(headers or {})}
        try:
            return await call(self._context.http, method, url, TRY_SECONDS, MAX_ANSWER_BYTES, data=form, headers=sent)
        except NoAnswerError:
            raise unavailable() from None
        except OversizeError:
            raise error_of("unreadable_answer") from None

    def _client_fields(self) -> dict[str, str]:
        client_id, secret = self._client()
        return {"client_id": client_id, "client_secret": secret}

    def _client(self) -> tuple[str, str]:
        client_id, secret = self._settings.google_client_id, self._settings.google_client_secret
        if not client_id or secret is None:
            raise error_of("oauth_client_missing")
        return client_id, secret.get_secret_value()
