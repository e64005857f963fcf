"""What routes take and give: a call in, a reply out. Routes know nothing of sockets."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.http.params import Params
from google_drive_emulator.world.items import User

if TYPE_CHECKING:
    from google_drive_emulator.state import EmulatorState

JSON_TYPE = "application/json; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Call:
    """A request: who calls, with which parameters; ``path`` holds the parts of the path that vary."""

    method: str
    user: User
    params: Params
    path: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: bytes, or a stream of them whose total length the headers give."""

    body: bytes | AsyncIterator[bytes]
    status: int = 200
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)


Handler: TypeAlias = "Callable[[EmulatorState, Call], Awaitable[Reply]]"


@dataclass(frozen=True, slots=True)
class Route:
    """A method of the API: its name, how it is reached, and what answers. ``needs_user`` asks for credentials."""

    name: str
    method: str
    path: str
    handler: Handler
    needs_user: bool = True


def json_reply(value: "Json | msgspec.Struct", status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Reply with compact JSON."""
    return Reply(msgspec.json.encode(value), status, headers=headers or {})


def pretty(body: bytes) -> bytes:
    """Indent JSON as Google does: two spaces and a newline at the end (facts A1)."""
    return msgspec.json.format(body, indent=2) + b"\n"
