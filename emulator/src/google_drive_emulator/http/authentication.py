"""Who calls: a request's credentials in, a session out (facts C2)."""

from google_drive_emulator.http.calls import Route
from google_drive_emulator.http.errors import insufficient_scopes, invalid_credentials, no_credentials
from google_drive_emulator.http.methods import asks_for_media
from google_drive_emulator.http.requests import Request
from google_drive_emulator.oauth.scopes import accepts
from google_drive_emulator.oauth.sessions import Session
from google_drive_emulator.state import EmulatorState

_UPLOADS = ("/upload/", "/resumable/")


def authenticated(state: EmulatorState, route: Route, request: Request) -> Session:
    """Return the session of a call. Raises ``DriveError`` (401, 403).

    An API key alone opens nothing here: what it could open is public, and nothing is.
    """
    token = request.token
    if not token:
        raise no_credentials(request.method)
    session = state.tokens.session_of(token)
    if session is None:
        raise invalid_credentials()
    moves_content = asks_for_media(route, request.params) or request.path.startswith(_UPLOADS)
    if not accepts(route.id, session.scopes, media=moves_content):
        raise insufficient_scopes(route.id)
    return session
