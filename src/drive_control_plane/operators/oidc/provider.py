"""The identity provider over HTTP: what it says of itself, its keys, and tokens for codes.

In: settings, codes. Out: its endpoints, keys by name, id tokens as they came. What it says of itself is kept for an
hour; keys are asked for anew when one is not known, once a minute at most, so that nobody makes us flood it.
"""

import asyncio
import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from drive_control_plane.config import LOCAL_HOSTS
from drive_control_plane.context import Context
from drive_control_plane.http.outbound import NoAnswerError, OversizeError, call
from drive_control_plane.operators.oidc.errors import SignInError, mistrusted, unavailable

KEPT: Final = timedelta(hours=1)
KEYS_ASKED_EVERY: Final = timedelta(minutes=1)
PAUSE: Final = timedelta(seconds=5)
"""After it could not be asked what it is."""
TRY_SECONDS: Final = 5.0
MOST_ANSWER_BYTES: Final = 262_144
PATH: Final = "/sign-in/oidc/callback"
SCOPE: Final = "openid email profile"
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Those whose signatures only the owner of a key can make; with a shared secret, whoever reads it could."""


class Metadata(BaseModel):
    """What a provider says of itself (OpenID Connect Discovery 1.0)."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: list[str] = Field(default=["client_secret_basic"])
    authorization_response_iss_parameter_supported: bool = False


class Provider:
    """The provider of the settings; one of it an application."""

    def __init__(self, context: Context, issuer: str, client_id: str) -> None:
        self.issuer = issuer
        self.client_id = client_id
        self._context = context
        self._metadata: tuple[datetime, Metadata] | None = None
        self._keys: dict[str, jwt.PyJWK] = {}
        self._keys_at: datetime | None = None
        self._failed_at: datetime | None = None
        self._asking = asyncio.Lock()

    @property
    def redirect_uri(self) -> str:
        """Where it sends people back to."""
        return self._context.settings.control_plane_public_url + PATH

    async def metadata(self) -> Metadata:
        """What it says of itself. Raises `SignInError`."""
        now = self._context.clock.now()
        async with self._asking:
            if self._metadata is None or now >= self._metadata[0] + KEPT:
                self._metadata = now, await self._discovered(now)
            return self._metadata[1]

    async def _discovered(self, now: datetime) -> Metadata:
        """Ask it; who comes soon after a failure is not kept waiting for another."""
        if self._failed_at is not None and now < self._failed_at + PAUSE:
            raise unavailable()
        try:
            return _checked(await self._ask("GET", f"{self.issuer}/.well-known/openid-configuration"), self.issuer)
        except SignInError:
            self._failed_at = now
            raise

    async def authorization_url(self, state: str, nonce: str, challenge: str) -> str:
        """Where the browser is sent. Raises `SignInError`."""
        endpoint = (await self.metadata()).authorization_endpoint
        query = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    async def exchange(self, code: str, verifier: str) -> str:
        """The id token for a code. Raises `SignInError`."""
        metadata = await self.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        headers, fields = self._client(metadata.token_endpoint_auth_methods_supported)
        answer = await self._ask("POST", metadata.token_endpoint, {**form, **fields}, headers)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise mistrusted("id_token_missing")
        return token

    async def key(self, name: str | None) -> jwt.PyJWK:
        """One of its keys; a token need not name it where there is one alone. Raises `SignInError` for any other."""
        now = self._context.clock.now()
        async with self._asking:
            found = self._known(name) if self._keys_at is not None and now < self._keys_at + KEPT else None
            if found is None and (self._keys_at is None or now >= self._keys_at + KEYS_ASKED_EVERY):
                self._keys_at = now
                self._keys = await self._ask_for_keys()
            found = found or self._known(name)
        if found is None:
            raise mistrusted("key_unknown")
        return found

    def _known(self, name: str | None) -> jwt.PyJWK | None:
        if name is not None:
            return self._keys.get(name)
        return next(iter(self._keys.values())) if len(self._keys) == 1 else None

    async def _ask_for_keys(self) -> dict[str, jwt.PyJWK]:
        if self._metadata is None:
            raise unavailable()
        answer = await self._ask("GET", self._metadata[1].jwks_uri)
        try:
            found = jwt.PyJWKSet.from_dict(answer).keys
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
            raise mistrusted("keys_unreadable") from None
        fit = (key for key in found if key.public_key_use in {None, "sig"} and key.algorithm_name in ALGORITHMS)
        return {key.key_id or "": key for key in fit}

    def _client(self, methods: list[str]) -> tuple[dict[str, str], dict[str, str]]:
        """How the client shows who it is: a header and fields."""
        secret = self._context.settings.oidc_client_secret
        if secret is None:
            return {}, {"client_id": self.client_id}
        shown = secret.get_secret_value()
        if "client_secret_basic" in methods:
            pair = f"{quote(self.client_id, safe='')}:{quote(shown, safe='')}"  # RFC 6749, 2.3.1
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}, {}
        return {}, {"client_id": self.client_id, "client_secret": shown}

    async def _ask(
        self, method: str, url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Its JSON; a redirect is not followed. Raises `SignInError`."""
        sent = {"Accept": "application/json", **(headers or {})}
        http = self._context.http
        try:
            status, body = await call(http, method, url, TRY_SECONDS, MOST_ANSWER_BYTES, data=form, headers=sent)
        except (NoAnswerError, OversizeError):
            raise unavailable() from None
        return _json(status, body)


def _json(status: int, body: bytes) -> dict[str, Any]:
    if status in {400, 401, 403}:
        raise SignInError("code_refused", "The identity provider does not accept this sign-in. Sign in anew.")
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        raise unavailable() from None
    if status != 200 or not isinstance(read, dict):
        raise unavailable()
    return read


def _checked(answer: dict[str, Any], issuer: str) -> Metadata:
    try:
        metadata = Metadata.model_validate(answer)
    except ValidationError:
        raise mistrusted("discovery_unreadable") from None
    endpoints = metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri
    if metadata.issuer.rstrip("/") != issuer or not all(map(_is_safe, endpoints)):
        raise mistrusted("discovery_mismatch")
    return metadata


def _is_safe(url: str) -> bool:
    """Over TLS, unless it is on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)
