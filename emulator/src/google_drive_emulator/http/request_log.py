"""What was asked and how it was answered: requests in, counts and a list of the last ones out, without secrets."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from itertools import islice

import msgspec

from google_drive_emulator.http.faults import FaultKind

KEPT_REQUESTS = 1000
CUT = "cut"
_SECRETS = frozenset({"access_token", "id_token", "oauth_token", "key", "token"})


class LoggedRequest(msgspec.Struct, frozen=True):
    """One request: what was asked, by whom (None without credentials), and how it was answered.

    ``status`` is the HTTP status or ``cut``; ``fault`` is the kind of fault that struck it.
    """

    time: str
    route: str
    method: str
    path: str
    params: Mapping[str, str]
    user: str | None
    status: str
    milliseconds: int
    in_batch: bool
    fault: FaultKind | None = None


class RequestLog:
    """How many requests each route answered, by status; cut connections count as ``cut``. And the last requests."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._last: deque[LoggedRequest] = deque(maxlen=KEPT_REQUESTS)

    def add(self, request: LoggedRequest) -> None:
        """Count and keep one request."""
        self._counts[request.route, request.status] += 1
        self._last.append(request)

    def clear(self) -> None:
        """Start again from nothing."""
        self._counts.clear()
        self._last.clear()

    def last(self, count: int) -> Sequence[LoggedRequest]:
        """Return the last requests, the newest last."""
        return list(islice(self._last, max(0, len(self._last) - count), None))

    def by_route(self) -> Mapping[str, Mapping[str, int]]:
        """Return the counts as ``{route: {status: count}}``."""
        routes: dict[str, dict[str, int]] = {}
        for (route, status), count in sorted(self._counts.items()):
            routes.setdefault(route, {})[status] = count
        return routes


def without_secrets(params: Mapping[str, str]) -> dict[str, str]:
    """Return parameters with what opens an account blotted out."""
    return {name: "…" if name in _SECRETS else text for name, text in params.items()}
