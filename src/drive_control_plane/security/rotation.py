"""All stored secrets by the newest key.

In: a database, keys (newest first). Out: the same secrets, each encrypted by the newest key: former keys may go. Each
batch is a transaction of its own: a rotation that was stopped goes on where it was, since what is by the newest key
already is left alone.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from drive_control_plane.audit.log import Actor, record
from drive_control_plane.clock import Clock
from drive_control_plane.database import Base, Database
from drive_control_plane.database.tables import ConnectFlow, Credential
from drive_control_plane.security.vault import Vault, VaultError

BATCH_ROWS = 100
"""Few enough that a replica that wants one of them hardly waits."""
ACTOR = Actor("system", "keys rotate")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A table's columns that hold what the vault encrypted."""

    table: type[Base]
    key: InstrumentedAttribute[str]
    columns: tuple[InstrumentedAttribute[Any], ...]  # bytes, or None where there is none


SEALED = (
    Sealed(Credential, Credential.connection_id, (Credential.secret, Credential.access_token)),
    Sealed(ConnectFlow, ConnectFlow.state_hash, (ConnectFlow.code_verifier,)),
)


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of some rows: how many there were, how many secrets changed, the keys of rows that no key reads."""

    rows: int
    renewed: int
    unreadable: tuple[str, ...]


class Rotation:
    """Encrypts what is stored by the first of `keys`; the others are for reading."""

    def __init__(self, database: Database, keys: Sequence[SecretStr], clock: Clock) -> None:
        self._database = database
        self._vault = Vault(keys)
        self._newest = Vault(keys[:1])
        self._clock = clock

    async def rows(self) -> int:
        """How many rows there are to look at."""
        async with self._database.reading() as session:
            counts = [await session.scalar(select(func.count()).select_from(sealed.table)) for sealed in SEALED]
        return sum(count or 0 for count in counts)

    async def batches(self, size: int = BATCH_ROWS) -> AsyncIterator[Batch]:
        """Go through all rows, a transaction a batch; each is yielded when it is committed."""
        for sealed in SEALED:
            after = ""
            while True:
                async with self._database.transaction() as session:
                    keys, batch = await self._renew(session, sealed, after, size)
                if not keys:
                    break
                yield batch
                after = keys[-1]

    async def _renew(self, session: AsyncSession, sealed: Sealed, after: str, size: int) -> tuple[list[str], Batch]:
        # Locked: a replica that stores a new secret between our reading and our writing would lose it.
        found = select(sealed.key, *sealed.columns).where(sealed.key > after).order_by(sealed.key).limit(size)
        rows = {row[0]: row[1:] for row in await session.execute(found.with_for_update())}
        changes, unreadable = self._changes_of_all(sealed, rows)
        for key, secrets in changes.items():
            await session.execute(update(sealed.table).where(sealed.key == key).values(secrets))
        if renewed := sum(map(len, changes.values())):
            table = sealed.table.__tablename__
            record(session, self._clock.now(), ACTOR, "keys.rotated", table=table, secrets=renewed)
        return list(rows), Batch(len(rows), renewed, tuple(unreadable))

    def _changes_of_all(
        self, sealed: Sealed, rows: Mapping[str, Sequence[bytes | None]]
    ) -> tuple[dict[str, Mapping[str, bytes]], list[str]]:
        """The new secrets by row, and the rows that no key reads."""
        changes, unreadable = {}, []
        for key, secrets in rows.items():
            try:
                changes[key] = self._changes(sealed, secrets)
            except VaultError:
                unreadable.append(key)
        return {key: secrets for key, secrets in changes.items() if secrets}, unreadable

    def _changes(self, sealed: Sealed, secrets: Sequence[bytes | None]) -> Mapping[str, bytes]:
        """Of one row, what is not by the newest key yet, renewed. Raises `VaultError`."""
        return {
            column.key: self._vault.renew(secret)
            for column, secret in zip(sealed.columns, secrets, strict=True)
            if secret is not None and not self._is_by_newest(secret)
        }

    def _is_by_newest(self, secret: bytes) -> bool:
        try:
            self._newest.open(secret)
        except VaultError:
            return False
        return True
