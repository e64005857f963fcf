"""Requests that no world is needed for."""

import logging

import msgspec
import pytest

from google_drive_emulator import synthetic_world
from google_drive_emulator.http.bodies import Body
from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.delivery import Answer
from google_drive_emulator.http.params import Params
from google_drive_emulator.http.requests import Headers, Request
from google_drive_emulator.http.shell import Shell
from google_drive_emulator.state import EmulatorState


def request(path: str, method: str = "GET", content: bytes = b"") -> Request:
    return Request(method, path, Params(), Headers(), Body(content), "http://here")


async def failing(_state: EmulatorState, _call: Call) -> Reply:
    raise ZeroDivisionError


async def echo(_state: EmulatorState, call: Call) -> Reply:
    whole, again = await call.read(), await call.read()
    assert whole == again
    return Reply(whole, content_type="text/plain")


async def size(_state: EmulatorState, call: Call) -> Reply:
    return Reply(str(sum([len(chunk) async for chunk in call.stream])).encode(), content_type="text/plain")


def body(answer: Answer) -> bytes:
    assert isinstance(answer.reply.body, bytes)
    return answer.reply.body


@pytest.fixture
def shell() -> Shell:
    routes = [
        Route("test.fail", "GET", "/fails", failing, needs_user=False),
        Route("test.fail", "GET", "/newer", failing, needs_user=False, api="driveactivity"),
        Route("test.echo", "POST", "/echo", echo, needs_user=False),
        Route("test.size", "POST", "/size", size, needs_user=False),
    ]
    return Shell(EmulatorState(synthetic_world(files=1)), routes)


async def test_a_defect_is_answered_as_google_would(shell: Shell, caplog: pytest.LogCaptureFixture) -> None:
    """What goes wrong inside is a 500 in Google's shape, and a traceback in the program's log."""
    with caplog.at_level(logging.ERROR):
        answer = await shell.answer(request("/fails"))
    assert answer.reply.status == 500
    assert msgspec.json.decode(body(answer))["error"]["errors"][0]["reason"] == "internalError"
    assert "ZeroDivisionError" in caplog.text


async def test_newer_apis_have_errors_of_another_shape(shell: Shell) -> None:
    """Drive Activity's errors are google.rpc's: a status, and no ``errors`` (facts E)."""
    answer = await shell.answer(request("/newer"))
    assert msgspec.json.decode(body(answer)) == {
        "error": {"code": 500, "message": "Internal Error", "status": "INTERNAL"}
    }


async def test_a_body_is_read_whole_or_in_chunks(shell: Shell) -> None:
    """A handler chooses; what was read whole can be read again."""
    whole = await shell.answer(request("/echo", "POST", b"hello"))
    streamed = await shell.answer(request("/size", "POST", b"hello"))
    assert (body(whole), body(streamed)) == (b"hello", b"5")


async def test_a_path_that_nothing_serves_is_not_found(shell: Shell) -> None:
    """It is told in the shape of the API, or of the control API."""
    api, control = await shell.answer(request("/nothing")), await shell.answer(request("/__emulator__/nothing"))
    assert (api.reply.status, control.reply.status) == (404, 404)
    assert msgspec.json.decode(body(control)) == {"error": "there is no GET /__emulator__/nothing"}
