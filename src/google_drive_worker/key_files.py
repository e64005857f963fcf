"""Key files of service accounts, by the names that triggers have for them.

In: the directory that the operator chose, and a name that anybody may have sent. Out: the bytes of that file. Nothing
outside the directory is read, whichever way the name or a link leads there.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from google_drive_worker.credentials import CredentialError

MAX_BYTES = 64 * 1024
"""A key file has about 2,400 bytes."""
CAREFULLY = os.O_NOFOLLOW | os.O_NONBLOCK
"""Not by a link that was put there meanwhile, and without waiting for a pipe's other end."""


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """The files below a directory; without one there are none."""

    directory: Path | None

    def read(self, name: str) -> bytes:
        """Read a file, by its path within the directory or its absolute one. Blocks. Raises `CredentialError`.

        The name is shown in errors: it must be one by `names_key_file`.
        """
        place = self._inside(name)
        try:
            return _content(place, name)
        except (FileNotFoundError, NotADirectoryError):
            raise CredentialError(
                f"connection_config.service_account names {name!r}, and there is no such file below "
                "GOOGLE_SERVICE_ACCOUNT_DIRECTORY",
                code="service_account_not_found",
            ) from None
        except OSError as error:
            raise _unreadable(name, error.strerror or "an error of the file system") from None

    def _inside(self, name: str) -> Path:
        """Where the name leads, links followed."""
        if self.directory is None:
            raise CredentialError(
                "connection_config.service_account names a key file, and GOOGLE_SERVICE_ACCOUNT_DIRECTORY is not set",
                code="service_account_directory_unset",
            )
        directory = Path(os.path.realpath(self.directory))
        place = Path(os.path.realpath(directory / name))
        if not place.is_relative_to(directory):
            raise CredentialError(
                f"connection_config.service_account names {name!r}, which is not below "
                "GOOGLE_SERVICE_ACCOUNT_DIRECTORY",
                code="service_account_outside",
            )
        return place


def _content(place: Path, name: str) -> bytes:
    with open(place, "rb", opener=lambda path, flags: os.open(path, flags | CAREFULLY)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise _unreadable(name, "it is no file")
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _unreadable(name, f"it has more than {MAX_BYTES:,} bytes")
    return content


def _unreadable(name: str, why: str) -> CredentialError:
    return CredentialError(
        f"connection_config.service_account names {name!r}, which cannot be read: {why}",
        code="service_account_unreadable",
    )
