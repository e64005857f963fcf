"""A request for authorisation: the parameters of a page's address in, what a client asks for out (facts F).

What is wrong is said to the person at the browser, for a bad request must not send them on.
"""

import re
from collections.abc import Mapping, Sequence

import msgspec

from google_drive_emulator.oauth import scopes as all_scopes
from google_drive_emulator.oauth.codes import Challenge, ChallengeMethod
from google_drive_emulator.oauth.errors import OAuthError, bad_parameter, missing
from google_drive_emulator.oauth.redirects import check_redirect_uri
from google_drive_emulator.oauth.registry import Client, Registry

PARAMETERS: Sequence[str] = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "access_type",
    "prompt",
    "include_granted_scopes",
    "enable_granular_consent",
    "state",
    "login_hint",
    "nonce",
    "code_challenge",
    "code_challenge_method",
)
"""The parameters that are read; others mean nothing."""

_PROMPTS = frozenset({"none", "consent", "select_account"})
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_METHODS: Mapping[str, ChallengeMethod] = {"plain": "plain", "S256": "S256"}


class AuthorizationRequest(msgspec.Struct, frozen=True):
    """What a client asks a user for.

    ``is_offline`` asks for a refresh token, ``is_granular`` lets the user untick scopes.
    """

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    prompts: frozenset[str]
    is_offline: bool
    includes_granted: bool
    is_granular: bool
    state: str | None
    login_hint: str | None
    nonce: str | None
    challenge: Challenge | None


def read_request(params: Mapping[str, str], registry: Registry, *, strict: bool) -> AuthorizationRequest:
    """Read and check the parameters of a request. Raises ``OAuthError``."""
    client_id = _required(params, "client_id")
    registry.check_page(client_id)
    client = _client(registry, client_id, strict=strict)
    redirect_uri = _required(params, "redirect_uri")
    check_redirect_uri(redirect_uri, client)
    _check_response_type(params.get("response_type"))
    return AuthorizationRequest(
        client_id=client_id,
        redirect_uri=redirect_uri,
        scopes=all_scopes.parse(_required(params, "scope")),
        prompts=_prompts(params.get("prompt", "")),
        is_offline=_choice(params, "access_type", ("online", "offline")) == "offline",
        includes_granted=_choice(params, "include_granted_scopes", ("false", "true")) == "true",
        is_granular=_choice(params, "enable_granular_consent", ("true", "false")) == "true",
        state=params.get("state"),
        login_hint=params.get("login_hint"),
        nonce=params.get("nonce"),
        challenge=_challenge(params),
    )


def _client(registry: Registry, client_id: str, *, strict: bool) -> Client | None:
    client = registry.client(client_id)
    if client is None and strict:
        raise OAuthError("invalid_client")
    return client


def _check_response_type(response_type: str | None) -> None:
    if not response_type:
        raise OAuthError("invalid_request", "Required parameter is missing: response_type")
    if response_type != "code":
        raise OAuthError("unsupported_response_type", f"Invalid response_type: {response_type}")


def _prompts(text: str) -> frozenset[str]:
    prompts = frozenset(text.split())
    for prompt in prompts - _PROMPTS:
        raise bad_parameter("prompt", f"Invalid prompt: {prompt}")
    if "none" in prompts and len(prompts) > 1:
        raise bad_parameter("prompt", "none cannot be combined with other prompts")
    return prompts


def _challenge(params: Mapping[str, str]) -> Challenge | None:
    value, method = params.get("code_challenge"), params.get("code_challenge_method", "plain")
    if value is None:
        return None
    if method not in _METHODS:
        raise bad_parameter("code_challenge_method", f"Invalid code_challenge_method: {method}")
    if _CHALLENGE.fullmatch(value) is None:
        raise bad_parameter("code_challenge", "it must have 43 to 128 letters, digits and -._~")
    return Challenge(_METHODS[method], value)


def _choice(params: Mapping[str, str], name: str, choices: tuple[str, str]) -> str:
    """Return a parameter with two possible values, of which the first is meant when it is missing."""
    value = params.get(name, choices[0])
    if value.lower() not in choices:
        raise bad_parameter(name, f"Invalid {name}: {value}")
    return value.lower()


def _required(params: Mapping[str, str], name: str) -> str:
    if not params.get(name):
        raise missing(name)
    return params[name]
