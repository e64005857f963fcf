"""How often somebody may fail to show who they are.

In: a request, the account that it names. Out: how long it has to wait; failures, counted by address and by account, one
count of each an application.
"""

from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request

from drive_control_plane.audit.log import Actor
from drive_control_plane.context import Context, context_of
from drive_control_plane.http.addresses import address_of
from drive_control_plane.operators import accounts
from drive_control_plane.operators.attempts import Attempts

FAILURES_AN_ACCOUNT, FAILURES_AN_ADDRESS = 5, 20
WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Guesses:
    """The attempts of an address, at an account where one is named."""

    context: Context
    by_address: Attempts
    by_account: Attempts
    address: str
    account: str | None

    def wait_seconds(self) -> int:
        """How long the next attempt has to wait; 0: not at all."""
        account = self.by_account.wait_seconds(self.account) if self.account else 0
        return max(self.by_address.wait_seconds(self.address), account)

    async def failed(self) -> None:
        """Count a failure; the one after which others have to wait is in the audit log."""
        self.by_address.failed(self.address)
        if self.account:
            self.by_account.failed(self.account)
        if wait := self.wait_seconds():
            actor = Actor("anonymous", (self.account or "unknown")[:320], None, self.address)
            await accounts.note_locked_out(self.context, actor, wait)

    def succeeded(self) -> None:
        """The account's own person was here."""
        if self.account:
            self.by_account.succeeded(self.account)


def guesses_of(request: Request, account: str | None = None) -> Guesses:
    """The attempts that a request belongs to."""
    state, context = request.app.state, context_of(request)
    if not hasattr(state, "sign_in_attempts"):
        now = context.clock.now
        state.sign_in_attempts = Attempts(FAILURES_AN_ADDRESS, WINDOW, now), Attempts(FAILURES_AN_ACCOUNT, WINDOW, now)
    by_address, by_account = state.sign_in_attempts
    return Guesses(context, by_address, by_account, address_of(request), account)


def told(wait_seconds: int) -> str:
    """How long to wait, in a sentence."""
    return f"Too many attempts. Try again in {-(-wait_seconds // 60)} minutes."
