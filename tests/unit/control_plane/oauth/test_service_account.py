"""Service accounts: keys are checked, and stand for users as far as the domain's administrator allows."""

import json

import pytest
from tests.support.control_plane.consent import Stage
from tests.support.control_plane.robots import ROBOT, ROBOT_ID, delegate

from drive_control_plane.audit.log import Actor
from drive_control_plane.connections.access_tokens import AccessTokens, Request
from drive_control_plane.database.tables import Connection, ConnectionStatus, Credential, CredentialKind
from drive_control_plane.http.problems import Problem
from drive_control_plane.oauth.delegating import prove
from drive_control_plane.oauth.disconnect import disconnect
from drive_control_plane.oauth.errors import GoogleError, GrantRefusedError
from drive_control_plane.oauth.scopes import DRIVE_READONLY, EVERYTHING, METADATA_READONLY
from drive_control_plane.oauth.service_account import KeyFileError, ServiceAccountKey, read_key, token_by_key
from google_drive_emulator.oauth.key_files import new_key, service_account_file

READ = frozenset({DRIVE_READONLY})


async def add_connection(staged: Stage, key_file: str, subject: str) -> str:
    """A connection by a service account, as whoever makes one stores it."""
    now = staged.time.now
    async with staged.context.database.transaction() as session:
        session.add(
            Connection(
                id="conn_robot",
                tenant_id="tenant_1",
                name="Robot",
                account_id="robot",
                account_email=subject,
                status=ConnectionStatus.ACTIVE,
                settings=dict(EVERYTHING),
                created_at=now,
                updated_at=now,
                schedule={"kind": "adaptive"},
            )
        )
        await session.flush()
        session.add(
            Credential(
                connection_id="conn_robot",
                kind=CredentialKind.SERVICE_ACCOUNT,
                secret=staged.context.vault.seal(key_file),
                subject=subject,
                scopes=[DRIVE_READONLY],
                granted_at=now,
            )
        )
    return "conn_robot"


async def test_a_key_opens_the_drive_of_its_subject(staged: Stage, key_file: str) -> None:
    """With delegation the account is the user; the addresses in the key file are never called."""
    subject = staged.accounts[2]
    key = await read_key(key_file)
    assert (await prove(staged.context, key, subject, READ)).account.email == subject
    assert (await prove(staged.context, key, None, READ)).account.email == ROBOT


@pytest.mark.parametrize(
    ("scopes", "subject", "code"),
    [
        ({DRIVE_READONLY, METADATA_READONLY}, "user01@example.com", "unauthorized_client"),
        ({DRIVE_READONLY}, "nobody@example.com", "unknown_subject"),
    ],
)
async def test_what_google_refuses_says_what_to_do(
    staged: Stage, key_file: str, scopes: set[str], subject: str, code: str
) -> None:
    """Missing delegation and unknown users are told apart."""
    with pytest.raises(GrantRefusedError) as refused:
        await token_by_key(staged.context, key_file, frozenset(scopes), subject)
    assert refused.value.code == code


async def test_a_wrong_clock_is_told_as_such(staged: Stage, key_file: str) -> None:
    """A machine whose clock is wrong gets no token, and its people the reason."""
    staged.time.advance(days=1)
    with pytest.raises(GoogleError) as refused:
        await token_by_key(staged.context, key_file, READ, staged.accounts[0])
    assert refused.value.code == "clock_wrong"


async def test_a_key_that_was_replaced_is_told_as_such(staged: Stage, key_file: str) -> None:
    """A key that Google does not know any more is no good."""
    other = {"email": ROBOT, "client_id": ROBOT_ID, "public_key": new_key()[2], "key_id": ""}
    await staged.control("POST", "oauth", {"action": "service_account", **other})
    with pytest.raises(GrantRefusedError) as refused:
        await token_by_key(staged.context, key_file, READ, None)
    assert refused.value.code == "bad_signature"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "authorized_user"}, "look at type"),
        ({"client_email": None}, "look at client_email"),
        ({"private_key": "secret in clear"}, '"private_key" is not an RSA key'),
        ({"private_key": "x" * 40_000}, "too long"),
    ],
)
def test_a_document_that_is_no_key_is_refused_without_being_quoted(change: dict[str, str | None], said: str) -> None:
    """What is wrong is named; nothing of the document is shown."""
    document = {"type": "service_account", "client_email": ROBOT, "private_key": "secret", **change}
    with pytest.raises(KeyFileError) as refused:
        ServiceAccountKey.parse(json.dumps(document))
    assert said in str(refused.value)
    assert "secret" not in f"{refused.value} {refused.value.__cause__} {refused.value.__context__}"


def test_what_is_not_json_is_no_key() -> None:
    """Any text may come."""
    with pytest.raises(KeyFileError):
        ServiceAccountKey.parse("{")


def test_a_key_shows_nothing_of_itself(key: tuple[str, str, str]) -> None:
    """Its representation names the account alone."""
    document = service_account_file(ROBOT, ROBOT_ID, *key[:2], "https://oauth2.googleapis.com")
    parsed = ServiceAccountKey.parse(json.dumps(document))
    assert repr(parsed) == f"ServiceAccountKey(email='{ROBOT}', client_id='{ROBOT_ID}')"


async def test_workers_get_tokens_of_service_accounts(staged: Stage, key_file: str) -> None:
    """The token is the subject's, is kept as others are, and the settings name the subject and no key."""
    subject = staged.accounts[1]
    connection_id = await add_connection(staged, key_file, subject)
    tokens = AccessTokens(staged.context)
    request = Request(Actor("machine", "client_worker"), connection_id, subject=subject)
    first, second = await tokens.grant(request), await tokens.grant(request)
    assert first.access_token == second.access_token
    assert first.connection_config == {**EVERYTHING, "subject": subject}
    assert first.scopes == (DRIVE_READONLY,)
    assert await staged.asked("oauth.token") == 1


async def test_delegation_that_ended_marks_the_connection(staged: Stage, key_file: str) -> None:
    """When the administrator takes delegation away, the connection says whom to ask."""
    connection_id = await add_connection(staged, key_file, staged.accounts[1])
    await delegate(staged)
    with pytest.raises(Problem) as refused:
        await AccessTokens(staged.context).token_of(connection_id)
    assert refused.value.status == 409
    row = await staged.connection(connection_id)
    assert row.status == "reauthorization_required"
    assert "Domain-wide delegation" in (row.status_reason or "")


async def test_a_service_account_is_disconnected_without_google(staged: Stage, key_file: str) -> None:
    """There is no grant to revoke; the key is deleted here."""
    connection_id = await add_connection(staged, key_file, staged.accounts[1])
    await disconnect(staged.context, staged.operators["op_1"].actor, connection_id)
    assert await staged.credential(connection_id) is None
    assert await staged.asked("oauth.revoke") == 0
    assert (
        await (await staged.browser()).send("POST", "/connect", data={"connection_id": connection_id})
    ).status == 400
