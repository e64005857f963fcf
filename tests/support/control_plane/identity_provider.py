"""An identity provider over HTTP that does what a test says, also what no honest one would.

In: who signs in, and what is to be wrong with their token. Out: OpenID Connect's discovery, authorisation (which asks
nobody), token endpoint (with PKCE and the client's secret checked) and keys.
"""

import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse
from tests.support.control_plane.serving import serving_app

CLIENT_ID, CLIENT_SECRET = "our client", "s3cret:/+"


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@dataclass
class Faker:
    """The provider. `claims` and `header` replace what it would say; None takes something away."""

    now: Callable[[], datetime]
    url: str = ""
    user: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)
    signer: Callable[[dict[str, Any], dict[str, Any]], str] | None = None
    """Makes another token of claims and header than the honest one."""
    refuses: str | None = None
    broken: bool = False
    key: rsa.RSAPrivateKey = field(default_factory=new_key)
    key_name: str = "key-1"
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def signs_in(self, email: str, subject: str = "", **claims: Any) -> None:
        """Who is there when the next browser comes."""
        self.user = {"sub": subject or f"sub-{email}", "email": email, "email_verified": True, "name": "Ada", **claims}

    def token(self, asked: dict[str, str]) -> str:
        issued = int(self.now().timestamp())
        honest = {"iss": self.url, "aud": CLIENT_ID, "iat": issued, "exp": issued + 300, "nonce": asked["nonce"]}
        claims = _but({**honest, **self.user}, self.claims)
        header = _but({"kid": self.key_name}, self.header)
        if self.signer is not None:
            return self.signer(claims, header)
        return jwt.encode(claims, self.key, "RS256", header)

    def keys(self) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self.key_name, "use": "sig"}]}


def _but(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**values, **changes}.items() if value is not None}


def _application(faker: Faker) -> FastAPI:
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> JSONResponse:
        faker.asked.append("discovery")
        if faker.broken:
            return JSONResponse({}, 500)
        endpoints = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        found = {"issuer": faker.url, **{name: f"{faker.url}/{path}" for name, path in endpoints.items()}}
        return JSONResponse({**found, **faker.discovery})

    @app.get("/keys")
    async def keys() -> JSONResponse:
        faker.asked.append("keys")
        return JSONResponse(faker.keys())

    @app.get("/authorize")
    async def authorize(request: Request) -> RedirectResponse:
        asked = dict(request.query_params)
        faker.asked.append("authorize")
        code = f"code-{len(faker.codes)}"
        faker.codes[code] = asked
        answer = {"error": faker.refuses} if faker.refuses else {"code": code}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({**answer, 'state': asked['state']})}", 302)

    @app.post("/token")
    async def token(request: Request) -> JSONResponse:
        faker.asked.append("token")
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = faker.codes.pop(form["code"], None)
        if asked is None or not _is_honest(asked, form, request.headers.get("authorization", "")):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "unused", "token_type": "Bearer", "id_token": faker.token(asked)})

    return app


def _is_honest(asked: dict[str, str], form: dict[str, str], authorization: str) -> bool:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
    shown = base64.b64encode(b"our%20client:s3cret%3A%2F%2B").decode()
    return (
        asked["code_challenge_method"] == "S256"
        and challenge == asked["code_challenge"]
        and form["redirect_uri"] == asked["redirect_uri"]
        and authorization == f"Basic {shown}"
    )


@asynccontextmanager
async def identity_provider(now: Callable[[], datetime]) -> AsyncIterator[Faker]:
    """Serve one."""
    faker = Faker(now)
    async with serving_app(_application(faker)) as url:
        faker.url = url
        yield faker
