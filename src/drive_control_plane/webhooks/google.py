"""Channels at Google: opened and stopped (facts B).

In: an access token, a log, an address. Out: a channel's resource and end, or a `WatchError` that says whether to try
again soon or that somebody has to do something first. No text here holds a token.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TypeVar

import msgspec

from drive_control_plane.context import Context
from drive_control_plane.http.outbound import NoAnswerError, OversizeError, call
from drive_control_plane.oauth.answers import reasons_in

CALL_SECONDS = 20.0
MAX_ANSWER_BYTES = 65_536
_DRIVE = "drive:"
Answer = TypeVar("Answer", bound=msgspec.Struct)
_ADDRESS = "push is off, changes are polled: "
_OFF: Mapping[str, str] = {
    "push.webhookUrlNotHttps": f"{_ADDRESS}Google notifies https addresses only; set CONTROL_PLANE_PUBLIC_URL to one",
    "push.webhookUrlUnauthorized": (
        f"{_ADDRESS}Google may not notify the address in CONTROL_PLANE_PUBLIC_URL; authorise its domain for the "
        "Google Cloud project of GOOGLE_CLIENT_ID"
    ),
    "push.channelTypeNotSupported": f"{_ADDRESS}Google does not take channels of this type; update the control plane",
    "pushNotSupportedForRequestedResource": f"{_ADDRESS}Google does not notify of this account's changes",
}
"""What trying again soon does not help against, by Google's word for it, and what does (facts B)."""


class WatchError(Exception):
    """Google did not do what was asked. `off` says what somebody has to do before it will."""

    def __init__(self, message: str, off: str | None = None) -> None:
        super().__init__(message)
        self.off = off


class TokenRefusedError(WatchError):
    """Google does not take the access token, whose time is not over: with another one it may do what was asked."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A channel as Google has opened it."""

    resource_id: str
    expires_at: datetime


class _StartPageToken(msgspec.Struct, rename="camel"):
    start_page_token: str


class _Channel(msgspec.Struct, rename="camel"):
    resource_id: str
    expiration: int | str | None = None


async def open_channel(
    context: Context, access_token: str, corpus: str, channel_id: str, secret: str, expires_at: datetime
) -> Opened:
    """Have Google tell of a log's changes until a moment, or less long. Raises `WatchError`."""
    log = _log(corpus)
    start = await _call(context, access_token, "GET", "changes/startPageToken", log)
    params = {**log, "pageToken": _decoded(start, _StartPageToken).start_page_token, "includeRemoved": "true"}
    params |= {"includeItemsFromAllDrives": "true", "includeCorpusRemovals": "true"}
    body = {
        "id": channel_id,
        "type": "web_hook",
        "address": context.settings.webhook_uri,
        "token": secret,
        "expiration": str(int(expires_at.timestamp() * 1000)),
    }
    channel = _decoded(await _call(context, access_token, "POST", "changes/watch", params, body), _Channel)
    return Opened(channel.resource_id, _moment(channel.expiration) or expires_at)


async def stop_channel(context: Context, access_token: str, channel_id: str, resource_id: str) -> None:
    """Have Google tell no more; a channel that it does not know is stopped (facts B). Raises `WatchError`."""
    body = {"id": channel_id, "resourceId": resource_id}
    await _call(context, access_token, "POST", "channels/stop", {}, body, fine=frozenset({404}))


async def _call(
    context: Context,
    access_token: str,
    method: str,
    path: str,
    params: Mapping[str, str],
    body: Mapping[str, str] | None = None,
    *,
    fine: frozenset[int] = frozenset(),
) -> bytes:
    url, headers = f"{context.settings.gdrive_api_base_url}/{path}", {"Authorization": f"Bearer {access_token}"}
    sent = {"params": params, "json": body, "headers": headers}
    try:
        status, answer = await call(context.http, method, url, CALL_SECONDS, MAX_ANSWER_BYTES, **sent)
    except NoAnswerError as error:
        raise WatchError(f"{path}: no answer ({error})") from None
    except OversizeError:
        raise WatchError("an answer is larger than any that Google sends") from None
    if status // 100 != 2 and status not in fine:
        raise _refused(path, status, answer)
    return answer


def _refused(path: str, status: int, answer: bytes) -> WatchError:
    reason = next(iter(reasons_in(answer)), "")[:100]
    told, off = f"{path}: {status} {reason}".rstrip(), _OFF.get(reason)
    return TokenRefusedError(told) if status == HTTPStatus.UNAUTHORIZED and off is None else WatchError(told, off)


def _decoded(answer: bytes, kind: type[Answer]) -> Answer:
    try:
        return msgspec.json.decode(answer, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise WatchError("an answer is not what Google sends") from None


def _log(corpus: str) -> dict[str, str]:
    """The parameters that name a log."""
    params = {"supportsAllDrives": "true"}
    return params | {"driveId": corpus.removeprefix(_DRIVE)} if corpus.startswith(_DRIVE) else params


def _moment(expiration: int | str | None) -> datetime | None:
    try:
        return None if expiration is None else datetime.fromtimestamp(int(expiration) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
