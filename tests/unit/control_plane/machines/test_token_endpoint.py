"""The token endpoint as RFC 6749 has it, over HTTP."""

import base64
import json
from datetime import timedelta

import aiohttp
import pytest
from tests.unit.control_plane.machines.served import ADMINISTRATOR, Served

from drive_control_plane.machines import clients
from drive_control_plane.machines.granting import MOST_FAILURES_OF_ADDRESS, MOST_FAILURES_OF_CLIENT, WINDOW
from drive_control_plane.security.tokens import LIFETIME

GRANT = {"grant_type": "client_credentials"}
NOBODY = "client_" + "0" * 32


async def test_a_secret_in_the_form_gives_a_token(served_twice: Served) -> None:
    """The answer has what RFC 6749 5.1 lists, and no cache may keep it."""
    client = await served_twice.client()
    status, body, headers = await served_twice.show(client.client_id, client.secret)
    assert status == 200
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == LIFETIME.total_seconds()
    assert body["scope"] == "connections:read connections:write"
    assert headers["cache-control"] == "no-store"


async def test_a_secret_in_the_header_gives_a_token(served: Served) -> None:
    """HTTP Basic works; its two parts are form-encoded within it (2.3.1), which here may encode the separator too."""
    client = await served.client()
    basic = base64.b64encode(f"{client.client_id.replace('_', '%5F')}:{client.secret}".encode()).decode()
    status, _, _ = await served.ask(GRANT, headers={"Authorization": f"Basic {basic}"})
    assert status == 200


async def test_fewer_scopes_may_be_asked_for(served: Served) -> None:
    """A client may ask for a part of its scopes, and gets that part."""
    client = await served.client()
    status, body, _ = await served.show(client.client_id, client.secret, scope="connections:write")
    assert (status, body["scope"]) == (200, "connections:write")
    status, _, _ = await served.protected(f"Bearer {body['access_token']}")
    assert status == 403


@pytest.mark.parametrize("scope", ["connections:token", "connections:read connections:token", "nonsense"])
async def test_more_scopes_are_refused(served: Served, scope: str) -> None:
    """A scope that the client does not have is an `invalid_scope`, not a smaller token."""
    client = await served.client()
    status, body, _ = await served.show(client.client_id, client.secret, scope=scope)
    assert (status, body["error"]) == (400, "invalid_scope")


async def test_all_that_is_wrong_with_a_client_looks_alike(served_twice: Served) -> None:
    """Unknown, wrong and disabled clients get one answer: none tells whether a client exists."""
    known, disabled = await served_twice.client(), await served_twice.client()
    async with served_twice.context.database.transaction() as session:
        await clients.disable(session, served_twice.time.now, ADMINISTRATOR, disabled.client_id)
    answers = [
        await served_twice.show(NOBODY, known.secret),
        await served_twice.show("no id at all\0", known.secret),
        await served_twice.show(known.client_id, "wrong"),
        await served_twice.show(known.client_id, known.secret + "x" * 1_000),
        await served_twice.show(disabled.client_id, disabled.secret),
    ]
    assert {(status, json.dumps(body)) for status, body, _ in answers} == {(401, json.dumps(answers[0][1]))}
    assert answers[0][1]["error"] == "invalid_client"
    assert all(headers["www-authenticate"].startswith("Basic ") for _, _, headers in answers)


WRONG = {
    "no grant type": ("client_id=a&client_secret=b", "invalid_request"),
    "another grant": ("grant_type=password&client_id=a&client_secret=b", "unsupported_grant_type"),
    "a parameter twice": ("grant_type=client_credentials&client_id=a&client_id=b&client_secret=c", "invalid_request"),
    "too many parameters": ("&".join(f"p{n}=1" for n in range(100)), "invalid_request"),
    "longer than any form": ("grant_type=client_credentials&x=" + "y" * 9_000, "invalid_request"),
    "no text": (b"\xff\xfe".decode("latin-1"), "invalid_request"),
}


@pytest.mark.parametrize(("form", "error"), WRONG.values(), ids=WRONG.keys())
async def test_wrong_requests_are_named(served: Served, form: str, error: str) -> None:
    """A request that is no request of this grant is refused with the RFC's code."""
    status, body, headers = await served.ask(form, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (status, body["error"]) == (400, error)
    assert headers["cache-control"] == "no-store"


async def test_only_forms_are_read(served: Served) -> None:
    """JSON is refused even when it says all that a form would."""
    client = await served.client()
    wanted = json.dumps({**GRANT, "client_id": client.client_id, "client_secret": client.secret})
    status, body, _ = await served.ask(wanted, headers={"Content-Type": "application/json"})
    assert (status, body["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("basic", ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Basic /w==", "Bearer abc", ""])
async def test_headers_that_name_no_client_are_refused(served: Served, basic: str) -> None:
    """An Authorization header from which no client can be read is an `invalid_client`."""
    status, body, _ = await served.ask(GRANT, headers={"Authorization": basic})
    assert (status, body["error"]) == (401, "invalid_client")


async def test_a_secret_is_shown_once(served: Served) -> None:
    """Header and form together are refused, and so is a form that names another client than the header."""
    client = await served.client()
    auth = aiohttp.encode_basic_auth(client.client_id, client.secret)
    for more in ({"client_secret": client.secret}, {"client_id": NOBODY}):
        status, body, _ = await served.ask({**GRANT, **more}, headers={"Authorization": auth})
        assert (status, body["error"]) == (400, "invalid_request")


async def test_both_secrets_are_good_while_one_is_rotated(served_twice: Served) -> None:
    """The secret before stays good until the overlap ends; the one before that ends at once."""
    first = await served_twice.client()
    secrets = [first.secret]
    for _ in range(2):
        async with served_twice.context.database.transaction() as session:
            made = await clients.rotate(
                session, served_twice.time.now, ADMINISTRATOR, first.client_id, timedelta(hours=1)
            )
            secrets.append(made.secret)
    assert [(await served_twice.show(first.client_id, secret))[0] for secret in secrets] == [401, 200, 200]
    served_twice.time.advance(hours=1)
    assert [(await served_twice.show(first.client_id, secret))[0] for secret in secrets] == [401, 401, 200]


async def test_last_use_is_noted_once_a_minute(served: Served) -> None:
    """A client's last use is known to the minute, and costs one write a minute."""
    client, began = await served.client(), served.time.now
    for seconds, noted in ((0, 0), (30, 0), (30, 60)):
        served.time.advance(seconds=seconds)
        await served.token(client)
        assert (await served.row(client.client_id)).used_at == began + timedelta(seconds=noted)


async def test_guessing_from_an_address_has_to_wait(served: Served) -> None:
    """After many failures an address waits, with a right secret too; later it may try again."""
    client = await served.client()
    for _ in range(MOST_FAILURES_OF_ADDRESS):
        assert (await served.show(NOBODY, "guess"))[0] == 401
    status, body, headers = await served.show(client.client_id, client.secret)
    assert (status, body["error"]) == (429, "slow_down")
    assert 0 < int(headers["retry-after"]) <= WINDOW.total_seconds() + 1
    served.time.advance(seconds=int(headers["retry-after"]))
    assert (await served.show(client.client_id, client.secret))[0] == 200


async def test_guessing_does_not_lock_a_client_out(served: Served) -> None:
    """Wrong secrets of a client are soon answered by 429, while its right one still works."""
    client = await served.client()
    wrong = [(await served.show(client.client_id, "guess"))[0] for _ in range(MOST_FAILURES_OF_CLIENT + 1)]
    assert wrong == [401] * MOST_FAILURES_OF_CLIENT + [429]
    assert (await served.show(client.client_id, client.secret))[0] == 200


async def test_grants_and_refusals_are_audited(served_twice: Served) -> None:
    """Each attempt leaves an entry that says who and from where, and holds neither secret nor what nobody is called."""
    client = await served_twice.client()
    await served_twice.token(client)
    await served_twice.show(client.client_id, "wrong-secret")
    await served_twice.show("secret-in-the-wrong-field", "wrong-secret")
    entries = await served_twice.audit("token.granted")
    assert [(each.outcome, each.actor_kind, each.target) for each in entries] == [
        ("done", "machine", client.client_id),
        ("refused", "machine", client.client_id),
        ("refused", "anonymous", None),
    ]
    assert {each.address for each in entries} == {"127.0.0.1"}
    told = " ".join(f"{each.actor} {each.details}" for each in entries)
    assert "wrong" not in told
    assert client.secret not in told


async def test_a_flood_of_failures_writes_a_bounded_log(served: Served) -> None:
    """Failures beyond the limit leave no entries: a guesser cannot fill the audit log."""
    client = await served.client()
    for _ in range(MOST_FAILURES_OF_CLIENT + 5):
        await served.show(client.client_id, "guess")
    assert len(await served.audit("token.granted")) == MOST_FAILURES_OF_CLIENT
