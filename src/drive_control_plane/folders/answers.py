"""Drive's answers about folders without a socket (facts A4, C2): a status and bytes in; pages or a `Problem` out.

What Google says in words is not repeated; the text here names what to do.
"""

from typing import Final, TypeVar

import msgspec

from drive_control_plane.http.problems import Problem
from drive_control_plane.oauth.answers import reasons_in
from drive_control_plane.oauth.errors import MISSETTINGS, REFUSALS, TRY_LATER

FOLDER: Final = "application/vnd.google-apps.folder"
WAIT_SECONDS: Final = 30
_RATES: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"})
_SCOPES: Final = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
_DISABLED: Final = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
_HIDDEN: Final = frozenset({"insufficientFilePermissions", "teamDriveMembershipRequired"})

Answer = TypeVar("Answer", bound=msgspec.Struct)


class TokenRefusedError(Exception):
    """Google takes an access token no more, although its time may not be over."""


class NotVisibleError(Exception):
    """The account sees no such file, folder or shared drive."""


class CursorRefusedError(Exception):
    """A page's token is over, or was never Google's."""


class File(msgspec.Struct, frozen=True, rename="camel"):
    """What is asked of a file; a folder is one."""

    id: str
    name: str = ""
    mime_type: str = ""
    trashed: bool = False
    drive_id: str | None = None
    parents: tuple[str, ...] = ()

    @property
    def is_folder(self) -> bool:
        """Whether something can lie in it. Shortcuts to folders are none."""
        return self.mime_type == FOLDER


class FilePage(msgspec.Struct, frozen=True, rename="camel"):
    """Some files; a page may be empty and yet be followed by others (facts A4)."""

    files: tuple[File, ...] = ()
    next_page_token: str | None = None
    incomplete_search: bool = False


class Drive(msgspec.Struct, frozen=True):
    """A shared drive."""

    id: str
    name: str = ""


class DrivePage(msgspec.Struct, frozen=True, rename="camel"):
    """Some shared drives."""

    drives: tuple[Drive, ...] = ()
    next_page_token: str | None = None


def read(status: int, body: bytes, kind: type[Answer]) -> Answer:
    """Decode what was asked for.

    Raises `Problem`, `TokenRefusedError`, `NotVisibleError`, `CursorRefusedError`.
    """
    if status != 200:
        raise _refusal(status, frozenset(reasons_in(body)))
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Problem(502, "unreadable_answer", MISSETTINGS["unreadable_answer"]) from None


def later(detail: str = TRY_LATER) -> Problem:
    """Google could not be asked now."""
    return Problem(503, "temporarily_unavailable", detail, {"retry-after": str(WAIT_SECONDS)})


def _refusal(status: int, reasons: frozenset[str]) -> Exception:
    if status == 401:
        return TokenRefusedError()
    if status == 404 or reasons & _HIDDEN:
        return NotVisibleError()
    if status == 400 or "pageTokenExpired" in reasons:
        return CursorRefusedError()
    if status == 429 or status >= 500 or reasons & _RATES:
        return later()
    return _standing(reasons)


def _standing(reasons: frozenset[str]) -> Problem:
    """A refusal that waiting does not help against, by Google's word for it."""
    if reasons & _SCOPES:
        return Problem(409, "consent_too_small", REFUSALS["insufficient_scopes"])
    if reasons & _DISABLED:
        return Problem(502, "api_disabled", MISSETTINGS["api_disabled"])
    if "dailyLimitExceeded" in reasons:
        return later("The project's daily limit at Google is reached. Try again tomorrow, or raise it in the console.")
    code = "admin_policy_enforced" if "domainPolicy" in reasons else "account_refused"
    return Problem(409, code, REFUSALS[code])
