"""What can be set about tokens: lifetimes, limits, and whether people are asked."""

from typing import Literal, TypeAlias

import msgspec

Consent: TypeAlias = Literal["ask", "allow", "deny"]

_DAY_SECONDS = 86_400
_MOST = 10**9


class OAuthSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lifetimes and limits as Google's (facts C3, F). Times are in seconds.

    ``consent`` answers the consent page by itself, for tests without a browser: ``allow`` grants all that is asked, as
    the account that ``login_hint`` names or else the first one, ``deny`` refuses, and ``ask`` shows the page.
    """

    access_token_seconds: int = 3_599
    code_seconds: int = 600
    refresh_tokens_per_client: int = 100
    testing_seconds: int = 7 * _DAY_SECONDS
    unused_seconds: int = 180 * _DAY_SECONDS
    consent: Consent = "ask"

    def problem(self) -> str | None:
        """Say what is wrong with a value, if anything is."""
        for name in ("access_token_seconds", "code_seconds", "testing_seconds", "unused_seconds"):
            if not 1 <= getattr(self, name) <= _MOST:
                return f"{name} must be from 1 to {_MOST}, not {getattr(self, name)}"
        if not 1 <= self.refresh_tokens_per_client <= _MOST:
            return f"refresh_tokens_per_client must be from 1 to {_MOST}, not {self.refresh_tokens_per_client}"
        return None
