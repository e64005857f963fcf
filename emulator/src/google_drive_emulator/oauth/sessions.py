"""What a request's bearer token means: on whose behalf, for which client, within which scopes."""

import msgspec

from google_drive_emulator.world.items import User


class Session(msgspec.Struct, frozen=True):
    """A bearer token that is good; ``client_id`` stands for the project whose quota is used."""

    user: User
    scopes: frozenset[str]
    client_id: str
    grant_id: str
