"""What a person queries in the SQLite file.

In: nothing. Out: the views by name, one a type, with the usual columns, so that nobody has to know where they are in
`data`. They are made anew when a file of an older format is opened.
"""

from collections.abc import Mapping

FILES = """
SELECT
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
"""

FOLDERS = """
SELECT
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
"""

PERMISSIONS = """
SELECT
    held.resource_id AS file_id,
    held.resource_type AS file_type,
    json_extract(held.data, '$.name') AS file_name,
    json_extract(permission.value, '$.id') AS permission_id,
    json_extract(permission.value, '$.type') AS type,
    json_extract(permission.value, '$.role') AS role,
    json_extract(permission.value, '$.email_address') AS email_address,
    json_extract(permission.value, '$.domain') AS domain,
    json_extract(permission.value, '$.display_name') AS display_name,
    json_extract(permission.value, '$.allow_file_discovery') AS allow_file_discovery,
    json_extract(permission.value, '$.expiration_time') AS expiration_time,
    json_extract(permission.value, '$.view') AS view,
    held.updated_at
FROM records AS held, json_each(held.data, '$.permissions') AS permission
WHERE held.resource_type IN ('file', 'folder')
UNION ALL
SELECT
    held.resource_id AS file_id,
    json_extract(held.data, '$.item_type') AS file_type,
    json_extract(item.data, '$.name') AS file_name,
    json_extract(permission.value, '$.id') AS permission_id,
    json_extract(permission.value, '$.type') AS type,
    json_extract(permission.value, '$.role') AS role,
    json_extract(permission.value, '$.email_address') AS email_address,
    json_extract(permission.value, '$.domain') AS domain,
    json_extract(permission.value, '$.display_name') AS display_name,
    json_extract(permission.value, '$.allow_file_discovery') AS allow_file_discovery,
    json_extract(permission.value, '$.expiration_time') AS expiration_time,
    json_extract(permission.value, '$.view') AS view,
    held.updated_at
FROM records AS held
JOIN json_each(held.data, '$.permissions') AS permission
LEFT JOIN records AS item ON item.idempotency_key =
    substr(held.idempotency_key, 1, length(held.idempotency_key) - length('permission_set:' || held.resource_id))
    || json_extract(held.data, '$.item_type') || ':' || held.resource_id
WHERE held.resource_type = 'permission_set'
AND (json_extract(held.data, '$.item_type') = 'drive' OR json_extract(item.data, '$.permissions_state') = 'own')
"""
"""Grants as items hold them, and those of permission sets.

A set is in force while its item says `own`: one that was moved to My Drive, or lost its own grants, says otherwise.
"""

PERMISSION_SETS = """
SELECT
    resource_id AS item_id,
    json_extract(data, '$.item_type') AS item_type,
    json_extract(data, '$.complete') AS complete,
    json_extract(data, '$.permissions_state') AS permissions_state,
    json_extract(data, '$.inherited_permissions_disabled') AS inherited_permissions_disabled,
    json_array_length(data, '$.permissions') AS grants,
    updated_at
FROM records WHERE resource_type = 'permission_set'
"""

REVISIONS = """
SELECT
    json_extract(data, '$.file_id') AS file_id,
    json_extract(data, '$.id') AS revision_id,
    json_extract(data, '$.mime_type') AS mime_type,
    json_extract(data, '$.modified_at') AS modified_at,
    json_extract(data, '$.last_modifying_user.email_address') AS modified_by,
    json_extract(data, '$.size_bytes') AS size_bytes,
    json_extract(data, '$.md5_checksum') AS md5_checksum,
    json_extract(data, '$.original_filename') AS original_filename,
    json_extract(data, '$.keep_forever') AS keep_forever,
    json_extract(data, '$.published') AS published,
    updated_at
FROM records WHERE resource_type = 'revision'
"""

COMMENTS = """
SELECT
    json_extract(data, '$.file_id') AS file_id,
    json_extract(data, '$.id') AS comment_id,
    json_extract(data, '$.author.display_name') AS author,
    json_extract(data, '$.content') AS content,
    json_extract(data, '$.quoted_file_content.value') AS quoted,
    json_extract(data, '$.created_at') AS created_at,
    json_extract(data, '$.modified_at') AS modified_at,
    json_extract(data, '$.resolved') AS resolved,
    json_extract(data, '$.deleted') AS deleted,
    json_array_length(data, '$.replies') AS replies,
    updated_at
FROM records WHERE resource_type = 'comment'
"""

DRIVES = """
SELECT
    resource_id AS id,
    json_extract(data, '$.name') AS name,
    json_extract(data, '$.created_at') AS created_at,
    json_extract(data, '$.org_unit_id') AS org_unit_id,
    json_extract(data, '$.color_rgb') AS color_rgb,
    json_extract(data, '$.viewer.hidden') AS hidden,
    updated_at
FROM records WHERE resource_type = 'drive'
"""

VIEWS: Mapping[str, str] = {
    "files": FILES,
    "folders": FOLDERS,
    "permissions": PERMISSIONS,
    "permission_sets": PERMISSION_SETS,
    "revisions": REVISIONS,
    "comments": COMMENTS,
    "drives": DRIVES,
}
