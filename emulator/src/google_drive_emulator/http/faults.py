"""Faults that a test asks for: a plan in, for each request the fault that strikes it out (facts Z4)."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

import msgspec

FaultKind = Literal[
    "error",
    "html",
    "empty_body",
    "reset",
    "reset_in_body",
    "truncate",
    "truncate_json",
    "stall",
    "latency",
    "slow",
    "expired_page_token",
    "empty_list",
    "partial_or",
    "incomplete_search",
]
Shape = Literal["classic", "gateway", "gateway_bare"]

HANDLED: frozenset[FaultKind] = frozenset({"empty_list", "partial_or", "incomplete_search"})
"""Kinds that the handler of the request carries out; it finds them in ``call.fault``."""

MAX_FAULTS = 1000
DEFAULT_STALL_MS = 300_000
_MAX_WAIT_MS = 3_600_000
_REASONS = {
    400: "badRequest",
    401: "authError",
    403: "userRateLimitExceeded",
    404: "notFound",
    409: "conflict",
    410: "gone",
    412: "conditionNotMet",
    429: "rateLimitExceeded",
    500: "backendError",
    502: "badGateway",
    503: "backendError",
    504: "gatewayTimeout",
}


class FaultError(ValueError):
    """A fault that cannot be; the text says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A request that a fault may strike. ``user`` gives the caller's address, if it has to be known."""

    route: str
    params: Mapping[str, str]
    token: str
    user: Callable[[], str | None]


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What shall go wrong, with which requests and how often.

    Which: ``route`` is a name such as ``files.list`` or a pattern such as ``files.*``; ``user`` and ``token`` are
    patterns of the caller's address and bearer token, ``params`` of the query's parameters (``{"pageToken": "*"}``
    means those that have one). How often: the first ``after`` such requests go well, then ``count`` (None: all) are
    struck, each with a ``probability``.

    Kinds, with what they take from here:

    - ``error`` answers JSON with ``status`` and ``reason``; rate limits (403, 429) come in a ``shape``: ``classic``
      with ``errors``, ``gateway`` with ``errors`` and ``details``, ``gateway_bare`` with ``details`` only (facts C1)
    - ``html``, ``empty_body`` answer ``status`` with a page of HTML, with nothing
    - ``expired_page_token`` refuses a request that has a pageToken: status 403, or 400 if that is asked for (facts A4)
    - ``reset`` cuts the connection before an answer, ``reset_in_body`` after ``after_bytes`` of its body, ``truncate``
      in the middle of it; ``truncate_json`` sends half of the body as if it were whole
    - ``stall`` keeps the client waiting for ``latency_ms`` and then cuts; ``latency`` answers that much later; ``slow``
      sends ``bytes_per_second``
    - ``empty_list``, ``partial_or``, ``incomplete_search``: files.list finds nothing, loses matches of an ``or`` over
      parents, or did not look everywhere (facts A4)

    ``retry_after`` adds that header, in seconds. Without a ``status`` it is 500 (403 for an expired token), without a
    ``reason`` the usual one of the status.
    """

    route: str = "*"
    kind: FaultKind = "error"
    count: int | None = 1
    after: int = 0
    probability: float = 1.0
    user: str = "*"
    token: str = "*"  # noqa: S105  # a pattern
    params: dict[str, str] = {}
    status: int | None = None
    reason: str | None = None
    shape: Shape = "classic"
    retry_after: int | None = None
    latency_ms: int | None = None
    after_bytes: int = 0
    bytes_per_second: int = 1024

    @property
    def status_code(self) -> int:
        """Return the status it answers."""
        default = 403 if self.kind == "expired_page_token" else 500
        return default if self.status is None else self.status

    @property
    def reason_text(self) -> str:
        """Return the reason it answers."""
        return self.reason or _REASONS.get(self.status_code, "backendError")

    def problem(self) -> str | None:
        """Say what is wrong with the values, or None."""
        return next((text for is_wrong, text in self._rules() if is_wrong), None)

    def _rules(self) -> Sequence[tuple[bool, str]]:
        lowest = 200 if self.kind == "empty_body" else 400
        return (
            (self.count is not None and self.count < 1, "count must be at least 1"),
            (self.after < 0, "after must be at least 0"),
            (not 0 < self.probability <= 1, "probability must be above 0 and at most 1"),
            (not lowest <= self.status_code <= 599, f"status must be from {lowest} to 599"),
            (not 0 <= (self.latency_ms or 0) <= _MAX_WAIT_MS, f"latency_ms must be from 0 to {_MAX_WAIT_MS}"),
            (self.kind == "latency" and self.latency_ms is None, "a fault of kind latency needs latency_ms"),
            (self.bytes_per_second < 1, "bytes_per_second must be at least 1"),
            (self.after_bytes < 0, "after_bytes must be at least 0"),
            (self.retry_after is not None and self.retry_after < 0, "retry_after must be at least 0"),
            (self._wants_other_token_status(), "an expired page token is status 403 or 400"),
        )

    def _wants_other_token_status(self) -> bool:
        return self.kind == "expired_page_token" and self.status_code not in {400, 403}

    def concerns(self, target: Target) -> bool:
        """Tell whether a request is one of those it may strike."""
        if not fnmatchcase(target.route, self.route) or not self._params_match(target.params):
            return False
        if self.kind in HANDLED and target.route != "files.list":
            return False
        if not fnmatchcase(target.token, self.token):
            return False
        return self.user == "*" or fnmatchcase(target.user() or "", self.user)

    def _params_match(self, params: Mapping[str, str]) -> bool:
        if self.kind == "expired_page_token" and not params.get("pageToken"):
            return False
        return all(name in params and fnmatchcase(params[name], wanted) for name, wanted in self.params.items())


class FaultList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Faults as a message of the control API and as a file."""

    faults: list[Fault]


class FaultPlan:
    """The faults still to come, in order; the first that matches a request strikes it."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self._faults: list[Fault] = []

    @property
    def faults(self) -> Sequence[Fault]:
        """Return the faults still to come; their counts say how often."""
        return tuple(self._faults)

    def add(self, faults: Sequence[Fault]) -> None:
        """Add faults behind those there are. Raises ``FaultError``, and then adds none."""
        if len(self._faults) + len(faults) > MAX_FAULTS:
            raise FaultError(f"at most {MAX_FAULTS} faults can be waiting; DELETE /__emulator__/faults drops them")
        for number, fault in enumerate(faults):
            problem = fault.problem()
            if problem is not None:
                raise FaultError(f"fault {number}: {problem}")
        self._faults.extend(faults)

    def clear(self) -> None:
        """Drop all faults."""
        self._faults.clear()

    def __bool__(self) -> bool:
        return bool(self._faults)

    def strike(self, target: Target) -> Fault | None:
        """Return the fault for a request, and count it as done."""
        for index, fault in enumerate(self._faults):
            if not fault.concerns(target):
                continue
            if fault.after:
                self._faults[index] = msgspec.structs.replace(fault, after=fault.after - 1)
            elif self._random.random() < fault.probability:
                self._use(index, fault)
                return fault
        return None

    def _use(self, index: int, fault: Fault) -> None:
        if fault.count is None:
            return
        if fault.count == 1:
            del self._faults[index]
        else:
            self._faults[index] = msgspec.structs.replace(fault, count=fault.count - 1)
