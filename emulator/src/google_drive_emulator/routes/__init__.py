"""The methods of Google's APIs: a call in, a reply out; one module a resource."""

from collections.abc import Sequence

from google_drive_emulator.http.calls import Route
from google_drive_emulator.routes import (
    about,
    activity,
    authorization,
    changes,
    channels,
    comments,
    directory,
    drives,
    export,
    file_list,
    files,
    files_write,
    identity,
    labels,
    oauth,
    operations,
    permission_changes,
    permissions,
    replies,
    revisions,
    uploads,
)

ROUTES: Sequence[Route] = (
    *authorization.ROUTES,
    *oauth.ROUTES,
    *identity.ROUTES,
    *about.ROUTES,
    *file_list.ROUTES,
    *files.ROUTES,
    *files_write.ROUTES,
    *uploads.ROUTES,
    *export.ROUTES,
    *operations.ROUTES,
    *labels.ROUTES,
    *permissions.ROUTES,
    *permission_changes.ROUTES,
    *changes.ROUTES,
    *channels.ROUTES,
    *drives.ROUTES,
    *revisions.ROUTES,
    *comments.ROUTES,
    *replies.ROUTES,
    *activity.ROUTES,
    *directory.ROUTES,
)
