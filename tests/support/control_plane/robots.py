"""A service account at the emulated Google: registered, delegated to, and its key file.

In: a stage, a key. Out: a key file as Google's console gives it; `CANARY` is in no text that may leave the program.
"""

import json
from datetime import UTC, datetime

from tests.support.control_plane.consent import Stage

from drive_control_plane.oauth.scopes import DRIVE_READONLY
from google_drive_emulator.oauth.key_files import service_account_file

ROBOT = "robot@project.iam.gserviceaccount.com"
ROBOT_ID = "107"
Key = tuple[str, str, str]
"""A key's id, its private and its public half."""


async def register(staged: Stage, key: Key, email: str = ROBOT, client_id: str = ROBOT_ID) -> str:
    """Have Google know a service account, with delegation of reading; its key file."""
    key_id, private_key, public_key = key
    account = {"email": email, "client_id": client_id, "public_key": public_key, "key_id": key_id}
    await staged.control("POST", "oauth", {"action": "service_account", **account})
    await delegate(staged, DRIVE_READONLY, client_id=client_id)
    set_clock(staged)
    return json.dumps(service_account_file(email, client_id, key_id, private_key, "https://evil.example"))


def set_clock(staged: Stage) -> None:
    """Have the control plane's time be Google's."""
    moment = datetime.fromtimestamp(staged.world.clock() / 1000, UTC)
    staged.time.advance(seconds=(moment - staged.time.now).total_seconds())


async def delegate(staged: Stage, *scopes: str, client_id: str = ROBOT_ID) -> None:
    """Have the domain's administrator allow these scopes, and no others."""
    await staged.control("POST", "oauth", {"action": "delegate", "client_id": client_id, "scopes": scopes})


def secret_part(key_file: str) -> str:
    """What of a key file must never be seen again: a piece of its private key, within a line."""
    return str(json.loads(key_file)["private_key"])[100:140]
