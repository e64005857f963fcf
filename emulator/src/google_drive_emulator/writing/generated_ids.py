"""Ids for files to come: a user and a kind in, ids out that only that user can use, for that kind (facts A2).

An id carries its own proof, so that none need be remembered.
"""

from collections.abc import Sequence
from hashlib import blake2b

from google_drive_emulator.world.items import FOLDER, NATIVE_PREFIX, SHORTCUT, User
from google_drive_emulator.world.world import World
from google_drive_emulator.writing.refusals import id_not_usable, id_taken

_PROOF_LETTERS = 8
FILES = "files"
SHORTCUTS = "shortcuts"


def generate(world: World, user: User, kind: str, count: int) -> Sequence[str]:
    """Make ids for ``files`` or ``shortcuts`` of a user."""
    return [_proved(world.new_id()[:-_PROOF_LETTERS], user, kind) for _ in range(count)]


def check_usable(world: World, user: User, file_id: str, mime_type: str) -> None:
    """Check an id that a client chose for a new file. Raises ``DriveError`` (400, 409)."""
    if world.stored(file_id) is not None or world.position(file_id) is not None:
        raise id_taken()
    kind = SHORTCUTS if mime_type == SHORTCUT else FILES
    is_document = mime_type.startswith(NATIVE_PREFIX) and mime_type not in {FOLDER, SHORTCUT}
    if is_document or file_id != _proved(file_id[:-_PROOF_LETTERS], user, kind):
        raise id_not_usable()


def _proved(start: str, user: User, kind: str) -> str:
    proof = blake2b(f"{start} {user.permission_id} {kind}".encode(), digest_size=_PROOF_LETTERS // 2).hexdigest()
    return start + proof
