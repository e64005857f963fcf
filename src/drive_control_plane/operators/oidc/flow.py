"""A sign-in under way: to the identity provider, and back.

In: a browser, then the provider's answer. Out: where to go, and a cookie; then who it is. The state is known to the
cookie alone, which is sealed, good for ten minutes, and taken back by the first answer; codes are good once at the
provider. So nothing of it is kept here.
"""

import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from drive_control_plane.context import Context
from drive_control_plane.operators.oidc.errors import SignInError, mistrusted
from drive_control_plane.operators.oidc.id_tokens import Identity, identity_in
from drive_control_plane.operators.oidc.provider import Provider
from drive_control_plane.security.secrets import challenge_of, hash_of, is_secret_of, new_secret
from drive_control_plane.security.vault import VaultError

LIFETIME: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Started:
    """Where to send the browser, and what its cookie holds."""

    url: str
    state: str = field(repr=False)
    sealed: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the provider's parameters, and the browser's cookie."""

    state: str = field(repr=False)
    sealed: str = field(repr=False)
    code: str = field(repr=False)
    error: str
    issuer: str | None


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    purpose: str
    state_hash: str
    nonce: str
    verifier: str
    started_at: datetime


_PURPOSE: Final = "oidc sign-in"
"""The vault's keys seal other things, too."""


async def start(context: Context, provider: Provider) -> Started:
    """Begin. Raises `SignInError`."""
    state, nonce, verifier = new_secret(), new_secret(), new_secret()
    url = await provider.authorization_url(state, nonce, challenge_of(verifier))
    kept = _Kept(
        purpose=_PURPOSE, state_hash=hash_of(state), nonce=nonce, verifier=verifier, started_at=context.clock.now()
    )
    return Started(url, state, context.vault.seal(kept.model_dump_json()).decode())


async def finish(context: Context, provider: Provider, answer: Answer) -> Identity:
    """Who came back. Raises `SignInError`."""
    kept = _opened(context, answer)
    if answer.error:
        raise SignInError("refused_by_provider", "The identity provider did not sign you in. Try again, or ask there.")
    metadata = await provider.metadata()
    is_told = answer.issuer is not None or metadata.authorization_response_iss_parameter_supported
    if is_told and not hmac.compare_digest((answer.issuer or "").encode(), metadata.issuer.encode()):
        raise mistrusted("foreign_issuer")
    if not answer.code:
        raise mistrusted("code_missing")
    token = await provider.exchange(answer.code, kept.verifier)
    return await identity_in(token, provider, metadata.issuer, kept.nonce, context.clock.now())


def _opened(context: Context, answer: Answer) -> _Kept:
    """What the browser kept for this answer. Raises `SignInError`."""
    foreign = SignInError(
        "unknown_sign_in", "This sign-in was not begun in this browser, or was answered already. Sign in anew."
    )
    try:
        kept = _Kept.model_validate(json.loads(context.vault.open(answer.sealed.encode("ascii"))))
    except (VaultError, ValidationError, ValueError, RecursionError):
        raise foreign from None
    if kept.purpose != _PURPOSE or not is_secret_of(answer.state, kept.state_hash):
        raise foreign
    if context.clock.now() >= kept.started_at + LIFETIME:
        raise SignInError("sign_in_expired", "The sign-in took longer than ten minutes. Sign in anew.")
    return kept
