"""What of Google's methods is emulated: for each method its parameters that count here, and those that do not, and why.

The ids and names are those of the discovery documents; tests hold these tables against the documents, and against what
the methods read.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec


class Support(msgspec.Struct, frozen=True):
    """A method's own parameters: ``honoured`` have their effect, ``absent`` are taken and ignored, and why.

    Parts of the path are not among them, nor what every method takes (``GLOBAL``).
    """

    honoured: frozenset[str]
    absent: Mapping[str, str]


GLOBAL = Support(
    frozenset({"access_token", "alt", "callback", "fields", "oauth_token", "prettyPrint", "uploadType"}),
    {
        "$.xgafv": "errors have one format",
        "key": "a key alone opens nothing, and with a token it changes nothing",
        "quotaUser": "the quota is that of the token's user",
        "upload_protocol": "Drive's uploads are told apart by uploadType",
        "userIp": "the quota is that of the token's user",
    },
)
"""What every method takes."""

_Rows = Sequence[tuple[str, str, str]]
_ALL_DRIVES = "supportsAllDrives supportsTeamDrives"
_CHANGES = (
    "driveId includeCorpusRemovals includeItemsFromAllDrives includeRemoved includeTeamDriveItems pageSize pageToken"
    " restrictToMyDrive spaces teamDriveId"
)
_SHOW_PERMISSIONS = (
    "files.list files.get files.create files.update files.copy files.watch changes.list changes.watch permissions.list"
)

_HONOURED: _Rows = (
    ("drive", "about.get channels.stop files.export operations.get comments.create comments.update", ""),
    ("drive", "comments.delete replies.create replies.update replies.delete files.modifyLabels", ""),
    ("drive", "revisions.update revisions.delete drives.hide drives.unhide", ""),
    ("drive", "files.list", "corpora driveId includeItemsFromAllDrives includeTeamDriveItems orderBy pageSize"),
    ("drive", "files.list", "pageToken q spaces teamDriveId"),
    ("drive", "changes.getStartPageToken", "driveId teamDriveId"),
    ("drive", "changes.list changes.watch", _CHANGES),
    ("drive", "changes.list changes.watch changes.getStartPageToken", _ALL_DRIVES),
    ("drive", "files.get files.watch", "acknowledgeAbuse"),
    ("drive", "files.list files.get files.watch files.create files.update files.copy files.delete", _ALL_DRIVES),
    ("drive", "files.list files.get files.create files.update files.copy changes.list", "includeLabels"),
    ("drive", "files.create files.update files.copy", "keepRevisionForever"),
    ("drive", "files.create files.update", "useContentAsIndexableText"),
    ("drive", "files.copy", "copyComments"),
    ("drive", "files.update", "addParents enforceSingleParent removeParents"),
    ("drive", "files.emptyTrash", "driveId"),
    ("drive", "files.export", "mimeType"),
    ("drive", "files.download", "mimeType revisionId"),
    ("drive", "files.generateIds", "count space type"),
    ("drive", "files.listLabels", "maxResults pageToken"),
    ("drive", "permissions.list permissions.get permissions.create permissions.update permissions.delete", _ALL_DRIVES),
    (
        "drive",
        "permissions.list permissions.get permissions.create permissions.update permissions.delete",
        "useDomainAdminAccess",
    ),
    ("drive", "permissions.list", "pageSize pageToken"),
    ("drive", "permissions.create", "emailMessage moveToNewOwnersRoot sendNotificationEmail"),
    ("drive", "permissions.create permissions.update", "transferOwnership"),
    ("drive", "permissions.update", "removeExpiration"),
    ("drive", "revisions.list", "pageSize pageToken"),
    ("drive", "revisions.get", "acknowledgeAbuse"),
    ("drive", "comments.list", "includeDeleted pageSize pageToken startModifiedTime"),
    ("drive", "comments.get replies.get", "includeDeleted"),
    ("drive", "replies.list", "includeDeleted pageSize pageToken"),
    ("drive", "drives.list", "pageSize pageToken q useDomainAdminAccess"),
    ("drive", "drives.create", "requestId"),
    ("drive", "drives.get drives.update drives.delete", "useDomainAdminAccess"),
    ("drive", "drives.delete", "allowItemDeletion"),
    ("drive", "teamdrives.list", "pageSize pageToken q useDomainAdminAccess"),
    ("drive", "teamdrives.create", "requestId"),
    ("drive", "teamdrives.get teamdrives.update", "useDomainAdminAccess"),
    ("drive", "teamdrives.delete", ""),
    ("driveactivity", "activity.query", ""),
    ("directory", "users.list", "customer domain maxResults orderBy pageToken query showDeleted sortOrder"),
    ("directory", "groups.list", "customer domain maxResults orderBy pageToken query sortOrder userKey"),
    ("directory", "members.list", "includeDerivedMembership maxResults pageToken roles"),
    ("directory", "users.list users.get", "viewType"),
    ("directory", "groups.get members.get members.hasMember", ""),
    ("oauth2", "userinfo.get userinfo.v2.me.get", ""),
)
"""An API, methods of it, and parameters that these honour; what a method has stands in one row or several."""

_ABSENT: Sequence[tuple[str, str, str, str]] = (
    ("drive", "files.list", "corpus", "an older name of corpora, long gone from use"),
    (
        "drive",
        "files.create files.copy files.delete files.emptyTrash permissions.create",
        "enforceSingleParent",
        "deprecated: every item has one parent",
    ),
    ("drive", "files.create files.update files.copy", "ocrLanguage", "no text is recognised in images"),
    ("drive", "files.create files.copy", "ignoreDefaultVisibility", "new files are private in any case"),
    ("drive", "files.watch changes.watch", "includeLabels", "notifications have no body"),
    ("drive", _SHOW_PERMISSIONS, "includePermissionsForView", "there are no permissions of the published view"),
    (
        "drive",
        "permissions.create permissions.update permissions.delete",
        "enforceExpansiveAccess",
        "deprecated: access is always expansive",
    ),
    ("directory", "users.list users.get", "customFieldMask projection", "there are no custom fields"),
    ("directory", "users.list", "event", "for the push notifications of the Admin SDK, which are absent"),
)
"""An API, methods of it, parameters that these take and ignore, and why."""

ABSENT_METHODS: Mapping[str, str] = {
    "drive.accessproposals": "requests for access are made in Google's own pages",
    "drive.approvals": "approvals are started in Google's own pages",
    "drive.apps": "there are no other apps connected to the drive",
    "drive.files.generateCseToken": "files are not encrypted by their clients",
    "directory": "all but the reading of users, groups and their members",
    "admin": "the push notifications of the Admin SDK",
}
"""Methods that are not there, and why; one id may stand for all that begin with it and a dot."""


def _honoured() -> Mapping[str, set[str]]:
    table: dict[str, set[str]] = {}
    for api, methods, names in _HONOURED:
        for method in methods.split():
            table.setdefault(f"{api}.{method}", set()).update(names.split())
    return table


def _absent(method_id: str) -> Iterator[tuple[str, str]]:
    for api, methods, names, why in _ABSENT:
        if method_id in {f"{api}.{method}" for method in methods.split()}:
            yield from ((name, why) for name in names.split())


METHODS: Mapping[str, Support] = {
    method_id: Support(frozenset(names), dict(_absent(method_id))) for method_id, names in _honoured().items()
}
"""What is emulated, by the methods' ids."""


def why_absent(method_id: str) -> str | None:
    """Return why a method is not emulated, or None if it is."""
    if method_id in METHODS:
        return None
    return next(why for prefix, why in ABSENT_METHODS.items() if f"{method_id}.".startswith(f"{prefix}."))
