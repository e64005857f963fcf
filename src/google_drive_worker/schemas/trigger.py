"""The trigger: what asks for work (docs/contracts.md, "Trigger").

In: bytes from `integrations-inbound-trigger`. Out: a `Trigger`, or `InvalidMessageError` that says what is wrong and
how to mend it, without repeating a value (it might be a credential). Unknown fields are ignored.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

ConnectionId = Annotated[
    str, Meta(min_length=1, max_length=255, pattern=r"^[^\s\x00-\x1f\x7f](.*[^\s\x00-\x1f\x7f])?(?![\s\S])")
]

DriveId = Annotated[str, Meta(min_length=1, max_length=200)]
FolderId = DriveId
Resource = Literal["file", "permission", "permission_record", "revision", "comment"]

Email = Annotated[str, Meta(max_length=320, pattern=r"^[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+(?![\s\S])")]

CREDENTIALS = ("access_token", "refresh_token", "service_account")
"""Settings that are secrets: Fernet tokens on the wire and in the state; a service account may be a file's name."""
FERNET = "gAAAA"
"""How every Fernet token begins: its version, and the zeros of a date."""
KEY_FILE_NAME = re.compile(r"(?!ya29\.|GOCSPX-|eyJ)/?[\w.@+ -]+(/[\w.@+ -]+)*")
"""A path that looks neither like a key, in whatever form, nor like another of Google's credentials."""
MAX_KEY_FILE_NAME = 255
MAX_CONFIG_LEVELS = 16


class TriggerType(StrEnum):
    """What is asked for."""

    FULL = "full"
    INCREMENTAL = "incremental"
    RESNAPSHOT = "resnapshot"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    CONFIRM = "confirm"
    FORGET = "forget"


class Corpora(Struct):
    """Which change logs to follow."""

    user: Literal["all", "owned", "none"] = "all"
    drives: Literal["all", "none"] | list[DriveId] = "all"


class ConnectionConfig(Struct):
    """The settings of a connection. Credentials are Fernet tokens, or name a key file; here they stay as they came."""

    refresh_token: str | None = None
    access_token: str | None = None
    service_account: str | None = None
    subject: Email | None = None
    page_size: Annotated[int, Meta(ge=1, le=1000)] | None = None
    corpora: Corpora = msgspec.field(default_factory=Corpora)
    selected_folders: list[FolderId] = []
    resources: list[Resource] = []
    backfill: list[Resource] = []


class Trigger(Struct):
    """A trigger as decoded; `connection_config` is kept as it was received."""

    integration_connection_id: ConnectionId
    trigger_type: TriggerType
    message_id: str | None = None
    connection_config: dict[str, Any] | None = None
    folders: list[FolderId] = []
    """Of a `resnapshot`: what lies in and below these is read again."""
    last_cursor: str | None = None
    trace_id: str | None = None


class InvalidMessageError(ValueError):
    """An inbound message that cannot be used. `reason` is a stable word for headers and metrics."""

    def __init__(self, reason: str, detail: str, connection_id: str | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.connection_id = connection_id


class _Addressed(Struct):
    integration_connection_id: ConnectionId


CHOICES: dict[str, Sequence[str]] = {
    "trigger_type": list(TriggerType),
    "user": ("all", "owned", "none"),
    "drives": ("all", "none", "a list of ids"),
    "resources": get_args(Resource),
    "backfill": get_args(Resource),
}
"""What a field may hold, where that can be listed."""
FORMS = {"subject": "the e-mail address of a user"}
"""What a field must look like, where a pattern would tell less."""
NOT_JSON = (ValueError, RecursionError)
"""What a decoder raises for bytes that are no JSON, or are nested beyond reason."""

_TRIGGER = msgspec.json.Decoder(Trigger)
_ADDRESSED = msgspec.json.Decoder(_Addressed)


def connection_of(value: bytes | None) -> str | None:
    """Whose message it is, as far as that can be told."""
    try:
        return _ADDRESSED.decode(value or b"").integration_connection_id
    except NOT_JSON:
        return None


def parse_trigger(value: bytes | None) -> Trigger:
    """Decode and check a trigger. Raises `InvalidMessageError`."""
    if not value:
        raise InvalidMessageError("empty", "the message has no value; a trigger is a JSON object")
    try:
        trigger = _TRIGGER.decode(value)
    except msgspec.ValidationError as error:
        raise InvalidMessageError("invalid_field", f"{plain(error)}", connection_of(value)) from None
    except NOT_JSON:
        raise InvalidMessageError("not_json", "the message is not JSON in UTF-8") from None
    _check_config(trigger)
    return trigger


def plain(error: msgspec.ValidationError) -> str:
    """Name the place and what is expected there; msgspec quotes values only of enumerations, which are cut off."""
    text = str(error).replace("`$.", "`")
    what, separator, place = text.rpartition(" - at ")
    field = re.sub(r"\[\w*\]", "", place.strip("`")).rpartition(".")[2]
    if text.startswith("Invalid enum value"):
        return f"Expected one of {', '.join(CHOICES.get(field, ()))}{separator}{place}"
    if field in FORMS and "matching regex" in what:
        return f"Expected {FORMS[field]}{separator}{place}"
    return text


def is_sealed(value: str) -> bool:
    """Whether a credential is a Fernet token, as far as its beginning tells."""
    return value.startswith(FERNET)


def names_key_file(value: str) -> bool:
    """Whether a `service_account` may be the name of a key file; whether there is one is not asked."""
    return len(value) <= MAX_KEY_FILE_NAME and KEY_FILE_NAME.fullmatch(value) is not None


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether JSON is nested more than so many levels; the settings are stored, and must be encodable anywhere."""
    if not isinstance(value, dict | list):
        return False
    below = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in below)


def _check_config(trigger: Trigger) -> None:
    if _is_deeper(trigger.connection_config, MAX_CONFIG_LEVELS):
        raise InvalidMessageError(
            "invalid_field",
            f"connection_config is nested deeper than {MAX_CONFIG_LEVELS} levels",
            trigger.integration_connection_id,
        )
    try:
        msgspec.convert(trigger.connection_config or {}, ConnectionConfig)
    except msgspec.ValidationError as error:
        detail = f"connection_config: {plain(error)}"
        raise InvalidMessageError("invalid_field", detail, trigger.integration_connection_id) from None
    if trigger.trigger_type is TriggerType.RESNAPSHOT and not trigger.folders:
        raise InvalidMessageError(
            "invalid_field",
            "a resnapshot needs `folders`, the ids of the folders to read again; `full` reads everything again",
            trigger.integration_connection_id,
        )
