"""Secrets at rest.

In: refresh tokens, access tokens, key files in clear. Out: Fernet tokens, and back. With several keys the newest
encrypts and all decrypt, so that keys are rotated without a stop.
"""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr


class VaultError(Exception):
    """A secret cannot be read with the keys there are; the text holds nothing of it."""


class Vault:
    """Encrypts by the newest of its keys."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        self._fernet = MultiFernet([Fernet(key.get_secret_value()) for key in keys])

    def seal(self, secret: str) -> bytes:
        """Encrypt."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """Decrypt. Raises `VaultError`."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except (InvalidToken, UnicodeDecodeError):
            raise _unreadable() from None

    def renew(self, sealed: bytes) -> bytes:
        """Encrypt anew by the newest key. Raises `VaultError`."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken:
            raise _unreadable() from None


def _unreadable() -> VaultError:
    return VaultError(
        "a stored secret was encrypted with none of CREDENTIALS_ENCRYPTION_KEYS: give the former key again"
    )
