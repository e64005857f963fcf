"""Who looks on: each method's answer, as its handler gave it and before a fault strikes it, goes to every observer.

In: exchanges from the server and from batches. Out: calls of the observers that are there, of all emulators in this
process. Nothing observes an emulator that runs by itself; tests check here that answers are what Google documents.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from google_drive_emulator.http.calls import Reply, Route
from google_drive_emulator.http.params import Params


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer, errors included: the method, what was asked with, and the reply."""

    route: Route
    path: str
    params: Params
    reply: Reply


Observer: TypeAlias = Callable[[Exchange], None]

_observers: list[Observer] = []


def active() -> bool:
    """Tell whether anyone looks on."""
    return bool(_observers)


def notify(exchange: Exchange) -> None:
    """Show an exchange to all observers."""
    for observer in tuple(_observers):
        observer(exchange)


@contextmanager
def observe(observer: Observer) -> Iterator[None]:
    """Show ``observer`` every exchange while the block runs."""
    _observers.append(observer)
    try:
        yield
    finally:
        _observers.remove(observer)
