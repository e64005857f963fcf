"""Tokens: good for what they were signed for, for their time, and by our keys alone."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr
from tests.support.control_plane.context import EPOCH, FERNET_KEY, SIGNING_KEY

from drive_control_plane.security.tokens import AUDIENCE, LEEWAY, LIFETIME, TokenError, Tokens

ISSUER = "https://control.example.com"
RAW_KEY = base64.urlsafe_b64decode(SIGNING_KEY)
Claims = dict[str, Any]


def tokens(*keys: str, issuer: str = ISSUER) -> Tokens:
    return Tokens([SecretStr(key) for key in keys or (SIGNING_KEY,)], issuer)


def good() -> str:
    return tokens().sign(EPOCH, "client_1", ["connections:token"], None)


def header_of(token: str) -> Claims:
    return jwt.get_unverified_header(token)


def claims_of(token: str) -> Claims:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def signed(claims: Claims, **header: str) -> str:
    """A token with our own key's signature, whatever it says."""
    return jwt.encode(claims, RAW_KEY, "HS256", {**header_of(good()), **header})


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def refused(token: str, verifier: Tokens | None = None) -> bool:
    try:
        (verifier or tokens()).verify(token, EPOCH)
    except TokenError:
        return True
    return False


def test_claims_come_back() -> None:
    """What was signed is what is read."""
    claims = tokens().verify(tokens().sign(EPOCH, "client_1", ["a", "b"], "tenant_1"), EPOCH)
    assert (claims.sub, claims.scope, claims.tenant) == ("client_1", "a b", "tenant_1")
    assert claims.exp - claims.iat == LIFETIME.total_seconds()


def test_each_token_is_another() -> None:
    """No two tokens have one id, even of one moment."""
    assert claims_of(good())["jti"] != claims_of(good())["jti"]


def test_expires_after_the_leeway() -> None:
    """A token is good until its end and the leeway for clocks, and not a second longer."""
    last = EPOCH + LIFETIME + LEEWAY
    assert tokens().verify(good(), last - timedelta(seconds=1)).sub == "client_1"
    with pytest.raises(TokenError, match="expired"):
        tokens().verify(good(), last)


def test_a_token_from_the_future_is_refused() -> None:
    """A token that says it will be made later was not made by a clock like ours."""
    with pytest.raises(TokenError, match="future"):
        tokens().verify(good(), EPOCH - LEEWAY - timedelta(seconds=1))


def test_keys_rotate() -> None:
    """The newest key signs, a former one still verifies, a key that was taken away does not."""
    rotated = tokens(FERNET_KEY, SIGNING_KEY)
    assert rotated.verify(good(), EPOCH).sub == "client_1"
    fresh = rotated.sign(EPOCH, "client_1", [], None)
    assert tokens(FERNET_KEY).verify(fresh, EPOCH).sub == "client_1"
    assert refused(good(), tokens(FERNET_KEY))
    assert refused(fresh, tokens(SIGNING_KEY))


def test_a_key_is_named_and_not_told() -> None:
    """`kid` names a key; neither the key nor its plain hash stands in it."""
    kid = header_of(good())["kid"]
    assert kid not in SIGNING_KEY
    assert not hashlib.sha256(RAW_KEY).hexdigest().startswith(kid)


def unsigned(algorithm: str) -> str:
    header = {**header_of(good()), "alg": algorithm}
    return f"{part(header)}.{part(claims_of(good()))}."


def signed_by_hand(algorithm: str, key: bytes, digest: str) -> str:
    start = unsigned(algorithm).removesuffix(".")
    mac = hmac.digest(key, start.encode(), digest)
    return f"{start}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def signed_by_a_public_key() -> str:
    """HMAC with the text of a public key: whoever lets the header choose verifies it with that."""
    public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return signed_by_hand("HS256", public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), "sha256")


def signed_by_rsa() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(claims_of(good()), key, "RS256", header_of(good()) | {"alg": "RS256"})


def tampered() -> str:
    header, _, mac = good().split(".")
    return ".".join((header, part({**claims_of(good()), "scope": "connections:write"}), mac))


FORGED: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "no token": lambda: "a.b.c",
    "alg none": lambda: unsigned("none"),
    "alg None": lambda: unsigned("None"),
    "alg missing": lambda: unsigned(""),
    "alg HS512 with our key": lambda: signed_by_hand("HS512", RAW_KEY, "sha512"),
    "signed by RSA": signed_by_rsa,
    "signed by a public key": signed_by_a_public_key,
    "tampered payload": tampered,
    "no signature": lambda: good().rpartition(".")[0] + ".",
    "cut signature": lambda: good()[:-4],
    "another key": lambda: tokens(FERNET_KEY).sign(EPOCH, "client_1", [], None),
    "another key under our name": lambda: jwt.encode(claims_of(good()), b"x" * 32, "HS256", header_of(good())),
    "a header without end": lambda: base64.urlsafe_b64encode(b"[" * 3_000).decode() + ".e30.e30",
    "a header that is a list": lambda: part([]) + ".e30.e30",
    "letters of no alphabet": lambda: "é.é.é",
    "half a character": lambda: "\ud800.e30.e30",
    "key by address": lambda: signed(claims_of(good()), kid="https://evil.example/key"),
    "empty key name": lambda: signed(claims_of(good()), kid=""),
    "another type": lambda: signed(claims_of(good()), typ="JWT"),
    "another issuer": lambda: tokens(issuer="https://other.example.com").sign(EPOCH, "client_1", [], None),
    "longer than any": lambda: signed({**claims_of(good()), "more": "x" * 5_000}),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_forged_tokens_are_refused(forge: Callable[[], str]) -> None:
    """Whatever was not signed as a whole, by a key of ours, as we sign, is refused."""
    assert refused(forge())


ODD: dict[str, Claims] = {
    "wrong audience": {"aud": "drive-dashboard"},
    "audience in a list": {"aud": [AUDIENCE, "drive-dashboard"]},
    "no subject": {"sub": ""},
    "subject of another kind": {"sub": 7},
    "end in words": {"exp": "tomorrow"},
    "end that is true": {"exp": True},
    "end without end": {"exp": 1e300},
    "tenant of another kind": {"tenant": 1},
    "scopes in a list": {"scope": ["connections:token"]},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_claims_are_checked_even_when_signed(odd: Claims) -> None:
    """A signature of ours over something else than a token of this use does not make it one."""
    assert refused(signed({**claims_of(good()), **odd}))


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "iat", "exp", "jti", "scope", "tenant"])
def test_no_claim_may_be_missing(name: str) -> None:
    """A token without one of its claims is refused: an end that is left out is no end."""
    claims = claims_of(good())
    del claims[name]
    assert refused(signed(claims))


def test_the_helpers_can_make_a_good_one() -> None:
    """What the tests above forge would be good if nothing were changed."""
    assert not refused(signed(claims_of(good())))
    assert not refused(signed_by_hand("HS256", RAW_KEY, "sha256"))
