"""What the SQLite file looks like.

In: nothing. Out: the statements that make and fill it. `records` has one row a resource; `corpus` and `snapshot_id`
say which snapshot saw it last, which is what the end of a snapshot sweeps by. What hangs below an item has keys that
begin with the item's id, so the primary key finds it.
"""

APPLICATION_ID = 0x47445257
"""`GDRW`, in the file's header: how a file is known to be ours (PRAGMA application_id)."""

FORMAT = 2
"""PRAGMA user_version; a file of a later format is refused. Format 1 had fewer views."""

TABLES = (
    """
    CREATE TABLE records(
        idempotency_key TEXT PRIMARY KEY,
        resource_type TEXT NOT NULL,
        resource_id TEXT NOT NULL,
        op TEXT NOT NULL,
        version INTEGER,
        data TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        corpus TEXT NOT NULL,
        snapshot_id TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE checkpoint(
        connection_id TEXT NOT NULL,
        part TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY(connection_id, part)
    ) WITHOUT ROWID
    """,
)

UPSERT = """
INSERT INTO records(
    idempotency_key, resource_type, resource_id, op, version, data, updated_at, corpus, snapshot_id
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT(idempotency_key) DO UPDATE SET
    op = CASE WHEN records.version > excluded.version THEN records.op ELSE excluded.op END,
    data = CASE WHEN records.version > excluded.version THEN records.data ELSE excluded.data END,
    updated_at = CASE WHEN records.version > excluded.version THEN records.updated_at ELSE excluded.updated_at END,
    version = CASE WHEN records.version > excluded.version THEN records.version ELSE excluded.version END,
    corpus = CASE WHEN records.version > excluded.version THEN records.corpus ELSE excluded.corpus END,
    snapshot_id = CASE
        WHEN records.version > excluded.version AND records.corpus <> excluded.corpus THEN records.snapshot_id
        ELSE max(records.snapshot_id, excluded.snapshot_id)
    END
"""
"""A row of a lower version changes nothing but the snapshot that saw it: the item is there, so it is not swept.

That of another corpus does not do that either: the item was there before it moved.
"""

DELETE = "DELETE FROM records WHERE idempotency_key = ? AND corpus = ?"
"""A delete of one log says nothing about an item that belongs to another by now."""

DROP = "DELETE FROM records WHERE idempotency_key = ?"
DROP_BETWEEN = "DELETE FROM records WHERE idempotency_key >= ? AND idempotency_key < ?"
DROP_UNNAMED = """
DELETE FROM records WHERE idempotency_key >= ?1 AND idempotency_key < ?2
AND substr(idempotency_key, length(?1) + 1) NOT IN (SELECT value FROM json_each(?3))
"""
"""Of the keys between two, those whose end is not in a JSON list."""

FIND_SWEPT = """
CREATE TEMP TABLE swept AS SELECT idempotency_key FROM records
WHERE corpus = ?1 AND (?2 IS NULL OR snapshot_id < ?2) AND resource_type IN (SELECT value FROM json_each(?3))
"""
"""In a table of its own: a sweep may meet a whole drive."""

SWEPT = "SELECT idempotency_key FROM swept"
FORGET_SWEPT = "DROP TABLE swept"
CLOSE = "DELETE FROM records WHERE corpus = ?"

SAVE_PART = "INSERT OR REPLACE INTO checkpoint(connection_id, part, value) VALUES (?, ?, ?)"
DROP_PART = "DELETE FROM checkpoint WHERE connection_id = ? AND part = ?"
LOAD_PARTS = "SELECT connection_id, part, value FROM checkpoint"
