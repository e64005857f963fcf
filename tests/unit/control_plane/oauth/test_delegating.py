"""Connections by service accounts over the API: tried out, kept sealed, replaced; nothing of a key ever comes back."""

import asyncio
import json
import logging
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.support.control_plane.consent import Browser, Seen, Stage
from tests.support.control_plane.robots import ROBOT, ROBOT_ID, Key, delegate, register, secret_part

from drive_control_plane.audit.log import Actor
from drive_control_plane.connections.access_tokens import AccessGrant, AccessTokens, Request
from drive_control_plane.database.tables import ConnectionStatus, Role
from drive_control_plane.http.problems import Problem
from drive_control_plane.oauth.scopes import DRIVE_READONLY, METADATA_ONLY, METADATA_READONLY
from drive_control_plane.security.secrets import hash_of
from google_drive_emulator.oauth.key_files import new_key
from google_drive_worker.schemas.trigger import TriggerType, parse_trigger

ROOT = "/v1/connections"


async def create(browser: Browser, key_file: str, **body: Any) -> Seen:
    return await browser.send("POST", ROOT, json={"service_account": json.loads(key_file), **body})


async def replace(browser: Browser, connection_id: str, key_file: str | None) -> Seen:
    body = {} if key_file is None else {"service_account": key_file}
    return await browser.send("PUT", f"{ROOT}/{connection_id}/service-account", json=body)


async def created(staged: Stage, key_file: str, subject: str | None = None) -> str:
    """A connection by a service account; its id."""
    answer = await create(await staged.browser(), key_file, subject=subject)
    assert answer.status == 201, answer.text
    return str(json.loads(answer.text)["id"])


def code_of(answer: Seen) -> tuple[int, str]:
    return answer.status, json.loads(answer.text)["code"]


async def granted(staged: Stage, connection_id: str, refused_hash: str | None = None) -> AccessGrant:
    """What a worker gets; not the token that it says Google has refused."""
    worker = Actor("machine", "client_worker")
    return await AccessTokens(staged.context).grant(Request(worker, connection_id, refused_hash=refused_hash))


async def lost(staged: Stage, connection_id: str) -> None:
    """The administrator withdraws the delegation, and a worker finds out."""
    token = (await granted(staged, connection_id)).access_token
    await delegate(staged)
    with pytest.raises(Problem) as refused:
        await granted(staged, connection_id, hash_of(token))
    assert refused.value.code == "reauthorization_required"
    assert (await staged.connection(connection_id)).status is ConnectionStatus.REAUTHORIZATION_REQUIRED


async def test_a_key_makes_a_connection_that_is_due_at_once(staged_twice: Stage, key: Key) -> None:
    """It stands for its subject: account, settings for the worker, tokens, audit."""
    staged = staged_twice
    key_file = await register(staged, key)
    subject = staged.accounts[2]
    answer = await create(await staged.browser(), key_file, subject=f" {subject} ", name="Legal")
    assert answer.status == 201, answer.text
    told = json.loads(answer.text)
    assert answer.location == f"{ROOT}/{told['id']}"
    assert (told["name"], told["account_email"], told["status"]) == ("Legal", subject, "active")

    (row,) = await staged.rows()
    assert (row.tenant_id, row.next_run_at, row.schedule) == ("tenant_1", staged.time.now, {"kind": "adaptive"})
    assert (await granted(staged, row.id)).connection_config["subject"] == subject
    (entry,) = await staged.audit("connection.connected")
    assert (entry.actor, entry.tenant_id, entry.target) == ("op_1@company.example", "tenant_1", row.id)
    expected = {"account": subject, "service_account": ROBOT, "subject": subject, "scopes": [DRIVE_READONLY]}
    assert entry.details == expected


async def test_nothing_of_a_key_comes_back(staged: Stage, key_file: str, caplog: pytest.LogCaptureFixture) -> None:
    """No answer, log line, audit entry or trigger holds a part of it; in the database it is encrypted (canary)."""
    caplog.set_level(logging.DEBUG)
    browser = await staged.browser()
    connection_id = await created(staged, key_file, staged.accounts[1])
    await create(browser, key_file, subject=staged.accounts[1])
    await replace(browser, connection_id, key_file)
    await browser.send("GET", f"{ROOT}/{connection_id}")
    await browser.send("GET", ROOT)
    form = aiohttp.FormData({"subjects": staged.accounts[1]})
    form.add_field("key_file", key_file, filename="key.json")
    await browser.send("POST", "/service-accounts", data=form)
    await delegate(staged)
    await replace(browser, connection_id, key_file)
    secret = secret_part(key_file)
    assert [seen.status for seen in browser.seen] == [409, 200, 200, 200, 409, 422]
    assert secret not in caplog.text
    assert not any(secret in seen.text or "private_key" in seen.text for seen in browser.seen)
    assert secret not in json.dumps([entry.details for entry in await staged.audit()])
    assert not any(secret.encode() in published.value for published in staged.publisher.published)
    credential = await staged.credential(connection_id)
    assert credential is not None
    assert secret.encode() not in credential.secret
    kept = json.loads(staged.context.vault.open(credential.secret))
    assert "evil" not in json.dumps(kept)
    assert secret in kept["private_key"]


async def test_without_a_subject_it_is_itself(staged: Stage, key_file: str) -> None:
    """It sees what is shared with its address; the worker is told of no subject."""
    connection_id = await created(staged, key_file)
    row = await staged.connection(connection_id)
    assert row.account_email == ROBOT
    assert "subject" not in (await granted(staged, connection_id)).connection_config


async def test_no_more_is_asked_for_than_the_settings_need(staged: Stage, key_file: str) -> None:
    """Metadata alone works with a delegation of metadata alone; a schedule of its own is kept."""
    await delegate(staged, METADATA_READONLY)
    browser = await staged.browser()
    answer = await create(
        browser, key_file, subject=staged.accounts[1], settings=METADATA_ONLY, schedule={"kind": "manual"}
    )
    assert answer.status == 201, answer.text
    (row,) = await staged.rows()
    credential = await staged.credential(row.id)
    assert credential is not None
    assert credential.scopes == [METADATA_READONLY]
    assert (row.schedule, row.next_run_at) == ({"kind": "manual"}, None)


async def test_one_account_is_one_connection(staged: Stage, key_file: str) -> None:
    """By another key, by consent first or by consent later: the tenant follows an account once."""
    browser = await staged.browser()
    first = await created(staged, key_file, staged.accounts[1])
    again = await create(browser, key_file, subject=staged.accounts[1].upper())
    assert code_of(again) == (409, "already_connected")
    assert json.loads(again.text)["connection_id"] == first

    consented = await browser.connect(staged.accounts[1])
    assert (consented.status, "service_account_connected" in consented.text) == (400, True)
    assert (await staged.asked("oauth.revoke"), len(await staged.live_grants())) == (1, 1)  # the key's is left

    second = await staged.connected(staged.accounts[2])
    by_key = await create(browser, key_file, subject=staged.accounts[2])
    assert json.loads(by_key.text)["connection_id"] == second
    assert len(await staged.rows()) == 2


async def test_another_tenant_may_follow_the_same_account(staged: Stage, key_file: str) -> None:
    """What is connected elsewhere is nobody's business here."""
    await created(staged, key_file, staged.accounts[1])
    answer = await create(await staged.browser("op_2"), key_file, subject=staged.accounts[1])
    assert answer.status == 201
    assert sorted(row.tenant_id for row in await staged.rows()) == ["tenant_1", "tenant_2"]


async def test_two_at_once_make_one_connection(staged_twice: Stage, key: Key) -> None:
    """Whoever comes second is told of the first."""
    key_file = await register(staged_twice, key)
    browser = await staged_twice.browser()
    answers = await asyncio.gather(*(create(browser, key_file, subject=staged_twice.accounts[1]) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    assert len(await staged_twice.rows()) == 1


async def test_what_has_to_be_delegated_is_told(staged: Stage, key_file: str) -> None:
    """Without delegation the answer holds what an administrator enters, and the audit log the refusal."""
    await delegate(staged)
    answer = await create(await staged.browser(), key_file, subject=staged.accounts[1])
    assert code_of(answer) == (422, "unauthorized_client")
    told = json.loads(answer.text)
    assert (told["client_id"], told["scopes"]) == (ROBOT_ID, [DRIVE_READONLY])
    (entry,) = await staged.audit("connection.key_refused")
    details = {"service_account": ROBOT, "subject": staged.accounts[1], "code": "unauthorized_client"}
    assert (entry.outcome, entry.details) == ("refused", details)
    assert await staged.rows() == []


async def test_an_unknown_user_is_told(staged: Stage, key_file: str) -> None:
    """Whom the domain does not have nobody can stand for."""
    answer = await create(await staged.browser(), key_file, subject="nobody@example.com")
    assert code_of(answer) == (422, "unknown_subject")


async def test_a_wrong_clock_is_ours(staged: Stage, key_file: str) -> None:
    """It is no fault of the key's."""
    staged.time.advance(days=1)
    assert code_of(await create(await staged.browser(), key_file)) == (502, "clock_wrong")


async def test_google_away_is_told_as_such(staged: Stage, key_file: str) -> None:
    """To ask again later helps; nothing was kept."""
    await staged.fail("about.get", status=503, count=None)
    answer = await create(await staged.browser(), key_file)
    assert code_of(answer) == (503, "temporarily_unavailable")
    assert answer.headers["retry-after"] == "30"
    assert await staged.rows() == []


def pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


@pytest.mark.parametrize(
    "private_key",
    [
        "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n",
        pem(ec.generate_private_key(ec.SECP256R1())),
        pem(dsa.generate_private_key(2_048)),
        pem(rsa.generate_private_key(65_537, 2_048)).replace("A", "B"),
        "-----BEGIN PRIVATE KEY-----\n" + "QUFB" * 2_500 + "\n-----END PRIVATE KEY-----\n",
        "\x00",
    ],
    ids=["garbage", "elliptic", "dsa", "broken", "long", "nul"],
)
async def test_what_is_no_key_is_refused_unquoted(staged: Stage, key_file: str, private_key: str) -> None:
    """Keys of other kinds, broken ones and huge ones end before Google is asked."""
    document = json.dumps({**json.loads(key_file), "private_key": private_key})
    answer = await create(await staged.browser(), document)
    assert code_of(answer) == (422, "bad_key")
    assert private_key[30:60].strip("\x00 ") == "" or private_key[30:60] not in answer.text
    assert await staged.asked("oauth.token") == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"service_account": None},
        {"service_account": {"type": ["service_account"]}},
        {"service_account": {"a": {"b": "canary-canary"}}},
        {"service_account": "canary" * 10_000},
        {"service_account": "{}", "subject": "canary canary"},
        {"service_account": "{}", "subject": "x@y\n"},
        {"service_account": "{}", "private_key": "canary-canary"},
        {"service_account": "{}", "settings": {"service_account": "canary-canary"}},
    ],
)
async def test_wrong_requests_are_refused_unquoted(staged: Stage, body: dict[str, Any]) -> None:
    """Types, bounds and unknown fields; no value is repeated."""
    answer = await (await staged.browser()).send("POST", ROOT, json=body)
    assert answer.status == 422
    assert "canary" not in answer.text


async def test_viewers_and_strangers_make_nothing(staged: Stage, key_file: str) -> None:
    """A role that may connect is needed, for keys as for consent."""
    staged.operator("viewer", role=Role.VIEWER)
    for who, status in (("viewer", 403), ("nobody", 401)):
        browser = await staged.browser(who)
        assert (await create(browser, key_file)).status == status
        assert (await replace(browser, "conn_1", key_file)).status == status
        answer = await browser.send("POST", f"{ROOT}/bulk", json={"service_account": key_file, "subjects": ["a@b.c"]})
        assert answer.status == status
    assert await staged.asked("oauth.token") == 0


async def test_a_new_key_takes_the_place_of_the_old_one(staged_twice: Stage, key: Key) -> None:
    """A connection that waited for a key goes on: the worker is told, with whom it stands for, and gets tokens."""
    staged = staged_twice
    key_file = await register(staged, key)
    connection_id = await created(staged, key_file, staged.accounts[1])
    await lost(staged, connection_id)
    newer = await register(staged, new_key())
    answer = await replace(await staged.browser(), connection_id, newer)
    assert answer.status == 200, answer.text
    row = await staged.connection(connection_id)
    assert (row.status, row.status_reason, row.next_run_at) == (ConnectionStatus.ACTIVE, None, staged.time.now)
    assert row.push_due_at == staged.time.now
    trigger = parse_trigger(staged.triggers()[-1].value)
    assert (trigger.trigger_type, trigger.integration_connection_id) == (TriggerType.RESUME, connection_id)
    assert (trigger.connection_config or {})["subject"] == staged.accounts[1]
    assert secret_part(newer) in await staged.refresh_token(connection_id)
    assert (await granted(staged, connection_id)).connection_config["subject"] == staged.accounts[1]
    (entry,) = await staged.audit("connection.key_replaced")
    assert entry.details["service_account"] == ROBOT


async def test_the_same_key_is_tried_again_without_a_file(staged: Stage, key_file: str) -> None:
    """Once the administrator has granted delegation again; and not before."""
    connection_id = await created(staged, key_file, staged.accounts[1])
    await lost(staged, connection_id)
    browser = await staged.browser()
    assert code_of(await replace(browser, connection_id, None)) == (422, "unauthorized_client")
    assert (await staged.connection(connection_id)).status is ConnectionStatus.REAUTHORIZATION_REQUIRED
    await delegate(staged, DRIVE_READONLY)
    assert (await replace(browser, connection_id, None)).status == 200
    assert (await staged.connection(connection_id)).status is ConnectionStatus.ACTIVE
    assert len(await staged.audit("connection.key_tried_again")) == 1


async def test_a_key_may_open_more_before_the_settings_do(staged: Stage, key_file: str) -> None:
    """Settings that read more are refused until the key was tried for everything; and it never opens less."""
    await delegate(staged, METADATA_READONLY)
    browser = await staged.browser()
    await create(browser, key_file, subject=staged.accounts[1], settings=METADATA_ONLY)
    (row,) = await staged.rows()
    path = f"{ROOT}/{row.id}"
    wider = {"settings": {**METADATA_ONLY, "resources": ["file", "comment"]}}
    assert code_of(await browser.send("PATCH", path, json=wider)) == (409, "consent_too_small")
    everything = {"reads": "everything"}
    assert code_of(await browser.send("PUT", f"{path}/service-account", json=everything)) == (
        422,
        "unauthorized_client",
    )
    await delegate(staged, METADATA_READONLY, DRIVE_READONLY)
    assert (await browser.send("PUT", f"{path}/service-account", json=everything)).status == 200
    assert (await browser.send("PATCH", path, json=wider)).status == 200
    narrower = await browser.send("PUT", f"{path}/service-account", json={"reads": "metadata"})
    assert code_of(narrower) == (409, "narrower_grant")


async def test_a_paused_connection_stays_paused(staged: Stage, key_file: str) -> None:
    """Keys are changed by rota; nobody's work begins by it."""
    connection_id = await created(staged, key_file, staged.accounts[1])
    await staged.change(connection_id, status=ConnectionStatus.PAUSED, next_run_at=None)
    assert (await replace(await staged.browser(), connection_id, key_file)).status == 200
    row = await staged.connection(connection_id)
    assert (row.status, row.next_run_at, staged.triggers()) == (ConnectionStatus.PAUSED, None, [])


async def test_kafka_away_leaves_the_old_key(staged: Stage, key_file: str) -> None:
    """The worker would go on waiting, so nothing is changed."""
    connection_id = await created(staged, key_file, staged.accounts[1])
    before = await staged.refresh_token(connection_id)
    staged.publisher.broken = "away"
    newer = await register(staged, new_key())
    assert code_of(await replace(await staged.browser(), connection_id, newer)) == (503, "kafka_unavailable")
    assert await staged.refresh_token(connection_id) == before
    assert await staged.audit("connection.key_replaced") == []


async def test_a_key_is_replaced_only_where_it_belongs(staged: Stage, key_file: str) -> None:
    """Not by another account's, not at another tenant's, a person's or an ended connection."""
    browser = await staged.browser()
    itself = await created(staged, key_file)
    other = await register(staged, new_key(), "other@project.iam.gserviceaccount.com", "108")
    assert code_of(await replace(browser, itself, other)) == (409, "other_account")
    assert code_of(await replace(await staged.browser("op_2"), itself, key_file)) == (404, "connection_not_found")
    consented = await staged.connected(staged.accounts[2])
    assert code_of(await replace(browser, consented, key_file)) == (409, "not_a_service_account")
    assert (await browser.send("DELETE", f"{ROOT}/{itself}")).status == 204
    assert code_of(await replace(browser, itself, key_file)) == (409, "connection_disconnected")


async def test_a_refusal_of_the_old_key_does_not_touch_the_new_one(staged: Stage, key_file: str) -> None:
    """A token that was asked for by the old key while it was replaced, and refused, marks nothing."""
    connection_id = await created(staged, key_file, staged.accounts[1])
    token = (await granted(staged, connection_id)).access_token
    newer = await register(staged, new_key())  # now Google refuses the old one
    await staged.fail("oauth.token", kind="latency", latency_ms=2_000, count=1)
    asking = asyncio.create_task(granted(staged, connection_id, hash_of(token)))
    async with asyncio.timeout(10):
        while (await staged.control("GET", "faults"))["faults"]:  # noqa: ASYNC110 # Google was asked, and thinks
            await asyncio.sleep(0.01)
    answer = await replace(await staged.browser(), connection_id, newer)
    assert answer.status == 200, answer.text
    assert not asking.done()
    await asyncio.gather(asking, return_exceptions=True)
    assert (await staged.connection(connection_id)).status is ConnectionStatus.ACTIVE
    assert (await granted(staged, connection_id)).access_token != token
