"""``/__emulator__/policy``, ``admins`` and ``mails``: what administrators allow, who they are, who was written to."""

from google_drive_emulator.control.messages import ControlError, Message, control_route, read_message
from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.http.calls import Call, Reply, json_reply
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.policy import SharingPolicy
from google_drive_emulator.world.timestamps import rfc3339


class _Admins(Message, frozen=True):
    admins: list[str]


async def policy(state: EmulatorState, _call: Call) -> Reply:
    """``GET policy``: whom files may be shared with."""
    return json_reply(state.world.policy)


async def set_policy(state: EmulatorState, call: Call) -> Reply:
    """``PUT policy``: whom files may be shared with."""
    state.world.policy = await read_message(call, SharingPolicy)
    return json_reply(state.world.policy)


async def admins(state: EmulatorState, _call: Call) -> Reply:
    """``GET admins``: the addresses of the domain's administrators."""
    return json_reply({"admins": list[Json](sorted(state.world.accounts.admins))})


async def set_admins(state: EmulatorState, call: Call) -> Reply:
    """``PUT admins``: who administers the domain; a reset of the world returns to the first user."""
    wanted = (await read_message(call, _Admins)).admins
    for email in wanted:
        if state.world.user(email) is None:
            raise ControlError(f"there is no user {email!r}")
    state.world.accounts.admins = frozenset(wanted)
    return json_reply({"admins": list[Json](sorted(wanted))})


async def mails(state: EmulatorState, _call: Call) -> Reply:
    """``GET mails``: the last notifications of new permissions, oldest first."""
    written: list[Json] = [
        {
            "to": mail.to,
            "from": mail.sender,
            "fileId": mail.item_id,
            "fileName": mail.item_name,
            "role": mail.role,
            "time": rfc3339(mail.time_ms),
            "message": mail.message,
        }
        for mail in state.world.mails
    ]
    return json_reply({"mails": written})


ROUTES = (
    control_route("policy", "GET", "policy", policy),
    control_route("policy.set", "PUT", "policy", set_policy),
    control_route("admins", "GET", "admins", admins),
    control_route("admins.set", "PUT", "admins", set_admins),
    control_route("mails", "GET", "mails", mails),
)
