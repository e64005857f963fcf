"""Passwords: Argon2id, in threads of its own, since a hash is meant to take a while.

In: a password. Out: its hash, or whether it is the one that was hashed.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_CHARACTERS = 12
MOST_CHARACTERS = 256
AT_ONCE = 4
"""A hash takes 64 MiB; so many are worked out at a time, the others wait."""

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody has this password")
_threads = ThreadPoolExecutor(AT_ONCE, "passwords")


def problem_with(password: str) -> str | None:
    """What is wrong with a new password; None when it is good."""
    if len(password) < LEAST_CHARACTERS:
        return f"A password has at least {LEAST_CHARACTERS} characters."
    if len(password) > MOST_CHARACTERS:
        return f"A password has at most {MOST_CHARACTERS} characters."
    if len(set(password)) < 4:
        return "A password has more than three different characters."
    return None


async def hash_password(password: str) -> str:
    """Hash a password that `problem_with` finds good."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _HASHER.hash, password)


async def is_password(password: str, password_hash: str | None) -> bool:
    """Whether it is the one; without a hash it takes as long, so that nobody learns who has an account."""
    shown, expected = password[: MOST_CHARACTERS + 1], password_hash or _NOBODY
    matches = await asyncio.get_running_loop().run_in_executor(_threads, _matches, shown, expected)
    return matches and password_hash is not None


def _matches(password: str, password_hash: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
