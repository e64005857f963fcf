"""``/__emulator__/push``: the channels there are, what was delivered, and how delivery behaves."""

import msgspec

from google_drive_emulator.control.messages import ControlError, control_route, read_message
from google_drive_emulator.http.calls import Call, Reply
from google_drive_emulator.push.channels import Channel
from google_drive_emulator.push.delivery import Delivery
from google_drive_emulator.push.settings import PushSettings
from google_drive_emulator.state import EmulatorState


class _Push(msgspec.Struct, frozen=True):
    settings: PushSettings
    channels: list[Channel]
    deliveries: list[Delivery]


async def push(state: EmulatorState, _call: Call) -> Reply:
    """``GET push``: settings, open channels, and the last attempts to deliver, oldest first."""
    state.push.prune()
    channels = [msgspec.structs.replace(each, token=_hidden(each.token)) for each in state.push.channels.all]
    return Reply(msgspec.json.encode(_Push(state.push.settings, channels, list(state.push.deliveries))))


async def set_push(state: EmulatorState, call: Call) -> Reply:
    """``PUT push``: replace the settings; what is not named gets its default."""
    wanted = await read_message(call, PushSettings)
    problem = wanted.problem()
    if problem is not None:
        raise ControlError(problem)
    state.push.settings = wanted
    return Reply(msgspec.json.encode(wanted))


def _hidden(token: str | None) -> str | None:
    """A token proves that a message is from here, so it is not shown."""
    return None if token is None else "hidden"


ROUTES = (
    control_route("push", "GET", "push", push),
    control_route("push.set", "PUT", "push", set_push),
)
