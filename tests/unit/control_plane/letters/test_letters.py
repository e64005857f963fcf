"""A connection's dead letters: seen by whom they concern, and sent again by whoever may."""

import dataclasses
import json
from typing import Any

import pytest
from sqlalchemy import update
from tests.support.control_plane.context import EPOCH, context_over
from tests.support.control_plane.serving import serving
from tests.unit.control_plane.letters.posting import FAILED_AT, FOREIGN, MINE, OTHERS, Post
from tests.unit.control_plane.operators.office import Desk

from clustera_toolkit.dead_letters import read_letter
from clustera_toolkit.kafka import Bounds, InboundMessage, OutboundMessage
from clustera_toolkit.testing.ports import free_port
from drive_control_plane.audit.log import Actor
from drive_control_plane.database.tables import Connection, ConnectionStatus, Role
from drive_control_plane.http.problems import Problem
from drive_control_plane.letters.advice import advice_of
from drive_control_plane.letters.service import Letters
from drive_control_plane.letters.views import view_of
from drive_control_plane.pages.times import ago

FRAGMENT = f"/fragments/connections/{MINE}/dead-letters"
REPLAY = f"/connections/{MINE}/dead-letters/replay"
ACTOR = Actor("operator", "grace@example.com", "default", "192.0.2.1")
REASONS = (
    "empty",
    "not_json",
    "invalid_field",
    "unknown_folder",
    "unsupported_setting",
    "missing_config",
    "unreadable_state",
    "routing_loop",
    "internal_error",
)
"""As docs/contracts.md lists them."""


async def replayed(desk: Desk, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
    async with desk.http.post(f"{desk.url}/v1{REPLAY}", json=body, headers=headers) as answer:
        return answer.status, json.loads(await answer.text())


async def test_a_letter_says_what_failed_and_what_to_do(post: Post) -> None:
    """With its place, its reason in words, and how often it was tried."""
    await post.write(post.letter("missing_config"))
    (letter,) = (await post.shown(await post.office.hired("grace", Role.VIEWER)))["letters"]
    advice = advice_of("missing_config")
    assert (letter["meaning"], letter["what_to_do"]) == advice
    assert (letter["reason"], letter["detail"], letter["attempts"]) == ("missing_config", "what is wrong", 1)
    assert (letter["topic"], letter["came_from"]) == (post.trigger, f"{post.trigger}:3:17")
    assert letter["failed_at"].startswith(FAILED_AT.partition(".")[0])
    assert (letter["can_be_sent"], letter["sent_again_at"]) == (True, None)


@pytest.mark.parametrize("failed_at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "some day", ""])
@pytest.mark.parametrize("written_ms", [2**62, -(2**62), 0])
def test_times_beyond_time_are_none(failed_at: str, written_ms: int) -> None:
    """A header holds whatever somebody wrote, and so does a message's own time: the letter is shown all the same."""
    headers = (("dlq.reason", b"empty"), ("dlq.first_failed_at", failed_at.encode()))
    letter = read_letter(InboundMessage("triggers.dlq", 0, 1, b"conn_mine", b"", headers, written_ms))
    assert letter is not None
    view = view_of(dataclasses.replace(letter, replayed=True, replayed_at_ms=written_ms))
    shown = json.loads(view.model_dump_json())
    assert (shown["failed_at"] is None) == (shown["sent_again_at"] is None) == (written_ms != 0)
    assert ago(view.failed_at, EPOCH)


async def test_only_the_connections_own_letters_are_shown(post: Post) -> None:
    """Others are in the same topics; another tenant's connection is not there at all."""
    await post.write(*(post.letter(connection_id=each) for each in (OTHERS, FOREIGN)))
    grace = await post.office.hired("grace")
    assert await post.shown(grace) == {"letters": [], "waiting": 0, "is_whole": True}
    assert "None: every message" in (await grace.get(FRAGMENT))[1]
    for path in (f"/v1/connections/{FOREIGN}/dead-letters", f"/fragments/connections/{FOREIGN}/dead-letters"):
        status, text = await grace.get(path)
        assert (status, "connection_not_found" in text) == (404, True)
    status, _ = await grace.post(f"/connections/{FOREIGN}/dead-letters/replay")
    assert (status, await post.read(post.trigger)) == (404, [])


async def test_a_button_sends_a_letter_again(post: Post) -> None:
    """As it first came, with the tries behind it; the page says so then, and the audit log who did it."""
    await post.write(post.letter(value=b"one"), post.letter(value=b"two"))
    grace = await post.office.hired("grace", Role.OPERATOR)
    newest, _ = (await post.shown(grace))["letters"]
    assert "Send all again" in (await grace.get(FRAGMENT))[1]
    assert await grace.post(REPLAY, letter=newest["id"]) == (303, f"/connections/{MINE}#dead-letters")
    (sent,) = await post.read(post.trigger)
    assert (sent.key, sent.value) == (MINE.encode(), b"two")
    assert sent.headers == (("traceparent", b"00-1"), ("clustera-attempts", b"1"))
    text = (await grace.get(FRAGMENT))[1]
    assert "Sent again" in text
    assert "Send all again" not in text, "one waits"
    page = await post.shown(grace)
    assert ([each["id"] == newest["id"] for each in page["letters"]], page["waiting"]) == ([False], 1)
    assert [each["id"] == newest["id"] for each in (await post.shown(grace, replayed="true"))["letters"]] == [
        True,
        False,
    ]
    (entry,) = await post.office.audit("dead_letters.replayed")
    assert (entry.actor, entry.target, entry.details) == ("grace@example.com", MINE, {"letters": [newest["id"]]})


async def test_all_that_wait_are_sent_in_their_order_and_once(post: Post) -> None:
    """By a program, too; what was sent is sent no more unless it is named."""
    await post.write(*(post.letter(value=str(number).encode()) for number in range(3)))
    desk, headers = await post.office.browser(), await post.program("connections:read", "triggers:write")
    status, answer = await replayed(desk, {"all": True}, headers)
    assert (status, len(answer["sent"]), answer["not_sent"], answer["left"]) == (200, 3, [], 0), answer
    assert [message.value for message in await post.read(post.trigger)] == [b"0", b"1", b"2"]
    assert (await replayed(desk, {"all": True}, headers))[1]["sent"] == []
    assert len(await post.office.audit("dead_letters.replayed")) == 1
    assert (await replayed(desk, {"ids": answer["sent"][:1]}, headers))[1]["sent"] == answer["sent"][:1]
    assert [message.value for message in await post.read(post.trigger)] == [b"0", b"1", b"2", b"0"]


async def test_what_lies_in_the_object_store_holds_back_what_is_behind_it(post: Post) -> None:
    """The control plane cannot fetch it: that is said before a button is pressed, and after."""
    await post.write(
        post.letter(value=None, **{"dlq.s3_url": "s3://bucket/key", "dlq.sha256": "0" * 64}),
        post.letter(value=b"behind"),
    )
    grace = await post.office.hired("grace")
    behind, stored = (await post.shown(grace))["letters"]
    assert (stored["can_be_sent"], f"dlq replay {stored['id']}" in stored["what_to_do"]) == (False, True)
    status, text = await grace.post(REPLAY)
    assert (status, "0 sent again, 2 not" in text, "held back" in text) == (409, True, True)
    assert await post.read(post.trigger) == []
    assert await post.office.audit("dead_letters.replayed") == []
    assert (await grace.post(REPLAY, letter=behind["id"]))[0] == 303


async def test_who_may_not_is_refused(post: Post) -> None:
    """Viewers look, and see no buttons; a program needs the scope for what it does; a form needs its token."""
    await post.write(post.letter())
    viewer = await post.office.hired("val", Role.VIEWER)
    (letter,) = (await post.shown(viewer))["letters"]
    text = (await viewer.get(FRAGMENT))[1]
    assert (advice_of("not_json").meaning in text, "<form" in text) == (True, False)
    assert (await viewer.post(REPLAY, letter=letter["id"]))[0] == 403
    assert (await (await post.office.hired("grace")).send(REPLAY, letter=letter["id"]))[0] == 403
    reader = await post.program("connections:read")
    status, answer = await replayed(viewer, {"all": True}, reader)
    assert (status, answer["code"]) == (403, "insufficient_scope")
    assert await post.read(post.trigger) == []


@pytest.mark.parametrize("body", [{}, {"all": False}, {"ids": []}, {"ids": ["x"]}, {"all": True, "ids": ["t.dlq:0:1"]}])
async def test_a_wish_that_says_not_what_is_refused(post: Post, body: Any) -> None:
    """Some letters by their ids, or all of them."""
    headers = await post.program("triggers:write")
    status, answer = await replayed(await post.office.browser(), body, headers)
    assert (status, answer["code"]) == (422, "invalid_request")


async def test_letters_that_are_not_there_are_named(post: Post) -> None:
    """Nothing is sent then; the letters of another connection are as good as none."""
    await post.write(post.letter(connection_id=OTHERS))
    headers = await post.program("triggers:write", "connections:read")
    desk = await post.office.browser()
    async with desk.http.get(f"{desk.url}/v1/connections/{OTHERS}/dead-letters", headers=headers) as answer:
        (other,) = (await answer.json())["letters"]
    status, refusal = await replayed(desk, {"ids": [other["id"]]}, headers)
    assert (status, refusal["code"], other["id"] in refusal["detail"]) == (404, "dead_letter_not_found", True)
    grace = await post.office.hired("grace")
    assert (await grace.post(REPLAY, letter="nonsense"))[0] == 422


async def test_nothing_is_sent_to_a_connection_that_was_ended(post: Post) -> None:
    """The worker has forgotten it."""
    await post.write(post.letter())
    async with post.office.context.database.transaction() as session:
        await session.execute(update(Connection).values(status=ConnectionStatus.DISCONNECTED))
    status, text = await (await post.office.hired("grace")).post(REPLAY)
    assert (status, "was ended" in text) == (409, True)
    assert await post.read(post.trigger) == []


async def test_there_may_be_more_than_are_looked_at(post: Post) -> None:
    """That is told; all cannot be sent in their order then, and some can."""
    await post.write(*(post.letter(value=bytes(100)) for _ in range(12)))
    letters = Letters(post.office.context, Bounds(enough=1_000, most_bytes=1_000))
    page = await letters.page("default", MINE)
    assert (page.is_whole, page.waiting) == (False, 9)
    with pytest.raises(Problem) as refused:
        await letters.replay(ACTOR, "default", MINE, None)
    assert (refused.value.status, refused.value.code) == (409, "too_many_dead_letters")
    assert (await letters.replay(ACTOR, "default", MINE, [page.letters[0].id])).sent == [page.letters[0].id]
    await letters.close()


async def test_more_than_a_request_may_send_are_left_for_the_next(post: Post) -> None:
    """The oldest go first; what is left is told."""
    await post.write(*(post.letter(value=str(number).encode()) for number in range(103)))
    letters = Letters(post.office.context)
    outcome = await letters.replay(ACTOR, "default", MINE, None)
    assert (len(outcome.sent), outcome.left, outcome.problems) == (100, 3, {})
    assert [message.value for message in await post.read(post.trigger)] == [str(each).encode() for each in range(100)]
    assert (await letters.replay(ACTOR, "default", MINE, None)).left == 0
    assert len(await post.read(post.trigger)) == 103
    await letters.close()


async def test_headers_that_anybody_may_have_written_do_no_harm(post: Post) -> None:
    """Neither to the page nor to the answer."""
    odd: dict[str, Any] = {
        "dlq.reason": "<b>odd</b>",
        "dlq.attempts": "9" * 5_000,
        "dlq.first_failed_at": "yesterday",
        "dlq.detail": "\0x",
    }
    await post.write(post.letter(**odd))
    grace = await post.office.hired("grace")
    (letter,) = (await post.shown(grace))["letters"]
    assert (letter["reason"], letter["attempts"], letter["detail"]) == ("<b>odd</b>", 1, "x")
    assert letter["failed_at"] is not None, "when Kafka took it"
    assert "<b>odd" not in (await grace.get(FRAGMENT))[1]


async def test_a_kafka_that_is_away_is_told_of(post: Post) -> None:
    """In the part's own place, with what to do; programs get 503."""
    office = post.office
    where: dict[str, Any] = {"kafka_bootstrap_servers": f"127.0.0.1:{free_port()}"}
    async with (
        context_over(office.context.database, clock=office.time.clock, **where) as context,
        serving(context) as url,
    ):
        grace = await office.hired("grace")
        away = Desk(grace.http, url, grace.email)
        status, text = await away.get(FRAGMENT)
        assert (status, "Kafka does not answer" in text) == (200, True)
        status, text = await away.get(f"/v1/connections/{MINE}/dead-letters")
        assert (status, json.loads(text)["code"]) == (503, "kafka_unavailable")
        status, text = await away.post(REPLAY)
        assert (status, "Kafka does not answer" in text) == (503, True)
    assert await office.audit("dead_letters.replayed") == []


async def test_messages_that_are_no_letters_are_passed_over(post: Post) -> None:
    """Whatever else somebody wrote to the topic, under the connection's key."""
    await post.write(OutboundMessage(f"{post.trigger}.dlq", MINE.encode(), b"stray"), post.letter())
    assert len((await post.shown(await post.office.hired("grace")))["letters"]) == 1


def test_every_reason_of_the_contract_has_advice() -> None:
    """And a reason of a newer worker is named."""
    unknown = advice_of("of_a_newer_worker")
    assert "of_a_newer_worker" in unknown.meaning
    assert all("this version does not know" not in advice_of(reason).meaning for reason in REASONS)
