"""Refusals of calls that come too fast: a limit in, Google's error in one of its shapes out (facts C1, C2, D)."""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.http.errors import DriveError

Level: TypeAlias = Literal["user", "project"]
RefusalShape: TypeAlias = Literal["classic", "gateway", "gateway_bare", "too_many_requests"]

_CLASSIC = {
    "user": ("userRateLimitExceeded", "User Rate Limit Exceeded"),
    "project": ("rateLimitExceeded", "Rate Limit Exceeded"),
}
_GATEWAY = {
    "user": ("Queries per minute per user", "defaultPerMinutePerUser", "1/min/{project}/{user}"),
    "project": ("Queries per minute", "defaultPerMinutePerProject", "1/min/{project}"),
}
_PROJECT = "202211090508"
_HELP: Json = {
    "@type": "type.googleapis.com/google.rpc.Help",
    "links": [
        {
            "description": "Request a higher quota limit.",
            "url": "https://cloud.google.com/docs/quotas/help/request_increase",
        }
    ],
}
_LONG_FORM = (
    " Rate of requests for user exceed configured project quota. You may consider re-evaluating expected per-user"
    " traffic to the API and adjust project quota limits accordingly. You may monitor aggregate quota usage and adjust"
    " limits in the API Console: https://console.developers.google.com/apis/api/drive.googleapis.com/quotas?project="
)


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that was reached: of a user or of a project, ``value`` a minute, on a service of Google's."""

    level: Level
    value: int
    service: str = "drive.googleapis.com"


def refusal(limit: Limit, shape: RefusalShape) -> DriveError:
    """Return the error for a limit that was reached, in one of the shapes that Google uses (facts C2)."""
    match shape:
        case "classic":
            return _classic(limit.level)
        case "gateway":
            return _gateway(limit)
        case "gateway_bare":
            return replace(_gateway(limit), bare=True, status="RESOURCE_EXHAUSTED")
        case "too_many_requests":
            return DriveError(429, "Rate Limit Exceeded", "rateLimitExceeded", domain="usageLimits")


def exhausted(limit: Limit) -> DriveError:
    """Return the error of the newer APIs for a limit that was reached: 429 RESOURCE_EXHAUSTED (facts D, E)."""
    return replace(_gateway(limit), status_code=429, status="RESOURCE_EXHAUSTED", bare=True)


def _classic(level: Level) -> DriveError:
    reason, message = _CLASSIC[level]
    if level == "user":
        message += f".{_LONG_FORM}{_PROJECT}"
    return DriveError(403, message, reason, domain="usageLimits")


def _gateway(limit: Limit) -> DriveError:
    name, limit_id, unit = _GATEWAY[limit.level]
    message = (
        f"Quota exceeded for quota metric 'Queries' and limit '{name}' of service '{limit.service}'"
        f" for consumer 'project_number:{_PROJECT}'."
    )
    metadata: Json = {
        "service": limit.service,
        "consumer": f"projects/{_PROJECT}",
        "quota_location": "global",
        "quota_metric": f"{limit.service}/default",
        "quota_limit": limit_id,
        "quota_limit_value": str(limit.value),
        "quota_unit": unit,
    }
    detail: Json = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com",
        "metadata": metadata,
    }
    return DriveError(
        403, message, "rateLimitExceeded", domain="usageLimits", status="PERMISSION_DENIED", details=(detail, _HELP)
    )
