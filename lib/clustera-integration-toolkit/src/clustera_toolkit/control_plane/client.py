"""The worker's side of the contract: from a client's secret to access tokens of connections.

In: `CONTROL_PLANE_BASE_URL`, `CONTROL_PLANE_CLIENT_ID`, `CONTROL_PLANE_CLIENT_SECRET`. Out: `AccessGrant`s, kept until
shortly before they end. However many ask at once, the control plane is asked once.
"""

import base64
import hashlib
from collections import OrderedDict
from datetime import datetime, timedelta
from functools import partial
from typing import Self
from urllib.parse import quote, quote_plus

from pydantic import SecretStr

from clustera_toolkit.control_plane.answers import AccessGrant, Answer, MachineToken, read_grant, read_token
from clustera_toolkit.control_plane.errors import ClientRefusedError
from clustera_toolkit.control_plane.held import Held
from clustera_toolkit.control_plane.http import Http
from clustera_toolkit.control_plane.retry import Schedule, retrying
from clustera_toolkit.timing import REAL_TIMING, Timing

__all__ = ["ControlPlaneClient"]

SPARE_SECONDS = 225.0
"""So long before its end a token is replaced, or at half of a shorter life; what began with it may still finish."""
REFUSED_SECONDS = 30.0
"""So long a refused secret is not shown again: each connection would do it, and the control plane counts."""
MOST_GRANTS = 10_000
Key = tuple[str, str | None]


class ControlPlaneClient:
    """Asks one control plane; an asynchronous context manager. Raises `ValueError` for an address that is none."""

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: SecretStr,
        *,
        schedule: Schedule | None = None,
        timing: Timing = REAL_TIMING,
        http: Http | None = None,
    ) -> None:
        self._http = http or Http(base_url)
        self._client_id = client_id
        self._secret = client_secret
        self._schedule = schedule or Schedule()
        self._timing = timing
        self._machine: Held[MachineToken] = Held(self._obtain_token, timing)
        self._refused: tuple[str, datetime] | None = None
        self._grants: OrderedDict[Key, Held[AccessGrant]] = OrderedDict()
        self._refused_grants: dict[Key, str] = {}

    async def __aenter__(self) -> Self:
        await self._http.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Give up what is under way, forget all tokens, close all connections."""
        for grant in self._grants.values():
            await grant.end()
        await self._machine.end()
        self._grants.clear()
        self._machine = Held(self._obtain_token, self._timing)
        await self._http.close()

    async def access_token(self, connection_id: str, subject: str | None = None) -> AccessGrant:
        """Give a connection's access token, which is good for some minutes yet.

        Raises `UnknownConnectionError`, `ReauthorizationRequiredError`, or another `ControlPlaneError`.
        """
        return await self._held_for((connection_id, subject)).get()

    def invalidate(self, connection_id: str, grant: AccessGrant, subject: str | None = None) -> None:
        """Take back a grant whose token was refused; a newer one is left alone. The control plane is told of it."""
        held = self._grants.get((connection_id, subject))
        if held is not None:
            held.drop(grant)
            if len(self._refused_grants) >= MOST_GRANTS:  # of connections that nobody asks for any more
                self._refused_grants.clear()
            self._refused_grants[connection_id, subject] = hashlib.sha256(grant.access_token.encode()).hexdigest()

    def _held_for(self, key: Key) -> Held[AccessGrant]:
        held = self._grants.get(key)
        if held is None:
            held = self._grants[key] = Held(partial(self._obtain_grant, *key), self._timing)
            if len(self._grants) > MOST_GRANTS:
                self._grants.popitem(last=False)
        self._grants.move_to_end(key)
        return held

    async def _obtain_grant(self, connection_id: str, subject: str | None) -> tuple[AccessGrant, datetime]:
        path = f"/v1/connections/{quote(connection_id, safe='')}/access-token"
        body = {} if subject is None else {"subject": subject}
        if (refused := self._refused_grants.pop((connection_id, subject), None)) is not None:
            body["refused_sha256"] = refused
        grant = await retrying(partial(self._ask_for_grant, path, body), self._schedule, self._timing)
        lifetime = (grant.expires_at - self._timing.now()).total_seconds()
        return grant, grant.expires_at - _spare(lifetime)

    async def _ask_for_grant(self, path: str, body: dict[str, str]) -> AccessGrant:
        answer = await self._post(path, body, await self._machine.get())
        return read_grant(answer)

    async def _post(self, path: str, body: dict[str, str], token: MachineToken) -> Answer:
        """POST as this client; with a new token once more where the first is refused."""
        answer = await self._http.post(path, f"Bearer {token.value}", json=body)
        if answer.status != 401:
            return answer
        self._machine.drop(token)
        newer = await self._machine.get()
        return await self._http.post(path, f"Bearer {newer.value}", json=body)

    async def _obtain_token(self) -> tuple[MachineToken, datetime]:
        asked_at = self._timing.now()
        if self._refused is not None and asked_at < self._refused[1]:
            raise ClientRefusedError(self._refused[0])
        answer = await self._http.post("/oauth/token", self._basic(), data={"grant_type": "client_credentials"})
        try:
            token = read_token(answer)
        except ClientRefusedError as error:
            self._refused = (str(error), asked_at + timedelta(seconds=REFUSED_SECONDS))
            raise
        lifetime = timedelta(seconds=token.lifetime_seconds)
        return token, asked_at + lifetime - _spare(token.lifetime_seconds)

    def _basic(self) -> str:
        """Both parts are form-encoded within it (RFC 6749, 2.3.1)."""
        pair = f"{quote_plus(self._client_id)}:{quote_plus(self._secret.get_secret_value())}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _spare(lifetime_seconds: float) -> timedelta:
    return timedelta(seconds=min(SPARE_SECONDS, max(lifetime_seconds, 0.0) / 2))
