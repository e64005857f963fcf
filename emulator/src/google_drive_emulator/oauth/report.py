"""What a token server knows, for people and tests to look at: the server in, JSON without secrets out."""

import msgspec

from google_drive_emulator.grammar.fields import Json
from google_drive_emulator.oauth.grants import Grant
from google_drive_emulator.oauth.registry import Client, Registry
from google_drive_emulator.oauth.token_server import TokenServer
from google_drive_emulator.world.timestamps import rfc3339


def report(server: TokenServer) -> dict[str, Json]:
    """Return the mode, settings, registrations, refusals and grants. A grant's ``id`` is not its token."""
    return {
        "mode": server.mode,
        "settings": msgspec.to_builtins(server.settings),
        **_registered(server.registry),
        "grants": [_grant(grant) for grant in server.grants.all],
    }


def _registered(registry: Registry) -> dict[str, Json]:
    accounts: list[Json] = [
        {"email": account.email, "client_id": account.client_id, "key_ids": list[Json](sorted(account.keys))}
        for account in registry.service_accounts
    ]
    return {
        "clients": [_client(client) for client in registry.clients],
        "service_accounts": accounts,
        "delegations": {client_id: sorted(scopes) for client_id, scopes in registry.delegations.items()},
        "refusals": msgspec.to_builtins(registry.refusals),
    }


def _client(client: Client) -> Json:
    shown: dict[str, Json] = msgspec.to_builtins(client)
    del shown["client_secret"]
    return shown


def _grant(grant: Grant) -> Json:
    return {
        "id": grant.id,
        "kind": grant.kind,
        "user": grant.email,
        "client_id": grant.client_id,
        "scopes": list[Json](sorted(grant.scopes)),
        "has_refresh_token": grant.has_refresh_token,
        "issued": rfc3339(grant.issued_ms),
        "used": rfc3339(grant.used_ms),
        "ends": None if grant.ends_ms is None else rfc3339(grant.ends_ms),
    }
