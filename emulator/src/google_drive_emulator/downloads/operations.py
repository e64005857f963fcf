"""Long-running operations: a download that was begun in, its state whenever it is asked for out (facts A10)."""

import secrets
from dataclasses import dataclass

import msgspec

from google_drive_emulator.downloads.refusals import operation_not_found
from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.rendering.exports import Page
from google_drive_emulator.world.items import Content, User
from google_drive_emulator.world.timestamps import Clock

_HOUR_MS = 3_600_000
_TYPE = "type.googleapis.com/google.apps.drive.v3.DownloadFile"


class OperationSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long operations take and are kept.

    An operation is pending in its first ``pending_answers`` answers (the one that begins it counts) and for
    ``pending_ms``; with 0 and 0 it is done at once, as Google's often are.
    """

    pending_answers: int = 1
    pending_ms: int = 0
    kept_hours: int = 24


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a download failed: a code of google.rpc, and its words."""

    code: int
    message: str


PERMISSION_DENIED = 7


@dataclass(slots=True)
class Operation:
    """A download: of ``content``, or of the ``page`` of a document; or of nothing, because of a ``failure``.

    ``answers`` counts how often its state was told.
    """

    name: str
    user: User
    begun_ms: int
    mime_type: str
    content: Content | None = None
    page: Page | None = None
    failure: Failure | None = None
    resource_key: str | None = None
    redirects: bool = False
    answers: int = 0


class Operations:
    """The operations of one emulator, by name."""

    def __init__(self, clock: Clock) -> None:
        self.settings = OperationSettings()
        self._clock = clock
        self._operations: dict[str, Operation] = {}

    def clear(self) -> None:
        """Forget all operations."""
        self._operations.clear()

    def begin(
        self,
        user: User,
        mime_type: str,
        *,
        content: Content | None = None,
        page: Page | None = None,
        failure: Failure | None = None,
        resource_key: str | None = None,
        redirects: bool = False,
    ) -> Operation:
        """Begin a download."""
        self._forget_old()
        name, now = secrets.token_urlsafe(30), self._clock()
        operation = Operation(name, user, now, mime_type, content, page, failure, resource_key, redirects)
        self._operations[name] = operation
        return operation

    def find(self, name: str, user: User) -> Operation:
        """Return an operation of a user. Raises ``DriveError`` (404)."""
        self._forget_old()
        operation = self._operations.get(name)
        if operation is None or operation.user.email != user.email:
            raise operation_not_found(name)
        return operation

    def is_done(self, operation: Operation) -> bool:
        """Tell whether an operation is over."""
        is_late = self._clock() >= operation.begun_ms + self.settings.pending_ms
        return is_late and operation.answers > self.settings.pending_answers

    def told(self, operation: Operation, address: str) -> dict[str, Json]:
        """Return the resource of an operation, one more time; ``address`` is where its bytes are once it is done."""
        operation.answers += 1
        metadata: dict[str, Json] = {"@type": f"{_TYPE}Metadata"}
        if operation.resource_key is not None:
            metadata["resourceKey"] = operation.resource_key
        resource: dict[str, Json] = {"name": operation.name, "metadata": metadata}
        if not self.is_done(operation):
            return resource
        return resource | {"done": True} | _outcome(operation, address)

    def _forget_old(self) -> None:
        oldest = self._clock() - self.settings.kept_hours * _HOUR_MS
        self._operations = {name: each for name, each in self._operations.items() if each.begun_ms > oldest}


def _outcome(operation: Operation, address: str) -> dict[str, Json]:
    if operation.failure is not None:
        return {"error": {"code": operation.failure.code, "message": operation.failure.message}}
    return {
        "response": {
            "@type": f"{_TYPE}Response",
            "downloadUri": address,
            "partialDownloadAllowed": operation.content is not None,
        }
    }
