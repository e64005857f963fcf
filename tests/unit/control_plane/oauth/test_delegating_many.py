"""Many users by one key: each by itself, within bounds, and to be repeated without harm."""

import json
from typing import Any

import pytest
from tests.support.control_plane.consent import Browser, Seen, Stage
from tests.support.control_plane.robots import ROBOT_ID, Key, delegate, register, secret_part

from drive_control_plane.clock import Clock
from drive_control_plane.context import Context
from drive_control_plane.http.who import SignedIn
from drive_control_plane.oauth.delegating import key_of
from drive_control_plane.oauth.delegating_many import TIME, Outcome, connect_many
from drive_control_plane.oauth.keeping import Wanted
from drive_control_plane.oauth.scopes import DRIVE_READONLY, EVERYTHING
from google_drive_emulator.oauth.key_files import new_key


async def ask(browser: Browser, key_file: str, subjects: list[str], **body: Any) -> Seen:
    asked = {"service_account": key_file, "subjects": subjects, **body}
    return await browser.send("POST", "/v1/connections/bulk", json=asked)


async def became(staged: Stage, key_file: str, subjects: list[str]) -> list[tuple[str, str, str | None]]:
    """Each address with what became of it, and why."""
    answer = await ask(await staged.browser(), key_file, subjects)
    assert answer.status == 200, answer.text
    assert secret_part(key_file) not in answer.text
    return [(each["subject"], each["became"], each["code"]) for each in json.loads(answer.text)["results"]]


async def test_each_address_is_told_of(staged_twice: Stage, key: Key) -> None:
    """Those that exist, that are new, that are unknown; one that came twice once, in the order that was given."""
    staged = staged_twice
    key_file = await register(staged, key)
    first, second, third = staged.accounts[:3]
    await staged.connected(third)
    wanted = [second, "nobody@example.com", first, third, f" {first.upper()} "]
    assert await became(staged, key_file, wanted) == [
        (second, "created", None),
        ("nobody@example.com", "refused", "unknown_subject"),
        (first, "created", None),
        (third, "exists", None),
    ]
    assert sorted(row.account_email for row in await staged.rows()) == sorted([first, second, third])
    assert len(await staged.audit("connection.connected")) == 3


async def test_a_repetition_asks_for_nobody_who_is_connected(staged: Stage, key_file: str) -> None:
    """The same list again is answered from the database."""
    subjects = list(staged.accounts[:3])
    await became(staged, key_file, subjects)
    asked = await staged.asked("oauth.token")
    assert [each[1] for each in await became(staged, key_file, [each.upper() for each in subjects])] == ["exists"] * 3
    assert await staged.asked("oauth.token") == asked
    assert len(await staged.rows()) == 3


async def test_what_an_administrator_has_to_enter_comes_along(staged: Stage, key_file: str) -> None:
    """One refusal for want of delegation speaks for its whole domain: the others are not tried by Google."""
    await delegate(staged)
    subjects = [f"user{number:02}@example.com" for number in range(50)]
    answer = await ask(await staged.browser(), key_file, subjects)
    told = json.loads(answer.text)
    assert (told["client_id"], told["scopes"]) == (ROBOT_ID, [DRIVE_READONLY])
    assert {(each["became"], each["code"]) for each in told["results"]} <= {
        ("refused", "unauthorized_client"),
        ("refused", "unknown_subject"),
    }
    assert await staged.asked("oauth.token") <= 10
    assert len(told["results"]) == 50


async def test_a_key_that_is_no_good_ends_it(staged: Stage, key_file: str) -> None:
    """What is wrong with the key is wrong for everybody."""
    await register(staged, new_key())  # Google knows another key now
    outcomes = await became(staged, key_file, [f"user{number:02}@example.com" for number in range(30)])
    assert {each[2] for each in outcomes} == {"bad_signature"}
    assert [each[1] for each in outcomes].count("refused") <= 5
    assert {each[1] for each in outcomes} == {"refused", "not_tried"}
    assert await staged.asked("oauth.token") <= 5


async def test_what_passes_may_be_asked_again(staged: Stage, key_file: str) -> None:
    """While Google does not answer nobody is refused."""
    await staged.fail("about.get", status=503, count=None)
    assert await became(staged, key_file, [staged.accounts[0]]) == [
        (staged.accounts[0], "not_tried", "temporarily_unavailable")
    ]


async def test_after_its_time_nobody_is_begun_with(staged: Stage, key_file: str) -> None:
    """Half a minute a request: the rest is named, and comes with the next one."""
    late = Context(
        staged.context.settings,
        staged.context.database,
        staged.context.vault,
        staged.publisher,
        staged.context.http,
        Clock(now=_leaping(staged), sleep=staged.context.clock.sleep),
    )
    outcomes = await _directly(late, staged.operators["op_1"], key_file, list(staged.accounts[:3]))
    assert [each.code for each in outcomes] == ["out_of_time"] * 3
    assert await staged.rows() == []


def _leaping(staged: Stage) -> Any:
    """Time in which the first look is long ago at the second one."""
    times = iter([staged.time.now])
    return lambda: next(times, staged.time.now + TIME)


async def _directly(context: Context, operator: SignedIn, key_file: str, subjects: list[str]) -> list[Outcome]:
    wanted = Wanted(operator.tenant_id, EVERYTHING)
    return await connect_many(context, operator.actor, wanted, await key_of(key_file), subjects)


@pytest.mark.parametrize(
    "body",
    [
        {"subjects": []},
        {"subjects": ["a@b.example"] * 1_001},
        {"subjects": ["no address"]},
        {"subjects": ["a@b.example"], "name": "x"},
        {"subjects": ["a@b.example"], "service_account": "{}"},
    ],
)
async def test_lists_have_bounds(staged: Stage, key_file: str, body: dict[str, Any]) -> None:
    """1 to 1,000 addresses, with a key that is one."""
    answer = await (await staged.browser()).send(
        "POST", "/v1/connections/bulk", json={"service_account": key_file, **body}
    )
    assert answer.status == 422
    assert await staged.asked("oauth.token") == 0
