"""How often somebody may fail to show who they are.

In: a request, the account that it names. Out: how long it has to wait; failures, counted by address and by account, one
count of each an application.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from fastapi import Request

from drive_control_plane.audit.log import Actor
from drive_control_plane.context import Context, context_of, only_one
from drive_control_plane.http.addresses import address_of, network_of
from drive_control_plane.operators import accounts
from drive_control_plane.operators.attempts import Attempts

FAILURES_AN_ACCOUNT, FAILURES_AN_ADDRESS = 5, 20
WINDOW = timedelta(minutes=15)

Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Guesses:
    """The attempts of an address, at an account where one is named."""

    context: Context
    by_address: Attempts
    by_account: Attempts
    address: str
    place: str
    """What is counted as one address."""
    account: str | None

    def wait_seconds(self) -> int:
        """How long the next attempt has to wait; 0: not at all."""
        account = self.by_account.wait_seconds(self.account) if self.account else 0
        return max(self.by_address.wait_seconds(self.place), account)

    async def judged(self, attempt: Awaitable[Outcome]) -> Outcome:
        """What comes of an attempt; nothing (false) where it failed.

        Until that is known it counts as a failure: else whoever tries a thousand at the same moment waits for none.
        """
        self._count()
        try:
            outcome = await attempt
        except Exception:
            self._take_back()  # nobody has learned whether it was right
            raise
        if outcome:
            self._take_back()
            self._succeeded()
        else:
            await self._note()
        return outcome

    async def failed(self) -> None:
        """Count a failure of what nobody can guess."""
        self._count()
        await self._note()

    def _count(self) -> None:
        self.by_address.failed(self.place)
        if self.account:
            self.by_account.failed(self.account)

    def _take_back(self) -> None:
        self.by_address.take_back(self.place)
        if self.account:
            self.by_account.take_back(self.account)

    async def _note(self) -> None:
        """The failure after which others have to wait is in the audit log."""
        if wait := self.wait_seconds():
            actor = Actor("anonymous", (self.account or "unknown")[:320], None, self.address)
            await accounts.note_locked_out(self.context, actor, wait)

    def _succeeded(self) -> None:
        """The account's own person was here."""
        if self.account:
            self.by_account.succeeded(self.account)


def guesses_of(request: Request, account: str | None = None, kind: str = "") -> Guesses:
    """The attempts that a request belongs to; those of another kind are counted by themselves."""
    context = context_of(request)
    by_address = only_one(request, "attempts_by_address", _attempts(FAILURES_AN_ADDRESS))
    by_account = only_one(request, "attempts_by_account", _attempts(FAILURES_AN_ACCOUNT))
    address = address_of(request)
    return Guesses(context, by_address, by_account, address, kind + network_of(address), account)


def _attempts(most: int) -> Callable[[Context], Attempts]:
    return lambda context: Attempts(most, WINDOW, context.clock.now)


def told(wait_seconds: int) -> str:
    """How long to wait, in a sentence."""
    return f"Too many attempts. Try again in {-(-wait_seconds // 60)} minutes."
