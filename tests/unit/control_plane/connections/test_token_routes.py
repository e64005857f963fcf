"""`POST /v1/connections/{id}/access-token` as workers call it."""

import logging
from datetime import datetime
from typing import Any

import pytest
from tests.support.control_plane.consent import Stage

from drive_control_plane.audit.log import Actor
from drive_control_plane.machines import clients
from drive_control_plane.oauth.scopes import DRIVE_READONLY, EVERYTHING


async def token_for(stage: Stage, *scopes: str, tenant_id: str | None = None) -> str:
    """A token of a new machine client."""
    async with stage.context.database.transaction() as session:
        made = await clients.create(session, stage.time.now, Actor("system", "test"), "worker", scopes, tenant_id)
    form = {"grant_type": "client_credentials", "client_id": made.client_id, "client_secret": made.secret}
    async with stage.context.http.post(f"{stage.url}/oauth/token", data=form) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["access_token"])


async def call(stage: Stage, connection_id: str, token: str | None, **options: Any) -> tuple[int, Any, Any]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    url = f"{stage.url}/v1/connections/{connection_id}/access-token"
    async with stage.context.http.post(url, headers=headers, **options) as answer:
        return answer.status, await answer.json(content_type=None), answer.headers


async def test_a_worker_is_given_what_the_contract_says(staged: Stage) -> None:
    """With and without a body: a token, its end, its scopes, and the settings; no cache keeps it."""
    connection_id = await staged.connected()
    token = await token_for(staged, "connections:token")
    bodies: list[dict[str, Any]] = [{}, {"json": {}}, {"json": {"subject": None}}]
    for options in (*bodies, {"json": {"subject": staged.accounts[0]}}):
        status, body, headers = await call(staged, connection_id, token, **options)
        assert (status, headers["Cache-Control"]) == (200, "no-store")
        assert set(body) == {"access_token", "expires_at", "scopes", "connection_config"}
        assert datetime.fromisoformat(body["expires_at"]) > staged.time.now
        assert (body["scopes"], body["connection_config"]) == ([DRIVE_READONLY], EVERYTHING)


async def test_without_the_scope_there_is_no_token(staged: Stage) -> None:
    """No token, another scope, and a stranger's word are refused before the connection is looked at."""
    connection_id = await staged.connected()
    reader = await token_for(staged, "connections:read", tenant_id="tenant_1")
    assert [(await call(staged, connection_id, token))[0] for token in (None, "nonsense", reader)] == [401, 401, 403]
    assert await staged.audit("access_token.given") == []


async def test_a_client_of_a_tenant_sees_its_own_connections(staged: Stage) -> None:
    """Another tenant's connection is not there."""
    connection_id = await staged.connected()
    mine = await token_for(staged, "connections:token", tenant_id="tenant_1")
    theirs = await token_for(staged, "connections:token", tenant_id="tenant_2")
    assert (await call(staged, connection_id, mine))[0] == 200
    status, body, _ = await call(staged, connection_id, theirs)
    assert (status, body["code"]) == (404, "unknown_connection")


async def test_refusals_are_problems(staged: Stage) -> None:
    """404, 409 and 422 come as problem+json with a code."""
    connection_id = await staged.connected()
    token = await token_for(staged, "connections:token")
    await staged.change(connection_id, status="reauthorization_required", status_reason="Connect again.")
    answers = [
        await call(staged, "conn_unknown", token),
        await call(staged, connection_id, token),
        await call(staged, "a%00b", token),
        await call(staged, connection_id, token, json={"subject": "x" * 321}),
    ]
    assert [(status, body["code"]) for status, body, _ in answers] == [
        (404, "unknown_connection"),
        (409, "reauthorization_required"),
        (422, "invalid_request"),
        (422, "invalid_request"),
    ]
    assert {headers["Content-Type"] for _, _, headers in answers} == {"application/problem+json"}
    assert answers[1][1]["detail"] == "Connect again."


async def test_no_refresh_token_goes_to_a_machine(staged: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the answer nor a log line has it, nor the audit log an access token (canary)."""
    caplog.set_level(logging.DEBUG)
    connection_id = await staged.connected()
    canary = await staged.refresh_token(connection_id)
    token = await token_for(staged, "connections:token")
    _, body, headers = await call(staged, connection_id, token)
    assert canary not in f"{body} {headers} {caplog.text}"
    told = f"{caplog.text} {[entry.details for entry in await staged.audit()]}"
    assert body["access_token"] not in told
