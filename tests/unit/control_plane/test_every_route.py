"""All routes of the application against everybody who has no right to use them."""

import base64
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import jwt
import pytest
from sqlalchemy import select
from tests.support.control_plane.context import SIGNING_KEY
from tests.unit.control_plane.every_route import (
    ACCESS_TOKEN,
    ADMINISTRATOR,
    MINE,
    OPERATOR,
    PUBLIC,
    REFRESH_TOKEN,
    RULES,
    THEIRS,
    VIEWER,
    Answer,
    House,
    house_over,
    routes,
)

from clustera_toolkit.kafka import EmbeddedBroker
from drive_control_plane.app import ROUTERS, create_app
from drive_control_plane.audit.log import Actor, record
from drive_control_plane.database import Database
from drive_control_plane.database.tables import (
    Alert,
    Connection,
    ConnectionStatus,
    Corpus,
    Job,
    JobStatus,
    MinuteCount,
    Operator,
    RecentError,
    SetupLink,
)
from drive_control_plane.machines.scopes import Scope
from drive_control_plane.security.tokens import Tokens, tokens_of

SAFE = "GET "
BELOW = {OPERATOR: VIEWER, ADMINISTRATOR: OPERATOR}


@pytest.fixture
async def house(
    database: Database, embedded_broker: EmbeddedBroker, topic_names: Callable[[str], str]
) -> AsyncIterator[House]:
    """Provide a control plane with two tenants, and a Kafka that has none of its topics."""
    topics = {f"kafka_topic_{each}": topic_names(each) for each in ("trigger", "webhook", "records")}
    async with house_over(database, kafka_bootstrap_servers=embedded_broker.bootstrap_servers, **topics) as made:
        yield made


@pytest.fixture
async def houses(databases: Database) -> AsyncIterator[House]:
    """Provide a control plane on each database in turn, without Kafka."""
    async with house_over(databases) as made:
        yield made


async def tried(
    house: House,
    headers: Callable[[str], Any],
    is_good: Callable[[Answer], bool],
    chosen: Callable[[str], bool] = lambda _: True,
    tenant: str = MINE,
) -> dict[str, tuple[int, str]]:
    """The routes whose answer is not good."""
    wrong = {}
    for route in filter(chosen, RULES):
        for path in await house.paths(route, tenant):
            answer = await house.call(route, path, await headers(route))
            if not is_good(answer):
                wrong[f"{route}: {path}"] = answer.status, answer.code or answer.text[:200]
    return wrong


def is_shut(answer: Answer) -> bool:
    return answer.status == 401 or answer.is_sent_to_sign_in


def test_every_route_has_a_rule() -> None:
    """Whoever adds a route says who may use it; no rule is left of a route that is gone; nothing is mounted besides."""
    known = list(routes())
    assert sorted(known) == sorted([*RULES, *PUBLIC])
    assert len(known) == len(set(known))


async def test_nothing_but_the_routers_is_served(house: House) -> None:
    """The application has its routers, its document and its static files, and no page that loads scripts of others."""
    others = [getattr(each, "path", None) for each in create_app(house.context).routes]
    assert [each for each in others if each is not None] == ["/openapi.json", "/static"]
    assert others.count(None) == len(ROUTERS)


async def test_strangers_are_shut_out(house: House) -> None:
    """Without a session or a token nothing is shown and nothing is done."""

    async def nobody(_: str) -> dict[str, str]:
        return {}

    assert await tried(house, nobody, is_shut) == {}
    assert house.publisher.published == []


async def test_a_session_that_is_made_up_opens_nothing(house: House) -> None:
    """A cookie that somebody else has put there (session fixation) is nobody's."""

    async def fixed(_: str) -> dict[str, str]:
        return {"Cookie": "session=chosen-by-an-attacker", "X-CSRF-Token": "0" * 64}

    assert await tried(house, fixed, is_shut) == {}


async def test_a_lesser_role_is_refused(house: House) -> None:
    """Who has less than a route's least role gets 403 and changes nothing; that they tried is in the audit log."""

    async def lesser(route: str) -> dict[str, str]:
        least = RULES[route].least
        assert least is not None
        return await house.person(BELOW[least])

    before = await house.entries()
    chosen = [route for route, rule in RULES.items() if rule.least in BELOW]
    assert await tried(house, lesser, lambda answer: answer.status == 403, chosen.__contains__) == {}
    assert house.publisher.published == []
    refused = await house.entries("request.refused")
    assert refused >= len(chosen)
    assert await house.entries() == before + refused


async def test_the_least_role_is_enough(house: House) -> None:
    """The table is as strict as it has to be: its roles are let in."""

    async def least(route: str) -> dict[str, str]:
        role = RULES[route].least
        assert role is not None
        return await house.person(role)

    def is_in(answer: Answer) -> bool:
        return answer.status not in {401, 403, 422} and not (is_shut(answer) and "session" not in str(answer.headers))

    chosen = [route for route, rule in RULES.items() if rule.least is not None]
    wrong = await tried(house, least, is_in, chosen.__contains__)
    assert {route for route, (status, _) in wrong.items() if status != 422} == set()
    said = {route.split(":")[0] for route in wrong}
    assert said <= {
        "POST /account/password",  # this person has none
        "POST /service-accounts",  # no key file
        "POST /v1/connections",
        "POST /v1/connections/bulk",
        "POST /connections/{connection_id}/settings",  # the form was made of other settings
    }


async def test_what_changes_something_wants_the_sessions_token(house: House) -> None:
    """An administrator's cookie alone (a forged form) does nothing, nor with another session's token."""
    stranger = (await house.person(ADMINISTRATOR))["X-CSRF-Token"]
    changing = [route for route, rule in RULES.items() if not route.startswith(SAFE) and rule.least is not None]
    for token in (None, "", stranger, "\xff"):

        async def forged(_: str, token: str | None = token) -> dict[str, str]:
            cookie = {"Cookie": (await house.person(ADMINISTRATOR))["Cookie"]}
            return cookie if token is None else {**cookie, "X-CSRF-Token": token}

        def is_refused(answer: Answer) -> bool:
            return (answer.status, answer.code) == (403, "csrf_token_missing")

        assert await tried(house, forged, is_refused, changing.__contains__) == {}
    assert house.publisher.published == []


@pytest.mark.parametrize(
    "sent", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}]
)
async def test_pages_of_other_sites_change_nothing(house: House, sent: dict[str, str]) -> None:
    """Whatever else it carries, a changing request of a foreign page is refused; on routes for strangers, too."""
    person = await house.person(ADMINISTRATOR)
    wrong = []
    for route in [each for each in (*RULES, *PUBLIC) if not each.startswith(SAFE)]:
        for path in await house.paths(route):
            answer = await house.call(route, path, {**person, **sent})
            if (answer.status, answer.code) != (403, "foreign_origin"):
                wrong.append((route, answer.status, answer.code))
    assert wrong == []


async def test_another_tenants_things_do_not_exist(house: House) -> None:
    """An administrator and a client with all scopes find nothing of another tenant, and change nothing there."""

    async def person(_: str) -> dict[str, str]:
        return await house.person(ADMINISTRATOR, THEIRS)

    async def program(_: str) -> dict[str, str]:
        return await house.program(*Scope, tenant=THEIRS)

    named = [route for route in RULES if "{" in route]
    for_people = [route for route in named if RULES[route].least is not None]
    for_programs = [route for route in named if RULES[route].scope is not None]
    assert await tried(house, person, lambda answer: answer.status == 404, for_people.__contains__) == {}
    assert await tried(house, program, lambda answer: answer.status == 404, for_programs.__contains__) == {}
    assert house.publisher.published == []
    async with house.context.database.reading() as session:
        mine = (await session.scalars(select(Connection))).all()
        people = (await session.scalars(select(Operator).where(Operator.tenant_id == MINE))).all()
        links = (await session.scalars(select(SetupLink))).all()
    assert {(each.status, each.name) for each in mine} == {(ConnectionStatus.ACTIVE, "Ada")}
    assert {(each.role, each.disabled_at) for each in people} == {(VIEWER, None)}
    assert {each.used_at for each in links} == {None}


async def test_another_tenants_connection_is_not_reached_by_a_parameter(house: House) -> None:
    """Where the id is no part of the path it is checked all the same."""
    connection, person = await house.connection(), await house.person(ADMINISTRATOR, THEIRS)
    async with house.http.get(f"{house.url}/v1/usage?connection_id={connection}", headers=person) as answer:
        assert answer.status == 404
    form = {"connection_id": connection}
    async with house.http.post(f"{house.url}/connect", headers=person, data=form, allow_redirects=False) as answer:
        assert (answer.status, "unknown_connection" in await answer.text()) == (400, True)


async def test_lists_hold_nothing_of_another_tenant(house: House) -> None:
    """Where no id is named nothing of another tenant is shown, its people included."""
    connection = await house.connection()
    await house.person(VIEWER)
    wrong = []
    for route in [each for each in RULES if each.startswith(SAFE) and "{" not in each]:
        answer = await house.call(route, route.partition(" ")[2], await house.person(ADMINISTRATOR, THEIRS))
        if connection in answer.text or "ada@example.com" in answer.text or "person1@" in answer.text:
            wrong.append(route)
    assert wrong == []


async def test_programs_need_the_scope(house: House) -> None:
    """All scopes but the one that a route wants open nothing; without a tenant there is nothing but tokens."""
    for_programs = {route: rule.scope for route, rule in RULES.items() if rule.scope is not None}

    async def others(route: str) -> dict[str, str]:
        return await house.program(*(set(Scope) - {for_programs[route]}))

    async def worker(_: str) -> dict[str, str]:
        return await house.program(Scope.CONNECTIONS_TOKEN, tenant=None)

    async def all_scopes(_: str) -> dict[str, str]:
        return await house.program(*Scope)

    def lacks(answer: Answer) -> bool:
        return (answer.status, answer.code) == (403, "insufficient_scope")

    assert await tried(house, others, lacks, for_programs.__contains__) == {}
    assert await house.entries("request.refused") == len(for_programs)
    not_for_workers = [route for route, scope in for_programs.items() if scope is not Scope.CONNECTIONS_TOKEN]
    assert await tried(house, worker, lacks, not_for_workers.__contains__) == {}
    refused = await tried(house, all_scopes, lambda answer: answer.status not in {401, 403}, for_programs.__contains__)
    assert refused == {}


async def test_programs_open_no_pages(house: House) -> None:
    """A token is worth nothing where people are asked for, whatever its scopes are."""

    async def program(_: str) -> dict[str, str]:
        return await house.program(*Scope)

    assert await tried(house, program, is_shut, lambda route: RULES[route].scope is None) == {}


def forged_tokens(house: House, good: str) -> Mapping[str, str]:
    """Tokens that look like the good one of a client that there is."""
    settings, now = house.context.settings, house.time.now
    ours = tokens_of(settings)
    header, claims = jwt.get_unverified_header(good), jwt.decode(good, options={"verify_signature": False})
    key = base64.urlsafe_b64decode(SIGNING_KEY)
    named, client = {"kid": header["kid"], "typ": header["typ"]}, claims["sub"]

    def signed(**other: Any) -> str:
        return jwt.encode({**claims, **other}, key, "HS256", named)

    return {
        "alg none": jwt.encode(claims, "", "none", named),
        "alg none, with the signature": jwt.encode(claims, "", "none", named) + good.rpartition(".")[2],
        "wrong audience": signed(aud="another"),
        "one of several audiences": signed(aud=["drive-control-plane", "another"]),
        "another issuer": Tokens(settings.control_plane_signing_keys, "https://evil.example").sign(
            now, client, [*Scope], MINE
        ),
        "expired": ours.sign(now - timedelta(hours=1), client, [*Scope], MINE),
        "from the future": ours.sign(now + timedelta(hours=1), client, [*Scope], MINE),
        "of a client that is not there": ours.sign(now, "client_id", [*Scope], MINE),
        "another use": jwt.encode(claims, key, "HS256", {"kid": header["kid"], "typ": "JWT"}),
        "another key": jwt.encode(claims, b"k" * 32, "HS256", named),
        "other claims under a good signature": ".".join(
            [good.split(".")[0], jwt.encode({**claims, "tenant": THEIRS}, b"k" * 32).split(".")[1], good.split(".")[2]]
        ),
    }


async def test_forged_tokens_open_nothing(house: House) -> None:
    """On every route for programs, also where a good session comes along: a request with a token is judged by it."""
    person = await house.person(ADMINISTRATOR)
    for_programs = [route for route, rule in RULES.items() if rule.scope is not None]
    good = (await house.program(*Scope))["Authorization"].removeprefix("Bearer ")
    for what, token in forged_tokens(house, good).items():

        async def forged(_: str, token: str = token) -> dict[str, str]:
            return {**person, "Authorization": f"Bearer {token}"}

        refused = await tried(house, forged, lambda answer: answer.status == 401, for_programs.__contains__)
        assert (what, refused) == (what, {})


async def test_what_was_done_is_in_the_audit_log(house: House) -> None:
    """Each changing route that does something writes an entry."""
    silent = {}
    for route in [each for each, rule in RULES.items() if not each.startswith(SAFE) and rule.least is not None]:
        for path in await house.paths(route):
            person, before = await house.person(ADMINISTRATOR), await house.entries()
            answer = await house.call(route, path, person)
            if answer.status < 400 and await house.entries() == before:
                silent[path] = answer.status
    assert {path for path in silent if not path.endswith(("/enable", "/dead-letters/replay"))} == set()


async def test_no_credential_gets_out(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """No answer and no log line holds a refresh token; access tokens are given to workers alone (canaries)."""
    caplog.set_level(logging.DEBUG)
    told = []
    for route, rule in RULES.items():
        for path in await house.paths(route):
            caller = await (house.program(*Scope) if rule.least is None else house.person(ADMINISTRATOR))
            answer = await house.call(route, path, caller)
            shown = answer.text + str(answer.headers)
            if REFRESH_TOKEN in shown or (ACCESS_TOKEN in shown and not route.endswith("/access-token")):
                told.append(route)
    assert told == []
    assert REFRESH_TOKEN not in caplog.text
    assert ACCESS_TOKEN not in caplog.text


async def test_answers_are_kept_by_nobody(house: House) -> None:
    """What is shown to somebody stays in no cache, of a browser that others use or of a proxy."""
    kept = {}
    for route in [each for each in RULES if each.startswith(SAFE)]:
        for path in await house.paths(route):
            answer = await house.call(route, path, await house.person(ADMINISTRATOR))
            if answer.headers.get("cache-control") != "no-store":
                kept[route] = answer.headers.get("cache-control")
    assert kept == {}


ODD = ("%00", "a%00b", "x" * 300, "%F0%9F%92%A9", "..%2f..", "'--")


@pytest.mark.parametrize("part", ODD)
async def test_what_is_no_id_is_nobodys_fault(houses: House, part: str) -> None:
    """Whatever stands in an address instead of an id, the asker is refused, and the database is not to blame."""
    person, program, wrong = await houses.person(ADMINISTRATOR), await houses.program(*Scope), {}
    for route, rule in RULES.items():
        path = route.partition(" ")[2]
        names = dict.fromkeys(("connection_id", "operator_id", "link_hash", "secret"), part)
        for deed in ("pause", "disable") if "{deed}" in path else ("",):
            asked = path.format(**names, deed=deed)
            if asked != path:
                answer = await houses.call(route, asked, program if rule.least is None else person)
                if answer.status not in {404, 405, 422}:
                    wrong[route] = answer.status, answer.text[:200]
    assert wrong == {}


FORMS = {
    "/sign-in": {"email": "a\x00@example.com", "password": "a\x00" * 9},
    "/operators/invitations": {"email": "a\x00@example.com", "role": "viewer"},
    "/connect": {"connection_id": "a\x00"},
    "/account/password": {"old": "\x00" * 12, "new": "abcd\x00" * 12, "again": "abcd\x00" * 12},
    "/service-accounts": {"name": "a\x00", "subjects": "a\x00@example.com"},
}


@pytest.mark.parametrize("path", FORMS)
async def test_letters_that_no_database_takes_are_nobodys_fault(houses: House, path: str) -> None:
    """A form with NUL is refused as wrong, not as a database that is away."""
    form = aiohttp.FormData(FORMS[path])
    if path == "/service-accounts":
        form.add_field("key_file", b"{}", filename="key.json")
    person = await houses.person(ADMINISTRATOR)
    async with houses.http.post(houses.url + path, data=form, headers=person, allow_redirects=False) as answer:
        assert 400 <= answer.status < 500, await answer.text()


@pytest.mark.parametrize("route", [each for each, rule in RULES.items() if rule.json is not None])
async def test_odd_json_is_nobodys_fault(house: House, route: str) -> None:
    """Half letters, numbers without end and nesting without end are refused, whatever field they stand in."""
    person = await house.person(ADMINISTRATOR)
    method, path = route.split(" ")
    names = RULES[route].json
    bodies = [b'{"\\ud800": 1}', b"[" * 500_000, b"1e999", b'{"a": ' + b"9" * 5_000 + b"}", b"\xff", b"null", b""]
    bodies += [json.dumps({**names, name: value}).encode() for name in names for value in ("\ud800", "\x00", 1e308)]
    wrong = {}
    for body in bodies:
        url = house.url + path.format(connection_id=await house.connection())
        headers = {**person, "Content-Type": "application/json"}
        async with house.http.request(method, url, data=body, headers=headers) as answer:
            if not 400 <= answer.status < 500:
                wrong[body[:40]] = answer.status, await answer.text()
    assert wrong == {}


MARKUP = "</title></textarea>\"'><script>alert(1)</script>\u202e{{ 7 * 7 }}"


async def test_words_of_strangers_are_text_on_every_page(house: House) -> None:
    """Names at Google and a worker's messages, as odd and as large as their columns take them, break no page."""
    connection_id, now = await house.connection(), house.time.now
    of_it: Any = {"connection_id": connection_id}
    rows: list[Any] = [
        Corpus(
            **of_it, corpus=MARKUP, snapshot_id=MARKUP[:32], files=2**53, ranges_done=2**31 - 1, ranges_total=1,
            eta_seconds=1e308, complete=False, held=2**53, lag_seconds=1e308, opened_at=now, heard_at=now,
        ),
        Job(
            **of_it, id=MARKUP, corpus=MARKUP, snapshot_id="1", status=JobStatus.DONE, counts={MARKUP: 2**53},
            started_at=datetime.min.replace(tzinfo=UTC), ended_at=now,
        ),
        RecentError(
            **of_it, code=MARKUP, stage=MARKUP[:32], message=MARKUP, retryable=False, resource_type=MARKUP[:32],
            resource_id=MARKUP, count=2**53, first_at=now, seen_at=datetime.min.replace(tzinfo=UTC),
        ),
        Alert(**of_it, id="alert", kind=MARKUP[:50], message=MARKUP, opened_at=datetime.min.replace(tzinfo=UTC)),
        MinuteCount(
            **of_it, minute=now - timedelta(minutes=5), changes=2**53, files=2**53, errors=2**53, lag_seconds=1e308,
            calls=2**53, units=2**53, refused=2**53, records=2**53,
        ),
    ]  # fmt: skip
    async with house.context.database.transaction() as session:
        connection = await session.get_one(Connection, connection_id)
        connection.name = connection.account_email = connection.status_reason = connection.push_off_reason = MARKUP
        session.add_all(rows)
        stranger = Actor("anonymous", MARKUP, MINE, MARKUP[:64])
        record(session, now, stranger, MARKUP[:64], MARKUP[:64], said=MARKUP, more={MARKUP: MARKUP})
    wrong = {}
    for route in [each for each in RULES if each.startswith(SAFE)]:
        for query in ("", "?span=1h", "?span=24h", "?span=7d"):
            path = route.partition(" ")[2].format(connection_id=connection_id) + query
            caller = await (house.program(*Scope) if RULES[route].least is None else house.person(ADMINISTRATOR))
            answer = await house.call(route, path, caller)
            is_html = answer.headers.get("content-type", "").startswith("text/html")
            if answer.status in {500, 502} or (is_html and "<script>alert" in answer.text):
                wrong[path] = answer.status, answer.text[:200]
    assert wrong == {}
