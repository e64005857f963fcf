"""Google's errors as judges: an error's body and status in, what is wrong with it out (facts C1, E)."""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType
from tests.support.emulator.discovery import problem_of

RpcStatus = Literal[
    "INVALID_ARGUMENT",
    "FAILED_PRECONDITION",
    "OUT_OF_RANGE",
    "UNAUTHENTICATED",
    "PERMISSION_DENIED",
    "NOT_FOUND",
    "ABORTED",
    "ALREADY_EXISTS",
    "RESOURCE_EXHAUSTED",
    "CANCELLED",
    "INTERNAL",
    "UNIMPLEMENTED",
    "UNAVAILABLE",
    "DEADLINE_EXCEEDED",
]


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """One of ``error.errors``."""

    message: str
    reason: str
    domain: str | UnsetType = UNSET
    location: str | UnsetType = UNSET
    location_type: Literal["parameter", "header", "other"] | UnsetType = msgspec.field(
        default=UNSET, name="locationType"
    )


class Detail(msgspec.Struct):
    """One of ``error.details``: a message that names its type."""

    type: str = msgspec.field(name="@type")


class Error(msgspec.Struct, forbid_unknown_fields=True):
    """What is below ``error``: Drive's own errors have ``errors``, those of the gateway ``status`` and ``details``."""

    code: int
    message: str
    errors: list[Entry] | UnsetType = UNSET
    status: RpcStatus | UnsetType = UNSET
    details: list[Detail] | UnsetType = UNSET


class Envelope(msgspec.Struct, forbid_unknown_fields=True):
    """The body of an error."""

    error: Error


_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Envelope)


def problems_of_error(body: bytes, status: int, *, rpc: bool = False) -> Iterator[str]:
    """Say what is wrong with an error; ``rpc`` is for APIs that never send ``errors``."""
    problem = problem_of(body, _DECODER)
    if problem is not None:
        yield problem
        return
    error: Error = _DECODER.decode(body).error
    if error.code != status:
        yield f"error.code is {error.code}, the status {status}"
    if rpc and (error.status is UNSET or error.errors is not UNSET):
        yield "an error of google.rpc has a status and no errors"
    if error.errors is UNSET:
        if error.status is UNSET:
            yield "an error has errors or a status"
        return
    if not error.errors:
        yield "error.errors is empty"
    if any((entry.location is UNSET) != (entry.location_type is UNSET) for entry in error.errors):
        yield "location and locationType come together"
