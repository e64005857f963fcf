"""``/__emulator__/activity`` and ``trash/purge``: what Drive Activity tells that no call of Drive's brings about."""

from typing import Literal, TypeAlias

from google_drive_emulator.control.messages import ControlError, Message, asked_user, control_route, read_message
from google_drive_emulator.http.calls import Call, Reply, json_reply
from google_drive_emulator.search.activities import ActivitySettings
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.actions import Action, Commented, DlpChanged, Edited, Referenced, slim
from google_drive_emulator.world.activity import Actor, ActorKind, Target
from google_drive_emulator.world.purging import PURGED_AFTER_DAYS, purge_trash

_Deed: TypeAlias = Literal["edit", "flagged", "cleared", "link", "discuss"]
_Suggestion: TypeAlias = Literal["ADDED", "DELETED", "ACCEPTED", "REJECTED", "ACCEPT_DELETED", "REJECT_DELETED"]

_ACTIONS: dict[_Deed, Action] = {
    "edit": Edited(),
    "flagged": DlpChanged("FLAGGED"),
    "cleared": DlpChanged("CLEARED"),
    "link": Referenced("LINK"),
    "discuss": Referenced("DISCUSS"),
}
_WITH_USER = frozenset({"user", "impersonation"})


class _Activity(Message, frozen=True):
    """What was done to an item: a ``deed`` or a ``suggestion``. ``user`` is an address, by default the first."""

    id: str
    deed: _Deed | None = None
    suggestion: _Suggestion | None = None
    actor: ActorKind = "user"
    user: str | None = None


class _Status(Message, frozen=True):
    settings: ActivitySettings
    activities: int


class _Purge(Message, frozen=True):
    days: float = PURGED_AFTER_DAYS


class _Purged(Message, frozen=True):
    deleted: list[str]


async def settings(state: EmulatorState, _call: Call) -> Reply:
    """``GET activity``: the settings of Drive Activity, and how many activities are held."""
    return json_reply(_Status(state.activity, len(state.world.activity)))


async def set_settings(state: EmulatorState, call: Call) -> Reply:
    """``PUT activity``: replace the settings; what is not named gets its default."""
    wanted = await read_message(call, ActivitySettings)
    if wanted.page_size < 1:
        raise ControlError(f"page_size must be at least 1, not {wanted.page_size}")
    state.activity = wanted
    return json_reply(wanted)


async def add(state: EmulatorState, call: Call) -> Reply:
    """``POST activity``: record that something was done to an item; the item stays as it is."""
    wanted = await read_message(call, _Activity)
    item = state.world.item(wanted.id)
    if item is None:
        raise ControlError(f"there is no item {wanted.id!r}")
    user = asked_user(state, wanted.user) if wanted.actor in _WITH_USER else None
    state.world.activity.add(state.world.clock(), Actor(wanted.actor, user), (_action(wanted),), Target(slim(item)))
    return json_reply({})


async def purge(state: EmulatorState, call: Call) -> Reply:
    """``POST trash/purge``: let the system delete what was trashed so many ``days`` ago; answers the ids."""
    wanted = await read_message(call, _Purge)
    if not 0 <= wanted.days <= 100_000:
        raise ControlError(f"days must be from 0 to 100000, not {wanted.days}")
    return json_reply(_Purged(purge_trash(state.world, wanted.days)))


def _action(wanted: _Activity) -> Action:
    if (wanted.deed is None) == (wanted.suggestion is None):
        raise ControlError("an activity is either a deed or a suggestion")
    if wanted.suggestion is not None:
        return Commented("suggestion", wanted.suggestion)
    return _ACTIONS[wanted.deed or "edit"]


ROUTES = (
    control_route("activity", "GET", "activity", settings),
    control_route("activity.set", "PUT", "activity", set_settings),
    control_route("activity.add", "POST", "activity", add),
    control_route("trash.purge", "POST", "trash/purge", purge),
)
