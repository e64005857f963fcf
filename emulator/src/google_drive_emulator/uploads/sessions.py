"""Resumable uploads that are under way: what was started in, how far it came out (facts A).

They are no part of the world: what arrived so far belongs to no file yet.
"""

import asyncio
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from google_drive_emulator.http.calls import Call
from google_drive_emulator.http.errors import DriveError, not_found
from google_drive_emulator.sources.spool import Spool
from google_drive_emulator.world.timestamps import Clock

_HOUR_MS = 3_600_000


class UploadSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long an upload can be resumed, and what one that is older answers: 404, as the guide has it, or 410."""

    session_hours: int = 7 * 24
    expired_status: Literal[404, 410] = 404


@dataclass(slots=True)
class UploadSession:
    """An upload: the ``call`` that started it, with what that said of the bytes to come.

    ``total`` is how many they are, once that is known. ``outcome`` ends with the id of the file that is made of them.
    Requests take turns; a new one does not wait for an older one's bytes, whose connection may be dead.
    """

    id: str
    call: Call
    started_ms: int
    mime_type: str | None = None
    total: int | None = None
    outcome: "asyncio.Task[str] | None" = None
    spool: Spool = field(default_factory=Spool)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _receiving: "asyncio.Task[bool] | None" = None

    def interrupt(self) -> None:
        """Stop to receive what an older request sends."""
        if self._receiving is not None:
            self._receiving.cancel()

    async def receive(self, work: Coroutine[None, None, bool]) -> bool:
        """Do a request's work; tell what it tells. Raises ``DriveError`` (409) when a newer request interrupts it."""
        self._receiving = asyncio.create_task(work)
        try:
            return await self._receiving
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise DriveError(409, "The upload goes on in another request.", "conflict") from None
        finally:
            self._receiving = None

    def conclude(self, work: Coroutine[None, None, str]) -> None:
        """Make the file, to the end even if the client goes away meanwhile."""
        self.outcome = asyncio.create_task(work)
        self.outcome.add_done_callback(lambda task: task.cancelled() or task.exception())


class UploadSessions:
    """The uploads of one emulator, by id."""

    def __init__(self, clock: Clock) -> None:
        self.settings = UploadSettings()
        self._clock = clock
        self._sessions: dict[str, UploadSession] = {}
        self._expired: set[str] = set()

    def clear(self) -> None:
        """Forget all uploads."""
        self._sessions.clear()
        self._expired.clear()

    def begin(self, call: Call, mime_type: str | None, total: int | None) -> UploadSession:
        """Start an upload."""
        self._forget_old()
        session = UploadSession(secrets.token_urlsafe(48), call, self._clock(), mime_type, total)
        self._sessions[session.id] = session
        return session

    def find(self, upload_id: str) -> UploadSession:
        """Return an upload. Raises ``DriveError``: 404 for one that is not known, or too old; 410 by the settings."""
        self._forget_old()
        session = self._sessions.get(upload_id)
        if session is not None:
            return session
        if upload_id in self._expired and self.settings.expired_status == 410:
            raise DriveError(410, "The upload session has expired.", "gone")
        raise not_found("Not Found")

    def _forget_old(self) -> None:
        oldest = self._clock() - self.settings.session_hours * _HOUR_MS
        old = [session.id for session in self._sessions.values() if session.started_ms <= oldest]
        for upload_id in old:
            del self._sessions[upload_id]
        self._expired.update(old)
