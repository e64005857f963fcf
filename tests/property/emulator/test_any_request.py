"""Whatever is asked, the answer is one that Google could give: never a defect of the emulator's own."""

import asyncio
import json

import hypothesis.strategies as st
from hypothesis import given, note, settings

from google_drive_emulator import synthetic_world
from google_drive_emulator.http.bodies import Body
from google_drive_emulator.http.calls import Route
from google_drive_emulator.http.delivery import Answer
from google_drive_emulator.http.params import GLOBAL, Params
from google_drive_emulator.http.requests import Headers, Request
from google_drive_emulator.http.shell import Shell
from google_drive_emulator.parameters import METHODS
from google_drive_emulator.routes import ROUTES
from google_drive_emulator.state import EmulatorState

WORLD = synthetic_world(files=60, seed=4)
USER = WORLD.users[0]
JUNK = st.text(max_size=12) | st.sampled_from(
    ["", "x", "-1", "0", "1" * 30, "true", "null", "~!!~AAAA", "*", "a/b(c", "'"]
)
IDS = st.sampled_from(["root", "me", USER.permission_id, *(item.id for item in map(WORLD.item_at, range(20)) if item)])
VALUES = st.one_of(
    JUNK,
    IDS,
    st.sampled_from(
        [
            "2026-10-02T12:00:00Z",
            "application/pdf",
            "drive",
            "user",
            "allDrives",
            "media",
            "resumable",
            "multipart",
            "name contains 'a'",
            "files(id,name)",
            USER.email,
        ]
    ),
)
FIELDS = st.sampled_from(
    [
        "name",
        "id",
        "mimeType",
        "parents",
        "role",
        "type",
        "emailAddress",
        "content",
        "address",
        "expirationTime",
        "kind",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS | JUNK, inner, max_size=4),
    max_leaves=6,
)
BODIES = st.binary(max_size=30) | JSON.map(lambda value: json.dumps(value).encode())
TYPES = st.sampled_from(
    ["application/json", "application/x-www-form-urlencoded", "multipart/related; boundary=b", "text/plain", ""]
)


def names_of(route: Route) -> list[str]:
    """Return the parameters that a method has, and those that all have."""
    method = METHODS.get(route.id)
    return sorted(GLOBAL if method is None else GLOBAL | method.honoured)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """A request to some route, with parts, parameters, headers and a body of any kind."""
    route = draw(st.sampled_from(ROUTES))
    path = draw(st.sampled_from(route.paths))
    segments = []
    for segment in path.split("/"):
        name, brace, suffix = segment.partition("}")
        segments.append(draw((IDS | VALUES).map(_quoted)) + suffix if brace and name.startswith("{") else segment)
    params = draw(st.dictionaries(st.sampled_from(names_of(route)), VALUES, max_size=5))
    headers = {
        "authorization": "Bearer x",
        "content-type": draw(TYPES),
        "range": draw(st.sampled_from(["", "bytes=0-1"])),
    }
    return Request(
        draw(st.sampled_from(route.methods)),
        "/".join(segments),
        Params(params.items()),
        Headers(headers.items()),
        Body(draw(BODIES)),
        "http://here",
    )


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))


async def answered(request: Request) -> tuple[Answer, bytes]:
    """Answer a request over a world as it was at the start, and read the answer to its end."""
    state = EmulatorState(WORLD)
    answer = await Shell(state).answer(request)
    body = answer.reply.body
    read = body if isinstance(body, bytes) else b"".join([chunk async for chunk in body])
    state.reset()
    return answer, read


@settings(deadline=None, max_examples=300)
@given(requests())
def test_no_request_is_a_defect(request: Request) -> None:
    """No answer is a 500, and every error of an API is in its shape."""
    note(f"{request.method} {request.path} {list(request.params)} {dict(request.headers)}")
    answer, body = asyncio.run(answered(request))
    assert answer.reply.status != 500
    if answer.reply.status >= 400 and answer.reply.content_type.startswith("application/json"):
        assert "error" in json.loads(body)
