"""``changes.watch``, ``files.watch`` and ``channels.stop`` (facts B)."""

from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

import msgspec

from google_drive_emulator.grammar import schema
from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.errors import DriveError, forbidden, not_found
from google_drive_emulator.http.params import GLOBAL
from google_drive_emulator.push.channels import Channel
from google_drive_emulator.push.delivery import MAX_CHANNELS
from google_drive_emulator.routes.access import visible_item
from google_drive_emulator.routes.bodies import json_body
from google_drive_emulator.routes.changes import log_request
from google_drive_emulator.routes.masks import masked_reply, requested_mask
from google_drive_emulator.state import EmulatorState

_API = "https://www.googleapis.com/drive/v3"
_TYPES = frozenset({"web_hook", "webhook"})
_DEFAULT_MS = 3_600_000
_MAX_FILE_MS = 86_400_000
_MAX_CHANGES_MS = 7 * 86_400_000
_MAX_ID = 64
_MAX_TOKEN = 256


class ChannelBody(msgspec.Struct, frozen=True, rename="camel"):
    """What a client sends to open or close a channel; ``expiration`` is in epoch milliseconds, as text or number."""

    id: str | None = None
    type: str | None = None
    address: str | None = None
    token: str | None = None
    expiration: int | str | None = None
    resource_id: str | None = None
    payload: bool | None = None
    params: dict[str, str] = {}


async def watch_changes(state: EmulatorState, call: Call) -> Reply:
    """``POST /drive/v3/changes/watch``: be told when the log of a user or shared drive grows."""
    request = log_request(state, call)
    call.params.page_size(100, 1000)
    channel = await _channel(state, call, "changes", _MAX_CHANGES_MS)
    return await _open(state, call, msgspec.structs.replace(channel, log=request.key))


async def watch_file(state: EmulatorState, call: Call) -> Reply:
    """``POST /drive/v3/files/{id}/watch``: be told when a file changes."""
    if call.params.is_true("acknowledgeAbuse"):
        message = "The acknowledgeAbuse parameter is only valid for downloads."
        raise forbidden("invalidAbuseAcknowledgment", message, "acknowledgeAbuse")
    item = visible_item(state, call)
    channel = await _channel(state, call, f"files/{item.id}", _MAX_FILE_MS)
    return await _open(state, call, msgspec.structs.replace(channel, item_id=item.id))


async def stop(state: EmulatorState, call: Call) -> Reply:
    """``POST /drive/v3/channels/stop``: 204. Its creator may, and for a service account any user of its client."""
    body = await json_body(call, ChannelBody)
    if not body.id or not body.resource_id:
        raise _required("resourceId" if body.id else "id")
    channel = state.push.channels.get(_client_id(call), body.id)
    if channel is None or channel.resource_id != body.resource_id or not _may_stop(call, channel):
        raise not_found(f"Channel '{body.id}' not found for project '{_client_id(call)}'")
    state.push.stop(channel)
    return Reply(b"", 204)


def _may_stop(call: Call, channel: Channel) -> bool:
    return channel.creator == call.user.email or channel.creator.endswith("gserviceaccount.com")


def _client_id(call: Call) -> str:
    return "" if call.session is None else call.session.client_id


async def _channel(state: EmulatorState, call: Call, path: str, longest_ms: int) -> Channel:
    """Check what a client sent and make a channel of it. Raises ``DriveError``."""
    body = await json_body(call, ChannelBody)
    channel_id = _checked_id(state, call, body)
    if body.type not in _TYPES:
        raise DriveError(400, f"Channel type not supported: {body.type}", "push.channelTypeNotSupported")
    if body.token is not None and len(body.token) > _MAX_TOKEN:
        raise _invalid(f"token: at most {_MAX_TOKEN} characters")
    now_ms = state.world.clock()
    asked = {key: value for key, value in call.params if key not in GLOBAL}
    return Channel(
        id=channel_id,
        client_id=_client_id(call),
        creator=call.user.email,
        address=_checked_address(state, body.address),
        resource_uri=f"{_API}/{path}?" + urlencode({"alt": "json", **asked}),
        expires_ms=_expiry(body.expiration, now_ms, longest_ms),
        token=body.token,
    )


def _checked_id(state: EmulatorState, call: Call, body: ChannelBody) -> str:
    if not body.id:
        raise _required("id")
    if len(body.id) > _MAX_ID:
        raise _invalid(f"id: at most {_MAX_ID} characters")
    held = state.push.channels.get(_client_id(call), body.id)
    if held is not None and not state.push.has_expired(held):
        raise DriveError(400, f"Channel id {body.id} not unique", "channelIdNotUnique")
    if held is not None:
        state.push.stop(held)
    if len(state.push.channels.all) >= MAX_CHANNELS:
        state.push.prune()
    if len(state.push.channels.all) >= MAX_CHANNELS:
        raise DriveError(403, f"at most {MAX_CHANNELS} channels can be open here", "rateLimitExceeded")
    return body.id


def _checked_address(state: EmulatorState, address: str | None) -> str:
    if not address:
        raise _required("address")
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        raise _invalid("address: not a URL") from None
    allowed = state.push.settings.allow_http
    plain = parts.scheme == "http" and (allowed == "any" or (allowed == "local" and _is_local(host)))
    if not host or not (parts.scheme == "https" or plain):
        raise DriveError(400, "WebHook callback must be HTTPS: " + address, "push.webhookUrlNotHttps")
    return address


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _expiry(asked: int | str | None, now_ms: int, longest_ms: int) -> int:
    if asked is None:
        return now_ms + _DEFAULT_MS
    try:
        moment = int(asked)
    except ValueError:
        raise _invalid("expiration: epoch milliseconds") from None
    if moment <= now_ms:
        raise _invalid("expiration: in the past")
    return min(moment, now_ms + longest_ms)


async def _open(state: EmulatorState, call: Call, channel: Channel) -> Reply:
    mask = requested_mask(call, schema.CHANNEL, "*")
    await state.push.start(channel)
    value: dict[str, Json] = {
        "kind": "api#channel",
        "id": channel.id,
        "resourceId": channel.resource_id,
        "resourceUri": channel.resource_uri,
        "expiration": str(channel.expires_ms),
    }
    if channel.token is not None:
        value["token"] = channel.token
    return masked_reply(value, mask)


def _required(name: str) -> DriveError:
    return DriveError(400, f"Required: channel.{name}", "required")


def _invalid(what: str) -> DriveError:
    return DriveError(400, f"Invalid value for channel.{what}", "invalid")


ROUTES = (
    Route("changes.watch", "POST", "/drive/v3/changes/watch", watch_changes),
    Route("files.watch", "POST", "/drive/v3/files/{file_id}/watch", watch_file),
    Route("channels.stop", "POST", "/drive/v3/channels/stop", stop),
)
