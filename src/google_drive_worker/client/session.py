"""Calls to Drive for one connection. In: a method and its parameters. Out: the JSON body, or a typed error.

Each try takes its turn in the quota, carries a fresh token, and is classified; what may pass is repeated
until the schedule ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote, urlencode

from clustera_toolkit.timing import REAL_TIMING, Timing
from google_drive_worker.client.auth import AccessToken, TokenSource
from google_drive_worker.client.backoff import Backoff
from google_drive_worker.client.classify import classify
from google_drive_worker.client.errors import DriveError, ItemError, MalformedResponseError, RateLimitedError
from google_drive_worker.client.observer import SILENT, CallObserver
from google_drive_worker.client.quota import Lane, RateLimiter, UnlimitedRate, units_of
from google_drive_worker.client.retry import retrying
from google_drive_worker.client.transport import DEFAULT_MAX_BYTES, BeforeBody, HttpTransport, Response

GOOGLE_API_BASE_URL = "https://www.googleapis.com"
SERVICE_PATH = "/drive/v3/"
MAX_URI_CHARACTERS = 2048
USER_LIMIT_REASON = "userRateLimitExceeded"


@dataclass(frozen=True, slots=True)
class _Call:
    endpoint: str
    url: str
    params: Mapping[str, str]
    lane: Lane
    paged: bool
    max_bytes: int
    before_body: BeforeBody | None


class DriveSession:
    """Drive v3 as one account sees it. `base_url` is the API's root, without ``/drive/v3`` (facts A)."""

    def __init__(
        self,
        transport: HttpTransport,
        tokens: TokenSource,
        *,
        limiter: RateLimiter | None = None,
        backoff: Backoff | None = None,
        timing: Timing = REAL_TIMING,
        base_url: str = GOOGLE_API_BASE_URL,
        observer: CallObserver = SILENT,
        max_bytes: int = DEFAULT_MAX_BYTES,
    ) -> None:
        self._transport = transport
        self._tokens = tokens
        self._limiter = limiter or UnlimitedRate()
        self._backoff = backoff or Backoff()
        self._timing = timing
        self._root = base_url.rstrip("/") + SERVICE_PATH
        self._observer = observer
        self._max_bytes = max_bytes

    async def get(
        self,
        endpoint: str,
        path: str,
        params: Mapping[str, str],
        *,
        lane: Lane,
        paged: bool = False,
        max_bytes: int | None = None,
        before_body: BeforeBody | None = None,
    ) -> bytes:
        """Get the JSON body of `path` (relative to ``/drive/v3/``), at most `max_bytes` of it.

        `endpoint` is the method's name in quota, metrics and errors; `paged` says that `params` hold a page
        token. Raises a `DriveError`; a `RetryableError` only when its schedule ended, with its `attempts`.
        """
        call = _Call(
            endpoint,
            self._root + path,
            {**params, "prettyPrint": "false"},
            lane,
            paged,
            max_bytes or self._max_bytes,
            before_body,
        )
        try:
            return await retrying(
                partial(self._try, call),
                backoff=self._backoff,
                timing=self._timing,
                retried=lambda error: self._observer.retried(call.endpoint, error.code),
            )
        except DriveError as error:
            error.endpoint = error.endpoint or endpoint
            raise

    async def _try(self, call: _Call) -> bytes:
        try:
            body = await self._authorized(call)
        except DriveError as error:
            self._observer.error(call.endpoint, error.code)
            if isinstance(error, RateLimitedError):
                self._limiter.report_rate_error(error.retry_after_seconds, user_only=error.reason == USER_LIMIT_REASON)
            raise
        self._limiter.report_success()
        return body

    async def _authorized(self, call: _Call) -> bytes:
        """Ask with one more token if Drive refuses the first: it may be revoked before its time (facts G)."""
        token = await self._tokens.token()
        answer = await self._send(call, token)
        if answer.status == 401:
            self._tokens.invalidate(token)
            answer = await self._send(call, await self._tokens.token())
        return _body_of(answer, call)

    async def _send(self, call: _Call, token: AccessToken) -> Response:
        await self._limiter.acquire(units_of(call.endpoint), call.lane)
        started = self._timing.monotonic()
        send = self._send_long if _is_long(call) else self._send_plain
        answer = await send(call, {"authorization": token.authorization})
        self._observer.call(call.endpoint, answer.status, self._timing.monotonic() - started)
        return answer

    async def _send_plain(self, call: _Call, headers: Mapping[str, str]) -> Response:
        return await self._transport.request(
            "GET",
            call.url,
            params=call.params,
            headers=headers,
            max_bytes=call.max_bytes,
            endpoint=call.endpoint,
            before_body=call.before_body,
        )

    async def _send_long(self, call: _Call, headers: Mapping[str, str]) -> Response:
        """Send a GET whose parameters are too long for a URI as a POST (facts G)."""
        return await self._transport.request(
            "POST",
            call.url,
            headers={**headers, "x-http-method-override": "GET"},
            form=call.params,
            max_bytes=call.max_bytes,
            endpoint=call.endpoint,
            before_body=call.before_body,
        )


def id_segment(identifier: str, *, endpoint: str) -> str:
    """Quote an id as one segment of a path. Raises `ItemError`, before Drive is asked, for what is none."""
    if not identifier.strip(".") or not identifier.isprintable():
        raise ItemError(f"{identifier!r} is not an id of Drive", code="invalid_id", endpoint=endpoint)
    return quote(identifier, safe="")


def _is_long(call: _Call) -> bool:
    return len(call.url) + 1 + len(urlencode(call.params)) > MAX_URI_CHARACTERS


def _body_of(answer: Response, call: _Call) -> bytes:
    if answer.status != 200:
        raise classify(answer.status, answer.headers, answer.body, endpoint=call.endpoint, paged=call.paged)
    content_type = answer.headers.get("content-type", "")
    if not content_type.startswith("application/json"):
        raise MalformedResponseError(
            f"an answer of type {content_type!r} instead of JSON", http_status=200, endpoint=call.endpoint
        )
    return answer.body
