"""How badly the emulated Google behaves: chance in, habits for a whole trial and faults for single requests out.

In a *told* history nothing is lost in silence: a listing that leaves items out and says nothing of it fits only a trial
that ends with another listing.
"""

import random
from collections.abc import Sequence

from tests.support.convergence.features import Features

from google_drive_emulator import Fault, PageSettings, Quirks
from google_drive_emulator.http.faults import FaultKind, Shape

ROUTES = (
    "*",
    "*",
    "*",
    "files.list",
    "changes.list",
    "changes.getStartPageToken",
    "drives.list",
    "about.get",
    "oauth.token",
)
REFUSALS = (
    (403, "userRateLimitExceeded"),
    (403, "rateLimitExceeded"),
    (429, "rateLimitExceeded"),
    (403, "quotaExceeded"),
)
SHAPES: Sequence[Shape] = ("classic", "gateway", "gateway_bare")
CUTS: Sequence[FaultKind] = ("reset", "reset_in_body", "truncate", "truncate_json", "stall")
LISTS = ("revisions.list", "comments.list", "permissions.list")
LAG_MS = 120_000


def quirks(chance: random.Random, features: Features) -> Quirks:
    """Drive's quiet habits, each one there in half of the trials."""
    return Quirks(
        listing_lag_ms=LAG_MS if features.settling and chance.random() < 0.5 else 0,
        repeat_ids=chance.random() < 0.5,
        hide_link_children=chance.random() < 0.5,
        item_changes_in_user_log=chance.random() < 0.5,
        views_log_changes=chance.random() < 0.5,
        comments_log_changes=chance.random() < 0.5,
        incomplete_revisions=chance.random() < 0.5,
        pages_may_be_empty=chance.random() < 0.5,
    )


def pages(chance: random.Random) -> PageSettings:
    """Pages as asked for, or of any smaller size."""
    return PageSettings(short_pages=chance.random() < 0.5)


def fault(chance: random.Random, *, told: bool, features: Features) -> Fault:
    """One trouble, for one request that comes soon or for a few in a row."""
    makers = [_server_error, _server_error, _rate_limit, _no_json, _cut, _cut, _slow, _lost_page, _lost_token]
    makers += [_lost_cursor, _not_everything] if chance.random() < 0.3 else []
    makers += [] if told else [_silently_empty]
    routes = (*ROUTES, *LISTS) if features.lists else ROUTES
    return chance.choice(makers)(chance, chance.choice(routes))


def _server_error(chance: random.Random, route: str) -> Fault:
    return Fault(route, status=chance.choice((500, 502, 503, 504)), count=chance.choice((1, 1, 2, 3)))


def _rate_limit(chance: random.Random, route: str) -> Fault:
    status, reason = chance.choice(REFUSALS)
    shape = chance.choice(SHAPES)
    wait = chance.choice((None, 1, 30))
    return Fault(route, status=status, reason=reason, shape=shape, retry_after=wait, count=chance.choice((1, 2)))


def _no_json(chance: random.Random, route: str) -> Fault:
    return Fault(route, kind=chance.choice(("html", "empty_body")), status=chance.choice((500, 502, 503)))


def _cut(chance: random.Random, route: str) -> Fault:
    return Fault(route, kind=chance.choice(CUTS), after_bytes=chance.randrange(400), latency_ms=1)


def _slow(chance: random.Random, route: str) -> Fault:
    return Fault(route, kind=chance.choice(("latency", "slow")), latency_ms=2, bytes_per_second=20_000_000)


def _lost_token(_: random.Random, route: str) -> Fault:
    return Fault(route, status=401, reason="authError")


def _lost_page(chance: random.Random, _: str) -> Fault:
    return Fault("files.list", kind="expired_page_token", status=chance.choice((400, 403)))


def _lost_cursor(chance: random.Random, _: str) -> Fault:
    status, reason = chance.choice(((400, "invalid"), (403, "pageTokenExpired"), (410, "gone")))
    return Fault("changes.list", status=status, reason=reason)


def _not_everything(_: random.Random, __: str) -> Fault:
    return Fault("files.list", kind="incomplete_search")


def _silently_empty(_: random.Random, __: str) -> Fault:
    return Fault("files.list", kind="empty_list")
