import pytest

from google_drive_worker.client import errors
from google_drive_worker.client.errors import DriveError, Kind, RetryableError, safe_text

CONCRETE = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, DriveError) and kind is not DriveError
]


@pytest.mark.parametrize("kind", CONCRETE)
def test_every_error_says_who_must_act(kind: type[DriveError]) -> None:
    """Each error type has one of the four kinds, a stable code and a docstring that operators can read."""
    assert kind.kind in Kind
    assert kind.default_code.isidentifier()
    assert kind.__doc__


@pytest.mark.parametrize("kind", CONCRETE)
def test_only_retryable_errors_are_retryable(kind: type[DriveError]) -> None:
    """The kind and the class agree: what is not a `RetryableError` never says that it may be repeated."""
    assert (kind.kind is Kind.RETRYABLE) == issubclass(kind, RetryableError)


@pytest.mark.parametrize("kind", CONCRETE)
def test_the_tree_in_the_docstring_is_whole(kind: type[DriveError]) -> None:
    """Every error type is drawn in the module's docstring."""
    assert errors.__doc__ is not None
    assert kind.__name__ in errors.__doc__


@pytest.mark.parametrize(
    "secret",
    [
        "ya29.a0AfH6SMBx-y_z.1",
        "1//0gLong-Refresh_Token",
        "GOCSPX-abcDEF_1",
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln",
    ],
)
def test_a_credential_in_a_message_is_blanked(secret: str) -> None:
    """Neither the text nor the repr of an error shows what looks like a credential of Google's."""
    error = RetryableError(f"refused {secret} and Bearer {secret}", reason=f"access_token={secret}")
    assert secret not in f"{error} {error!r} {error.reason} {error.message}"


def test_an_error_reads_as_one_line() -> None:
    """The text names the endpoint, what Google said, the code, the status, the reason and the attempts."""
    error = RetryableError("Rate\nlimit", reason="quota", http_status=403, endpoint="files.list")
    error.attempts = 3
    assert str(error) == "files.list: Rate limit [backend_error; HTTP 403 quota 3 attempts]"


def test_a_long_message_is_cut() -> None:
    """A message is at most its limit long, whatever Google sent."""
    assert len(safe_text("x " * 100_000)) <= errors.MESSAGE_LIMIT
