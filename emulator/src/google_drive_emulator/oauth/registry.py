"""Who is known to the emulated Google: clients, service accounts, what admins allow and forbid (facts C3, F).

In: what the control API or a program registers. Out: lookups. Users are the world's business.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec

from google_drive_emulator.oauth.errors import OAuthError

ClientType: TypeAlias = Literal["web", "desktop"]
Refused: TypeAlias = Literal[
    "access_denied",
    "admin_policy_enforced",
    "deleted_client",
    "disallowed_useragent",
    "invalid_rapt",
    "org_internal",
]

_ON_PAGES = frozenset(
    {"access_denied", "admin_policy_enforced", "deleted_client", "disallowed_useragent", "org_internal"}
)
_AT_TOKENS = frozenset({"admin_policy_enforced", "deleted_client", "invalid_rapt"})
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Client(msgspec.Struct, frozen=True):
    """An OAuth client. A web client's redirect addresses count exactly; a desktop client also has the loopback ones.

    ``testing`` is a consent screen in testing: refresh tokens end after 7 days, and only ``test_users`` get in, if any
    are named. ``grant_seconds`` bounds the grants of a client whose users give access for a time.
    """

    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...] = ()
    type: ClientType = "web"
    name: str = ""
    testing: bool = False
    test_users: tuple[str, ...] = ()
    grant_seconds: int | None = None

    def permits(self, redirect_uri: str) -> bool:
        """Tell whether a code may be sent to an address."""
        if redirect_uri in self.redirect_uris:
            return True
        address = urlsplit(redirect_uri)
        return self.type == "desktop" and address.scheme == "http" and address.hostname in _LOOPBACK


class ServiceAccount(msgspec.Struct, frozen=True):
    """A service account: its address, its client id for delegation, and its public keys (PEM) by their ids.

    A key without an id, under the empty one, is good for assertions that name any key.
    """

    email: str
    client_id: str
    keys: Mapping[str, str]


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that is refused from now on: to one client or user, or to all where none is named."""

    error: Refused
    client_id: str | None = None
    user: str | None = None

    def strikes(self, client_id: str, user: str | None) -> bool:
        """Tell whether this refuses a user of a client; a refusal for one user waits until the user is known."""
        return self.client_id in {None, client_id} and self.user in {None, user}

    def as_error(self) -> OAuthError:
        """Return the error that Google answers."""
        if self.error == "invalid_rapt":
            return OAuthError("invalid_grant", "reauth related error (invalid_rapt)", subtype="invalid_rapt")
        return OAuthError(self.error)


class Registry:
    """What was registered. Registering something again replaces it."""

    def __init__(self) -> None:
        self._clients: dict[str, Client] = {}
        self._service_accounts: dict[str, ServiceAccount] = {}
        self._delegations: dict[str, frozenset[str]] = {}
        self.refusals: Sequence[Refusal] = ()

    @property
    def clients(self) -> Sequence[Client]:
        """Return the clients."""
        return tuple(self._clients.values())

    @property
    def service_accounts(self) -> Sequence[ServiceAccount]:
        """Return the service accounts."""
        return tuple(self._service_accounts.values())

    @property
    def delegations(self) -> Mapping[str, frozenset[str]]:
        """Return the scopes that the admin granted for the whole domain, by client id."""
        return self._delegations

    def client(self, client_id: str) -> Client | None:
        """Return a client, or None."""
        return self._clients.get(client_id)

    def service_account(self, email: str) -> ServiceAccount | None:
        """Return a service account, or None."""
        return self._service_accounts.get(email)

    def put_client(self, client: Client) -> None:
        """Register a client."""
        self._clients[client.client_id] = client

    def put_service_account(self, account: ServiceAccount) -> None:
        """Register a service account; the keys it had are no good any more."""
        self._service_accounts[account.email] = account

    def delegate(self, client_id: str, scopes: frozenset[str]) -> None:
        """Let a service account act for all users within scopes, as a domain's admin does; no scopes end that."""
        self._delegations[client_id] = scopes

    def check_page(self, client_id: str, user: str | None = None) -> None:
        """Raise the ``OAuthError`` that keeps a client, and a user once known, from the consent page."""
        self._check(_ON_PAGES, client_id, user)

    def check_token(self, client_id: str, user: str | None = None) -> None:
        """Raise the ``OAuthError`` that keeps a client, and a user once known, from tokens."""
        self._check(_AT_TOKENS, client_id, user)

    def _check(self, concerned: frozenset[str], client_id: str, user: str | None) -> None:
        for refusal in self.refusals:
            if refusal.error in concerned and refusal.strikes(client_id, user):
                raise refusal.as_error()
