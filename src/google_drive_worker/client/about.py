"""about: who the account is. In: a session. Out: `About`, which tells one account from another."""

import msgspec

from google_drive_worker.client.paging import decode
from google_drive_worker.client.quota import Lane
from google_drive_worker.client.session import DriveSession

ENDPOINT = "about.get"
FIELDS = "user(permissionId,emailAddress,displayName)"  # mandatory for this method (facts A3)


class AboutUser(msgspec.Struct, frozen=True, rename="camel"):
    """The account; `permission_id` is stable, the address may be hidden or change (facts A7)."""

    permission_id: str
    email: str | None = msgspec.field(name="emailAddress", default=None)
    display_name: str | None = None


class About(msgspec.Struct, frozen=True):
    """The answer of about.get."""

    user: AboutUser


async def get(session: DriveSession, *, lane: Lane = Lane.CHANGES) -> About:
    """Ask who the session's account is. Costs 5 units."""
    body = await session.get(ENDPOINT, "about", {"fields": FIELDS}, lane=lane)
    return decode(body, About, endpoint=ENDPOINT)
