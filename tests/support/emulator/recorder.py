"""A recorder of an emulator's traffic: exchanges in, what in them is not as Google documents it out."""

from collections.abc import Iterator

from tests.support.emulator.discovery import Method, methods
from tests.support.emulator.envelopes import problems_of_error

from google_drive_emulator.http.observers import Exchange
from google_drive_emulator.parameters import METHODS

_RPC_APIS = frozenset({"driveactivity"})
_ALIASES = {
    "includeTeamDriveItems": "includeItemsFromAllDrives",
    "supportsTeamDrives": "supportsAllDrives",
    "teamDriveId": "driveId",
}
"""Former names of parameters, which do not count beside the new ones."""

_IF_SELECTED = frozenset({"includeLabels"})
"""Parameters that count only where the mask selects the fields that they fill."""


class Recorder:
    """Collects what is wrong in all exchanges it is shown."""

    def __init__(self) -> None:
        self._violations: list[str] = []

    def __call__(self, exchange: Exchange) -> None:
        """Judge one exchange."""
        self._violations += violations_of(exchange)

    def take(self) -> list[str]:
        """Return what was found since the last time."""
        found, self._violations = self._violations, []
        return found


def violations_of(exchange: Exchange) -> list[str]:
    """Say what is wrong in an exchange; routes that no document describes are not judged."""
    method = methods().get(exchange.route.id)
    if method is None:
        return []
    where = f"{method.id} {exchange.path} answered {exchange.reply.status}"
    return [f"{where}: {problem}" for problem in _problems(method, exchange)]


def _problems(method: Method, exchange: Exchange) -> Iterator[str]:
    reply = exchange.reply
    if reply.status >= 400:
        yield from problems_of_error(_bytes(exchange), reply.status, rpc=method.api in _RPC_APIS)
        if reply.status >= 500 and not _is_known_bug(exchange):
            yield "the method failed; its log says why"
    elif not (_gives_media(method, exchange) or _is_upload_step(method, exchange)):
        yield from _problems_of_success(method, exchange)


def _is_known_bug(exchange: Exchange) -> bool:
    """Tell whether Google itself fails at this: at orders with ``starred`` in them (facts A4)."""
    return "starred" in (exchange.params.text("orderBy") or "")


def _bytes(exchange: Exchange) -> bytes:
    """Return the body; a stream is none of ours, and as JSON it is malformed."""
    body = exchange.reply.body
    return body if isinstance(body, bytes) else b"<a stream>"


def _gives_media(method: Method, exchange: Exchange) -> bool:
    """Tell whether the answer is a file's bytes, of which the documents say nothing."""
    return method.gives_media and (method.response is None or exchange.params.text("alt") == "media")


def _is_upload_step(method: Method, exchange: Exchange) -> bool:
    """Tell whether a resumable upload goes on: such a step answers with headers only (facts A)."""
    return method.takes_media and exchange.reply.body == b""


def _problems_of_success(method: Method, exchange: Exchange) -> Iterator[str]:
    reply = exchange.reply
    problem = method.problem_of(_bytes(exchange))
    if problem is not None:
        yield problem
    expected = 204 if method.response is None else 200
    if reply.status != expected:
        yield f"the status should be {expected}"
    yield from _unread_parameters(method, exchange)
    if expected == 200 and not reply.content_type.startswith("application/json"):
        yield f"the content type is {reply.content_type}"


def _unread_parameters(method: Method, exchange: Exchange) -> Iterator[str]:
    """Say which parameters were sent and are said to be honoured, and yet were never looked at."""
    support = METHODS.get(method.id)
    sent = {name for name, _ in exchange.params}
    honoured = frozenset() if support is None else support.honoured
    for name in sorted((sent & honoured) - exchange.params.read - _IF_SELECTED):
        if _ALIASES.get(name) not in sent:
            yield f"{name} is said to be honoured and was not read"
