"""Who a user is: an account and scopes in, the claims that Google tells about it out, signed or not (facts F)."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import TypeAlias

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.oauth.assertions import decoded
from google_drive_emulator.oauth.scopes import EMAIL, PROFILE
from google_drive_emulator.world.items import User

ISSUER = "https://accounts.google.com"

Claim: TypeAlias = str | int | bool
_CONSUMER_DOMAINS = frozenset({"gmail.com", "googlemail.com"})
_KEY_BITS = 2048
_KEY_LIFE = timedelta(days=36_500)


def account_number(user: User) -> str:
    """Return what Google calls an account in ``sub``: 21 digits, other than the id of its permissions."""
    return "1" + user.permission_id.zfill(20)[-20:]


def userinfo(user: User, scopes: frozenset[str]) -> dict[str, Claim]:
    """Return what scopes tell about a user, in the shape of OpenID Connect."""
    claims: dict[str, Claim] = {"sub": account_number(user)}
    if PROFILE in scopes:
        claims |= _profile(user)
    if EMAIL in scopes:
        claims |= {"email": user.email, "email_verified": True}
    if user.domain not in _CONSUMER_DOMAINS:
        claims["hd"] = user.domain
    return claims


def userinfo_v2(user: User, scopes: frozenset[str]) -> dict[str, Claim]:
    """Return what scopes tell about a user, in the shape of ``oauth2.userinfo.get``."""
    renamed = {"sub": "id", "email_verified": "verified_email"}
    return {renamed.get(name, name): value for name, value in userinfo(user, scopes).items()}


def _profile(user: User) -> dict[str, Claim]:
    given, _, family = user.display_name.partition(" ")
    names: dict[str, Claim] = {"name": user.display_name, "given_name": given}
    if family:
        names["family_name"] = family
    return {**names, "picture": f"https://lh3.googleusercontent.com/a/default-user={user.permission_id}"}


class Signer:
    """Signs id tokens with a key that is made when first needed, and tells the world its public half."""

    def id_token(
        self, user: User, scopes: frozenset[str], client_id: str, *, access_token: str, nonce: str | None, now_ms: int
    ) -> str:
        """Return an id token, good for an hour, that names a user to a client."""
        now_seconds = now_ms // 1000
        claims: dict[str, Claim] = {
            "iss": ISSUER,
            "azp": client_id,
            "aud": client_id,
            **userinfo(user, scopes),
            "at_hash": _text(sha256(access_token.encode()).digest()[:16]),
            "iat": now_seconds,
            "exp": now_seconds + 3_600,
        }
        return self.sign(claims if nonce is None else {**claims, "nonce": nonce})

    def sign(self, claims: Mapping[str, Claim]) -> str:
        """Return claims as a JWT."""
        header = {"alg": "RS256", "kid": self.key_id, "typ": "JWT"}
        signed = f"{_text(msgspec.json.encode(header))}.{_text(msgspec.json.encode(claims))}"
        return f"{signed}.{_text(self._key.sign(signed.encode(), PKCS1v15(), SHA256()))}"

    def claims(self, id_token: str, now_ms: int) -> dict[str, Claim] | None:
        """Return what an id token of this signer claims; None for one that is not, and one that has expired."""
        signed, _, signature = id_token.rpartition(".")
        try:
            self._key.public_key().verify(decoded(signature), signed.encode(), PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError):
            return None
        claims = msgspec.json.decode(decoded(signed.partition(".")[2]), type=dict[str, Claim])
        return claims if now_ms // 1000 < int(claims["exp"]) else None

    def key_set(self) -> dict[str, Json]:
        """Return the public key as a JSON Web Key Set."""
        numbers = self._key.public_key().public_numbers()
        key = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.key_id}
        return {"keys": [{**key, "n": _number(numbers.n), "e": _number(numbers.e)}]}

    def certificates(self) -> dict[str, str]:
        """Return the public key as a certificate in PEM, by the key's id."""
        return {self.key_id: self._certificate}

    @cached_property
    def key_id(self) -> str:
        """Return the key's id."""
        return sha256(str(self._key.public_key().public_numbers().n).encode()).hexdigest()[:40]

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65_537, key_size=_KEY_BITS)

    @cached_property
    def _certificate(self) -> str:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "federated-signon.system.gserviceaccount.com")])
        begin = datetime(2020, 1, 1, tzinfo=UTC)
        built = (
            x509.CertificateBuilder(name, name, self._key.public_key(), x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + _KEY_LIFE)
            .sign(self._key, SHA256())
        )
        return built.public_bytes(Encoding.PEM).decode()


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _number(number: int) -> str:
    return _text(number.to_bytes((number.bit_length() + 7) // 8, "big"))
