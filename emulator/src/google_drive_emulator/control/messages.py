"""Messages to the control API: JSON in, checked values out; what is wrong with one is said in plain words."""

from typing import TypeVar

import msgspec

from google_drive_emulator.http.calls import Call, Handler, Route
from google_drive_emulator.state import EmulatorState
from google_drive_emulator.world.items import User

PREFIX = "/__emulator__/"

MessageT = TypeVar("MessageT", bound=msgspec.Struct)


class ControlError(ValueError):
    """A control message that cannot be carried out; the text says what is wrong and how to mend it."""


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message to the control API."""


async def read_message(call: Call, kind: type[MessageT]) -> MessageT:
    """Return the body of a call. Raises ``ControlError``."""
    try:
        return msgspec.json.decode(await call.read(), type=kind)
    except (msgspec.DecodeError, ValueError) as error:
        raise ControlError(f"the body is not what is expected here: {error}") from None


def whole(call: Call, name: str, default: int, low: int, high: int) -> int:
    """Return a parameter that is a whole number. Raises ``ControlError``."""
    text = call.params.text(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()) or not low <= int(text[:18]) <= high:
        raise ControlError(f"{name} must be a whole number from {low} to {high}, not {text!r}")
    return int(text)


def asked_user(state: EmulatorState, email: str | None) -> User:
    """Return the user with an address; without one the first. Raises ``ControlError``."""
    user = state.world.users[0] if email is None else state.world.user(email)
    if user is None:
        raise ControlError(f"there is no user {email!r}; GET /__emulator__/world names them")
    return user


def control_route(name: str, method: str, path: str, handler: Handler) -> Route:
    """Make a route of the control API."""
    return Route(f"control.{name}", method, PREFIX + path, handler, needs_user=False, api="control")
