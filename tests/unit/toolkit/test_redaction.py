"""What never reaches a log."""

import base64
import json

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from clustera_toolkit.redaction import MASK, redact, redact_text

SECRET = "s3cr3t-value"


@pytest.mark.parametrize(
    "key",
    [
        "token",
        "access_token",
        "refreshToken",
        "Authorization",
        "client-secret",
        "db_password",
        "private_key",
        "credentials",
        "X-Goog-Channel-Token",
        "CREDENTIALS_ENCRYPTION_KEYS",
    ],
)
def test_a_key_that_names_a_secret_hides_its_value(key: str) -> None:
    """Whatever its spelling, a key that names a secret hides what it holds, also below other keys."""
    assert SECRET not in json.dumps(redact({"config": [{key: SECRET}]}))
    assert redact({key: [SECRET]}) == {key: MASK}


@pytest.mark.parametrize("key", ["page_token", "nextPageToken", "token_uri", "token_type", "file_id"])
def test_what_is_no_secret_stays(key: str) -> None:
    """Page tokens and addresses are what one looks for in a log."""
    assert redact({key: "kept"}) == {key: "kept"}


def test_absence_and_numbers_stay() -> None:
    """A log may say that a secret is missing, or how many there are."""
    assert redact({"token": None, "tokens": 3}) == {"token": None, "tokens": 3}


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"GET /x?access_token={SECRET}&y=1",
        f'{{"refresh_token": "{SECRET}"}}',
        json.dumps(json.dumps({"client_secret": SECRET})),
        f"client_secret={SECRET}&grant_type=refresh_token",
        f"Config(password='{SECRET}')",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}",
        f"basic {base64.b64encode(SECRET.encode()).decode()}",
    ],
)
def test_a_secret_inside_text_is_masked(text: str) -> None:
    """A secret is masked in headers, URLs, forms, JSON, JSON inside JSON and reprs."""
    masked = redact_text(text)
    assert SECRET not in masked
    assert base64.b64encode(SECRET.encode()).decode() not in masked
    assert MASK in masked


def test_tokens_are_known_by_their_shape() -> None:
    """Fernet tokens, Google's tokens and JWTs are masked wherever they stand."""
    fernet = Fernet(Fernet.generate_key()).encrypt(b"refresh").decode()
    for token in (fernet, "ya29.a0AfB_byC", "1//0gabcdefghijkl", "eyJhbGciOi.eyJpc3MiOi.c2ln", "GOCSPX-abc_def"):
        assert redact_text(f"got {token}.") in (f"got {MASK}.", f"got {MASK}")


def test_the_rest_of_a_line_stays() -> None:
    """Masking takes the secret and leaves its surroundings."""
    assert redact_text("GET /a?access_token=abc&page_token=def done") == (
        f"GET /a?access_token={MASK}&page_token=def done"
    )


def test_an_object_is_shown_by_its_masked_repr() -> None:
    """What is no plain data becomes text, masked like all text; a repr that fails costs nothing."""

    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    assert redact({"settings": SecretStr(SECRET), "error": ValueError(f"Bearer {SECRET}"), "odd": Broken()}) == {
        "settings": "SecretStr('**********')",
        "error": f"ValueError('Bearer {MASK}')",
        "odd": "<Broken>",
    }


def test_bytes_are_masked_too() -> None:
    """A secret in a body of bytes is masked."""
    assert SECRET not in str(redact({"body": f"refresh_token={SECRET}".encode()}))


def test_depth_length_and_width_are_bounded() -> None:
    """A value that contains itself, a very long text and a very long list all come to an end."""
    endless: list[object] = []
    endless.append(endless)
    assert "too deep" in str(redact(endless))
    assert len(redact_text("x" * 10_000_000)) < 20_000
    assert len(str(redact(list(range(1_000_000))))) < 2_000


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text() | st.binary(), st.lists))
def test_anything_can_be_redacted(value: object) -> None:
    """Whatever a log call is given, redaction gives plain data."""
    redact({"value": value})
