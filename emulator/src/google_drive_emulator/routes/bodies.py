"""Bodies of requests: JSON in, typed values out, with Google's errors for what does not parse (facts C2)."""

from typing import TypeVar

import msgspec

from google_drive_emulator.http.calls import Call
from google_drive_emulator.http.errors import DriveError

StructT = TypeVar("StructT", bound=msgspec.Struct)
BodyT = TypeVar("BodyT")


async def json_body(call: Call, kind: type[StructT]) -> StructT:
    """Read the JSON body of a call; see ``decoded``."""
    return decoded(await call.read(), kind)


def decoded(body: bytes, kind: type[BodyT]) -> BodyT:
    """Read a JSON body; fields that are not known are ignored, as Google does, and no body is an empty one.

    Raises ``DriveError`` (400): ``parseError`` for what is no JSON, ``invalid`` for a field of the wrong type.
    """
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except msgspec.ValidationError as error:
        raise DriveError(400, f"Invalid value: {error}", "invalid") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise DriveError(400, "Parse Error", "parseError") from None
