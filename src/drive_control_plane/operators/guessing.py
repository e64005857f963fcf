"""How often somebody may fail to show who they are.

In: a request, the account that it names. Out: an attempt that is judged, or how long it has to wait; failures are
counted by address and by account, by all replicas together.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request

from drive_control_plane.audit.log import Actor
from drive_control_plane.context import Context, context_of
from drive_control_plane.http.addresses import address_of, network_of
from drive_control_plane.operators import accounts, failures
from drive_control_plane.operators.failures import Counted, Place

FAILURES_AN_ACCOUNT, FAILURES_AN_ADDRESS = 5, 20

Outcome = TypeVar("Outcome")


class TooManyGuessesError(Exception):
    """So many attempts have failed that this one has to wait; the text says how long."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(f"Too many attempts. Try again in {-(-wait_seconds // 60)} minutes.")
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class Guesses:
    """The attempts of an address, at an account where one is named."""

    context: Context
    address: str
    by_address: Counted
    by_account: Counted | None
    account: str | None

    async def check(self) -> None:
        """See that an attempt may be made. Raises `TooManyGuessesError`."""
        async with self.context.database.reading() as session:
            wait = await failures.wait_seconds(session, self.context.clock.now(), self._counted())
        if wait:
            raise TooManyGuessesError(wait)

    async def judged(self, attempt: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """What comes of an attempt; nothing (false) where it failed. Raises `TooManyGuessesError` instead of making it.

        Until that is known it counts as a failure: else whoever tries a thousand at the same moment waits for none.
        """
        await self.check()  # whoever goes on although they have to wait takes no lock from others
        place = await self._take_place()
        try:
            outcome = await attempt()
        except Exception:
            await failures.give_back(self.context.database, place)  # nobody has learned whether it was right
            raise
        if outcome:  # the account's own person was here
            await failures.give_back(self.context.database, place, self.by_account)
        else:
            await self._note(place)
        return outcome

    async def failed(self) -> None:
        """Count a failure of what nobody can guess."""
        with suppress(TooManyGuessesError):  # others have failed meanwhile, and were noted
            await self._note(await self._take_place())

    async def _take_place(self) -> Place:
        place = await failures.take_place(self.context.database, self.context.clock.now(), self._counted())
        if isinstance(place, int):
            raise TooManyGuessesError(place)
        return place

    async def _note(self, place: Place) -> None:
        """The failure after which others have to wait is in the audit log, once."""
        if not place.is_last:
            return
        try:
            await self.check()
        except TooManyGuessesError as error:
            actor = Actor("anonymous", (self.account or "unknown")[:320], None, self.address)
            await accounts.note_locked_out(self.context, actor, error.wait_seconds)

    def _counted(self) -> list[Counted]:
        return [self.by_address, *([] if self.by_account is None else [self.by_account])]


def guesses_of(request: Request, account: str | None = None, kind: str = "") -> Guesses:
    """The attempts that a request belongs to; those of another kind are counted by themselves."""
    address = address_of(request)
    by_address = Counted(f"address {kind}{network_of(address)}", FAILURES_AN_ADDRESS)
    by_account = Counted(f"account {account}", FAILURES_AN_ACCOUNT) if account else None
    return Guesses(context_of(request), address, by_address, by_account, account)
