"""Google's own client: an emulator that serves in, a client of one of Google's APIs out."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp  # type: ignore[import-untyped] # Google's client has no types
from googleapiclient.discovery import build  # type: ignore[import-untyped] # as above
from googleapiclient.http import build_http  # type: ignore[import-untyped] # as above

from google_drive_emulator import Running

_PATHS = {"drive": "/drive/v3/", "driveactivity": "/", "admin": "/", "oauth2": "/"}
"""Where each API begins: its service path in its discovery document."""


@contextmanager
def official_client(running: Running, api: str = "drive", version: str = "v3", bearer: str = "any") -> Iterator[Any]:
    """Build Google's own client, pointed at an emulator by its options alone. ``bearer`` may be a user's address.

    The emulator must speak TLS: whatever it is told, the client sends uploads to ``https``.
    """
    credentials = Credentials(token=bearer)  # type: ignore[no-untyped-call] # google-auth leaves this one untyped
    http = build_http()
    http.ca_certs = str(running.ca_file)
    authorized = AuthorizedHttp(credentials, http)
    endpoint = {"api_endpoint": running.base_url + _PATHS[api]}
    with closing(build(api, version, http=authorized, client_options=endpoint, static_discovery=True)) as client:
        yield client
