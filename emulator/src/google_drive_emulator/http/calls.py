"""What routes take and give: a call in, a reply out. Routes know nothing of sockets."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.http.bodies import Body
from google_drive_emulator.http.faults import Fault
from google_drive_emulator.http.params import Params
from google_drive_emulator.world.items import User

if TYPE_CHECKING:
    from google_drive_emulator.oauth.sessions import Session
    from google_drive_emulator.state import EmulatorState

JSON_TYPE = "application/json; charset=UTF-8"
SCRIPT_TYPE = "text/javascript; charset=UTF-8"

Api: TypeAlias = Literal["drive", "driveactivity", "directory", "oauth2", "control"]
"""Which of Google's APIs a method belongs to, as its discovery document calls it; ``control`` is the emulator's own."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request: who calls, with which parameters; ``path`` holds the parts of the path that vary, decoded.

    ``session`` is None for methods that need no credentials. ``fault`` is one that the handler itself must carry out
    (``empty_list``, ``partial_or``, ``incomplete_search``). ``base_url`` is where the client reached the emulator,
    without a slash at the end, for links and locations in answers.
    """

    method: str
    user: User
    params: Params
    path: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: Body = field(default_factory=Body)
    session: "Session | None" = None
    fault: Fault | None = None
    base_url: str = ""

    async def read(self) -> bytes:
        """Return the whole body. Raises ``DriveError`` (413) above 64 MiB."""
        return await self.content.read()

    @property
    def stream(self) -> AsyncIterator[bytes]:
        """Return the body in chunks as they arrive, however large it is."""
        return self.content.stream()


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
    """A method of an API: its name, how it is reached, and what answers.

    ``name`` is the method's name without its API, e.g. ``files.list``; ``method`` and ``path`` may be several. A part
    of a path in braces varies: ``/drive/v3/files/{file_id}``, ``/x/{id}:approve``. Routes of the same name are the same
    method reached in other ways. ``needs_user`` asks for credentials.
    """

    name: str
    method: str | tuple[str, ...]
    path: str | tuple[str, ...]
    handler: Handler
    needs_user: bool = True
    api: Api = "drive"

    @property
    def methods(self) -> tuple[str, ...]:
        """Return the HTTP methods that reach this."""
        return (self.method,) if isinstance(self.method, str) else self.method

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the paths that reach this."""
        return (self.path,) if isinstance(self.path, str) else self.path

    @property
    def id(self) -> str:
        """Return the method's id in its discovery document, e.g. ``drive.files.list``."""
        return self.name if self.name.startswith(f"{self.api}.") else f"{self.api}.{self.name}"


def json_reply(value: "Json | msgspec.Struct", status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Reply with JSON; it is indented later, unless the client does not want that."""
    return Reply(msgspec.json.encode(value), status, headers=headers or {})


def pretty(body: bytes) -> bytes:
    """Indent JSON as Google does: two spaces and a newline at the end (facts A1)."""
    return msgspec.json.format(body, indent=2) + b"\n"
