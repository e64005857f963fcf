"""Objects: where payloads go that are too large for a message.

In: bytes or streams. Out: a URL, a SHA-256 and a size that a message can carry, and the bytes again, verified.
"""

from clustera_toolkit.storage.client import S3Client
from clustera_toolkit.storage.errors import (
    IntegrityError,
    InvalidKeyError,
    ObjectNotFoundError,
    ObjectTooLargeError,
    StorageAccessError,
    StorageConfigurationError,
    StorageError,
    StorageUnavailableError,
)
from clustera_toolkit.storage.objects import StoredObject

__all__ = [
    "IntegrityError",
    "InvalidKeyError",
    "ObjectNotFoundError",
    "ObjectTooLargeError",
    "S3Client",
    "StorageAccessError",
    "StorageConfigurationError",
    "StorageError",
    "StorageUnavailableError",
    "StoredObject",
]
