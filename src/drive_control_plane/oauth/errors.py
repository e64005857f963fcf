"""What Google's authorisation server may answer instead of a grant, and what a person can do about it (facts C3, F).

GoogleError               anything below; `code` is stable, `advice` a sentence that says what to do
├── GrantRefusedError     this grant is no good, and will not be: somebody has to consent again, or an administrator act
├── ClientRefusedError    our OAuth client is not set up as it must be: no grant of anybody works
└── UnavailableError      a passing cause that outlasted the tries: to ask again later may help
"""

from collections.abc import Mapping
from typing import Final


class GoogleError(Exception):
    """An answer that is no grant. Its text holds nothing that Google or a browser sent."""

    def __init__(self, code: str, advice: str) -> None:
        super().__init__(f"{code}: {advice}")
        self.code = code
        self.advice = advice


class GrantRefusedError(GoogleError):
    """A grant that ended or was not given."""


class ClientRefusedError(GoogleError):
    """An OAuth client that is missing, unknown or not set up."""


class UnavailableError(GoogleError):
    """Google could not be asked."""


REFUSALS: Final[Mapping[str, str]] = {
    "access_denied": "Consent was refused at Google. Connect again and choose Allow; while the consent screen is in "
    "testing, the account must also be one of its test users.",
    "admin_policy_enforced": "The policy of this account's Google Workspace does not allow the app. Its administrator "
    "can trust the app in the Admin console under Security, API controls, App access control; then connect again.",
    "org_internal": "The app is open to its own organisation only. Choose an account of that organisation, or set the "
    "consent screen's user type to External.",
    "disallowed_useragent": "Google does not allow consent inside an embedded browser. Open the page in Chrome, "
    "Firefox, Safari or Edge and connect again.",
    "invalid_grant": "The grant has expired or was revoked. Connect the account again.",
    "invalid_code": "The code that Google gave has expired or was used before. Connect again.",
    "other_client": "The grant was given to another OAuth client than GOOGLE_CLIENT_ID. Connect the account again.",
    "no_refresh_token": "Google gave no lasting grant. Remove the app at https://myaccount.google.com/connections and "
    "connect again.",
    "invalid_rapt": "The organisation's policy wants people to sign in again. Connect the account again.",
    "interaction_required": "Google has to ask the person something. Connect again.",
    "consent_required": "Google has to ask for consent. Connect again.",
    "unauthorized_client": "The service account may not act for this user with the scopes that are wanted. A "
    "Workspace administrator has to grant its client id all of them under Security, API controls, Domain-wide "
    "delegation.",
    "unknown_subject": "Google knows no user with this address in the domain. Check the subject of the connection.",
    "bad_signature": "Google does not accept the service account's key: it was deleted or disabled. Make a new key "
    "in the Google Cloud console and give it.",
    "assertion_refused": "Google does not accept the service account: it, or its key, was deleted or disabled. Look at "
    "both in the Google Cloud console under IAM & Admin, Service Accounts; then give a new key.",
    "insufficient_scopes": "The grant does not cover what has to be read. Connect again and leave every box ticked.",
    "account_refused": "Google does not let this account use Drive. Check that Drive is switched on for it.",
}
"""Codes that are about one grant."""

MISSETTINGS: Final[Mapping[str, str]] = {
    "oauth_client_missing": "No OAuth client is set: GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET have to be, from the "
    "Google Cloud console under APIs & Services, Credentials.",
    "redirect_uri_mismatch": "The OAuth client does not have this address: add CONTROL_PLANE_PUBLIC_URL followed by "
    "/connect/callback to its authorised redirect URIs, letter by letter.",
    "invalid_client": "Google does not know the OAuth client or its secret: check GOOGLE_CLIENT_ID and "
    "GOOGLE_CLIENT_SECRET.",
    "deleted_client": "The OAuth client was deleted in the Google Cloud console: make another one, set it, and have "
    "all accounts connected again.",
    "invalid_scope": "Google does not accept the scopes that were asked for: see that the Google Drive API is enabled "
    "in the project of the OAuth client.",
    "invalid_request": "Google did not understand the request: see that the OAuth client is of the type Web "
    "application.",
    "unsupported_grant_type": "The token server does not know this kind of grant: check GOOGLE_TOKEN_URI.",
    "unsupported_response_type": "The authorisation server does not give codes: check GOOGLE_AUTH_URI.",
    "api_disabled": "Drive refuses the calls of the OAuth client's project: enable the Google Drive API there.",
    "clock_wrong": "Google finds that this machine's clock is wrong: set it by NTP.",
    "unreadable_answer": "What answers is not Google: check GOOGLE_TOKEN_URI and GDRIVE_API_BASE_URL, and any proxy.",
}
"""Codes that are about how the control plane is set up."""

PASSING: Final = frozenset({"internal_failure", "server_error", "temporarily_unavailable", "backend_error"})
"""Codes after which the same request may work."""
TRY_LATER: Final = "Google does not answer at the moment. Try again in some minutes."
OTHER_REFUSAL: Final = "Google refused for a reason that is not known here. Connect again."


def error_of(code: str) -> GoogleError:
    """The error of a code that Google gave; codes that are not known are not repeated."""
    if code in REFUSALS:
        return GrantRefusedError(code, REFUSALS[code])
    if code in MISSETTINGS:
        return ClientRefusedError(code, MISSETTINGS[code])
    if code in PASSING:
        return UnavailableError(code, TRY_LATER)
    return GrantRefusedError("refused", OTHER_REFUSAL)


def unavailable() -> UnavailableError:
    """Google did not answer, or answered with a passing failure."""
    return UnavailableError("temporarily_unavailable", TRY_LATER)
