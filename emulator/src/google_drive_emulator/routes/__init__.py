"""The methods of Google's APIs: a call in, a reply out; one module a resource."""

from collections.abc import Sequence

from google_drive_emulator.http.calls import Route
from google_drive_emulator.routes import about, changes, drives, files, permissions, token

ROUTES: Sequence[Route] = (
    *token.ROUTES,
    *about.ROUTES,
    *files.ROUTES,
    *permissions.ROUTES,
    *changes.ROUTES,
    *drives.ROUTES,
)
