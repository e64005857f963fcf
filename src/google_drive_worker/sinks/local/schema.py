"""What the SQLite file looks like.

In: nothing. Out: the statements that make and fill it. `records` has one row a resource; `corpus` and `snapshot_id`
say which snapshot saw it last, which is what the end of a snapshot sweeps by. The views name the usual columns, so
that nobody has to know where they are in `data`.
"""

APPLICATION_ID = 0x47445257
"""`GDRW`, in the file's header: how a file is known to be ours (PRAGMA application_id)."""

FORMAT = 1
"""PRAGMA user_version; a file of a later format is refused."""

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

VIEWS = (
    """
    CREATE VIEW files AS SELECT
        resource_id AS id,
        json_extract(data, '$.name') AS name,
        json_extract(data, '$.mime_type') AS mime_type,
        json_extract(data, '$.size_bytes') AS size_bytes,
        json_extract(data, '$.parents[0]') AS parent_id,
        json_extract(data, '$.owners[0].email_address') AS owner,
        json_extract(data, '$.created_at') AS created_at,
        json_extract(data, '$.modified_at') AS modified_at,
        json_extract(data, '$.trashed') AS trashed,
        json_extract(data, '$.shared') AS shared,
        json_extract(data, '$.md5_checksum') AS md5_checksum,
        json_extract(data, '$.sha256_checksum') AS sha256_checksum,
        json_extract(data, '$.web_view_link') AS web_view_link,
        version,
        updated_at
    FROM records WHERE resource_type = 'file'
    """,
    """
    CREATE VIEW folders AS SELECT
        resource_id AS id,
        json_extract(data, '$.name') AS name,
        json_extract(data, '$.parents[0]') AS parent_id,
        json_extract(data, '$.owners[0].email_address') AS owner,
        json_extract(data, '$.created_at') AS created_at,
        json_extract(data, '$.modified_at') AS modified_at,
        json_extract(data, '$.trashed') AS trashed,
        json_extract(data, '$.shared') AS shared,
        json_extract(data, '$.web_view_link') AS web_view_link,
        version,
        updated_at
    FROM records WHERE resource_type = 'folder'
    """,
    """
    CREATE VIEW permissions AS SELECT
        records.resource_id AS file_id,
        records.resource_type AS file_type,
        json_extract(records.data, '$.name') AS file_name,
        json_extract(permission.value, '$.id') AS permission_id,
        json_extract(permission.value, '$.type') AS type,
        json_extract(permission.value, '$.role') AS role,
        json_extract(permission.value, '$.email_address') AS email_address,
        json_extract(permission.value, '$.domain') AS domain,
        json_extract(permission.value, '$.display_name') AS display_name,
        json_extract(permission.value, '$.allow_file_discovery') AS allow_file_discovery,
        json_extract(permission.value, '$.expiration_time') AS expiration_time,
        json_extract(permission.value, '$.view') AS view,
        records.updated_at
    FROM records, json_each(records.data, '$.permissions') AS permission
    WHERE records.resource_type IN ('file', 'folder')
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
    corpus = excluded.corpus,
    snapshot_id = max(records.snapshot_id, excluded.snapshot_id)
"""
"""A row of a lower version changes nothing but the snapshot that saw it: the item is there, so it is not swept."""

DELETE = "DELETE FROM records WHERE idempotency_key = ? AND corpus = ?"
"""A delete of one log says nothing about an item that belongs to another by now."""

SWEEP = "DELETE FROM records WHERE corpus = ? AND snapshot_id < ? AND resource_type = ?"
CLOSE = "DELETE FROM records WHERE corpus = ?"

SAVE_PART = "INSERT OR REPLACE INTO checkpoint(connection_id, part, value) VALUES (?, ?, ?)"
DROP_PART = "DELETE FROM checkpoint WHERE connection_id = ? AND part = ?"
LOAD_PARTS = "SELECT connection_id, part, value FROM checkpoint"
