"""How requests are refused: words for people, a stable code for programs, and no traceback for either."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
from fastapi import APIRouter
from sqlalchemy.exc import OperationalError
from tests.support.control_plane.context import context_over
from tests.support.control_plane.serving import serving

from drive_control_plane.database import Database
from drive_control_plane.http.problems import MEDIA_TYPE

BROWSER = {"accept": "text/html,application/xhtml+xml"}
CANARY = "canary-of-a-password"
router = APIRouter(include_in_schema=False)


@router.get("/broken")
@router.get("/v1/broken")
async def broken() -> None:
    """Fail as a defect does."""
    raise RuntimeError(CANARY)


@router.get("/away")
@router.get("/v1/away")
async def away() -> None:
    """Fail as a database does that is away."""
    raise OperationalError(f"SELECT '{CANARY}'", {}, Exception(CANARY))


@dataclass
class Asked:
    """An application, and a way to ask it."""

    url: str
    http: aiohttp.ClientSession

    async def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, Any, str]:
        async with self.http.request(method, self.url + path, headers=headers, allow_redirects=False) as answer:
            text = await answer.text()
            assert CANARY not in text
            return answer.status, answer.headers, text


@pytest.fixture
async def asked(database: Database) -> AsyncIterator[Asked]:
    """Serve the control plane, with routes that fail."""
    async with context_over(database) as context, serving(context, router) as url, aiohttp.ClientSession() as http:
        yield Asked(url, http)


async def test_a_person_gets_a_page(asked: Asked) -> None:
    """A link that leads nowhere ends on a page with a way back, not in JSON."""
    status, headers, text = await asked.get("/no-such-page", **BROWSER)
    assert (status, headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is no such page." in text
    assert 'href="/"' in text


async def test_a_person_who_is_not_signed_in_is_sent_to_sign_in(asked: Asked) -> None:
    """What needs somebody leads to where one becomes somebody."""
    status, headers, _ = await asked.get("/audit", **BROWSER)
    assert (status, headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("path", ["/v1/connections/conn_1", "/fragments/overview"])
async def test_programs_and_scripts_get_a_problem(asked: Asked, path: str) -> None:
    """They go by the code, whatever they say that they accept."""
    status, headers, text = await asked.get(path, **BROWSER)
    assert (status, headers["content-type"]) == (401, MEDIA_TYPE)
    assert '"code"' in text


async def test_a_wrong_method_names_the_right_ones(asked: Asked) -> None:
    """`Allow` lists what all routes of the address take together."""
    status, headers, _ = await asked.get("/v1/connections/conn_1", "POST")
    assert status == 405
    assert headers["allow"] == "DELETE, GET, PATCH"


async def test_a_database_that_is_away_is_told_as_such(asked: Asked) -> None:
    """The client is told to come again; neither the statement nor its values are in the answer."""
    status, headers, text = await asked.get("/v1/away")
    assert (status, headers["retry-after"]) == (503, "5")
    assert '"database_unavailable"' in text
    assert (await asked.get("/away", **BROWSER))[0] == 503


async def test_a_postgresql_that_is_stopped_is_a_line_in_the_log(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever asks is told to come again; operators read why, without a traceback and without the password."""
    stopped = Database(f"postgresql://ada:{CANARY}@127.0.0.1:1/control")
    headers = {"authorization": "Bearer of-nobody", "cookie": "session=of-nobody"}
    async with (
        context_over(database) as context,
        serving(replace(context, database=stopped)) as url,
        context.http.get(f"{url}/sign-in", headers=headers) as answer,
    ):
        assert answer.status == 503
        assert "database_unavailable" in await answer.text()
    await stopped.close()
    assert "the database is away: ConnectionRefusedError" in caplog.text
    assert "Traceback" not in caplog.text
    assert CANARY not in caplog.text


async def test_a_defect_shows_no_traceback(asked: Asked) -> None:
    """A program and a person are told that it is ours, and where to look."""
    status, headers, text = await asked.get("/v1/broken")
    assert (status, headers["content-type"]) == (500, MEDIA_TYPE)
    assert '"internal_error"' in text
    status, _, page = await asked.get("/broken", **BROWSER)
    assert status == 500
    assert "its log says more" in page
