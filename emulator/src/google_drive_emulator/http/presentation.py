"""How an answer looks to the one who asked: indented or not, and as JSONP (facts A1)."""

import re
from dataclasses import replace

from google_drive_emulator.http.calls import JSON_TYPE, SCRIPT_TYPE, Reply, json_reply, pretty
from google_drive_emulator.http.errors import DriveError
from google_drive_emulator.http.params import Params
from google_drive_emulator.oauth.errors import OAuthError

_NO = frozenset({"false", "0", "f", "n", "no"})
_CALLBACK = re.compile(r"[\w$.\[\]]+", re.ASCII)


def error_reply(error: DriveError) -> Reply:
    """Return an error as a reply."""
    return json_reply(error.body(), error.status_code, error.headers)


def oauth_error_reply(error: DriveError) -> Reply:
    """Return an error as the OAuth endpoints answer it; one with a code of theirs has their text (facts C3)."""
    message = None if error.message == error.reason else error.message
    told = OAuthError(error.reason, message, status=error.status_code)
    return json_reply(told.body(), told.status, error.headers)


def check_callback(method: str, params: Params) -> None:
    """Refuse a JSONP callback that is no name. Raises ``DriveError`` (400)."""
    name = _callback(method, params)
    if name and _CALLBACK.fullmatch(name) is None:
        raise DriveError(
            400,
            f"Invalid JSONP callback name: '{name}'; only alphabet, number, '_', '$', '.', '[' and ']' are allowed.",
            "badRequest",
        )


def present(reply: Reply, method: str, params: Params) -> Reply:
    """Return a JSON reply as its client wants to see it; other replies stay as they are.

    JSON is indented unless ``prettyPrint`` says no, and errors always are. With a ``callback`` even an error is a
    script with status 200.
    """
    if not isinstance(reply.body, bytes) or not reply.body or reply.content_type != JSON_TYPE:
        return reply
    is_plain = (params.text("prettyPrint") or "").lower() in _NO and reply.status < 300
    body = reply.body if is_plain else pretty(reply.body)
    name = _callback(method, params)
    if name and _CALLBACK.fullmatch(name):
        script = b"// API callback\n%b(%b);" % (name.encode(), body)
        return replace(reply, body=script, status=200, content_type=SCRIPT_TYPE)
    return reply if is_plain else replace(reply, body=body)


def _callback(method: str, params: Params) -> str:
    """Return the JSONP callback of a GET; other methods have none."""
    return params.text("callback") or "" if method == "GET" else ""
