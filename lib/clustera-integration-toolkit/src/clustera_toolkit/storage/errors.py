"""What can go wrong with an object store.

    StorageError
    ├── StorageConfigurationError   the address or its options cannot work
    ├── InvalidKeyError             the key is not one every store takes
    ├── ObjectNotFoundError         there is no such object
    ├── ObjectTooLargeError         the object is larger than may be held in memory
    ├── IntegrityError              the bytes are not those that were stored
    ├── StorageAccessError          the store refuses these credentials
    └── StorageUnavailableError     the store failed or did not answer in time; a later attempt may succeed

In: an exception of the store's client. Out: one of these, with a text that holds no credential.
"""

import re

from obstore.exceptions import (
    BaseError,
    PermissionDeniedError,
    UnauthenticatedError,
    UnknownConfigurationKeyError,
)

__all__ = [
    "IntegrityError",
    "InvalidKeyError",
    "ObjectNotFoundError",
    "ObjectTooLargeError",
    "StorageAccessError",
    "StorageConfigurationError",
    "StorageError",
    "StorageUnavailableError",
    "translate",
]

_REASON_CHARACTERS = 300


class StorageError(Exception):
    """Any failure of an object store. `retryable` says whether a later attempt may succeed as it is."""

    retryable = False


class StorageConfigurationError(StorageError):
    """The address or its options cannot work; the text says how to mend them."""


class InvalidKeyError(StorageError):
    """The key is not one that every store takes and that makes a plain URL."""


class ObjectNotFoundError(StorageError):
    """There is no such object."""


class ObjectTooLargeError(StorageError):
    """The object is larger than may be held in memory; `stream` reads it in pieces."""


class IntegrityError(StorageError):
    """The bytes read are not those whose SHA-256 was expected."""


class StorageAccessError(StorageError):
    """The store refuses these credentials, or they may not do this."""


class StorageUnavailableError(StorageError):
    """The store failed or did not answer in time."""

    retryable = True


def translate(error: Exception, action: str) -> StorageError:
    """Return the error of this module for one of the client; `action` reads like "reading a/b"."""
    if isinstance(error, FileNotFoundError):
        return ObjectNotFoundError(f"{action}: no such object")
    if isinstance(error, TimeoutError):
        return StorageUnavailableError(f"{action}: no answer in time")
    text = f"{action}: {_reason(error)}"
    if isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
        return StorageAccessError(text)
    if isinstance(error, UnknownConfigurationKeyError):
        return StorageConfigurationError(text)
    if isinstance(error, (BaseError, OSError)):
        return StorageUnavailableError(text)
    return StorageError(text)


def _reason(error: Exception) -> str:
    """Return the first line without query strings (signatures) and response bodies (echoes of the request)."""
    line = (str(error).splitlines() or [type(error).__name__])[0]
    line = line.split("<", 1)[0]
    return re.sub(r"\?\S*", "", line)[:_REASON_CHARACTERS].strip()
