"""What every answer says to browsers, and which requests are refused before anything else.

In: requests. Out: headers that forbid frames, foreign scripts, sniffing and, but for files of our own, keeping; 403
for a changing request that a page of somebody else's sent, 413 for a body that is larger than any of ours.
"""

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drive_control_plane.config import ControlPlaneSettings
from drive_control_plane.http.problems import answer

MOST_BODY_BYTES = 1024 * 1024
Refusal = tuple[int, str, str, dict[str, str] | None]
_TOO_LARGE: Refusal = (
    413,
    "body_too_large",
    f"a body has at most {MOST_BODY_BYTES} bytes",
    {"connection": "close"},  # what is left of it is not waited for
)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_KEPT_BY_NOBODY = (b"cache-control", b"no-store")


class Shield:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, settings: ControlPlaneSettings) -> None:
        self._app = app
        self._origin = _origin(settings.control_plane_public_url)
        self._headers = _headers(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        is_ours_to_keep = scope["path"].startswith("/static/")
        answered = self._headers if is_ours_to_keep else [*self._headers, _KEPT_BY_NOBODY]

        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            # Of a body that did not say its length; the application thinks that the client has gone.
            return {"type": "http.disconnect"} if received > MOST_BODY_BYTES else message

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                added = [(name, value) for name, value in answered if name not in present]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        async def unless_too_large(message: Message) -> None:
            if received <= MOST_BODY_BYTES:
                await shielded(message)

        refusal = self._refusal(scope["method"], headers)
        if refusal is not None:
            await answer(*refusal)(scope, receive, shielded)
            return
        await self._app(scope, bounded, unless_too_large)
        if received > MOST_BODY_BYTES:
            await answer(*_TOO_LARGE)(scope, receive, shielded)

    def _refusal(self, method: str, headers: dict[str, str]) -> Refusal | None:
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > MOST_BODY_BYTES:
            return _TOO_LARGE
        if method in SAFE:
            return None
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
        if (origin is not None and origin != self._origin) or site not in {"same-origin", "none"}:
            return 403, "foreign_origin", "this request comes from a page of another site", None
        return None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _headers(settings: ControlPlaneSettings) -> list[tuple[bytes, bytes]]:
    # A form that starts the consent is answered by a redirect to Google, which counts as its target.
    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        f"form-action 'self' {_origin(settings.google_auth_uri)}; frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }
    if settings.is_https:
        headers["strict-transport-security"] = "max-age=31536000"
    return [(name.encode(), value.encode()) for name, value in headers.items()]
