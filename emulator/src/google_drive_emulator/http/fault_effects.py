"""What a fault does: before the method is reached, in its place, and to its answer (facts C1, C2, Z4)."""

import asyncio
from dataclasses import replace

from google_drive_emulator.http.calls import Reply
from google_drive_emulator.http.delivery import Answer, CutError, Delivery
from google_drive_emulator.http.errors import DriveError, invalid_credentials, invalid_value, page_token_expired
from google_drive_emulator.http.faults import DEFAULT_STALL_MS, Fault
from google_drive_emulator.http.rate_limits import Level, Limit, refusal

_GATEWAY_LIMIT = 325_000
_HTML = (
    "<!DOCTYPE html>\n<html lang=en>\n<title>Error {status} (Server Error)!!1</title>\n"
    "<p><b>{status}.</b> <ins>That’s an error.</ins>\n<p>The server encountered an error.\n</html>\n"
)
_HTML_TYPE = "text/html; charset=UTF-8"
_KNOWN_REASONS = {
    "userRateLimitExceeded": ("User Rate Limit Exceeded", "usageLimits"),
    "rateLimitExceeded": ("Rate Limit Exceeded", "usageLimits"),
    "dailyLimitExceeded": ("Daily Limit Exceeded", "usageLimits"),
    "quotaExceeded": ("Quota Exceeded", "usageLimits"),
    "internalError": ("Internal Error", "global"),
    "backendError": ("Unknown Error.", "global"),
    "domainPolicy": ("The domain administrators have disabled Drive apps.", "global"),
    "invalid": ("Invalid Value", "global"),
}


async def hold(fault: Fault) -> None:
    """Keep the request waiting as long as a fault wants. Raises ``CutError`` if it is to get no answer."""
    match fault.kind:
        case "reset":
            raise CutError(resets=True)
        case "stall":
            await _sleep_ms(DEFAULT_STALL_MS if fault.latency_ms is None else fault.latency_ms)
            raise CutError(resets=False)
        case "latency":
            await _sleep_ms(fault.latency_ms or 0)


def reply_of(fault: Fault) -> Reply | None:
    """Return what a fault answers; None for one that does not answer itself.

    Raises ``DriveError`` for a fault that is an error in Google's shape.
    """
    match fault.kind:
        case "error":
            error = _error(fault)
            raise replace(error, headers={**error.headers, **_retry_after(fault)})
        case "expired_page_token":
            raise page_token_expired() if fault.status_code == 403 else invalid_value("pageToken")
        case "html":
            body = _HTML.format(status=fault.status_code).encode()
            return Reply(body, fault.status_code, _HTML_TYPE, _retry_after(fault))
        case "empty_body":
            return Reply(b"", fault.status_code, _HTML_TYPE, _retry_after(fault))
    return None


def spoil(fault: Fault, reply: Reply) -> Answer:
    """Return a method's reply as a fault lets it through."""
    match fault.kind:
        case "truncate":
            return Answer(reply, Delivery(cut_after_bytes=_size(reply) // 2))
        case "reset_in_body":
            return Answer(reply, Delivery(cut_after_bytes=fault.after_bytes, resets=True))
        case "slow":
            return Answer(reply, Delivery(bytes_per_second=fault.bytes_per_second))
        case "truncate_json" if isinstance(reply.body, bytes):
            return Answer(replace(reply, body=reply.body[: len(reply.body) // 2]))
    return Answer(reply)


def _size(reply: Reply) -> int:
    return len(reply.body) if isinstance(reply.body, bytes) else int(reply.headers.get("Content-Length", 0))


async def _sleep_ms(milliseconds: int) -> None:
    await asyncio.sleep(milliseconds / 1000)


def _error(fault: Fault) -> DriveError:
    status, reason = fault.status_code, fault.reason_text
    if reason == "authError":
        return invalid_credentials()
    if fault.shape != "classic":
        level: Level = "user" if reason == "userRateLimitExceeded" else "project"
        return replace(refusal(Limit(level, _GATEWAY_LIMIT), fault.shape), status_code=status)
    message, domain = _KNOWN_REASONS.get(reason, (reason, "global"))
    return DriveError(status, message, reason, domain=domain)


def _retry_after(fault: Fault) -> dict[str, str]:
    return {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
