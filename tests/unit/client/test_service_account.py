import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from google.auth import jwt
from tests.unit.client.service_account_key import KEY_FILE, PRIVATE, PUBLIC, parsed

from google_drive_worker.client.service_account import ServiceAccountKey, service_account_request

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_assertion_is_signed_for_the_user() -> None:
    """The assertion is an RS256 JWT of the account, for the scopes and the user, good for an hour."""
    request = service_account_request(parsed(), scopes=["a", "b"], subject="ada@example.com", now=NOW)
    header = jwt.decode_header(request.form["assertion"])  # type: ignore[no-untyped-call]  # google-auth has no annotations
    claims = jwt.decode(request.form["assertion"], certs=PUBLIC, verify=False)  # type: ignore[no-untyped-call]  # as above
    assert (header["alg"], header["kid"]) == ("RS256", "key-1")
    assert claims == {
        "iss": KEY_FILE["client_email"],
        "scope": "a b",
        "aud": KEY_FILE["token_uri"],
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 3600,
        "sub": "ada@example.com",
    }
    assert request.url == KEY_FILE["token_uri"]


def test_the_address_can_be_elsewhere() -> None:
    """A configured token address replaces the key's, so that tests and proxies can stand in for Google."""
    request = service_account_request(parsed(), scopes=[], subject=None, now=NOW, token_uri="http://localhost/token")
    assert request.url == "http://localhost/token"


def test_a_key_does_not_show_itself() -> None:
    """The repr of a key names the account and nothing of the key."""
    assert "PRIVATE" not in repr(parsed())
    assert "robot@" in repr(parsed())


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("not json", "not JSON"),
        ("{}", "type"),
        (json.dumps({**KEY_FILE, "type": "authorized_user"}), "service_account"),
        (json.dumps({**KEY_FILE, "private_key": "s3cret"}), "not an RSA key"),
        (json.dumps({k: v for k, v in KEY_FILE.items() if k != "client_email"}), "client_email"),
    ],
)
def test_a_wrong_key_file_is_named(document: str, says: str) -> None:
    """A key file that cannot serve is refused with what is wrong in it, and none of its values."""
    with pytest.raises(ValueError, match=says) as raised:
        ServiceAccountKey.parse(document)
    assert "s3cret" not in str(raised.value)


def pem_of(key: PrivateKeyTypes) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()


def inconsistent_key() -> PrivateKeyTypes:
    """An RSA key whose halves do not belong together."""
    numbers = PRIVATE.private_numbers()
    changed = rsa.RSAPrivateNumbers(
        numbers.p, numbers.q, numbers.d + 2, numbers.dmp1 + 2, numbers.dmq1 + 2, numbers.iqmp, numbers.public_numbers
    )
    return changed.private_key(unsafe_skip_rsa_key_validation=True)


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param(pem_of(ec.generate_private_key(ec.SECP256R1())), id="of another kind"),
        pytest.param(pem_of(inconsistent_key()), id="that signs wrongly"),
        pytest.param(pem_of(PRIVATE).replace("MII", "MIJ", 1), id="damaged"),
    ],
)
def test_a_key_that_cannot_sign_is_refused(pem: str) -> None:
    """What Google would refuse for its signature is found before it is asked."""
    with pytest.raises(ValueError, match="not an RSA key") as raised:
        parsed(private_key=pem)
    assert pem not in str(raised.value)
