"""A token that several calls share: replaced once, whoever is refused first."""

import asyncio

import pytest

from drive_control_plane.http.problems import Problem
from drive_control_plane.security.secrets import hash_of
from drive_control_plane.webhooks.google import TokenRefusedError
from drive_control_plane.webhooks.held_token import HeldToken, held_token


class Source:
    """Gives tokens by number, as long as there are any."""

    def __init__(self, tokens: int) -> None:
        self.left = tokens
        self.asked: list[str | None] = []

    async def token_of(self, _connection_id: str, refused_hash: str | None) -> str:
        self.asked.append(refused_hash)
        await asyncio.sleep(0)
        if self.left == 0:
            raise Problem(409, "reauthorization_required", "the grant is gone")
        self.left -= 1
        return f"token {len(self.asked)}"


async def used(held: HeldToken, good: frozenset[str]) -> list[object]:
    """What four calls at once came to, at a Google that takes only good tokens."""

    async def call(token: str) -> str:
        await asyncio.sleep(0)
        if token not in good:
            raise TokenRefusedError("401")
        return token

    return await asyncio.gather(*(held.use(call) for _ in range(4)), return_exceptions=True)


async def test_calls_at_once_share_the_other_token() -> None:
    """One asks for it, by the hash of the refused one, and all go on with it."""
    source = Source(2)
    held = await held_token(source.token_of, "conn_1")
    assert await used(held, frozenset({"token 2"})) == ["token 2"] * 4
    assert source.asked == [None, hash_of("token 1")]


@pytest.mark.parametrize(("tokens", "error"), [(1, Problem), (2, TokenRefusedError)])
async def test_there_is_no_third_token(tokens: int, error: type[Exception]) -> None:
    """Neither where the grant is gone nor where Google refuses the other one, too; all calls are told so."""
    source = Source(tokens)
    held = await held_token(source.token_of, "conn_1")
    for _ in range(2):
        assert {type(each) for each in await used(held, frozenset())} == {error}
    assert len(source.asked) == 2
