"""Lines of news that are open at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack

import pytest
from tests.support.control_plane.serving import END_SECONDS
from tests.unit.control_plane.dashboard.desk import Desk, desk_over

from drive_control_plane.dashboard.live import MOST_LINES_A_SESSION, OpenLines
from drive_control_plane.database import Database
from drive_control_plane.http.problems import Problem


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with desk_over(database) as made:
        await made.sign_in()
        yield made


async def test_a_browser_has_so_many_lines(desk: Desk) -> None:
    """One more is refused with a word what to do; once others have ended there is room again, whoever ended them."""
    async with AsyncExitStack() as stack:
        for _ in range(MOST_LINES_A_SESSION):
            answer = await stack.enter_async_context(desk.http.get(f"{desk.url}/events"))
            assert (answer.status, await answer.content.readline()) == (200, b"retry: 1000\n")
        async with desk.http.get(f"{desk.url}/events") as refused:
            problem = await refused.json()
            assert (refused.status, problem["code"], refused.headers["retry-after"]) == (429, "too_many_lines", "60")
            assert "close some" in problem["detail"]
        assert (await desk.get("/fragments/overview"))[0] == 200
    async with asyncio.timeout(END_SECONDS):
        while True:
            async with desk.http.get(f"{desk.url}/events") as answer:
                if answer.status == 200:
                    break


def test_lines_are_bounded_by_session_and_by_process() -> None:
    """What one session may not open another one may, as long as there are not too many of all."""
    lines = OpenLines(most=3, most_a_session=2)
    with ExitStack() as stack:
        for session in ("ada", "ada", "grace"):
            stack.enter_context(lines.one_more(session))
        for session, told in (("ada", "in this browser"), ("grace", "less often")):
            with pytest.raises(Problem, match=told) as refused, lines.one_more(session):
                pass
            assert refused.value.status == 429
    with lines.one_more("ada"), lines.one_more("ada"), lines.one_more("grace"):
        pass
