"""Pages for service accounts, as a browser sends their forms: what is wrong is told, and the key is not kept there."""

import json
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from prometheus_client import CollectorRegistry
from tests.support.control_plane.consent import Browser, Seen, Stage
from tests.support.control_plane.robots import ROBOT, ROBOT_ID, delegate, register, secret_part
from tests.support.control_plane.serving import serving

from drive_control_plane.audit.log import Actor
from drive_control_plane.database.tables import ConnectionStatus, Role
from drive_control_plane.http.cookies import cookie_name
from drive_control_plane.oauth.scopes import DRIVE_READONLY, METADATA_READONLY
from drive_control_plane.operators import accounts
from drive_control_plane.operators.cookies import SESSION
from google_drive_emulator.oauth.key_files import new_key

NEW = "/service-accounts/new"


async def post(browser: Browser, path: str, key_file: str | bytes | None, **fields: str) -> Seen:
    """Send a form with a file in it."""
    form = aiohttp.FormData(fields)
    if key_file is not None:
        form.add_field("key_file", key_file, filename="key.json", content_type="application/json")
    return await browser.send("POST", path, data=form)


async def test_a_form_makes_a_connection(staged: Stage, key_file: str) -> None:
    """The page says what to set up; the form leads to the connection's page."""
    browser = await staged.browser()
    page = await browser.send("GET", NEW)
    assert (page.status, "Domain-wide delegation" in page.text, DRIVE_READONLY in page.text) == (200, True, True)
    answer = await post(browser, "/service-accounts", key_file, subjects=f"\n{staged.accounts[1]}\n", name=" Legal ")
    (row,) = await staged.rows()
    assert (answer.status, answer.location) == (303, f"/connections/{row.id}")
    assert (row.name, row.account_email, row.created_by) == ("Legal", staged.accounts[1], "op_1")
    assert secret_part(key_file) not in answer.text


async def test_without_addresses_it_is_the_account_itself(staged: Stage, key_file: str) -> None:
    """With a mark of order at the file's beginning, as some editors put there."""
    answer = await post(await staged.browser(), "/service-accounts", b"\xef\xbb\xbf" + key_file.encode())
    assert answer.status == 303, answer.text
    assert (await staged.rows())[0].account_email == ROBOT


async def test_metadata_alone_can_be_chosen(staged: Stage, key_file: str) -> None:
    """Then the narrow scope is what an administrator has to allow."""
    form = {"subjects": staged.accounts[1], "reads": "metadata"}
    browser = await staged.browser()
    refused = await post(browser, "/service-accounts", key_file, **form)
    assert (refused.status, METADATA_READONLY in refused.text) == (422, True)
    await delegate(staged, METADATA_READONLY)
    assert (await post(browser, "/service-accounts", key_file, **form)).status == 303


async def test_what_an_administrator_has_to_enter_is_shown(staged: Stage, key_file: str) -> None:
    """The numeric client id and the scopes, to be pasted; what was typed stays, the key does not."""
    await delegate(staged)
    form = {"subjects": staged.accounts[1], "name": "Legal <b>&"}
    answer = await post(await staged.browser(), "/service-accounts", key_file, **form)
    assert answer.status == 422
    for shown in ("unauthorized_client", f"<code>{ROBOT_ID}</code>", f"<code>{DRIVE_READONLY}</code>"):
        assert shown in answer.text
    assert f">{staged.accounts[1]}</textarea>" in answer.text
    assert 'value="Legal &lt;b&gt;&amp;"' in answer.text
    assert secret_part(key_file) not in answer.text
    assert await staged.rows() == []


@pytest.mark.parametrize(
    ("content", "subjects", "code"),
    [
        ("{}", "", "bad_key"),
        (b"\xff\xfe\x00", "", "bad_key"),
        (" " * 40_000, "", "bad_key"),
        (None, "nobody@example.com", "unknown_subject"),
        (None, "Ada Lovelace", "invalid_subject"),
        (None, "a@b.example " * 1_001, "too_many_subjects"),
    ],
)
async def test_each_mistake_has_a_page(
    staged: Stage, key_file: str, content: str | bytes | None, subjects: str, code: str
) -> None:
    """The form again, with what to do."""
    answer = await post(await staged.browser(), "/service-accounts", content or key_file, subjects=subjects)
    assert (answer.status, f"<code>{code}</code>" in answer.text) == (422, True)
    assert '<form class="card delegation"' in answer.text


async def test_who_is_followed_already_is_pointed_to(staged: Stage, key_file: str) -> None:
    """The page leads to the connection that there is."""
    there = await staged.connected(staged.accounts[1])
    answer = await post(await staged.browser(), "/service-accounts", key_file, subjects=staged.accounts[1])
    assert (answer.status, f'href="/connections/{there}"' in answer.text) == (409, True)


async def test_many_addresses_make_a_list(staged: Stage, key_file: str) -> None:
    """What became of each, and what the administrator has to enter where somebody was not let in."""
    first, second = staged.accounts[:2]
    browser = await staged.browser()
    answer = await post(browser, "/service-accounts", key_file, subjects=f"{first}, nobody@example.com; {second}")
    assert answer.status == 200
    assert "2 of 3 connected" in answer.text
    assert "<code>unknown_subject</code>" in answer.text
    assert ">nobody@example.com</textarea>" in answer.text  # those that are left, to be sent again
    await delegate(staged)
    answer = await post(browser, "/service-accounts", key_file, subjects=f"{first} {staged.accounts[2]}")
    assert ("1 of 2 connected" in answer.text, f"<code>{ROBOT_ID}</code>" in answer.text) == (True, True)


async def test_a_connection_gets_another_key(staged: Stage, key_file: str) -> None:
    """Its page for that says whom it stands for, refuses a wrong key, and leads back when it is replaced."""
    browser = await staged.browser()
    await post(browser, "/service-accounts", key_file, subjects=staged.accounts[1])
    (row,) = await staged.rows()
    path = f"/service-accounts/{row.id}"
    await staged.change(row.id, status=ConnectionStatus.REAUTHORIZATION_REQUIRED)
    shown = await browser.send("GET", path)
    assert (staged.accounts[1] in shown.text, ROBOT in shown.text) == (True, True)
    refused = await post(browser, path, "{}")
    assert (refused.status, "<code>bad_key</code>" in refused.text) == (422, True)
    newer = await register(staged, new_key())
    answer = await post(browser, path, newer)
    assert (answer.status, answer.location) == (303, f"/connections/{row.id}")
    assert (await staged.connection(row.id)).status is ConnectionStatus.ACTIVE
    assert secret_part(newer) in await staged.refresh_token(row.id)


async def test_the_same_key_is_tried_again_by_a_button(staged: Stage, key_file: str) -> None:
    """Without a file, once the delegation is back."""
    browser = await staged.browser()
    await post(browser, "/service-accounts", key_file, subjects=staged.accounts[1])
    (row,) = await staged.rows()
    await delegate(staged)
    refused = await browser.send("POST", f"/service-accounts/{row.id}")
    assert (refused.status, f"<code>{ROBOT_ID}</code>" in refused.text) == (422, True)
    await delegate(staged, DRIVE_READONLY)
    assert (await browser.send("POST", f"/service-accounts/{row.id}")).status == 303


async def test_pages_are_for_those_who_may(staged: Stage, key_file: str) -> None:
    """Strangers sign in first, viewers are refused, and another tenant's connection is nowhere."""
    browser = await staged.browser()
    await post(browser, "/service-accounts", key_file)
    (row,) = await staged.rows()
    consented = await staged.connected(staged.accounts[2])
    staged.operator("viewer", role=Role.VIEWER)
    expected: dict[tuple[str, str], Any] = {
        ("nobody", NEW): 303,
        ("viewer", NEW): 403,
        ("op_2", f"/service-accounts/{row.id}"): 404,
        ("op_1", f"/service-accounts/{consented}"): 404,
        ("op_1", "/service-accounts/conn_unknown"): 404,
    }
    for (who, path), status in expected.items():
        assert (await (await staged.browser(who)).send("GET", path)).status == status
    answer = await post(await staged.browser("op_2"), f"/service-accounts/{row.id}", key_file)
    assert (answer.status, json.loads(answer.text)["code"]) == (404, "connection_not_found")
    assert (await post(await staged.browser("viewer"), "/service-accounts", key_file)).status == 403
    assert (await post(await staged.browser("nobody"), "/service-accounts", key_file)).status == 401


async def test_a_page_of_another_site_sends_no_key(staged: Stage, key_file: str) -> None:
    """With a real session: no file is looked at without the session's token, or from a foreign page."""
    system = Actor("system", "test")
    link = await accounts.invite(staged.context, system, Role.OPERATOR)
    secret = await accounts.set_up(staged.context, link, "eve@example.com", "correct horse battery", "::1")
    cookie = {cookie_name(staged.context.settings, SESSION): secret}
    browser = await staged.browser()
    async with serving(replace(staged.context, registry=CollectorRegistry())) as url:
        page = await browser.send("GET", f"{url}{NEW}", cookies=cookie)
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        for given, origin, status in ((None, None, 403), ("x" * 64, None, 403), (token, "https://evil.example", 403)):
            form = aiohttp.FormData({} if given is None else {"csrf_token": given})
            form.add_field("key_file", key_file, filename="key.json")
            headers = {} if origin is None else {"Origin": origin}
            answer = await browser.send("POST", f"{url}/service-accounts", data=form, cookies=cookie, headers=headers)
            assert answer.status == status
        assert await staged.rows() == []
        form = aiohttp.FormData({"csrf_token": token})
        form.add_field("key_file", key_file, filename="key.json")
        answer = await browser.send("POST", f"{url}/service-accounts", data=form, cookies=cookie)
        assert answer.status == 303
