"""The control API of an emulator that runs elsewhere: calls in, decoded answers out (standard library only)."""

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

_TIMEOUT_SECONDS = 60.0


class RemoteError(RuntimeError):
    """The control API refused a message; the text says why."""


class Remote:
    """Steers an emulator by its URL, like ``http://127.0.0.1:8080``. What it refuses raises ``RemoteError``."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def call(self, method: str, path: str, message: object = None) -> Any:  # any JSON
        """Send a message to ``/__emulator__/`` and return the answer."""
        body = None if message is None else json.dumps(message).encode()
        request = urllib.request.Request(f"{self._base_url}/__emulator__/{path}", body, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310  # the emulator's
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise RemoteError(json.load(error).get("error", str(error))) from None

    def mutate(self, *mutations: dict[str, Any]) -> list[str]:
        """Change the world, e.g. ``{"op": "rename", "id": id, "name": "b.txt"}``; return the ids of the items."""
        answer = self.call("POST", "world", {"mutations": list(mutations)})
        return [result["id"] for result in answer["results"]]

    def add_faults(self, *faults: dict[str, Any]) -> None:
        """Let things go wrong, e.g. ``{"route": "files.list", "kind": "error", "status": 503}``."""
        self.call("POST", "faults", {"faults": list(faults)})

    def drop_faults(self) -> None:
        """Let all go well again."""
        self.call("DELETE", "faults")

    def requests(self) -> dict[str, dict[str, int]]:
        """Return how many answers each route gave, by status: ``{"files.list": {"200": 3}}``."""
        counts: dict[str, dict[str, int]] = self.call("GET", "requests")["requests"]
        return counts

    def advance(self, milliseconds: int) -> None:
        """Let the emulator's time pass at once."""
        self.call("PUT", "clock", {"advance_ms": milliseconds})

    def set_clock(self, now: str | int, *, frozen: bool | None = None) -> None:
        """Set the emulator's time (RFC 3339 or epoch milliseconds), and stop it or let it go on."""
        self.call("PUT", "clock", {"now": now} if frozen is None else {"now": now, "frozen": frozen})

    def take_snapshot(self, name: str) -> None:
        """Keep the world as it is."""
        self.call("POST", "snapshots", {"name": name})

    def restore_snapshot(self, name: str) -> None:
        """Return the world to what it was."""
        self.call("POST", f"snapshots/{name}/restore")

    def play(self, count: int | None = None) -> Sequence[str]:
        """Carry out the scenario's next mutations, by default all; return the ids of the items."""
        answer = self.call("POST", "scenario/play", {} if count is None else {"count": count})
        return [result["id"] for result in answer["results"]]

    def reset(self) -> None:
        """Return to the start: world, tokens, faults, counts."""
        self.call("POST", "reset")
